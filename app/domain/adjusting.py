"""Adjustments (调整): what a county adds to its total beside the figures of its units, never in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.judging import judge_balances
from app.domain.results import Outcome
from app.domain.totals import amend
from app.domain.values import from_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.domain.results import Result
    from app.domain.values import Values
    from app.forms.model import CellCode, Measure, ReportForm


def amount_from(measure: Measure, value: int | str) -> int | None:
    """Read an amount as JSON holds it: a count as a number, money as text; either may be below 0.

    In the smallest unit; None where it is none of this measure, or larger than any total.
    """
    if measure.is_count or isinstance(value, int):
        stored = value if measure.is_count and isinstance(value, int) else None
    else:
        stored = from_text(measure, value.removeprefix("-"))
        if stored is not None and value.startswith("-"):
            stored = -stored
    return None if stored is None or abs(stored) > measure.most_in_aggregate else stored


def complete_lines(form: ReportForm, typed: Mapping[CellCode, int]) -> dict[CellCode, int]:
    """Return amounts by cell with those of the totals that they touch; a total that is named stands as it is.

    What comes to nothing is left out.
    """
    worked = amend(form, dict.fromkeys(form.cells, 0), typed)
    return {code: amount for code, amount in worked.items() if amount}


def adjusted(totals: Values, adjustments: Iterable[Mapping[CellCode, int]]) -> dict[CellCode, int | None]:
    """Return totals with all adjustments; a cell that has no total has none afterwards either."""
    after = dict(totals)
    for lines in adjustments:
        for code, amount in lines.items():
            value = after.get(code)
            if value is not None:
                after[code] = value + amount
    return after


def broken_by(form: ReportForm, before: Values, after: Values) -> list[Result]:
    """Return the balances that numbers break which they kept before they were adjusted.

    A balance is linear, so an adjustment that breaks none today never will, whatever becomes of the units'
    figures or of other adjustments.
    """
    was_broken = {each.code for each in judge_balances(form, before) if each.outcome is Outcome.BROKEN}
    now = judge_balances(form, after)
    return [each for each in now if each.outcome is Outcome.BROKEN and each.code not in was_broken]


def below_least(form: ReportForm, values: Values) -> list[CellCode]:
    """Return the cells whose number is less than any report may say."""
    return [
        code
        for code, cell in form.cells.items()
        if not cell.measure.is_signed and (values.get(code) or 0) < cell.measure.least
    ]
