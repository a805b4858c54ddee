"""The form's tables on a sheet, as the form prints them, alone or one below the other."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING

from app.documents.sheet_styles import Look
from app.documents.sheet_text import display_width
from app.documents.sheets import MOST_DIGITS, Area, Words, look_of
from app.domain.values import to_printed, to_text
from app.forms.layout import Box, Grid, column_letters, grid_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.documents.sheets import Canvas
    from app.domain.values import Values
    from app.forms.model import CellCode, ReportForm, Section, Table

PAGE_WIDTH = 92
"""Digits beside each other on A4 upright, inside our margins."""

_STACK_WIDTH = 120
"""The same for all tables on one page, which shrinks them to about three quarters."""

_STACK_HEIGHT = 16
"""Points of a row there."""

_LEAST_WIDTH, _MOST_WIDTH = 8, 34
"""Of a column: four Chinese characters beside each other, and two lines of the longest label."""

_PADDING = 1


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers to be drawn, and which of them are marked though they are there."""

    form: ReportForm
    values: Values
    marked: Collection[CellCode] = ()

    def printed(self, code: CellCode) -> str:
        """Return a number as it will be read on the sheet."""
        value = self.values.get(code)
        return "" if value is None else to_printed(self.form.cells[code].measure, value)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a table stands on a sheet.

    Attributes:
        heading: of its section.
        grid: its layout.
        row: the sheet's row of the table's first line, counted from 1.
        edges: for every column of the grid, the sheet's column where it begins, and where the last one ends.
    """

    heading: str
    grid: Grid
    row: int
    edges: tuple[int, ...]

    def area(self, box: Box) -> Area:
        """Return where a box of the grid stands on the sheet."""
        start, end = self.edges[box.column], self.edges[box.column + box.width]
        return Area(self.row + box.row, start, box.height, end - start)

    @property
    def end(self) -> int:
        """The first row below the table."""
        return self.row + self.grid.height


def alone(section: Section, table: Table, row: int) -> Place:
    """Place a table by itself: a column of the sheet for each of its own."""
    grid = grid_of(table)
    return Place(section.heading, grid, row, tuple(range(1, grid.width + 2)))


@dataclass(frozen=True, slots=True)
class Stack:
    """All of a form's tables one below the other, equally wide, each under its section's heading.

    They share the sheet's columns, which are as many as the widest table has; the others spread over them.
    """

    places: tuple[Place, ...]
    columns: int
    column_width: int

    @property
    def end(self) -> int:
        """The first row below the tables."""
        return self.places[-1].end

    @property
    def widths(self) -> list[int]:
        """The widths of the sheet's columns."""
        return [self.column_width] * self.columns

    def across(self, row: int, text: str, look: Look) -> Words:
        """Lay text over the whole width."""
        return Words(Area(row, 1, 1, self.columns), text, look)

    def addresses_on(self, sheet: str) -> dict[CellCode, str]:
        """Return where each cell stands on a sheet: `汇总!D6`."""
        return {
            box.cell: f"{sheet}!{column_letters(place.edges[box.column] - 1)}{place.row + box.row}"
            for place in self.places
            for box in place.grid.boxes
            if box.cell is not None
        }


