"""Bodies of reports: members for every table, row and column are derived from the form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Annotated, TypeAlias, cast

from pydantic import BeforeValidator, Field, create_model
from pydantic_core import PydanticCustomError

from app.domain.agencies import AGENCY_CODE
from app.domain.content import TITLES, document_of
from app.domain.explanations import LEAST_CHARACTERS, NOTHING_EXPLAINED, Explanations
from app.domain.lifecycle import Status
from app.domain.values import flatten
from app.forms import FORMS
from app.schemas.fields import Body, DescribedAs, Line, Name, Out, Prose, one_of
from app.schemas.other_forms import form_meant, hold
from app.schemas.pages import PageOut
from app.schemas.parts import NEWEST_FIRST, form_member, given_out, named, parts_of
from app.schemas.results import ResultOut, results_out
from app.schemas.suggestions import SuggestedOut

if TYPE_CHECKING:
    from app.domain.content import Content
    from app.domain.results import Result
    from app.forms.model import CellCode, ReportForm

MOST_EXPLAINED = 2000
"""How long an explanation may be."""
MOST_EXPLANATIONS = 500

AgencyCode: TypeAlias = Annotated[str, Field(title="机关代码", pattern=AGENCY_CODE, examples=["640323101"])]
Year: TypeAlias = Annotated[int, Field(title="报告年度", ge=1949, le=9999, examples=[2021])]


def _written_day(value: object) -> object:
    """Refuse what could be read as a day but isn't written as one: seconds since 1970, a time."""
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise PydanticCustomError("date_shape", "not written as a day")
    if isinstance(value, bool | int | Decimal):
        raise PydanticCustomError("date_shape", "a number")
    return value


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
Day: TypeAlias = Annotated[date, BeforeValidator(_written_day), Field(strict=False)]


class Contact(Body):
    """填报人及办公电话。不要填私人号码。"""

    prepared_by: Annotated[Name | None, Field(title="填报人")] = None
    phone: Annotated[Name | None, Field(title="办公电话")] = None


_NO_TEXTS = {
    "agency",
    "year",
    "etag",
    "explanations",
    *(table.code for form in FORMS for table in form.tables),
}


class ExplanationBody(Body):
    """对一处核实性问题的出错说明。"""

    rule: Annotated[Line, Field(title="规则编号", examples=["R11"])]
    code: Annotated[Line, Field(title="核对之处", examples=["requests.carried.total"])]
    text: Annotated[
        Prose,
        Field(
            title=f"为什么没有错，至少 {LEAST_CHARACTERS} 个字",
            description="标点、空格、看不见的字符不算；只重复一个字也不算",
            max_length=MOST_EXPLAINED,
            json_schema_extra={"minLength": LEAST_CHARACTERS},
        ),
    ]


class ReportBody(Body):
    """What a report has beside its tables and prose, whatever the form."""

    agency: Annotated[AgencyCode | None, Field(title="机关代码；路径已写明的可以省略，写了须一致")] = None
    year: Annotated[Year | None, Field(title="报告年度；路径已写明的可以省略，写了须一致")] = None
    title: Annotated[Line | None, Field(title=TITLES["title"])] = None
    preface: Annotated[Prose | None, Field(title=TITLES["preface"])] = None
    contact: Annotated[Contact | None, Field(title="联系方式")] = None
    signed_by: Annotated[Name | None, Field(title="签发人")] = None
    signed_on: Annotated[Day | None, Field(title="签发日期")] = None
    published_on: Annotated[Day | None, Field(title="公布日期")] = None
    published_url: Annotated[Name | None, Field(title="公布网址")] = None
    explanations: Annotated[
        list[ExplanationBody], Field(title="对核实性问题的出错说明", max_length=MOST_EXPLANATIONS)
    ] = []  # noqa: RUF012 - a model copies its defaults

    def sent_texts(self) -> dict[str, object]:
        """Return the members that were sent, as JSON has them, without tables, agency and year."""
        return self.model_dump(mode="json", exclude_unset=True, exclude=_NO_TEXTS)

    def sent_values(self, form: ReportForm) -> dict[CellCode, int | None]:
        """Return the cells that were sent, in their smallest unit."""
        return flatten(form, self.model_dump(exclude_unset=True))


class ContactOut(Out):
    """填报人及办公电话。"""

    prepared_by: Annotated[str | None, Field(title="填报人")]
    phone: Annotated[str | None, Field(title="办公电话")]


class ReturnOut(Out):
    """一次退回。"""

    reason: Annotated[str, Field(title="原因")]
    cells: Annotated[list[str], Field(title="要改的格和部分")]
    returned_by: Annotated[str, Field(title="退回人")]
    returned_at: Annotated[datetime, Field(title="退回时间")]


class CorrectionOut(Out):
    """公布之后的一次更正。"""

    reason: Annotated[str, Field(title="更正说明")]
    corrects: Annotated[int, Field(title="所更正的版本")]
    version: Annotated[int | None, Field(title="更正后公布的版本；还没有公布为 null")]
    revised_at: Annotated[datetime, Field(title="开始更正的时间")]
    published_at: Annotated[datetime | None, Field(title="更正后公布的时间")]


