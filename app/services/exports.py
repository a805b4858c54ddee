"""Workbooks of reports and roll-ups, from what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.documents.filenames import report_filename, roll_up_filename
from app.documents.workbook import Owed, ReportBook, RollUpBook, UnitRow, write_report, write_roll_up
from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.lifecycle import Status
from app.services.filed import CHINA
from app.services.history import Correction, corrections_of
from app.services.roll_ups import CoverageState, numbers_of

if TYPE_CHECKING:
    from app.services.filed import Filed
    from app.services.roll_ups import RolledUp
    from app.storage.engine import ReadSession

PROVISIONAL = "临时"


@dataclass(frozen=True, slots=True)
class Exported:
    """A file to take away."""

    name: str
    body: bytes


def export_report(filed: Filed) -> Exported:
    """Return a report as a workbook, dated by its last change."""
    content, agency = filed.content, filed.agency
    as_of, notes = filed.report.updated_at, [_note(correction) for correction in corrections_of(filed)]
    book = ReportBook(content, agency.name, filed.status.label, filed.results, as_of, notes)
    return Exported(report_filename(content.form, agency.name, content.year), write_report(book))


def _note(correction: Correction) -> str:
    if correction.published_at is None:
        return (
            f"更正说明：正在更正第 {correction.corrects} 版，原因：{correction.reason}。更正后的还没有公布。"
        )
    day = correction.published_at.astimezone(CHINA)
    return f"更正说明：{day:%Y-%m-%d} 更正公布，原因：{correction.reason}。"


def export_roll_up(session: ReadSession, rolled: RolledUp) -> Exported:
    """Return a roll-up as a workbook, with every unit's numbers."""
    agency = rolled.agency
    book = RollUpBook(
        form=rolled.form,
        agency_code=agency.code,
        agency=agency.name,
        year=rolled.year,
        status=PROVISIONAL,
        basis=rolled.basis.label,
        counts=[
            ("应报", len(rolled.expected)),
            *((state.label, len(rolled.standing(state))) for state in CoverageState),
        ],
        rolled=rolled.total,
        results=rolled.results,
        units=_units(session, rolled),
        missing=_owed(rolled),
        as_of=rolled.as_of,
    )
    return Exported(roll_up_filename(rolled.form, agency.name, rolled.year), write_roll_up(book))


def _units(session: ReadSession, rolled: RolledUp) -> list[UnitRow]:
    numbers = numbers_of(session, rolled)
    agencies = {covered.agency.id: covered.agency for covered in rolled.coverage}
    return [
        UnitRow(
            code=source.agency,
            name=agencies[source.agency_id].name,
            level=AgencyLevel(agencies[source.agency_id].level).label,
            kind=AgencyKind(agencies[source.agency_id].kind).label,
            status=Status(source.status).label,
            values=numbers[source.report_id],
        )
        for source in rolled.sources
    ]


def _owed(rolled: RolledUp) -> list[Owed]:
    return [
        Owed(covered.agency.code, covered.agency.name, covered.state.label, covered.reason or "")
        for covered in rolled.coverage
        if covered.state is not CoverageState.INCLUDED
    ]
