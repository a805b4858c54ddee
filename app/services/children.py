"""The next level of a roll-up, side by side: on the year's tree or on today's."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app.domain.agencies import ReportScope, reference_day
from app.domain.orders import Mark, Order
from app.domain.roll_up import RollUp, joined
from app.domain.years import watched_cells
from app.services.agencies import key_of
from app.services.obligations import excuses_among, excuses_under
from app.services.roll_up_parts import EVERY_CELL, pick_cells
from app.services.scopes import find_scope
from app.storage.finalisations import adjustments_in, which_are_final
from app.storage.members import expected_among
from app.storage.numbers import SEPARATOR
from app.storage.parts import Child, list_children, sum_children, sum_each
from app.storage.sums import list_sources
from app.storage.tree import lineages_on

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from app.auth.actor import Actor
    from app.forms.model import CellCode, ReportForm
    from app.services.regrouping import Regrouped
    from app.services.scopes import Asked, Scope
    from app.storage.engine import ReadSession
    from app.storage.finalisations import Adjusted
    from app.storage.tree import Placed

BY_CODE, BY_NAME = "code", "name"


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
        other_lines: what was adjusted and is in no part's sum: by the upper agency itself, or in a part that
            has no sum of the cell.
    """

    scope: Scope
    cells: tuple[CellCode, ...]
    parts: list[ChildPart]
    beside: Mapping[str, Beside]
    other_lines: list[Mapping[CellCode, int]]

    def lines_of(self, part: ChildPart) -> Sequence[Mapping[CellCode, int]]:
        """Return what was adjusted in a part: what an agency adjusts is not in its own report."""
        return () if part.is_own else self.beside[part.child.code].lines


@dataclass(slots=True)
class Beside:
    """What has to be known of a part besides its sum.

    Attributes:
        excused: how many of those that owe a report are excused from it, and have none that counts.
        lines: what was adjusted in it, each by cell.
        is_final: whether its total is final; None of the upper agency's own report, and on today's tree:
            there is no such total.
    """

    excused: int = 0
    lines: list[Mapping[CellCode, int]] = field(default_factory=list)
    is_final: bool | None = None


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
        NotFound: there is no such agency, or it stands nowhere on the tree.
        InvalidRequest: the year has no form, or the form no such cell.
    """
    scope = find_scope(session, actor, asked)
    wanted = _cells_wanted(scope.form, cells)
    if order.by not in (BY_CODE, BY_NAME):
        wanted = tuple(dict.fromkeys([*wanted, *pick_cells(scope.form.cells, [order.by], "sort")]))
    parts = child_parts(session, scope, wanted)
    arranged = order.arrange(parts, lambda part: mark_of_part(part, order))
    beside = _beside(session, scope, [part.child for part in parts])
    found = ChildParts(scope, wanted, arranged, beside, [])
    return replace(found, other_lines=list(_other_lines(found)))


def _other_lines(found: ChildParts) -> Iterator[Mapping[CellCode, int]]:
    """Yield what was adjusted and is in no part's sum."""
    for part in found.parts:
        lacking = {code for code, value in part.total.totals.items() if value is None}
        for lines in found.lines_of(part):
            yield {code: amount for code, amount in lines.items() if code in lacking}
    yield from found.beside[found.scope.agency.code].lines


def _cells_wanted(form: ReportForm, cells: Sequence[str]) -> tuple[CellCode, ...]:
    if EVERY_CELL in cells:
        return tuple(form.cells)
    return pick_cells(form.cells, cells, "cells") if cells else tuple(watched_cells(form))


def mark_of_part(part: ChildPart, order: Order) -> Mark:
    """Return where a part stands in an order."""
    child = part.child
    keys = {BY_CODE: child.code, BY_NAME: child.name}
    return Mark(keys[order.by] if order.by in keys else part.total.totals[order.by], child.code)


def child_parts(session: ReadSession, scope: Scope, cells: tuple[CellCode, ...]) -> list[ChildPart]:
    """Return what each agency of the next level adds to some cells, in no order."""
    if scope.regrouped is None:
        parts = _parts_of_year(session, scope, cells)
    else:
        parts = _parts_of_today(session, scope, scope.regrouped, cells)
    # an agency that owes no report of its own has no part by itself
    return [part for part in parts if not part.is_own or part.child.expected or part.total.included]


