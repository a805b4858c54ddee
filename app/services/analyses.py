"""Analyses of a roll-up for people to read, and the report that its body makes of it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from app.documents.analysis import MOST_LISTED, Facts, write_analysis
from app.documents.analysis_trend import YearTotal
from app.documents.analysis_units import Unit
from app.documents.draft import draft_content, write_draft
from app.domain.adjusting import adjusted
from app.domain.agencies import ReportScope, reference_day
from app.domain.reconciliation_model import Comparison
from app.domain.values import to_text
from app.errors import Fault, InvalidRequest
from app.forms import form_of_year
from app.services.agencies import key_of
from app.services.final_totals import standing_of
from app.services.paths import get_path
from app.services.reconciliation import get_reconciled
from app.services.roll_ups import CoverageState, numbers_of
from app.storage.finalisations import adjustments_in
from app.storage.members import members_on
from app.storage.numbers import TABLES
from app.storage.sums import Subtree, sum_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.auth.actor import Actor
    from app.documents.memo import Memo
    from app.domain.content import Content
    from app.domain.lifecycle import Basis
    from app.domain.roll_up import RollUp
    from app.forms.model import Cell
    from app.services.final_totals import Standing
    from app.services.reconciliation import Held
    from app.services.roll_ups import Covered, RolledUp
    from app.storage.engine import ReadSession

PROVISIONAL = "临时"
YEARS = 5
_STATES = (CoverageState.INCLUDED, CoverageState.DRAFT, CoverageState.MISSING, CoverageState.EXCUSED)


def analyse(session: ReadSession, actor: Actor, code: str, year: int, basis: Basis) -> Memo:
    """Write the analysis of an agency's year and the four before it.

    Raises:
        NotFound: there is no such agency, or it stood nowhere at the end of the year.
        InvalidRequest: the year has no form.
    """
    standing = standing_of(session, actor, code, year, basis)
    rolled = standing.rolled
    held = get_reconciled(session, actor, rolled)
    earlier = [_year_total(session, rolled, each) for each in range(year - YEARS + 1, year)]
    return write_analysis(
        Facts(
            agency=rolled.name,
            year=year,
            form=rolled.form,
            basis=basis.label,
            status=_status_now(standing),
            counts=tuple((state.label, len(rolled.standing(state))) for state in _STATES),
            units=_units(session, rolled),
            left_out=len(rolled.standing(CoverageState.EXCLUDED)),
            total=_with_adjustments(standing),
            years=(*earlier, _this_year(standing)),
            results=tuple(rolled.results),
            warnings=(
                *rolled.warnings,
                *_since_final(standing),
                *_held(held),
            ),
            adjusted=tuple(_adjusted(standing)),
            as_of=rolled.as_of,
        )
    )


def status_of(standing: Standing) -> str:
    """Say what a total is to be taken as: 临时, or 定稿 with its number."""
    return PROVISIONAL if standing.final is None else f"定稿（第{standing.final.kept.number}次）"


def _status_now(standing: Standing) -> str:
    """Say what the present sums are to be taken as: those of a final total, or changed since."""
    return status_of(standing) + ("后变动的" if _has_changed(standing) else "")


def _has_changed(standing: Standing) -> bool:
    differences = None if standing.final is None else standing.final.differences
    return differences is not None and not differences.is_empty


def _with_adjustments(standing: Standing) -> RollUp:
    return replace(standing.rolled.total, totals=standing.adjusted_totals)


def _adjusted(standing: Standing) -> Iterator[str]:
    """Say what was adjusted: by whom, which cells by how much, and why."""
    cells = standing.rolled.form.cells
    for each in standing.adjustments:
        lines = "、".join(_line(cells[code], amount) for code, amount in each.lines.items())
        yield f"{each.name}调整：{lines}（{each.adjustment.reason}）"


def _line(cell: Cell, amount: int) -> str:
    return f"{cell.label}{'+' if amount > 0 else '−'}{to_text(cell.measure, abs(amount))}"


def _since_final(standing: Standing) -> Iterator[str]:
    """Say that the sum is no longer what was made final."""
    final = standing.final
    if final is not None and final.differences is not None and _has_changed(standing):
        found = final.differences
        changed = f"{len(found.sources)}份报告、{len(found.units)}个应报单位、{len(found.cells)}格"
        yield f"定稿之后有变动：{changed}与定稿时不同，本文按现在的数"


def _held(held: Held | None) -> Iterator[str]:
    """Say how the body's own report compares with the sum: what accounts for most comes first."""
    if held is None:
        return
    different = [each for each in held.found.cells if each.state is Comparison.DIFFERENT]
    which = f"“{held.filed.name}”的报告（{held.filed.status.label}）"
    yield f"{which}与汇总数核对，{len(different)}格不同" if different else f"{which}与汇总数没有不同的格"
    yield from (each.message for each in held.found.suspects[:MOST_LISTED])
    yield from (each.message for each in different[:MOST_LISTED])
    if len(different) > MOST_LISTED:
        yield f"不同的格以上是前{MOST_LISTED}处，全部见核对（reconciliation）"


