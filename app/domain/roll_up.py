"""Adding reports up, cell by cell: a cell that a report lacks is counted, never taken as 0."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from app.domain.totals import sum_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.values import Values
    from app.forms.model import CellCode, Indicator, ReportForm


@dataclass(frozen=True, slots=True)
class RollUp:
    """The sum of several reports.

    Attributes:
        totals: sum by cell; None where no report has the cell.
        included: how many reports were added.
        incomplete: by cell, how many of them lack it; cells that all have are left out.
    """

    totals: Values
    included: int
    incomplete: dict[CellCode, int]


def roll_up(form: ReportForm, reports: Iterable[Values]) -> RollUp:
    """Add reports up in plain Python, as the database does in SQL."""
    everyone = list(reports)
    totals: dict[CellCode, int | None] = {}
    incomplete: dict[CellCode, int] = {}
    for code in form.cells:
        known = [value for report in everyone if (value := report.get(code)) is not None]
        totals[code] = sum(known) if known else None
        if len(known) < len(everyone):
            incomplete[code] = len(everyone) - len(known)
    return RollUp(totals, len(everyone), incomplete)


def joined(cells: Iterable[CellCode], parts: Iterable[RollUp]) -> RollUp:
    """Return the sum of sums of different reports, of some cells."""
    everyone = list(parts)
    totals: dict[CellCode, int | None] = {}
    incomplete: dict[CellCode, int] = {}
    for code in cells:
        known = [value for part in everyone if (value := part.totals.get(code)) is not None]
        totals[code] = sum(known) if known else None
        if lacking := sum(part.incomplete.get(code, 0) for part in everyone):
            incomplete[code] = lacking
    return RollUp(totals, sum(part.included for part in everyone), incomplete)


FOUR_PLACES = Decimal("0.0001")


def share_of(part: int, whole: int) -> Decimal:
    """Return a part of a whole that isn't 0, to four places."""
    return (Decimal(part) / Decimal(whole)).quantize(FOUR_PLACES, ROUND_HALF_EVEN)


def cases_of(indicator: Indicator, rolled: RollUp) -> int | None:
    """Return of how many cases a rate is; None over incomplete cells, or where they aren't known."""
    if any(code in rolled.incomplete for code in indicator.cells):
        return None
    denominator, less = (sum_of(rolled.totals, part) for part in (indicator.denominator, indicator.less))
    return None if denominator is None or less is None else denominator - less


def rate_of(indicator: Indicator, rolled: RollUp) -> Decimal | None:
    """Work a rate out from sums, to four places; None over a denominator of 0 or over incomplete cells."""
    cases, numerator = cases_of(indicator, rolled), sum_of(rolled.totals, indicator.numerator)
    return share_of(numerator, cases) if cases and numerator is not None else None
