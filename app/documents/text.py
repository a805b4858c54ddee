"""Reading a report from plain text whose tables are separated by tabs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.documents.reading import CellRead, CellState, Reading
from app.documents.text_cells import CellValue
from app.documents.text_findings import section_findings, text_findings, title_findings
from app.documents.text_forms import are_all_of, other_tables
from app.documents.text_labels import field_key, key_of, vocabularies_of
from app.documents.text_lines import decode, lines_of, mended, text_of, without_control_characters
from app.documents.text_parts import Parts, sort_lines
from app.documents.text_table_findings import absent_table, form_findings, table_findings, words_finding
from app.documents.text_tables import TableRead, read_table
from app.documents.text_title import Title, find_title
from app.errors import UnreadableDocument
from app.forms import FORMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.documents.text_forms import OtherTable
    from app.documents.text_labels import Vocabularies
    from app.documents.text_lines import Line
    from app.domain.results import Result
    from app.forms.model import CellCode, ReportForm

_LOST = "\ufffd"


def read_text(data: bytes, forms: tuple[ReportForm, ...] = FORMS, *, year: int | None = None) -> Reading:
    """Read a report; what can't be told for certain is left out, and what departs from the form is a finding.

    The form that is expected is the report year's, if that is known; which one the tables have is told by
    what stands in them, never by the year or by what the report cites.

    Args:
        data: UTF-8, UTF-16 with its mark, or GB18030.
        forms: those that it may be made on.
        year: the report year, where somebody says it; else that of the title counts.

    Raises:
        UnreadableDocument: the file is empty, isn't text, or has nothing of a report in it.
    """
    text, removed = without_control_characters(decode(data))
    lines = lines_of(text)
    told = _sorted(lines, _vocabularies_for(lines, forms))
    title = find_title(told.parts.preamble)
    if title is None and not told.parts.headings and not told.parts.tables:
        raise UnreadableDocument(
            "没有在文件里找到年度报告的标题、章节或者表格；请确认选对了文件，打开是乱码时请另存为 UTF-8 编码"
        )
    year = title.year if year is None and title else year
    return _Held(forms, lines, told, year).reading(removed, text.count(_LOST))


@dataclass(frozen=True, slots=True)
class _Sorted:
    """A document's lines, sorted by the headings of a form."""

    vocabularies: Vocabularies
    parts: Parts

    @property
    def form(self) -> ReportForm:
        return self.vocabularies.form


def _sorted(lines: list[Line], vocabularies: Vocabularies) -> _Sorted:
    return _Sorted(vocabularies, sort_lines(mended(lines, vocabularies), vocabularies))


@dataclass(frozen=True, slots=True)
class _Held:
    """A document, held to the form of its year.

    Attributes:
        forms: those that it may be made on.
        lines: of the document.
        told: sorted by the form of which it has most headings.
        year: the report year; None where it isn't known.
    """

    forms: tuple[ReportForm, ...]
    lines: list[Line]
    told: _Sorted
    year: int | None

    def reading(self, removed: int, unreadable: int) -> Reading:
        """Read it on that form; on another one where all its tables are that one's; else without tables."""
        year, told = self.year, self.told
        needed = next((form for form in self.forms if year is not None and form.covers(year)), None)
        expected = told
        if needed is not None and needed is not told.form:
            expected = _sorted(self.lines, vocabularies_of(needed))
        others = other_tables(expected.form, expected.parts, self.forms)
        whole = are_all_of(told.form, expected.form, expected.parts, others)
        held = told if whole else expected
        codes = frozenset() if whole else frozenset(other.table.code for other in others)
        title, tables = find_title(held.parts.preamble), _tables_of(held, codes)
        form = held.form if whole or not others else None
        findings = [
            *title_findings(title, _above(held.parts, title)),
            *section_findings(held.form, held.parts),
            *form_findings(expected.form, year, others, is_known=needed is not None),
            *_table_findings(
                held.form, tables, None if needed is None else year, codes, is_read=form is not None
            ),
            *text_findings(held.form, _loose(held, tables), removed, unreadable),
        ]
        return _reading(form, held.parts, title, _cells_of(form, tables), findings, others)


def _tables_of(held: _Sorted, left_out: frozenset[str]) -> list[TableRead]:
    return [
        read_table(held.vocabularies.tables[code], found)
        for code, found in held.parts.tables.items()
        if code not in left_out
    ]


def _vocabularies_for(lines: list[Line], forms: tuple[ReportForm, ...]) -> Vocabularies:
    """Choose the form of which the document has most headings that no other has; of equals the newest."""
    newest_first = [vocabularies_of(form) for form in reversed(forms)]
    keys = {field_key(text) for line in lines if line.is_tabular for text in line.fields}

    def telling(one: Vocabularies) -> int:
        others = (other.own for other in newest_first if other is not one)
        return len((keys & one.own).difference(*others))

    return max(newest_first, key=telling)


def _cells_of(form: ReportForm | None, tables: list[TableRead]) -> dict[CellCode, CellValue]:
    """Return every cell of the form; those that were not found are missing."""
    if form is None:
        return {}
    found = {code: value for read in tables for code, value in read.cells.items()}
    absent = CellValue(CellRead(CellState.MISSING))
    return {code: found.get(code, absent) for code in form.cells}


def _reading(
    form: ReportForm | None,
    parts: Parts,
    title: Title | None,
    cells: dict[CellCode, CellValue],
    findings: list[Result],
    others: list[OtherTable],
) -> Reading:
    return Reading(
        form=form,
        agency=title.agency if title else None,
        year=title.year if title else None,
        title=title.text if title else None,
        preface=text_of(parts.preamble[title.end if title else 0 :]) or None,
        narratives={code: prose for code, lines in parts.prose.items() if (prose := text_of(lines))},
        values={code: cell.value for code, cell in cells.items()},
        cells={code: cell.read for code, cell in cells.items()},
        findings=findings,
        others=tuple(other.table.name for other in others),
    )


def _table_findings(
    form: ReportForm,
    tables: list[TableRead],
    year: int | None,
    left_out: frozenset[str],
    *,
    is_read: bool,
) -> Iterator[Result]:
    """Say what of the tables isn't as the form has it; but for strange words nothing where none is read."""
    words = list(dict.fromkeys(word for read in tables for word in read.foreign))
    if words:
        yield words_finding(form, words, year)
    if not is_read:
        return
    read = {table.table.code: table for table in tables}
    for table in form.tables:
        if table.code in read:
            yield from table_findings(read[table.code])
        elif table.code not in left_out:
            yield absent_table(table)


def _loose(held: _Sorted, tables: list[TableRead]) -> dict[str, list[Line]]:
    """Return lines that belong to no table, by the section of the table that they stand in."""
    sections = {section.table.code: section.code for section in held.form.sections if section.table}
    loose = {code: list(lines) for code, lines in held.parts.loose.items()}
    for read in tables:
        if read.leftover:
            loose.setdefault(sections[read.table.code], []).extend(read.leftover)
    return loose


def _above(parts: Parts, title: Title | None) -> list[Line]:
    """Return the lines above the title that don't only repeat it."""
    if title is None:
        return []
    words = key_of(title.text)
    above = [line for line in parts.preamble[: title.start] if line.text.strip()]
    return [line for line in above if (field_key(line.text) or line.text) not in words]
