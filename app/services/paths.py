"""Under which path a report counts: its agency's lineage on 31 December of the report's year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.agencies import reference_day
from app.errors import InvalidRequest
from app.storage.models import REPORT, Agency, Report
from app.storage.numbers import NOWHERE, TABLES, path_of, paths_of, update_paths
from app.storage.tree import Rung, lineage_on, lineages_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
    return _path(lineage_on(session, agency.code, reference_day(year))) or None


def file_again(
    session: WriteSession, agency_ids: Sequence[int], since: int = 0, *, may_leave: bool = False
) -> list[Report]:
    """Work out anew where the reports of these agencies count, after the tree was changed.

    Args:
        session: the transaction of the change.
        agency_ids: their row numbers.
        since: the first report year that it can touch.
        may_leave: whether reports may come to count nowhere, since their agencies no longer stand.

    Returns:
        the reports that counted before and count nowhere now.

    Raises:
        InvalidRequest: a report would belong to an agency that stood nowhere in its year, and mayn't.
    """
    left: list[Report] = []
    for start in range(0, len(agency_ids), _AT_ONCE):
        chosen = select(Report).where(
            REPORT.c.agency_id.in_(agency_ids[start : start + _AT_ONCE]), REPORT.c.year >= since
        )
        for reports in _alike(session.scalars(chosen.order_by(REPORT.c.year, REPORT.c.id))):
            left += _file_year(session, reports)
    if left and not may_leave:
        agency = session.get_one(Agency, left[0].agency_id)
        lineage_in(session, agency, left[0].year)
    return left


_AT_ONCE = 500
"""Agencies whose reports are looked at at once."""


def _alike(reports: Iterable[Report]) -> list[list[Report]]:
    """Put reports of one year and form together."""
    found: dict[tuple[int, str], list[Report]] = {}
    for report in reports:
        found.setdefault((report.year, report.form), []).append(report)
    return list(found.values())


def _file_year(session: WriteSession, reports: list[Report]) -> list[Report]:
    """File reports of one year and form anew; return those that counted and no longer do."""
    connection, table = session.connection(), TABLES[reports[0].form]
    lineages = lineages_on(session, {report.agency_id for report in reports}, reference_day(reports[0].year))
    # a draft may be deleted meanwhile
    known = paths_of(connection, table, [report.id or 0 for report in reports])
    paths = {
        report.id or 0: _path(lineages.get(report.agency_id)) for report in reports if report.id in known
    }
    changed = {key: path for key, path in paths.items() if path != known[key]}
    update_paths(connection, table, changed)
    return [report for report in reports if changed.get(report.id or 0) == NOWHERE]


def _path(lineage: Sequence[Rung] | None) -> str:
    return path_of(rung.code for rung in lineage) if lineage else NOWHERE
