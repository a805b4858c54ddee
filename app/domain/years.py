"""A report's numbers beside those of the years before: 结转, the stock of documents, jumps."""

from __future__ import annotations

from statistics import median_low
from typing import TYPE_CHECKING

from app.domain.plausibility import (
    CARRIED,
    DECISIONS,
    IN_FORCE,
    ISSUED,
    PROCEEDINGS,
    RECEIVED,
    REPEALED,
    TABLE,
    not_evaluated,
    of_row,
    stock_rows,
)
from app.domain.results import Outcome, Result
from app.domain.rules import RULES
from app.domain.values import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.domain.content import Content
    from app.domain.context import Context
    from app.domain.reorganisations import Holding
    from app.domain.rules import Rule
    from app.forms.model import CellCode, ReportForm

AT_START, AT_END = "pending_at_start", "pending_at_end"
ITEMS_BEFORE, ITEMS_CHANGE = "items_before", "items_change"
FEWEST_YEARS = 2
"""With one year alone nothing is unusual."""
FEWEST_PEERS = 200
"""With fewer, the top 1 % is one or two bodies, which tells nothing."""


def judge_years(content: Content, context: Context) -> Iterator[Result]:
    """Hold a report to R11 and R12 beside last year's, and to R29; without earlier reports, to nothing."""
    if context.last_year is not None:
        before = context.last_year, context.inherited
        yield from _carried_over(content, *before)
        yield from _stock_kept(content, *before)
        yield from _items_continue(content, *before)
    if len(context.earlier) >= FEWEST_YEARS:
        yield from _without_jumps(content, context)
    yield from _within_peers(content, context)


def suggestions(form: ReportForm, last_year: Content) -> dict[CellCode, int]:
    """Return what last year's report says of cells of this year's: offered to the clerk, never filled in."""
    before = last_year.values
    found = {
        cell.code: value
        for cell in form.rows.get(("requests", AT_START), ())
        if (value := before.get(f"requests.{AT_END}.{cell.column.code}")) is not None
    }
    if last_year.form is form:
        stock = (of_row(row, IN_FORCE)[0] for row in stock_rows(form))
        found |= {code: value for code in stock if (value := before.get(code)) is not None}
    return found


def _carried_over(content: Content, before: Content, inherited: Holding | None) -> Iterator[Result]:
    """R11: what was carried over to this year is what this year begins with, also across two forms."""
    rule, form = RULES["R11"], content.form
    for cell in form.rows.get(("requests", AT_START), ()):
        column, value = cell.column, content.values.get(cell.code)
        source = f"requests.{AT_END}.{column.code}"
        held = before.values.get(source)
        code = f"requests.carried.{column.code}"
        result = Result(rule, code, Outcome.KEPT, "", cell.pointer, (cell.code,), value, held)
        if value is None:
            result.outcome = Outcome.NOT_EVALUATED
            result.message = rule.say("not_evaluated", cell=cell.label)
        elif held is None:
            result.outcome = Outcome.NOT_EVALUATED
            result.message = _lacking(rule, inherited, (source,), before) or rule.say(
                "not_evaluated.last_year", year=before.year, column=column.spoken
            )
        else:
            result.outcome = Outcome.KEPT if value == held else Outcome.BROKEN
            result.message = rule.say(
                result.outcome,
                cell=cell.label,
                found=value,
                year=before.year,
                column=column.spoken,
                before=_with_origin(rule, held, inherited),
                difference=abs(value - held),
            )
        yield result


def _stock_kept(content: Content, before: Content, inherited: Holding | None) -> Iterator[Result]:
    """R12: documents in force are those of last year and the new ones, without those repealed."""
    rule, form = RULES["R12"], content.form
    for row in stock_rows(form):
        cells = of_row(row, IN_FORCE, ISSUED, REPEALED)
        if cells[0] not in before.form.cells:
            continue
        in_force, issued, repealed = (content.values.get(code) for code in cells)
        held = before.values.get(cells[0])
        cell = form.cells[cells[0]]
        result = Result(rule, f"{TABLE}.stock.{row}", Outcome.NOT_EVALUATED, "", cell.pointer, cells)
        if in_force is None or issued is None or repealed is None or held is None:
            lacking = _lacking(rule, inherited, cells[:1], before) if held is None else ""
            theirs = (before, cells[:1]) if held is None else (content, cells)
            result.message = lacking or _missing(rule, before, *theirs)
        else:
            result.left, result.right = in_force, held + issued - repealed
            result.outcome = Outcome.KEPT if result.left == result.right else Outcome.BROKEN
            result.message = rule.say(
                result.outcome,
                cell=cell.label,
                found=in_force,
                before=_with_origin(rule, held, inherited),
                issued=issued,
                repealed=repealed,
                expected=result.right,
                difference=abs(result.left - result.right),
            )
        yield result


def _missing(rule: Rule, before: Content, lacking: Content, cells: Sequence[CellCode]) -> str:
    """Say which of some cells this year's report, or the one before, lacks."""
    name = "not_evaluated.last_year" if lacking is before else "not_evaluated"
    labels = [lacking.form.cells[code].label for code in cells if lacking.values.get(code) is None]
    return rule.say(name, year=before.year, missing="、".join(labels))


