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
from app.storage.numbers import SEPARATOR
from app.storage.yearly import current_documents, reports_under

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.content import Content
    from app.domain.context import Context
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
        findings: those results as JSON has them; empty unless they were asked for.
    """

    agency: str
    name: str
    status: Status
    breaks: bool
    counts: Counter[tuple[str, Outcome]]
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
        reported, statuses = [], []
        for agency, version, status, document in current_documents(session, report_ids):
            form = form_of_version(version)
            if form is None:
                raise AssertionError(version)
            reported.append((agency, read_content(form, year, agency, document)))
            statuses.append(Status(status))
        contexts = contexts_of(session, year, reported, with_alike=depth.with_alike)
        session.expunge_all()
    return [
        _rechecked(agency, content, status, context, in_full=depth.in_full)
        for (agency, content), status, context in zip(reported, statuses, contexts, strict=True)
    ]


def _rechecked(
    agency: Agency, content: Content, status: Status, context: Context, *, in_full: bool
) -> Rechecked:
    results = judge(content, context)
    found = not_kept(results)
    return Rechecked(
        agency=agency.code,
        name=context.reporter.name or agency.name,
        status=status,
        breaks=status in Basis.SUBMITTED.statuses and bool(blocking(found)),
        counts=Counter((result.rule.id, result.outcome) for result in found),
        findings=[described(content.form, content.values, result) for result in found] if in_full else [],
    )
