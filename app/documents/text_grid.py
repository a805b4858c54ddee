"""Which value of a row stands under which heading: told only where it is certain."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.documents.spellings import NOTHING
from app.documents.text_labels import DIGITS

if TYPE_CHECKING:
    from app.documents.text_labels import Vocabulary
    from app.documents.text_lines import Line

_FIGURE = re.compile(
    r"\s*(?:[-+＋－−]|增加?|减少?)?[0-9０-９][0-9０-９,，.．]*(?:\s*(?:件|条|项|元|万元))?\s*$"
)
UNKNOWN = "?"
"""Begins the key of a heading that isn't known: it takes up a column, but no cell."""


@dataclass(slots=True)
class Header:
    """The headings above some rows: where each of them stands on its line.

    Attributes:
        places: index of the field by the heading's key.
        ordered: whether the places are only an order, because merged headings were pushed together.
    """

    places: dict[str, int] = field(default_factory=dict)
    ordered: bool = False

    @property
    def known(self) -> list[int]:
        """The places of headings that are known."""
        return [place for key, place in self.places.items() if not key.startswith(UNKNOWN)]

    @property
    def overlaps(self) -> bool:
        """Whether two headings stand in one place, as when a header's lines have lost their indentation."""
        return len(set(self.places.values())) < len(self.places)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of values.

    Attributes:
        line: where it stands.
        label: index of the field that names it; -1 where it has no name.
    """

    line: Line
    label: int

    @property
    def filled(self) -> list[int]:
        """The fields after the label that aren't blank."""
        fields = self.line.fields
        return [place for place in range(self.label + 1, len(fields)) if fields[place].strip()]

    @property
    def says_nothing(self) -> bool:
        """Whether nothing but blanks and strokes stands after the label."""
        return all(NOTHING.fullmatch(self.line.fields[place].strip()) for place in self.filled)


def are_aligned(header: Header, rows: list[Row]) -> bool:
    """Tell whether header and rows lie on one grid: every label left of the columns, every value in one.

    A single row that doesn't fit shows that the header is shifted, and then no place can be trusted.
    """
    if header.ordered or header.overlaps or not header.known:
        return False
    columns, first = set(header.places.values()), min(header.known)
    return all(row.label < first and columns.issuperset(row.filled) for row in rows)


def tie(header: Header, row: Row, *, aligned: bool) -> dict[str, int] | None:
    """Return the field of each heading's value, or None where that can't be told for certain.

    On one grid a value belongs to the heading above it, if the row reaches as far as the header.  Otherwise
    there must be just one value for each heading, without a gap.
    """
    if not header.known:
        return {}
    if aligned and len(row.line.fields) > max(header.known):
        return dict(header.places)
    filled = row.filled
    without_gap = bool(filled) and filled[-1] - filled[0] == len(filled) - 1
    if not without_gap or header.overlaps or len(filled) != len(header.places):
        return None
    return dict(zip(sorted(header.places, key=header.places.__getitem__), filled, strict=True))


