"""Bodies of the parts of roll-ups: the next level, one cell, rankings."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.lifecycle import Basis
from app.schemas.fields import Out
from app.schemas.pages import ListedOut, PageOut
from app.schemas.results import Number


class PartsHead(Out):
    """是谁的、哪一年的汇总。"""

    agency: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="机关全称")]
    year: Annotated[int, Field(title="报告年度")]
    form: Annotated[str, Field(title="报告格式")]
    basis: Annotated[Basis, Field(title="哪些报告计入：submitted 已上报的，accepted 审核通过的")]


class CellHeadOut(Out):
    """一格。"""

    code: Annotated[str, Field(title="格的代码")]
    label: Annotated[str, Field(title="表、行、列")]
    unit: Annotated[str, Field(title="单位")]


class ChildOut(Out):
    """下一级的一个机关（连同它下面的各单位），或本级自己的报告。"""

    agency: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="全称")]
    level: Annotated[AgencyLevel, Field(title="层级")]
    kind: Annotated[AgencyKind, Field(title="种类")]
    is_own: Annotated[bool, Field(title="是不是本级：只是上级机关自己的报告，不含下级")]
    expected: Annotated[int, Field(title="应报几个单位")]
    included: Annotated[int, Field(title="计入几份报告")]
    excused: Annotated[int, Field(title="应报而没有计入的单位里，免报的有几个")]
    is_final: Annotated[bool | None, Field(title="它的汇总是不是已定稿；本级一行、tree=current 时为 null")]
    cells: Annotated[dict[str, Number | None], Field(title="各格的合计；没有单位填的格为 null")]
    adjusted_cells: Annotated[
        dict[str, Number | None], Field(title="各格的合计加上它和它下面的调整；没有合计的格仍为 null")
    ]
    incomplete_cells: Annotated[dict[str, int], Field(title="有单位缺的格，及缺的单位数；缺格不当作 0")]


class ChildrenOut(PartsHead):
    """下一级并排的汇总数；各行相加就是上级的合计。"""

    cells: Annotated[list[CellHeadOut], Field(title="列出的格")]
    other_adjustments: Annotated[
        dict[str, Number],
        Field(
            title="不在各行里的调整：上级机关自己的，和没有合计的行的；"
            "各行的 adjusted_cells 相加再加上它，就是调整后的合计"
        ),
    ]
    total: Annotated[int, Field(title="共几行")]
    items: Annotated[list[ChildOut], Field(title="各行")]
    page: Annotated[PageOut, Field(title="分页")]


class ContributionOut(Out):
    """一份报告在这一格的数。"""

    agency: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="全称")]
    value: Annotated[Number | None, Field(title="数；null 表示缺")]
    share: Annotated[
        str | None, Field(title="占合计的比重，四位小数；缺格、合计不大于 0 为 null", examples=["0.2500"])
    ]
    last_year: Annotated[
        Number | None,
        Field(
            title="同一机关上一年度报告里同一格的数，合并而来的是原各机关之和；没有报告、没有这一格、缺格，"
            "或拆分过又没有分配的（拆分后保留的也是），为 null"
        ),
    ]


class CellAdjustmentOut(Out):
    """一次调整在这一格的数。"""

    id: Annotated[int, Field(title="编号")]
    agency: Annotated[str, Field(title="谁的汇总：机关代码")]
    name: Annotated[str, Field(title="机关全称")]
    amount: Annotated[Number, Field(title="调整数")]
    reason: Annotated[str, Field(title="原因")]


class ContributionsOut(PartsHead):
    """一格的合计由谁的数组成。"""

    cell: Annotated[CellHeadOut, Field(title="哪一格")]
    sum: Annotated[Number | None, Field(title="合计；没有单位填为 null")]
    adjusted_sum: Annotated[Number | None, Field(title="合计加上各项调整；没有合计为 null")]
    adjustments: Annotated[list[CellAdjustmentOut], Field(title="涉及这一格的调整，早的在前")]
    adjustments_listed: Annotated[ListedOut, Field(title="调整是否列全")]
    included: Annotated[int, Field(title="计入几份报告")]
    lacking: Annotated[int, Field(title="其中几份缺这一格")]
    items: Annotated[list[ContributionOut], Field(title="大的在前，缺的在最后")]
    page: Annotated[PageOut, Field(title="分页")]


class RankedOut(Out):
    """一个名次。"""

    rank: Annotated[int | None, Field(title="名次，相同的并列；没有名次为 null")]
    agency: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="全称")]
    value: Annotated[
        Number | None, Field(title="比率（四位小数，文字），或这一格的数；没法算为 null", examples=["0.8750"])
    ]
    cases: Annotated[int | None, Field(title="比率的分母，即几件；按格排为 null")]


class RankCountsOut(Out):
    """各有几个。"""

    ranked: Annotated[int, Field(title="有名次")]
    below: Annotated[int, Field(title="件数太少，不排名次")]
    unknown: Annotated[int, Field(title="有缺格，没法算")]


class RankingOut(PartsHead):
    """按一个比率或一格排出的名次。"""

    code: Annotated[str, Field(title="比率或格的代码")]
    label: Annotated[str, Field(title="比率或格的名称")]
    minimum: Annotated[int | None, Field(title="至少几件才排名次；按格排为 null")]
    counts: Annotated[RankCountsOut, Field(title="各有几个")]
    items: Annotated[list[RankedOut], Field(title="大的在前")]
    page: Annotated[PageOut, Field(title="分页")]