class ReportHead(Out):
    """What the service adds to a report, and what it has beside its tables and prose."""

    agency: Annotated[AgencyCode, Field(title="机关代码")]
    year: Annotated[Year, Field(title="报告年度")]
    form: Annotated[str, Field(title="报告格式")]
    status: Annotated[Status, Field(title="状态")]
    version: Annotated[int, Field(title="版本号，每次保存加一")]
    published_version: Annotated[int | None, Field(title="最近公布的版本；没有公布过为 null")]
    days_late: Annotated[
        int | None, Field(title="最近一次上报迟了几天（已公布的一版：公布之前的那一次）；没有上报过为 null")
    ]
    returned: Annotated[ReturnOut | None, Field(title="为什么被退回；没有退回或已再次上报为 null")]
    corrections: Annotated[list[CorrectionOut], Field(title="公布之后的更正，早的在前")]
    created_at: Annotated[datetime, Field(title="建立时间")]
    updated_at: Annotated[datetime, Field(title="最后变动时间")]
    title: Annotated[str | None, Field(title=TITLES["title"])]
    preface: Annotated[str | None, Field(title=TITLES["preface"])]
    contact: Annotated[ContactOut, Field(title="联系方式")]
    signed_by: Annotated[str | None, Field(title="签发人")]
    signed_on: Annotated[date | None, Field(title="签发日期")]
    published_on: Annotated[date | None, Field(title="公布日期")]
    published_url: Annotated[str | None, Field(title="公布网址")]
    findings: Annotated[list[ResultOut], Field(title="不符、没法核对或有疑问之处")]
    suggested: Annotated[
        dict[str, SuggestedOut], Field(title="缺格可以参考的上一年度的数，按格的代码；没有填上")
    ] = {}  # noqa: RUF012 - Pydantic copies it


class ReportSummary(Out):
    """列表中的一份报告。"""

    agency: Annotated[AgencyCode, Field(title="机关代码")]
    name: Annotated[str, Field(title="机关全称")]
    year: Annotated[Year, Field(title="报告年度")]
    form: Annotated[str, Field(title="报告格式")]
    status: Annotated[Status, Field(title="状态")]
    version: Annotated[int, Field(title="版本号")]
    published_version: Annotated[
        int | None, Field(title="最近公布的版本；更正期间状态虽不是已公布，它仍有效；没有公布过为 null")
    ]
    updated_at: Annotated[datetime, Field(title="最后变动时间")]


class ReportPage(Out):
    """一页报告。"""

    items: Annotated[list[ReportSummary], Field(title="报告")]
    page: Annotated[PageOut, Field(title="分页")]


@cache
def body_model(form: ReportForm) -> type[ReportBody]:
    """Return the model of a report on this form, as it is sent."""
    return create_model(
        named("Report", form), __base__=ReportBody, __doc__="一份年度报告", **parts_of(form, out=False)
    )


@cache
def out_model(form: ReportForm) -> type[ReportHead]:
    """Return the model of a report on this form, as it is given out."""
    return create_model(
        named("ReportOut", form),
        __base__=ReportHead,
        __doc__="一份年度报告",
        form=form_member(form),
        **parts_of(form, out=True),
    )


ReportSent: TypeAlias = Annotated[object, DescribedAs(one_of(body_model(form) for form in NEWEST_FIRST))]
"""The parsed body of a report, on the form of its year."""


if TYPE_CHECKING:

    class ReportOut(ReportHead):
        """One year's report, as it is given out; its tables are derived from the form."""
else:
    ReportOut = given_out(out_model)


def read_report(sent: object, year: int | None) -> ReportBody:
    """Hold the body of a report to the form of its year.

    Raises:
        InvalidRequest: it isn't of that shape, or has the tables of another form.
    """
    return hold(body_model(form_meant(year)), sent, year)


def year_sent(sent: object) -> int | None:
    """Return the year as a body has it, as far as it is one."""
    year = sent.get("year") if isinstance(sent, dict) else None
    return year if isinstance(year, int) and not isinstance(year, bool) else None


def report_out(
    head: Mapping[str, object],
    content: Content,
    findings: list[Result],
    suggested: Mapping[str, SuggestedOut],
    explanations: Explanations = NOTHING_EXPLAINED,
) -> ReportOut:
    """Give a report out.

    Args:
        head: the members of `ReportHead` that its content doesn't have.
        content: what it says.
        findings: what isn't kept, or is doubtful.
        suggested: last year's figures for cells that are missing.
        explanations: what was said of that.
    """
    return cast("type[ReportOut]", out_model(content.form)).model_validate(
        {
            **document_of(content),
            **head,
            "year": content.year,
            "form": content.form.version,
            "findings": results_out(content.form, content.values, findings, explanations),
            "suggested": suggested,
        }
    )
