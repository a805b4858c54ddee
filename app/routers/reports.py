"""Reports: the whole of one, its list and its workflow."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from fastapi import Body, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from app.auth.actor import Actor
from app.deps import (
    LIMIT,
    MERGE_PATCH,
    AgencyInPath,
    CurrentActor,
    CurrentDatabase,
    CurrentReader,
    Cursor,
    Export,
    IfMatch,
    Limit,
    Moment,
    YearInPath,
    routes_of,
)
from app.domain.lifecycle import Status
from app.domain.results import not_kept
from app.errors import Fault, InvalidRequest
from app.routers.answers import (
    READING,
    WORKBOOK,
    WRITING,
    download,
    etag_of_shown,
    failures,
    marks_known,
    page_of,
    skip_if_known,
)
from app.schemas.other_forms import form_meant
from app.schemas.pages import read_cursor
from app.schemas.reports import (
    AgencyCode,
    ReportBody,
    ReportOut,
    ReportPage,
    ReportSent,
    ReportSummary,
    Year,
    read_report,
    report_out,
    year_sent,
)
from app.schemas.results import FindingsOut, GateOut, counts_of, results_out
from app.schemas.suggestions import suggested_out
from app.schemas.zeros import ZerosBody, ZerosOut, ZeroStatementOut, ZeroStatementsOut
from app.services import reports, zeros
from app.services.explaining import Said
from app.services.exports import Wanted as WantedBook
from app.services.filed import Filed
from app.services.findings import last_verdict
from app.services.history import find_as_of, find_published, find_seen, head_of
from app.services.listing import Listed, Wanted
from app.services.listing import list_reports as list_stored
from app.services.reports import Sent
from app.services.suggestions import suggested_for
from app.storage.engine import ReadSession, WriteSession
from app.writing import Write, WriteOnce

router = routes_of("年度报告", "/reports")

Draft: TypeAlias = Annotated[
    bool,
    Query(
        description="true 存为草稿，可以有错、有缺；false 保存并上报，有强制性错误、核实性问题没说明则不保存"
    ),
]
ONE = "/{agency}/{year}"
View: TypeAlias = Annotated[
    Literal["published"] | None,
    Query(description="published 最近公布的那一版；不写则是现在的（更正期间，只能查阅的人看到已公布的）"),
]
"""Which version is meant, where one is published and another being made."""


def sent_by(body: ReportBody, year: int) -> Sent:
    """Return what a body says of a report of this year."""
    return Sent(body.sent_values(form_meant(year)), body.sent_texts(), said_by(body))


def said_by(body: ReportBody) -> list[Said]:
    """Return what a body says of the report's findings."""
    return [Said(one.rule, one.code, one.text) for one in body.explanations]


def answer(filed: Filed, response: Response) -> ReportOut:
    """Give a report out with its entity tag."""
    response.headers["ETag"] = etag_of_shown(filed)
    return show(filed)


def show(filed: Filed) -> ReportOut:
    """Give a report out."""
    offered = suggested_for(filed)
    suggested = suggested_out(offered.form, offered.from_year, offered.values)
    findings = not_kept(filed.results)
    return report_out(head_of(filed), filed.content, findings, suggested, filed.explanations)


def gate_out(verdict: dict[str, object] | None) -> GateOut | None:
    """Give out what was found when a report was 上报."""
    return None if verdict is None else GateOut.model_validate(verdict)


def find_viewed(
    session: ReadSession, actor: Actor, key: tuple[str, int], view: Literal["published"] | None
) -> Filed:
    """Return the version of a report that is asked for: by default the one that the caller is to see.

    Raises:
        NotFound: there is no such report that they reach, or it was never published.
    """
    return (find_seen if view is None else find_published)(session, actor, *key)


def _read(sent: object, agency: str, year: int) -> Sent:
    """Return what a body says of the report that the path names.

    Raises:
        InvalidRequest: it isn't of that shape, or speaks of another report.
    """
    body = read_report(sent, year)
    faults = [
        Fault(f"/{name}", f"请求体中是“{sent}”，路径中是“{named}”，两者不一致", "key-differs")
        for name, sent, named in (("agency", body.agency, agency), ("year", body.year, year))
        if sent is not None and sent != named
    ]
    if faults:
        raise InvalidRequest("请求体与路径所指的不是同一份报告", faults)
    return sent_by(body, year)


