"""Several years of a roll-up beside each other, with what makes them hard to compare."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from app.domain.adjusting import adjusted
from app.domain.agencies import reference_day
from app.domain.deadlines import CHINA
from app.domain.roll_up import RollUp, rate_of
from app.domain.years import watched_cells
from app.errors import Fault, InvalidRequest
from app.forms import FORMS
from app.services.agencies import find_agency, key_of
from app.services.filed import find_form
from app.services.paths import get_path
from app.services.rankings import pick_indicators
from app.services.roll_up_parts import EVERY_CELL, pick_cells
from app.storage.finalisations import adjustments_in, which_are_final
from app.storage.numbers import TABLES
from app.storage.parts import list_children, sum_cells
from app.storage.sums import Subtree
from app.storage.tree_changes import TreeChanges, changes_between

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from app.auth.actor import Actor
    from app.domain.lifecycle import Basis
    from app.domain.values import Values
    from app.forms.model import Cell, CellCode, Indicator, ReportForm
    from app.storage.engine import ReadSession
    from app.storage.models import Agency

USUAL_YEARS = 5


@dataclass(frozen=True, slots=True)
class TrendAsked:
    """What somebody wants to see of several years.

    Attributes:
        agency: code of the one at the top of the subtree.
        first: the first report year; None: so that there are `USUAL_YEARS`.
        last: the last one; None: the last that is over.
        basis: which reports count.
        cells: which, the main ones if none is named, or `EVERY_CELL`.
        indicators: which, all if none is named.
    """

    agency: str
    first: int | None
    last: int | None
    basis: Basis
    cells: Sequence[str] = ()
    indicators: Sequence[str] = ()

    @property
    def years(self) -> range:
        """The years, the earliest first.

        Raises:
            InvalidRequest: they end before they begin.
        """
        last = self.last or datetime.now(CHINA).year - 1
        first = self.first or max(last - USUAL_YEARS + 1, FORMS[0].first_year)
        if first > last:
            message = f"from（{first}）不能晚于 to（{last}）"
            where = {"in": "query", "parameter": "from"}
            raise InvalidRequest(message, [Fault("", message, "wrong-years", where)])
        return range(first, last + 1)


@dataclass(frozen=True, slots=True)
class TrendYear:
    """A year of a trend.

    Attributes:
        year: the report year.
        form: on which its reports are made.
        stands: whether the agency stood in the tree on 31 December.
        expected: how many agencies of the subtree owe a report.
        total: the sums; None for a cell that no report has, or that the year's form lacks.
        adjusted_totals: the sums with whatever was adjusted in the subtree.
        is_final: whether the year's total is final.
        lacking: the cells that the year's form lacks.
        rates: by the code of the indicator.
        form_changed: whether the form isn't that of the year before in the trend.
        changes: how the subtree differs from what it was a year before; None for the first year.
    """

    year: int
    form: ReportForm
    stands: bool
    expected: int
    total: RollUp
    adjusted_totals: Values
    is_final: bool
    lacking: list[CellCode]
    rates: dict[str, Decimal | None]
    form_changed: bool
    changes: TreeChanges | None


@dataclass(frozen=True, slots=True)
class Trend:
    """Several years of a roll-up.

    Attributes:
        agency: at the top of the subtree.
        cells: that are shown, as the newest form that has them calls them.
        indicators: that are shown, likewise.
        years: the earliest first.
    """

    agency: Agency
    cells: dict[CellCode, Cell]
    indicators: dict[str, Indicator]
    years: list[TrendYear]


@dataclass(frozen=True, slots=True)
class _Wanted:
    cells: dict[CellCode, Cell]
    indicators: dict[str, Indicator]
    basis: Basis


def read_trend(session: ReadSession, actor: Actor, asked: TrendAsked) -> Trend:
    """Add up the reports of a subtree for each of several years, on the tree of each year's 31 December.

    Raises:
        NotFound: there is no such agency that the actor reaches in each of the years.
        InvalidRequest: a year has no form, or none of the forms such a cell or indicator.
    """
    forms = {year: find_form(year) for year in asked.years}
    newest_first = list(dict.fromkeys(reversed(forms.values())))
    wanted = _Wanted(
        _cells(newest_first, asked.cells), _indicators(newest_first, asked.indicators), asked.basis
    )
    agency = find_agency(session, actor, asked.agency, year=asked.years[-1])
    years: list[TrendYear] = []
    for year, form in forms.items():
        # somebody may reach it in some years only
        find_agency(session, actor, asked.agency, year=year)
        years.append(_year(session, agency, (year, form), wanted, years[-1] if years else None))
    return Trend(agency, wanted.cells, wanted.indicators, years)


def _cells(newest_first: list[ReportForm], asked: Sequence[str]) -> dict[CellCode, Cell]:
    """Return cells as the newest form that has them calls them."""
    known = {code: cell for form in reversed(newest_first) for code, cell in form.cells.items()}
    if EVERY_CELL in asked:
        return {code: known[code] for form in newest_first for code in form.cells}
    main = (code for form in newest_first for code in watched_cells(form))
    return {code: known[code] for code in (pick_cells(known, asked, "cells") if asked else main)}


def _indicators(newest_first: list[ReportForm], asked: Sequence[str]) -> dict[str, Indicator]:
    known = {each.code: each for form in reversed(newest_first) for each in form.indicators}
    return pick_indicators(known, asked or known, "indicators")


def _year(
    session: ReadSession,
    agency: Agency,
    when: tuple[int, ReportForm],
    wanted: _Wanted,
    before: TrendYear | None,
) -> TrendYear:
    (year, form), key = when, key_of(agency)
    day, path = reference_day(year), get_path(session, agency, year)
    own = {each.code: each for each in form.indicators if each.code in wanted.indicators}
    of_rates = (code for each in own.values() for code in each.cells)
    cells = tuple(dict.fromkeys([*(code for code in wanted.cells if code in form.cells), *of_rates]))
    total = RollUp(dict.fromkeys(cells), 0, {})
    if path is not None:
        subtree = Subtree(year, path, wanted.basis.statuses)
        total = sum_cells(session.connection(), TABLES[form.version], subtree, cells)
    return TrendYear(
        year,
        form,
        stands=path is not None,
        expected=sum(child.expected for child in list_children(session, key, day)),
        total=total,
        adjusted_totals=adjusted(total.totals, [each.lines for each in adjustments_in(session, key, year)]),
        is_final=bool(which_are_final(session, [key], year)),
        lacking=[code for code in wanted.cells if code not in form.cells],
        rates={code: rate_of(own[code], total) if code in own else None for code in wanted.indicators},
        form_changed=before is not None and before.form is not form,
        changes=None if before is None else changes_between(session, key, reference_day(before.year), day),
    )
