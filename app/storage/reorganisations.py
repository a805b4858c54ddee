"""What is recorded of reorganisations: which there were, whom they touched, who succeeded whom."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, select

from app.domain.reorganisations import Operation, Passing
from app.storage.models import AGENCY
from app.storage.reorganisation_models import (
    FORMER_NAME,
    REORGANISATION,
    REORGANISED,
    SUCCESSION,
    FormerName,
    Reorganisation,
    Reorganised,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from app.storage.engine import ReadSession

Statement: TypeAlias = "Select[*tuple[Any, ...]]"


def last_renamed_on(session: ReadSession, agency_id: int) -> date | None:
    """Return since when an agency has its present name; None where it never had another."""
    names = former_names(session, agency_id)
    return names[-1].valid_to if names else None


def last_reorganised_on(session: ReadSession, agency_id: int) -> date | None:
    """Return when the last reorganisation that touched an agency took effect; None where none did."""
    day: ColumnElement[date] = func.max(REORGANISATION.c.effective_on)
    touched = REORGANISED.c.reorganisation_id == REORGANISATION.c.id
    return session.scalar(select(day).join(REORGANISED, touched).where(REORGANISED.c.agency_id == agency_id))


def former_names(session: ReadSession, agency_id: int) -> list[FormerName]:
    """Return what an agency was called, the oldest name first."""
    chosen = select(FormerName).where(FORMER_NAME.c.agency_id == agency_id)
    return list(session.scalars(chosen.order_by(FORMER_NAME.c.valid_to)))


@dataclass(frozen=True, slots=True)
class Dated:
    """A passing of figures and the day on which it took effect."""

    effective_on: date
    passing: Passing


def passings_to(
    session: ReadSession, successor_ids: Collection[int], after: date, until: date
) -> list[Dated]:
    """Return what passed to some agencies after a day and up to another, in the order in which it did."""
    return _passed(session, "successor_id", successor_ids, after, until)


def passings_from(
    session: ReadSession, predecessor_ids: Collection[int], after: date, until: date
) -> list[Dated]:
    """Return what passed from some agencies after a day and up to another, in the order in which it did."""
    return _passed(session, "predecessor_id", predecessor_ids, after, until)


def _passed(
    session: ReadSession, side: str, agency_ids: Collection[int], after: date, until: date
) -> list[Dated]:
    bodies, within = list(agency_ids), {"after": after, "until": until}
    connection = session.connection()
    if len(bodies) <= _FEW:
        return [_dated(*row) for row in connection.execute(_passings(side), within | {"bodies": bodies})]
    # there are few at all: looking at each takes less time than naming many bodies
    wanted, place = set(bodies), _COLUMNS.index(side)
    rows = connection.execute(_passings(None), within)
    return [_dated(*row) for row in rows if row[place] in wanted]


_FEW = 500
_COLUMNS = ("effective_on", "operation", "id", "predecessor_id", "successor_id", "allocation")


@cache
def _passings(side: str | None) -> Statement:
    what, who = REORGANISATION.c, SUCCESSION.c
    chosen = select(
        what.effective_on, what.operation, what.id, who.predecessor_id, who.successor_id, who.allocation
    ).join(SUCCESSION, who.reorganisation_id == what.id)
    within = (what.effective_on > bindparam("after"), what.effective_on <= bindparam("until"))
    if side is not None:
        chosen = chosen.where(who[side].in_(bindparam("bodies", expanding=True)))
    order = (what.effective_on, what.id, who.successor_id, who.predecessor_id)
    return chosen.where(*within).order_by(*order)


def _dated(
    day: date, operation: str, number: int, predecessor: int, successor: int, allocation: str | None
) -> Dated:
    figures = None if allocation is None else json.loads(allocation)
    return Dated(day, Passing(Operation(operation), number, predecessor, successor, figures))


@dataclass(frozen=True, slots=True)
class Kin:
    """A body before or after another: its code, its present name, by which reorganisation."""

    code: str
    name: str
    entry: Reorganisation


def predecessors_of(session: ReadSession, agency_id: int) -> list[Kin]:
    """Return whom a body came out of, the oldest first; not itself."""
    return _kin(session, SUCCESSION.c.successor_id == agency_id, SUCCESSION.c.predecessor_id, agency_id)


def successors_of(session: ReadSession, agency_id: int) -> list[Kin]:
    """Return who goes on with what a body had, the oldest first; not itself."""
    return _kin(session, SUCCESSION.c.predecessor_id == agency_id, SUCCESSION.c.successor_id, agency_id)


def _kin(
    session: ReadSession, related: ColumnElement[bool], other: ColumnElement[int], but: int
) -> list[Kin]:
    chosen = select(AGENCY.c.code, AGENCY.c.name, Reorganisation)
    chosen = chosen.join(SUCCESSION, AGENCY.c.id == other)
    chosen = chosen.join(Reorganisation, REORGANISATION.c.id == SUCCESSION.c.reorganisation_id)
    chosen = chosen.where(related, other != but)
    ordered = chosen.order_by(REORGANISATION.c.effective_on, REORGANISATION.c.id, AGENCY.c.code)
    return [Kin(*row) for row in session.execute(ordered)]


def reorganisations_after(
    session: ReadSession, after: int, limit: int, *conditions: ColumnElement[bool]
) -> list[Reorganisation]:
    """Return up to *limit* reorganisations recorded after one, in the order in which they were."""
    chosen = select(Reorganisation).where(REORGANISATION.c.id > after, *conditions)
    return list(session.scalars(chosen.order_by(REORGANISATION.c.id).limit(limit)))


def has_touched(agencies: ColumnElement[bool]) -> ColumnElement[bool]:
    """Tell of a reorganisation whether it touched an agency of which a condition holds."""
    linked = REORGANISED.c.reorganisation_id == REORGANISATION.c.id
    touched = exists().where(linked, REORGANISED.c.agency_id == AGENCY.c.id, agencies)
    return touched.correlate(REORGANISATION)


def touched_by(
    session: ReadSession, entry_ids: Collection[int], agencies: ColumnElement[bool]
) -> list[tuple[str, Reorganised]]:
    """Return what some reorganisations changed of agencies that a condition holds of, by their code."""
    chosen = select(AGENCY.c.code, Reorganised).join(Reorganised, REORGANISED.c.agency_id == AGENCY.c.id)
    chosen = chosen.where(REORGANISED.c.reorganisation_id.in_(entry_ids), agencies)
    ordered = chosen.order_by(REORGANISED.c.reorganisation_id, AGENCY.c.code)
    return [(row[0], row[1]) for row in session.execute(ordered)]


def touched_in(agency_id: int) -> ColumnElement[bool]:
    """Tell of a reorganisation whether it touched an agency."""
    linked = REORGANISED.c.reorganisation_id == REORGANISATION.c.id
    return exists().where(linked, REORGANISED.c.agency_id == agency_id).correlate(REORGANISATION)
