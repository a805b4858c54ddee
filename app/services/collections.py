"""A county's year: opened with its dates, and what is granted to single units."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from app.domain.acts import Act
from app.domain.agencies import reference_day
from app.domain.collections import Dates, Reporters, freezes_on, usual_dates, wrong_dates
from app.domain.finalisation import Named
from app.domain.roles import Right
from app.errors import Duplicate, Fault, InvalidRequest, NotFound
from app.services.agencies import find_agency, key_of
from app.services.audit import record
from app.services.changes import note_year
from app.services.filed import find_form
from app.services.surroundings import today
from app.services.versions import BasedOn, require_absent, require_current
from app.storage.collection_models import Collection
from app.storage.collections import dates_of, get_collection, nearest_collection, set_dates
from app.storage.engine import lock_tree
from app.storage.freezing import freeze
from app.storage.models import Agency
from app.storage.names import called_in
from app.storage.tree import lineage_on

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.auth.actor import Actor
    from app.storage.engine import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class CollectionFound:
    """The dates by which an agency's reports of a year go.

    Attributes:
        agency: whose year it is.
        name: what that was called on 31 December of it.
        year: the report year.
        dates: by those who have theirs in common.
        collection: what the agency itself has opened; None where it has nothing.
        holder: whose dates these are; None where they are the usual ones.
    """

    agency: Agency
    name: str
    year: int
    dates: dict[Reporters, Dates]
    collection: Collection | None
    holder: Named | None

    @property
    def is_frozen(self) -> bool:
        """Whether who is expected stands still: changes of the tree are shown apart from then on."""
        return self.collection is not None and (
            self.collection.frozen_at is not None or today() > self.collection.freezes_on
        )


def find_collection(session: ReadSession, actor: Actor, code: str, year: int) -> CollectionFound:
    """Return by which dates an agency's year goes: its own, those of the nearest above it, or the usual.

    Raises:
        NotFound: there is no such agency that the actor reaches, or it stood nowhere in that year.
        InvalidRequest: the year has no form.
    """
    agency = find_collector(session, actor, code, year, Right.READ)
    name, near = called_in(session, key_of(agency), year), nearest_collection(session, code, year)
    if near is None:
        return CollectionFound(agency, name, year, usual_dates(year), None, None)
    collection = session.get_one(Collection, near)
    code_of_holder = session.get_one(Agency, collection.agency_id).code
    holder = Named(code_of_holder, called_in(session, collection.agency_id, year))
    own = collection if collection.agency_id == agency.id else None
    return CollectionFound(agency, name, year, dates_of(session, near), own, holder)


def find_collector(session: ReadSession, actor: Actor, code: str, year: int, right: Right) -> Agency:
    """Return an agency that stood in the tree on 31 December of a year, for somebody who may do something.

    Raises:
        NotFound: there is none that the actor reaches, or it stood nowhere that day.
        Forbidden: they reach it, but haven't the right.
        InvalidRequest: the year has no form.
    """
    agency = find_agency(session, actor, code, right, year)
    find_form(year)
    day = reference_day(year)
    if not lineage_on(session, code, day):
        raise NotFound(f"“{agency.name}”在 {day} 不在机关树中，没有 {year} 年度的收报")
    return agency


def put_collection(
    session: WriteSession,
    actor: Actor,
    key: tuple[str, int],
    wanted: Mapping[Reporters, Dates],
    based_on: BasedOn | None,
) -> tuple[CollectionFound, bool]:
    """Open an agency's year, or give it other dates; tell whether it is new.

    Args:
        session: the transaction.
        actor: who does it.
        key: agency and year.
        wanted: the dates; whoever isn't named has the usual ones.
        based_on: what the caller read.

    Raises:
        NotFound, Forbidden: see `find_collector`.
        InvalidRequest: the dates don't fit together; all that is wrong is named.
        PreconditionRequired, StaleVersion: see `require_current`.
        Duplicate: somebody else has just opened it.
    """
    code, year = key
    agency = find_collector(session, actor, code, year, Right.COORDINATE)
    dates = usual_dates(year) | dict(wanted)
    faults = list(_faults(year, dates))
    if faults:
        raise InvalidRequest("期限没有写对，没有保存", faults)
    lock_tree(session, to_change_it=False)
    name = called_in(session, key_of(agency), year)
    collection = get_collection(session, key_of(agency), year, to_change=True)
    if collection is None:
        require_absent(based_on)
        opened = _open(session, actor, agency, year, dates)
        return CollectionFound(agency, name, year, dates, opened, Named(code, name)), True
    require_current(based_on, collection)
    _change(session, actor, agency, collection, dates)
    return CollectionFound(agency, name, year, dates, collection, Named(code, name)), False


def _faults(year: int, dates: Mapping[Reporters, Dates]) -> Iterator[Fault]:
    for reporters, each in dates.items():
        for wrong in wrong_dates(year, each):
            message = f"{reporters.label}：{wrong.message}"
            yield Fault(f"/dates/{reporters}/{wrong.name}", message, "wrong-date")


def _open(
    session: WriteSession, actor: Actor, agency: Agency, year: int, dates: Mapping[Reporters, Dates]
) -> Collection:
    now = datetime.now(UTC)
    collection = Collection(
        agency_id=key_of(agency),
        year=year,
        freezes_on=freezes_on(dates),
        opened_by=actor.holder,
        opened_at=now,
        updated_at=now,
    )
    session.add(collection)
    # made beforehand: once the flush has failed, the agency's name can't be read any more
    refusal = Duplicate(f"“{agency.name}”{year} 年度的收报已经安排了；要改，请先读取，再用 PUT")
    try:
        session.flush()
    except IntegrityError as taken:
        raise refusal from taken
    set_dates(session, collection_key(collection), dates)
    _tell(session, actor, Act.COLLECTION_OPEN, agency, collection, said_of_dates(dates))
    return collection


def _change(
    session: WriteSession,
    actor: Actor,
    agency: Agency,
    collection: Collection,
    dates: Mapping[Reporters, Dates],
) -> None:
    before = dates_of(session, collection_key(collection))
    if before == dates:
        return
    now = datetime.now(UTC)
    if collection.frozen_at is None and today() > collection.freezes_on:
        # it has stood still since that day, whatever the new dates say
        freeze(session, collection.year, [collection_key(collection)], now)
        session.refresh(collection)
    set_dates(session, collection_key(collection), dates)
    collection.freezes_on = freezes_on(dates)
    collection.revision += 1
    collection.updated_at = now
    session.flush()
    old, new = said_of_dates(before), said_of_dates(dates)
    changed = {name: [old[name], new[name]] for name in new if old[name] != new[name]}
    _tell(session, actor, Act.COLLECTION_CHANGE, agency, collection, new, changed)


def _tell(
    session: WriteSession,
    actor: Actor,
    act: Act,
    agency: Agency,
    collection: Collection,
    dates: Mapping[str, object],
    changed: Mapping[str, object] | None = None,
) -> None:
    note_year(session, act, agency, collection.year, {"dates": dates})
    year, said = collection.year, {"dates": changed or dates}
    record(session, actor, act, target_of(agency, year), agency=agency.code, year=year, details=said)


def target_of(agency: Agency, year: int) -> str:
    """Return how the records name an agency's year."""
    return f"/collections/{agency.code}/{year}"


def said_of_dates(dates: Mapping[Reporters, Dates]) -> dict[str, object]:
    """Return dates as JSON values."""
    return {
        reporters.value: {
            name: None if day is None else day.isoformat() for name, day in asdict(each).items()
        }
        for reporters, each in dates.items()
    }


def collection_key(collection: Collection) -> int:
    """Return the row number of a stored collection."""
    if collection.id is None:
        raise AssertionError(collection)
    return collection.id
