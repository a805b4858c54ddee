"""Figures that somebody should look at again although they add up: rules on a report's numbers alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.results import Outcome, Result
from app.domain.rules import RULES
from app.domain.values import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.domain.content import Content
    from app.domain.context import Context, Reporter
    from app.domain.rules import Rule
    from app.domain.values import Values
    from app.forms.model import CellCode, ReportForm

TABLE = "disclosure"
ISSUED, REPEALED, IN_FORCE = "issued", "repealed", "in_force"
REGULATIONS = "regulations"
SECRETS = "requests.denied_state_secret.total"
DIRECT = "proceedings.litigation_direct.total"
PROCEEDINGS = (
    "proceedings.reconsideration.total",
    DIRECT,
    "proceedings.litigation_after_reconsideration.total",
)
WITHOUT_REQUESTS = "proceedings.requests.all"
RECEIVED, CARRIED = "requests.received.total", "requests.pending_at_start.total"
FEES = "disclosure.fees.amount"
DECISIONS = ("licensing", "penalties", "coercion")
DECISIONS_TAKEN = ("decisions", "decided")
"""The column of 处理决定, by form."""


def judge_plausibility(content: Content, context: Context) -> Iterator[Result]:
    """Hold a report's numbers to R13, R14, R18, R23, R24 and R28."""
    yield from _issued_within_stock(content)
    yield from _no_regulations(content, _speaker(content, context.reporter))
    yield from _pending_within_received(content)
    yield from _direct_litigation(content)
    yield from _proceedings_without_requests(content, context)
    yield from _state_secret_at_township(content, context.reporter)
    yield from _fits_the_level(content, context)


def stock_rows(form: ReportForm) -> list[str]:
    """Return the rows of 表二 that tell of documents issued, repealed and in force."""
    known = [row for table, row in form.rows if table == TABLE]
    return [row for row in known if f"{TABLE}.{row}.{IN_FORCE}" in form.cells]


def of_row(row: str, *columns: str) -> tuple[CellCode, ...]:
    """Name cells of a row of 表二."""
    return tuple(f"{TABLE}.{row}.{column}" for column in columns)


def known(values: Values, cells: Sequence[CellCode]) -> list[int]:
    """Return the values of those cells that have one."""
    return [value for code in cells if (value := values.get(code)) is not None]


def not_evaluated(content: Content, rule: Rule, code: str, cells: tuple[CellCode, ...]) -> Result:
    """Return that a rule can't be judged because cells are missing, and which."""
    form = content.form
    missing = [cell for cell in cells if content.values.get(cell) is None]
    labels = "、".join(form.cells[cell].label for cell in missing)
    message = rule.say("not_evaluated", missing=labels, title=rule.title)
    return Result(rule, code, Outcome.NOT_EVALUATED, message, form.cells[cells[0]].pointer, cells)


def _issued_within_stock(content: Content) -> Iterator[Result]:
    """R13: what was issued this year is in force or was repealed."""
    rule = RULES["R13"]
    for row in stock_rows(content.form):
        code, cells = f"{TABLE}.issued.{row}", of_row(row, ISSUED, IN_FORCE, REPEALED)
        values = known(content.values, cells)
        if len(values) < len(cells):
            yield not_evaluated(content, rule, code, cells)
            continue
        issued, in_force, repealed = values
        most = in_force + repealed
        kept = issued <= most
        message = rule.say(
            "kept" if kept else "broken",
            cell=content.form.cells[cells[0]].label,
            found=issued,
            in_force=in_force,
            repealed=repealed,
            expected=most,
            difference=issued - most,
        )
        yield _of(content, rule, code, cells, message, kept=kept, sides=(issued, most))


def _of(
    content: Content,
    rule: Rule,
    code: str,
    cells: tuple[CellCode, ...],
    message: str,
    *,
    kept: bool,
    sides: tuple[int, int] | tuple[None, None] = (None, None),
) -> Result:
    outcome = Outcome.KEPT if kept else Outcome.BROKEN
    pointer = content.form.cells[cells[0]].pointer
    return Result(rule, code, outcome, message, pointer, cells, *sides)


def _speaker(content: Content, reporter: Reporter) -> Reporter:
    """Return for whom a report speaks: an office that files the aggregate does so for its government."""
    if content.is_aggregate and reporter.kind is AgencyKind.OFFICE:
        return replace(reporter, kind=AgencyKind.GOVERNMENT)
    return reporter


def _no_regulations(content: Content, reporter: Reporter) -> Iterator[Result]:
    """R14: whoever may not make 规章 has none."""
    cells = tuple(cell.code for cell in content.form.rows.get((TABLE, REGULATIONS), ()))
    if reporter.may_make_rules is not False or not cells:
        return
    rule = RULES["R14"]
    values = known(content.values, cells)
    if not any(values) and len(values) < len(cells):
        yield not_evaluated(content, rule, f"{TABLE}.{REGULATIONS}", cells)
        return
    filled = "、".join(
        f"{content.form.cells[code].label} {value}" for code in cells if (value := content.values.get(code))
    )
    message = rule.say("broken", found=filled) if filled else rule.say("kept")
    yield _of(content, rule, f"{TABLE}.{REGULATIONS}", cells, message, kept=not filled)