def _items_continue(content: Content, before: Content, inherited: Holding | None) -> Iterator[Result]:
    """R20, the form of 2019: items of last year are those of the year before it with that year's change."""
    rule, form = RULES["R20"], content.form
    for cell in (cell for cell in form.cells.values() if cell.column.code == ITEMS_BEFORE):
        sources = of_row(cell.row.code, ITEMS_BEFORE, ITEMS_CHANGE)
        if not before.form.cells.keys() >= set(sources):
            continue
        value, (base, change) = content.values.get(cell.code), (before.values.get(code) for code in sources)
        code = f"{TABLE}.items.{cell.row.code}"
        result = Result(rule, code, Outcome.NOT_EVALUATED, "", cell.pointer, (cell.code,))
        if value is None or base is None or change is None:
            lacking = "" if value is None else _lacking(rule, inherited, sources, before)
            theirs = (content, (cell.code,)) if value is None else (before, sources)
            result.message = lacking or _missing(rule, before, *theirs)
        else:
            result.left, result.right = value, base + change
            result.outcome = Outcome.KEPT if value == result.right else Outcome.BROKEN
            result.message = rule.say(
                result.outcome,
                cell=cell.label,
                found=value,
                year=before.year,
                before=_with_origin(rule, base, inherited),
                change=f"− {-change}" if change < 0 else f"+ {change}",
                expected=result.right,
                difference=abs(value - result.right),
            )
        yield result


def _with_origin(rule: Rule, held: int, inherited: Holding | None) -> str:
    """Write a figure of last year, with how the body came to it where it isn't its own."""
    return str(held) if inherited is None else rule.say("part.inherited", found=held, origin=inherited.said)


def _lacking(rule: Rule, inherited: Holding | None, cells: Sequence[CellCode], before: Content) -> str:
    """Say why figures aren't known that a body would have come to; nothing where they are its own."""
    if inherited is None:
        return ""
    code = next(code for code in cells if before.values.get(code) is None)
    what = before.form.cells[code].label
    reason = inherited.lacking_in(code)
    return rule.say("not_evaluated.inherited", reason=reason, year=before.year, cell=what)


def watched_cells(form: ReportForm) -> list[CellCode]:
    """Return the cells in which a jump says something: totals and decisions, not their parts."""
    wanted = (RECEIVED, CARRIED, "requests.processed.total", f"requests.{AT_END}.total", *PROCEEDINGS)
    rows = [f"{TABLE}.{row}.decisions" for row in DECISIONS]
    rows += [of_row(row, IN_FORCE)[0] for row in stock_rows(form)]
    return [code for code in (*wanted, *rows, f"{TABLE}.fees.amount") if code in form.cells]


def _without_jumps(content: Content, context: Context) -> Iterator[Result]:
    """R29: nothing grew or shrank many times over against the median of the years before."""
    for code in watched_cells(content.form):
        own = [value for _, values in context.earlier if (value := values.get(code)) is not None]
        value = content.values.get(code)
        if len(own) < FEWEST_YEARS:
            continue
        if value is None:
            yield not_evaluated(content, RULES["R29"], code, (code,))
        else:
            yield _jump(content, context, code, value, own)


def _jump(content: Content, context: Context, code: CellCode, value: int, own: list[int]) -> Result:
    rule, cell = RULES["R29"], content.form.cells[code]
    usual = median_low(own)
    least = context.settings.threshold(rule, "difference") * 10**cell.measure.places
    ratio = context.settings.threshold(rule, "ratio")
    high, low = max(value, usual), min(value, usual)
    jumped = high - low >= least and high >= ratio * low
    way = "broken.more" if value > usual else "broken.less"
    message = rule.say(
        way if jumped else "kept",
        cell=cell.label,
        found=to_text(cell.measure, value),
        count=len(own),
        usual=to_text(cell.measure, usual),
        difference=to_text(cell.measure, high - low),
    )
    outcome = Outcome.BROKEN if jumped else Outcome.KEPT
    return Result(rule, code, outcome, message, cell.pointer, (code,), value, usual)


def mark_of(values: Sequence[int]) -> int:
    """Return the smallest value that 99 of 100 of these don't exceed."""
    return sorted(values)[-(-len(values) * 99 // 100) - 1]


def _within_peers(content: Content, context: Context) -> Iterator[Result]:
    """R29, where it has been asked for: nothing lies beyond what 99 of 100 peers have.

    A report that adds up others has no peers among those that don't.
    """
    if content.is_aggregate or not context.settings.threshold(RULES["R29"], "peers"):
        return
    for code in watched_cells(content.form):
        mark, value = context.marks.get(code), content.values.get(code)
        if mark is not None and value is not None:
            yield _beside_peers(content, context, code, value, mark)


def _beside_peers(content: Content, context: Context, code: CellCode, value: int, mark: int) -> Result:
    rule, cell = RULES["R29"], content.form.cells[code]
    least = context.settings.threshold(rule, "difference") * 10**cell.measure.places
    is_beyond = value > mark and value - mark >= least
    day = context.marked_on
    message = rule.say(
        "broken.peers" if is_beyond else "kept.peers",
        cell=cell.label,
        found=to_text(cell.measure, value),
        peers=context.peers,
        most=to_text(cell.measure, mark),
        counted="" if day is None else rule.say("part.counted", day=day.isoformat()),
    )
    outcome = Outcome.BROKEN if is_beyond else Outcome.KEPT
    return Result(rule, f"peers.{code}", outcome, message, cell.pointer, (code,), value, mark)
