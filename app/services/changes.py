"""The feed of changes: what other systems copy our state by."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Select, select, update

from app.domain.acts import Act
from app.errors import Fault, InvalidRequest
from app.services.versions import mark_of, mark_of_new
from app.storage.changes import last_number
from app.storage.models import CHANGE, Change
from app.storage.tree import below_lastly

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.auth.actor import Actor
    from app.storage.engine import ReadSession, WriteSession
    from app.storage.models import Agency, Report

_DETAILS = "details"
"""Where a report's state, as it is kept, has what else is told of the change."""


def note_report(
    session: WriteSession,
    act: Act,
    agency: Agency,
    report: Report,
    *,
    is_gone: bool = False,
    details: Mapping[str, object] | None = None,
) -> None:
    """Let the feed tell that something was done to a report, and where it stands since.

    What else it tells of it, in *details*, is kept beside that.
    """
    state = {
        "form": report.form,
        "status": report.status,
        "version": report.version,
        "published_version": report.published_version,
        "etag": mark_of(report),
        **({} if details is None else {_DETAILS: details}),
    }
    _note(session, act, agency.code, report.year, None if is_gone else state, agency.id)


def note_agency(session: WriteSession, act: Act, agency: Agency, details: Mapping[str, object]) -> None:
    """Let the feed tell that an agency was registered or corrected, and what is known of it since."""
    _note(session, act, agency.code, None, {**details, "etag": mark_of(agency)}, agency.id)


def note_registered(session: WriteSession, code: str, agency_id: int, details: Mapping[str, object]) -> None:
    """Let the feed tell that a new agency, one of many, was registered."""
    _note(session, Act.AGENCY_CREATE, code, None, {**details, "etag": mark_of_new(agency_id)}, agency_id)


def note_agency_gone(
    session: WriteSession, act: Act, agency_id: int, code: str, parent_id: int | None
) -> None:
    """Let the feed tell that an agency was removed; whoever reaches the one above it can see that.

    They can also see all that was told of it: below what is gone nobody would reach it any more.
    """
    told = update(CHANGE).where(CHANGE.c.reach_id == agency_id)
    session.execute(told.values(reach_id=parent_id))
    _note(session, act, code, None, None, parent_id)


def note_year(
    session: WriteSession, act: Act, agency: Agency, year: int, details: Mapping[str, object]
) -> None:
    """Let the feed tell of something that was done about an agency's year, though not to its report."""
    note_year_of(session, act, (agency.id or 0, agency.code), year, details)


def note_year_of(
    session: WriteSession, act: Act, agency: tuple[int, str], year: int, details: Mapping[str, object]
) -> None:
    """Do so of an agency of which row number and code are known."""
    agency_id, code = agency
    _note(session, act, code, year, details, agency_id)


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
    end = last_number(session)
    if after > end:
        message = f"变动只到第 {end} 条，没有第 {after} 条；数据可能从备份恢复过，请从 after=0 重新取"
        fault = Fault("", message, "after-the-end", {"in": "query", "parameter": "after"})
        raise InvalidRequest(message, [fault])
    found = list(session.scalars(changes_after(actor.under, after).limit(limit + 1)))
    has_more = len(found) > limit
    shown = found[:limit]
    return ChangesFound(shown, shown[-1].number if has_more else end, has_more)


def changes_after(under: int | None, after: int) -> Select[Change]:
    """Return a query of the changes after a number, in order, that somebody sees who reaches *under*."""
    chosen = select(Change).where(CHANGE.c.number > after).order_by(CHANGE.c.number)
    if under is None:
        return chosen
    return chosen.where(CHANGE.c.reach_id.in_(select(below_lastly(under).c.agency_id)))


def said_of(change: Change) -> dict[str, object]:
    """Return what is told of a change."""
    state = None if change.state is None else json.loads(change.state)
    of_report = Act(change.act).is_of_report
    beside = state.pop(_DETAILS, None) if of_report and state else None
    return {
        "number": change.number,
        "at": change.at,
        "act": change.act,
        "label": Act(change.act).label,
        "agency": change.agency,
        "year": change.year,
        "report": state if of_report else None,
        "details": beside if of_report else state,
    }
