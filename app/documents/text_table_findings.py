"""What a clerk is told of a document's tables: headings lost or misspelt, values that can't be told."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from app.documents.reading import CellState
from app.documents.text_cells import slip_behind
from app.documents.text_findings import broken, shortened
from app.documents.text_labels import spanning
from app.domain.rules import RULES
from app.forms.model import cells_of, leaves_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.documents.text_forms import OtherTable
    from app.documents.text_labels import Foreign
    from app.documents.text_tables import TableRead, Untold, Wording
    from app.domain.results import Result
    from app.forms.model import Axis, Block, Cell, CellCode, ReportForm, Table

_FEW = 4
_FORM, _AXES, _WORDING = RULES["R02"], RULES["R03"], RULES["R36"]


def form_findings(
    expected: ReportForm, year: int | None, others: list[OtherTable], *, is_known: bool
) -> Iterator[Result]:
    """Name the tables that are another form's than the year's, or say that the year has no form.

    Args:
        expected: the form of the year; where that has none or isn't known, the one most headings are of.
        year: the report year; None where it isn't known.
        others: those tables.
        is_known: whether the year has a form.
    """
    if year is not None and not is_known:
        yield broken(_FORM, "year", _FORM.say("broken.no_form", year=year))
    for other in others:
        words = (*other.words.headings, *other.words.rows)
        message = _FORM.say(
            "broken.table",
            table=other.table.name,
            other=other.form.notice,
            found=_told_by(other),
            when=_when(expected, year if is_known else None),
            expected=expected.notice,
            which=expected.years_in_words,
        )
        yield broken(_FORM, f"form.{other.table.code}", message, f"/{other.table.code}", quotes=words)


def _told_by(other: OtherTable) -> str:
    headings, rows = (_in_quotes(words) for words in (other.words.headings, other.words.rows))
    return "，".join([f"有栏目{headings}"] * bool(headings) + [f"{rows}只有一行"] * bool(rows))


def words_finding(form: ReportForm, foreign: list[Foreign], year: int | None) -> Result:
    """Say that tables of the form have headings of another one."""
    other = foreign[0].form
    words = tuple(heading.text for heading in foreign)
    message = _FORM.say(
        "broken",
        other=other.notice,
        which="上一版格式" if other.first_year < form.first_year else "后一版格式",
        found=_in_quotes(words),
        when=_when(form, year),
        expected=form.notice,
    )
    return broken(_FORM, "form", message, quotes=words)


def _when(form: ReportForm, year: int | None) -> str:
    return f"{year} 年度的报告" if year is not None else f"{form.years_in_words}的报告"


def _in_quotes(words: tuple[str, ...]) -> str:
    return "".join(f"“{word}”" for word in words)


def absent_table(table: Table) -> Result:
    """Say that a table isn't there at all."""
    cells = tuple(cell.code for cell in cells_of(table))
    message = _AXES.say("broken.table", table=table.name, count=len(cells))
    return broken(_AXES, table.code, message, f"/{table.code}", cells)


def table_findings(read: TableRead) -> Iterator[Result]:
    """Say what of a table isn't as the form has it; empty cells are not mentioned here."""
    table = read.table
    if not read.rows:
        yield absent_table(table)
        return
    for number, block in enumerate(table.blocks, start=1):
        yield from _missing_rows(read, block)
        if table.across:
            yield from _missing_columns_across(read, block)
        else:
            yield from _missing_columns(read, block, number)
        yield from _missing_spans(read, block)
    yield from (_wording(table, wording) for wording in read.wordings)
    yield from _unknown(read)
    yield from _untold(read)
    for name in read.twice:
        message = _AXES.say("broken.row_twice" if name else "broken.table_twice", table=table.name, row=name)
        yield broken(_AXES, f"{table.code}.twice.{name}", message, f"/{table.code}")
    yield from _unclear_cells(read)


def _missing_rows(read: TableRead, block: Block) -> Iterator[Result]:
    table = read.table
    for row in leaves_of(block.rows):
        if row.code not in read.rows:
            cells = _codes(table, [row], leaves_of(block.columns))
            name = "broken.group" if table.across else "broken.row"
            message = _AXES.say(name, table=table.name, row=row.spoken, count=len(cells))
            yield broken(_AXES, f"{table.code}.rows.{row.code}", message, f"/{table.code}/{row.code}", cells)


def _missing_columns(read: TableRead, block: Block, number: int) -> Iterator[Result]:
    table = read.table
    rows = [row for row in leaves_of(block.rows) if row.code in read.rows]
    lacking = {
        column: [row for row in rows if f"{table.code}.{row.code}.{column.code}" not in read.cells]
        for column in leaves_of(block.columns)
    }
    place = f"{table.name}“{block.heading}”" if block.heading else table.name
    for column, without in lacking.items():
        if without:
            cells = _codes(table, without, (column,))
            message = _AXES.say(
                "broken.column" if len(without) == len(rows) else "broken.column_in_part",
                place=place,
                column=column.spoken,
                rows=len(without),
                count=len(cells),
            )
            code = f"{table.code}.{number}.columns.{column.code}"
            yield broken(_AXES, code, message, f"/{table.code}", cells)


