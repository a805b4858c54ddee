"""Who is first in what: bodies, or the subtrees of the next level, by a rate or by a cell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from app.domain.guesses import guess
from app.domain.orders import Mark
from app.domain.roll_up import RollUp, cases_of, rate_of
from app.errors import Fault, InvalidRequest
from app.forms.model import Indicator
from app.services.children import child_parts
from app.services.roll_up_parts import LARGEST_FIRST, pick_cells
from app.services.scopes import find_scope
from app.storage.parts import list_figures

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from app.auth.actor import Actor
    from app.domain.agencies import AgencyLevel
    from app.forms.model import Cell, CellCode, ReportForm
    from app.services.scopes import Asked, Scope
    from app.storage.engine import ReadSession

Row: TypeAlias = "tuple[str, str, RollUp]"
"""An agency's code and name, and its sum of the cells that matter."""


class Of(StrEnum):
    """What is ranked: each report by itself, or the subtrees of the next level."""

    UNITS = "units"
    CHILDREN = "children"


class Rankable(StrEnum):
    """Whether something has a rank: it has; there are too few cases; it isn't known."""

    RANKED = "ranked"
    BELOW = "below"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Measured:
    """By what is ranked: an indicator or a cell; exactly one of them.

    Attributes:
        indicator: the code of a rate.
        cell: the code of a cell.
        minimum: of how many cases a rate must be; a cell needs none.
    """

    indicator: str | None
    cell: str | None
    minimum: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """Something with its rank.

    Attributes:
        code: of the agency.
        name: its name.
        value: the rate, or the cell's value in its smallest unit; None where it isn't known.
        cases: of how many the rate is; None for a cell, or where it isn't known.
        rank: the same for the same value; None where it has none.
    """

    code: str
    name: str
    value: Decimal | int | None
    cases: int | None
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Who is first in what.

    Attributes:
        scope: the roll-up.
        by: what is ranked by.
        lists: by what kind of standing, each in its order.
    """

    scope: Scope
    by: Indicator | Cell
    lists: dict[Rankable, list[Ranked]]


def rank_parts(
    session: ReadSession,
    actor: Actor,
    asked: Asked,
    measured: Measured,
    *,
    of: Of = Of.UNITS,
    level: AgencyLevel | None = None,
) -> Ranking:
    """Rank the reports that a roll-up adds, or the next level's subtrees, the largest first.

    Rates are compared as they are shown, to four places.

    Args:
        session: where to look.
        actor: who asks.
        asked: the roll-up.
        measured: by what.
        of: what is ranked.
        level: only bodies of this level.

    Raises:
        NotFound: there is no such agency, or it stands nowhere on the tree.
        InvalidRequest: the year has no form, or the form no such indicator or cell.
    """
    scope = find_scope(session, actor, asked)
    by = _measure(scope.form, measured)
    cells = tuple(dict.fromkeys(by.cells)) if isinstance(by, Indicator) else (by.code,)
    rows = _units if of is Of.UNITS else _subtrees
    lists: dict[Rankable, list[Ranked]] = {kind: [] for kind in Rankable}
    for row in rows(session, scope, cells, level):
        each = _valued(by, *row)
        lists[_standing(by, each, measured.minimum)].append(each)
    arranged = {kind: LARGEST_FIRST.arrange(items, mark_of_ranked) for kind, items in lists.items()}
    return Ranking(scope, by, arranged | {Rankable.RANKED: _with_ranks(arranged[Rankable.RANKED])})


def mark_of_ranked(ranked: Ranked) -> Mark:
    """Return where something stands in its list."""
    value = ranked.value
    return Mark(int(value.scaleb(4)) if isinstance(value, Decimal) else value, ranked.code)


def _measure(form: ReportForm, measured: Measured) -> Indicator | Cell:
    if (measured.indicator is None) is (measured.cell is None):
        message = "indicator（比率）与 cell（格）要写一个，也只能写一个"
        where = {"in": "query", "parameter": "indicator"}
        raise InvalidRequest(message, [Fault("", message, "one-of", where)])
    if measured.cell is not None:
        (code,) = pick_cells(form.cells, [measured.cell], "cell")
        return form.cells[code]
    known = {indicator.code: indicator for indicator in form.indicators}
    (found,) = pick_indicators(known, [measured.indicator or ""], "indicator").values()
    return found


def pick_indicators(
    known: Mapping[str, Indicator], codes: Iterable[str], parameter: str
) -> dict[str, Indicator]:
    """Return the indicators that a parameter names, by their codes.

    Raises:
        InvalidRequest: some of them aren't known.
    """
    asked, where = tuple(dict.fromkeys(codes)), {"in": "query", "parameter": parameter}
    faults = [
        Fault("", f"没有代码为“{code}”的比率{guess(code, known)}", "unknown-indicator", where)
        for code in asked
        if code not in known
    ]
    if faults:
        raise InvalidRequest("有的比率没有", faults)
    return {code: known[code] for code in asked}


def _units(
    session: ReadSession, scope: Scope, cells: tuple[CellCode, ...], level: AgencyLevel | None
) -> Iterator[Row]:
    connection, subtrees = session.connection(), scope.subtrees()
    for each in (
        row for some in subtrees for row in list_figures(connection, scope.table, some, cells, level)
    ):
        values = dict(zip(cells, each.values, strict=True))
        yield each.code, each.name, RollUp(values, 1, {code: 1 for code in cells if values[code] is None})


def _subtrees(
    session: ReadSession, scope: Scope, cells: tuple[CellCode, ...], level: AgencyLevel | None
) -> Iterator[Row]:
    for part in child_parts(session, scope, cells):
        if part.total.included and level in (None, part.child.level):
            yield part.child.code, part.child.name, part.total


def _valued(by: Indicator | Cell, code: str, name: str, total: RollUp) -> Ranked:
    if isinstance(by, Indicator):
        return Ranked(code, name, rate_of(by, total), cases_of(by, total))
    return Ranked(code, name, None if total.incomplete else total.totals[by.code], None)


def _standing(by: Indicator | Cell, ranked: Ranked, minimum: int) -> Rankable:
    if isinstance(by, Indicator) and ranked.cases is not None and ranked.cases < minimum:
        return Rankable.BELOW
    return Rankable.UNKNOWN if ranked.value is None else Rankable.RANKED


def _with_ranks(arranged: list[Ranked]) -> list[Ranked]:
    """Give each its rank: one more than those that are before it, which those of the same value share."""
    found: list[Ranked] = []
    for place, each in enumerate(arranged, 1):
        is_tied = found and found[-1].value == each.value
        found.append(replace(each, rank=found[-1].rank if is_tied else place))
    return found
