"""Agencies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import File, Path, Query, Request, Response, UploadFile

from app.deps import LIMIT, CurrentActor, CurrentDatabase, CurrentReader, Cursor, IfMatch, Limit, routes_of
from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.deadlines import CHINA
from app.errors import Fault, InvalidRequest
from app.routers.answers import READING, WRITING, etag_of, failures, page_of, skip_if_known
from app.schemas.agencies import (
    AgenciesImported,
    AgencyBody,
    AgencyOut,
    AgencyPage,
    AgencySummary,
    FieldChangeOut,
    PlacedAgency,
    SubtreeOut,
)
from app.schemas.agency_rows import read_rows
from app.schemas.fields import Name
from app.schemas.pages import ListedOut, read_cursor
from app.schemas.reports import AgencyCode, Day
from app.services import agencies, agency_imports
from app.services.agency_details import AgencyDetails, AgencyFound
from app.services.agency_imports import ImportOutcome
from app.storage.engine import WriteSession
from app.writing import Write, WriteOnce

router = routes_of("机关", "/agencies")

MOST_LISTED = 1000
"""How much of what an import changes an answer lists."""

CodeInPath = Annotated[AgencyCode, Path(description="机关代码")]
AsOf = Annotated[Day | None, Query(description="哪一天的情况，例如 2021-12-31；不写为现在")]


def _details(body: AgencyBody) -> AgencyDetails:
    return AgencyDetails(**body.model_dump())


def _out(found: AgencyFound) -> AgencyOut:
    names = AgencyDetails.__dataclass_fields__
    return AgencyOut.model_validate(
        {
            **{name: getattr(found.details, name) for name in names},
            "created_at": found.agency.created_at,
            "updated_at": found.agency.updated_at,
        }
    )


@router.post("", status_code=201, summary="登记机关", responses=failures(400, 409, 413, 415, 422))
def create_agency(body: AgencyBody, response: Response, write: WriteOnce, actor: CurrentActor) -> AgencyOut:
    """登记一个机关。上级要先登记。"""

    def create(session: WriteSession) -> AgencyOut:
        found = agencies.create_agency(session, actor, _details(body))
        response.headers["ETag"] = etag_of(found.agency)
        response.headers["Location"] = f"/api/v1/agencies/{found.agency.code}"
        return _out(found)

    return write(create)


@router.get("", summary="查找机关", responses=failures(422))
def list_agencies(
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    q: Annotated[Name | None, Query(description="现在或曾用名称的一部分", max_length=100)] = None,
    level: Annotated[AgencyLevel | None, Query(description="层级")] = None,
    kind: Annotated[AgencyKind | None, Query(description="种类")] = None,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> AgencyPage:
    """按代码排序列出机关。"""
    (after,) = read_cursor(cursor, [""])
    with database.reading() as session:
        found = agencies.list_agencies(
            session, actor, after=str(after), limit=limit + 1, name=q, level=level, kind=kind
        )
        shown, page = page_of(request, response, found, limit, lambda agency: [agency.code])
        items = [AgencySummary.model_validate(agency) for agency in shown]
    return AgencyPage(items=items, page=page)


@router.post("/import", summary="从 CSV 登记机关", responses=failures(400, 413, 415, 422))
def import_agencies(
    file: Annotated[UploadFile, File(title="CSV 文件（UTF-8）")],
    write: WriteOnce,
    actor: CurrentActor,
) -> AgenciesImported:
    """一行一个机关，表头为 code,name,level,kind,parent,… ；有一行不对就整个不登记。行的先后不限。

    代码或区划代码是 2、4、6、9 位统计用区划代码的，level、kind 可以不写。先用 dry_run=true 看会变什么。
    """
    rows = [_details(body) for body in read_rows(file.file.read())]

    def register(session: WriteSession) -> AgenciesImported:
        return _imported(agency_imports.import_agencies(session, actor, rows))

    return write(register)


def _imported(outcome: ImportOutcome) -> AgenciesImported:
    return AgenciesImported(
        created=len(outcome.created),
        changed=outcome.changed,
        unchanged=outcome.unchanged,
        created_codes=list(outcome.created[:MOST_LISTED]),
        created_listed=_listed(outcome.created),
        changes=[FieldChangeOut.model_validate(each) for each in outcome.changes[:MOST_LISTED]],
        changes_listed=_listed(outcome.changes),
    )


def _listed(everything: Sequence[object]) -> ListedOut:
    total = len(everything)
    return ListedOut(total=total, returned=min(total, MOST_LISTED), truncated=total > MOST_LISTED)


@router.get("/{code}", summary="一个机关", responses={**READING, **failures(304)})
def get_agency(
    code: CodeInPath,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    as_of: AsOf = None,
) -> AgencyOut:
    """一个机关的登记情况，及它在机关树中的位置。"""
    with database.reading() as session:
        found = agencies.get_agency(session, actor, code, as_of)
        shown, etag = _out(found), etag_of(found.agency)
    skip_if_known(request, etag)
    response.headers["ETag"] = etag
    return shown


@router.put(
    "/{code}",
    summary="更正或登记机关",
    responses={**WRITING, 201: {"model": AgencyOut, "description": "新登记"}},
)
def replace_agency(
    code: CodeInPath,
    body: AgencyBody,
    response: Response,
    write: Write,
    actor: CurrentActor,
    if_match: IfMatch,
) -> AgencyOut:
    """没有则登记；已有则更正，要带 If-Match。更正上级时，已报的报告改到新位置汇总。"""
    if body.code != code:
        message = f"请求体中的代码“{body.code}”与路径中的“{code}”不一致"
        raise InvalidRequest(message, [Fault("/code", message, "code-differs")])

    def replace(session: WriteSession) -> AgencyOut:
        found, created = agencies.replace_agency(session, actor, _details(body), if_match)
        response.headers["ETag"] = etag_of(found.agency)
        response.status_code = 201 if created else 200
        return _out(found)

    return write(replace)


@router.delete("/{code}", status_code=204, summary="删除机关", responses=failures(404, 409, 412, 422, 428))
def delete_agency(code: CodeInPath, write: Write, actor: CurrentActor, if_match: IfMatch) -> None:
    """删除登记错的机关。有报告、或下面还有机关的，不能删除。"""
    write(lambda session: agencies.delete_agency(session, actor, code, if_match))


@router.get("/{code}/subtree", summary="一个机关及其下的机关", responses=READING)
def get_agency_subtree(
    code: CodeInPath, database: CurrentDatabase, actor: CurrentReader, as_of: AsOf = None
) -> SubtreeOut:
    """某一天一个机关及其下的所有机关，按代码排序。"""
    day = as_of or datetime.now(CHINA).date()
    with database.reading() as session:
        items = [
            PlacedAgency(
                **AgencySummary.model_validate(placed.agency).model_dump(exclude={"name", "division_code"}),
                name=placed.name,
                division_code=placed.division_code,
                parent=placed.parent,
                depth=placed.depth,
            )
            for placed in agencies.list_subtree(session, actor, code, day)
        ]
    return SubtreeOut(as_of=day, items=items, total=len(items))
