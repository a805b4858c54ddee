"""Who owes a report of a year, by when, and who is excused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.collections import Standing, Terms, reporters_of, usual_dates
from app.domain.deadlines import CHINA
from app.domain.roles import Right
from app.services.agencies import key_of
from app.services.collections import find_collector
from app.storage.collections import (
    FrozenRow,
    OwingRow,
    bound_to,
    find_terms,
    first_changes,
    lineages_on,
    list_excused,
    list_excuses,
    list_frozen,
    list_owing,
)
from app.storage.numbers import SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from app.auth.actor import Actor
    from app.domain.collections import Dates, Reporters
    from app.storage.engine import ReadSession
    from app.storage.models import Agency


@dataclass(frozen=True, slots=True)
class Obligation:
    """A unit that owes a report.

    Attributes:
        agency_id: its row number.
        code: its code.
        name: its name.
        level: its level.
        kind: its kind.
        due_on: the last day on which its report is in time, with whatever longer it was given.
        is_extended: whether it was given longer.
        excused: why it is excused; None where it isn't.
        standing: whether it was expected when that was frozen.
        adjusted_on: since when it is expected, where it came afterwards and that is known.
    """

    agency_id: int
    code: str
    name: str
    level: AgencyLevel
    kind: AgencyKind
    due_on: date
    is_extended: bool
    excused: str | None
    standing: Standing
    adjusted_on: date | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """A unit that was expected when that was frozen, and no longer is.

    Attributes:
        agency_id: its row number.
        code: its code.
        name: its name then.
        removed_on: since when it isn't, where that is known.
    """

    agency_id: int
    code: str
    name: str
    removed_on: date | None


@dataclass(frozen=True, slots=True)
class Obligations:
    """Who owes a report of a year in a subtree: those frozen, with those added and without those removed.

    Attributes:
        agency: at the top.
        year: the report year.
        units: who owes one today, by code.
        removed: who did when that was frozen.
        frozen: how many were expected when that was frozen; None where it isn't.
    """

    agency: Agency
    year: int
    units: list[Obligation]
    removed: list[Removed]
    frozen: int | None

    @property
    def expected(self) -> list[Obligation]:
        """Those that aren't excused."""
        return [unit for unit in self.units if unit.excused is None]


def find_obligations(session: ReadSession, actor: Actor, code: str, year: int) -> Obligations:
    """Return who owes a report of a year at and below an agency.

    Raises:
        NotFound, InvalidRequest: see `find_collector`.
    """
    return obligations_of(session, find_collector(session, actor, code, year, Right.READ), year)


def obligations_of(session: ReadSession, agency: Agency, year: int) -> Obligations:
    """Return who owes a report of a year at and below an agency, as the tree stood on its 31 December.

    Without any collection the usual dates hold, and nobody is excused.
    """
    bound = bound_to(session, key_of(agency), agency.code, year)
    rows = list_owing(session, bound)
    is_frozen = any(row.is_frozen for row in rows)
    frozen = list_frozen(session, agency.code, bound)
    known = {row.agency_id for row in frozen}
    usual = usual_dates(year)
    since = min((row.since for row in frozen), default=0)
    added = _added_on(session, [row for row in rows if _is_added(row, known)], since, year)
    units = [_obligation(row, known, usual, added.get(row.agency_id)) for row in rows]
    gone = known - {row.agency_id for row in rows}
    removed = _removed(session, [row for row in frozen if row.agency_id in gone], since)
    return Obligations(agency, year, units, removed, len(known) if is_frozen or known else None)


def _is_added(row: OwingRow, known: set[int]) -> bool:
    return row.is_frozen and row.agency_id not in known


def _obligation(
    row: OwingRow, known: set[int], usual: dict[Reporters, Dates], added_on: date | None
) -> Obligation:
    level, kind = AgencyLevel(row.level), AgencyKind(row.kind)
    standing = Standing.FROZEN if row.agency_id in known else Standing.OPEN
    return Obligation(
        agency_id=row.agency_id,
        code=row.code,
        name=row.name,
        level=level,
        kind=kind,
        due_on=row.extended_to or row.due_on or usual[reporters_of(level, kind)].due_on,
        is_extended=row.extended_to is not None,
        excused=row.excused,
        standing=Standing.ADDED if _is_added(row, known) else standing,
        adjusted_on=added_on,
    )


def _added_on(session: ReadSession, rows: Sequence[OwingRow], since: int, year: int) -> dict[int, date]:
    """Return since when some are expected, where that is known; see `_changed_on`."""
    if not rows:
        return {}
    return _changed_on(session, lineages_on(session, [row.agency_id for row in rows], year), since)


def _removed(session: ReadSession, rows: Sequence[FrozenRow], since: int) -> list[Removed]:
    lineages = {row.agency_id: row.path.strip(SEPARATOR).split(SEPARATOR)[::-1] for row in rows}
    gone = _changed_on(session, lineages, since) if rows else {}
    return [Removed(row.agency_id, row.code, row.name, gone.get(row.agency_id)) for row in rows]


def _changed_on(session: ReadSession, lineages: Mapping[int, Sequence[str]], since: int) -> dict[int, date]:
    """Return the day on which each, or else what is nearest above it, first changed after a change."""
    changed = first_changes(session, {code for codes in lineages.values() for code in codes}, since)
    first = {key: next((code for code in codes if code in changed), None) for key, codes in lineages.items()}
    return {key: changed[code].astimezone(CHINA).date() for key, code in first.items() if code is not None}


def terms_of(session: ReadSession, agency: Agency, year: int) -> Terms:
    """Return what holds for an agency's report of a year: by when it is due, when it is locked."""
    reporters = reporters_of(AgencyLevel(agency.level), AgencyKind(agency.kind))
    found = find_terms(session, agency.code, year, reporters)
    return found or Terms(year, usual_dates(year)[reporters])


def excuses_under(session: ReadSession, agency: Agency, year: int) -> dict[int, str]:
    """Return why units at and below an agency are excused, by the agency's row number."""
    return list_excuses(session, key_of(agency), agency.code, year)


def excuses_among(session: ReadSession, agency: Agency, year: int, bodies: Collection[int]) -> dict[int, str]:
    """Return why some bodies, most of which stood below an agency then, are excused, by row number."""
    found = excuses_under(session, agency, year)
    for key, code in list_excused(session, year):
        if key in bodies and key not in found:
            # it has come from elsewhere since
            found |= list_excuses(session, key, code, year)
    return {key: reason for key, reason in found.items() if key in bodies}
