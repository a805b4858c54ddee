"""Adjustments (调整): a county corrects its total beside its units' figures, in the open, never in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert

from app.domain.acts import Act
from app.domain.adjusting import adjusted, amount_from, below_least, broken_by, complete_lines
from app.domain.guesses import guess
from app.domain.lifecycle import Basis
from app.domain.results import described
from app.domain.roles import Right
from app.domain.values import to_json, to_text
from app.errors import Fault, InvalidRequest, NotFound, RulesBroken, WrongState
from app.services.agencies import find_agency, key_of
from app.services.audit import record
from app.services.changes import note_year
from app.services.roll_ups import roll_up_subtree
from app.storage.finalisation_models import ADJUSTMENT_LINE, Adjustment
from app.storage.finalisations import (
    Adjusted,
    adjustments_after,
    adjustments_in,
    final_in_force,
    get_adjustment,
)
from app.storage.names import called_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.auth.actor import Actor
    from app.domain.results import Result
    from app.domain.values import Values
    from app.forms.model import CellCode, ReportForm
    from app.storage.engine import ReadSession, WriteSession
    from app.storage.models import Agency


@dataclass(frozen=True, slots=True)
class LineWanted:
    """By how much a cell is to change.

    Attributes:
        cell: its code.
        amount: as JSON holds it: a count as a number, money as text; below 0 to take away.
    """

    cell: str
    amount: int | str


@dataclass(frozen=True, slots=True)
class AdjustmentWanted:
    """An adjustment that somebody wants to make.

    Attributes:
        lines: the cells that it changes; totals that aren't named follow from their parts.
        reason: why.
        document: on which document it rests, if there is one.
    """

    lines: Sequence[LineWanted]
    reason: str
    document: str | None = None


def adjust(session: WriteSession, actor: Actor, key: tuple[str, int], wanted: AdjustmentWanted) -> Adjusted:
    """Adjust an agency's total of a year; its units' figures stay as they are.

    Raises:
        NotFound: there is no such agency that the actor reaches, or it has no roll-up of that year.
        Forbidden: they may not.
        WrongState: the total is final.
        InvalidRequest: a line names no cell, or no amount of it, or a cell that has no total.
        RulesBroken: a balance that the total keeps would be broken.
    """
    code, year = key
    agency = hold_total(session, actor, code, year)
    refuse_while_final(session, agency, year, "调整")
    rolled = roll_up_subtree(session, actor, code, year, Basis.SUBMITTED)
    lines = _lines_of(rolled.form, rolled.total.totals, wanted)
    known = [each.lines for each in adjustments_in(session, key_of(agency), year)]
    before = adjusted(rolled.total.totals, known)
    _refuse_what_breaks(rolled.form, before, adjusted(before, [lines]))
    made = _store(session, actor, agency, year, wanted, lines)
    _tell(session, actor, Act.ROLLUP_ADJUST, made, _said(rolled.form, made))
    return made


def hold_total(session: WriteSession, actor: Actor, code: str, year: int) -> Agency:
    """Return an agency whose total somebody may change, and keep others from changing it meanwhile.

    Raises:
        NotFound: there is no such agency that the actor reaches.
        Forbidden: they may not.
    """
    agency = find_agency(session, actor, code, Right.COORDINATE, year)
    # reports that are filed for it may go on
    session.refresh(agency, with_for_update={"key_share": True})
    return agency


def refuse_while_final(session: ReadSession, agency: Agency, year: int, what: str) -> None:
    """Refuse to change what a final total is made of.

    Raises:
        WrongState: the total is final.
    """
    final = final_in_force(session, key_of(agency), year)
    if final is not None:
        raise WrongState(
            f"“{agency.name}”{year} 年度的汇总已由{final.finalised_by}定稿（第 {final.number} 次），"
            f"不能再{what}；要改请先重开定稿（finalisation/reopening）",
            members={"number": final.number},
        )


def _lines_of(form: ReportForm, totals: Values, wanted: AdjustmentWanted) -> dict[CellCode, int]:
    """Return amounts by cell, totals included.

    Raises:
        InvalidRequest: see `adjust`.
    """
    faults = list(_faults(form, totals, wanted))
    if faults:
        raise InvalidRequest("不能这样调整，没有保存", faults)
    typed = {line.cell: amount_from(form.cells[line.cell].measure, line.amount) for line in wanted.lines}
    return complete_lines(form, {code: amount for code, amount in typed.items() if amount is not None})


def _faults(form: ReportForm, totals: Values, wanted: AdjustmentWanted) -> Iterator[Fault]:
    named: set[str] = set()
    for place, line in enumerate(wanted.lines):
        at = f"/lines/{place}"
        cell = form.cells.get(line.cell)
        if cell is None:
            message = f"{form.version} 年格式没有代码为“{line.cell}”的格{guess(line.cell, form.cells)}"
            yield Fault(f"{at}/cell", message, "unknown-cell")
        elif line.cell in named:
            yield Fault(f"{at}/cell", f"{cell.label}在这次调整里写了两次，请合成一行", "named-twice")
        elif totals.get(line.cell) is None:
            message = f"{cell.label}没有合计数，因为没有单位填过这一格；缺数不是 0，调整不能代替填报"
            yield Fault(f"{at}/cell", message, "no-total")
        elif not amount_from(cell.measure, line.amount):
            yield Fault(f"{at}/amount", _amount_wanted(form, line.cell), "wrong-amount")
        named.add(line.cell)


def _amount_wanted(form: ReportForm, code: CellCode) -> str:
    measure = form.cells[code].measure
    most = to_text(measure, measure.most_in_aggregate)
    if measure.is_count:
        return f"调整数应是不为 0 的整数（减少写负数），绝对值不超过 {most}"
    return (
        f'调整数应是以{measure.unit}为单位、不为 0、最多 {measure.places} 位小数的数，写成文字，例如 "-0.5"；'
        f"绝对值不超过 {most}"
    )


def _refuse_what_breaks(form: ReportForm, before: Values, after: Values) -> None:
    negative = [code for code in below_least(form, after) if code not in below_least(form, before)]
    if negative:
        faults = [
            Fault(
                form.cells[code].pointer,
                f"{form.cells[code].label}调整后是 {to_text(form.cells[code].measure, after[code] or 0)}，"
                "不能小于 0",
                "below-zero",
            )
            for code in negative
        ]
        raise InvalidRequest("调整后有的数小于 0，没有保存", faults)
    broken = broken_by(form, before, after)
    if broken:
        rules = "、".join(sorted({result.rule.id for result in broken}))
        raise RulesBroken(
            f"这样调整后，汇总数有 {len(broken)} 处不符合勾稽关系（{rules}），没有保存；"
            "请在同一次调整里把相关的格一起调整（总计不写，由系统随之算出）",
            [_fault_of(form, after, result) for result in broken],
        )


def _fault_of(form: ReportForm, values: Values, result: Result) -> Fault:
    details = described(form, values, result)
    pointer, message, code = (str(details.pop(name)) for name in ("pointer", "message", "code"))
    return Fault(pointer, message, code, details)


def _store(
    session: WriteSession,
    actor: Actor,
    agency: Agency,
    year: int,
    wanted: AdjustmentWanted,
    lines: Mapping[CellCode, int],
) -> Adjusted:
    adjustment = Adjustment(
        agency_id=key_of(agency),
        year=year,
        reason=wanted.reason,
        document=wanted.document,
        made_by=actor.holder,
        made_at=datetime.now(UTC),
    )
    session.add(adjustment)
    session.flush()
    made = Adjusted(adjustment, agency, called_in(session, key_of(agency), year), lines)
    rows = [{"adjustment_id": made.key, "cell": cell, "amount": amount} for cell, amount in lines.items()]
    session.execute(insert(ADJUSTMENT_LINE), rows)
    return made


def withdraw_adjustment(
    session: WriteSession, actor: Actor, key: tuple[str, int], number: int, reason: str
) -> Adjusted:
    """Withdraw an adjustment that an agency made; it stays on record.

    Raises:
        NotFound: there is no such agency that the actor reaches, or it made no such adjustment.
        Forbidden: they may not.
        WrongState: it is withdrawn already, or the total is final.
    """
    code, year = key
    agency = hold_total(session, actor, code, year)
    found = get_adjustment(session, agency, year, number)
    if found is None:
        raise NotFound(f"“{agency.name}”{year} 年度的汇总没有编号为 {number} 的调整")
    adjustment = found.adjustment
    if adjustment.withdrawn_at is not None:
        raise WrongState(f"这项调整已由{adjustment.withdrawn_by}撤销，不能再撤销")
    refuse_while_final(session, agency, year, "撤销调整")
    adjustment.withdrawn_by, adjustment.withdrawn_at = actor.holder, datetime.now(UTC)
    adjustment.withdrawal = reason
    session.flush()
    _tell(session, actor, Act.ROLLUP_WITHDRAW, found, {"reason": reason})
    return found


def _tell(session: WriteSession, actor: Actor, act: Act, found: Adjusted, said: Mapping[str, object]) -> None:
    agency, year = found.agency, found.adjustment.year
    note_year(session, act, agency, year, {"adjustment": found.key})
    target = f"/rollups/{agency.code}/{year}/adjustments/{found.key}"
    record(session, actor, act, target, agency=agency.code, year=year, details=said)


def _said(form: ReportForm, made: Adjusted) -> dict[str, object]:
    return {
        "lines": {code: to_json(form.cells[code].measure, amount) for code, amount in made.lines.items()},
        "reason": made.adjustment.reason,
        "document": made.adjustment.document,
    }


def list_adjustments(
    session: ReadSession, actor: Actor, key: tuple[str, int], after: int, limit: int
) -> list[Adjusted]:
    """Return up to *limit* of all that was ever adjusted in a subtree, from behind one, the oldest first.

    Raises:
        NotFound: there is no such agency that the actor reaches.
    """
    code, year = key
    agency = find_agency(session, actor, code, year=year)
    return adjustments_after(session, key_of(agency), year, after, limit)
