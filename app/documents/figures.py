"""Figures of a roll-up as text says them: exact, with their unit, and never 0 for what is missing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from app.documents.charts.model import MISSING
from app.domain.plausibility import CARRIED, RECEIVED
from app.domain.roll_up import RollUp, rate_of
from app.domain.values import to_printed
from app.forms import FORMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.values import Values
    from app.forms.model import Axis, CellCode, Indicator, ReportForm

REQUESTS, OUTCOMES, TOTAL = "requests", "outcomes", "total"
_ORDINAL = re.compile(r"^(?:（[^）]{1,2}）|[0-9]{1,2}\.)")


def total_of(row: str) -> CellCode:
    """Name the cell of all applicants in a row of 表三."""
    return f"{REQUESTS}.{row}.{TOTAL}"


PROCESSED, LEFT = total_of("processed"), total_of("pending_at_end")


def _row_of(code: CellCode) -> str:
    """Return what people call a cell's row of 表三, as the newest form has it: 上年结转."""
    table = FORMS[-1].table(REQUESTS)
    rows = () if table is None else table.rows()
    return next(spoken(row) for row in rows if total_of(row.code) == code)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A group of outcomes of requests as the form has it: （三）不予公开 with its eight rows."""

    name: str
    rows: tuple[Axis, ...]

    @property
    def cells(self) -> tuple[CellCode, ...]:
        """The totals of its rows."""
        return tuple(total_of(row.code) for row in self.rows)


def spoken(axis: Axis) -> str:
    """Return a heading without its number: 不予公开."""
    return _ORDINAL.sub("", axis.spoken)


FLOW = {"收到申请": RECEIVED, _row_of(CARRIED): CARRIED, "办结": PROCESSED, _row_of(LEFT): LEFT}
"""What comes in and goes out in a year, as people call it."""

CALLED = {code: name for name, code in FLOW.items()}


def outcomes_of(form: ReportForm) -> list[Outcome]:
    """Return the groups of outcomes, in the form's order; none where the form has no requests."""
    table = form.table(REQUESTS)
    rows = [] if table is None else [row for block in table.blocks for row in block.rows]
    groups = [group for row in rows if row.code == OUTCOMES for group in row.children]
    return [Outcome(spoken(group), group.leaves()) for group in groups if total_of(group.code) != PROCESSED]


@dataclass(frozen=True, slots=True)
class Figures:
    """The sums of a roll-up, to be said in words.

    Attributes:
        form: of its year.
        rolled: the sums.
    """

    form: ReportForm
    rolled: RollUp

    def value(self, code: CellCode) -> int | None:
        """Return a sum in its smallest unit; None where no unit gave it, or the form has no such cell."""
        return self.rolled.totals.get(code)

    def sum(self, codes: Sequence[CellCode]) -> int | None:
        """Add sums up; None where one of them is missing."""
        known = [value for code in codes if (value := self.value(code)) is not None]
        return sum(known) if len(known) == len(codes) else None

    def lacking(self, *codes: CellCode) -> int:
        """Return in how many reports at least one of the cells is missing, at the least."""
        return max((self.rolled.incomplete.get(code, 0) for code in codes), default=0)

    def printed(self, code: CellCode) -> str:
        """Return a sum as documents show it, without its unit."""
        value = self.value(code)
        return MISSING if value is None else to_printed(self.form.cells[code].measure, value)

    def said(self, code: CellCode) -> str:
        """Return a sum with its unit; one that isn't whole says how many units lack it."""
        value, lacking = self.value(code), self.lacking(code)
        if value is None:
            return MISSING
        some = f"（另有{lacking}个单位缺此数）" if lacking else ""
        return f"{self.printed(code)}{self.form.cells[code].measure.unit}{some}"

    def starred(self, *codes: CellCode) -> str:
        """Return the sum of counts for a table, with an asterisk where it isn't whole."""
        value = self.sum(codes)
        return MISSING if value is None else f"{value}{'*' if self.lacking(*codes) else ''}"

    def share(self, cells: Sequence[CellCode], whole: CellCode) -> str:
        """Return the share that cells have in another; a dash where they aren't whole."""
        part, all_of_it = self.sum(cells), self.value(whole)
        if part is None or all_of_it is None or self.lacking(*cells, whole):
            return said_percent(None)
        return said_percent(share(part, all_of_it))

    def rate(self, code: str) -> Decimal | None:
        """Return one of the form's rates in per cent, with two places; None where it can't be told."""
        indicator = next((each for each in self.form.indicators if each.code == code), None)
        return None if indicator is None else percent(indicator, self.rolled)


def figures_of_one(form: ReportForm, values: Values) -> Figures:
    """Return the figures of one report, which is its own sum."""
    return Figures(form, RollUp(values, 1, {code: 1 for code, value in values.items() if value is None}))


def share(part: int, whole: int) -> Decimal | None:
    """Return a part of a whole in per cent, with two places; None where there is no whole."""
    return None if not whole else (Decimal(100 * part) / whole).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


def percent(indicator: Indicator, rolled: RollUp) -> Decimal | None:
    """Return a rate in per cent, with two places; None over 0 or over incomplete cells."""
    rate = rate_of(indicator, rolled)
    return None if rate is None else rate.scaleb(2)


def said_percent(rate: Decimal | None) -> str:
    """Return a rate in per cent as text; what can't be told is a dash."""
    return "—" if rate is None else f"{rate}%"
