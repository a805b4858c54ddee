"""Bodies of reports that the service has drafted: as they are sent, so that they can be sent as they are."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import Field, create_model

from app.domain.content import TITLES
from app.domain.values import nest
from app.schemas.fields import DescribedAs, Out, one_of
from app.schemas.parts import NEWEST_FIRST, named, parts_of
from app.schemas.reports import AgencyCode, Year

if TYPE_CHECKING:
    from app.domain.content import Content
    from app.forms.model import ReportForm


class DraftHead(Out):
    """What a draft has beside its tables and prose."""

    agency: Annotated[AgencyCode, Field(title="机关代码")]
    year: Annotated[Year, Field(title="报告年度")]
    title: Annotated[str, Field(title=TITLES["title"])]
    preface: Annotated[str, Field(title=TITLES["preface"])]


@cache
def draft_model(form: ReportForm) -> type[DraftHead]:
    """Return the model of a draft on a form: members of its report's body, and no others."""
    return create_model(
        named("DraftOut", form),
        __base__=DraftHead,
        __doc__="代拟的年度报告，与报送的内容同形",
        **parts_of(form, out=True),
    )


ReportDraft: TypeAlias = Annotated[object, DescribedAs(one_of(draft_model(form) for form in NEWEST_FIRST))]
"""A draft, on the form of its year."""


def draft_out(content: Content, agency: str) -> DraftHead:
    """Give a draft out."""
    return draft_model(content.form).model_validate(
        {
            "agency": agency,
            "year": content.year,
            "title": content.title,
            "preface": content.preface,
            "narratives": content.narratives,
            **nest(content.form, content.values),
        }
    )
