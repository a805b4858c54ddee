"""Reorganisations (机构变动), and what became of a body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Body, Path, Query, Request, Response

from app.deps import LIMIT, CurrentActor, CurrentDatabase, CurrentReader, Cursor, Limit, routes_of
from app.domain.lifecycle import Status
from app.domain.reorganisations import Operation
from app.routers.answers import READING, failures, page_of
from app.schemas.agencies import NewAgencyBody
from app.schemas.pages import read_cursor
from app.schemas.reorganisations import (
    AffectedOut,
    AnyBody,
    CalledOut,
    ChangedOut,
    DissolveBody,
    EstablishBody,
    KinOut,
    LifeOut,
    MergeBody,
    MoveBody,
    PlacingOut,
    RenameBody,
    ReorganisationDone,
    ReorganisationOut,
    ReorganisationPage,
    ReorganisationSent,
    SplitBody,
    UncountedOut,
    read_reorganisation,
)
from app.schemas.reports import AgencyCode, Year
from app.services import reorganisation_history as history
from app.services.agency_details import AgencyDetails
from app.services.reorganisation_details import (
    Change,
    Dissolve,
    Establish,
    Merge,
    Move,
    Rename,
    Reorganised,
    Split,
    Wanted,
)
from app.services.reorganisation_history import Recorded
from app.services.reorganisations import reorganise as record_reorganisation
from app.storage.engine import WriteSession
from app.storage.reorganisation_models import Reorganisation
from app.storage.reorganisations import Kin
from app.writing import WriteOnce

router = routes_of("机关")

CodeInPath = Annotated[AgencyCode, Path(description="机关代码")]


@router.post(
    "/reorganisations",
    status_code=201,
    summary="登记机构变动",
    responses=failures(400, 409, 413, 415, 422),
)
def reorganise(
    body: Annotated[ReorganisationSent, Body()], write: WriteOnce, actor: CurrentActor
) -> ReorganisationDone:
    """更名、改变隶属关系、合并、拆分、撤销、新设：从生效日期起；以前的名称、位置、汇总和报告都不变。

    先用 dry_run=true 试做，看会变什么：每个机关的前后，哪些报告不再计入，哪些年度的汇总有变动。
    """
    read = read_reorganisation(body)
    wanted = Wanted(
        _change(read),
        read.effective_on,
        read.document,
        read.reason,
        read.model_dump(mode="json", exclude_unset=True),
    )

    def record(session: WriteSession) -> ReorganisationDone:
        return _done(record_reorganisation(session, actor, wanted))

    return write(record)


def _change(body: AnyBody) -> Change:
    match body:
        case RenameBody():
            return Rename(body.agency, body.name, body.division_code)
        case MoveBody():
            return Move(body.agency, body.parent)
        case MergeBody():
            return Merge(tuple(body.agencies), _body(body, body.into))
        case SplitBody():
            into = tuple(_body(body, each) for each in body.into)
            return Split(body.agency, into, body.keeps, body.allocation)
        case DissolveBody():
            return Dissolve(body.agency)
        case EstablishBody():
            return Establish(_new(body, body.body))


def _body(body: AnyBody, into: str | NewAgencyBody) -> str | AgencyDetails:
    return into if isinstance(into, str) else _new(body, into)


def _new(body: AnyBody, new: NewAgencyBody) -> AgencyDetails:
    return AgencyDetails(**new.model_dump(), valid_from=body.effective_on)


def _done(done: Reorganised) -> ReorganisationDone:
    touched = [(each.agency.code, each.before, each.after) for each in done.touched]
    return ReorganisationDone(
        **_out(Recorded(done.entry, touched)).model_dump(),
        uncounted=[
            UncountedOut(
                agency=each.agency.code,
                name=each.agency.name,
                year=each.report.year,
                status=Status(each.report.status),
            )
            for each in done.uncounted
        ],
        affected=[
            AffectedOut(agency=each.code, name=each.name, years=list(each.years)) for each in done.affected
        ],
    )


def _out(recorded: Recorded) -> ReorganisationOut:
    entry = recorded.entry
    return ReorganisationOut.model_validate(
        {
            **entry.model_dump(),
            "label": _label(entry),
            "agencies": [_changed(*touched) for touched in recorded.touched],
        }
    )


def _label(entry: Reorganisation) -> str:
    return Operation(entry.operation).label


def _changed(code: str, before: Mapping[str, object] | None, after: Mapping[str, object]) -> ChangedOut:
    return ChangedOut(code=code, before=None if before is None else dict(before), after=dict(after))


@router.get("/reorganisations", summary="机构变动", responses=READING)
def list_reorganisations(
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    agency: Annotated[AgencyCode | None, Query(description="只列涉及这个机关的")] = None,
    year: Annotated[Year | None, Query(description="只列这一年生效的")] = None,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> ReorganisationPage:
    """您能看到的机关的机构变动，按登记先后。"""
    (after,) = read_cursor(cursor, [0])
    with database.reading() as session:
        found = history.list_reorganisations(session, actor, int(after), limit + 1, agency=agency, year=year)
        shown, page = page_of(request, response, found, limit, lambda each: [each.entry.id or 0])
        items = [_out(each) for each in shown]
    return ReorganisationPage(items=items, page=page)


@router.get("/agencies/{code}/history", summary="一个机关的沿革", responses=READING)
def get_agency_history(code: CodeInPath, database: CurrentDatabase, actor: CurrentReader) -> LifeOut:
    """用过的名称、在机关树中的位置、前身和承接的机关，及所依据的文号。"""
    with database.reading() as session:
        life = history.find_life(session, actor, code)
        return LifeOut(
            agency=life.agency.code,
            names=[CalledOut.model_validate(each) for each in life.names],
            placements=[PlacingOut.model_validate(each) for each in life.places],
            predecessors=[_kin(each) for each in life.predecessors],
            successors=[_kin(each) for each in life.successors],
        )


def _kin(kin: Kin) -> KinOut:
    return KinOut(
        agency=kin.code,
        name=kin.name,
        operation=Operation(kin.entry.operation),
        effective_on=kin.entry.effective_on,
        document=kin.entry.document,
    )
