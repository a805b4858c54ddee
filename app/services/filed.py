"""A report as it is kept: finding it, and reading back what it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING

from sqlalchemy import Select, bindparam, select

from app.domain.content import Content
from app.domain.context import ALONE, Context
from app.domain.deadlines import CHINA
from app.domain.explanations import NOTHING_EXPLAINED, Explanations, ExplanationState
from app.domain.judging import judge
from app.domain.lifecycle import Action, Status
from app.domain.results import Result, blocking
from app.domain.roles import Right
from app.errors import Fault, InvalidRequest, NotFound, no_form
from app.forms import form_of_version, form_of_year
from app.services.agencies import find_agency
from app.services.contents import read_content
from app.services.surroundings import context_of
from app.storage.explanations import explanations_of
from app.storage.models import REPORT, STEP, Agency, Report, ReportVersion, Step

if TYPE_CHECKING:
    from app.auth.actor import Actor
    from app.forms.model import ReportForm
    from app.storage.engine import ReadSession


@dataclass(frozen=True, slots=True)
class Seen:
    """A version that isn't the current one, and where the report stood with it."""

    version: int
    status: Status


@dataclass(frozen=True)
class Filed:
    """A report with whose it is, what it says and which way it has gone.

    Attributes:
        agency: whose it is.
        report: where it stands.
        content: what its current version says.
        steps: 上报, 退回 and so on, the oldest first.
        seen: which version `content` is of, where it isn't the current one.
        context: what it is judged beside.
        explanations: all that was explained about it.
    """

    agency: Agency
    report: Report
    content: Content
    steps: list[Step] = field(default_factory=list)
    seen: Seen | None = None
    context: Context = ALONE
    explanations: Explanations = NOTHING_EXPLAINED

    @property
    def name(self) -> str:
        """What the agency was called on 31 December of the report's year."""
        return self.context.reporter.name or self.agency.name

    @property
    def status(self) -> Status:
        """Where it stands, or stood when the version that is seen was current."""
        return Status(self.report.status) if self.seen is None else self.seen.status

    @cached_property
    def results(self) -> list[Result]:
        """What the rules make of it, judged once."""
        return judge(self.content, self.context)

    @property
    def unexplained(self) -> list[Result]:
        """The findings that keep it from being 上报 until they are explained."""
        return self.explanations.unexplained(self.content.values, self.results)

    @property
    def unaccepted(self) -> list[Result]:
        """The findings that keep it from being 审核通过 until their explanations are accepted."""
        return self.explanations.unaccepted(self.content.values, self.results)

    @property
    def can_submit(self) -> bool:
        """Whether nothing keeps it from being 上报."""
        return not blocking(self.results) and not self.unexplained

    def refusal_of(self, result: Result) -> str | None:
        """Return why the explanation of a finding was refused; None where it wasn't."""
        explained = self.explanations.of(self.content.values, result)
        if explained is None or explained.state is not ExplanationState.REFUSED:
            return None
        return explained.review.reason if explained.review else None

    @property
    def version(self) -> int:
        """The number of the version that `content` is of."""
        return self.report.version if self.seen is None else self.seen.version

    @property
    def is_under_revision(self) -> bool:
        """Whether a published version stands for the public while this one is being corrected."""
        is_published = self.report.status == Status.PUBLISHED
        return self.report.published_version is not None and not is_published

    def last_step(self, action: Action) -> Step | None:
        """Return the step of this kind that was taken last."""
        return next((step for step in reversed(self.steps) if step.action == action), None)

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
        raise no_form(year)
    return form


def find_report(
    session: ReadSession,
    actor: Actor,
    code: str,
    year: int,
    right: Right = Right.READ,
    *,
    to_change: bool = False,
) -> Filed:
    """Return an agency's report of a year as it stands, for somebody who may do something with it.

    Args:
        session: where to look.
        actor: who asks.
        code: the agency.
        year: the report year.
        right: what they mean to do.
        to_change: hold it until the transaction ends, so that versions can be compared.

    Raises:
        NotFound: there is no such agency that the actor reaches, or it has no such report.
        Forbidden: they reach it, but haven't the right.
    """
    agency = find_agency(session, actor, code, right, year)
    report = get_report(session, agency, year, to_change=to_change)
    if report is None:
        raise NotFound(f"“{agency.name}”没有 {year} 年度的报告")
    return filed_as(session, agency, report)


def filed_as(session: ReadSession, agency: Agency, report: Report) -> Filed:
    """Return a stored report with what its current version says and the steps it has taken."""
    steps = session.scalars(_steps(), {"of_report": report.id})
    content = content_of(session, agency, report)
    return Filed(
        agency,
        report,
        content,
        list(steps),
        context=context_of(session, agency, content),
        explanations=explanations_of(session, report_key(report)),
    )


@cache
def _steps() -> Select[Step]:
    return select(Step).where(STEP.c.report_id == bindparam("of_report")).order_by(STEP.c.id)


def get_report(session: ReadSession, agency: Agency, year: int, *, to_change: bool = False) -> Report | None:
    """Return an agency's report of a year, or None; *to_change* holds it until the transaction ends."""
    which = {"of_agency": agency.id, "of_year": year}
    return session.scalars(_report(to_change=to_change), which).one_or_none()


@cache
def _report(*, to_change: bool) -> Select[Report]:
    whose, when = REPORT.c.agency_id == bindparam("of_agency"), REPORT.c.year == bindparam("of_year")
    chosen = select(Report).where(whose, when)
    return chosen.with_for_update() if to_change else chosen


def content_of(session: ReadSession, agency: Agency, report: Report) -> Content:
    """Return what the current version of a report says."""
    return content_at(session, agency, report, report.version)


def content_at(session: ReadSession, agency: Agency, report: Report, version: int) -> Content:
    """Return what a version of a report says; there must be one of this number."""
    stored = session.get_one(ReportVersion, (report.id, version))
    return read_content(form_of_report(report), report.year, agency, stored.content)


def form_of_report(report: Report) -> ReportForm:
    """Return the form on which a stored report was made."""
    form = form_of_version(report.form)
    if form is None:
        raise AssertionError(report.form)
    return form


def report_key(report: Report) -> int:
    """Return the row number of a stored report."""
    if report.id is None:
        raise AssertionError(report)
    return report.id
