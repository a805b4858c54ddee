"""A report's numbers: one whole number, or None for a missing cell, under each cell code.

Counts are stored as they are and money in its smallest unit (`Measure.places`), so every sum is exact.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import TypeAlias

from app.forms.model import CellCode, Measure, ReportForm

Values: TypeAlias = Mapping[CellCode, int | None]
"""Numbers by cell code; None where the cell is missing, which is never the same as 0."""

Row: TypeAlias = dict[str, int | str | None]
Nested: TypeAlias = dict[str, dict[str, Row]]
"""Table → row → column, counts as whole numbers and money as decimal text."""

_DECIMAL = re.compile(r"(-?)(0|[1-9][0-9]{0,17})(?:\.([0-9]+))?", re.ASCII)


def to_text(measure: Measure, stored: int) -> str:
    """Write a stored number as people write it, without superfluous zeros: 437880 分 → "0.43788" 万元."""
    if measure.is_count:
        return str(stored)
    sign = "-" if stored < 0 else ""
    whole, rest = divmod(abs(stored), 10**measure.places)
    decimals = f"{rest:0{measure.places}d}".rstrip("0")
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"


def from_text(measure: Measure, text: str) -> int | None:
    """Read a number as people write it; None where it is none, or has more places than the measure.

    One with a sign is a number only of a measure whose values may be below 0.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        return None
    sign, whole, decimals = match[1], match[2], match[3] or ""
    if len(decimals) > measure.places or (sign and not measure.is_signed):
        return None
    return int(sign + whole + decimals.ljust(measure.places, "0"))


def to_printed(measure: Measure, stored: int) -> str:
    """Write a stored number as documents show it: money with at least four places where it has any."""
    text = to_text(measure, stored)
    whole, point, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(4, '0')}" if point else text


def to_json(measure: Measure, stored: int | None) -> int | str | None:
    """Write a stored number as JSON holds it: counts as numbers, money as decimal text."""
    if stored is None or measure.is_count:
        return stored
    return to_text(measure, stored)


def nest(form: ReportForm, values: Values) -> Nested:
    """Arrange numbers as a report's JSON has them; a cell that *values* lacks is null."""
    return {
        table: {
            row: {column: to_json(measure, values.get(code)) for column, code, measure in cells}
            for row, cells in rows.items()
        }
        for table, rows in _places(form).items()
    }


_Place: TypeAlias = tuple[str, CellCode, Measure]
"""Column, code and measure of a cell."""


@cache
def _places(form: ReportForm) -> dict[str, dict[str, tuple[_Place, ...]]]:
    """Return the cells of each row of each table, worked out once: reports are nested all the time."""
    places: dict[str, dict[str, tuple[_Place, ...]]] = {table.code: {} for table in form.tables}
    for (table, row), cells in form.rows.items():
        places[table][row] = tuple((cell.column.code, cell.code, cell.measure) for cell in cells)
    return places


def flatten(form: ReportForm, nested: Mapping[str, object]) -> dict[CellCode, int | None]:
    """Undo `nest`: the cells that stand in *nested*, in their smallest unit; those not there are left out.

    A table or a row that is null stands for all its cells.

    Raises:
        ValueError: a cell holds neither a number nor null, or a table or row isn't an object.
    """
    values: dict[CellCode, int | None] = {}
    for table, places in _places(form).items():
        if table in nested:
            values |= _flatten_table(places, nested[table])
    return values


def _flatten_table(places: Mapping[str, tuple[_Place, ...]], sent: object) -> dict[CellCode, int | None]:
    rows = dict.fromkeys(places) if sent is None else _object(sent)
    values: dict[CellCode, int | None] = {}
    for row, cells in places.items():
        if row in rows:
            values |= _flatten_row(cells, rows[row])
    return values


def _flatten_row(cells: tuple[_Place, ...], sent: object) -> dict[CellCode, int | None]:
    if sent is None:
        return {code: None for _, code, _ in cells}
    row = _object(sent)
    return {code: from_json(measure, row[column]) for column, code, measure in cells if column in row}


def _object(sent: object) -> Mapping[str, object]:
    if not isinstance(sent, dict):
        raise ValueError(sent)  # noqa: TRY004 - what was sent is wrong, not the program
    return sent


def from_json(measure: Measure, value: object) -> int | None:
    """Undo `to_json`.

    Raises:
        ValueError: *value* is no number of this measure.
    """
    if value is None or (isinstance(value, int) and measure.is_count):
        return value
    stored = from_text(measure, value) if isinstance(value, str) and not measure.is_count else None
    if stored is None:
        raise ValueError(value)
    return stored


def filled_and_nonzero(values: Values) -> tuple[int, int]:
    """Count the cells that hold a number, and those that hold another than 0."""
    filled = [value for value in values.values() if value is not None]
    return len(filled), sum(value != 0 for value in filled)


def missing_cells(form: ReportForm, values: Values) -> list[CellCode]:
    """Return the cells that nobody filled, in the form's order."""
    if None not in map(values.get, form.cells):
        return []
    return [code for code in form.cells if values.get(code) is None]
