"""Judging reports of a whole year anew, by the rules as they are and as they are set today."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.auth.actor import COMMAND_LINE
from app.domain.judging import judge
from app.domain.lifecycle import Basis, Status
from app.domain.results import Outcome, blocking, described, not_kept
from app.forms import form_of_version
from app.services.agencies import find_agency
from app.services.contents import read_content
from app.services.filed import find_form
from app.services.paths import path_in
from app.services.surroundings import contexts_of
from app.storage.explanations import explanations_of_each
from app.storage.numbers import SEPARATOR
from app.storage.yearly import current_documents, reports_under

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.content import Content
    from app.domain.context import Context
    from app.domain.explanations import Explanations
    from app.storage.engine import Database, ReadSession
    from app.storage.models import Agency

AT_ONCE = 500
"""Reports that are held in memory at once."""


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What came of a report.

    Attributes:
        agency: code of the agency.
        name: its name.
        status: where the report stands.
        breaks: whether it is 上报 or later and yet breaks a mandatory rule.
        counts: how many results weren't kept, by rule and outcome.
        explained: how many of them have an explanation that holds and wasn't refused, by rule.
        unexplained: how many need one and have none.
        findings: those results as JSON has them; empty unless they were asked for.
    """

    agency: str
    name: str
    status: Status
    breaks: bool
    counts: Counter[tuple[str, Outcome]]
    explained: Counter[str]
    unexplained: int
    findings: list[dict[str, object]]


def reports_to_recheck(session: ReadSession, year: int, under: str | None) -> list[list[int]]:
    """Return the row numbers of a year's reports in parts of at most `AT_ONCE`, neighbours together.

    Raises:
        NotFound: there is no agency *under* which to look.
        InvalidRequest: the year has no form, or the agency stood nowhere in it.
    """
    form, path = find_form(year), SEPARATOR
    if under is not None:
        path = path_in(session, find_agency(session, COMMAND_LINE, under), year)
    reports = reports_under(session, form, year, path)
    return [reports[start : start + AT_ONCE] for start in range(0, len(reports), AT_ONCE)]


@dataclass(frozen=True, slots=True)
class Depth:
    """How much is asked of a recheck.

    Attributes:
        in_full: whether the findings themselves are wanted, not just their numbers.
        with_alike: whether prose is held to that of other reports (R27), which takes longer than all else.
    """

    in_full: bool = False
    with_alike: bool = True


def recheck(database: Database, year: int, report_ids: Sequence[int], depth: Depth) -> list[Rechecked]:
    """Judge some reports of a year in their full context; in the order given.

    Args:
        database: where they are; they are read at one moment.
        year: of all of them.
        report_ids: their row numbers.
        depth: how much is asked.
    """
    with database.reading() as session:
        found, reported = [], []
        for report_id, agency, version, status, document in current_documents(session, report_ids):
            form = form_of_version(version)
            if form is None:
                raise AssertionError(version)
            reported.append((agency, read_content(form, year, agency, document)))
            found.append((report_id, Status(status)))
        contexts = contexts_of(session, year, reported, with_alike=depth.with_alike)
        known = explanations_of_each(session, [report_id for report_id, _ in found])
        session.expunge_all()
    return [
        _rechecked(_Stored(agency, status, content, context, known[report_id]), in_full=depth.in_full)
        for (agency, content), (report_id, status), context in zip(reported, found, contexts, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Stored:
    """A report as it is kept, and what is known beside it."""

    agency: Agency
    status: Status
    content: Content
    context: Context
    explanations: Explanations


def _rechecked(stored: _Stored, *, in_full: bool) -> Rechecked:
    content, known = stored.content, stored.explanations
    found = not_kept(judge(content, stored.context))
    needing = [result.rule.id for result in found if result.needs_explanation]
    lacking = [result.rule.id for result in known.unexplained(content.values, found)]
    return Rechecked(
        agency=stored.agency.code,
        name=stored.context.reporter.name or stored.agency.name,
        status=stored.status,
        breaks=stored.status in Basis.SUBMITTED.statuses and bool(blocking(found)),
        counts=Counter((result.rule.id, result.outcome) for result in found),
        explained=Counter(needing) - Counter(lacking),
        unexplained=len(lacking),
        findings=[described(content.form, content.values, result, known) for result in found]
        if in_full
        else [],
    )
