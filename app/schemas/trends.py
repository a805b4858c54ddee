"""Bodies of several years of a roll-up."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.domain.lifecycle import Basis
from app.schemas.fields import Out
from app.schemas.results import Number
from app.schemas.roll_up_parts import CellHeadOut
from app.schemas.roll_ups import RateOut

MOST_NAMED = 20


class NamedOut(Out):
    """一个机关。"""

    code: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="全称")]


class MovedOut(Out):
    """一类变动。最多列 20 个，个数总是全的。"""

    total: Annotated[int, Field(title="几个")]
    returned: Annotated[int, Field(title="列出几个")]
    truncated: Annotated[bool, Field(title="是否没有列全")]
    items: Annotated[list[NamedOut], Field(title="哪些，按代码排")]


class TreeChangesOut(Out):
    """与上一年 12 月 31 日相比，下面的机关有什么变动。"""

    joined: Annotated[MovedOut, Field(title="新来的：新设的，或从别处划入的")]
    left: Annotated[MovedOut, Field(title="没有了的：撤销的，或划走的")]
    moved: Annotated[MovedOut, Field(title="换了上级的")]


class TrendYearOut(Out):
    """一年。"""

    year: Annotated[int, Field(title="报告年度")]
    form: Annotated[str, Field(title="报告格式")]
    stands: Annotated[bool, Field(title="当年 12 月 31 日这个机关在不在机关树中")]
    expected: Annotated[int, Field(title="应报几个单位")]
    included: Annotated[int, Field(title="计入几份报告")]
    cells: Annotated[
        dict[str, Number | None],
        Field(title="各格的合计；没有报告、没有单位填、当年的表格没有这一格，为 null"),
    ]
    adjusted_cells: Annotated[
        dict[str, Number | None], Field(title="各格的合计加上当年的调整；没有合计的格仍为 null")
    ]
    is_final: Annotated[bool, Field(title="当年的汇总是不是已定稿")]
    incomplete_cells: Annotated[dict[str, int], Field(title="有单位缺的格，及缺的单位数；缺格不当作 0")]
    lacking_cells: Annotated[list[str], Field(title="当年的表格没有的格")]
    rates: Annotated[list[RateOut], Field(title="由合计数算出的比率")]
    form_changed: Annotated[bool, Field(title="表格是不是与上一年的不同")]
    tree_changed: Annotated[bool, Field(title="下面的机关与上一年相比有没有变动")]
    tree: Annotated[TreeChangesOut | None, Field(title="有什么变动；第一年没有上一年可比，为 null")]


class TrendOut(Out):
    """一个机关及其下各单位几年的汇总。"""

    agency: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="机关全称")]
    basis: Annotated[Basis, Field(title="哪些报告计入：submitted 已上报的，accepted 审核通过的")]
    cells: Annotated[list[CellHeadOut], Field(title="列出的格")]
    years: Annotated[list[TrendYearOut], Field(title="各年，早的在前")]
