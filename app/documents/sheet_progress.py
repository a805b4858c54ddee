"""A year's progress as a workbook: the numbers, the parts of the subtree, and every unit a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.documents.progress_model import COUNTS, counts_of
from app.documents.sheet_findings import put_row
from app.documents.sheet_styles import Look
from app.documents.sheets import Area, Words
from app.documents.workbook_file import WorkbookFile
from app.documents.workbook_pages import Paper, in_beijing, set_up_page
from app.forms.model import COUNT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.documents.progress_model import ProgressBook, UnitLine
    from app.documents.sheets import Canvas

SUMMARY_SHEET, UNITS_SHEET = "进度", "单位"
STATUS = "收报进度"

_ABOUT_PARTS = ("代码", "下级")
_PART_WIDTHS = [14, 34, *[9 for _ in COUNTS]]
_ABOUT_UNIT = (
    *("代码", "单位", "类型", "状态", "说明", "已填格"),
    *("报送期限", "迟（天）", "待说明或待审核", "最近一步", "催报（次）"),
)
_UNIT_WIDTHS = [14, 32, 12, 10, 20, 10, 12, 8, 10, 38, 8]
_NUMBERS = (7, 8, 10)
"""Which columns of a unit hold numbers, counted from 0."""


def write_progress(book: ProgressBook) -> bytes:
    """Return a year's progress as a workbook."""
    file = WorkbookFile()
    _write_summary(file.add(SUMMARY_SHEET), book)
    if book.units is not None:
        _write_units(file.add(UNITS_SHEET), book, book.units)
    return file.to_bytes(book.title, book.as_of)


def _head(canvas: Canvas, book: ProgressBook, note: str, widths: list[int]) -> None:
    canvas.set_widths(widths)
    moment = f"截至 {in_beijing(book.as_of)}（北京时间）"
    lines = ((book.title, Look.TITLE), (moment, Look.SUBTITLE), (note, Look.NOTE))
    canvas.put_words([Words(Area(row, 1, 1, len(widths)), *line) for row, line in enumerate(lines, 1)])


def _write_summary(canvas: Canvas, book: ProgressBook) -> None:
    note = book.summary + book.remarks + ("" if book.units is not None else book.listed)
    _head(canvas, book, note, _PART_WIDTHS)
    put_row(canvas, 4, (*_ABOUT_PARTS, *COUNTS), Look.HEAD)
    for row, part in enumerate(book.parts, 5):
        _put_counts(canvas, row, (part.code or "", part.name), counts_of(part.tally), Look.LABEL)
    last = 5 + len(book.parts)
    _put_counts(canvas, last, ("", f"{book.agency}合计"), counts_of(book.tally), Look.HEAD)
    canvas.sheet.freeze_panes = "C5"
    set_up_page(canvas.sheet, Paper(heading_rows=4, landscape=True), STATUS, book.as_of)


def _put_counts(canvas: Canvas, row: int, about: Sequence[str], counts: Sequence[str], look: Look) -> None:
    put_row(canvas, row, about, look)
    for column, text in enumerate(counts, len(about) + 1):
        if text.isdecimal():
            canvas.put_number(Area(row, column), COUNT, int(text))
        else:
            canvas.put_text(Words(Area(row, column), text, Look.CENTRED))


def _write_units(canvas: Canvas, book: ProgressBook, units: Sequence[UnitLine]) -> None:
    _head(canvas, book, f"{book.listed}。{book.summary}", _UNIT_WIDTHS)
    put_row(canvas, 4, _ABOUT_UNIT, Look.HEAD)
    for row, unit in enumerate(units, 5):
        words = _words_of(unit)
        texts = [(at, text) for at, text in enumerate(words, 1) if at - 1 not in _NUMBERS]
        canvas.put_words([Words(Area(row, at), str(text), Look.LABEL) for at, text in texts])
        for at in _NUMBERS:
            canvas.put_number(Area(row, at + 1), COUNT, int(words[at]))
    canvas.sheet.freeze_panes = "C5"
    canvas.sheet.auto_filter.ref = f"A4:K{4 + len(units)}"
    set_up_page(canvas.sheet, Paper(heading_rows=4, landscape=True), STATUS, book.as_of)


def _words_of(unit: UnitLine) -> tuple[str | int, ...]:
    return (
        unit.code,
        unit.name,
        unit.kind,
        unit.state.label,
        unit.remark,
        unit.filled,
        unit.due_on.isoformat(),
        unit.late,
        unit.waiting,
        unit.last,
        unit.reminders,
    )
