"""Finding the form's headings in a document, however they are spaced, punctuated or misspelt."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from app.documents.spellings import SIMPLIFIED, SPELLINGS
from app.forms import FORMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.documents.spellings import Spelling
    from app.forms.model import Axis, ReportForm, Section, Table

_NOISE = re.compile(r"[\W_]+")
_NUMBERING = re.compile(r"（[一二三四五六七八九十]+）|[0-9]+\.|[一二三四五六七八九十]+、")
_REMARK = re.compile(r"（[^（）]*）$")
DIGITS = "0123456789"
LONGEST_LABEL = 80
"""Characters, spaces included: longer text is no heading of a table."""


@lru_cache(maxsize=2**14)
def key_of(text: str) -> str:
    """Reduce text to what tells headings apart: no spaces, no punctuation, simplified characters."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).translate(SIMPLIFIED)


def field_key(text: str) -> str:
    """Return the key of a table's field; empty where it is blank or too long for a heading."""
    return key_of(text) if len(text) <= LONGEST_LABEL else ""


@dataclass(frozen=True, slots=True)
class Match:
    """A heading that was found: which, and by what spelling if not by the form's own."""

    axis: Axis
    spelling: Spelling | None = None


@dataclass(frozen=True, slots=True)
class Foreign:
    """A heading as another form prints it."""

    text: str
    form: ReportForm


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The headings of one table, by their keys.

    Attributes:
        table: whose they are.
        rows: headings of rows, also those that only span others.
        columns: headings of columns, likewise.
        marks: keys of block headings and corners.
        foreign: headings that only other forms have, by their keys.
    """

    table: Table
    rows: dict[str, Match]
    columns: dict[str, Match]
    marks: frozenset[str]
    foreign: dict[str, Foreign] = field(default_factory=dict, repr=False)

    def knows(self, key: str) -> bool:
        """Tell whether the key is a heading of this table."""
        return key in self.rows or key in self.columns or key in self.marks

    def row(self, key: str) -> Axis | None:
        """Return the row with cells that has this key, or None."""
        match = self.rows.get(key)
        return match.axis if match and not match.axis.children else None

    def column(self, key: str) -> Axis | None:
        """Return the column with cells that has this key, or None."""
        match = self.columns.get(key)
        return match.axis if match and not match.axis.children else None


@dataclass(frozen=True, slots=True)
class Vocabularies:
    """The headings of a form's tables, and the beginnings of all that a line break may have split.

    Attributes:
        form: whose they are.
        tables: by table code.
        sections: keys of the sections' headings, numbering included.
        own: keys of the tables' headings as the form has them, with or without their numbering.
        foreign: headings that only other forms have, by their keys.
        whole: every key.
        begun: every proper beginning of a key, of two characters or more.
    """

    form: ReportForm
    tables: dict[str, Vocabulary]
    sections: dict[str, Section]
    own: frozenset[str] = field(repr=False)
    foreign: dict[str, Foreign] = field(repr=False)
    whole: frozenset[str] = field(repr=False)
    begun: frozenset[str] = field(repr=False)

    def tables_with(self, key: str) -> list[str]:
        """Return the codes of the tables that have a heading of this key."""
        return [code for code, vocabulary in self.tables.items() if vocabulary.knows(key)]


@cache
def vocabularies_of(form: ReportForm) -> Vocabularies:
    """Gather the headings of a form; made once."""
    tables = {table.code: _vocabulary_of(table) for table in form.tables}
    sections = {key_of(section.heading): section for section in form.sections}
    known = {key for table in tables.values() for key in (*table.rows, *table.columns, *table.marks)}
    foreign = _foreign_to(form, known)
    whole = {*sections, *known, *foreign}
    begun = {key[:length] for key in whole for length in range(2, len(key))}
    return Vocabularies(
        form,
        {code: replace(table, foreign=foreign) for code, table in tables.items()},
        sections,
        frozenset(key for table in tables.values() for key in _own_keys(table)),
        foreign,
        frozenset(whole),
        frozenset(begun),
    )


def _own_keys(vocabulary: Vocabulary) -> Iterator[str]:
    yield from vocabulary.marks
    for headings in (vocabulary.rows, vocabulary.columns):
        yield from (key for key, match in headings.items() if match.spelling is None)


def _foreign_to(form: ReportForm, known: set[str]) -> dict[str, Foreign]:
    """Return the headings of other forms' tables that are none of this one's, not even loosely."""
    return {
        key: Foreign(text, other)
        for other in FORMS
        if other is not form
        for table in other.tables
        for text in _headings_of(table)
        if (key := key_of(text)) and key not in known
    }


def _headings_of(table: Table) -> Iterator[str]:
    """Yield all that a table prints beside its figures, from top to bottom."""
    for block in table.blocks:
        yield from (block.heading, block.corner)
        yield from (axis.label for axis in _all_of((*block.columns, *block.rows)))


def _vocabulary_of(table: Table) -> Vocabulary:
    marks = {key_of(text) for block in table.blocks for text in (block.heading, block.corner)}
    rows = _keys_of([axis for block in table.blocks for axis in _all_of(block.rows)])
    columns = _keys_of([axis for block in table.blocks for axis in _all_of(block.columns)])
    return Vocabulary(table, rows, columns, frozenset(marks - {""}))


def _all_of(axes: tuple[Axis, ...]) -> Iterator[Axis]:
    for axis in axes:
        yield axis
        yield from _all_of(axis.children)


def spanning(axes: tuple[Axis, ...]) -> list[Axis]:
    """Return the headings that span others, outermost first."""
    return [axis for axis in _all_of(axes) if axis.children]


def _keys_of(axes: list[Axis]) -> dict[str, Match]:
    """Map keys to headings: the form's own labels first, then shorter ways that mean one heading only."""
    keys = {key_of(axis.label): Match(axis) for axis in axes}
    loose: dict[str, Match | None] = {}
    for axis in axes:
        for key, match in _loose_keys(axis):
            known = loose.get(key, match)
            loose[key] = match if known and known.axis.code == axis.code else None
    return {key: match for key, match in loose.items() if match} | keys


def _loose_keys(axis: Axis) -> Iterator[tuple[str, Match]]:
    number = _NUMBERING.match(axis.label)
    numbering = number[0] if number else ""
    for spelling in SPELLINGS.get(axis.code, ()):
        for text in (spelling.text, numbering + spelling.text):
            yield key_of(text), Match(axis, spelling)
    plain = axis.label.removeprefix(numbering)
    for text in (axis.label, plain, axis.short):
        for shorter in (text, _REMARK.sub("", text)):
            if key_of(shorter):
                yield key_of(shorter), Match(axis)
