"""What came of the rules, as callers get it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import Field

from app.domain.explanations import NOTHING_EXPLAINED, Explanations, ExplanationState
from app.domain.results import Outcome, Result, described
from app.domain.rules import Level
from app.schemas.fields import Out

if TYPE_CHECKING:
    from app.domain.values import Values
    from app.forms.model import ReportForm

Number: TypeAlias = int | str
"""A count as a number, money in 万元 as decimal text."""


class CellOut(Out):
    """结果涉及的一格。"""

    pointer: Annotated[str, Field(title="在报告 JSON 中的位置（RFC 6901）")]
    label: Annotated[str, Field(title="表、行、列")]
    value: Annotated[Number | None, Field(title="所填的数；null 表示没有填")]
    excel: Annotated[str | None, Field(title="在报告工作簿中的位置；汇总数没有", examples=["表三!D6"])]


class ExplanationOut(Out):
    """对一处核实性问题的出错说明。"""

    text: Annotated[str, Field(title="说明")]
    version: Annotated[int, Field(title="当时的版本")]
    given_by: Annotated[str, Field(title="谁写的")]
    given_at: Annotated[datetime, Field(title="什么时候写的")]
    state: Annotated[ExplanationState, Field(title="given 待审核，accepted 已认可，refused 未认可，要改写")]
    reviewed_by: Annotated[str | None, Field(title="谁审核的；没有审核为 null")]
    reviewed_at: Annotated[datetime | None, Field(title="什么时候审核的；没有审核为 null")]
    reason: Annotated[str | None, Field(title="为什么没有认可；否则为 null")]


class ResultOut(Out):
    """一条规则在一处的核对结果。"""

    rule: Annotated[str, Field(title="规则编号", examples=["R07"])]
    rule_version: Annotated[int, Field(title="规则的版本")] = 1
    code: Annotated[str, Field(title="核对之处", examples=["requests.flow.natural_person"])]
    level: Annotated[Level, Field(title="E 强制性，W 核实性，I 提示性")]
    outcome: Annotated[Outcome, Field(title="相符、不符，或因缺格没法核对")]
    message: Annotated[str, Field(title="说明")]
    hint: Annotated[str | None, Field(title="可能的原因")]
    left: Annotated[Number | None, Field(title="左边合计")]
    right: Annotated[Number | None, Field(title="右边合计")]
    difference: Annotated[Number | None, Field(title="左边减右边")]
    cells: Annotated[list[CellOut], Field(title="涉及的格")]
    pointer: Annotated[str, Field(title="先看哪里（RFC 6901）")]
    quotes: Annotated[list[str], Field(title="所引原文")]
    explanation: Annotated[
        ExplanationOut | None,
        Field(title="对现在的数最后写的出错说明，也可能没有认可（state）；没有，或不用说明，为 null"),
    ] = None


class GateOut(Out):
    """一次上报时的核对结果，此后不再改变。"""

    version: Annotated[int, Field(title="上报的版本")]
    submitted_at: Annotated[datetime, Field(title="上报时间")]
    submitted_by: Annotated[str, Field(title="上报人")]
    items: Annotated[list[ResultOut], Field(title="当时有疑问之处")]


class FindingsOut(Out):
    """一份报告的核对结果。"""

    version: Annotated[int, Field(title="所核对的版本")]
    items: Annotated[list[ResultOut], Field(title="不符、没法核对或有疑问之处")]
    total: Annotated[int, Field(title="共几处")]
    returned: Annotated[int, Field(title="返回几处")]
    truncated: Annotated[bool, Field(title="是否没有全部返回")]
    counts: Annotated[dict[Outcome, int], Field(title="各种结果的条数")]
    can_submit: Annotated[bool, Field(title="是否可以上报")]
    gate: Annotated[GateOut | None, Field(title="所核对的这一版最近一次上报时的核对结果；没有上报过为 null")]


class JudgementOut(Out):
    """一份没有保存的报告的核对结果。"""

    items: Annotated[list[ResultOut], Field(title="全部结果，相符的也在内")]
    total: Annotated[int, Field(title="共几条")]
    returned: Annotated[int, Field(title="返回几条")]
    truncated: Annotated[bool, Field(title="是否没有全部返回")]
    counts: Annotated[dict[Outcome, int], Field(title="各种结果的条数")]
    can_submit: Annotated[bool, Field(title="是否可以上报")]


def counts_of(results: list[Result]) -> dict[Outcome, int]:
    """Count results by what came of them."""
    counts = Counter(result.outcome for result in results)
    return {outcome: counts[outcome] for outcome in Outcome}


def results_out(
    form: ReportForm, values: Values, results: list[Result], explanations: Explanations = NOTHING_EXPLAINED
) -> list[ResultOut]:
    """Arrange a report's results for callers."""
    return [ResultOut.model_validate(described(form, values, result, explanations)) for result in results]
