"""催报: asking those for their report whose it is still owed; the portal sends what the feed tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.domain.acts import Act
from app.domain.deadlines import days_late
from app.domain.progress import ProgressState
from app.domain.roles import Right
from app.errors import Fault, InvalidRequest, WrongState
from app.services.audit import record
from app.services.changes import note_year_of
from app.services.collections import find_collector, target_of
from app.services.progress import rows_of
from app.services.surroundings import today
from app.storage.collection_models import Reminder
from app.storage.collections import bound_to
from app.storage.progress import count_reminders
from app.storage.reminders import hold_agencies, list_reminders

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.auth.actor import Actor
    from app.storage.engine import ReadSession, WriteSession
    from app.storage.models import Agency
    from app.storage.progress import StandingRow

MOST = 2000
"""How many units are reminded at once."""


@dataclass(frozen=True, slots=True)
class Reminded:
    """A reminder and whom it went to."""

    reminder: Reminder
    code: str
    name: str


def send_reminders(
    session: WriteSession,
    actor: Actor,
    key: tuple[str, int],
    units: Sequence[str] | None,
    note: str | None,
) -> list[Reminded]:
    """Remind units of their report of a year; each is told of in the feed by an entry of its own.

    Args:
        session: the transaction.
        actor: who reminds.
        key: agency and year.
        units: codes of those to remind; None for all whose report is owed.
        note: a few words along with it.

    Raises:
        NotFound, Forbidden: see `find_collector`.
        InvalidRequest: there is no such unit, or there are too many at once.
        WrongState: a unit has reported, or is excused; all that do are named.
    """
    code, year = key
    agency = find_collector(session, actor, code, year, Right.COORDINATE)
    standing = rows_of(session, agency, year)
    chosen = [row for row in standing if ProgressState(row.state).is_missing]
    if units is not None:
        chosen = _named(agency, year, standing, units)
    if len(chosen) > MOST:
        raise InvalidRequest(f"一次最多催 {MOST} 个单位，现有 {len(chosen)} 个；请由下级分别催报")
    keys = [row.agency_id for row in chosen]
    hold_agencies(session, keys)
    before = count_reminders(session, keys, year)
    now = datetime.now(UTC)
    return [
        _send(session, actor, agency, row, _reminder(actor, row, year, before, note, now)) for row in chosen
    ]


def _named(
    agency: Agency, year: int, standing: Sequence[StandingRow], units: Sequence[str]
) -> list[StandingRow]:
    known = {row.code: row for row in standing}
    unknown = [
        Fault(f"/units/{place}", f"“{code}”不是“{agency.name}”{year} 年度的应报单位", "unknown-agency")
        for place, code in enumerate(units)
        if code not in known
    ]
    if unknown:
        raise InvalidRequest("有的单位不在应报名单里，没有催报", unknown)
    faults = list(_needless(units, known))
    if faults:
        raise WrongState("有的单位不用催，没有催报；去掉它们再催", faults)
    return [known[code] for code in sorted(set(units))]


def _needless(units: Sequence[str], known: dict[str, StandingRow]) -> Iterator[Fault]:
    for place, code in enumerate(units):
        row, state = known[code], ProgressState(known[code].state)
        if state.is_received:
            message = f"“{row.name}”的报告{state.label}，不用催了"
            yield Fault(f"/units/{place}", message, "already-received")
        elif state is ProgressState.EXCUSED:
            yield Fault(f"/units/{place}", f"“{row.name}”免报（{row.excuse}），不用催", "excused")


def _reminder(
    actor: Actor,
    row: StandingRow,
    year: int,
    before: dict[int, tuple[int, datetime]],
    note: str | None,
    now: datetime,
) -> Reminder:
    return Reminder(
        agency_id=row.agency_id,
        year=year,
        number=before[row.agency_id][0] + 1 if row.agency_id in before else 1,
        due_on=row.due_on,
        days_late=days_late(today(), row.due_on),
        note=note,
        sent_by=actor.holder,
        sent_at=now,
    )


def _send(
    session: WriteSession, actor: Actor, agency: Agency, row: StandingRow, reminder: Reminder
) -> Reminded:
    session.add(reminder)
    session.flush()
    said = {
        "collection": agency.code,
        "number": reminder.number,
        "due_on": reminder.due_on.isoformat(),
        "days_late": reminder.days_late,
        "note": reminder.note,
    }
    note_year_of(session, Act.COLLECTION_REMIND, (row.agency_id, row.code), reminder.year, said)
    target = f"{target_of(agency, reminder.year)}/reminders/{reminder.id}"
    record(session, actor, Act.COLLECTION_REMIND, target, agency=row.code, year=reminder.year, details=said)
    return Reminded(reminder, row.code, row.name)


def find_reminders(
    session: ReadSession, actor: Actor, key: tuple[str, int], before: int, limit: int
) -> list[Reminded]:
    """Return up to *limit* reminders of an agency's year, the newest first, from before one of this number.

    Raises:
        NotFound, InvalidRequest: see `find_collector`.
    """
    code, year = key
    agency = find_collector(session, actor, code, year, Right.READ)
    bound = bound_to(session, agency.id or 0, code, year)
    return [Reminded(*each) for each in list_reminders(session, bound, before, limit)]
