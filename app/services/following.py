"""Reports judged anew when what they carry on from, or whose they are, comes to say something else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import Select, bindparam, select

from app.domain.acts import Act
from app.domain.judging import judge
from app.domain.results import described, not_kept
from app.services.agencies import key_of
from app.services.audit import record_report
from app.services.filed import Filed, filed_as, get_report
from app.services.successions import heirs_of
from app.services.surroundings import YEARS_BEFORE, context_of
from app.storage.models import REPORT, Agency, Report

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from app.auth.actor import Actor
    from app.storage.engine import WriteSession

_Found: TypeAlias = "dict[str, object]"


@dataclass(frozen=True, slots=True)
class Following:
    """A report as it was before what it carries on from changed; held until the end.

    Attributes:
        filed: the report.
        found: what wasn't kept.
        changed: the year of the report that changes; None where something else does.
    """

    filed: Filed
    found: list[_Found]
    changed: int | None = None


def years_concerned(year: int) -> range:
    """Return the years that a report concerns: its own, and the three that are measured against it."""
    return range(year, year + YEARS_BEFORE + 1)


def hold_following(session: WriteSession, agency: Agency, year: int) -> list[Following]:
    """Hold the reports that carry on from an agency's of *year*, before that one changes.

    They are its own of the years after that are measured against it, and next year's of the bodies that went
    on with what it had.  Reports of an agency are held in the order of their years, so that two who change
    them never wait for each other.
    """
    after = year + 1
    following = [(agency, each) for each in years_concerned(year)[1:]]
    following += [(session.get_one(Agency, key), after) for key in heirs_of(session, key_of(agency), after)]
    reports = [(each, get_report(session, each, later, to_change=True)) for each, later in following]
    held = [_held(session, each, report) for each, report in reports if report is not None]
    return [replace(each, changed=year) for each in held]


def hold_since(session: WriteSession, agencies: Iterable[Agency], year: int) -> list[Following]:
    """Hold the reports of some agencies from a year on, before the agencies themselves are reorganised."""
    keys = [key_of(agency) for agency in agencies]
    chosen = select(Report).where(REPORT.c.agency_id.in_(keys), REPORT.c.year >= year)
    reports = session.scalars(chosen.order_by(REPORT.c.agency_id, REPORT.c.year).with_for_update())
    return [_held(session, session.get_one(Agency, each.agency_id), each) for each in reports.all()]


def _held(session: WriteSession, agency: Agency, report: Report) -> Following:
    filed = filed_as(session, agency, report)
    return Following(filed, _described(filed))


def hold_reports(session: WriteSession, agency: Agency, years: Collection[int]) -> None:
    """Hold an agency's reports of some years in the order of their years, whatever is to come of them."""
    if years:
        session.execute(_in_order(), {"of_agency": agency.id, "of_years": sorted(years)})


@cache
def _in_order() -> Select[int]:
    wanted = REPORT.c.year.in_(bindparam("of_years", expanding=True))
    chosen = select(REPORT.c.id).where(REPORT.c.agency_id == bindparam("of_agency"), wanted)
    return chosen.order_by(REPORT.c.year).with_for_update()


def judge_following(
    session: WriteSession,
    actor: Actor,
    held: Iterable[Following],
    because: Mapping[str, object] | None = None,
) -> None:
    """Judge them anew; where something else comes of one, say so: in its revision, the trail and the feed.

    The verdict with which each passed the gate stays as it is.

    Args:
        session: the transaction.
        actor: whose change it is.
        held: the reports.
        because: what changed, for the audit trail; by default the report of the year that is kept with each.
    """
    # what surrounds a report is read past the session
    session.flush()
    for following in held:
        _judge(session, actor, following, because)


def _judge(
    session: WriteSession, actor: Actor, following: Following, because: Mapping[str, object] | None
) -> None:
    filed, report = following.filed, following.filed.report
    now = replace(filed, context=context_of(session, filed.agency, filed.content))
    found = _described(now)
    if found == following.found:
        return
    report.revision += 1
    report.updated_at = datetime.now(UTC)
    session.flush()
    said: dict[str, object] = {
        **({"because": following.changed} if because is None else because),
        "came": _told(each for each in found if each not in following.found),
        "went": _told(each for each in following.found if each not in found),
    }
    record_report(session, actor, Act.REPORT_REJUDGE, (filed.agency, report), details=said)


def _described(filed: Filed) -> list[_Found]:
    content = filed.content
    results = not_kept(judge(content, filed.context))
    return [described(content.form, content.values, result) for result in results]


def _told(found: Iterable[_Found]) -> list[_Found]:
    return [{name: each[name] for name in ("rule", "code", "outcome", "message")} for each in found]
