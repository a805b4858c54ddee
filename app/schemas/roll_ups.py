"""Bodies of roll-ups."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from pydantic import Field, create_model

from app.domain.lifecycle import Basis, Status
from app.schemas.fields import Out
from app.schemas.finalisations import AdjustmentOut, final_model
from app.schemas.pages import ListedOut, PageOut
from app.schemas.parts import form_member, given_out, named
from app.schemas.results import ResultOut
from app.schemas.totals import totals_model

if TYPE_CHECKING:
    from app.forms.model import ReportForm


class CoveredOut(Out):
    """一个单位及其情况。"""

    code: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="全称")]
    status: Annotated[Status | None, Field(title="报告的状态；没有报告为 null")]
    reason: Annotated[str | None, Field(title="没有计入的原因")]


class CoverageOut(Out):
    """谁计入了，谁没有。每个名单最多列 200 个，全部名单见 /coverage。"""

    expected: Annotated[list[CoveredOut], Field(title="应报")]
    included: Annotated[list[CoveredOut], Field(title="已汇总")]
    draft: Annotated[list[CoveredOut], Field(title="有报告但未上报（或未审核）")]
    missing: Annotated[list[CoveredOut], Field(title="缺报")]
    excused: Annotated[list[CoveredOut], Field(title="免报")]
    excluded: Annotated[list[CoveredOut], Field(title="不计入汇总")]
    unallocated: Annotated[
        list[CoveredOut], Field(title="已拆分或撤销，分不到哪一个机关；只在 tree=current 时有")
    ]
    truncated: Annotated[bool, Field(title="是否有名单没有列全")]


class CountsOut(Out):
    """各种情况的单位数。"""

    expected: Annotated[int, Field(title="应报")]
    included: Annotated[int, Field(title="已汇总")]
    draft: Annotated[int, Field(title="有报告但未上报（或未审核）")]
    missing: Annotated[int, Field(title="缺报")]
    excused: Annotated[int, Field(title="免报")]
    excluded: Annotated[int, Field(title="不计入汇总")]
    unallocated: Annotated[int, Field(title="已拆分或撤销，分不到哪一个机关；只在 tree=current 时有")]


class SourceOut(Out):
    """计入的一份报告。"""

    agency: Annotated[str, Field(title="机关代码")]
    version: Annotated[int, Field(title="版本号")]
    etag: Annotated[str, Field(title="这份报告当时的 ETag，点号之前的部分")]


class RateOut(Out):
    """由合计数算出的一个比率。"""

    code: Annotated[str, Field(title="代码")]
    label: Annotated[str, Field(title="名称")]
    value: Annotated[str | None, Field(title="四位小数，不含调整；分母为 0 或有缺格为 null")]


class RollUpHead(Out):
    """汇总数之外的部分。"""

    agency: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="机关全称")]
    year: Annotated[int, Field(title="报告年度")]
    form: Annotated[str, Field(title="报告格式")]
    basis: Annotated[Basis, Field(title="哪些报告计入：submitted 已上报的，accepted 审核通过的")]
    status: Annotated[
        Literal["provisional", "final"],
        Field(title="provisional 临时，final 已定稿；定稿的数见 final，totals 总是现在的数"),
    ]
    coverage: Annotated[CoverageOut, Field(title="谁计入了，谁没有")]
    counts: Annotated[CountsOut, Field(title="各种情况的单位数")]
    incomplete_cells: Annotated[dict[str, int], Field(title="有单位缺的格，及缺的单位数；缺格不当作 0")]
    sources: Annotated[list[SourceOut], Field(title="计入的报告")]
    sources_listed: Annotated[ListedOut, Field(title="计入的报告是否列全")]
    adjustments: Annotated[list[AdjustmentOut], Field(title="这个机关及其下各机关现有的调整，早的在前")]
    adjustments_listed: Annotated[ListedOut, Field(title="调整是否列全")]
    rates: Annotated[list[RateOut], Field(title="由合计数算出的比率")]
    rules: Annotated[list[ResultOut], Field(title="合计数上的勾稽关系")]
    warnings: Annotated[list[str], Field(title="要留意的情况")]
    as_of: Annotated[datetime, Field(title="何时算出")]


class CoveragePage(Out):
    """名单的一页。"""

    items: Annotated[list[CoveredOut], Field(title="单位")]
    total: Annotated[int, Field(title="共几个")]
    page: Annotated[PageOut, Field(title="分页")]


@cache
def roll_up_model(form: ReportForm) -> type[RollUpHead]:
    """Return the model of a roll-up of reports on a form."""
    totals = totals_model(form)
    part = create_model(
        named("PartOut", form),
        __base__=Out,
        __doc__="一部分单位的小计",
        included=(int, Field(title="计入几个单位")),
        totals=(totals, Field(title="小计")),
    )
    return create_model(
        named("RollUpOut", form),
        __base__=RollUpHead,
        __doc__="一个机关及其下各单位的汇总",
        form=form_member(form),
        totals=(totals, Field(title="合计：所列各报告逐格相加，不含调整")),
        adjusted_totals=(
            cast("Any", totals | None),
            Field(title="合计加上各项调整，没有合计的格仍为 null；tree=current 时为 null"),
        ),
        final=(cast("Any", final_model(form) | None), Field(title="已定的稿；临时汇总为 null")),
        parts=(dict[str, part], Field(title="分组小计；没有要求分组则为空")),
    )


if TYPE_CHECKING:

    class RollUpOut(RollUpHead):
        """A roll-up; its tables are derived from the form."""
else:
    RollUpOut = given_out(roll_up_model)


def roll_up_out(form: ReportForm, members: dict[str, object]) -> RollUpOut:
    """Give a roll-up of reports on a form out."""
    return cast("type[RollUpOut]", roll_up_model(form)).model_validate(members)
