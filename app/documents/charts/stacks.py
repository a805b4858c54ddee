"""Bars that are divided into parts: each as long as the next, so that shares can be compared."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from app.documents.charts.drawing import SOFT, WIDTH, Drawing, Length, width_of
from app.documents.charts.model import MISSING

if TYPE_CHECKING:
    from app.documents.charts.model import Chart, Number

_HEIGHT, _GAP, _BETWEEN = 34, 8, 14


def draw_stacks(chart: Chart) -> str:
    """Draw a bar for each label, divided in the proportion of its parts.

    A bar one of whose parts is missing isn't drawn: its shares would be wrong.  Parts too narrow for their
    number leave it to the table, the description and the legend; a single bar's legend has all numbers.
    """
    drawing = Drawing(chart)
    start = max((width_of(label) for label in chart.labels), default=0) + _GAP
    y: Length = 4
    for at in range(len(chart.labels)):
        _draw_stack(drawing, at, start, y)
        y += _HEIGHT + _BETWEEN
    return drawing.done(drawing.legend(y, _names(chart)))


def _names(chart: Chart) -> list[str]:
    if len(chart.labels) > 1:
        return [series.name for series in chart.series]
    return [f"{series.name} {chart.printed(series.values[0])}" for series in chart.series]


def _draw_stack(drawing: Drawing, at: int, start: Length, y: Length) -> None:
    chart = drawing.chart
    drawing.text(start - _GAP, y + 22, chart.labels[at], anchor="end")
    values = [series.values[at] for series in chart.series]
    whole = sum(Fraction(value) for value in values if value is not None)
    if None in values or not whole:
        missing = [series.name for series in chart.series if series.values[at] is None]
        drawing.text(start, y + 22, _instead(missing, values, WIDTH - start), ink=SOFT)
        return
    x = start
    for part, (series, value) in enumerate(zip(chart.series, values, strict=True)):
        length = (WIDTH - 1 - start) * Fraction(value or 0) / whole
        words = chart.printed(value)
        if length:
            drawing.rect(x, y, length, _HEIGHT, drawing.fill(part), f"{series.name} {words}")
        if length > width_of(words) + _GAP:
            drawing.text(x + length / 2, y + 22, words, anchor="middle")
        x += length


def _instead(missing: list[str], values: list[Number | None], room: Length) -> str:
    """Say why a bar isn't drawn: the description has all names, where there is no room for them here."""
    if not missing:
        return "全部为 0"
    if len(missing) == len(values):
        return MISSING
    words = f"—（缺：{'、'.join(missing)}）"
    return words if width_of(words) <= room else f"—（缺 {len(missing)} 项）"
