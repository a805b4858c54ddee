"""A report's prose on a sheet: a paragraph a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.documents.sheet_styles import Look
from app.documents.sheet_text import paragraphs_of
from app.documents.sheets import MOST_HEIGHT, Area, Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from app.documents.sheets import Canvas
    from app.forms.model import ReportForm


@dataclass(frozen=True, slots=True)
class Line:
    """A row of prose; without text it is a section that nobody wrote."""

    text: str | None
    look: Look


def lines_of(
    form: ReportForm, narratives: Mapping[str, str | None], *, with_tables: bool = True
) -> Iterator[Line]:
    """Yield the sections with their headings; where one is a table, say on which sheet it stands."""
    for section in form.sections:
        if section.table is None:
            yield Line(section.heading, Look.SECTION)
            written = [*prose_lines(narratives.get(section.code))]
            yield from written or [Line(None, Look.PROSE)]
        elif with_tables:
            yield Line(section.heading, Look.SECTION)
            yield Line(f"见“{section.table.name}”", Look.PROSE)


def prose_lines(text: str | None) -> Iterator[Line]:
    """Yield paragraphs; nothing where there are none."""
    yield from (Line(paragraph, Look.PROSE) for paragraph in paragraphs_of(text or ""))


def write_lines(canvas: Canvas, row: int, lines: Iterable[Line], columns: int) -> None:
    """Write lines from *row* on, each as wide as so many columns.

    A paragraph that is higher than Excel draws a row takes several rows, merged, so that all of it shows.
    """
    for line in lines:
        high = canvas.height_of(Words(Area(row, 1, 1, columns), line.text or "", line.look))
        area = Area(row, 1, -(-high // MOST_HEIGHT), columns)
        if line.text is None:
            canvas.put_blank(area, line.look, marked=True)
        else:
            canvas.put_words([Words(area, line.text, line.look)])
        row += area.height