def _missing_columns_across(read: TableRead, block: Block) -> Iterator[Result]:
    table = read.table
    if not read.cells:
        message = _AXES.say("broken.no_values", table=table.name)
        yield broken(_AXES, f"{table.code}.values", message, f"/{table.code}")
        return
    for row in leaves_of(block.rows):
        if row.code in read.rows:
            for column in leaves_of(block.columns):
                cells = _codes(table, [row], (column,))
                if cells[0] not in read.cells:
                    message = _AXES.say(
                        "broken.column_of_group", table=table.name, row=row.spoken, column=column.spoken
                    )
                    code = f"{table.code}.{row.code}.columns.{column.code}"
                    yield broken(_AXES, code, message, f"/{table.code}/{row.code}", cells)


def _missing_spans(read: TableRead, block: Block) -> Iterator[Result]:
    table = read.table
    for axis in (*spanning(block.columns), *spanning(block.rows)):
        if axis.code not in read.spans:
            under = axis.leaves()
            rows = [leaf.code for leaf in under if leaf.code in read.rows]
            name = "broken.heading_alone" if len(rows) == len(under) else "broken.heading"
            message = _AXES.say(name, table=table.name, heading=axis.label, count=len(rows))
            yield broken(_AXES, f"{table.code}.headings.{axis.code}", message, f"/{table.code}")


def _wording(table: Table, wording: Wording) -> Result:
    axis = wording.match.axis
    message = _WORDING.say(
        "broken.word",
        table=table.name,
        found=wording.text,
        whose=wording.whose,
        read_as=axis.spoken,
        expected=axis.label,
    )
    code = f"{table.code}.wording.{axis.code}"
    return broken(_WORDING, code, message, f"/{table.code}", quotes=(wording.text,))


def _unknown(read: TableRead) -> Iterator[Result]:
    table = read.table
    for line in read.unknown_rows:
        message = _AXES.say(
            "broken.strange_row", table=table.name, line=line.number, found=shortened(line.text)
        )
        code = f"{table.code}.line.{line.number}"
        yield broken(_AXES, code, message, f"/{table.code}", quotes=(line.text.strip(),))
    for place, text in enumerate(read.unknown_columns, start=1):
        message = _AXES.say("broken.strange_column", table=table.name, found=shortened(text))
        yield broken(_AXES, f"{table.code}.unknown.{place}", message, f"/{table.code}", quotes=(text,))


def _untold(read: TableRead) -> Iterator[Result]:
    """Say which rows can't be told, those of one kind together."""
    table = read.table
    groups: dict[tuple[int, int, bool], list[Untold]] = defaultdict(list)
    for untold in read.untold:
        groups[(len(untold.row.filled), untold.columns, untold.run_together)].append(untold)
    for (values, columns, run_together), rows in groups.items():
        names = "".join(f"“{row.name}”" for row in rows[:_FEW] if row.name)
        some = f"等 {len(rows)} 行" if len(rows) > _FEW else ("行" if names else "")
        message = _AXES.say(
            "broken.run_together" if run_together else "broken.untold",
            table=table.name,
            names=names + some,
            count=values,
            columns=columns,
        )
        cells = tuple(code for row in rows for code in row.cells)
        quotes = tuple(row.row.line.text.strip() for row in rows)
        code = f"{table.code}.untold.{rows[0].row.line.number}"
        yield broken(_AXES, code, message, f"/{table.code}", cells, quotes)


def _unclear_cells(read: TableRead) -> Iterator[Result]:
    """Name each cell that holds something other than a number; whole rows are named elsewhere."""
    told = {code for untold in read.untold for code in untold.cells}
    twice = set(read.twice)
    for cell in cells_of(read.table):
        value = read.cells.get(cell.code)
        if value is None or value.read.state is not CellState.UNCLEAR:
            continue
        if cell.code not in told and not twice & {cell.row.spoken, ""}:
            yield _unclear(cell, value.read.raw)


def _unclear(cell: Cell, raw: str) -> Result:
    measure = cell.measure
    bound = "" if measure.is_signed else "不小于 0 的"
    what = f"{bound}整数" if measure.is_count else f"以{measure.unit}为单位、{bound}数"
    rule = RULES["R05" if measure.is_count else "R06"]
    message = rule.say("broken.no_number", cell=cell.label, found=shortened(raw), expected=what)
    result = broken(rule, cell.code, message, cell.pointer, (cell.code,), (raw.strip(),))
    result.hint = slip_behind(measure, raw)
    return result


def _codes(table: Table, rows: list[Axis], columns: tuple[Axis, ...]) -> tuple[CellCode, ...]:
    return tuple(f"{table.code}.{row.code}.{column.code}" for row in rows for column in columns)
