"""How far a county's year has come, and whom it reminded."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from fastapi import Query, Request, Response

from app.deps import (
    LIMIT,
    AgencyInPath,
    CurrentActor,
    CurrentDatabase,
    CurrentReader,
    Cursor,
    Limit,
    YearInPath,
    routes_of,
)
from app.documents.filenames import content_disposition, progress_filename
from app.documents.progress_model import ProgressBook
from app.domain.lifecycle import Action
from app.domain.progress import Branches, ProgressState, Tally
from app.routers.answers import READING, XLSX, failures, page_of, show_page
from app.schemas.pages import LARGEST, read_cursor
from app.schemas.progress import (
    AdjustmentsOut,
    BranchOut,
    ProgressOut,
    RatesOut,
    ReminderOut,
    ReminderPage,
    RemindersBody,
    RemindersOut,
    TallyOut,
    UnitProgressOut,
    UnitsProgressOut,
)
from app.services import progress, progress_documents, reminders
from app.services.progress import EVERYBODY, Progress, UnitProgress
from app.services.reminders import Reminded
from app.storage.engine import WriteSession
from app.writing import WriteOnce

router = routes_of("收报", "/collections/{agency}/{year}")


class Format(StrEnum):
    """As what the progress is given out."""

    JSON = "json"
    XLSX = "xlsx"
    HTML = "html"


_DOCUMENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "进度：JSON、工作簿，或可以打印的网页",
        "content": {
            XLSX: {"schema": {"type": "string", "format": "binary"}},
            "text/html": {"schema": {"type": "string"}},
        },
    }
}


@router.get("/progress", summary="收报进度", response_model=ProgressOut, responses={**READING, **_DOCUMENTS})
def get_progress(
    agency: AgencyInPath,
    year: YearInPath,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    form: Annotated[
        Format, Query(alias="format", description="json、xlsx 工作簿、html 可以打印的网页")
    ] = Format.JSON,
    by: Annotated[
        Branches | None,
        Query(description="再按下级分开数：children 直接下级；province、prefecture、county 各省、地、县"),
    ] = None,
    state: Annotated[list[ProgressState], Query(description="只列这些状态的单位；不写为全部")] = [],  # noqa: B006 - FastAPI copies it
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> ProgressOut | Response:
    """每个应报单位报到了哪一步：填了几格、迟了几天、几处问题待说明或待审核、最近一步、催了几次。

    每个单位只在一种状态里，各状态加起来就是应报数。空表（一个数也没有填）不算收到；零报告算收到。
    要了 by，JSON 只给各下级的数，不列单位。xlsx、html 列出全部单位（2000 个以内），不分页。
    """
    (after,) = read_cursor(cursor, [""])
    states = frozenset(state) or EVERYBODY
    with database.reading() as session:
        found = progress.find_progress(session, actor, agency, year, by)
        if form is not Format.JSON:
            return _document(progress_documents.book_of(session, found, state), form, by)
        if by is not None:
            return _out(found, None)
        units = progress.list_units(session, found, states, str(after), limit + 1)
    shown, page = page_of(request, response, units, limit, lambda unit: [unit.code])
    total = sum(found.tally.of(each) for each in states)
    items = [_unit_out(found, unit) for unit in shown]
    return _out(found, UnitsProgressOut(items=items, total=total, page=page))


def _document(book: ProgressBook, form: Format, by: Branches | None) -> Response:
    if form is Format.HTML:
        return show_page(progress_documents.page_of_progress(book, by))
    headers = {"Content-Disposition": content_disposition(progress_filename(book.agency, book.year))}
    return Response(progress_documents.workbook_of(book), media_type=XLSX, headers=headers)


def _out(found: Progress, units: UnitsProgressOut | None) -> ProgressOut:
    return ProgressOut(
        agency=found.agency.code,
        name=found.name,
        year=found.year,
        as_of=found.as_of,
        counts=_counts(found.tally),
        rates=_rates(found.tally),
        adjustments=None if found.adjusted is None else AdjustmentsOut.model_validate(found.adjusted),
        branches=[
            BranchOut(
                code=branch.code,
                name=branch.name,
                counts=_counts(branch.tally),
                rates=_rates(branch.tally),
            )
            for branch in found.branches
        ],
        units=units,
    )


def _counts(tally: Tally) -> TallyOut:
    return TallyOut.model_validate(
        {state.value: tally.of(state) for state in ProgressState}
        | {
            "expected": tally.expected,
            "received": tally.received,
            "missing": tally.missing,
            "zero": tally.zero,
            "corrected": tally.corrected,
            "late": tally.late,
            "overdue": tally.overdue,
        }
    )


def _rates(tally: Tally) -> RatesOut:
    received, accepted = tally.received_rate, tally.accepted_rate
    return RatesOut(
        received=None if received is None else str(received),
        accepted=None if accepted is None else str(accepted),
    )


def _unit_out(found: Progress, unit: UnitProgress) -> UnitProgressOut:
    step = unit.last_step
    return UnitProgressOut(
        code=unit.code,
        name=unit.name,
        level=unit.level,
        kind=unit.kind,
        state=unit.state,
        state_label=unit.state.label,
        is_corrected=unit.is_corrected,
        filled=unit.filled,
        cells=found.cells,
        is_zero=unit.is_zero,
        zeros_stated_by=unit.zeros_stated_by,
        due_on=unit.due_on,
        days_late=unit.days_late,
        excuse=unit.excuse,
        unexplained=unit.open.unexplained,
        unreviewed=unit.open.unreviewed,
        last_action=None if step is None else Action(step.action),
        last_by=None if step is None else step.taken_by,
        last_at=None if step is None else step.taken_at,
        reminders=unit.reminders,
        reminded_at=unit.reminded_at,
    )


@router.post("/reminders", status_code=201, summary="催报", responses=failures(400, 404, 409, 413, 415, 422))
def send_reminders(
    agency: AgencyInPath, year: YearInPath, body: RemindersBody, write: WriteOnce, actor: CurrentActor
) -> RemindersOut:
    """催还没有收到报告的单位。每个单位记一次：谁催的、什么时候、第几次。

    变动和推送里每个单位各有一条 collection.remind，由收到推送的系统去发短信、发通知。
    已经上报的、免报的不用催：点名催到它们的，一个也不发，逐个说明。
    """
    units = None if body.units == "missing" else body.units

    def send(session: WriteSession) -> RemindersOut:
        sent = reminders.send_reminders(session, actor, (agency, year), units, body.note)
        return RemindersOut(items=[_reminder_out(each) for each in sent], total=len(sent))

    return write(send)


@router.get("/reminders", summary="催报的记录", responses=READING)
def list_reminders(
    agency: AgencyInPath,
    year: YearInPath,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> ReminderPage:
    """这个机关及其下各单位这一年度收到的催报，新的在前；谁催的都在内。"""
    (before,) = read_cursor(cursor, [LARGEST])
    with database.reading() as session:
        found = reminders.find_reminders(session, actor, (agency, year), int(before), limit + 1)
        shown, page = page_of(request, response, found, limit, lambda each: [each.reminder.id or 0])
    return ReminderPage(items=[_reminder_out(each) for each in shown], page=page)


def _reminder_out(sent: Reminded) -> ReminderOut:
    return ReminderOut.model_validate({**sent.reminder.model_dump(), "agency": sent.code, "name": sent.name})
