"""A report as it is kept: finding it, and reading back what it says."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.domain.agencies import ReportScope
from app.domain.content import Content, with_texts
from app.domain.judging import judge
from app.domain.lifecycle import Status
from app.domain.results import Result
from app.domain.values import flatten
from app.errors import Fault, InvalidRequest, NotFound
from app.forms import form_of_version, form_of_year
from app.services.agencies import find_agency
from app.storage.models import REPORT, Agency, Report, ReportVersion

if TYPE_CHECKING:
    from app.forms.model import ReportForm
    from app.storage.engine import ReadSession

CHINA = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Filed:
    """A report with whose it is and what it says."""

    agency: Agency
    report: Report
    content: Content

    @property
    def status(self) -> Status:
        """Where it stands."""
        return Status(self.report.status)

    @cached_property
    def results(self) -> list[Result]:
        """What the rules make of it, judged once."""
        return judge(self.content)

    @property
    def key(self) -> int:
        """The report's row number."""
        return report_key(self.report)


def find_form(year: int) -> ReportForm:
    """Return the form of a report year.

    Raises:
        InvalidRequest: the year has none, or hasn't begun.
    """
    this_year = datetime.now(CHINA).year
    if year > this_year:
        message = f"{year} 年还没有到，不能报 {year} 年度的报告"
        raise InvalidRequest(message, [Fault("/year", message, "year-in-future")])
    form = form_of_year(year)
    if form is None:
        message = f"没有 {year} 年度的报告格式"
        raise InvalidRequest(message, [Fault("/year", message, "no-form")])
    return form


def find_report(session: ReadSession, code: str, year: int, *, to_change: bool = False) -> Filed:
    """Return an agency's report of a year as it stands.

    Args:
        session: where to look.
        code: the agency.
        year: the report year.
        to_change: hold it until the transaction ends, so that versions can be compared.

    Raises:
        NotFound: there is no such agency, or it has no such report.
    """
    agency = find_agency(session, code)
    report = get_report(session, agency, year, to_change=to_change)
    if report is None:
        raise NotFound(f"“{agency.name}”没有 {year} 年度的报告")
    return Filed(agency, report, content_of(session, agency, report))


def get_report(session: ReadSession, agency: Agency, year: int, *, to_change: bool = False) -> Report | None:
    """Return an agency's report of a year, or None; *to_change* holds it until the transaction ends."""
    chosen = select(Report).where(REPORT.c.agency_id == agency.id, REPORT.c.year == year)
    if to_change:
        chosen = chosen.with_for_update()
    return session.scalars(chosen).one_or_none()


def content_of(session: ReadSession, agency: Agency, report: Report) -> Content:
    """Return what the current version of a report says."""
    form = form_of_version(report.form)
    version = session.get_one(ReportVersion, (report.id, report.version))
    if form is None:
        raise AssertionError(report.form)
    return read_content(form, report.year, agency, version.content)


def read_content(form: ReportForm, year: int, agency: Agency, document: str) -> Content:
    """Read a stored version back."""
    stored = json.loads(document)
    return with_texts(replace(empty_content(form, year, agency), values=flatten(form, stored)), stored)


def empty_content(form: ReportForm, year: int, agency: Agency) -> Content:
    """Return a report that says nothing yet: every cell missing."""
    return Content(
        form,
        year,
        title=None,
        preface=None,
        narratives={},
        values=dict.fromkeys(form.cells),
        is_aggregate=agency.report_scope == ReportScope.AGGREGATE,
    )


def report_key(report: Report) -> int:
    """Return the row number of a stored report."""
    if report.id is None:
        raise AssertionError(report)
    return report.id
