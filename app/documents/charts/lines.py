"""Lines over the years: a missing number is a gap that says so, and what changed is marked."""

from __future__ import annotations

from fractions import Fraction
from itertools import count, groupby
from math import ceil
from typing import TYPE_CHECKING

from app.documents.charts.drawing import (
    COLOURS,
    GRID,
    INK,
    SMALL,
    SOFT,
    WIDTH,
    Drawing,
    Length,
    width_of,
    wrapped,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.documents.charts.model import Chart, Number

_TOP, _TALL, _AXIS, _NOTE = 40, 210, 24, 20
_LABEL_HEIGHT, _ABOVE, _BELOW = 15, 8, 18
_DASHES = ("", "7 4", "2 3", "10 3 2 3", "4 4", "1 4")
_MARKERS = (
    "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0Z",
    "M-4.5 -4.5h9v9h-9Z",
    "M0 -5.5L5.5 4.5H-5.5Z",
    "M0 -6L6 0L0 6L-6 0Z",
    "M0 5.5L5.5 -4.5H-5.5Z",
    "M-5 -2h10v4h-10Z",
)
_NUMBERS = "①②③④⑤⑥⑦⑧⑨⑩"
_MOST_STEPS = 5


def draw_lines(chart: Chart) -> str:
    """Draw a line for each series, with every number at its point."""
    drawing = Drawing(chart)
    plot = _Plot(chart)
    top = _explain(drawing)
    plot.top = top + _TOP
    _draw_grid(drawing, plot)
    _draw_marks(drawing, plot, top)
    for at, series in enumerate(chart.series):
        for run in _runs(series.values):
            points = [(plot.x(place), plot.y(value)) for place, value in run]
            drawing.line(*points, ink=COLOURS[at % len(COLOURS)], width="2.5", dashes=_DASHES[at % 6])
    for at, series in enumerate(chart.series):
        for place, value in enumerate(series.values):
            if value is not None:
                words = f"{chart.labels[place]} {series.name} {chart.printed(value)}"
                x, y = plot.x(place), plot.y(value)
                drawing.shape(_MARKERS[at % 6], x, y, COLOURS[at % len(COLOURS)], words)
    _write_numbers(drawing, plot)
    return drawing.done(_note_marks(drawing, plot.bottom + _AXIS + 8))


class _Plot:
    """Where numbers stand."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.step = _step_for(max(chart.known, default=0))
        self.steps = max(1, ceil(Fraction(max(chart.known, default=0)) / self.step))
        self.most = self.step * self.steps
        self.left = width_of(chart.printed(self.most), SMALL) + 8
        self.top: Length = 0

    @property
    def bottom(self) -> Length:
        return self.top + _TALL

    @property
    def pitch(self) -> Fraction:
        """How far labels stand from each other; half of it is left free at both ends."""
        return Fraction(WIDTH - self.left) / max(1, len(self.chart.labels))

    def x(self, place: int) -> Length:
        return self.left + self.pitch * place + self.pitch / 2

    def y(self, value: Number) -> Length:
        return self.bottom - _TALL * Fraction(value) / self.most


def _step_for(most: Number) -> int:
    """Return the smallest of 1, 2, 5, 10, 20, … that reaches *most* in a few steps."""
    for power in count():
        for digit in (1, 2, 5):
            step = int(digit * 10**power)
            if step * _MOST_STEPS >= most:
                return step
    raise AssertionError


def _runs(values: tuple[Number | None, ...]) -> Iterator[list[tuple[int, Number]]]:
    """Yield the stretches without a gap."""
    for _, stretch in groupby(enumerate(values), key=lambda each: each[1] is None):
        run = [(place, value) for place, value in stretch if value is not None]
        if run:
            yield run


def _explain(drawing: Drawing) -> Length:
    """Show each line with its marker and name; return where that ends."""
    x: Length = 0
    y: Length = 10
    for at, series in enumerate(drawing.chart.series):
        room = 44 + width_of(series.name) + 16
        if x and x + room > WIDTH:
            x, y = 0, y + 22
        colour = COLOURS[at % len(COLOURS)]
        drawing.line((x, y), (x + 36, y), ink=colour, width="2.5", dashes=_DASHES[at % 6])
        drawing.shape(_MARKERS[at % 6], x + 18, y, colour, series.name)
        drawing.text(x + 44, y + 5, series.name)
        x += room
    return y + 12


def _draw_grid(drawing: Drawing, plot: _Plot) -> None:
    for at in range(plot.steps + 1):
        value = plot.step * at
        y = plot.y(value)
        drawing.line((plot.left, y), (WIDTH, y), ink=GRID if at else INK)
        drawing.text(plot.left - 6, y + 4, plot.chart.printed(value), anchor="end", size=SMALL, ink=SOFT)
    for place, label in enumerate(plot.chart.labels):
        drawing.text(plot.x(place), plot.bottom + _AXIS - 4, label, anchor="middle")


def _draw_marks(drawing: Drawing, plot: _Plot, top: Length) -> None:
    """Draw a line before the first label after each change, marks of one place side by side."""
    for at, marks in groupby(enumerate(plot.chart.marks), key=lambda each: each[1].at):
        x = plot.x(at) - plot.pitch / 2
        drawing.line((x, top + 18), (x, plot.bottom), ink=SOFT, dashes="3 3")
        drawing.text(x, top + 14, "".join(number_of_mark(each) for each, _ in marks), anchor="middle")


def number_of_mark(at: int) -> str:
    """Return the sign by which a mark is found again in its explanation."""
    return _NUMBERS[at] if at < len(_NUMBERS) else f"({at + 1})"


def _note_marks(drawing: Drawing, y: Length) -> Length:
    for at, mark in enumerate(drawing.chart.marks):
        said = f"{number_of_mark(at)} {drawing.chart.labels[mark.at]}起：{mark.words}"
        for line in wrapped(said, WIDTH, SMALL):
            drawing.text(0, y + SMALL, line, size=SMALL)
            y += _NOTE
    return y


def _write_numbers(drawing: Drawing, plot: _Plot) -> None:
    """Write the numbers at their points, never over one another, and say what is missing."""
    for place in range(len(plot.chart.labels)):
        here = [series.values[place] for series in plot.chart.series]
        known = sorted((plot.y(value), plot.chart.printed(value)) for value in here if value is not None)
        lowest: Length = plot.bottom - 6
        if len(known) < len(here):
            words = f"缺 {len(here) - len(known)} 项" if known else "缺"
            drawing.text(plot.x(place), lowest, words, anchor="middle", size=SMALL, ink=SOFT)
            lowest -= _LABEL_HEIGHT
        for y, words in _labels_of(known, lowest):
            drawing.text(plot.x(place), y, words, anchor="middle", size=SMALL)


def _labels_of(known: list[tuple[Length, str]], lowest: Length) -> Iterator[tuple[Length, str]]:
    """Place the labels of points, given from the top: the last below its point where there is room."""
    limit = lowest
    *others, last = known or [(limit, "")]
    if others and last[0] + _BELOW <= lowest:
        yield last[0] + _BELOW, last[1]
        limit, known = last[0] - _ABOVE, others
    for y, words in reversed(known):
        limit = min(y - _ABOVE, limit)
        yield limit, words
        limit -= _LABEL_HEIGHT
