"""A report to be judged without being stored, and what it is judged beside."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.domain.agencies import AgencyKind, AgencyLevel, ReportScope
from app.schemas.fields import Body, Name
from app.schemas.reports import Report

MOST_ABOVE = 20
MOST_NEIGHBOURS = 1000
MOST_EARLIER = 2


class Beside(Body):
    """核对时对照的情况；没有写的当作不知道，需要它的规则不核对。"""

    name: Annotated[Name | None, Field(title="机关全称", examples=["盐池县大水坑镇人民政府"])] = None
    level: Annotated[AgencyLevel | None, Field(title="层级", strict=False)] = None
    kind: Annotated[AgencyKind | None, Field(title="种类", strict=False)] = None
    report_scope: Annotated[
        ReportScope, Field(title="报告范围：own 本机关，aggregate 已是汇总", strict=False)
    ] = ReportScope.OWN
    above: Annotated[
        list[Name], Field(title="各级上级的全称，近的在前", max_length=MOST_ABOVE, default_factory=list)
    ]
    neighbours: Annotated[
        list[Name],
        Field(title="同一上级的其他机关的全称", max_length=MOST_NEIGHBOURS, default_factory=list),
    ]
    last_year: Annotated[Report | None, Field(title="上一年度的报告；没有为 null")] = None
    earlier: Annotated[
        list[Report],
        Field(
            title="再往前两年的报告，要写明 year；与上一年度的一起，用来看有没有突然的增减",
            max_length=MOST_EARLIER,
            default_factory=list,
        ),
    ]


class Validation(Report):
    """一份只核对、不保存的报告。"""

    beside: Annotated[Beside | None, Field(title="对照的情况")] = None
