"""Telling of which form each table of a document is: by what no other form prints, never by the citation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from app.documents.spellings import NOTHING
from app.documents.text_grid import Row, is_figure
from app.documents.text_labels import field_key, key_of, vocabularies_of
from app.forms.model import leaves_of

if TYPE_CHECKING:
    from app.documents.text_lines import Line
    from app.documents.text_parts import Parts
    from app.forms.model import ReportForm, Table

_FEWEST_HEADINGS = 2
"""So many headings of another form, and more than there are of this one, make a table the other one."""


@dataclass(frozen=True, slots=True)
class Words:
    """What of one form stands in a table, and would not in another form's.

    Attributes:
        headings: of rows and columns, as the form prints them.
        rows: labels of rows with figures that the other form divides into several.
    """

    headings: tuple[str, ...]
    rows: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.headings) + len(self.rows)

    @property
    def are_enough(self) -> bool:
        """Whether they tell a form: one heading may be a slip, a row with figures is none."""
        return bool(self.rows) or len(self.headings) >= _FEWEST_HEADINGS


@dataclass(frozen=True, slots=True)
class OtherTable:
    """A table that is another form's.

    Attributes:
        table: that which should stand there.
        form: whose it is.
        words: by what it was told.
    """

    table: Table
    form: ReportForm
    words: Words


def other_tables(form: ReportForm, parts: Parts, forms: tuple[ReportForm, ...]) -> list[OtherTable]:
    """Return the tables that are another form's than *form*, in its order.

    Args:
        form: the one that the report should be made on.
        parts: of the document, sorted by that form's headings.
        forms: those that it may be made on.
    """
    others = [other for other in reversed(forms) if other is not form]
    found = (_other_table(table, parts.tables.get(table.code, []), form, others) for table in form.tables)
    return [each for each in found if each is not None]


def are_all_of(form: ReportForm, expected: ReportForm, parts: Parts, others: list[OtherTable]) -> bool:
    """Tell whether a document's tables are all one other form's, as far as the forms differ.

    Args:
        form: the other one.
        expected: the one that the report should be made on.
        parts: of the document, sorted by the headings of the one expected.
        others: what `other_tables` found.
    """
    theirs = {each.table.code for each in others if each.form is form}
    rest = [lines for code, lines in parts.tables.items() if code not in theirs]
    return bool(theirs) and not any(_words_in(lines, expected, form).count for lines in rest)


def _other_table(
    table: Table, lines: list[Line], form: ReportForm, others: list[ReportForm]
) -> OtherTable | None:
    told = [OtherTable(table, other, _words_in(lines, other, form)) for other in others]
    likest = max(told, key=lambda each: each.words.count, default=None)
    if likest is None or not likest.words.are_enough:
        return None
    return likest if likest.words.count > _words_in(lines, form, likest.form).count else None


def _words_in(lines: list[Line], form: ReportForm, other: ReportForm) -> Words:
    """Return what stands in these lines that *form* prints and *other* doesn't, each once."""
    foreign, undivided = vocabularies_of(other).foreign, _undivided(form, other)
    headings: dict[str, None] = {}
    rows: dict[str, None] = {}
    for line in lines:
        for place, key in enumerate(map(field_key, line.fields)):
            if key in foreign and foreign[key].form is form:
                headings[foreign[key].text] = None
            if key in undivided and _is_row_of_figures(Row(line, place)):
                rows[undivided[key]] = None
    return Words(tuple(headings), tuple(rows))


@cache
def _undivided(form: ReportForm, other: ReportForm) -> dict[str, str]:
    """Return the labels of rows with figures that only span others in another form, by their keys."""
    theirs = vocabularies_of(other).tables
    labels = {
        key_of(row.label): (table.code, row.label)
        for table in form.tables
        for block in table.blocks
        for row in leaves_of(block.rows)
    }
    return {
        key: label
        for key, (table, label) in labels.items()
        if table in theirs and (match := theirs[table].rows.get(key)) and match.axis.children
    }


def _is_row_of_figures(row: Row) -> bool:
    """Tell whether nothing but figures and strokes stands after the row's label, and a figure among them."""
    texts = [row.line.fields[place] for place in row.filled]
    figures = [text for text in texts if not NOTHING.fullmatch(text.strip())]
    return bool(figures) and all(map(is_figure, figures))