def _pending_within_received(content: Content) -> Iterator[Result]:
    """R18: what is carried over came in this year, as a rule."""
    rule = RULES["R18"]
    for cell in content.form.rows.get(("requests", "pending_at_end"), ()):
        column = cell.column.code
        code, cells = f"requests.pending.{column}", (cell.code, f"requests.received.{column}")
        values = known(content.values, cells)
        if len(values) < len(cells):
            yield not_evaluated(content, rule, code, cells)
            continue
        pending, received = values
        kept = pending <= received
        message = rule.say(
            "kept" if kept else "broken",
            cell=cell.label,
            found=pending,
            received=received,
            difference=pending - received,
        )
        yield _of(content, rule, code, cells, message, kept=kept, sides=(pending, received))


def _direct_litigation(content: Content) -> Iterator[Result]:
    """R23: since 行政复议法 of 2023, who is refused information asks for reconsideration first."""
    rule = RULES["R23"]
    if DIRECT not in content.form.cells:
        return
    value = content.values.get(DIRECT)
    if value is None:
        yield not_evaluated(content, rule, DIRECT, (DIRECT,))
        return
    cell = content.form.cells[DIRECT]
    message = rule.say("broken" if value else "kept", cell=cell.label, found=value)
    yield _of(content, rule, DIRECT, (DIRECT,), message, kept=value == 0)


def _proceedings_without_requests(content: Content, context: Context) -> Iterator[Result]:
    """R24: reconsideration and lawsuits follow requests, of this year or the last."""
    rule, cells = RULES["R24"], (*PROCEEDINGS, RECEIVED, CARRIED)
    if not content.form.cells.keys() >= set(cells):
        return
    values = known(content.values, cells)
    if len(values) < len(cells):
        yield not_evaluated(content, rule, WITHOUT_REQUESTS, cells)
        return
    cases, requests = sum(values[: len(PROCEEDINGS)]), sum(values[len(PROCEEDINGS) :])
    before = context.last_year
    earlier = [] if before is None else known(before.values, (RECEIVED, CARRIED))
    kept = cases == 0 or requests > 0 or any(earlier)
    message = rule.say("kept" if kept else "broken", cases=cases, requests=requests)
    result = _of(content, rule, WITHOUT_REQUESTS, cells, message, kept=kept)
    if not kept and len(earlier) < len((RECEIVED, CARRIED)):
        result.outcome = Outcome.NOT_EVALUATED
        name = "not_evaluated.no_last_year" if before is None else "not_evaluated.last_year"
        result.message = rule.say(name, cases=cases, requests=requests, year=content.year - 1)
    yield result


def _state_secret_at_township(content: Content, reporter: Reporter) -> Iterator[Result]:
    """R24: a township hardly holds state secrets."""
    if reporter.level is not AgencyLevel.TOWNSHIP or SECRETS not in content.form.cells:
        return
    rule, value = RULES["R24"], content.values.get(SECRETS)
    if value is None:
        yield not_evaluated(content, rule, SECRETS, (SECRETS,))
        return
    label = content.form.cells[SECRETS].label
    message = rule.say("broken.secrets" if value else "kept.secrets", cell=label, found=value)
    yield _of(content, rule, SECRETS, (SECRETS,), message, kept=value == 0)


_ORDER = (AgencyLevel.TOWNSHIP, AgencyLevel.COUNTY, AgencyLevel.PREFECTURE, AgencyLevel.PROVINCE)


def _fits_the_level(content: Content, context: Context) -> Iterator[Result]:
    """R28: figures that only a body of a higher level could have, above all 元 typed for 万元.

    A report that speaks for a whole county is held to what fits the level above.
    """
    level = context.reporter.level
    place = _ORDER.index(level) if level in _ORDER else len(_ORDER)
    place += content.is_aggregate
    if place >= len(_ORDER):
        return
    limits = [("fees", FEES), ("received", RECEIVED)]
    limits += [("decisions", f"{TABLE}.{row}.{column}") for row in DECISIONS for column in DECISIONS_TAKEN]
    for name, code in limits:
        if code in content.form.cells:
            yield _within(content, context, code, f"{name}_{_ORDER[place]}")


def _within(content: Content, context: Context, code: CellCode, threshold: str) -> Result:
    rule, cell = RULES["R28"], content.form.cells[code]
    value = content.values.get(code)
    if value is None:
        return not_evaluated(content, rule, code, (code,))
    most = context.settings.threshold(rule, threshold) * 10**cell.measure.places
    kept, found = value <= most, to_text(cell.measure, value)
    if kept:
        message = rule.say("kept", cell=cell.label, found=found)
    else:
        message = rule.say(
            "broken.money" if cell.measure.places else "broken",
            cell=cell.label,
            found=found,
            unit=cell.measure.unit,
            threshold=rule.thresholds[threshold].title,
            most=to_text(cell.measure, most),
        )
    return _of(content, rule, code, (code,), message, kept=kept, sides=(value, most))
