"""Lists of reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select, tuple_

from app.auth.rights import within_reach
from app.domain.agencies import reference_day
from app.domain.deadlines import CHINA
from app.domain.lifecycle import Status
from app.services.agencies import find_agency, key_of
from app.storage.models import AGENCY, REPORT, Agency, Report
from app.storage.names import name_in
from app.storage.tree import down_from

if TYPE_CHECKING:
    from app.auth.actor import Actor
    from app.storage.engine import ReadSession


@dataclass(frozen=True, slots=True)
class Listed:
    """A report in a list, with what its agency was called on 31 December of its year."""

    agency: Agency
    report: Report
    name: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which reports to list.

    Attributes:
        year: of this report year.
        under: of this agency and all below it, on 31 December of the year, or today where no year is asked.
        status: in this state.
    """

    year: int | None = None
    under: str | None = None
    status: Status | None = None


def list_reports(
    session: ReadSession, actor: Actor, wanted: Wanted, after: tuple[str, int], limit: int
) -> list[Listed]:
    """Return up to *limit* reports that the actor reaches, by agency code and year, after the one named.

    Raises:
        NotFound: there is no agency of the code to look under.
    """
    chosen = (
        select(Agency, Report, name_in(REPORT.c.year))
        .join(Report, REPORT.c.agency_id == AGENCY.c.id)
        .where(tuple_(AGENCY.c.code, REPORT.c.year) > after, within_reach(actor, wanted.year))
        .order_by(AGENCY.c.code, REPORT.c.year)
        .limit(limit)
    )
    if wanted.year is not None:
        chosen = chosen.where(REPORT.c.year == wanted.year)
    if wanted.status is not None:
        chosen = chosen.where(REPORT.c.status == wanted.status)
    if wanted.under is not None:
        day = datetime.now(CHINA).date() if wanted.year is None else reference_day(wanted.year)
        down = down_from(key_of(find_agency(session, actor, wanted.under, year=wanted.year)), day)
        chosen = chosen.where(REPORT.c.agency_id.in_(select(down.c.agency_id)))
    return [Listed(*row) for row in session.execute(chosen)]
