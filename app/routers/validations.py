"""Judging a report without storing it."""

from __future__ import annotations

from fastapi import APIRouter

from app.deps import CurrentActor, CurrentDatabase, StrictRoute
from app.domain.results import blocking
from app.errors import Fault, InvalidRequest
from app.routers.answers import failures
from app.routers.reports import sent_by
from app.schemas.reports import Report
from app.schemas.results import JudgementOut, counts_of, results_out
from app.services.validations import judge_sent

router = APIRouter(route_class=StrictRoute, tags=["核对"])


@router.post("/validations", summary="只核对，不保存", responses=failures(400, 404, 413, 415, 422))
def validate_report(body: Report, database: CurrentDatabase, actor: CurrentActor) -> JudgementOut:
    """用上报时的同一套规则核对一份报告，返回全部结果；什么也不保存。要写明 year。

    写了 agency，则同这个机关上报时一样，与它上一年度的报告、层级、规则设定等一并核对；不写则只核对报告本身。
    """
    if body.year is None:
        raise InvalidRequest("要写明报告年度", [Fault("/year", "缺少“year”", "missing")])
    with database.reading() as session:
        content, results = judge_sent(session, actor, body.agency, body.year, sent_by(body))
    items = results_out(content.form, content.values, results)
    return JudgementOut(
        items=items,
        total=len(items),
        returned=len(items),
        truncated=False,
        counts=counts_of(results),
        can_submit=not blocking(results),
    )
