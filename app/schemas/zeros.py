"""零报告: which missing cells a clerk states to be zero, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.schemas.fields import SAID, Body, Name, Out
from app.schemas.reports import ReportOut


def _all_or_some(value: object) -> object:
    if value == "all":
        return None
    if not isinstance(value, list):
        message = '应是 "all"（所有缺格），或者格的代码的数组'
        raise PydanticCustomError(SAID, message)
    return value


_CELLS = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 1000}
StatedCells: TypeAlias = Annotated[
    Annotated[list[str], Field(min_length=1, max_length=1000)] | None,
    BeforeValidator(_all_or_some),
    WithJsonSchema({"anyOf": [{"const": "all"}, _CELLS]}),
]
"""Codes of cells; None for every missing cell, which callers write as "all"."""


class ZerosBody(Body):
    """说明哪些缺格为零。"""

    cells: Annotated[
        StatedCells,
        Field(
            title="说明为零的格；all 表示所有缺格，或列出格的代码",
            examples=["all", ["requests.received.total"]],
        ),
    ]
    stated_by: Annotated[Name | None, Field(title="作出说明的人；不写则记为登录的人")] = None


class ZeroStatementOut(Out):
    """一次“缺格为零”的说明。"""

    version: Annotated[int, Field(title="由此产生的版本")]
    cells: Annotated[list[str], Field(title="经说明为零的格")]
    stated_by: Annotated[str, Field(title="说明人")]
    stated_at: Annotated[datetime, Field(title="说明时间")]


class ZeroStatementsOut(Out):
    """一份报告里所有“缺格为零”的说明。"""

    items: Annotated[list[ZeroStatementOut], Field(title="各次说明，早的在前")]


class ZerosOut(Out):
    """说明之后的报告。"""

    report: Annotated[ReportOut, Field(title="报告")]
    stated: Annotated[list[str], Field(title="经说明为零而填上 0 的格")]
    computed: Annotated[list[str], Field(title="随之算出的总计")]
    stated_by: Annotated[str, Field(title="记录的说明人")]
