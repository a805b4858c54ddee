"""明细: every unit's every number, a unit a row, with the sum below."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from app.documents.sheet_styles import Look
from app.documents.sheets import Area, Words
from app.domain.values import to_text
from app.forms.layout import column_letters
from app.forms.model import COUNT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.documents.sheets import Canvas
    from app.documents.workbook_model import RollUpBook, UnitRow
    from app.forms.model import Cell, CellCode, Measure, ReportForm

ABOUT_UNIT = ("代码", "单位", "级别", "类型", "状态")
"""Headings of the columns before the numbers."""

FROZEN_COLUMNS = 2
ROWS_ABOVE_UNITS = 5
"""Title, note, and the three levels of headings: table, row, column."""

_ABOUT_WIDTHS = [16, 30, 8, 14, 12]
_NUMBER_WIDTH = 13


def write_matrix(canvas: Canvas, book: RollUpBook) -> None:
    """Write a row for each unit, the sum, and how many units lack each cell."""
    cells = list(book.form.cells.values())
    widths = [*_ABOUT_WIDTHS, *(_width_of(cell, book) for cell in cells)]
    canvas.set_widths(widths)
    canvas.put_words([*_above(book), *_headings(book.form)])
    measures = {cell.code: cell.measure for cell in cells}
    first = ROWS_ABOVE_UNITS + 1
    for row, unit in enumerate(book.units, first):
        _write_unit(canvas, row, unit, measures)
    end = first + len(book.units)
    _write_foot(canvas, end, book)
    canvas.sheet.freeze_panes = f"{column_letters(FROZEN_COLUMNS)}{first}"
    canvas.sheet.auto_filter.ref = f"A{first - 1}:{column_letters(len(widths) - 1)}{max(first, end - 1)}"


def _width_of(cell: Cell, book: RollUpBook) -> int:
    value = book.rolled.totals.get(cell.code)
    digits = 0 if value is None else len(to_text(cell.measure, value))
    return max(_NUMBER_WIDTH, digits + 2)


def _above(book: RollUpBook) -> Iterator[Words]:
    note = f"{book.period}。底色空格表示没有填报，不按 0 计；缺报单位见“缺报”。"
    yield Words(Area(1, 1, 1, FROZEN_COLUMNS), f"{book.title}明细", Look.SECTION)
    yield Words(Area(2, 1, 1, FROZEN_COLUMNS), note, Look.NOTE)


def _headings(form: ReportForm) -> Iterator[Words]:
    """Yield table, row and column above each other, each as wide as the cells that it speaks of."""
    top, column = 3, len(ABOUT_UNIT) + 1
    yield from (Words(Area(top, at, 3), text, Look.HEAD) for at, text in enumerate(ABOUT_UNIT, 1))
    for table, of_table in groupby(form.cells.values(), lambda cell: cell.table):
        start = column
        for row, of_row in groupby(of_table, lambda cell: cell.row):
            cells = list(of_row)
            yield Words(Area(top + 1, column, 1, len(cells)), row.spoken, Look.HEAD)
            for at, cell in enumerate(cells, column):
                yield Words(Area(top + 2, at), cell.column.label, Look.HEAD)
            column += len(cells)
        # At the left, since the middle of 175 columns is seldom in view.
        yield Words(Area(top, start, 1, column - start), table.name, Look.LABEL)


def _write_unit(canvas: Canvas, row: int, unit: UnitRow, measures: dict[CellCode, Measure]) -> None:
    about = (unit.code, unit.name, unit.level, unit.kind, unit.status)
    canvas.put_words([Words(Area(row, column), text, Look.LABEL) for column, text in enumerate(about, 1)])
    for column, (code, measure) in enumerate(measures.items(), len(about) + 1):
        canvas.put_number(Area(row, column), measure, unit.values.get(code))


def _write_foot(canvas: Canvas, row: int, book: RollUpBook) -> None:
    for at, label in enumerate((f"合计（{book.rolled.included} 个单位）", "未填此格的单位数"), row):
        canvas.put_text(Words(Area(at, 1, 1, FROZEN_COLUMNS), label, Look.HEAD))
        canvas.put_blank(Area(at, FROZEN_COLUMNS + 1, 1, len(ABOUT_UNIT) - FROZEN_COLUMNS), Look.HEAD)
    for column, (code, cell) in enumerate(book.form.cells.items(), len(ABOUT_UNIT) + 1):
        lacking = book.rolled.incomplete.get(code, 0)
        total = book.rolled.totals.get(code)
        canvas.put_number(Area(row, column), cell.measure, total, marked=lacking > 0)
        canvas.put_number(Area(row + 1, column), COUNT, lacking)