class HeaderRows:
    """Gathers the headings of columns, line by line, until rows begin; after rows a new header may begin."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._places: dict[str, int] = {}
        self._pending: dict[int, tuple[str, str]] = {}
        self._closed: Header | None = None
        self._begun = False
        self.unknown: list[str] = []

    def takes(self, line: Line, keys: list[str]) -> bool:
        """Take a line that is part of a header; tell whether it was."""
        if not self._is_header(line, keys):
            return False
        if self._closed is not None:
            self._places, self._pending, self._closed = {}, {}, None
        self._begun = True
        for place, key in enumerate(keys):
            if key:
                self._take(place, key, line.fields[place])
        return True

    def close(self) -> Header:
        """Return the header as it stands; one header for all rows up to the next."""
        if self._closed is None:
            places = dict(self._places)
            first = min(places.values(), default=0)
            for place, (_, text) in self._pending.items():
                if places and place > first and place not in places.values():
                    places[f"{UNKNOWN}{place}"] = place
                    self.unknown.append(text.strip())
            self._closed = Header(_with_gaps(places))
        return self._closed

    def _is_header(self, line: Line, keys: list[str]) -> bool:
        vocabulary = self._vocabulary
        if has_figures(line):
            return False
        if any(vocabulary.row(key.rstrip(DIGITS)) and key not in vocabulary.columns for key in keys):
            return False
        if any(
            key in vocabulary.marks or (key in vocabulary.columns and key not in vocabulary.rows)
            for key in keys
        ):
            return True
        return self._begun and self._closed is None and any(keys)

    def _take(self, place: int, key: str, text: str) -> None:
        column = self._vocabulary.column(key)
        if column is not None:
            self._register(column.code, place)
        elif not self._vocabulary.knows(key):
            above, first = self._pending.pop(place, ("", ""))
            stacked = self._vocabulary.column(above + key)
            if stacked is not None:
                self._register(stacked.code, place)
            else:
                self._pending[place] = (above + key, first + text)

    def _register(self, code: str, place: int) -> None:
        """Note where a column stands; one that stands in two places can't be told."""
        known = self._places.get(code, place)
        if known == place:
            self._places[code] = place
            return
        del self._places[code]
        for spoiled in (known, place):
            self._places[f"{UNKNOWN}{spoiled}"] = spoiled


def _with_gaps(places: dict[str, int]) -> dict[str, int]:
    """Count a blank between two headings as a column whose heading is lost."""
    taken = set(places.values())
    blanks = range(min(taken, default=0), max(taken, default=0))
    return places | {f"{UNKNOWN}{place}": place for place in blanks if place not in taken}


def has_figures(line: Line) -> bool:
    """Tell whether a field of the line begins with a digit and isn't a numbered heading."""
    return any(map(is_figure, line.fields))


def is_figure(text: str) -> bool:
    """Tell whether a field begins with a digit and isn't a numbered heading."""
    return _FIGURE.match(text) is not None


def header_of_groups(vocabulary: Vocabulary, lines: list[list[str]]) -> Header:
    """Read the header of a table whose rows stand side by side, from the keys of its lines.

    A column belongs to the row heading above it.  Where merged headings were pushed together that can't be
    seen, and then every column of every row must be there, in the form's order.
    """
    heads: dict[int, str] = {}
    tokens: list[tuple[str, int]] = []
    for keys in lines:
        for place, key in enumerate(keys):
            row, column = vocabulary.rows.get(key), vocabulary.column(key)
            if row is not None:
                heads[place] = row.axis.code
            elif column is not None:
                tokens.append((column.code, place))
    return _by_place(vocabulary, heads, tokens) or _by_order(vocabulary, heads, tokens) or Header()


def _by_place(vocabulary: Vocabulary, heads: dict[int, str], tokens: list[tuple[str, int]]) -> Header | None:
    rows = {row.code for row in vocabulary.table.rows()}
    places: dict[str, int] = {}
    for column, place in tokens:
        above = max((head for head in heads if head <= place), default=None)
        row = UNKNOWN if above is None or heads[above] not in rows else heads[above]
        key = f"{UNKNOWN}{place}" if row == UNKNOWN else f"{row}.{column}"
        if key in places or place in places.values():
            return None
        places[key] = place
    return Header(_with_gaps(places)) if places else None


def _by_order(vocabulary: Vocabulary, heads: dict[int, str], tokens: list[tuple[str, int]]) -> Header | None:
    table = vocabulary.table
    cells = [(row.code, column.code) for row in table.rows() for column in table.columns_of(row.code)]
    if [code for code, _ in tokens] != [column for _, column in cells]:
        return None
    if not {row.code for row in table.rows()} <= set(heads.values()):
        return None
    return Header({f"{row}.{column}": place for place, (row, column) in enumerate(cells)}, ordered=True)
