"""The audit trail."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from app.deps import (
    LIMIT,
    CurrentDatabase,
    CurrentReader,
    CurrentSettings,
    Cursor,
    Limit,
    Moment,
    routes_of,
)
from app.domain.acts import Act
from app.routers.answers import READING, page_of
from app.schemas.audit import ChainOut, EntryOut, EntryPage, VerificationOut
from app.schemas.fields import Name
from app.schemas.pages import read_cursor
from app.schemas.reports import AgencyCode, Year
from app.services import audit_trail
from app.services.audit_trail import EntriesWanted, Place
from app.storage.models import AuditEntry

router = routes_of("审计", "/audit")


@router.get("", summary="审计记录", responses=READING)
def list_audit(
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    agency: Annotated[AgencyCode | None, Query(description="关于哪个机关")] = None,
    year: Annotated[Year | None, Query(description="关于哪个年度的报告")] = None,
    act: Annotated[Act | None, Query(description="做了什么")] = None,
    holder: Annotated[Name | None, Query(description="谁", max_length=100)] = None,
    since: Annotated[Moment | None, Query(description="从什么时候起")] = None,
    until: Annotated[Moment | None, Query(description="到什么时候为止")] = None,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> EntryPage:
    """谁在什么时候做了什么，新的在前。只列与您管到的机关有关的；管全部机关的人看到全部。"""
    request.app.state.refusals.flush()
    wanted = EntriesWanted(agency, year, act, holder, since, until)
    with database.reading() as session:
        found = audit_trail.list_entries(session, actor, wanted, place_of(cursor), limit + 1)
    return audit_page(found, limit, request, response)


def place_of(cursor: str | None) -> Place | None:
    """Return the last entry of the page before."""
    at, chain, number = read_cursor(cursor, ["", "", 0])
    return None if cursor is None else (str(at), str(chain), int(number))


def audit_page(found: list[AuditEntry], limit: int, request: Request, response: Response) -> EntryPage:
    """Return a page of the trail, of which one entry more than it holds was looked up."""
    shown, page = page_of(
        request, response, found, limit, lambda entry: [entry.at, entry.chain, entry.number]
    )
    return EntryPage(items=[_entry_out(entry) for entry in shown], page=page)


def _entry_out(entry: AuditEntry) -> EntryOut:
    label = Act(entry.act).label if entry.act in {*Act} else entry.act
    return EntryOut.model_validate({**entry.model_dump(), "label": label})


@router.get("/verification", summary="审计记录有没有被改动过", responses=READING)
def verify_audit(
    database: CurrentDatabase, actor: CurrentReader, settings: CurrentSettings
) -> VerificationOut:
    """从头核对每一条链；指出第一条不对的。hash 可以抄存在别处，日后用来证明链没有被整个换掉。"""
    with database.reading() as session:
        checked = audit_trail.verify(session, actor, settings.key)
    return VerificationOut(
        intact=all(chain.broken_at is None for chain in checked),
        chains=[ChainOut.model_validate(chain) for chain in checked],
    )
