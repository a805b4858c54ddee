"""Reminders (催报) of a year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.storage.collection_models import REMINDER, Reminder
from app.storage.collections import owing
from app.storage.models import AGENCY

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from app.storage.engine import ReadSession, WriteSession


def hold_agencies(session: WriteSession, agency_ids: Collection[int]) -> None:
    """Keep others from counting the reminders of agencies until the end; reports may be filed meanwhile."""
    rows = select(AGENCY.c.id).where(AGENCY.c.id.in_(agency_ids)).order_by(AGENCY.c.id)
    session.execute(rows.with_for_update(key_share=True))


def list_reminders(
    session: ReadSession, bound: Mapping[str, object], before: int, limit: int
) -> list[tuple[Reminder, str, str]]:
    """Return up to *limit* reminders of units in a subtree, the newest first; see `bound_to`."""
    down = owing()
    chosen = (
        select(Reminder, AGENCY.c.code, AGENCY.c.name)
        .join(AGENCY, AGENCY.c.id == REMINDER.c.agency_id)
        .join(down, down.c.agency_id == REMINDER.c.agency_id)
        .where(REMINDER.c.year == bound["of_year"], REMINDER.c.id < before)
        .order_by(REMINDER.c.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(chosen, dict(bound))]
