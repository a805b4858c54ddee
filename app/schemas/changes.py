"""The feed of changes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field, JsonValue

from app.domain.acts import Act
from app.domain.agencies import AgencyKind, AgencyLevel, ReportScope
from app.domain.lifecycle import Status
from app.domain.results import Outcome
from app.domain.rules import Level
from app.schemas.fields import Out


class ReportStateOut(Out):
    """一份报告变动之后的状态。"""

    form: Annotated[str, Field(title="报告格式")]
    status: Annotated[Status, Field(title="状态")]
    version: Annotated[int, Field(title="现在是第几版")]
    published_version: Annotated[int | None, Field(title="最近公布的是第几版")]
    etag: Annotated[str, Field(title="ETag 点号之前的部分，不带双引号；加上双引号可以用作 If-Match")]


class AgencyStateOut(Out):
    """一个机关变动之后的登记情况。"""

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
    etag: Annotated[str, Field(title="ETag，不带双引号")]


class RuleSetOut(Out):
    """对一条规则的设定，整个取代这个机关以前对它的设定。"""

    rule: Annotated[str, Field(title="规则编号")]
    level: Annotated[Level | None, Field(title="级别；null 表示没有另设")]
    thresholds: Annotated[dict[str, int], Field(title="另设的界限，按代码")]
    valid_from: Annotated[date, Field(title="从哪一天起")]


class RuleSettingStateOut(AgencyStateOut):
    """机关设定了一条规则：登记情况，和所作的设定。"""

    rule_setting: Annotated[RuleSetOut, Field(title="对哪条规则作了什么设定")]


class FindingToldOut(Out):
    """一处核对结果，只有要点。"""

    rule: Annotated[str, Field(title="规则编号")]
    code: Annotated[str, Field(title="核对之处")]
    outcome: Annotated[Outcome, Field(title="不符，或没法核对")]
    message: Annotated[str, Field(title="说明")]


class RejudgedOut(Out):
    """报告没有变，核对结果变了：因为什么，多了哪些，少了哪些。"""

    because: Annotated[JsonValue, Field(title="因为什么：上一年度报告的年度，或机构调整的情况")]
    came: Annotated[list[FindingToldOut], Field(title="多了哪些")]
    went: Annotated[list[FindingToldOut], Field(title="少了哪些")]


class ChangeOut(Out):
    """一次变动。"""

    number: Annotated[int, Field(title="编号：按提交的先后，从 1 起")]
    at: Annotated[datetime, Field(title="时间")]
    act: Annotated[Act, Field(title="做了什么")]
    label: Annotated[str, Field(title="做了什么（中文）")]
    agency: Annotated[str, Field(title="哪个机关，或哪个机关的报告")]
    year: Annotated[int | None, Field(title="哪个年度；null 表示是机关本身的变动")]
    report: Annotated[ReportStateOut | None, Field(title="报告变动之后的状态；null 表示已删除，或不是报告")]
    details: Annotated[
        RuleSettingStateOut | AgencyStateOut | RejudgedOut | dict[str, JsonValue] | None,
        Field(
            title=(
                "agency.…：机关变动之后的情况，null 表示已删除，agency.set_rule 还有 rule_setting；"
                "report.rejudge：因为什么、多了少了哪些核对结果，其他 report.… 为 null；其余：有关的情况"
            ),
            union_mode="left_to_right",
        ),
    ]


class ChangesOut(Out):
    """一段变动。"""

    items: Annotated[list[ChangeOut], Field(title="变动，先提交的在前")]
    next: Annotated[int, Field(title="下次请求的 after")]
    has_more: Annotated[bool, Field(title="后面现在还有没有；没有就过一会儿再取")]
