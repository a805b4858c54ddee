"""The way of a report: its steps, what may be done now, and remarks."""

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
from app.domain.content import label_of_place
from app.routers.answers import READING, failures
from app.routers.reports import ONE, answer
from app.schemas.reports import ReportOut
from app.schemas.workflow import (
    CommentBody,
    CommentOut,
    CommentsOut,
    OptionOut,
    OptionsOut,
    StepOut,
    StepsOut,
    TransitionBody,
)
from app.services import comments
from app.services.filed import Filed, find_report
from app.services.history import places_of
from app.services.options import options
from app.services.workflow import Move
from app.services.workflow import take_action as move_report
from app.storage.engine import WriteSession
from app.storage.models import Comment
from app.writing import WriteOnce

router = routes_of("办理", "/reports")


@router.post(f"{ONE}/transitions", summary="办理一步", responses=failures(400, 404, 409, 412, 413, 415, 422))
def take_action(
    agency: AgencyInPath,
    year: YearInPath,
    body: TransitionBody,
    response: Response,
    write: WriteOnce,
    actor: CurrentActor,
    if_match: IfMatch,
) -> ReportOut:
    """上报、撤回、退回、审核通过、公布、更正。

    有强制性错误，或核实性问题没有出错说明，则不能上报。出错说明都认可了才能审核通过。上报的人不能自己审核。
    撤回、退回、更正要写原因，退回还要写明是哪些格。审核通过之后又有核实性问题的（例如上年的报告更正了），公布也要写原因。
    更正期间，已公布的那一版照旧给出、照旧计入汇总，直到更正后的一版公布。
    """
    move = Move(body.action, body.reason, body.cells or ())

    def take(session: WriteSession) -> ReportOut:
        return answer(move_report(session, actor, (agency, year), move, if_match), response)

    return write(take)


@router.get(f"{ONE}/transitions", summary="走过的每一步", responses=READING)
def list_steps(
    agency: AgencyInPath, year: YearInPath, database: CurrentDatabase, actor: CurrentReader
) -> StepsOut:
    """谁在什么时候上报、退回、审核、公布、更正，为什么，迟了几天。"""
    with database.reading() as session:
        filed = find_report(session, actor, agency, year)
    return StepsOut(
        items=[
            StepOut.model_validate({**step.model_dump(), "cells": places_of(step)}) for step in filed.steps
        ]
    )


@router.get(f"{ONE}/actions", summary="现在能做什么", responses=READING)
def list_options(
    agency: AgencyInPath, year: YearInPath, database: CurrentDatabase, actor: CurrentReader
) -> OptionsOut:
    """对这份报告能做的事，您现在能不能做；不能的说明为什么。"""
    with database.reading() as session:
        filed = find_report(session, actor, agency, year)
        choices = options(session, actor, filed)
    return OptionsOut(
        status=filed.status,
        items=[
            OptionOut(
                name=choice.name,
                label=choice.label,
                allowed=choice.refusal is None,
                refusal=choice.refusal,
                needs_reason=choice.needs_reason,
            )
            for choice in choices
        ],
    )


@router.post(f"{ONE}/comments", status_code=201, summary="批注", responses=failures(400, 404, 413, 415, 422))
def add_comment(
    agency: AgencyInPath,
    year: YearInPath,
    body: CommentBody,
    write: WriteOnce,
    actor: CurrentActor,
) -> CommentOut:
    """在一格或一个部分上批注。批注不能修改，也不能删除。"""

    def add(session: WriteSession) -> CommentOut:
        filed, comment = comments.add_comment(session, actor, (agency, year), body.cell, body.text)
        return _comment_out(filed, comment)

    return write(add)


@router.get(f"{ONE}/comments", summary="所有批注", responses=READING)
def list_comments(
    agency: AgencyInPath, year: YearInPath, database: CurrentDatabase, actor: CurrentReader
) -> CommentsOut:
    """一份报告上的批注，早的在前。"""
    with database.reading() as session:
        filed = find_report(session, actor, agency, year)
        found = comments.list_comments(session, filed)
    return CommentsOut(items=[_comment_out(filed, comment) for comment in found])


def _comment_out(filed: Filed, comment: Comment) -> CommentOut:
    return CommentOut(
        cell=comment.place,
        label=label_of_place(filed.content.form, comment.place),
        text=comment.text,
        version=comment.version,
        written_by=comment.written_by,
        written_at=comment.written_at,
    )
