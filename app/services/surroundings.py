"""What a report is judged beside, read from the database: one place for every door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.agencies import AgencyKind, AgencyLevel, reference_day
from app.domain.context import Context, Reporter
from app.domain.years import watched_cells
from app.forms import FORMS, form_of_version
from app.services.alike import find_alike
from app.services.contents import read_content
from app.storage.surroundings import counting_numbers, counting_report, names_under, standing_on

if TYPE_CHECKING:
    from app.domain.content import Content
    from app.domain.values import Values
    from app.storage.engine import ReadSession
    from app.storage.models import Agency
    from app.storage.surroundings import Standing

YEARS_BEFORE = 3
"""How many years a jump is measured against."""


def context_of(session: ReadSession, agency: Agency, content: Content) -> Context:
    """Return all that an agency's report is judged beside."""
    standing = standing_on(session, agency.code, reference_day(content.year))
    last_year = get_last_year(session, agency, content.year)
    return Context(
        reporter=_reporter(session, agency, content.year, standing),
        last_year=last_year,
        earlier=() if last_year is None else tuple(_earlier(session, agency, content.year)),
        alike=find_alike(session, agency, content),
    )


def _reporter(session: ReadSession, agency: Agency, year: int, standing: list[Standing]) -> Reporter:
    parent_id = standing[0].parent_id if standing else None
    beside = [] if parent_id is None else names_under(session, parent_id, reference_day(year))
    return Reporter(
        name=agency.name,
        level=AgencyLevel(agency.level),
        kind=AgencyKind(agency.kind),
        above=tuple(each.name for each in standing[1:]),
        neighbours=tuple(name for name in beside if name != agency.name),
    )


def get_last_year(session: ReadSession, agency: Agency, year: int) -> Content | None:
    """Return what an agency's report of the year before says, as it counts; None where none does."""
    counting = counting_report(session, agency.id or 0, year - 1)
    if counting is None:
        return None
    form = form_of_version(counting.form)
    if form is None:
        raise AssertionError(counting.form)
    return read_content(form, year - 1, agency, counting.document)


def _earlier(session: ReadSession, agency: Agency, year: int) -> list[tuple[int, Values]]:
    years = range(year - YEARS_BEFORE, year)
    found = [
        each
        for form in FORMS
        if any(form.covers(one) for one in years)
        for each in counting_numbers(session, form, watched_cells(form), agency.id or 0, years)
    ]
    return sorted(found, key=lambda each: -each[0])