def _this_year(standing: Standing) -> YearTotal:
    rolled = standing.rolled
    expected = frozenset(covered.agency.code for covered in rolled.expected)
    total = _with_adjustments(standing) if rolled.total.included else None
    return YearTotal(rolled.year, rolled.form, total, expected, len(standing.adjustments))


def _year_total(session: ReadSession, rolled: RolledUp, year: int) -> YearTotal:
    """Add up another year of the same body, on that year's tree."""
    form, path = form_of_year(year), get_path(session, rolled.agency, year)
    if form is None or path is None:
        return YearTotal(year, form, None, frozenset())
    subtree = Subtree(year, path, rolled.basis.statuses)
    key, day = key_of(rolled.agency), reference_day(year)
    total = sum_numbers(session.connection(), form, TABLES[form.version], subtree).get("")
    lines = [each.lines for each in adjustments_in(session, key, year)]
    if total is not None:
        total = replace(total, totals=adjusted(total.totals, lines))
    expected = frozenset(member.code for member in members_on(session, key, day) if member.is_expected)
    return YearTotal(year, form, total, expected, len(lines))


def _units(session: ReadSession, rolled: RolledUp) -> tuple[Unit, ...]:
    numbers = numbers_of(session, rolled)
    reports = {source.agency_id: source.report_id for source in rolled.sources}

    def unit(covered: Covered) -> Unit:
        agency = covered.agency
        report = reports.get(agency.id)
        values = None if report is None else numbers[report]
        return Unit(agency.code, agency.name, covered.state.label, covered.reason or "", values)

    return tuple(unit(covered) for covered in rolled.expected)


def draft_report(session: ReadSession, actor: Actor, code: str, year: int, basis: Basis) -> Content:
    """Return an aggregate agency's own report of the year as far as the sums make it.

    Raises:
        NotFound: there is no such agency, or it stood nowhere at the end of the year.
        InvalidRequest: the year has no form, or the agency's report isn't made of others.
    """
    standing = standing_of(session, actor, code, year, basis)
    rolled = standing.rolled
    if rolled.agency.report_scope != ReportScope.AGGREGATE:
        message = f"“{rolled.name}”只报自己的年度报告，不由下面的单位汇总而成，不能代拟"
        raise InvalidRequest(
            message, [Fault("", message, "not-aggregate", {"in": "path", "parameter": "agency"})]
        )
    return draft_content(rolled.form, rolled.name, year, _with_adjustments(standing))


def draft_memo(session: ReadSession, actor: Actor, code: str, year: int, basis: Basis) -> Memo:
    """Return such a report as people read it."""
    return write_draft(draft_report(session, actor, code, year, basis))


def mark_of_memo(memo: Memo) -> str:
    """Return what stays the same as long as nothing that it says has changed but its moment."""
    said = repr(replace(memo, closing=()))
    return hashlib.sha256(said.encode()).hexdigest()[:32]
