"""Reading the form's tables from lines of fields, anchored on their headings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app.documents.reading import CellRead, CellState
from app.documents.text_cells import CellValue, glued, read_cell
from app.documents.text_grid import (
    Header,
    HeaderRows,
    Row,
    are_aligned,
    has_figures,
    header_of_groups,
    is_figure,
    tie,
)
from app.documents.text_labels import Match, Vocabulary, field_key
from app.forms.model import Cell

if TYPE_CHECKING:
    from app.documents.text_labels import Foreign
    from app.documents.text_lines import Line
    from app.forms.model import Axis, CellCode, Table

_RUN_TOGETHER = re.compile(r"(.+?)[0-9]+")
_Keyed = tuple["Line", list[str]]


@dataclass(frozen=True, slots=True)
class Wording:
    """A heading that isn't spelt as the form spells it."""

    match: Match
    text: str

    @property
    def whose(self) -> str:
        """What kind of writing it is."""
        return self.match.spelling.whose if self.match.spelling else ""


@dataclass(frozen=True, slots=True)
class Untold:
    """A row whose values can't be tied to columns.

    Attributes:
        name: of the row, as a message names it; empty where a table's rows stand side by side.
        row: where it stands.
        columns: how many headings stand above it.
        run_together: whether figures stand in one field with the row's name.
        cells: those that are left unclear.
    """

    name: str
    row: Row
    columns: int
    run_together: bool
    cells: tuple[CellCode, ...]


@dataclass(slots=True)
class TableRead:
    """What was read of one table.

    Attributes:
        table: of the form.
        cells: those whose row and column were both found.
        rows: codes of the rows that were found; a row that stands side by side with others, if a column was.
        spans: codes of the headings found that span others.
        wordings: headings spelt otherwise than in the form.
        untold: rows whose values can't be tied to columns.
        twice: names of rows that stand there twice, with different values.
        unknown_rows: rows with values whose name isn't known.
        unknown_columns: headings of columns that aren't known.
        foreign: headings that only another form has.
        leftover: lines in the table that are neither headings nor values.
    """

    table: Table
    cells: dict[CellCode, CellValue] = field(default_factory=dict)
    rows: set[str] = field(default_factory=set)
    spans: set[str] = field(default_factory=set)
    wordings: list[Wording] = field(default_factory=list)
    untold: list[Untold] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    unknown_rows: list[Line] = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)
    foreign: list[Foreign] = field(default_factory=list)
    leftover: list[Line] = field(default_factory=list)


def read_table(vocabulary: Vocabulary, lines: list[Line]) -> TableRead:
    """Read a table from its lines; what can't be told is left out, and said."""
    read = TableRead(vocabulary.table)
    keyed = [(line, [field_key(text) for text in line.fields]) for line in lines]
    for line, keys in keyed:
        _note_headings(read, vocabulary, line, keys)
    if vocabulary.table.across:
        _read_across(read, vocabulary, keyed)
    else:
        _read_down(read, vocabulary, keyed)
    return read


def _note_headings(read: TableRead, vocabulary: Vocabulary, line: Line, keys: list[str]) -> None:
    in_row = has_figures(line) or any(vocabulary.row(key) and key not in vocabulary.columns for key in keys)
    for text, key in zip(line.fields, keys, strict=True):
        if key in vocabulary.foreign and vocabulary.foreign[key] not in read.foreign:
            read.foreign.append(vocabulary.foreign[key])
        names = (vocabulary.rows, vocabulary.columns) if in_row else (vocabulary.columns, vocabulary.rows)
        match = names[0].get(key) or names[1].get(key)
        if match is not None:
            _note_heading(read, match, text.strip())


def _note_heading(read: TableRead, match: Match, text: str) -> None:
    if match.axis.children:
        read.spans.add(match.axis.code)
    said = any(wording.match.axis is match.axis for wording in read.wordings)
    if match.spelling is not None and not said:
        read.wordings.append(Wording(match, text))


@dataclass(frozen=True, slots=True)
class _NamedRow:
    """A row of values that has a name, under its header."""

    axis: Axis
    row: Row
    header: Header
    run_together: bool = False


def _read_down(read: TableRead, vocabulary: Vocabulary, keyed: list[_Keyed]) -> None:
    """Read a table whose rows stand one below the other."""
    header = HeaderRows(vocabulary)
    groups: dict[int, list[_NamedRow]] = {}
    for line, keys in keyed:
        if header.takes(line, keys):
            continue
        named = _named_row(vocabulary, line, keys, header)
        if named is not None:
            groups.setdefault(id(named.header), []).append(named)
        elif not vocabulary.foreign.keys().isdisjoint(keys):
            continue
        elif has_figures(line):
            read.unknown_rows.append(line)
        elif any(key and not vocabulary.knows(key) for key in keys):
            read.leftover.append(line)
    read.unknown_columns += [text for text in header.unknown if field_key(text) not in vocabulary.foreign]
    for group in groups.values():
        aligned = are_aligned(group[0].header, [named.row for named in group if not named.run_together])
        for named in group:
            _read_named_row(read, named, aligned=aligned)


