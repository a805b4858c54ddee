"""Bodies of agencies."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from app.domain.agencies import (
    BEGINNING,
    AgencyKind,
    AgencyLevel,
    ReportScope,
    credit_code_fault,
    normal_division_code,
)
from app.schemas.fields import SAID, Body, Name, Out
from app.schemas.pages import ListedOut, PageOut
from app.schemas.reports import AgencyCode, Day


def _sound_credit_code(code: str) -> str:
    fault = credit_code_fault(code)
    if fault is not None:
        raise PydanticCustomError(SAID, "{fault}", {"fault": fault})
    return code


def _normal_division_code(code: str) -> str:
    normal = normal_division_code(code)
    if normal is None:
        raise PydanticCustomError(SAID, "区划代码应是 2、4、6、9 或 12 位数字")
    return normal


CreditCode: TypeAlias = Annotated[str, AfterValidator(_sound_credit_code)]
DivisionCode: TypeAlias = Annotated[str, AfterValidator(_normal_division_code)]


class NewAgencyBody(Body):
    """一个新的机关；从机构变动生效的那一天起。"""

    code: Annotated[AgencyCode, Field(title="机关代码，一经登记不再改变")]
    name: Annotated[Name, Field(title="全称", examples=["盐池县大水坑镇人民政府"])]
    level: Annotated[AgencyLevel, Field(title="层级", strict=False)]
    kind: Annotated[AgencyKind, Field(title="种类", strict=False)]
    parent: Annotated[AgencyCode | None, Field(title="上级的代码；没有上级为 null")] = None
    division_code: Annotated[DivisionCode | None, Field(title="统计用区划代码")] = None
    credit_code: Annotated[CreditCode | None, Field(title="统一社会信用代码")] = None
    in_rollup: Annotated[bool, Field(title="是否计入汇总（垂直管理的部门不计）")] = True
    report_scope: Annotated[
        ReportScope, Field(title="报告范围：own 本机关，aggregate 已是汇总", strict=False)
    ] = ReportScope.OWN


class AgencyBody(NewAgencyBody):
    """一个机关。"""

    valid_from: Annotated[Day, Field(title="从哪一天起在这个位置")] = BEGINNING
    valid_to: Annotated[Day | None, Field(title="到哪一天不再在这个位置；null 表示至今")] = None

    @field_validator("valid_to")
    @classmethod
    def _comes_after_valid_from(cls, day: date | None, given: ValidationInfo) -> date | None:
        start = given.data.get("valid_from")
        if day is not None and start is not None and day <= start:
            raise PydanticCustomError(SAID, "截止日期应晚于起始日期 {start}", {"start": str(start)})
        return day


class AgencyOut(Out):
    """一个机关。"""

    code: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="全称")]
    level: Annotated[AgencyLevel, Field(title="层级")]
    kind: Annotated[AgencyKind, Field(title="种类")]
    parent: Annotated[str | None, Field(title="上级的代码")]
    division_code: Annotated[str | None, Field(title="统计用区划代码")]
    credit_code: Annotated[str | None, Field(title="统一社会信用代码")]
    in_rollup: Annotated[bool, Field(title="是否计入汇总")]
    report_scope: Annotated[ReportScope, Field(title="报告范围")]
    valid_from: Annotated[date, Field(title="从哪一天起在这个位置")]
    valid_to: Annotated[date | None, Field(title="到哪一天不再在这个位置")]
    created_at: Annotated[datetime, Field(title="登记时间")]
    updated_at: Annotated[datetime, Field(title="最后变动时间")]


class AgencySummary(Out):
    """列表中的一个机关。"""

    code: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="全称")]
    level: Annotated[AgencyLevel, Field(title="层级")]
    kind: Annotated[AgencyKind, Field(title="种类")]
    division_code: Annotated[str | None, Field(title="统计用区划代码")]
    in_rollup: Annotated[bool, Field(title="是否计入汇总")]
    report_scope: Annotated[ReportScope, Field(title="报告范围")]


class AgencyPage(Out):
    """一页机关。"""

    items: Annotated[list[AgencySummary], Field(title="机关")]
    page: Annotated[PageOut, Field(title="分页")]


class PlacedAgency(AgencySummary):
    """机关树中的一个机关。"""

    parent: Annotated[str | None, Field(title="上级的代码")]
    depth: Annotated[int, Field(title="在所查机关之下第几层")]


class SubtreeOut(Out):
    """某一天一个机关及其下的所有机关。"""

    as_of: Annotated[date, Field(title="哪一天")]
    items: Annotated[list[PlacedAgency], Field(title="机关")]
    total: Annotated[int, Field(title="共几个")]


class FieldChangeOut(Out):
    """对一个机关的一项更正。"""

    code: Annotated[str, Field(title="机关代码")]
    field: Annotated[str, Field(title="哪一项")]
    before: Annotated[object, Field(title="原来的")]
    after: Annotated[object, Field(title="更正后的")]


class AgenciesImported(Out):
    """从表格登记的机关。"""

    created: Annotated[int, Field(title="新登记几个")]
    changed: Annotated[int, Field(title="更正几个")]
    unchanged: Annotated[int, Field(title="原样未动几个")]
    created_codes: Annotated[list[str], Field(title="新登记的机关的代码，上级在前；最多列 1000 个")]
    created_listed: Annotated[ListedOut, Field(title="新登记的是否列全")]
    changes: Annotated[list[FieldChangeOut], Field(title="每一项更正；最多列 1000 项")]
    changes_listed: Annotated[ListedOut, Field(title="更正是否列全")]
