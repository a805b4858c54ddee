"""All reports of a year, a few hundred at a time."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import Select, and_, bindparam, select

from app.storage.models import AGENCY, REPORT, VERSION, Agency
from app.storage.numbers import NOWHERE, SEPARATOR, TABLES, WORKING
from app.storage.sums import just_after

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.forms.model import ReportForm
    from app.storage.engine import ReadSession

Statement: TypeAlias = "Select[*tuple[Any, ...]]"


def reports_under(session: ReadSession, form: ReportForm, year: int, path: str) -> list[int]:
    """Return the row numbers of a year's reports under a path, those of neighbours side by side.

    Under the path of everything those are too that count nowhere.
    """
    bound = {"year": year, "low": NOWHERE if path == SEPARATOR else path, "high": just_after(path)}
    return list(session.scalars(_under(form), bound))


@cache
def _under(form: ReportForm) -> Select[int]:
    table = TABLES[form.version]
    return (
        select(table.c.report_id)
        .where(
            table.c.year == bindparam("year"),
            table.c.path >= bindparam("low"),
            table.c.path < bindparam("high"),
            table.c.slot == WORKING,
        )
        .order_by(table.c.path)
    )


def current_documents(
    session: ReadSession, report_ids: Sequence[int]
) -> Iterator[tuple[int, Agency, str, str, str]]:
    """Yield reports: row number, the agency's row, form, state and what the current version says, as JSON."""
    rows = {row[0]: row for row in session.execute(_documents(), {"reports": list(report_ids)})}
    for report_id in report_ids:
        # one that was deleted meanwhile is passed over
        if report_id in rows:
            yield rows[report_id]


@cache
def _documents() -> Statement:
    current = and_(VERSION.c.report_id == REPORT.c.id, VERSION.c.number == REPORT.c.version)
    return (
        select(REPORT.c.id, Agency, REPORT.c.form, REPORT.c.status, VERSION.c.content)
        .join(AGENCY, AGENCY.c.id == REPORT.c.agency_id)
        .join(VERSION, current)
        .where(REPORT.c.id.in_(bindparam("reports", expanding=True)))
    )
