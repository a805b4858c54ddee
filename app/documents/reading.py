"""What came of reading a document: the same shape for every kind of file."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.domain.results import Result
    from app.forms.model import CellCode, ReportForm


class CellState(StrEnum):
    """What became of one cell of the form."""

    READ = "read"
    MISSING = "missing"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class CellRead:
    """One cell of the form as the document has it.

    Attributes:
        state: read; missing (blank, "/", or its row or column isn't there); unclear (something stands there,
            but no number of this measure, or it can't be told in which column it stands).
        raw: the text as it stands there; empty where there is none.
        where: line and field of the document, 第 46 行第 3 格; empty where the cell isn't there.
    """

    state: CellState
    raw: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A document read as a report.  Nothing in it is guessed: what can't be told for certain is None.

    Attributes:
        form: the form that all the tables have, be it that of the year or not; None where they have not all
            the same, and then none of them is read.
        agency: as the title names it; None where there is no title.
        year: the report year, from the title.
        title: without spaces and line breaks; None where none was found.
        preface: the lines between the title and the first section; None where there are none.
        narratives: prose by section code, a paragraph a line; a section without prose is absent.
        values: every cell of the form, in its smallest unit; None where missing or unclear.  Empty without
            a form.
        cells: how each cell was read.  Empty without a form.
        findings: what isn't as the form has it, in the order of the document; kept rules aren't among them.
            The rules that hold for every report are not judged here: that is `app.domain.judging.judge`.
        others: names of the tables that are another form's than the year's.
    """

    form: ReportForm | None
    agency: str | None
    year: int | None
    title: str | None
    preface: str | None
    narratives: dict[str, str]
    values: dict[CellCode, int | None] = field(default_factory=dict)
    cells: dict[CellCode, CellRead] = field(default_factory=dict)
    findings: list[Result] = field(default_factory=list)
    others: tuple[str, ...] = ()

    @property
    def missing(self) -> list[CellCode]:
        """The cells without a value, in the form's order."""
        return [code for code, value in self.values.items() if value is None]

    @property
    def confidence(self) -> int:
        """The share of the form's cells that were read, in whole percent rounded down; 0 without a form."""
        if not self.cells:
            return 0
        read = sum(cell.state is CellState.READ for cell in self.cells.values())
        return 100 * read // len(self.cells)
