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

if TYPE_CHECKING:
    from datetime import date

    from app.storage.engine import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Placed:
    """An agency where it stands on a day.

    Attributes:
        agency: the agency.
        parent: code of the agency above it; None at the top.
        depth: steps below the agency that was asked for.
    """

    agency: Agency
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


def above_on(code: BindParameter[str], day: BindParameter[date]) -> CTE:
    """Return a query of an agency and all above it on a day: agency_id, parent_id, height."""
    return _above(code, holds_on(day), "up")


def above_lastly(code: BindParameter[str]) -> CTE:
    """Return a query of an agency and all above it where each stands now, or stood last."""
    return _above(code, _is_last(), "up_lastly")


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


def _is_last() -> ColumnElement[bool]:
    later = PLACEMENT.alias("later")
    return ~exists().where(
        later.c.agency_id == PLACEMENT.c.agency_id, later.c.valid_from > PLACEMENT.c.valid_from
    )


def below_lastly(agency_id: int) -> CTE:
    """Return a query of an agency and all below it where each stands now, or stood last: agency_id."""
    down = (
        select(PLACEMENT.c.agency_id)
        .where(PLACEMENT.c.agency_id == agency_id, _is_last())
        .cte("down_lastly", recursive=True)
    )
    return down.union_all(
        select(PLACEMENT.c.agency_id).join(down, PLACEMENT.c.parent_id == down.c.agency_id).where(_is_last())
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
        select(Agency, above.c.code, down.c.depth)
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


def would_circle(session: WriteSession, agency_id: int, parent_id: int) -> bool:
    """Tell whether an agency is, at any time, above the one that it is to stand under."""
    return parent_id in ids_below(session, agency_id)