def _named_row(vocabulary: Vocabulary, line: Line, keys: list[str], header: HeaderRows) -> _NamedRow | None:
    """Find a row's name: the rightmost, where merged headings stand left of it."""
    for place in range(len(keys) - 1, -1, -1):
        axis = vocabulary.row(keys[place])
        if axis is not None:
            return _NamedRow(axis, Row(line, place), header.close())
    for place, key in enumerate(keys):
        match = _RUN_TOGETHER.fullmatch(key)
        axis = vocabulary.row(match[1]) if match else None
        if axis is not None:
            return _NamedRow(axis, Row(line, place), header.close(), run_together=True)
    return None


def _read_named_row(read: TableRead, named: _NamedRow, *, aligned: bool) -> None:
    table, axis = read.table, named.axis
    cells = {column.code: Cell(table, axis, column) for column in table.columns_of(axis.code)}
    found = {key: cell for key, cell in cells.items() if key in named.header.places}
    read_again = axis.code in read.rows
    read.rows.add(axis.code)
    values = None if named.run_together else _values(named.header, named.row, found, aligned=aligned)
    if values is None:
        codes = tuple(cell.code for cell in found.values())
        columns = len(named.header.places)
        read.untold.append(Untold(axis.spoken, named.row, columns, named.run_together, codes))
        values = _unclear(named.row, found)
    if read_again and _contradicts(read.cells, values):
        read.twice.append(axis.spoken)
        values = _unclear(named.row, found)
    read.cells.update(values)


def _contradicts(cells: dict[CellCode, CellValue], values: dict[CellCode, CellValue]) -> bool:
    return any(code in cells and cells[code].value != value.value for code, value in values.items())


def _values(
    header: Header, row: Row, cells: dict[str, Cell], *, aligned: bool
) -> dict[CellCode, CellValue] | None:
    """Read a row's cells, or None where it can't be told which value stands in which."""
    where = f"第 {row.line.number} 行"
    if row.says_nothing:
        return {cell.code: CellValue(CellRead(CellState.MISSING, "", where)) for cell in cells.values()}
    places = tie(header, row, aligned=aligned)
    alone = len(row.filled) == 1 and glued(row.line.fields[row.filled[0]], len(header.places))
    if places is None or alone:
        return None
    return {
        cells[key].code: read_cell(cells[key].measure, row.line.fields[place], f"{where}第 {place + 1} 格")
        for key, place in places.items()
        if key in cells
    }


def _unclear(row: Row, cells: dict[str, Cell]) -> dict[CellCode, CellValue]:
    """Leave a row's cells unclear, with all that stands in the row."""
    start = row.label if not row.filled else row.filled[0]
    raw = "\t".join(row.line.fields[max(start, 0) :])
    read = CellRead(CellState.UNCLEAR, raw, f"第 {row.line.number} 行")
    return {cell.code: CellValue(read) for cell in cells.values()}


def _read_across(read: TableRead, vocabulary: Vocabulary, keyed: list[_Keyed]) -> None:
    """Read a table whose rows stand side by side, over one line of values."""
    headings = [keys for _, keys in keyed if any(vocabulary.knows(key) for key in keys)]
    header = header_of_groups(vocabulary, headings)
    all_cells = {
        f"{row.code}.{column.code}": Cell(read.table, row, column)
        for row in read.table.rows()
        for column in read.table.columns_of(row.code)
    }
    cells = {key: cell for key, cell in all_cells.items() if key in header.places}
    read.rows.update(cell.row.code for cell in cells.values())
    rows = []
    for line, keys in keyed:
        if any(vocabulary.knows(key) for key in keys):
            continue
        row = Row(line, _last_name(line))
        if has_figures(line) or row.says_nothing:
            rows.append(row)
        else:
            read.leftover.append(line)
    _read_values(read, header, [row for row in rows if not row.says_nothing] or rows[:1], cells)


def _last_name(line: Line) -> int:
    """Return the place of a name left of the values, or -1."""
    first = next((place for place, text in enumerate(line.fields) if text.strip()), 0)
    plain = replace(line, fields=(line.fields[first],))
    return -1 if is_figure(line.fields[first]) or Row(plain, -1).says_nothing else first


def _read_values(read: TableRead, header: Header, rows: list[Row], cells: dict[str, Cell]) -> None:
    aligned = are_aligned(header, rows)
    codes = tuple(cell.code for cell in cells.values())
    for row in rows:
        values = _values(header, row, cells, aligned=aligned)
        if values is None:
            read.untold.append(Untold("", row, len(header.places), run_together=False, cells=codes))
            values = _unclear(row, cells)
        if _contradicts(read.cells, values):
            read.twice.append("")
            values = _unclear(row, cells)
        read.cells.update(values)
