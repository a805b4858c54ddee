"""Sorting a document's lines: what stands above the sections, the sections' prose, and the tables."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.documents.spellings import SECTION_WORDINGS
from app.documents.text_labels import DIGITS, LONGEST_LABEL, field_key, key_of

if TYPE_CHECKING:
    from app.documents.text_labels import Vocabularies
    from app.documents.text_lines import Line
    from app.forms.model import ReportForm, Section

_NUMBERED = re.compile(r"\s*([一二三四五六七八九十])\s*[、.,:]\s*(\S.*)")
_ENDS_A_SENTENCE = re.compile(r"[。；;，,]\s*$")
_FEWEST_HEADINGS = 2
"""So many headings of one table on a line, without figures, begin a table where none is expected."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A section's heading as the document has it."""

    section: Section
    line: Line


@dataclass(slots=True)
class Parts:
    """A document's lines, each in one place.

    Attributes:
        preamble: above the first section.
        headings: in the order of the document, repeated ones included.
        prose: lines by section code.
        loose: lines that stand in a table's section but in no table, by section code.
        tables: lines by table code.
    """

    preamble: list[Line] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    prose: dict[str, list[Line]] = field(default_factory=dict)
    loose: dict[str, list[Line]] = field(default_factory=dict)
    tables: dict[str, list[Line]] = field(default_factory=dict)


def sort_lines(lines: list[Line], vocabularies: Vocabularies) -> Parts:
    """Put every line that isn't blank into its place."""
    sorter = _Sorter(vocabularies)
    for line in lines:
        if not line.is_blank:
            sorter.take(line)
    return sorter.parts


class _Sorter:
    """Goes down a document and remembers in which section and in which table it is."""

    def __init__(self, vocabularies: Vocabularies) -> None:
        self._vocabularies = vocabularies
        self._section: Section | None = None
        self._table: str | None = None
        self._wordings = {
            key_of(section.heading).removeprefix(section.number): section
            for section in vocabularies.form.sections
        }
        self._seen: set[str] = set()
        self.parts = Parts()

    def take(self, line: Line) -> None:
        section = self._heading(line)
        if section is not None:
            self._section = section
            self._table = section.table.code if section.table else None
            self._seen.add(section.code)
            self.parts.headings.append(Heading(section, line))
            return
        table = self._table_of(line)
        if table is not None:
            self._table = table
            self.parts.tables.setdefault(table, []).append(line)
            return
        self._take_text(line)

    def _take_text(self, line: Line) -> None:
        section = self._section
        if section is None or section.table is None:
            self._table = None
        if section is None:
            self.parts.preamble.append(line)
        elif section.table is None:
            self.parts.prose.setdefault(section.code, []).append(line)
        else:
            self.parts.loose.setdefault(section.code, []).append(line)

    def _heading(self, line: Line) -> Section | None:
        text = line.text.strip()
        if len(text) > LONGEST_LABEL or "\t" in text or _ENDS_A_SENTENCE.search(text):
            return None
        key = key_of(text)
        exact = self._vocabularies.sections.get(key)
        if exact is not None:
            return exact
        match = _NUMBERED.fullmatch(unicodedata.normalize("NFKC", text))
        number, words = (match[1], key_of(match[2])) if match else ("", key)
        if words in self._wordings or not number:
            return self._wordings.get(words)
        return self._reworded(number, words)

    def _reworded(self, number: str, words: str) -> Section | None:
        """Return the section that a numbered line heads in other words: under its number, or further on."""
        order = self._vocabularies.form.sections
        here = -1 if self._section is None else order.index(self._section)
        for place, section in enumerate(order):
            pattern = SECTION_WORDINGS.get(section.code)
            if section.code in self._seen or pattern is None or not pattern.fullmatch(words):
                continue
            if number == section.number or place > here:
                return section
        return None

    def _table_of(self, line: Line) -> str | None:
        """Return the table that the line belongs to, or None where it is text."""
        keys = [key for key in map(field_key, line.fields) if key]
        votes = Counter(code for key in keys for code in self._tables_with(key))
        if self._table is None:
            return self._opened_by(line, keys, votes)
        if not line.is_tabular and not votes and self._vocabularies.foreign.keys().isdisjoint(keys):
            return None
        best = max(votes.values(), default=0)
        if votes[self._table] == best:
            return self._table
        return votes.most_common(1)[0][0]

    def _tables_with(self, key: str) -> list[str]:
        """Return the tables that have this heading, perhaps with figures run together with it: 规章000."""
        return self._vocabularies.tables_with(key) or self._vocabularies.tables_with(key.rstrip(DIGITS))

    def _opened_by(self, line: Line, keys: list[str], votes: Counter[str]) -> str | None:
        """Return the table that begins with this line, where none was announced by a heading."""
        if not votes or any(character.isdigit() for text in line.fields for character in text):
            return None
        code, count = votes.most_common(1)[0]
        marked = any(key in self._vocabularies.tables[code].marks for key in keys)
        return code if marked or (line.is_tabular and count >= _FEWEST_HEADINGS) else None


def order_of(form: ReportForm, headings: list[Heading]) -> list[int]:
    """Return the places in the form of the sections that a document has, in the document's order."""
    last = {heading.section.code: place for place, heading in enumerate(headings)}
    codes = [section.code for section in form.sections]
    return [codes.index(code) for code, _ in sorted(last.items(), key=lambda item: item[1])]
