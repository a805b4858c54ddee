"""A piece of writing with tables and charts, whichever way it goes out: as a page or as a Word document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from app.documents.charts import Chart
from app.documents.charts.model import MISSING
from app.domain.values import Values, to_printed
from app.forms.layout import Grid, grid_of
from app.forms.model import CellCode, ReportForm, Table

_AFTER_YEAR = re.compile("(?<=[0-9]{4}年)")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of text."""

    text: str


@dataclass(frozen=True, slots=True)
class Subheading:
    """The heading of a part of a chapter."""

    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """What must be known of the figures around it; in smaller type."""

    text: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """A table of data: each row begins with what it is about.

    Attributes:
        caption: above it.
        head: the columns.
        rows: as many cells each as the head has.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class FormTable:
    """One of the form's tables in its official layout, with numbers as documents show them.

    Attributes:
        caption: above it; empty where the chapter's heading is its own.
        grid: its layout.
        printed: every number.
    """

    caption: str
    grid: Grid
    printed: Mapping[CellCode, str]


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart."""

    chart: Chart


Part: TypeAlias = Paragraph | Subheading | Note | Matrix | FormTable | Picture


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter under its heading."""

    heading: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Memo:
    """The whole.

    Attributes:
        title: as it is headed.
        mark: what it is to be taken as: 临时, 代拟稿; empty where it needs none.
        lead: lines under the title.
        chapters: in order.
        closing: when and from what it was made; no part of what it says.
    """

    title: str
    mark: str
    lead: tuple[str, ...]
    chapters: tuple[Chapter, ...]
    closing: tuple[str, ...]

    @property
    def title_lines(self) -> list[str]:
        """The title in the lines in which it is set where one won't do: broken where one would pause."""
        return _AFTER_YEAR.split(self.title, maxsplit=1)


def form_table(
    form: ReportForm, table: Table, values: Values, marked: frozenset[CellCode], caption: str = ""
) -> FormTable:
    """Fill a table of the form; numbers that not all units have given carry an asterisk."""
    printed = {
        code: MISSING
        if (value := values.get(code)) is None
        else f"{to_printed(cell.measure, value)}{'*' if code in marked else ''}"
        for code, cell in form.cells.items()
        if cell.table is table
    }
    return FormTable(caption, grid_of(table), printed)
