"""Next year's report, judged anew when the one that it carries on from comes to say something else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import Select, bindparam, select

from app.domain.acts import Act
from app.domain.judging import judge
from app.domain.results import described, not_kept
from app.services.audit import record_report
from app.services.filed import Filed, filed_as, get_report
from app.services.surroundings import context_of
from app.storage.models import REPORT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from app.auth.actor import Actor
    from app.storage.engine import WriteSession
    from app.storage.models import Agency

_Found: TypeAlias = "dict[str, object]"


@dataclass(frozen=True, slots=True)
class Following:
    """An agency's report of the next year as it was before this year's changed; held until the end.

    Attributes:
        filed: the report.
        found: what wasn't kept.
    """

    filed: Filed
    found: list[_Found]


def hold_following(session: WriteSession, agency: Agency, year: int) -> Following | None:
    """Hold the report of the year after *year*, if there is one, before that of *year* changes.

    Reports of an agency are held in the order of their years, so that two who change them never wait for
    each other.
    """
    report = get_report(session, agency, year + 1, to_change=True)
    if report is None:
        return None
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


def judge_following(session: WriteSession, actor: Actor, following: Following | None) -> None:
    """Judge it anew; where something else comes of it, say so: in its revision, the audit trail and the feed.

    The verdict with which it passed the gate stays as it is.
    """
    if following is None:
        return
    # what surrounds a report is read past the session
    session.flush()
    filed, report = following.filed, following.filed.report
    now = replace(filed, context=context_of(session, filed.agency, filed.content))
    found = _described(now)
    if found == following.found:
        return
    report.revision += 1
    report.updated_at = datetime.now(UTC)
    session.flush()
    said: dict[str, object] = {
        "because": report.year - 1,
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
