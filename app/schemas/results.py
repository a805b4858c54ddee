"""What came of the rules, as callers get it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import Field

from app.domain.results import Outcome, Result, cells_shown
from app.domain.rules import Level
from app.domain.values import to_json
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
    excel: Annotated[str, Field(title="在导出的工作簿中的位置", examples=["表三!D6"])]


class ResultOut(Out):
    """一条规则在一处的核对结果。"""

    rule: Annotated[str, Field(title="规则编号", examples=["R07"])]
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


def results_out(form: ReportForm, values: Values, results: list[Result]) -> list[ResultOut]:
    """Arrange results for callers."""
    return [_result_out(form, values, result) for result in results]


def _result_out(form: ReportForm, values: Values, result: Result) -> ResultOut:
    def shown(number: int | None) -> Number | None:
        return to_json(form.cells[result.cells[0]].measure, number) if result.cells else number

    return ResultOut(
        rule=result.rule.id,
        code=result.code,
        level=result.rule.level,
        outcome=result.outcome,
        message=result.message,
        hint=result.hint,
        left=shown(result.left),
        right=shown(result.right),
        difference=shown(result.difference),
        cells=[
            CellOut(
                pointer=shown_cell.cell.pointer,
                label=shown_cell.cell.label,
                value=to_json(shown_cell.cell.measure, shown_cell.value),
                excel=shown_cell.excel,
            )
            for shown_cell in cells_shown(form, values, result)
        ],
        pointer=result.pointer,
        quotes=list(result.quotes),
    )
