"""The versions of a report, and its part of the audit trail."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.deps import LIMIT, AgencyInPath, CurrentDatabase, CurrentReader, Cursor, Limit, YearInPath, routes_of
from app.domain.differences import Differences
from app.domain.values import to_json
from app.forms.model import ReportForm
from app.routers.answers import READING
from app.routers.audit import audit_page, place_of
from app.routers.reports import ONE, gate_out, show
from app.schemas.audit import EntryPage
from app.schemas.workflow import CellChangeOut, DiffOut, PastOut, TextChangeOut, VersionOut, VersionsOut
from app.services.audit_trail import list_report_entries
from app.services.filed import find_report
from app.services.findings import verdict_of_version
from app.services.history import compare, find_version
from app.services.history import list_versions as list_stored

router = routes_of("版本", "/reports")

Number = Annotated[int, Path(description="版本号", ge=1, le=10**6)]


@router.get(f"{ONE}/versions", summary="所有版本", responses=READING)
def list_versions(
    agency: AgencyInPath, year: YearInPath, database: CurrentDatabase, actor: CurrentReader
) -> VersionsOut:
    """每次保存都是一版，不能修改，不能删除。"""
    with database.reading() as session:
        versions = list_stored(session, find_report(session, actor, agency, year))
    return VersionsOut(items=[VersionOut.model_validate(version) for version in versions])


@router.get(f"{ONE}/versions/{{number}}", summary="某一版", responses=READING)
def get_version(
    agency: AgencyInPath, year: YearInPath, number: Number, database: CurrentDatabase, actor: CurrentReader
) -> PastOut:
    """报告在这一版的样子：当时的状态、出错说明及其审核，还有上报时的核对结果。"""
    with database.reading() as session:
        filed, version = find_version(session, find_report(session, actor, agency, year), number)
    return PastOut(
        number=version.number,
        saved_by=version.saved_by,
        saved_at=version.saved_at,
        report=show(filed),
        gate=gate_out(verdict_of_version(filed)),
    )


@router.get(f"{ONE}/diff", summary="两版之间的不同", responses=READING)
def compare_versions(
    agency: AgencyInPath,
    year: YearInPath,
    database: CurrentDatabase,
    actor: CurrentReader,
    earlier: Annotated[int, Query(alias="from", description="前一版", ge=1, le=10**6)],
    later: Annotated[int, Query(alias="to", description="后一版", ge=1, le=10**6)],
) -> DiffOut:
    """逐格列出变动，带表、行、列的名称；文字列出原文和后文。"""
    with database.reading() as session:
        filed = find_report(session, actor, agency, year)
        differ = compare(session, filed, earlier, later)
    return _diff_out(filed.content.form, differ, earlier, later)


def _diff_out(form: ReportForm, differ: Differences, earlier: int, later: int) -> DiffOut:
    return DiffOut(
        earlier=earlier,
        later=later,
        cells=[
            CellChangeOut(
                cell=code,
                label=form.cells[code].label,
                before=to_json(form.cells[code].measure, before),
                after=to_json(form.cells[code].measure, after),
            )
            for code, (before, after) in differ.cells.items()
        ],
        texts=[
            TextChangeOut(pointer=pointer, before=before, after=after)
            for pointer, (before, after) in differ.texts.items()
        ],
    )


@router.get(f"{ONE}/audit", summary="这份报告的审计记录", responses=READING)
def list_report_audit(
    agency: AgencyInPath,
    year: YearInPath,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> EntryPage:
    """谁在什么时候对这份报告做了什么，新的在前。"""
    before, key = place_of(cursor), (agency, year)
    with database.reading() as session:
        found = list_report_entries(session, actor, key, before, limit + 1)
    return audit_page(found, limit, request, response)
