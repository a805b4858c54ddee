"""What a roll-up is made of: the next level side by side, and who gave what to a cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.domain.adjusting import adjusted
from app.domain.agencies import reference_day
from app.domain.guesses import guess
from app.domain.orders import Mark, Order
from app.domain.roll_up import RollUp, share_of
from app.domain.years import watched_cells
from app.errors import Fault, InvalidRequest, NotFound
from app.forms import form_of_year
from app.services.agencies import key_of
from app.services.obligations import excuses_under
from app.services.roll_ups import find_scope
from app.services.successions import holdings_on
from app.storage.finalisations import adjustments_in, which_are_final
from app.storage.numbers import SEPARATOR
from app.storage.parts import Child, list_children, list_largest, sum_cells, sum_children
from app.storage.sums import list_sources
from app.storage.surroundings import counting_numbers
from app.storage.tree import lineages_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from app.auth.actor import Actor
    from app.domain.lifecycle import Basis
    from app.forms.model import Cell, CellCode, ReportForm
    from app.services.roll_ups import Scope
    from app.storage.engine import ReadSession
    from app.storage.finalisations import Adjusted
    from app.storage.parts import Figures

EVERY_CELL = "all"
BY_CODE, BY_NAME = "code", "name"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which roll-up somebody asks about: of which agency and year, and which reports count."""

    agency: str
    year: int
    basis: Basis


@dataclass(frozen=True, slots=True)
class ChildPart:
    """What the subtree of an agency of the next level adds to a roll-up, or the upper agency's own report.

    Attributes:
        child: the agency.
        is_own: whether it is the upper agency by itself (本级).
        total: the sum of the cells that were asked for.
    """

    child: Child
    is_own: bool
    total: RollUp


@dataclass(frozen=True, slots=True)
class ChildParts:
    """The next level side by side.

    Attributes:
        scope: what they are parts of.
        cells: that were added.
        parts: in the order that was asked for.
        beside: what has to be known of each besides its sum, by the agency's code.
        own_lines: what the upper agency itself adjusted, which is in no part.
    """

    scope: Scope
    cells: tuple[CellCode, ...]
    parts: list[ChildPart]
    beside: Mapping[str, Beside]
    own_lines: list[Mapping[CellCode, int]]


@dataclass(slots=True)
class Beside:
    """What has to be known of a part besides its sum.

    Attributes:
        excused: how many of those that owe a report are excused from it, and have none that counts.
        lines: what was adjusted in it, each by cell.
        is_final: whether its total is final.
    """

    excused: int = 0
    lines: list[Mapping[CellCode, int]] = field(default_factory=list)
    is_final: bool = False


def list_child_parts(
    session: ReadSession, actor: Actor, asked: Asked, cells: Sequence[str], order: Order
) -> ChildParts:
    """Return what each agency of the next level adds to a roll-up; together that is the roll-up's total.

    Args:
        session: where to look.
        actor: who asks.
        asked: the roll-up.
        cells: which, the main ones if none is named, or `EVERY_CELL`.
        order: by a cell, `BY_CODE` or `BY_NAME`.

    Raises:
        NotFound: there is no such agency, or it stood nowhere that day.
        InvalidRequest: the year has no form, or the form no such cell.
    """
    scope = find_scope(session, actor, asked.agency, asked.year, asked.basis)
    wanted = _cells_wanted(scope.form, cells)
    if order.by not in (BY_CODE, BY_NAME):
        wanted = tuple(dict.fromkeys([*wanted, *pick_cells(scope.form.cells, [order.by], "sort")]))
    parts = child_parts(session, scope, wanted)
    arranged = order.arrange(parts, lambda part: mark_of_part(part, order))
    beside = _beside(session, scope, [part.child for part in parts])
    top = beside.setdefault(scope.agency.code, Beside())
    own_lines, top.lines = top.lines, []
    return ChildParts(scope, wanted, arranged, beside, own_lines)


def _beside(session: ReadSession, scope: Scope, children: list[Child]) -> dict[str, Beside]:
    """Return what stands beside the sums of the next level, and of the upper agency, by code."""
    year, top = scope.subtree.year, key_of(scope.agency)
    final = which_are_final(session, [child.id for child in children if child.id != top], year)
    beside = {child.code: Beside(is_final=child.id in final) for child in children}
    adjustments, excused = adjustments_in(session, top, year), _excused(session, scope)
    parts = _parts_over(session, scope, excused | {key_of(each.agency) for each in adjustments})
    for key in excused & parts.keys():
        beside.setdefault(parts[key], Beside()).excused += 1
    for each in adjustments:
        beside.setdefault(parts[key_of(each.agency)], Beside()).lines.append(each.lines)
    return beside


def _excused(session: ReadSession, scope: Scope) -> set[int]:
    """Return who is excused and has no report that counts."""
    excused = excuses_under(session, scope.agency, scope.subtree.year).keys()
    if not excused:
        return set()
    sources = list_sources(session.connection(), scope.table, scope.subtree)
    return excused - {source.agency_id for source in sources}


def _parts_over(session: ReadSession, scope: Scope, bodies: set[int]) -> dict[int, str]:
    """Return the code of the agency of the next level over each body; over the top itself its own."""
    day, depth = reference_day(scope.subtree.year), scope.subtree.path.count(SEPARATOR) - 1
    lineages = lineages_on(session, bodies, day) if bodies else {}
    return {key: rungs[min(depth, len(rungs) - 1)].code for key, rungs in lineages.items()}


