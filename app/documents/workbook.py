"""Workbooks that people take away: a report as the form prints it, and a roll-up with its sources."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from app.documents.sheet_findings import write_findings
from app.documents.sheet_prose import Line, lines_of, prose_lines, write_lines
from app.documents.sheet_roll_up import write_roll_up_sheets
from app.documents.sheet_styles import Look
from app.documents.sheet_tables import Figures, alone, draw, legend_for, widths_alone
from app.documents.sheets import Area, Words
from app.documents.workbook_file import WorkbookFile
from app.documents.workbook_model import (
    FinalBook,
    Owed,
    ReconciliationBook,
    ReportBook,
    RollUpBook,
    UnitRow,
)
from app.documents.workbook_pages import Paper, in_beijing, set_up_page
from app.forms.layout import ROWS_ABOVE, addresses_of
from app.forms.model import cells_of

if TYPE_CHECKING:
    from app.documents.sheets import Canvas
    from app.forms.model import Section, Table

__all__ = [
    "FinalBook",
    "Owed",
    "ReconciliationBook",
    "ReportBook",
    "RollUpBook",
    "UnitRow",
    "write_report",
    "write_roll_up",
]

PROSE_SHEET, FINDINGS_SHEET = "正文", "校验"
_PROSE_WIDTHS = [46, 46]
"""Two columns, merged: LibreOffice shrinks a sheet to the page's width only where there are several."""


def write_report(book: ReportBook) -> bytes:
    """Return a report as a workbook: its tables, its prose, and what came of the rules.

    Every number stands where `addresses_of` says.
    """
    file = WorkbookFile()
    for section in book.content.form.sections:
        if section.table is not None:
            _write_table(file.add(section.table.name), book, section, section.table)
    _write_prose(file.add(PROSE_SHEET), book)
    _write_findings(file.add(FINDINGS_SHEET), book)
    return file.to_bytes(book.title, book.as_of)


def write_roll_up(book: RollUpBook) -> bytes:
    """Return a roll-up as a workbook: the sums, every unit's numbers, who is missing, and the balances."""
    file = WorkbookFile()
    write_roll_up_sheets(file, book)
    return file.to_bytes(book.title, book.as_of)


def _write_table(canvas: Canvas, book: ReportBook, section: Section, table: Table) -> None:
    figures = Figures(book.content.form, book.content.values)
    place = alone(section, table, ROWS_ABOVE + 1)
    canvas.set_widths(widths_alone(figures, place))
    period = book.content.form.period.format(year=book.content.year)
    legend = legend_for(figures, [cell.code for cell in cells_of(table)])
    lines = (
        (1, section.heading, Look.TITLE),
        (ROWS_ABOVE, f"{book.agency}　{period}", Look.SUBTITLE),
        (place.end, legend, Look.NOTE),
    )
    canvas.put_words([Words(Area(row, 1, 1, place.grid.width), text, look) for row, text, look in lines])
    draw(canvas, place, figures)
    paper = Paper(heading_rows=ROWS_ABOVE + place.grid.head, one_page=True)
    set_up_page(canvas.sheet, paper, book.status, book.as_of)


def _write_prose(canvas: Canvas, book: ReportBook) -> None:
    canvas.set_widths(_PROSE_WIDTHS)
    content = book.content
    lines = chain(
        [Line(book.title, Look.TITLE)],
        (Line(note, Look.PROSE) for note in book.notes),
        prose_lines(content.preface),
        lines_of(content.form, content.narratives),
    )
    write_lines(canvas, 1, lines, len(_PROSE_WIDTHS))
    set_up_page(canvas.sheet, Paper(heading_rows=1), book.status, book.as_of)


def _write_findings(canvas: Canvas, book: ReportBook) -> None:
    form = book.content.form
    heading = f"{book.title}（{book.status}，{in_beijing(book.as_of)}）"
    figures = Figures(form, book.content.values)
    write_findings(canvas, heading, book.results, figures, addresses_of(form), book.explanations)
    set_up_page(canvas.sheet, Paper(heading_rows=3, landscape=True), book.status, book.as_of)
