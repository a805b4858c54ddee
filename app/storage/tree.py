"""The tree of agencies on a given day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import (
    CTE,
    BigInteger,
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    exists,
    literal,
    or_,
    select,
)

from app.storage.models import AGENCY, PLACEMENT, Agency, AgencyPlacement
from app.storage.names import division_on, name_on

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import date

    from app.storage.engine import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Placed:
    """An agency where it stands on a day.

    Attributes:
        agency: the agency.
        name: what it was called that day.
        division_code: which 统计用区划代码 it had.
        parent: code of the agency above it; None at the top.
        depth: steps below the agency that was asked for.
    """

    agency: Agency
    name: str
    division_code: str | None
    parent: str | None
    depth: int


def holds_on(day: date | BindParameter[date]) -> ColumnElement[bool]:
    """Tell of a placement whether it holds on a day."""
    until = PLACEMENT.c.valid_to
    return and_(PLACEMENT.c.valid_from <= day, or_(until.is_(None), until > day))


def placement_on(session: ReadSession, agency_id: int, day: date) -> AgencyPlacement | None:
    """Return where an agency stands on a day; None where it stands nowhere then."""
    chosen = select(AgencyPlacement).where(PLACEMENT.c.agency_id == agency_id, holds_on(day))
    return session.scalars(chosen).one_or_none()


def last_placement(session: ReadSession, agency_id: int) -> AgencyPlacement:
    """Return where an agency stands now, stood last, or will stand first."""
    chosen = select(AgencyPlacement).where(PLACEMENT.c.agency_id == agency_id)
    return session.scalars(chosen.order_by(PLACEMENT.c.valid_from.desc()).limit(1)).one()


@dataclass(frozen=True, slots=True)
class Rung:
    """An agency of a lineage."""

    code: str
    level: str


def lineage_on(session: ReadSession, code: str, day: date) -> list[Rung]:
    """Return the agencies from the top of the tree down to one; empty where it stands nowhere that day."""
    return [Rung(*row) for row in session.execute(_lineage(), {"code": code, "day": day})]


@cache
def _lineage() -> Select[str, str]:
    up = above_on(bindparam("code"), bindparam("day"))
    return (
        select(AGENCY.c.code, AGENCY.c.level)
        .join(up, AGENCY.c.id == up.c.agency_id)
        .order_by(up.c.height.desc())
    )


def lineages_on(session: ReadSession, agency_ids: Collection[int], day: date) -> dict[int, list[Rung]]:
    """Return the lineage of each of these agencies; those that stand nowhere that day are absent."""
    found: dict[int, list[Rung]] = {}
    for body, code, level in session.execute(_lineages(), {"bodies": list(agency_ids), "day": day}):
        found.setdefault(body, []).append(Rung(code, level))
    return found


@cache
def _lineages() -> Select[int, str, str]:
    up = above_each_on(bindparam("bodies", expanding=True), bindparam("day"))
    chosen = select(up.c.body, AGENCY.c.code, AGENCY.c.level)
    return chosen.join(up, AGENCY.c.id == up.c.agency_id).order_by(up.c.body, up.c.height.desc())


def above_on(code: BindParameter[str], day: BindParameter[date]) -> CTE:
    """Return a query of an agency and all above it on a day: agency_id, parent_id, height."""
    return _above(code, holds_on(day), "up")


def above_lastly(code: BindParameter[str]) -> CTE:
    """Return a query of an agency and all above it where each stands now, or stood last."""
    return _above(code, is_last(), "up_lastly")


def _above(code: BindParameter[str], holds: ColumnElement[bool], name: str) -> CTE:
    own = select(AGENCY.c.id).where(AGENCY.c.code == code).scalar_subquery()
    up = (
        select(PLACEMENT.c.agency_id, PLACEMENT.c.parent_id, literal(0).label("height"))
        .where(PLACEMENT.c.agency_id == own, holds)
        .cte(name, recursive=True)
    )
    return up.union_all(
        select(PLACEMENT.c.agency_id, PLACEMENT.c.parent_id, up.c.height + 1)
        .join(up, PLACEMENT.c.agency_id == up.c.parent_id)
        .where(holds)
    )


def above_each_on(bodies: BindParameter[int], day: BindParameter[date]) -> CTE:
    """Return a query of agencies and all above each on a day: body, agency_id, parent_id, height.

    *bodies* is expanding: a list of row numbers.
    """
    body = PLACEMENT.c.agency_id.label("body")
    up = (
        select(body, PLACEMENT.c.agency_id, PLACEMENT.c.parent_id, literal(0).label("height"))
        .where(PLACEMENT.c.agency_id.in_(bodies), holds_on(day))
        .cte("up_each", recursive=True)
    )
    return up.union_all(
        select(up.c.body, PLACEMENT.c.agency_id, PLACEMENT.c.parent_id, up.c.height + 1)
        .join(up, PLACEMENT.c.agency_id == up.c.parent_id)
        .where(holds_on(day))
    )


def is_last() -> ColumnElement[bool]:
    """Tell of a placement whether its agency has none that begins later."""
    later = PLACEMENT.alias("later")
    return ~exists().where(
        later.c.agency_id == PLACEMENT.c.agency_id, later.c.valid_from > PLACEMENT.c.valid_from
    )


def below_lastly(agency_id: int) -> CTE:
    """Return a query of an agency and all below it where each stands now, or stood last: agency_id."""
    down = (
        select(PLACEMENT.c.agency_id)
        .where(PLACEMENT.c.agency_id == agency_id, is_last())
        .cte("down_lastly", recursive=True)
    )
    return down.union_all(
        select(PLACEMENT.c.agency_id).join(down, PLACEMENT.c.parent_id == down.c.agency_id).where(is_last())
    )


def down_from(
    agency_id: int | BindParameter[int], day: date | BindParameter[date], name: str = "down"
) -> CTE:
    """Return a query of an agency and all below it on a day: agency_id, parent_id, depth.

    Two of them in one statement need different names.
    """
    down = (
        select(PLACEMENT.c.agency_id, PLACEMENT.c.parent_id, literal(0).label("depth"))
        .where(PLACEMENT.c.agency_id == agency_id, holds_on(day))
        .cte(name, recursive=True)
    )
    return down.union_all(
        select(PLACEMENT.c.agency_id, PLACEMENT.c.parent_id, down.c.depth + 1)
        .join(down, PLACEMENT.c.parent_id == down.c.agency_id)
        .where(holds_on(day))
    )


def subtree_on(session: ReadSession, agency_id: int, day: date) -> list[Placed]:
    """Return an agency and all below it on a day, sorted by code; empty where it stands nowhere then."""
    down = down_from(agency_id, day)
    above = select(AGENCY.c.id, AGENCY.c.code).subquery("above")
    chosen = (
        select(Agency, name_on(day), division_on(day), above.c.code, down.c.depth)
        .join(down, AGENCY.c.id == down.c.agency_id)
        .outerjoin(above, above.c.id == down.c.parent_id)
        .order_by(AGENCY.c.code)
    )
    return [Placed(*row) for row in session.execute(chosen)]


def ids_below(session: ReadSession, agency_id: int) -> list[int]:
    """Return the row numbers of an agency and of all that ever stood below it."""
    down = select(literal(agency_id, BigInteger).label("agency_id")).cte("down", recursive=True)
    below = select(PLACEMENT.c.agency_id).join(down, PLACEMENT.c.parent_id == down.c.agency_id)
    return list(session.scalars(select(down.union(below).c.agency_id)))


@dataclass(frozen=True, slots=True)
class Span:
    """From a day on and up to a day that no longer counts; None: for good."""

    since: date
    until: date | None

    def shared_with(self, other: Span) -> Span | None:
        """Return the days that both have; None where they have none."""
        since = max(self.since, other.since)
        ends = [until for until in (self.until, other.until) if until is not None]
        until = min(ends, default=None)
        return Span(since, until) if until is None or since < until else None


def would_circle(session: WriteSession, agency_id: int, parent_id: int, span: Span) -> bool:
    """Tell whether an agency would, on some day of a span, stand below itself with this one above it."""
    if session.scalar(select(PLACEMENT.c.id).where(PLACEMENT.c.parent_id == agency_id).limit(1)) is None:
        return parent_id == agency_id
    climbed: set[tuple[int, Span]] = set()
    waiting = [(parent_id, span)]
    while waiting:
        one, days = waiting.pop()
        if one == agency_id:
            return True
        if (one, days) not in climbed:
            climbed.add((one, days))
            waiting += _above_within(session, one, days)
    return False


def _above_within(session: WriteSession, agency_id: int, span: Span) -> list[tuple[int, Span]]:
    """Return what stands right above an agency in a span, each with the days on which it does."""
    columns = (PLACEMENT.c.parent_id, PLACEMENT.c.valid_from, PLACEMENT.c.valid_to)
    chosen = select(*columns).where(PLACEMENT.c.agency_id == agency_id, PLACEMENT.c.parent_id.is_not(None))
    found = [(above, span.shared_with(Span(since, until))) for above, since, until in session.execute(chosen)]
    return [(above, shared) for above, shared in found if shared is not None]


def overlapping(session: ReadSession, placement: AgencyPlacement, span: Span) -> AgencyPlacement | None:
    """Return another place of the same agency that shares a day with a span; None where there is none."""
    chosen = select(AgencyPlacement).where(
        PLACEMENT.c.agency_id == placement.agency_id, PLACEMENT.c.id != placement.id
    )
    others = session.scalars(chosen.order_by(PLACEMENT.c.valid_from))
    return next((one for one in others if span.shared_with(Span(one.valid_from, one.valid_to))), None)


@dataclass(frozen=True, slots=True)
class Placing:
    """Where an agency stood: under whom (None: at the top), from when, and until when (None: for good)."""

    parent: str | None
    name: str | None
    valid_from: date
    valid_to: date | None


def placings_of(session: ReadSession, agency_id: int) -> list[Placing]:
    """Return where an agency ever stood, the oldest place first, each with the present name of the parent."""
    columns = (AGENCY.c.code, AGENCY.c.name, PLACEMENT.c.valid_from, PLACEMENT.c.valid_to)
    chosen = select(*columns).select_from(PLACEMENT).outerjoin(AGENCY, AGENCY.c.id == PLACEMENT.c.parent_id)
    ordered = chosen.where(PLACEMENT.c.agency_id == agency_id).order_by(PLACEMENT.c.valid_from)
    return [Placing(*row) for row in session.execute(ordered)]


def standing_among(session: ReadSession, agency_ids: Collection[int], day: date) -> set[int]:
    """Return which of some agencies stand somewhere on a day."""
    found: set[int] = set()
    for some in _parts(agency_ids):
        chosen = select(PLACEMENT.c.agency_id).where(PLACEMENT.c.agency_id.in_(some), holds_on(day))
        found.update(session.scalars(chosen))
    return found


def ended_under(
    session: ReadSession, parent_ids: Collection[int], after: date, until: date
) -> list[tuple[int, int]]:
    """Return whose places under some agencies ended after a day and up to another, each with the parent."""
    found: list[tuple[int, int]] = []
    ended = PLACEMENT.c.valid_to
    for some in _parts(parent_ids):
        chosen = select(PLACEMENT.c.agency_id, PLACEMENT.c.parent_id)
        chosen = chosen.where(PLACEMENT.c.parent_id.in_(some), ended > after, ended <= until)
        found += [(row[0], row[1]) for row in session.execute(chosen)]
    return found


def _parts(keys: Collection[int]) -> Iterator[list[int]]:
    """Yield row numbers in parts that a statement takes."""
    everything = list(keys)
    return (everything[start : start + _AT_ONCE] for start in range(0, len(everything), _AT_ONCE))


_AT_ONCE = 1000


def placements_under(session: ReadSession, parent_id: int, day: date) -> list[AgencyPlacement]:
    """Return the places right under an agency that hold on a day or later, by agency."""
    until = PLACEMENT.c.valid_to
    chosen = select(AgencyPlacement).where(PLACEMENT.c.parent_id == parent_id)
    chosen = chosen.where(or_(until.is_(None), until > day))
    return list(session.scalars(chosen.order_by(PLACEMENT.c.agency_id, PLACEMENT.c.valid_from)))
