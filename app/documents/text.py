"""Reading a report from plain text whose tables are separated by tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.documents.reading import CellRead, CellState, Reading
from app.documents.spellings import OF_OTHER_FORMS
from app.documents.text_cells import CellValue
from app.documents.text_findings import section_findings, text_findings, title_findings
from app.documents.text_labels import field_key, key_of, vocabularies_of
from app.documents.text_lines import decode, lines_of, mended, text_of, without_control_characters
from app.documents.text_parts import Parts, sort_lines
from app.documents.text_table_findings import absent_table, table_findings, words_finding, year_finding
from app.documents.text_tables import TableRead, read_table
from app.documents.text_title import Title, find_title
from app.errors import UnreadableDocument
from app.forms import FORMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.documents.text_labels import Foreign, Vocabularies
    from app.documents.text_lines import Line
    from app.domain.results import Result
    from app.forms.model import CellCode, ReportForm

_FEWEST_FOREIGN = 2
"""So many headings of another form, and more than there are columns of this one, make it the other one."""
_LOST = "\ufffd"


def read_text(data: bytes, forms: tuple[ReportForm, ...] = FORMS) -> Reading:
    """Read a report; what can't be told for certain is left out, and what departs from the form is a finding.

    The form is told by the tables' headings, never by the year.

    Args:
        data: UTF-8, UTF-16 with its mark, or GB18030.
        forms: those that it may be made on.

    Raises:
        UnreadableDocument: the file is empty, isn't text, or has nothing of a report in it.
    """
    text, removed = without_control_characters(decode(data))
    lines = lines_of(text)
    vocabularies = _vocabularies_for(lines, forms)
    parts = sort_lines(mended(lines, vocabularies), vocabularies)
    title = find_title(parts.preamble)
    if title is None and not parts.headings and not parts.tables:
        raise UnreadableDocument(
            "没有在文件里找到年度报告的标题、章节或者表格；请确认选对了文件，打开是乱码时请另存为 UTF-8 编码"
        )
    tables = [read_table(vocabularies.tables[code], found) for code, found in parts.tables.items()]
    form = None if _is_other(tables) else vocabularies.form
    findings = [
        *title_findings(title, _above(parts, title)),
        *section_findings(vocabularies.form, parts),
        *_year_findings(form, title, forms),
        *_all_table_findings(vocabularies.form, tables),
        *text_findings(
            vocabularies.form, _loose(vocabularies.form, parts, tables), removed, text.count(_LOST)
        ),
    ]
    return _reading(form, parts, title, _cells_of(form, tables), findings)


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
    )


def _foreign_words(tables: list[TableRead]) -> list[Foreign]:
    return list(dict.fromkeys(word for read in tables for word in read.foreign))


def _is_other(tables: list[TableRead]) -> bool:
    """Tell whether the tables are really those of another form, not only some of their words."""
    words = _foreign_words(tables)
    own = set()
    for read in tables:
        if read.foreign:
            own |= {code.rpartition(".")[2] for code in read.cells}
            own -= {wording.match.axis.code for wording in read.wordings if wording.whose in OF_OTHER_FORMS}
    return len(words) >= _FEWEST_FOREIGN and len(words) > len(own)


def _year_findings(
    form: ReportForm | None, title: Title | None, forms: tuple[ReportForm, ...]
) -> Iterator[Result]:
    """Say so where the tables are a form's that wasn't in use in the year of the title."""
    needed = next((each for each in forms if title and each.covers(title.year)), None)
    if title and form and needed and needed is not form:
        yield year_finding(form, title.year, needed)


def _all_table_findings(form: ReportForm, tables: list[TableRead]) -> Iterator[Result]:
    is_other, words = _is_other(tables), _foreign_words(tables)
    if words:
        yield words_finding(form, words, is_other=is_other)
    if is_other:
        return
    read = {table.table.code: table for table in tables}
    for table in form.tables:
        if table.code in read:
            yield from table_findings(read[table.code])
        else:
            yield absent_table(table)


def _loose(form: ReportForm, parts: Parts, tables: list[TableRead]) -> dict[str, list[Line]]:
    """Return lines that belong to no table, by the section of the table that they stand in."""
    sections = {section.table.code: section.code for section in form.sections if section.table}
    loose = {code: list(lines) for code, lines in parts.loose.items()}
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
