"""A county's year: its dates, who owes a report, what was granted."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.deps import (
    LIMIT,
    AgencyInPath,
    CurrentActor,
    CurrentDatabase,
    CurrentReader,
    Cursor,
    IfMatch,
    Limit,
    YearInPath,
    routes_of,
)
from app.domain.collections import Dates, Standing, freezes_on
from app.routers.answers import READING, WRITING, etag_of, failures, page_of, skip_if_known
from app.schemas.collections import (
    CollectionBody,
    CollectionOut,
    DatesOut,
    ExceptionBody,
    ExceptionOut,
    ExceptionPage,
    HolderOut,
    RevocationBody,
    UnitCountsOut,
    UnitOut,
    UnitPage,
)
from app.schemas.pages import LARGEST, read_cursor
from app.services import collection_exceptions, collections
from app.services.collection_exceptions import ExceptionFound, ExceptionWanted
from app.services.collections import CollectionFound
from app.services.obligations import Obligation, Obligations, Removed, find_obligations
from app.storage.engine import WriteSession
from app.writing import Write, WriteOnce

router = routes_of("收报", "/collections/{agency}/{year}")


@router.get("", summary="收报安排", responses={**READING, **failures(304)})
def get_collection(
    agency: AgencyInPath,
    year: YearInPath,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
) -> CollectionOut:
    """各类单位从哪一天起上报、报送期限是哪一天、哪一天之后锁定。

    自己没有安排的，按最近的上级的安排；谁都没有安排的，按通常期限：部门、乡镇等 1 月 31 日，
    县级以上人民政府 3 月 31 日。自己安排了的才有 ETag。
    """
    with database.reading() as session:
        found = collections.find_collection(session, actor, agency, year)
    if found.collection is not None:
        etag = etag_of(found.collection)
        skip_if_known(request, etag)
        response.headers["ETag"] = etag
    return _out(found)


@router.put(
    "",
    summary="安排收报",
    responses={**WRITING, 201: {"model": CollectionOut, "description": "新的安排"}},
)
def put_collection(
    agency: AgencyInPath,
    year: YearInPath,
    body: CollectionBody,
    response: Response,
    write: Write,
    actor: CurrentActor,
    if_match: IfMatch,
) -> CollectionOut:
    """定下这个机关及其下各单位某年度的期限；下级自己另行安排的，以下级的为准。再改要带 If-Match。

    过了最早的报送期限，应报名单就冻结；此后机关树再有变动，另列为增减。
    """
    wanted = {reporters: Dates(**dates.model_dump()) for reporters, dates in body.dates.items()}

    def put(session: WriteSession) -> CollectionOut:
        found, created = collections.put_collection(session, actor, (agency, year), wanted, if_match)
        if found.collection is not None:
            response.headers["ETag"] = etag_of(found.collection)
        response.status_code = 201 if created else 200
        return _out(found)

    return write(put)


def _out(found: CollectionFound) -> CollectionOut:
    own = found.collection
    return CollectionOut(
        agency=found.agency.code,
        name=found.name,
        year=found.year,
        opened=own is not None,
        held_by=None if found.holder is None else HolderOut.model_validate(found.holder),
        dates={reporters: DatesOut.model_validate(dates) for reporters, dates in found.dates.items()},
        freezes_on=freezes_on(found.dates) if own is None else own.freezes_on,
        is_frozen=found.is_frozen,
        opened_by=None if own is None else own.opened_by,
        opened_at=None if own is None else own.opened_at,
        updated_at=None if own is None else own.updated_at,
    )


@router.get("/units", summary="应报名单", responses=READING)
def list_collection_units(
    agency: AgencyInPath,
    year: YearInPath,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    standing: Annotated[
        Standing | None, Query(description="只要与冻结名单这样关系的；不写为现在应报的")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> UnitPage:
    """谁应当报、哪一天到期、谁免报；名单冻结之后增减了谁。按代码排序。

    应报的，是这一年 12 月 31 日机关树上计入汇总、报自己的数的单位；垂直管理的机关和只报汇总数的不在内。
    """
    (after,) = read_cursor(cursor, [""])
    with database.reading() as session:
        found = find_obligations(session, actor, agency, year)
    wanted = _listed(found, standing)
    rest = [unit for unit in wanted if unit.code > str(after)]
    shown, page = page_of(request, response, rest, limit, lambda unit: [unit.code])
    return UnitPage(counts=_counts(found), items=list(shown), total=len(wanted), page=page)


def _listed(found: Obligations, standing: Standing | None) -> list[UnitOut]:
    if standing is Standing.REMOVED:
        return [_removed_out(unit) for unit in found.removed]
    return [_unit_out(unit) for unit in found.units if standing in {None, unit.standing}]


def _unit_out(unit: Obligation) -> UnitOut:
    return UnitOut.model_validate(unit)


def _removed_out(unit: Removed) -> UnitOut:
    return UnitOut(
        code=unit.code,
        name=unit.name,
        level=None,
        kind=None,
        due_on=None,
        is_extended=False,
        excused=None,
        standing=Standing.REMOVED,
        adjusted_on=unit.removed_on,
    )


def _counts(found: Obligations) -> UnitCountsOut:
    standings = [unit.standing for unit in found.units]
    return UnitCountsOut(
        expected=len(found.units),
        excused=len(found.units) - len(found.expected),
        frozen=found.frozen,
        open=standings.count(Standing.OPEN),
        added=standings.count(Standing.ADDED),
        removed=len(found.removed),
    )


@router.post(
    "/exceptions",
    status_code=201,
    summary="延期、解锁、免报",
    responses=failures(400, 404, 409, 413, 415, 422),
)
def grant_exception(
    agency: AgencyInPath, year: YearInPath, body: ExceptionBody, write: WriteOnce, actor: CurrentActor
) -> ExceptionOut:
    """给一个单位延期（extension）、在锁定之后解锁（unlock），或免报（excuse），写明原因。

    同一单位再办同一种，原来的收回，以新的为准。延期到锁定日期之后的，到延期那一天才锁。免报的单位仍可以报；报了就不再算免报。
    """
    wanted = ExceptionWanted(**body.model_dump())

    def grant(session: WriteSession) -> ExceptionOut:
        return _exception_out(collection_exceptions.grant_exception(session, actor, agency, year, wanted))

    return write(grant)


@router.get("/exceptions", summary="延期、解锁、免报的记录", responses=READING)
def list_exceptions(
    agency: AgencyInPath,
    year: YearInPath,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> ExceptionPage:
    """这个机关办过的延期、解锁和免报，新的在前；收回的也在。"""
    (before,) = read_cursor(cursor, [LARGEST])
    with database.reading() as session:
        found = collection_exceptions.find_exceptions(session, actor, (agency, year), int(before), limit + 1)
        shown, page = page_of(request, response, found, limit, lambda each: [each.exception.id or 0])
    return ExceptionPage(items=[_exception_out(each) for each in shown], page=page)


@router.post(
    "/exceptions/{exception_id}/revocation",
    summary="收回延期、解锁、免报",
    responses=failures(400, 404, 409, 413, 415, 422),
)
def revoke_exception(
    agency: AgencyInPath,
    year: YearInPath,
    exception_id: Annotated[int, Path(ge=1, le=LARGEST, description="编号")],
    body: RevocationBody,
    write: WriteOnce,
    actor: CurrentActor,
) -> ExceptionOut:
    """收回一次延期、解锁或免报，写明原因；记录留着。"""

    def revoke(session: WriteSession) -> ExceptionOut:
        return _exception_out(
            collection_exceptions.revoke_exception(session, actor, (agency, year), exception_id, body.reason)
        )

    return write(revoke)


def _exception_out(found: ExceptionFound) -> ExceptionOut:
    granted = found.exception
    return ExceptionOut.model_validate(
        {**granted.model_dump(), "number": granted.id, "agency": found.code, "name": found.name}
    )
