"""What last year's report says of this year's: offered for cells that are missing, never filled in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.domain.years import suggestions
from app.services.agencies import find_agency
from app.services.contents import empty_content
from app.services.filed import content_of, find_form, get_report
from app.services.surroundings import get_last_year

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.auth.actor import Actor
    from app.domain.content import Content
    from app.forms.model import CellCode, ReportForm
    from app.services.filed import Filed
    from app.storage.engine import ReadSession


@dataclass(frozen=True, slots=True)
class Suggested:
    """Figures that are offered.

    Attributes:
        form: on which they are.
        from_year: of the report that they are from; None where there is none that counts.
        values: by cell, in the smallest unit.
    """

    form: ReportForm
    from_year: int | None = None
    values: Mapping[CellCode, int] = field(default_factory=dict)


def suggested_for(filed: Filed) -> Suggested:
    """Return what is offered for a report: nothing but for cells missing in one that is being written."""
    if filed.seen is not None or not filed.status.is_editable:
        return Suggested(filed.content.form)
    return _suggested(filed.content, filed.context.last_year)


def find_suggestions(session: ReadSession, actor: Actor, code: str, year: int) -> Suggested:
    """Return what is offered for an agency's report of a year, also where there is none yet.

    Raises:
        NotFound: there is no such agency that the actor reaches.
        InvalidRequest: the year has no form.
    """
    agency = find_agency(session, actor, code, year=year)
    report = get_report(session, agency, year)
    content = (
        empty_content(find_form(year), year, agency)
        if report is None
        else content_of(session, agency, report)
    )
    return _suggested(content, get_last_year(session, agency, year))


def _suggested(content: Content, last_year: Content | None) -> Suggested:
    if last_year is None:
        return Suggested(content.form)
    offered = suggestions(content.form, last_year)
    missing = {code: value for code, value in offered.items() if content.values.get(code) is None}
    return Suggested(content.form, last_year.year, missing)
