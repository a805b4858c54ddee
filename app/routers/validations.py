"""Judging a report without storing it."""

from __future__ import annotations

from app.deps import CurrentActor, routes_of
from app.domain.content import Content, with_texts
from app.domain.judging import judge
from app.domain.results import blocking
from app.domain.totals import complete
from app.errors import Fault, InvalidRequest
from app.routers.answers import failures
from app.schemas.reports import Report
from app.schemas.results import JudgementOut, counts_of, results_out
from app.services.filed import find_form

router = routes_of("核对")


@router.post("/validations", summary="只核对，不保存", responses=failures(400, 413, 415, 422))
def validate_report(body: Report, _actor: CurrentActor) -> JudgementOut:
    """用上报时的同一套规则核对一份报告，返回全部结果；什么也不保存。要写明 year。"""
    if body.year is None:
        raise InvalidRequest("要写明报告年度", [Fault("/year", "缺少“year”", "missing")])
    form = find_form(body.year)
    blank = Content(form, body.year, None, None, {}, complete(form, body.sent_values(form)))
    content = with_texts(blank, body.sent_texts())
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