def mark_of_part(part: ChildPart, order: Order) -> Mark:
    """Return where a part stands in an order."""
    child = part.child
    keys = {BY_CODE: child.code, BY_NAME: child.name}
    return Mark(keys[order.by] if order.by in keys else part.total.totals[order.by], child.code)


def child_parts(session: ReadSession, scope: Scope, cells: tuple[CellCode, ...]) -> list[ChildPart]:
    """Return what each agency of the next level adds to some cells, in no order."""
    sums = sum_children(session.connection(), scope.table, scope.subtree, cells)
    top = key_of(scope.agency)
    children = list_children(session, top, reference_day(scope.subtree.year))
    nothing = RollUp(dict.fromkeys(cells), 0, {})
    parts = (
        ChildPart(child, child.id == top, sums.get("" if child.id == top else child.code, nothing))
        for child in children
    )
    # an agency that owes no report of its own has no part by itself
    return [part for part in parts if not part.is_own or part.child.expected or part.total.included]


def _cells_wanted(form: ReportForm, cells: Sequence[str]) -> tuple[CellCode, ...]:
    if EVERY_CELL in cells:
        return tuple(form.cells)
    return pick_cells(form.cells, cells, "cells") if cells else tuple(watched_cells(form))


def pick_cells(known: Mapping[CellCode, Cell], codes: Iterable[str], parameter: str) -> tuple[CellCode, ...]:
    """Return codes of cells that a parameter names, each once.

    Raises:
        InvalidRequest: some of them aren't known.
    """
    asked, where = tuple(dict.fromkeys(codes)), {"in": "query", "parameter": parameter}
    faults = [
        Fault("", f"表中没有“{code}”这一格{guess(code, known)}", "unknown-cell", where)
        for code in asked
        if code not in known
    ]
    if faults:
        raise InvalidRequest("有的格在表中没有", faults)
    return asked


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a report gave to a cell of a roll-up.

    Attributes:
        code: of the agency whose it is.
        name: its name.
        value: in the smallest unit; None where the report lacks the cell.
        share: of the total, to four places; None where that isn't above 0, or the value is missing.
        last_year: what the same agency's report of the year before has in the cell of the same code; of one
            that others were merged into meanwhile, their sum.
    """

    code: str
    name: str
    value: int | None
    share: Decimal | None
    last_year: int | None


@dataclass(frozen=True, slots=True)
class Contributions:
    """Who gave what to a cell.

    Attributes:
        scope: the roll-up.
        cell: which.
        total: the sum with the number of reports, and of those that lack the cell.
        items: the largest first, those that lack it last.
        adjustments: of all that was adjusted in the subtree, what changes the cell, the oldest first.
    """

    scope: Scope
    cell: Cell
    total: RollUp
    items: list[Contribution]
    adjustments: list[Adjusted]

    @property
    def adjusted_sum(self) -> int | None:
        """The sum with whatever was adjusted."""
        return adjusted(self.total.totals, [each.lines for each in self.adjustments])[self.cell.code]


LARGEST_FIRST = Order("value", descending=True)


def list_contributions(
    session: ReadSession, actor: Actor, asked: Asked, code: CellCode, after: Mark | None, limit: int
) -> Contributions:
    """Return what each report that a roll-up adds has in a cell, in the order `LARGEST_FIRST`.

    Raises:
        NotFound: there is no such agency, it stood nowhere that day, or the form has no such cell.
        InvalidRequest: the year has no form.
    """
    scope = find_scope(session, actor, asked.agency, asked.year, asked.basis)
    cell = scope.form.cells.get(code)
    if cell is None:
        raise NotFound(f"{scope.form.name}没有“{code}”这一格{guess(code, scope.form.cells)}")
    connection = session.connection()
    total = sum_cells(connection, scope.table, scope.subtree, (code,))
    found = list_largest(connection, scope.table, scope.subtree, code, after, limit)
    before = _last_year(session, code, asked.year, [each.agency_id for each in found])
    items = [_contribution(each, total.totals[code], before.get(each.agency_id)) for each in found]
    adjustments = adjustments_in(session, key_of(scope.agency), asked.year)
    return Contributions(scope, cell, total, items, [each for each in adjustments if code in each.lines])


def _last_year(session: ReadSession, code: CellCode, year: int, agencies: list[int]) -> dict[int, int | None]:
    form = form_of_year(year - 1)
    if form is None or code not in form.cells:
        return {}
    rows = counting_numbers(session, form, [code], agencies, range(year - 1, year))
    own = {agency: values[code] for agency, _, values in rows}
    held = holdings_on(session, agencies, reference_day(year))
    return own | {agency: holding.values.get(code) for agency, holding in held.items()}


def _contribution(figures: Figures, total: int | None, last_year: int | None) -> Contribution:
    (value,) = figures.values
    share = None if value is None or total is None or total <= 0 else share_of(value, total)
    return Contribution(figures.code, figures.name, value, share, last_year)


def mark_of_contribution(item: Contribution) -> Mark:
    """Return where a contribution stands in `LARGEST_FIRST`."""
    return Mark(item.value, item.code)
