"""The sheets of a roll-up: 汇总, 明细, 缺报, 校验, and one for each unit; for others see `sheet_final`."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from app.documents.sheet_final import (
    ADJUSTMENTS_SHEET,
    FINAL_SHEET,
    FINAL_SHEETS,
    write_final_sheets,
    write_reconciliation,
)
from app.documents.sheet_findings import WIDTHS as FINDING_WIDTHS
from app.documents.sheet_findings import put_row, write_findings
from app.documents.sheet_matrix import FROZEN_COLUMNS, ROWS_ABOVE_UNITS, write_matrix
from app.documents.sheet_prose import lines_of, write_lines
from app.documents.sheet_styles import Look
from app.documents.sheet_tables import Figures, Stack, draw_stack, stack_of
from app.documents.sheet_text import sheet_names
from app.documents.sheets import Area, Words
from app.documents.workbook_pages import Paper, in_beijing, set_up_page
from app.forms.layout import column_letters
from app.forms.model import COUNT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.documents.sheets import Canvas
    from app.documents.workbook_file import WorkbookFile
    from app.documents.workbook_model import RollUpBook, UnitRow

TOTALS_SHEET, MATRIX_SHEET, MISSING_SHEET, FINDINGS_SHEET = ("汇总", "明细", "缺报", "校验")
FIXED_SHEETS = (TOTALS_SHEET, MATRIX_SHEET, MISSING_SHEET, FINDINGS_SHEET, *FINAL_SHEETS)

MOST_UNIT_SHEETS = 100
"""With more units there are no sheets of single units: 明细 has their numbers."""

_STRIP_ROW = 4
_FIRST_TABLE_ROW = 6
_MISSING_HEADINGS = ("代码", "单位", "情况", "原因")
_MISSING_WIDTHS = [16, 36, 12, 40]


def write_roll_up_sheets(file: WorkbookFile, book: RollUpBook) -> None:
    """Write all sheets.

    A cell stands at the same address on 汇总 and on every unit's sheet.
    """
    totals = Figures(book.form, book.rolled.totals, book.rolled.incomplete)
    stack = stack_of(totals, _FIRST_TABLE_ROW)
    _write_totals(file.add(TOTALS_SHEET), book, stack, totals)
    write_final_sheets(file, book, _FIRST_TABLE_ROW)
    _write_matrix(file.add(MATRIX_SHEET), book)
    _write_missing(file.add(MISSING_SHEET), book)
    _write_findings(file.add(FINDINGS_SHEET), book, stack, totals)
    write_reconciliation(file, book)
    if len(book.units) <= MOST_UNIT_SHEETS:
        names = sheet_names([unit.name for unit in book.units], FIXED_SHEETS)
        for name, unit in zip(names, book.units, strict=True):
            _write_unit(file.add(name), book, stack, unit)


def _write_totals(canvas: Canvas, book: RollUpBook, stack: Stack, totals: Figures) -> None:
    canvas.set_widths(stack.widths)
    canvas.put_words(
        [
            stack.across(1, book.title, Look.TITLE),
            stack.across(2, f"{book.agency}　{book.period}", Look.SUBTITLE),
            stack.across(3, _note(book), Look.NOTE),
        ]
    )
    areas = _strip(canvas, stack, [label for label, _ in book.counts])
    for area, (_, count) in zip(areas, book.counts, strict=True):
        canvas.put_number(area, COUNT, count)
    draw_stack(canvas, stack, totals)
    set_up_page(canvas.sheet, Paper(heading_rows=2, one_page=True), book.status, book.as_of)


def _note(book: RollUpBook) -> str:
    note = f"汇总口径：{book.basis}；状态：{book.status}；截至{in_beijing(book.as_of)}（北京时间）。"
    if book.final is not None:
        note += f"这是现在各单位之和，定稿的数见“{FINAL_SHEET}”。"
    if book.adjustments:
        note += f"不含 {len(book.adjustments)} 项调整，调整后的数见“{ADJUSTMENTS_SHEET}”。"
    if len(book.units) > MOST_UNIT_SHEETS:
        note += f"单位超过 {MOST_UNIT_SHEETS} 个，不设各单位分表，各单位数字见“{MATRIX_SHEET}”。"
    return note


def _strip(canvas: Canvas, stack: Stack, headings: Sequence[str]) -> list[Area]:
    """Write headings side by side above the tables; return where what they head is to be put."""
    edges = [1 + stack.columns * at // len(headings) for at in range(len(headings) + 1)]
    areas = [Area(_STRIP_ROW, start, 1, end - start) for start, end in pairwise(edges)]
    canvas.put_words([Words(area, text, Look.HEAD) for area, text in zip(areas, headings, strict=True)])
    return [area._replace(row=_STRIP_ROW + 1) for area in areas]


def _write_matrix(canvas: Canvas, book: RollUpBook) -> None:
    write_matrix(canvas, book)
    columns = f"A:{column_letters(FROZEN_COLUMNS - 1)}"
    paper = Paper(ROWS_ABOVE_UNITS, heading_columns=columns, landscape=True, scale=60)
    set_up_page(canvas.sheet, paper, book.status, book.as_of)


def _write_missing(canvas: Canvas, book: RollUpBook) -> None:
    canvas.set_widths(_MISSING_WIDTHS)
    note = f"未计入汇总的单位：{len(book.missing)} 个" if book.missing else "应报单位都已计入汇总"
    across = len(_MISSING_WIDTHS)
    title = Words(Area(1, 1, 1, across), f"{book.title}：{MISSING_SHEET}", Look.SECTION)
    canvas.put_words([title, Words(Area(2, 1, 1, across), note, Look.NOTE)])
    put_row(canvas, 3, _MISSING_HEADINGS, Look.HEAD)
    for row, owed in enumerate(book.missing, 4):
        put_row(canvas, row, (owed.code, owed.name, owed.state, owed.reason), Look.LABEL)
    canvas.sheet.freeze_panes = "A4"
    canvas.sheet.auto_filter.ref = f"A3:D{3 + len(book.missing)}"
    set_up_page(canvas.sheet, Paper(heading_rows=3), book.status, book.as_of)


def _write_findings(canvas: Canvas, book: RollUpBook, stack: Stack, totals: Figures) -> None:
    addresses = stack.addresses_on(TOTALS_SHEET)
    row = write_findings(canvas, f"{book.title}：{FINDINGS_SHEET}", book.results, totals, addresses)
    lacking = [
        f"{addresses[code]} {book.form.cells[code].label}：{count} 个单位未填"
        for code, count in book.rolled.incomplete.items()
    ]
    if lacking:
        lines = [("合计不全的格", Look.SECTION), *((text, Look.NOTE) for text in lacking)]
        across = len(FINDING_WIDTHS)
        canvas.put_words(
            [Words(Area(at, 1, 1, across), text, look) for at, (text, look) in enumerate(lines, row + 1)]
        )
    set_up_page(canvas.sheet, Paper(heading_rows=3, landscape=True), book.status, book.as_of)


def _write_unit(canvas: Canvas, book: RollUpBook, stack: Stack, unit: UnitRow) -> None:
    form = book.form
    canvas.set_widths(stack.widths)
    title = form.title.format(agency=unit.name, year=book.year)
    canvas.put_words(
        [
            stack.across(1, title, Look.TITLE),
            stack.across(2, f"{unit.name}　{book.period}", Look.SUBTITLE),
        ]
    )
    about = {"代码": unit.code, "级别": unit.level, "类型": unit.kind, "状态": unit.status}
    areas = _strip(canvas, stack, list(about))
    canvas.put_words(
        [Words(area, text, Look.CENTRED) for area, text in zip(areas, about.values(), strict=True)]
    )
    draw_stack(canvas, stack, Figures(form, unit.values))
    if unit.narratives is not None:
        lines = lines_of(form, unit.narratives, with_tables=False)
        write_lines(canvas, stack.end + 1, lines, stack.columns)
    paper = Paper(heading_rows=2, one_page=unit.narratives is None)
    set_up_page(canvas.sheet, paper, unit.status, book.as_of)
