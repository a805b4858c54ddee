"""What is granted to single units in a county's year: 延期, 解锁, 免报; and what is taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from app.auth.rights import get_within_reach
from app.domain.acts import Act
from app.domain.agencies import ReportScope, reference_day
from app.domain.collections import ExceptionKind
from app.domain.lifecycle import Basis, Status
from app.domain.roles import Right
from app.errors import Fault, InvalidRequest, NotFound, WrongState
from app.services.agencies import key_of
from app.services.audit import record
from app.services.changes import note_year
from app.services.collections import collection_key, find_collector, target_of
from app.services.filed import get_report
from app.services.obligations import terms_of
from app.services.surroundings import today
from app.storage.collection_exceptions import find_exception, granted_before, list_exceptions
from app.storage.collection_models import Collection, CollectionException
from app.storage.collections import get_collection, nearest_collection
from app.storage.models import Agency
from app.storage.tree import lineage_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.auth.actor import Actor
    from app.domain.collections import Terms
    from app.storage.engine import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class ExceptionWanted:
    """What somebody means to grant.

    Attributes:
        agency: code of the unit.
        kind: what.
        reason: why.
        until: the last day of it; none of 免报.
    """

    agency: str
    kind: ExceptionKind
    reason: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class ExceptionFound:
    """Something that was granted, and to whom."""

    exception: CollectionException
    code: str
    name: str


def grant_exception(
    session: WriteSession, actor: Actor, code: str, year: int, wanted: ExceptionWanted
) -> ExceptionFound:
    """Grant a unit 延期, 解锁 or 免报; what it had of the same kind is taken back along with it.

    Raises:
        NotFound, Forbidden: see `find_collector`.
        WrongState: the agency hasn't opened the year, another's collection holds for the unit, or the unit
            needs no such thing.
        InvalidRequest: there is no such unit, or its day doesn't fit.
    """
    agency = find_collector(session, actor, code, year, Right.COORDINATE)
    collection = _held(session, agency, year)
    unit = _find_unit(session, actor, agency, year, wanted.agency)
    _refuse_other_holder(session, collection, unit)
    terms = terms_of(session, unit, year)
    faults = list(_faults(wanted, unit, terms))
    if faults:
        raise InvalidRequest(f"{wanted.kind.label}没有写对，没有办理", faults)
    if wanted.kind is ExceptionKind.EXCUSE:
        _refuse_reported(session, unit, year)
    _take_back(session, actor, collection, unit, wanted.kind)
    granted = CollectionException(
        collection_id=collection_key(collection),
        agency_id=key_of(unit),
        kind=wanted.kind,
        until=wanted.until,
        reason=wanted.reason,
        granted_by=actor.holder,
        granted_at=datetime.now(UTC),
    )
    session.add(granted)
    session.flush()
    _tell(session, actor, Act.COLLECTION_EXCEPT, agency, unit, year, granted)
    return ExceptionFound(granted, unit.code, unit.name)


def _held(session: WriteSession, agency: Agency, year: int) -> Collection:
    collection = get_collection(session, key_of(agency), year, to_change=True)
    if collection is None:
        raise WrongState(
            f"“{agency.name}”还没有安排 {year} 年度的收报；请先用 PUT {target_of(agency, year)} 定下期限"
        )
    return collection


def _find_unit(session: ReadSession, actor: Actor, agency: Agency, year: int, code: str) -> Agency:
    unit = get_within_reach(session, actor, code, year)
    lineage = [rung.code for rung in lineage_on(session, code, reference_day(year))]
    if unit is None or agency.code not in lineage:
        message = f"“{agency.name}”之下 {year} 年末没有代码为“{code}”的机关"
        raise InvalidRequest(message, [Fault("/agency", message, "unknown-agency")])
    return unit


def _refuse_other_holder(session: ReadSession, collection: Collection, unit: Agency) -> None:
    near = nearest_collection(session, unit.code, collection.year)
    if near == collection.id or near is None:
        return
    holder = session.get_one(Agency, session.get_one(Collection, near).agency_id)
    raise WrongState(
        f"“{unit.name}”的 {collection.year} 年度收报由“{holder.name}”安排；"
        f"请到 {target_of(holder, collection.year)}/exceptions 办理"
    )


def _faults(wanted: ExceptionWanted, unit: Agency, terms: Terms) -> Iterator[Fault]:
    until = wanted.until
    if wanted.kind is ExceptionKind.EXCUSE:
        if until is not None:
            yield Fault("/until", "免报管整个年度，不写截止日期", "not-wanted")
        if not unit.in_rollup or unit.report_scope != ReportScope.OWN:
            yield Fault("/agency", f"“{unit.name}”不在应报单位之列，不用免报", "not-expected")
    elif until is None:
        yield Fault("/until", f"{wanted.kind.label}要写明到哪一天", "missing")
    elif wanted.kind is ExceptionKind.EXTENSION and until <= terms.dates.due_on:
        yield Fault("/until", f"延期应晚于报送期限 {terms.dates.due_on}，现为 {until}", "wrong-date")
    elif wanted.kind is ExceptionKind.UNLOCK:
        yield from _unlock_faults(terms, until)


def _unlock_faults(terms: Terms, until: date) -> Iterator[Fault]:
    if terms.locks_on is None:
        yield Fault("/kind", "没有设锁定日期，随时能改，不用解锁", "not-locked")
    elif until <= terms.locks_on:
        yield Fault("/until", f"解锁应晚于锁定日期 {terms.locks_on}，现为 {until}", "wrong-date")
    elif until < today():
        yield Fault("/until", f"解锁到 {until}，这一天已经过了", "wrong-date")


def _refuse_reported(session: ReadSession, unit: Agency, year: int) -> None:
    report = get_report(session, unit, year)
    if report is not None and report.status in Basis.SUBMITTED.statuses:
        raise WrongState(f"“{unit.name}”{year} 年度的报告{Status(report.status).said}，不用免报")


def _take_back(
    session: WriteSession, actor: Actor, collection: Collection, unit: Agency, kind: ExceptionKind
) -> None:
    """Let what was granted before give way to what is granted now."""
    before = granted_before(session, collection_key(collection), key_of(unit), kind)
    if before is not None:
        before.revoked_by, before.revoked_at = actor.holder, datetime.now(UTC)
        before.revocation = f"改由新的{kind.label}代替"
        session.flush()


def revoke_exception(
    session: WriteSession, actor: Actor, key: tuple[str, int], number: int, reason: str
) -> ExceptionFound:
    """Take back what was granted; it stays on record.

    Raises:
        NotFound: there is no such thing, or the agency isn't within reach.
        Forbidden: see `find_collector`.
        WrongState: it was taken back before.
    """
    code, year = key
    agency = find_collector(session, actor, code, year, Right.COORDINATE)
    granted = find_exception(session, collection_key(_held(session, agency, year)), number)
    if granted is None:
        raise NotFound(f"“{agency.name}”{year} 年度没有编号为 {number} 的延期、解锁或免报")
    if granted.revoked_at is not None:
        raise WrongState(f"编号为 {number} 的{ExceptionKind(granted.kind).label}已经收回了")
    granted.revoked_by, granted.revoked_at, granted.revocation = actor.holder, datetime.now(UTC), reason
    session.flush()
    unit = session.get_one(Agency, granted.agency_id)
    _tell(session, actor, Act.COLLECTION_REVOKE, agency, unit, year, granted)
    return ExceptionFound(granted, unit.code, unit.name)


def _tell(
    session: WriteSession,
    actor: Actor,
    act: Act,
    agency: Agency,
    unit: Agency,
    year: int,
    granted: CollectionException,
) -> None:
    said = {
        "collection": agency.code,
        "number": granted.id,
        "kind": granted.kind,
        "until": None if granted.until is None else granted.until.isoformat(),
        "reason": granted.reason,
        "revocation": granted.revocation,
    }
    note_year(session, act, unit, year, said)
    target = f"{target_of(agency, year)}/exceptions/{granted.id}"
    record(session, actor, act, target, agency=unit.code, year=year, details=said)


def find_exceptions(
    session: ReadSession, actor: Actor, key: tuple[str, int], after: int, limit: int
) -> list[ExceptionFound]:
    """Return up to *limit* of what was granted in an agency's year, the newest first, before number *after*.

    Raises:
        NotFound: there is no such agency that the actor reaches.
    """
    code, year = key
    agency = find_collector(session, actor, code, year, Right.READ)
    collection = get_collection(session, key_of(agency), year)
    if collection is None:
        return []
    found = list_exceptions(session, collection_key(collection), after, limit)
    return [ExceptionFound(*each) for each in found]
