"""Bodies of what is adjusted in a total, and of totals that are made final."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, cast

from pydantic import AfterValidator, Field, create_model
from pydantic_core import PydanticCustomError

from app.domain.explanations import LEAST_CHARACTERS, fault_of_text
from app.domain.finalisation import SourceChange, UnitChange
from app.domain.lifecycle import Basis
from app.schemas.fields import SAID, Body, Line, Name, Out
from app.schemas.pages import ListedOut, PageOut
from app.schemas.parts import form_member, given_out, named
from app.schemas.results import Number
from app.schemas.totals import totals_model
from app.schemas.workflow import Reason

if TYPE_CHECKING:
    from app.forms.model import ReportForm

MOST_LINES = 250


def _long_enough(text: str) -> str:
    fault = fault_of_text(text)
    if fault is not None:
        message = "原因{fault}"
        raise PydanticCustomError(SAID, message, {"fault": fault})
    return text


Why: TypeAlias = Annotated[Reason, AfterValidator(_long_enough)]
"""Why a total is changed, in a sentence."""


class AdjustmentLineBody(Body):
    """一格的调整数。"""

    cell: Annotated[Line, Field(title="格的代码", examples=["requests.received.natural_person"])]
    amount: Annotated[
        int | Line,
        Field(title="增加多少，减少写负数；件数写整数，金额以所在格的单位写成文字", examples=[-3, "-0.5"]),
    ]


class AdjustmentBody(Body):
    """对汇总数的一次调整：各单位的数不动。"""

    lines: Annotated[
        list[AdjustmentLineBody],
        Field(
            title="各格的调整数；要一起符合勾稽关系，没有写的总计随之算出",
            min_length=1,
            max_length=MOST_LINES,
        ),
    ]
    reason: Annotated[Why, Field(title=f"为什么调整，至少 {LEAST_CHARACTERS} 个字")]
    document: Annotated[Name | None, Field(title="依据的文件", examples=["盐政办函〔2027〕3号"])] = None


class UndoingBody(Body):
    """为什么撤销、重开。"""

    reason: Annotated[Why, Field(title=f"原因，至少 {LEAST_CHARACTERS} 个字")]


class FinalisationBody(Body):
    """定稿。"""

    note: Annotated[Reason | None, Field(title="说明")] = None
    signed_by: Annotated[Name | None, Field(title="签发人")] = None


class AdjustmentLineOut(Out):
    """一格的调整数。"""

    cell: Annotated[str, Field(title="格的代码")]
    label: Annotated[str, Field(title="表、行、列")]
    amount: Annotated[Number, Field(title="增加多少，减少为负")]


class AdjustmentOut(Out):
    """对汇总数的一次调整。"""

    id: Annotated[int, Field(title="编号")]
    agency: Annotated[str, Field(title="谁的汇总：机关代码")]
    name: Annotated[str, Field(title="机关全称")]
    lines: Annotated[list[AdjustmentLineOut], Field(title="各格的调整数，含随之算出的总计")]
    reason: Annotated[str, Field(title="原因")]
    document: Annotated[str | None, Field(title="依据的文件")]
    made_by: Annotated[str, Field(title="谁调整的")]
    made_at: Annotated[datetime, Field(title="调整时间")]
    withdrawn_by: Annotated[str | None, Field(title="谁撤销的；没有撤销为 null")] = None
    withdrawn_at: Annotated[datetime | None, Field(title="撤销时间；没有撤销为 null")] = None
    withdrawal: Annotated[str | None, Field(title="为什么撤销；没有撤销为 null")] = None


class AdjustmentPage(Out):
    """一页调整。"""

    items: Annotated[list[AdjustmentOut], Field(title="调整，早的在前；撤销了的也在")]
    page: Annotated[PageOut, Field(title="分页")]


class UnitNamedOut(Out):
    """一个单位。"""

    code: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="当时的全称")]
    reason: Annotated[str | None, Field(title="免报的原因；不是免报为 null")] = None


class FrozenSourceOut(Out):
    """定稿计入的一份报告。"""

    agency: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="当时的全称")]
    version: Annotated[int, Field(title="计入的版本")]
    etag: Annotated[str, Field(title="这份报告当时的 ETag，点号之前的部分")]


class SourceDifferenceOut(Out):
    """一份与定稿时不同的报告。"""

    agency: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="机关全称")]
    change: Annotated[SourceChange, Field(title="changed 有更正，gone 不再计入，new 新计入")]
    frozen: Annotated[int | None, Field(title="定稿计入的版本；没有计入为 null")]
    now: Annotated[int | None, Field(title="现在计入的版本；没有计入为 null")]


class UnitDifferenceOut(Out):
    """一个与定稿时不同的应报单位。"""

    agency: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="机关全称")]
    change: Annotated[
        UnitChange, Field(title="joined 新增应报，left 不再应报，excused 新免报，owes 不再免报")
    ]


class CellDifferenceOut(Out):
    """一格与定稿时不同的数，含调整。"""

    cell: Annotated[str, Field(title="格的代码")]
    label: Annotated[str, Field(title="表、行、列")]
    frozen: Annotated[Number | None, Field(title="定稿的数")]
    now: Annotated[Number | None, Field(title="现在的数")]
    difference: Annotated[Number | None, Field(title="现在减定稿；有一边缺数为 null")]


class FinalDifferencesOut(Out):
    """定稿之后的变动；都空就是没有变动。定稿的数不随之改变。"""

    sources: Annotated[list[SourceDifferenceOut], Field(title="有变动的报告")]
    sources_listed: Annotated[ListedOut, Field(title="有变动的报告是否列全")]
    units: Annotated[list[UnitDifferenceOut], Field(title="有变动的应报单位")]
    units_listed: Annotated[ListedOut, Field(title="有变动的应报单位是否列全")]
    adjustments: Annotated[list[int], Field(title="下级定稿之后新作的或者撤销的调整的编号")]
    cells: Annotated[list[CellDifferenceOut], Field(title="有变动的格，照格式的顺序")]


class FinalHead(Out):
    """A final total without its tables, whatever it is shown in."""

    number: Annotated[int, Field(title="第几次定稿")]
    finalised_by: Annotated[str, Field(title="谁定的稿")]
    finalised_at: Annotated[datetime, Field(title="定稿时间")]
    digest: Annotated[str, Field(title="定稿内容的摘要")]
    differences: Annotated[
        FinalDifferencesOut | None, Field(title="定稿之后的变动；列出历次定稿时不比较，为 null")
    ]


class FinalisationHead(FinalHead):
    """A final total as its own address shows it."""

    agency: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="机关全称")]
    year: Annotated[int, Field(title="报告年度")]
    basis: Annotated[Basis, Field(title="哪些报告计入：审核通过的")]
    algorithm: Annotated[str, Field(title="摘要的算法")]
    note: Annotated[str | None, Field(title="说明")]
    signed_by: Annotated[str | None, Field(title="签发人")]
    reopened_by: Annotated[str | None, Field(title="谁重开的；仍有效为 null")]
    reopened_at: Annotated[datetime | None, Field(title="重开时间；仍有效为 null")]
    reopening: Annotated[str | None, Field(title="为什么重开；仍有效为 null")]
    adjustments: Annotated[list[AdjustmentOut], Field(title="定稿所含的调整")]
    adjustments_listed: Annotated[ListedOut, Field(title="调整是否列全")]
    sources: Annotated[
        list[FrozenSourceOut], Field(title="计入的报告；全部见 finalisations/{number}/sources")
    ]
    sources_listed: Annotated[ListedOut, Field(title="计入的报告是否列全")]
    expected: Annotated[int, Field(title="应报几个单位")]
    excused: Annotated[list[UnitNamedOut], Field(title="免报的单位")]
    excused_listed: Annotated[ListedOut, Field(title="免报的单位是否列全")]
    children_not_final: Annotated[
        list[UnitNamedOut] | None,
        Field(title="下一级中下面还有单位、自己还没有定稿的；列出历次定稿时为 null"),
    ]


def _totals(form: ReportForm) -> dict[str, Any]:
    totals = totals_model(form)
    return {
        "totals": (totals, Field(title="定稿的合计：所计入的报告逐格相加，不含调整")),
        "adjusted_totals": (totals, Field(title="定稿的合计加上各项调整")),
    }


@cache
def final_model(form: ReportForm) -> type[FinalHead]:
    """Return the model of a final total as the roll-up shows it."""
    return create_model(
        named("FinalOut", form), __base__=FinalHead, __doc__="已定的稿，及其后的变动", **_totals(form)
    )


@cache
def finalisation_model(form: ReportForm) -> type[FinalisationHead]:
    """Return the model of a final total of reports on a form."""
    return create_model(
        named("FinalisationOut", form),
        __base__=FinalisationHead,
        __doc__="一次定稿",
        form=form_member(form),
        **_totals(form),
    )


if TYPE_CHECKING:

    class FinalisationOut(FinalisationHead):
        """A final total; its tables are derived from the form."""
else:
    FinalisationOut = given_out(finalisation_model)


def finalisation_out(form: ReportForm, members: dict[str, object]) -> FinalisationOut:
    """Give a final total of reports on a form out."""
    return cast("type[FinalisationOut]", finalisation_model(form)).model_validate(members)


class FinalisationPage(Out):
    """历次定稿的一页。"""

    items: Annotated[list[FinalisationOut], Field(title="历次定稿，早的在前")]
    page: Annotated[PageOut, Field(title="分页")]


class FrozenSourcePage(Out):
    """一次定稿所计入的报告的一页。"""

    items: Annotated[list[FrozenSourceOut], Field(title="计入的报告，按机关代码")]
    total: Annotated[int, Field(title="共几份")]
    page: Annotated[PageOut, Field(title="分页")]
