"""Under which path a report counts: its agency's lineage on 31 December of the report's year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.agencies import reference_day
from app.errors import InvalidRequest
from app.storage.models import REPORT, Agency, Report
from app.storage.numbers import TABLES, path_of, update_path
from app.storage.tree import Rung, lineage_on

if TYPE_CHECKING:
    from app.storage.engine import ReadSession, WriteSession


def lineage_in(session: ReadSession, agency: Agency, year: int) -> list[Rung]:
    """Return the lineage of an agency on the day that counts for its report of a year.

    Raises:
        InvalidRequest: the agency stood nowhere on that day.
    """
    day = reference_day(year)
    lineage = lineage_on(session, agency.code, day)
    if not lineage:
        raise InvalidRequest(f"“{agency.name}”在 {day:%Y-%m-%d} 不在机关树中，没有 {year} 年度的报告可报")
    return lineage


def path_in(session: ReadSession, agency: Agency, year: int) -> str:
    """Return the path of an agency's report of a year.

    Raises:
        InvalidRequest: the agency stood nowhere on that day.
    """
    return path_of(rung.code for rung in lineage_in(session, agency, year))


def get_path(session: ReadSession, agency: Agency, year: int) -> str | None:
    """Return the path of an agency's report of a year; None where it stood nowhere on that day."""
    lineage = lineage_on(session, agency.code, reference_day(year))
    return path_of(rung.code for rung in lineage) if lineage else None


def file_again(session: WriteSession, agency_ids: list[int]) -> None:
    """Work out anew where the reports of these agencies count, after the tree was corrected.

    Raises:
        InvalidRequest: a report would then belong to an agency that stood nowhere in its year.
    """
    reports = select(Report).where(REPORT.c.agency_id.in_(agency_ids))
    connection = session.connection()
    for report in session.scalars(reports):
        agency = session.get_one(Agency, report.agency_id)
        path = path_in(session, agency, report.year)
        update_path(connection, TABLES[report.form], report.id or 0, path)
