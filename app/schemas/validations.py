"""A report to be judged without being stored, and what it is judged beside."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import Field, create_model

from app.domain.agencies import AgencyKind, AgencyLevel, ReportScope
from app.schemas.fields import Body, DescribedAs, Name, one_of
from app.schemas.other_forms import form_meant, hold
from app.schemas.parts import NEWEST_FIRST, named, parts_of
from app.schemas.reports import AgencyCode, ReportBody, ReportSent, Year, year_sent

if TYPE_CHECKING:
    from app.forms.model import ReportForm

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
    last_year: Annotated[ReportSent | None, Field(title="上一年度的报告；没有为 null")] = None
    earlier: Annotated[
        list[ReportSent],
        Field(
            title="再往前两年的报告，要写明 year；与上一年度的一起，用来看有没有突然的增减",
            max_length=MOST_EARLIER,
            default_factory=list,
        ),
    ]


class ValidationBody(ReportBody):
    """What a report that is only judged has beside its tables and prose, whatever the form."""

    agency: Annotated[
        AgencyCode | None, Field(title="机关代码；写了就同它上报时一样核对，这时不写 beside")
    ] = None
    year: Annotated[Year, Field(title="报告年度")]
    beside: Annotated[Beside | None, Field(title="对照的情况；写了就不写 agency")] = None


@cache
def validation_model(form: ReportForm) -> type[ValidationBody]:
    """Return the model of a report on this form that is only judged."""
    return create_model(
        named("Validation", form),
        __base__=ValidationBody,
        __doc__="一份只核对、不保存的报告",
        **parts_of(form, out=False),
    )


ValidationSent: TypeAlias = Annotated[
    object, DescribedAs(one_of(validation_model(form) for form in NEWEST_FIRST))
]
"""The parsed body of a report that is only judged, on the form of its year."""


def read_validation(sent: object) -> ValidationBody:
    """Hold the body of a report that is only judged to the form of its year.

    Raises:
        InvalidRequest: it isn't of that shape, or has the tables of another form.
    """
    year = year_sent(sent)
    return hold(validation_model(form_meant(year)), sent, year)
