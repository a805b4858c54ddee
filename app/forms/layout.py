"""How a table of the form lies on paper: merged headings and cells on one grid.

Workbooks, Word files, pages and `GET /forms` draw the same grid, so that a cell has one address everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from app.forms.model import Axis, Block, CellCode, ReportForm, Table, leaves_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS_ABOVE = 2
"""Rows of a sheet above its table: the section's heading, then the agency and period."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the grid, counted from 0: a heading with its text, or a cell with its code."""

    row: int
    column: int
    height: int
    width: int
    text: str = ""
    cell: CellCode | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as it is printed.

    Attributes:
        height: rows, headings included.
        width: columns, headings included.
        head: rows at the top that are headings (repeated when the table runs over a page).
        stub: columns at the left that are headings.
        boxes: cover the grid without gap or overlap.
    """

    height: int
    width: int
    head: int
    stub: int
    boxes: tuple[Box, ...]


def depth_of(axes: tuple[Axis, ...]) -> int:
    """Return how many levels of headings these are."""
    return max(1 + (depth_of(axis.children) if axis.children else 0) for axis in axes)


def grid_of(table: Table) -> Grid:
    """Lay a table out as the form prints it."""
    if table.across:
        return _side_by_side(table)
    stub = max(depth_of(block.rows) for block in table.blocks)
    width = stub + max(len(leaves_of(block.columns)) for block in table.blocks)
    boxes: list[Box] = []
    top = 0
    for block in table.blocks:
        boxes += _block(table, block, top, stub, width)
        top += _height(block)
    first = table.blocks[0]
    head = bool(first.heading) + depth_of(first.columns) if len(table.blocks) == 1 else 0
    return Grid(top, width, head, stub, tuple(boxes))


def _height(block: Block) -> int:
    return bool(block.heading) + depth_of(block.columns) + len(leaves_of(block.rows))


def _block(table: Table, block: Block, top: int, stub: int, width: int) -> Iterator[Box]:
    if block.heading:
        yield Box(top, 0, 1, width, block.heading)
        top += 1
    head = depth_of(block.columns)
    yield Box(top, 0, head, stub, block.corner)
    columns = leaves_of(block.columns)
    spare = width - stub - len(columns)
    for box in _headings(block.columns, head):
        last = box.column + box.width == len(columns)
        yield Box(top + box.row, stub + box.column, box.height, box.width + (spare if last else 0), box.text)
    for box in _headings(block.rows, stub):
        yield Box(top + head + box.column, box.row, box.width, box.height, box.text)
    for down, row in enumerate(leaves_of(block.rows)):
        for right, column in enumerate(columns):
            cell = f"{table.code}.{row.code}.{column.code}"
            stretch = spare if right == len(columns) - 1 else 0
            yield Box(top + head + down, stub + right, 1, 1 + stretch, cell=cell)


def _side_by_side(table: Table) -> Grid:
    (block,) = table.blocks
    axes = tuple(_with_columns(row, block.columns) for row in block.rows)
    head = depth_of(axes)
    boxes = list(_headings(axes, head))
    columns = leaves_of(block.columns)
    width = 0
    for row in leaves_of(block.rows):
        for column in columns:
            boxes.append(Box(head, width, 1, 1, cell=f"{table.code}.{row.code}.{column.code}"))
            width += 1
    return Grid(head + 1, width, head, 0, tuple(boxes))


def _with_columns(axis: Axis, columns: tuple[Axis, ...]) -> Axis:
    children = tuple(_with_columns(child, columns) for child in axis.children) or columns
    return Axis(axis.code, axis.label, children=children)


def _headings(axes: tuple[Axis, ...], depth: int, level: int = 0, start: int = 0) -> Iterator[Box]:
    """Yield headings as columns have them; a leaf reaches down to the cells."""
    for axis in axes:
        width = len(axis.leaves())
        if axis.children:
            yield Box(level, start, 1, width, axis.label)
            yield from _headings(axis.children, depth, level + 1, start)
        else:
            yield Box(level, start, depth - level, 1, axis.label)
        start += width


def column_letters(column: int) -> str:
    """Name a sheet's column, counted from 0: A to Z, AA and so on."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


@cache
def addresses_of(form: ReportForm) -> dict[CellCode, str]:
    """Return where each cell stands in the workbook of a report: `表三!D6`."""
    return {
        box.cell: f"{table.name}!{column_letters(box.column)}{box.row + 1 + ROWS_ABOVE}"
        for table in form.tables
        for box in grid_of(table).boxes
        if box.cell is not None
    }
