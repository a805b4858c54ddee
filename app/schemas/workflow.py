"""Bodies of the workflow: steps, what may be done, comments, versions and what changed between them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

from pydantic import Field

from app.domain.lifecycle import Action, Status
from app.schemas.fields import Body, Out, Prose
from app.schemas.reports import ReportOut
from app.schemas.results import GateOut, Number

MOST_PLACES = 250

Place: TypeAlias = Annotated[str, Field(max_length=100, examples=["requests.received.total"])]
Reason: TypeAlias = Annotated[Prose, Field(max_length=2000)]
_STEPS = "；".join(f"{action} {action.label}" for action in Action)


class TransitionBody(Body):
    """要做的一步。"""

    action: Annotated[
        Action,
        Field(
            title=f"办理哪一步：{'；'.join(f'{action} {action.label}' for action in Action)}", strict=False
        ),
    ]
    reason: Annotated[
        Reason | None,
        Field(title="原因；撤回、退回、更正时必须写，审核通过之后又有核实性问题的，公布时也必须写"),
    ] = None
    cells: Annotated[
        list[Place] | None,
        Field(title="涉及的格或部分（title、preface、overview 等）；退回时必须写", max_length=MOST_PLACES),
    ] = None


class StepOut(Out):
    """已经做过的一步。"""

    action: Annotated[Action, Field(title="做了什么")]
    status: Annotated[Status, Field(title="之后的状态")]
    version: Annotated[int, Field(title="当时的版本")]
    reason: Annotated[str | None, Field(title="原因")]
    cells: Annotated[list[str], Field(title="涉及的格和部分")]
    days_late: Annotated[int | None, Field(title="迟了几天；只有上报才有")]
    taken_by: Annotated[str, Field(title="谁做的")]
    taken_at: Annotated[datetime, Field(title="时间")]


class StepsOut(Out):
    """一份报告走过的每一步。"""

    items: Annotated[list[StepOut], Field(title="每一步，早的在前")]


class OptionOut(Out):
    """可以做的一件事。"""

    name: Annotated[str, Field(title="名称", examples=["submit"])]
    label: Annotated[str, Field(title="中文名称", examples=["上报"])]
    allowed: Annotated[bool, Field(title="您现在能不能做")]
    refusal: Annotated[str | None, Field(title="为什么不能；能做为 null")]
    needs_reason: Annotated[bool, Field(title="做的时候要不要写原因（reason）")]


class OptionsOut(Out):
    """对一份报告能做的事。"""

    status: Annotated[Status, Field(title="现在的状态")]
    items: Annotated[list[OptionOut], Field(title="每一件事")]


class CommentBody(Body):
    """批注。"""

    cell: Annotated[Place, Field(title="格或部分的代码")]
    text: Annotated[Prose, Field(title="内容", min_length=1, max_length=2000)]


class CommentOut(Out):
    """一条批注。"""

    cell: Annotated[str, Field(title="格或部分的代码")]
    label: Annotated[str, Field(title="格或部分的名称")]
    text: Annotated[str, Field(title="内容")]
    version: Annotated[int, Field(title="当时的版本")]
    written_by: Annotated[str, Field(title="批注人")]
    written_at: Annotated[datetime, Field(title="时间")]


class CommentsOut(Out):
    """一份报告的批注。"""

    items: Annotated[list[CommentOut], Field(title="批注，早的在前")]


class VersionOut(Out):
    """一个版本。"""

    number: Annotated[int, Field(title="版本号")]
    saved_by: Annotated[str, Field(title="保存人")]
    saved_at: Annotated[datetime, Field(title="保存时间")]


class VersionsOut(Out):
    """一份报告的所有版本。"""

    items: Annotated[list[VersionOut], Field(title="版本，早的在前")]


class PastOut(VersionOut):
    """一份报告在某一版的样子。"""

    report: Annotated[ReportOut, Field(title="当时的报告；findings 按现在的规则核对")]
    gate: Annotated[
        GateOut | None, Field(title="这一版最后一次上报时的核对结果，此后不再改变；这一版没有上报过为 null")
    ]


class CellChangeOut(Out):
    """一格的变动。"""

    cell: Annotated[str, Field(title="格的代码")]
    label: Annotated[str, Field(title="表、行、列")]
    before: Annotated[Number | None, Field(title="原来的数；null 表示没有填")]
    after: Annotated[Number | None, Field(title="后来的数；null 表示没有填")]


class TextChangeOut(Out):
    """一处文字的变动。"""

    pointer: Annotated[str, Field(title="位置（RFC 6901）")]
    before: Annotated[str | None, Field(title="原来的文字")]
    after: Annotated[str | None, Field(title="后来的文字")]


class DiffOut(Out):
    """两个版本的不同之处。"""

    earlier: Annotated[int, Field(title="前一版")]
    later: Annotated[int, Field(title="后一版")]
    cells: Annotated[list[CellChangeOut], Field(title="变动的格")]
    texts: Annotated[list[TextChangeOut], Field(title="变动的文字")]