def stack_of(figures: Figures, row: int) -> Stack:
    """Stack the tables from *row* on, in columns wide enough for these numbers."""
    columns = max(grid_of(table).width for table in figures.form.tables)
    places: list[Place] = []
    for section in figures.form.sections:
        if section.table is not None:
            grid = grid_of(section.table)
            spans = _spans(grid, _wanted_widths(grid, figures), columns)
            places.append(Place(section.heading, grid, row + 1, tuple(accumulate(spans, initial=1))))
            row = places[-1].end
    needed = max(
        -(-_room_for(figures.printed(box.cell)) // place.area(box).width)
        for place in places
        for box in place.grid.boxes
        if box.cell is not None
    )
    return Stack(tuple(places), columns, max(_LEAST_WIDTH, _STACK_WIDTH // columns, needed))


def draw_stack(canvas: Canvas, stack: Stack, figures: Figures) -> None:
    """Draw all tables, and below them what is to be said of their numbers."""
    canvas.least_height = _STACK_HEIGHT
    for place in stack.places:
        canvas.put_words([stack.across(place.row - 1, place.heading, Look.SECTION)])
        draw(canvas, place, figures)
    canvas.put_words([stack.across(stack.end, legend_for(figures, figures.form.cells), Look.NOTE)])


def draw(canvas: Canvas, place: Place, figures: Figures) -> None:
    """Draw a table with its headings and numbers."""
    rows_of_cells = {box.row for box in place.grid.boxes if box.cell is not None}
    headings = []
    for box in place.grid.boxes:
        area = place.area(box)
        if box.cell is None:
            look = _look_of_label(place.grid, box) if box.row in rows_of_cells else Look.HEAD
            headings.append(Words(area, box.text, look))
        else:
            measure, value = figures.form.cells[box.cell].measure, figures.values.get(box.cell)
            canvas.put_number(area, measure, value, marked=box.cell in figures.marked)
    canvas.put_words(headings)


def _look_of_label(grid: Grid, box: Box) -> Look:
    """Labels of several rows stand in the middle of them."""
    return Look.CENTRED if box.height > 1 and box.column + box.width < grid.stub else Look.LABEL


def widths_alone(figures: Figures, place: Place) -> list[int]:
    """Return the widths of the columns of a table by itself: never too narrow, at least a page in all."""
    widths = _wanted_widths(place.grid, figures)
    total = sum(widths)
    return [max(width, width * PAGE_WIDTH // total) for width in widths]


def _wanted_widths(grid: Grid, figures: Figures) -> list[int]:
    """Return how wide each column would like to be: all columns of numbers alike."""
    number, stub = _LEAST_WIDTH, [_LEAST_WIDTH] * grid.stub
    for box in grid.boxes:
        if box.cell is not None:
            number = max(number, -(-_room_for(figures.printed(box.cell)) // box.width))
        elif box.column >= grid.stub:
            number = max(number, -(-_room_for_words(box.text, 2) // box.width))
        elif box.width == 1:
            wanted = _room_for_words(box.text, min(6, 2 * box.height))
            stub[box.column] = max(stub[box.column], wanted)
    return stub + [number] * (grid.width - grid.stub)


def _room_for(text: str) -> int:
    return display_width(text) + _PADDING


def _room_for_words(text: str, lines: int) -> int:
    """Return the width in which text needs no more than so many lines, within reason."""
    characters = -(-display_width(text) // (2 * lines))
    return min(_MOST_WIDTH, 2 * characters)


def _spans(grid: Grid, wanted: list[int], columns: int) -> list[int]:
    """Share the sheet's columns out: numbers alike, the rest to the headings at the left."""
    numbers = grid.width - grid.stub
    if grid.stub == 0:
        return [columns * (at + 1) // numbers - columns * at // numbers for at in range(numbers)]
    fair = columns * wanted[-1] // sum(wanted)
    each = max(1, min(fair, (columns - grid.stub) // numbers))
    stub = [1] * grid.stub
    for _ in range(columns - each * numbers - grid.stub):
        neediest = max(range(grid.stub), key=lambda at: (Fraction(wanted[at], stub[at]), at))
        stub[neediest] += 1
    return stub + [each] * numbers


def legend_for(figures: Figures, codes: Collection[CellCode]) -> str:
    """Explain what is special about these numbers; empty where nothing is."""
    notes = []
    if any(figures.values.get(code) is None for code in codes):
        notes.append("底色空格表示没有填报，不按 0 计。")
    if any(code in figures.marked and figures.values.get(code) is not None for code in codes):
        notes.append("底色数字表示部分单位未填此格，合计不全，未填单位数见“明细”末行和“校验”。")
    if any(_is_long(figures, code) for code in codes):
        notes.append(f"超过 {MOST_DIGITS} 位有效数字的数以文本保存，以免 Excel 舍入。")
    notes += [f"“{label}”以{unit}为单位。" for label, unit in _units_untold(figures.form, codes)]
    return f"说明：{''.join(notes)}" if notes else ""


def _units_untold(form: ReportForm, codes: Collection[CellCode]) -> list[tuple[str, str]]:
    """Return the headings of columns of money that don't say in what, each with its unit."""
    cells = (form.cells[code] for code in codes)
    told = ((cell.column.label, cell.measure) for cell in cells if not cell.measure.is_count)
    return list(dict.fromkeys((label, each.unit) for label, each in told if each.unit not in label))


def _is_long(figures: Figures, code: CellCode) -> bool:
    value = figures.values.get(code)
    return value is not None and look_of(to_text(figures.form.cells[code].measure, value)) is Look.LONG_NUMBER
