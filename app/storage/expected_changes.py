"""What became of those expected since that was frozen, as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import Select, bindparam, exists, func, select

from app.storage.collection_models import COLLECTION, COLLECTION_UNIT
from app.storage.collections import is_expected, owing, was_within, within
from app.storage.models import AGENCY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.storage.engine import ReadSession

Statement: TypeAlias = "Select[*tuple[Any, ...]]"


@dataclass(frozen=True, slots=True)
class ExpectedChanges:
    """How many units were expected, and how many came and went since.

    Attributes:
        frozen: when that was frozen.
        added: came afterwards.
        removed: went afterwards.
    """

    frozen: int
    added: int
    removed: int


def count_expected_changes(
    session: ReadSession, code: str, bound: Mapping[str, object]
) -> ExpectedChanges | None:
    """Count what became of those expected in a subtree; None where nothing is frozen; see `bound_to`."""
    connection = session.connection()
    if not connection.scalar(_any_frozen(), {"of_year": bound["of_year"]}):
        return None
    frozen, added, removed = connection.execute(_counted(), {**bound, "within": within(code)}).one()
    return ExpectedChanges(frozen, added, removed) if frozen or added else None


@cache
def _any_frozen() -> Statement:
    columns = COLLECTION.c
    return select(exists().where(columns.year == bindparam("of_year"), columns.frozen_at.is_not(None)))


@cache
def _counted() -> Statement:
    down, unit = owing(), COLLECTION_UNIT.c
    joined = COLLECTION.c.id == unit.collection_id
    before = select(unit.agency_id).join(COLLECTION, joined).where(was_within(down)).distinct().cte("before")
    expected = (
        select(down.c.agency_id, COLLECTION.c.frozen_at)
        .select_from(down)
        .join(AGENCY, AGENCY.c.id == down.c.agency_id)
        .outerjoin(COLLECTION, COLLECTION.c.id == down.c.collection_id)
        .where(is_expected())
        .cte("expected")
    )
    frozen = select(func.count()).select_from(before)
    came = expected.c.agency_id.not_in(select(before.c.agency_id))
    added = select(func.count()).select_from(expected).where(expected.c.frozen_at.is_not(None), came)
    went = before.c.agency_id.not_in(select(expected.c.agency_id))
    removed = select(func.count()).select_from(before).where(went)
    return select(frozen.scalar_subquery(), added.scalar_subquery(), removed.scalar_subquery())
