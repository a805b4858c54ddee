"""Bodies of a year's progress and of reminders."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.lifecycle import Action
from app.domain.progress import ProgressState
from app.schemas.fields import Body, Name, Out
from app.schemas.pages import PageOut
from app.schemas.reports import AgencyCode

MOST_UNITS = 500
"""How many units can be named at once."""

_STATES = "；".join(f"{state} {state.label}" for state in ProgressState)
Rate: TypeAlias = str | None


class TallyOut(Out):
    """各种状态的单位数。八种状态加起来就是应报数。"""

    expected: Annotated[int, Field(title="应报，含免报")]
    excused: Annotated[int, Field(title="免报，而且没有报")]
    not_started: Annotated[int, Field(title="没有报告")]
    empty: Annotated[int, Field(title="空表：有报告，但一个数也没有填")]
    draft: Annotated[int, Field(title="草稿")]
    returned: Annotated[int, Field(title="已退回")]
    submitted: Annotated[int, Field(title="已上报")]
    accepted: Annotated[int, Field(title="审核通过")]
    published: Annotated[int, Field(title="已公布，含正在更正的")]
    received: Annotated[int, Field(title="已收到：已上报、审核通过、已公布")]
    missing: Annotated[int, Field(title="未收到：没有报告、空表、草稿、已退回")]
    zero: Annotated[int, Field(title="已收到的里面，零报告")]
    corrected: Annotated[int, Field(title="已公布的里面，正在更正的")]
    late: Annotated[int, Field(title="已收到的里面，迟报的")]
    overdue: Annotated[int, Field(title="未收到的里面，已经过期的")]


class RatesOut(Out):
    """比率，四位小数，舍去尾数；没有应报单位为 null。"""

    received: Annotated[Rate, Field(title="已收到 ÷（应报 − 免报）", examples=["0.9677"])]
    accepted: Annotated[Rate, Field(title="（审核通过 + 已公布）÷（应报 − 免报）")]


class BranchOut(Out):
    """一个下级及其下各单位。"""

    code: Annotated[str | None, Field(title="机关代码；null 表示不在任何一个下级之下")]
    name: Annotated[str, Field(title="全称")]
    counts: Annotated[TallyOut, Field(title="单位数")]
    rates: Annotated[RatesOut, Field(title="比率")]


class AdjustmentsOut(Out):
    """应报名单冻结后的增减；名单见 units。"""

    frozen: Annotated[int, Field(title="冻结时的应报数")]
    added: Annotated[int, Field(title="冻结后增加")]
    removed: Annotated[int, Field(title="冻结后减少")]


class UnitProgressOut(Out):
    """一个单位报到了哪一步。"""

    code: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="全称")]
    level: Annotated[AgencyLevel, Field(title="层级")]
    kind: Annotated[AgencyKind, Field(title="种类")]
    state: Annotated[ProgressState, Field(title=_STATES)]
    state_label: Annotated[str, Field(title="状态的名称")]
    is_corrected: Annotated[bool, Field(title="已公布，正在更正")]
    filled: Annotated[int, Field(title="填了几格")]
    cells: Annotated[int, Field(title="共几格")]
    is_zero: Annotated[bool, Field(title="零报告：每一格都填了，都是 0")]
    zeros_stated_by: Annotated[str | None, Field(title="谁说明缺格为零；没有人说明为 null")]
    due_on: Annotated[date, Field(title="报送期限，已算上延期")]
    days_late: Annotated[int, Field(title="迟了几天：已收到的按上报那天，未收到的按今天")]
    excuse: Annotated[str | None, Field(title="免报的原因")]
    unexplained: Annotated[int, Field(title="还没有出错说明的核实性问题")]
    unreviewed: Annotated[int, Field(title="有出错说明、还没有认可的核实性问题")]
    last_action: Annotated[Action | None, Field(title="最近办的一步；没有上报过为 null")]
    last_by: Annotated[str | None, Field(title="谁办的")]
    last_at: Annotated[datetime | None, Field(title="什么时候办的")]
    reminders: Annotated[int, Field(title="催报几次")]
    reminded_at: Annotated[datetime | None, Field(title="最近一次催报的时间")]


class UnitsProgressOut(Out):
    """按所要的状态，一页单位。"""

    items: Annotated[list[UnitProgressOut], Field(title="单位，按代码")]
    total: Annotated[int, Field(title="共几个")]
    page: Annotated[PageOut, Field(title="分页")]


class ProgressOut(Out):
    """一个机关某年度的收报进度。"""

    agency: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="全称")]
    year: Annotated[int, Field(title="报告年度")]
    as_of: Annotated[datetime, Field(title="何时算出")]
    counts: Annotated[TallyOut, Field(title="单位数")]
    rates: Annotated[RatesOut, Field(title="比率")]
    adjustments: Annotated[
        AdjustmentsOut | None, Field(title="应报名单冻结后的增减；没有冻结，或者要了 by，为 null")
    ]
    branches: Annotated[list[BranchOut], Field(title="按 by 分开的各下级，全部列出；没有要为空")]
    units: Annotated[UnitsProgressOut | None, Field(title="单位；要了 by 为 null")]


class RemindersBody(Body):
    """催报。"""

    units: Annotated[
        Literal["missing"] | Annotated[list[AgencyCode], Field(min_length=1, max_length=MOST_UNITS)],
        Field(
            title=f"催哪些单位：代码（最多 {MOST_UNITS} 个）；missing 为所有未收到、不免报的",
            examples=["missing", ["640323101"]],
        ),
    ]
    note: Annotated[Name | None, Field(title="捎带的一句话")] = None


class ReminderOut(Out):
    """一次催报。"""

    id: Annotated[int, Field(title="编号")]
    agency: Annotated[str, Field(title="催哪个单位")]
    name: Annotated[str, Field(title="单位全称")]
    number: Annotated[int, Field(title="这个单位这一年度第几次")]
    due_on: Annotated[date, Field(title="当时的报送期限")]
    days_late: Annotated[int, Field(title="当时迟了几天")]
    note: Annotated[str | None, Field(title="捎带的一句话")]
    sent_by: Annotated[str, Field(title="谁催的")]
    sent_at: Annotated[datetime, Field(title="时间")]


class RemindersOut(Out):
    """刚发出的催报。"""

    items: Annotated[list[ReminderOut], Field(title="每个单位一条，按代码，全部列出")]
    total: Annotated[int, Field(title="催了几个单位")]


class ReminderPage(Out):
    """一页催报。"""

    items: Annotated[list[ReminderOut], Field(title="新的在前")]
    page: Annotated[PageOut, Field(title="分页")]
