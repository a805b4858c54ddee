"""Bars that lie one below the other, the longest first."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from app.documents.charts.drawing import SIZE, SOFT, WIDTH, Drawing, Length, width_of, wrapped

if TYPE_CHECKING:
    from app.documents.charts.model import Chart

_LINE, _PADDING, _GAP = 18, 8, 8
_MOST_FOR_LABELS = 175


def draw_bars(chart: Chart) -> str:
    """Draw a bar for each label; a missing number has none, and says so."""
    (series,) = chart.series
    drawing = Drawing(chart)
    labels = [wrapped(label, _MOST_FOR_LABELS) for label in chart.labels]
    start = max((width_of(line) for lines in labels for line in lines), default=0) + _GAP
    end = max((width_of(chart.printed(value)) for value in series.values), default=0) + _GAP
    room, most = WIDTH - start - end, max(chart.known, default=0)
    y: Length = _PADDING
    for label, lines, value in zip(chart.labels, labels, series.values, strict=True):
        height = _LINE * len(lines)
        middle = y + Fraction(height, 2)
        for down, line in enumerate(lines):
            drawing.text(start - _GAP, y + _LINE * down + SIZE, line, anchor="end")
        length = room * Fraction(value) / Fraction(most) if value and most else 0
        words = chart.printed(value)
        if value is not None:
            drawing.rect(start, middle - 8, length, 16, drawing.fill(0), f"{label} {words}")
        ink = SOFT if value is None else "#1a1a1a"
        drawing.text(start + length + _GAP / Fraction(2), middle + 5, words, ink=ink)
        y += height + _PADDING
    drawing.line((start, 0), (start, y))
    return drawing.done(y)
