"""What came of the rules, on a sheet: what isn't kept first, with its cells and both sides of each sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.documents.sheet_styles import Look
from app.documents.sheets import Area, Words
from app.domain.explanations import ExplanationState
from app.domain.results import Outcome
from app.forms.layout import column_letters
from app.forms.model import COUNT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.documents.sheet_tables import Figures
    from app.documents.sheets import Canvas
    from app.domain.explanations import Explained, Explanations
    from app.domain.results import Result
    from app.forms.model import CellCode

SHOWN = (Outcome.BROKEN, Outcome.NOT_EVALUATED, Outcome.KEPT)
"""In which order results are shown."""

HEADINGS = ("规则", "级别", "结果", "规则内容", "说明", "提示", "涉及单元格", "左边", "右边", "相差")
WIDTHS = [6, 8, 10, 30, 44, 26, 46, 10, 10, 10]
EXPLANATION, EXPLANATION_WIDTH = "出错说明", 44
"""The last column, on the sheet of a report: nothing is explained of a sum."""

_HEADING_ROW = 3


def write_findings(
    canvas: Canvas,
    heading: str,
    results: Sequence[Result],
    figures: Figures,
    addresses: Mapping[CellCode, str],
    explanations: Explanations | None = None,
) -> int:
    """Write results, a row each, and return the first free row.

    Args:
        canvas: an empty sheet.
        heading: what was held to the rules.
        results: what came of them.
        figures: the numbers that were judged.
        addresses: where each cell stands in this workbook.
        explanations: what was said of the findings; None where nothing can be.
    """
    is_explained = explanations is not None
    headings, widths = (
        [*HEADINGS, *[EXPLANATION] * is_explained],
        [*WIDTHS, *[EXPLANATION_WIDTH] * is_explained],
    )
    canvas.set_widths(widths)
    above = ((heading, Look.SECTION), (summary_of(results), Look.NOTE))
    words = [Words(Area(row, 1, 1, len(widths)), text, look) for row, (text, look) in enumerate(above, 1)]
    canvas.put_words(words)
    put_row(canvas, _HEADING_ROW, headings, Look.HEAD)
    ranked = sorted(results, key=lambda result: SHOWN.index(result.outcome))
    for row, result in enumerate(ranked, _HEADING_ROW + 1):
        _write_result(canvas, row, result, figures, addresses)
        if explanations is not None:
            text = _explanation(explanations.of(figures.values, result))
            canvas.put_words([Words(Area(row, len(widths)), text, Look.LABEL)])
    end = _HEADING_ROW + len(ranked)
    canvas.sheet.freeze_panes = f"A{_HEADING_ROW + 1}"
    canvas.sheet.auto_filter.ref = f"A{_HEADING_ROW}:{column_letters(len(widths) - 1)}{end}"
    return end + 1


def _write_result(
    canvas: Canvas, row: int, result: Result, figures: Figures, addresses: Mapping[CellCode, str]
) -> None:
    rule = result.rule
    texts = (
        rule.id,
        rule.level.label,
        result.outcome.label,
        rule.title_on(figures.form),
        _message(result),
        result.hint or "",
        _cells(result, figures, addresses),
    )
    put_row(canvas, row, texts, Look.LABEL)
    # Both sides of a relation are sums of its cells, so they count the same.
    measure = figures.form.cells[result.cells[0]].measure if result.cells else COUNT
    for column, side in enumerate((result.left, result.right, result.difference), len(texts) + 1):
        if side is None:
            canvas.put_blank(Area(row, column), Look.LABEL)
        else:
            canvas.put_number(Area(row, column), measure, side)


def _cells(result: Result, figures: Figures, addresses: Mapping[CellCode, str]) -> str:
    """Name the cells: a line each where something is to be put right, else only where they stand."""
    if result.outcome is Outcome.KEPT:
        return "、".join(addresses[code] for code in result.cells)
    return "\n".join(
        f"{addresses[code]} {figures.form.cells[code].label}：{figures.printed(code) or '未填'}"
        for code in result.cells
    )


def _explanation(explained: Explained | None) -> str:
    if explained is None:
        return ""
    said = f"{explained.text}（{explained.given_by}；{explained.state.label}）"
    refused = explained.state is ExplanationState.REFUSED and explained.review
    return f"{said}\n未认可的原因：{refused.reason}" if refused else said


def put_row(canvas: Canvas, row: int, texts: Sequence[str], look: Look) -> None:
    """Write one row of texts."""
    canvas.put_words([Words(Area(row, column), text, look) for column, text in enumerate(texts, 1)])


def _message(result: Result) -> str:
    # a sentence that the message has in full says nothing new
    quotes = [f"原文：“{quote}”" for quote in result.quotes if quote not in result.message]
    return "\n".join((result.message, *quotes))


def summary_of(results: Sequence[Result]) -> str:
    """Say how many rules were held to, and how it came out."""
    counts = [
        f"{outcome.label} {sum(result.outcome is outcome for result in results)} 项" for outcome in SHOWN
    ]
    return f"共核对 {len(results)} 项：{'，'.join(counts)}"
