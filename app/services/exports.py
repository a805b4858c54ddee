"""Workbooks of reports and roll-ups, from what is stored."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.auth.actor import Actor
from app.documents.filenames import report_filename, roll_up_filename
from app.documents.workbook import Owed, ReportBook, RollUpBook, UnitRow, write_report, write_roll_up
from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.deadlines import CHINA
from app.domain.lifecycle import Basis, Status
from app.services.history import Correction, corrections_of, find_seen
from app.services.roll_ups import CoverageState, numbers_of, roll_up_subtree
from app.services.versions import mark_of_filed

if TYPE_CHECKING:
    from app.services.filed import Filed
    from app.services.roll_ups import RolledUp
    from app.storage.engine import Database, ReadSession

PROVISIONAL = "临时"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A workbook that somebody wants.

    Attributes:
        actor: who wants it.
        agency: whose, by its code.
        year: the report year.
        basis: which reports count in a roll-up; None for the workbook of a report.
        known: marks of the workbooks that the caller has already.
    """

    actor: Actor
    agency: str
    year: int
    basis: Basis | None
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Exported:
    """A file to take away.

    Attributes:
        name: of the file.
        body: what is in it; None where the caller has it already.
        mark: what tells it from the same file of another state.
    """

    name: str
    body: bytes | None
    mark: str


def export(database: Database, wanted: Wanted) -> Exported:
    """Return a workbook; the database is let go before it is written.

    Raises:
        NotFound: there is no such report or roll-up that the actor reaches.
        InvalidRequest: the year has no form.
    """
    return _export_report(database, wanted) if wanted.basis is None else _export_roll_up(database, wanted)


def _export_report(database: Database, wanted: Wanted) -> Exported:
    with database.reading() as session:
        filed = find_seen(session, wanted.actor, wanted.agency, wanted.year)
    mark = mark_of_filed(filed)
    name = report_filename(filed.content.form, filed.name, filed.content.year)
    return Exported(name, None if mark in wanted.known else write_report(_report_book(filed)), mark)


def _report_book(filed: Filed) -> ReportBook:
    as_of, notes = filed.report.updated_at, [_note(correction) for correction in corrections_of(filed)]
    return ReportBook(
        filed.content,
        filed.name,
        filed.status.label,
        filed.results,
        as_of,
        notes,
        filed.explanations,
    )


def _note(correction: Correction) -> str:
    if correction.published_at is None:
        return (
            f"更正说明：正在更正第 {correction.corrects} 版，原因：{correction.reason}。更正后的还没有公布。"
        )
    day = correction.published_at.astimezone(CHINA)
    return f"更正说明：{day:%Y-%m-%d} 更正公布，原因：{correction.reason}。"


def _export_roll_up(database: Database, wanted: Wanted) -> Exported:
    with database.reading() as session:
        rolled = roll_up_subtree(
            session, wanted.actor, wanted.agency, wanted.year, wanted.basis or Basis.SUBMITTED
        )
        mark = _mark_of_roll_up(rolled)
        book = None if mark in wanted.known else _roll_up_book(session, rolled)
    name = roll_up_filename(rolled.form, rolled.name, rolled.year)
    return Exported(name, None if book is None else write_roll_up(book), mark)


def _mark_of_roll_up(rolled: RolledUp) -> str:
    """Return what stays the same as long as nothing that the workbook shows has changed but its moment."""
    shown = [
        [rolled.form.version, rolled.agency.code, rolled.year, rolled.basis],
        [[source.report_id, source.revision, source.status] for source in rolled.sources],
        [
            [agency.code, covered.name, agency.level, agency.kind, covered.state, covered.reason]
            for covered in rolled.coverage
            for agency in [covered.agency]
        ],
    ]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:32]


def _roll_up_book(session: ReadSession, rolled: RolledUp) -> RollUpBook:
    agency = rolled.agency
    return RollUpBook(
        form=rolled.form,
        agency_code=agency.code,
        agency=rolled.name,
        year=rolled.year,
        status=PROVISIONAL,
        basis=rolled.basis.label,
        counts=[
            ("应报", len(rolled.expected)),
            *(
                (state.label, len(rolled.standing(state)))
                for state in CoverageState
                if state is not CoverageState.UNALLOCATED
            ),
        ],
        rolled=rolled.total,
        results=rolled.results,
        units=_units(session, rolled),
        missing=_owed(rolled),
        as_of=rolled.as_of,
    )


def _units(session: ReadSession, rolled: RolledUp) -> list[UnitRow]:
    numbers = numbers_of(session, rolled)
    covered = {each.agency.id: each for each in rolled.coverage}
    return [
        UnitRow(
            code=source.agency,
            name=covered[source.agency_id].name,
            level=AgencyLevel(covered[source.agency_id].agency.level).label,
            kind=AgencyKind(covered[source.agency_id].agency.kind).label,
            status=Status(source.status).label,
            values=numbers[source.report_id],
        )
        for source in rolled.sources
    ]


def _owed(rolled: RolledUp) -> list[Owed]:
    return [
        Owed(covered.agency.code, covered.name, covered.state.label, covered.reason or "")
        for covered in rolled.coverage
        if covered.state is not CoverageState.INCLUDED
    ]
