"""Bodies of a county's year."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.collections import ExceptionKind, Reporters, Standing
from app.schemas.fields import Body, Name, Out
from app.schemas.pages import PageOut
from app.schemas.reports import AgencyCode, Day

_BY_KIND = "；".join(f"{each} {each.label}" for each in Reporters)
_KINDS = "；".join(f"{each} {each.label}" for each in ExceptionKind)
_STANDINGS = "；".join(f"{each} {each.label}" for each in Standing)


class DatesBody(Body):
    """一类单位的三个日期：开始上报 ≤ 报送期限 ≤ 锁定。"""

    opens_on: Annotated[Day | None, Field(title="从哪一天起可以上报；null 不限")] = None
    due_on: Annotated[Day, Field(title="报送期限：最后一天")]
    locks_on: Annotated[Day | None, Field(title="最后能改的一天，之后锁定；null 不锁")] = None


class CollectionBody(Body):
    """一个机关某年度的收报安排。"""

    dates: Annotated[
        dict[Annotated[Reporters, Field(strict=False)], DatesBody],
        Field(
            title=f"各类单位的日期；没有写的类别按通常期限。{_BY_KIND}",
            examples=[{"department": {"opens_on": None, "due_on": "2022-01-20", "locks_on": "2022-02-28"}}],
        ),
    ]


class DatesOut(Out):
    """一类单位的三个日期。"""

    opens_on: Annotated[date | None, Field(title="从哪一天起可以上报；null 不限")]
    due_on: Annotated[date, Field(title="报送期限：最后一天")]
    locks_on: Annotated[date | None, Field(title="最后能改的一天，之后锁定；null 不锁")]


class HolderOut(Out):
    """按谁的安排。"""

    code: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="全称")]


class CollectionOut(Out):
    """一个机关某年度的收报安排。"""

    agency: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="全称")]
    year: Annotated[int, Field(title="报告年度")]
    opened: Annotated[bool, Field(title="这个机关自己安排了没有")]
    held_by: Annotated[
        HolderOut | None, Field(title="日期按哪个机关的安排；null 表示谁都没有安排，按通常期限")
    ]
    dates: Annotated[dict[Reporters, DatesOut], Field(title=f"各类单位的日期。{_BY_KIND}")]
    freezes_on: Annotated[date, Field(title="最早的报送期限：过了这一天，应报名单冻结")]
    is_frozen: Annotated[bool, Field(title="应报名单冻结了没有；冻结后的增减另列")]
    opened_by: Annotated[str | None, Field(title="谁安排的")]
    opened_at: Annotated[datetime | None, Field(title="什么时候安排的")]
    updated_at: Annotated[datetime | None, Field(title="最后变动时间")]


class UnitOut(Out):
    """一个应报单位；或应报名单冻结后减少的。"""

    code: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="全称")]
    level: Annotated[AgencyLevel | None, Field(title="层级；冻结后减少的为 null")]
    kind: Annotated[AgencyKind | None, Field(title="种类；冻结后减少的为 null")]
    due_on: Annotated[date | None, Field(title="报送期限，已算上延期；冻结后减少的为 null")]
    is_extended: Annotated[bool, Field(title="有没有延期")]
    excused: Annotated[str | None, Field(title="免报的原因；不免报为 null")]
    standing: Annotated[Standing, Field(title=f"与冻结名单的关系：{_STANDINGS}")]
    adjusted_on: Annotated[date | None, Field(title="冻结后哪一天增减的")]


class UnitCountsOut(Out):
    """应报名单的数。冻结时的数 + 冻结后增加 − 冻结后减少 + 未冻结的 = 应报。"""

    expected: Annotated[int, Field(title="应报，含免报")]
    excused: Annotated[int, Field(title="其中免报")]
    frozen: Annotated[int | None, Field(title="冻结时的应报数；没有冻结为 null")]
    open: Annotated[int, Field(title="名单未冻结的")]
    added: Annotated[int, Field(title="冻结后增加")]
    removed: Annotated[int, Field(title="冻结后减少")]


class UnitPage(Out):
    """应报名单的一页。"""

    counts: Annotated[UnitCountsOut, Field(title="整个名单的数")]
    items: Annotated[list[UnitOut], Field(title="单位，按代码")]
    total: Annotated[int, Field(title="按所要的条件共几个")]
    page: Annotated[PageOut, Field(title="分页")]


class ExceptionBody(Body):
    """给一个单位延期、解锁或免报。"""

    agency: Annotated[AgencyCode, Field(title="哪个单位")]
    kind: Annotated[ExceptionKind, Field(title=f"哪一种：{_KINDS}", strict=False)]
    until: Annotated[Day | None, Field(title="到哪一天（含）；免报不写")] = None
    reason: Annotated[Name, Field(title="原因")]


class RevocationBody(Body):
    """收回延期、解锁或免报。"""

    reason: Annotated[Name, Field(title="为什么收回")]


class ExceptionOut(Out):
    """一次延期、解锁或免报。"""

    number: Annotated[int, Field(title="编号")]
    agency: Annotated[str, Field(title="哪个单位")]
    name: Annotated[str, Field(title="单位全称")]
    kind: Annotated[ExceptionKind, Field(title=_KINDS)]
    until: Annotated[date | None, Field(title="到哪一天（含）；免报为 null")]
    reason: Annotated[str, Field(title="原因")]
    granted_by: Annotated[str, Field(title="谁办的")]
    granted_at: Annotated[datetime, Field(title="什么时候办的")]
    revoked_by: Annotated[str | None, Field(title="谁收回的；没有收回为 null")]
    revoked_at: Annotated[datetime | None, Field(title="什么时候收回的")]
    revocation: Annotated[str | None, Field(title="为什么收回")]


class ExceptionPage(Out):
    """一页延期、解锁和免报。"""

    items: Annotated[list[ExceptionOut], Field(title="新的在前，收回的也在")]
    page: Annotated[PageOut, Field(title="分页")]
