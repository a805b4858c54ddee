"""Keeping who was expected in a collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import Select, bindparam, insert, literal, select, update

from app.domain.agencies import reference_day
from app.storage.changes import last_number
from app.storage.collection_models import COLLECTION, COLLECTION_UNIT
from app.storage.collections import is_expected, opened_by
from app.storage.models import AGENCY, PLACEMENT
from app.storage.names import name_on
from app.storage.numbers import SEPARATOR
from app.storage.tree import holds_on

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from app.storage.engine import WriteSession

Statement: TypeAlias = "Select[*tuple[Any, ...]]"


def due_to_freeze(session: WriteSession, today: date) -> list[tuple[int, int]]:
    """Return the collections whose freeze day is over and that aren't frozen: row number, year."""
    columns = COLLECTION.c
    chosen = select(columns.id, columns.year).where(columns.frozen_at.is_(None), columns.freezes_on < today)
    return [(row[0], row[1]) for row in session.execute(chosen.order_by(columns.id))]


def freeze(session: WriteSession, year: int, collection_ids: Sequence[int], now: datetime) -> None:
    """Keep who is expected in collections of a year, each without those for whom another is nearer."""
    session.flush()
    table = COLLECTION_UNIT
    names = [table.c.collection_id, table.c.agency_id, table.c.code, table.c.name, table.c.path]
    known = {"day": reference_day(year), "of_year": year, "these": list(collection_ids)}
    session.execute(insert(table).from_select(names, _expected_now()), known)
    frozen = update(COLLECTION).where(COLLECTION.c.id.in_(collection_ids))
    session.execute(frozen.values(frozen_at=now, frozen_change=last_number(session)))


def _expected_now() -> Statement:
    below, edge = COLLECTION.alias("below"), literal(SEPARATOR)
    down = (
        select(
            COLLECTION.c.id.label("collection_id"),
            AGENCY.c.id.label("agency_id"),
            (edge + AGENCY.c.code + edge).label("path"),
        )
        .join(AGENCY, AGENCY.c.id == COLLECTION.c.agency_id)
        .join(PLACEMENT, PLACEMENT.c.agency_id == AGENCY.c.id)
        .where(COLLECTION.c.id.in_(bindparam("these", expanding=True)), holds_on(bindparam("day")))
        .cte("down", recursive=True)
    )
    down = down.union_all(
        select(down.c.collection_id, AGENCY.c.id, down.c.path + AGENCY.c.code + edge)
        .select_from(down)
        .join(PLACEMENT, PLACEMENT.c.parent_id == down.c.agency_id)
        .join(AGENCY, AGENCY.c.id == PLACEMENT.c.agency_id)
        .outerjoin(below, opened_by(below, AGENCY.c.id))
        .where(holds_on(bindparam("day")), below.c.id.is_(None))
    )
    chosen = select(
        down.c.collection_id, AGENCY.c.id, AGENCY.c.code, name_on(bindparam("day")).label("name"), down.c.path
    )
    return chosen.join(AGENCY, AGENCY.c.id == down.c.agency_id).where(is_expected())
