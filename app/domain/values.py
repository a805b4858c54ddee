"""A report's numbers: one whole number, or None for a missing cell, under each cell code.

Counts are stored as they are and money in its smallest unit (`Measure.places`), so every sum is exact.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from app.forms.model import CellCode, Measure, ReportForm

Values: TypeAlias = Mapping[CellCode, int | None]
"""Numbers by cell code; None where the cell is missing, which is never the same as 0."""

Row: TypeAlias = dict[str, int | str | None]
Nested: TypeAlias = dict[str, dict[str, Row]]
"""Table → row → column, counts as whole numbers and money as decimal text."""

_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,17})(?:\.([0-9]+))?", re.ASCII)


def to_text(measure: Measure, stored: int) -> str:
    """Write a stored number as people write it, without superfluous zeros: 437880 分 → "0.43788" 万元."""
    if measure.is_count:
        return str(stored)
    sign = "-" if stored < 0 else ""
    whole, rest = divmod(abs(stored), 10**measure.places)
    decimals = f"{rest:0{measure.places}d}".rstrip("0")
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"


def from_text(measure: Measure, text: str) -> int | None:
    """Read a number ≥ 0 as people write it; None where it is none, or has more places than the measure."""
    match = _DECIMAL.fullmatch(text)
    if match is None:
        return None
    whole, decimals = match[1], match[2] or ""
    if len(decimals) > measure.places:
        return None
    return int(whole + decimals.ljust(measure.places, "0"))


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
        table.code: {
            row.code: {
                column.code: to_json(cell.measure, values.get(cell.code))
                for column in table.columns_of(row.code)
                for cell in (form.cells[f"{table.code}.{row.code}.{column.code}"],)
            }
            for row in table.rows()
        }
        for table in form.tables
    }


def flatten(form: ReportForm, nested: Mapping[str, Mapping[str, Mapping[str, int | str | None]]]) -> Values:
    """Undo `nest`: every cell of the form by its code.

    Raises:
        KeyError: *nested* lacks a cell.
        ValueError: a cell holds neither a number nor null.
    """
    return {
        code: from_json(cell.measure, nested[cell.table.code][cell.row.code][cell.column.code])
        for code, cell in form.cells.items()
    }


def from_json(measure: Measure, value: int | str | None) -> int | None:
    """Undo `to_json`.

    Raises:
        ValueError: *value* is text that isn't a number of this measure.
    """
    if not isinstance(value, str):
        return value
    stored = from_text(measure, value)
    if stored is None:
        raise ValueError(value)
    return stored


def missing_cells(form: ReportForm, values: Values) -> list[CellCode]:
    """Return the cells that nobody filled, in the form's order."""
    return [code for code in form.cells if values.get(code) is None]
