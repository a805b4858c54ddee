"""Judging a report without storing it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body

from app.deps import CurrentActor, StrictRoute
from app.domain.content import Content, with_texts
from app.domain.judging import judge
from app.domain.results import blocking
from app.domain.totals import complete
from app.errors import Fault, InvalidRequest
from app.routers.answers import failures
from app.schemas.reports import ReportSent, read_report, year_sent
from app.schemas.results import JudgementOut, counts_of, results_out
from app.services.filed import find_form

router = APIRouter(route_class=StrictRoute, tags=["核对"])


@router.post("/validations", summary="只核对，不保存", responses=failures(400, 413, 415, 422))
def validate_report(body: Annotated[ReportSent, Body()], _actor: CurrentActor) -> JudgementOut:
    """用上报时的同一套规则核对一份报告，返回全部结果；什么也不保存。要写明 year。"""
    report = read_report(body, year_sent(body))
    if report.year is None:
        raise InvalidRequest("要写明报告年度", [Fault("/year", "缺少“year”", "missing")])
    form = find_form(report.year)
    blank = Content(form, report.year, None, None, {}, complete(form, report.sent_values(form)))
    content = with_texts(blank, report.sent_texts())
    results = judge(content)
    items = results_out(form, content.values, results)
    return JudgementOut(
        items=items,
        total=len(items),
        returned=len(items),
        truncated=False,
        counts=counts_of(results),
        can_submit=not blocking(results),
    )
