"""Many agencies at once: what is known of them, and new ones stored with their places in a few statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Column, ColumnElement, insert, select, true

from app.storage.models import AGENCY, PLACEMENT, Agency
from app.storage.tree import is_last

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from app.storage.engine import ReadSession, WriteSession

_FEW = 500
"""With more codes than this, looking at all agencies takes less time than naming them."""


def _among(column: Column[str], codes: Collection[str]) -> ColumnElement[bool]:
    return column.in_(codes) if len(codes) <= _FEW else true()


def codes_among(session: ReadSession, column: Column[str], codes: Sequence[str]) -> list[str]:
    """Return which of some codes a column has, in their order."""
    found = set(session.scalars(select(column).where(_among(column, codes))))
    return [code for code in codes if code in found]


@dataclass(frozen=True, slots=True)
class Known:
    """An agency with its last place: code of the one above it, from when, until when."""

    agency: Agency
    parent: str | None
    valid_from: date
    valid_to: date | None


def known_agencies(
    session: ReadSession, codes: Sequence[str], condition: ColumnElement[bool]
) -> dict[str, Known]:
    """Return those agencies of some codes of which a condition holds, by code."""
    above = select(AGENCY.c.id, AGENCY.c.code).subquery("above")
    chosen = (
        select(Agency, above.c.code, PLACEMENT.c.valid_from, PLACEMENT.c.valid_to)
        .join(PLACEMENT, PLACEMENT.c.agency_id == AGENCY.c.id)
        .outerjoin(above, above.c.id == PLACEMENT.c.parent_id)
        .where(is_last(), condition)
    )
    wanted = set(codes)
    rows = session.execute(chosen.where(_among(AGENCY.c.code, codes)))
    return {row[0].code: Known(*row) for row in rows if row[0].code in wanted}


def ids_of(session: ReadSession, codes: Collection[str]) -> dict[str, int]:
    """Return the row numbers of agencies, by code: of these, maybe of others too."""
    chosen = select(AGENCY.c.code, AGENCY.c.id).where(_among(AGENCY.c.code, codes))
    return {row[0]: row[1] for row in session.execute(chosen)}


@dataclass(frozen=True, slots=True)
class NewPlace:
    """Where a new agency stands: its code, that of the one above it, from when, until when."""

    code: str
    parent: str | None
    valid_from: date
    valid_to: date | None


def insert_agencies(
    session: WriteSession, agencies: Sequence[Mapping[str, object]], places: Sequence[NewPlace]
) -> dict[str, int]:
    """Store new agencies with their places; return their row numbers, by code.

    Args:
        session: the transaction.
        agencies: columns of their rows.
        places: upper ones first, so that the guards of the tree have little to look at.
    """
    session.execute(insert(AGENCY), [dict(each) for each in agencies])
    named = {place.code for place in places} | {place.parent for place in places if place.parent is not None}
    keys = ids_of(session, named)
    rows = [
        {
            "agency_id": keys[place.code],
            "parent_id": None if place.parent is None else keys[place.parent],
            "valid_from": place.valid_from,
            "valid_to": place.valid_to,
        }
        for place in places
    ]
    session.execute(insert(PLACEMENT), rows)
    return keys
