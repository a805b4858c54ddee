"""Judging a report without storing it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from fastapi import Body

from app.deps import CurrentActor, CurrentDatabase, routes_of
from app.domain.agencies import ReportScope
from app.domain.content import Content, with_texts
from app.domain.context import ALONE, Context, Reporter
from app.domain.explanations import Explanations
from app.domain.judging import judge
from app.domain.results import blocking
from app.domain.similarity import liken_to_own
from app.domain.totals import complete
from app.errors import Fault, InvalidRequest, no_form
from app.forms import form_of_year
from app.routers.answers import failures
from app.routers.reports import said_by, sent_by
from app.schemas.reports import read_report, year_sent
from app.schemas.results import JudgementOut, counts_of, results_out
from app.schemas.validations import Beside, ValidationBody, ValidationSent, read_validation
from app.services.explaining import explained_by
from app.services.filed import find_form
from app.services.validations import judge_sent

if TYPE_CHECKING:
    from app.domain.results import Result
    from app.forms.model import ReportForm
    from app.schemas.reports import ReportBody

router = routes_of("核对")


@router.post("/validations", summary="只核对，不保存", responses=failures(400, 404, 413, 415, 422))
def validate_report(
    body: Annotated[ValidationSent, Body()], database: CurrentDatabase, actor: CurrentActor
) -> JudgementOut:
    """用上报时的同一套规则核对一份报告，返回全部结果；什么也不保存。要写明 year。

    写了 agency，则同这个机关上报时一样，与它上一年度的报告、层级、规则设定等一并核对；或者用 beside
    写明对照的情况：是什么机关，上级和同级有哪些，以前年度的报告怎么说。两者不能都写；都不写则只核对报告本身。
    所写的出错说明（explanations）也算在内。
    """
    sent = read_validation(body)
    if sent.agency is not None and sent.beside is not None:
        message = "写了 agency，就按已经登记、报送的情况核对，不看 beside；请去掉 beside，或者去掉 agency"
        raise InvalidRequest(message, [Fault("/beside", message, "beside-agency")])
    if sent.agency is None:
        content, results = judge_beside(sent, sent.year)
    else:
        with database.reading() as session:
            content, results = judge_sent(session, actor, sent.agency, sent.year, sent_by(sent, sent.year))
    known = Explanations(tuple(explained_by(results, content.values, Explanations(), said_by(sent))))
    items = results_out(content.form, content.values, results, known)
    return JudgementOut(
        items=items,
        total=len(items),
        returned=len(items),
        truncated=False,
        counts=counts_of(results),
        can_submit=not blocking(results) and not known.unexplained(content.values, results),
    )


def judge_beside(sent: ValidationBody, year: int) -> tuple[Content, list[Result]]:
    """Judge what was sent beside nothing but what the caller says."""
    scope = ReportScope.OWN if sent.beside is None else sent.beside.report_scope
    content = _content(find_form(year), year, sent, scope)
    return content, judge(content, ALONE if sent.beside is None else _context(sent.beside, content))


def _content(form: ReportForm, year: int, body: ReportBody, scope: ReportScope = ReportScope.OWN) -> Content:
    is_aggregate = scope is ReportScope.AGGREGATE
    blank = Content(form, year, None, None, {}, complete(form, body.sent_values(form)), is_aggregate)
    return with_texts(blank, body.sent_texts())


def _context(beside: Beside, content: Content) -> Context:
    """Return what a report is judged beside, from what the caller says alone.

    Of reports whose prose may be alike that is the body's own of last year; of other bodies it knows nothing.

    Raises:
        InvalidRequest: a report of another year is of none that it could be.
    """
    last_year = _last_year(beside, content.year)
    before = [*([] if last_year is None else [last_year]), *_earlier(beside, content.year)]
    return Context(
        reporter=Reporter(
            beside.name, beside.level, beside.kind, tuple(beside.above), tuple(beside.neighbours)
        ),
        last_year=last_year,
        earlier=tuple((each.year, each.values) for each in before),
        alike=liken_to_own(content, last_year, beside.name or ""),
    )


def _last_year(beside: Beside, year: int) -> Content | None:
    if beside.last_year is None:
        return None
    said = year_sent(beside.last_year) or year - 1
    return _of_before(beside, beside.last_year, said, [year - 1], "/beside/last_year")


def _earlier(beside: Beside, year: int) -> list[Content]:
    """Return the reports of the years before last year, the newest first, one of each year."""
    allowed, found = [year - 2, year - 3], []
    for place, sent in enumerate(beside.earlier):
        content = _of_before(beside, sent, year_sent(sent), allowed, f"/beside/earlier/{place}")
        allowed.remove(content.year)
        found.append(content)
    return sorted(found, key=lambda content: -content.year)


def _of_before(beside: Beside, sent: object, year: int | None, allowed: list[int], pointer: str) -> Content:
    """Read a report of the years before, on the form of its year.

    Raises:
        InvalidRequest: it is of another year, or not of that year's shape.
    """
    if year not in allowed:
        message = f"应是 {'、'.join(map(str, allowed))} 年度的报告，每年一份"
        raise InvalidRequest(message, [Fault(f"{pointer}/year", message, "wrong-year")])
    form = form_of_year(year)
    if form is None:
        raise no_form(year, pointer)
    try:
        return _content(form, year, read_report(sent, year), beside.report_scope)
    except InvalidRequest as wrong:
        faults = [replace(fault, pointer=pointer + fault.pointer) for fault in wrong.faults]
        raise InvalidRequest(wrong.detail, faults) from wrong
