"""What is offered for cells that are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from app.domain.values import to_json
from app.schemas.fields import Out

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.forms.model import CellCode, ReportForm


class SuggestedOut(Out):
    """一格可以参考的数。没有填上；要填报人看过再填。"""

    value: Annotated[int | str, Field(title="数；金额（万元）是文字")]
    from_year: Annotated[int, Field(title="来自哪个年度的报告")]


class SuggestionsOut(Out):
    """一份报告各缺格可以参考的数。"""

    agency: Annotated[str, Field(title="机关代码")]
    year: Annotated[int, Field(title="报告年度")]
    form: Annotated[str, Field(title="报告格式")]
    from_year: Annotated[int | None, Field(title="来自哪个年度的报告；上一年没有已上报的报告为 null")]
    suggested: Annotated[dict[str, SuggestedOut], Field(title="可以参考的数，按格的代码")]


def suggested_out(
    form: ReportForm, from_year: int | None, values: Mapping[CellCode, int]
) -> dict[str, SuggestedOut]:
    """Return figures that are offered, by cell, as JSON has them."""
    return {
        code: SuggestedOut.model_validate(
            {"value": to_json(form.cells[code].measure, value), "from_year": from_year}
        )
        for code, value in values.items()
    }
