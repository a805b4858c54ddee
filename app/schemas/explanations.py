"""Bodies of 出错说明: what is said of findings, and what reviewers make of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from app.domain.explanations import ExplanationState
from app.schemas.fields import SAID, Body, Line, Out
from app.schemas.reports import MOST_EXPLANATIONS, ExplanationBody
from app.schemas.workflow import Reason


class ExplanationsBody(Body):
    """对几处核实性问题的出错说明。"""

    items: Annotated[list[ExplanationBody], Field(title="说明", min_length=1, max_length=MOST_EXPLANATIONS)]


class ReviewBody(Body):
    """对一条出错说明的审核。"""

    rule: Annotated[Line, Field(title="规则编号", examples=["R11"])]
    code: Annotated[Line, Field(title="核对之处", examples=["requests.carried.total"])]
    accepted: Annotated[bool, Field(title="是否认可；不认可的，报告随之退回")]
    reason: Annotated[Reason | None, Field(title="原因；不认可时必须写")] = None


def _all_or_some(value: object) -> object:
    if value == "all":
        return None
    if not isinstance(value, list):
        message = '应是 "all"（认可所有待审核的），或者逐条审核的数组'
        raise PydanticCustomError(SAID, message)
    return value


def _with_all(schema: dict[str, Any]) -> None:
    """Describe "all" as callers write it, not as it is read."""
    schema["anyOf"] = [{"const": "all"}, *(one for one in schema["anyOf"] if one.get("type") != "null")]


ReviewedItems: TypeAlias = Annotated[
    Annotated[list[ReviewBody], Field(min_length=1, max_length=MOST_EXPLANATIONS)] | None,
    BeforeValidator(_all_or_some),
]
"""What is made of each; None accepts all that wait, which callers write as "all"."""


class ReviewsBody(Body):
    """对出错说明的审核。"""

    items: Annotated[
        ReviewedItems,
        Field(title="逐条审核；all 认可所有待审核的", examples=["all"], json_schema_extra=_with_all),
    ]


class ExplanationKeptOut(Out):
    """写过的一条出错说明。"""

    rule: Annotated[str, Field(title="规则编号")]
    code: Annotated[str, Field(title="核对之处")]
    text: Annotated[str, Field(title="说明")]
    version: Annotated[int, Field(title="当时的版本")]
    given_by: Annotated[str, Field(title="谁写的")]
    given_at: Annotated[datetime, Field(title="什么时候写的")]
    state: Annotated[ExplanationState, Field(title="given 待审核，accepted 已认可，refused 未认可")]
    holds: Annotated[bool, Field(title="现在是否有效；所说明的数变了、另写了一条，或没有认可，就不再有效")]
    reviews: Annotated[list[ReviewOut], Field(title="历次审核，早的在前")]


class ReviewOut(Out):
    """一次审核。"""

    accepted: Annotated[bool, Field(title="是否认可")]
    reason: Annotated[str | None, Field(title="原因")]
    reviewed_by: Annotated[str, Field(title="审核人")]
    reviewed_at: Annotated[datetime, Field(title="审核时间")]


class NeedOut(Out):
    """一处还没有出错说明的核实性问题。"""

    rule: Annotated[str, Field(title="规则编号")]
    code: Annotated[str, Field(title="核对之处")]
    message: Annotated[str, Field(title="问题")]


class ExplanationsOut(Out):
    """一份报告的出错说明。"""

    items: Annotated[list[ExplanationKeptOut], Field(title="写过的说明，早的在前")]
    needed: Annotated[list[NeedOut], Field(title="还没有说明，或说明没有认可的核实性问题")]