def _parts_of_year(session: ReadSession, scope: Scope, cells: tuple[CellCode, ...]) -> list[ChildPart]:
    sums = sum_children(session.connection(), scope.table, scope.subtree, cells)
    top = key_of(scope.agency)
    nothing = RollUp(dict.fromkeys(cells), 0, {})
    return [
        ChildPart(child, child.id == top, sums.get("" if child.id == top else child.code, nothing))
        for child in list_children(session, top, reference_day(scope.asked.year))
    ]


def _parts_of_today(
    session: ReadSession, scope: Scope, regrouped: Regrouped, cells: tuple[CellCode, ...]
) -> list[ChildPart]:
    connection, over = session.connection(), _parts_over_today(regrouped)
    sums: dict[str, RollUp] = {}
    for some in scope.subtrees():
        sums |= sum_each(connection, scope.table, some, cells)
    owing: defaultdict[str, list[Placed]] = defaultdict(list)
    for place in regrouped.placed:
        if key_of(place.agency) in regrouped.owing:
            owing[over[key_of(place.agency)]].append(place)

    def part(top: Placed) -> ChildPart:
        below = owing[top.agency.code]
        codes = [place.agency.code for place in below]
        total = joined(cells, [sums[code] for code in codes if code in sums])
        return ChildPart(_child_of(top, below), top.depth == 0, total)

    shown = (place for place in regrouped.placed if key_of(place.agency) not in regrouped.merged)
    return [part(place) for place in shown if place.depth <= 1]


def _child_of(top: Placed, below: list[Placed]) -> Child:
    agency = top.agency
    expected = sum(place.agency.in_rollup and place.agency.report_scope == ReportScope.OWN for place in below)
    return Child(key_of(agency), agency.code, top.name, agency.level, agency.kind, expected)


def _parts_over_today(regrouped: Regrouped) -> dict[int, str]:
    """Return the code of the agency of the next level over each body.

    Over the top itself, and whoever was merged into it, it is the top's own.
    """
    known = {place.agency.code: place for place in regrouped.placed}
    over: dict[int, str] = {}
    for place in regrouped.placed:
        above = place
        while above.depth > 1 or key_of(above.agency) in regrouped.merged:
            above = known[above.parent or ""]
        over[key_of(place.agency)] = above.agency.code
    return over


def _beside(session: ReadSession, scope: Scope, children: list[Child]) -> dict[str, Beside]:
    """Return what stands beside the sums of the next level, and of the upper agency, by code."""
    beside = {child.code: Beside() for child in children} | {scope.agency.code: Beside()}
    excused, adjustments = _excused(session, scope), _adjustments(session, scope)
    bodies = excused | {key_of(each.agency) for each in adjustments}
    today = scope.regrouped
    over = _parts_over(session, scope, bodies) if today is None else _parts_over_today(today)
    for key in excused & over.keys():
        beside[over[key]].excused += 1
    for each in adjustments:
        beside[over[key_of(each.agency)]].lines.append(each.lines)
    if today is None:
        below = [child for child in children if child.code != scope.agency.code]
        final = which_are_final(session, [child.id for child in below], scope.asked.year)
        for child in below:
            beside[child.code].is_final = child.id in final
    return beside


def _adjustments(session: ReadSession, scope: Scope) -> list[Adjusted]:
    if not scope.has_adjustments:
        return []
    return adjustments_in(session, key_of(scope.agency), scope.asked.year)


def _excused(session: ReadSession, scope: Scope) -> set[int]:
    """Return who of those that owe a report is excused and has none that counts."""
    agency, year, today = scope.agency, scope.asked.year, scope.regrouped
    if today is None:
        excused = set(excuses_under(session, agency, year))
    else:
        excused = set(excuses_among(session, agency, year, today.owing - today.left_over.keys()))
    connection = session.connection()
    excused = expected_among(connection, excused)
    for some in scope.reports_of(excused):
        excused = excused - {source.agency_id for source in list_sources(connection, scope.table, some)}
    return excused


def _parts_over(session: ReadSession, scope: Scope, bodies: Collection[int]) -> dict[int, str]:
    """Return the code of the agency of the next level over each body; over the top itself its own."""
    day, depth = reference_day(scope.asked.year), scope.subtree.path.count(SEPARATOR) - 1
    lineages = lineages_on(session, bodies, day) if bodies else {}
    return {key: rungs[min(depth, len(rungs) - 1)].code for key, rungs in lineages.items()}
