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
    shown,
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
        said = f"{before.year} 年度报告“结转下年度”行“{column.spoken}”列"
        if value is None or held is None:
            result.outcome = Outcome.NOT_EVALUATED
            empty = f"{cell.label}" if value is None else said
            result.message = f"{empty}没有填，没法与{'上一年度的报告' if value is None else '本年度'}核对"
            if value is not None:
                result.message = _lacking(inherited, (source,), before) or result.message
        else:
            result.message = f"{shown(content, cell.code)}，{said}是 {held}{_came(inherited)}"
        if value is not None and held is not None and value != held:
            result.outcome = Outcome.BROKEN
            result.message += f"，相差 {abs(value - held)}；机构合并、上年更正等情况请在出错说明里写明"
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
        pointer = form.cells[cells[0]].pointer
        result = Result(rule, f"{TABLE}.stock.{row}", Outcome.NOT_EVALUATED, "", pointer, cells)
        if in_force is None or issued is None or repealed is None or held is None:
            where = f"{before.year} 年度报告的" if held is None else ""
            row_filled = f"{form.cells[cells[0]].table.name}“{form.cells[cells[0]].row.spoken}”行"
            result.message = f"{where}{row_filled}没有填全，没法与上一年度核对"
            if held is None:
                result.message = _lacking(inherited, cells[:1], before) or result.message
        else:
            result.left, result.right = in_force, held + issued - repealed
            stock = f"上一年度 {held}{_came(inherited)}"
            sum_of_both = f"{stock} + 本年制发 {issued} − 本年废止 {repealed} = {result.right}"
            result.message = f"{shown(content, cells[0])}，{sum_of_both}"
            result.outcome = Outcome.KEPT
        if result.left != result.right:
            result.outcome = Outcome.BROKEN
            result.message += f"，相差 {abs(result.difference or 0)}；清理、移交等情况请在出错说明里写明"
        yield result


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
            whose = "" if value is None else f"{before.year} 年度报告的"
            result.message = f"{whose}{cell.table.name}“{cell.row.spoken}”行没有填全，没法与上一年度核对"
            if value is not None:
                result.message = _lacking(inherited, sources, before) or result.message
        else:
            result.left, result.right = value, base + change
            result.outcome = Outcome.KEPT
            signed = f"− {-change}" if change < 0 else f"+ {change}"
            sum_of_both = f"{before.year} 年度报告 {base} {signed} = {result.right}{_came(inherited)}"
            result.message = f"{shown(content, cell.code)}，{sum_of_both}"
        if result.left != result.right:
            result.outcome = Outcome.BROKEN
            result.message += f"，相差 {abs(result.difference or 0)}；事项划转、清理等情况请在出错说明里写明"
        yield result


def _came(inherited: Holding | None) -> str:
    """Say how a body came to figures that aren't its own."""
    return "" if inherited is None else f"（{inherited.said}）"


def _lacking(inherited: Holding | None, cells: Sequence[CellCode], before: Content) -> str:
    """Say why figures aren't known that a body would have come to; nothing where they are its own."""
    if inherited is None:
        return ""
    code = next(code for code in cells if before.values.get(code) is None)
    what = before.form.cells[code].label
    return f"{inherited.lacking_in(code)}，没法与 {before.year} 年度报告的{what}核对"


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
    message = f"{shown(content, code)}，前 {len(own)} 年的中位数是 {to_text(cell.measure, usual)}"
    if jumped:
        message += (
            f"，{'增加' if value > usual else '减少'}了 {to_text(cell.measure, high - low)}；请核对是不是填错"
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
    day = "" if context.marked_on is None else f"（{context.marked_on} 统计）"
    bound = to_text(cell.measure, mark)
    message = f"{shown(content, code)}，同级同类的 {context.peers} 个机关中 99% 不超过 {bound}{day}"
    message += "；请核对是不是填错" if is_beyond else ""
    outcome = Outcome.BROKEN if is_beyond else Outcome.KEPT
    return Result(rule, f"peers.{code}", outcome, message, cell.pointer, (code,), value, mark)