@router.post("", status_code=201, summary="报送报告", responses=failures(400, 409, 413, 415, 422))
def create_report(
    body: Annotated[ReportSent, Body()],
    response: Response,
    write: WriteOnce,
    actor: CurrentActor,
    draft: Draft = False,
) -> ReportOut:
    """建立一份报告。不写 draft=true 则同时上报：有缺格、勾稽关系不平等强制性错误的不予保存。

        核实性问题没有出错说明（explanations）的，也不予保存。
    没有写的总计（（七）总计、总计）由系统算出；写了的必须相符。
    """
    report = read_report(body, year_sent(body))
    if report.agency is None or report.year is None:
        names = [name for name in ("agency", "year") if getattr(report, name) is None]
        faults = [Fault(f"/{name}", f"缺少“{name}”", "missing") for name in names]
        raise InvalidRequest("要写明是哪个机关、哪个年度的报告", faults)
    agency, year = report.agency, report.year
    sent = sent_by(report, year)

    def create(session: WriteSession) -> ReportOut:
        filed = reports.create_report(session, actor, agency, year, sent, draft=draft)
        response.headers["Location"] = f"/api/v1/reports/{agency}/{year}"
        return answer(filed, response)

    return write(create)


@router.get("", summary="报告列表", responses=failures(404, 422))
def list_reports(
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    year: Annotated[Year | None, Query(description="报告年度")] = None,
    under: Annotated[AgencyCode | None, Query(description="只列这个机关及其下各机关的报告")] = None,
    status: Annotated[Status | None, Query(description="状态")] = None,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> ReportPage:
    """按机关代码、年度排序列出报告，不含正文和表格。"""
    code, after_year = read_cursor(cursor, ["", 0])
    with database.reading() as session:
        found = list_stored(
            session, actor, Wanted(year, under, status), (str(code), int(after_year)), limit + 1
        )
        shown, page = page_of(
            request, response, found, limit, lambda listed: [listed.agency.code, listed.report.year]
        )
        items = [_summary(listed) for listed in shown]
    return ReportPage(items=items, page=page)


def _summary(listed: Listed) -> ReportSummary:
    return ReportSummary(
        agency=listed.agency.code,
        name=listed.name,
        year=listed.report.year,
        form=listed.report.form,
        status=Status(listed.report.status),
        version=listed.report.version,
        published_version=listed.report.published_version,
        updated_at=listed.report.updated_at,
    )


@router.get(ONE, summary="一份报告", responses={**READING, **failures(304)})
def get_report(
    agency: AgencyInPath,
    year: YearInPath,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    view: View = None,
    as_of: Annotated[Moment | None, Query(description="某一时刻的样子，例如 2022-01-31T12:00:00Z")] = None,
) -> ReportOut:
    """报告全文：标题、文字、三张表，以及现在不符合规则或有疑问之处。"""
    with database.reading() as session:
        filed = find_viewed(session, actor, (agency, year), view)
        if as_of is not None:
            filed = find_as_of(session, filed, as_of)
    response.headers["ETag"] = etag = etag_of_shown(filed)
    skip_if_known(request, etag)
    return show(filed)


@router.put(
    ONE, summary="整份替换或报送", responses={**WRITING, 201: {"model": ReportOut, "description": "新建立"}}
)
def replace_report(
    agency: AgencyInPath,
    year: YearInPath,
    body: Annotated[ReportSent, Body()],
    response: Response,
    write: Write,
    actor: CurrentActor,
    if_match: IfMatch,
    draft: Draft = False,
) -> ReportOut:
    """没有则建立；已有则整份替换，要带 If-Match。不写 draft=true 则同时上报。"""
    sent = _read(body, agency, year)

    def replace(session: WriteSession) -> ReportOut:
        key = (agency, year)
        filed, created = reports.replace_report(session, actor, key, sent, if_match, draft=draft)
        response.status_code = 201 if created else 200
        return answer(filed, response)

    return write(replace)


@router.patch(ONE, summary="修改部分内容", responses=WRITING)
def patch_report(
    agency: AgencyInPath,
    year: YearInPath,
    body: Annotated[ReportSent, Body(media_type=MERGE_PATCH)],
    response: Response,
    write: Write,
    actor: CurrentActor,
    if_match: IfMatch,
    draft: Draft = False,
) -> ReportOut:
    """按 RFC 7396 合并：写了的改，没写的不动；null 使一格成为缺格，使总计重新算出。"""
    sent = _read(body, agency, year)

    def patch(session: WriteSession) -> ReportOut:
        filed = reports.patch_report(session, actor, (agency, year), sent, if_match, draft=draft)
        return answer(filed, response)

    return write(patch)


@router.delete(ONE, status_code=204, summary="删除草稿", responses=failures(404, 409, 412, 422, 428))
def delete_report(
    agency: AgencyInPath,
    year: YearInPath,
    write: Write,
    actor: CurrentActor,
    if_match: IfMatch,
) -> None:
    """只能删除从未上报过的草稿。"""
    write(lambda session: reports.delete_report(session, actor, (agency, year), if_match))


@router.get(f"{ONE}/findings", summary="核对结果", responses=READING)
def get_findings(
    agency: AgencyInPath,
    year: YearInPath,
    database: CurrentDatabase,
    actor: CurrentReader,
    view: View = None,
) -> FindingsOut:
    """按现在的规则核对，以及上报时的核对结果。所核对的就是“一份报告”给出的那一版。"""
    with database.reading() as session:
        filed = find_viewed(session, actor, (agency, year), view)
    content = filed.content
    results = filed.results
    items = results_out(content.form, content.values, not_kept(results), filed.explanations)
    return FindingsOut(
        version=filed.version,
        items=items,
        total=len(items),
        returned=len(items),
        truncated=False,
        counts=counts_of(results),
        can_submit=filed.can_submit,
        gate=gate_out(last_verdict(filed)),
    )


@router.get(f"{ONE}/zeros", summary="谁说明过缺格为零", responses=READING)
def list_zeros(
    agency: AgencyInPath, year: YearInPath, database: CurrentDatabase, actor: CurrentReader
) -> ZeroStatementsOut:
    """每次说明了哪些格、由谁、在什么时候。"""
    with database.reading() as session:
        statements = zeros.list_zeros(session, actor, agency, year)
    return ZeroStatementsOut(
        items=[
            ZeroStatementOut(
                version=statement.version,
                cells=zeros.cells_of(statement),
                stated_by=statement.stated_by,
                stated_at=statement.stated_at,
            )
            for statement in statements
        ]
    )


@router.post(
    f"{ONE}/zeros", summary="说明缺格为零（零报告）", responses=failures(400, 404, 409, 412, 413, 415, 422)
)
def state_zeros(
    agency: AgencyInPath,
    year: YearInPath,
    body: ZerosBody,
    response: Response,
    write: WriteOnce,
    actor: CurrentActor,
    if_match: IfMatch,
) -> ZerosOut:
    """填报人说明缺格是零之后才填上 0，并记下是谁、什么时候说的。缺的总计由各项算出。"""

    def state(session: WriteSession) -> ZerosOut:
        key = (agency, year)
        done = zeros.state_zeros(session, actor, key, body.cells, if_match, stated_by=body.stated_by)
        return ZerosOut(
            report=answer(done.filed, response),
            stated=done.stated,
            computed=done.computed,
            stated_by=done.stated_by,
        )

    return write(state)


@router.get(
    f"{ONE}/export",
    summary="下载工作簿",
    response_class=Response,
    responses={**READING, **failures(304, 429), **WORKBOOK},
)
async def export_report_file(
    agency: AgencyInPath,
    year: YearInPath,
    request: Request,
    database: CurrentDatabase,
    actor: CurrentReader,
    export: Export,
    _format: Annotated[Literal["xlsx"], Query(alias="format", description="文件格式")] = "xlsx",
) -> Response:
    """三张表按官方版面，文字一张，核对结果一张。"""

    def skip_known() -> None:
        with database.reading() as session:
            etag = etag_of_shown(find_seen(session, actor, agency, year))
        skip_if_known(request, etag)

    await run_in_threadpool(skip_known)
    exported = await export(WantedBook(actor, agency, year, None, marks_known(request)))
    return download(exported, f'"{exported.mark}"')
