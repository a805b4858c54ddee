"""出错说明: what is said of findings that are no mistakes, and what reviewers make of it."""

from __future__ import annotations

from fastapi import Response

from app.deps import (
    AgencyInPath,
    CurrentActor,
    CurrentDatabase,
    CurrentReader,
    IfMatch,
    YearInPath,
    routes_of,
)
from app.domain.explanations import Explained
from app.routers.answers import READING, failures
from app.routers.reports import ONE, answer
from app.schemas.explanations import (
    ExplanationKeptOut,
    ExplanationsBody,
    ExplanationsOut,
    NeedOut,
    ReviewsBody,
)
from app.schemas.reports import ReportOut
from app.services import explanations
from app.services.explaining import Said
from app.services.explanations import Reviewed
from app.services.filed import find_report
from app.storage.engine import WriteSession
from app.writing import WriteOnce

router = routes_of("办理", "/reports")
ALL = f"{ONE}/explanations"
_WRITING = failures(400, 404, 409, 412, 413, 415, 422)


@router.get(ALL, summary="出错说明", responses=READING)
def list_explanations(
    agency: AgencyInPath, year: YearInPath, database: CurrentDatabase, actor: CurrentReader
) -> ExplanationsOut:
    """写过的每一条，现在是否有效，审核得怎样；还有哪些核实性问题没有说明。"""
    with database.reading() as session:
        filed = find_report(session, actor, agency, year)
    holding = explanations.holding(filed)
    return ExplanationsOut(
        items=[_kept_out(one, holds=one.id in holding) for one in filed.explanations.items],
        needed=[
            NeedOut(rule=result.rule.id, code=result.code, message=result.message)
            for result in filed.unexplained
        ],
    )


def _kept_out(explained: Explained, *, holds: bool) -> ExplanationKeptOut:
    names = ("rule", "code", "text", "version", "given_by", "given_at", "state", "reviews")
    said = {name: getattr(explained, name) for name in names}
    return ExplanationKeptOut.model_validate({**said, "holds": holds})


@router.post(ALL, summary="写出错说明", responses=_WRITING)
def give_explanations(
    agency: AgencyInPath,
    year: YearInPath,
    body: ExplanationsBody,
    response: Response,
    write: WriteOnce,
    actor: CurrentActor,
    if_match: IfMatch,
) -> ReportOut:
    """核实性问题核对无误的，写明为什么。所涉及的数不变，说明一直有效；变了就要重写。"""
    said = [Said(one.rule, one.code, one.text) for one in body.items]

    def give(session: WriteSession) -> ReportOut:
        key = (agency, year)
        return answer(explanations.give_explanations(session, actor, key, said, if_match), response)

    return write(give)


@router.post(f"{ALL}/reviews", summary="审核出错说明", responses=_WRITING)
def review_explanations(
    agency: AgencyInPath,
    year: YearInPath,
    body: ReviewsBody,
    response: Response,
    write: WriteOnce,
    actor: CurrentActor,
    if_match: IfMatch,
) -> ReportOut:
    """逐条认可或不认可；不认可要写原因，报告随之退回。写说明、填报、上报的人不能自己认可。"""
    reviewed = None
    if body.items is not None:
        reviewed = [Reviewed(one.rule, one.code, one.accepted, one.reason) for one in body.items]

    def review(session: WriteSession) -> ReportOut:
        key = (agency, year)
        return answer(explanations.review_explanations(session, actor, key, reviewed, if_match), response)

    return write(review)
