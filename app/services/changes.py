"""The feed of changes: what other systems copy our state by."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Select, select

from app.errors import Fault, InvalidRequest
from app.services.versions import mark_of
from app.storage.models import CHANGE, CHANGE_HEAD, Change
from app.storage.tree import below_lastly

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.auth.actor import Actor
    from app.domain.acts import Act
    from app.storage.engine import ReadSession, WriteSession
    from app.storage.models import Agency, Report


def note_report(
    session: WriteSession, act: Act, agency: Agency, report: Report, *, is_gone: bool = False
) -> None:
    """Let the feed tell that something was done to a report, and where it stands since."""
    state = {
        "form": report.form,
        "status": report.status,
        "version": report.version,
        "published_version": report.published_version,
        "etag": mark_of(report),
    }
    _note(session, act, agency.code, report.year, None if is_gone else state, agency.id)


def note_agency(session: WriteSession, act: Act, agency: Agency, details: Mapping[str, object]) -> None:
    """Let the feed tell that an agency was registered or corrected, and what is known of it since."""
    _note(session, act, agency.code, None, {**details, "etag": mark_of(agency)}, agency.id)


def note_agency_gone(session: WriteSession, act: Act, code: str, parent_id: int | None) -> None:
    """Let the feed tell that an agency was removed; whoever reaches the one above it can see that."""
    _note(session, act, code, None, None, parent_id)


def _note(
    session: WriteSession,
    act: Act,
    agency: str,
    year: int | None,
    state: Mapping[str, object] | None,
    reach_id: int | None,
) -> None:
    session.changes.append(
        {
            "at": datetime.now(UTC),
            "act": act.value,
            "agency": agency,
            "year": year,
            "state": None if state is None else json.dumps(state, ensure_ascii=False),
            "reach_id": reach_id,
        }
    )


@dataclass(frozen=True, slots=True)
class ChangesFound:
    """A stretch of the feed.

    Attributes:
        changes: in the order of their commits.
        last: up to which number the feed was looked through.
        has_more: whether there is more behind it.
    """

    changes: list[Change]
    last: int
    has_more: bool


def list_changes(session: ReadSession, actor: Actor, after: int, limit: int) -> ChangesFound:
    """Return up to *limit* changes within the actor's reach that come after number *after*.

    Raises:
        InvalidRequest: the feed isn't that long: the database was put back to an earlier state.
    """
    end = session.scalar(select(CHANGE_HEAD.c.number)) or 0
    if after > end:
        message = f"变动只到第 {end} 条，没有第 {after} 条；数据可能从备份恢复过，请从 after=0 重新取"
        fault = Fault("", message, "after-the-end", {"in": "query", "parameter": "after"})
        raise InvalidRequest(message, [fault])
    found = list(session.scalars(_changes_after(actor, after).limit(limit + 1)))
    has_more = len(found) > limit
    shown = found[:limit]
    return ChangesFound(shown, shown[-1].number if has_more else end, has_more)


def _changes_after(actor: Actor, after: int) -> Select[Change]:
    chosen = select(Change).where(CHANGE.c.number > after).order_by(CHANGE.c.number)
    if actor.under is None:
        return chosen
    return chosen.where(CHANGE.c.reach_id.in_(select(below_lastly(actor.under).c.agency_id)))
