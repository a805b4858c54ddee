"""What stands around reports: the agencies above and beside their own, and those agencies' other reports.

All of it is asked for many agencies at once; one alone is a short list.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, literal, or_, select

from app.domain.lifecycle import Basis
from app.storage.models import AGENCY, PLACEMENT, REPORT, VERSION
from app.storage.names import name_on
from app.storage.numbers import TABLES, column_name
from app.storage.rule_models import PEER_MARK
from app.storage.sums import is_revised, slot_that_counts
from app.storage.tree import above_each_on, holds_on

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from app.domain.values import Values
    from app.forms.model import CellCode, ReportForm
    from app.storage.engine import ReadSession

Statement: TypeAlias = "Select[*tuple[Any, ...]]"


@dataclass(frozen=True, slots=True)
class Standing:
    """An agency above a body, or the body itself.

    Attributes:
        id: its row number.
        code: its code.
        name: what it was called then.
        parent_id: the row number of the one above it.
    """

    id: int
    code: str
    name: str
    parent_id: int | None


def standings_on(session: ReadSession, agency_ids: Collection[int], day: date) -> dict[int, list[Standing]]:
    """Return each agency and all above it, from itself up; none where it stands nowhere that day."""
    rows = session.connection().execute(_standing(), {"bodies": list(agency_ids), "day": day})
    found: dict[int, list[Standing]] = defaultdict(list)
    for body, *standing in rows:
        found[body].append(Standing(*standing))
    return found


@cache
def _standing() -> Statement:
    up = above_each_on(bindparam("bodies", expanding=True), bindparam("day"))
    chosen = select(up.c.body, AGENCY.c.id, AGENCY.c.code, name_on(bindparam("day")), up.c.parent_id)
    return chosen.join(up, AGENCY.c.id == up.c.agency_id).order_by(up.c.body, up.c.height)


def names_under(session: ReadSession, parent_ids: Collection[int], day: date) -> dict[int, list[str]]:
    """Return what the agencies were called that stand right under each of others on a day."""
    rows = session.connection().execute(_under(), {"parents": list(parent_ids), "day": day})
    found: dict[int, list[str]] = defaultdict(list)
    for parent_id, name in rows:
        found[parent_id].append(name)
    return found


@cache
def _under() -> Statement:
    chosen = select(PLACEMENT.c.parent_id, name_on(bindparam("day")))
    chosen = chosen.join(PLACEMENT, PLACEMENT.c.agency_id == AGENCY.c.id).order_by(AGENCY.c.code)
    of_these = PLACEMENT.c.parent_id.in_(bindparam("parents", expanding=True))
    return chosen.where(of_these, holds_on(bindparam("day")))


@dataclass(frozen=True, slots=True)
class Counting:
    """The version of a report that counts: 上报 or later, or published and being corrected.

    Attributes:
        form: of the report.
        document: what the version says, as JSON.
    """

    form: str
    document: str


def counting_reports(session: ReadSession, agency_ids: Collection[int], year: int) -> dict[int, Counting]:
    """Return what each agency's report of a year says, as it counts; those where none does are absent."""
    bound = {"agencies": list(agency_ids), "year": year}
    return {row[0]: Counting(*row[1:]) for row in session.connection().execute(_counting(), bound)}


def report_counts() -> ColumnElement[bool]:
    """Tell of a report whether it was 上报, or was published and is being corrected."""
    return or_(is_revised(), REPORT.c.status.in_(literal(each) for each in Basis.SUBMITTED.statuses))


def version_that_counts() -> ColumnElement[int]:
    """Return which version of such a report counts."""
    return case((is_revised(), REPORT.c.published_version), else_=REPORT.c.version)


@cache
def _counting() -> Statement:
    of_report = and_(VERSION.c.report_id == REPORT.c.id, VERSION.c.number == version_that_counts())
    chosen = select(REPORT.c.agency_id, REPORT.c.form, VERSION.c.content).join(VERSION, of_report)
    return chosen.where(_of_these(), REPORT.c.year == bindparam("year"), report_counts())


def _of_these() -> ColumnElement[bool]:
    return REPORT.c.agency_id.in_(bindparam("agencies", expanding=True))


def counting_numbers(
    session: ReadSession,
    form: ReportForm,
    cells: Sequence[CellCode],
    agency_ids: Collection[int],
    years: range,
) -> list[tuple[int, int, Values]]:
    """Return some cells of agencies' reports of several years on one form, as they count, newest first.

    Each with the agency's row number and its year.
    """
    known = tuple(code for code in cells if code in form.cells)
    bound = {"agencies": list(agency_ids), "first": years.start, "last": years.stop - 1}
    rows = session.connection().execute(_numbers(form, known), bound)
    return [(row[0], row[1], dict(zip(known, row[2:], strict=True))) for row in rows]


@cache
def _numbers(form: ReportForm, cells: tuple[CellCode, ...]) -> Statement:
    table = TABLES[form.version]
    columns = (table.c[column_name(code)] for code in cells)
    chosen = select(REPORT.c.agency_id, REPORT.c.year, *columns)
    return (
        chosen.join(REPORT, REPORT.c.id == table.c.report_id)
        .where(
            _of_these(),
            REPORT.c.year.between(bindparam("first"), bindparam("last")),
            table.c.slot == slot_that_counts(),
            report_counts(),
        )
        .order_by(REPORT.c.year.desc())
    )


@dataclass(frozen=True, slots=True)
class Marks:
    """What 99 of 100 reports of a year by bodies of one level and kind don't exceed.

    Attributes:
        by_cell: the bound of each cell.
        peers: of how many reports.
        computed_at: when it was worked out.
    """

    by_cell: dict[CellCode, int]
    peers: int
    computed_at: datetime


def marks_of(session: ReadSession, year: int) -> dict[tuple[str, str], Marks]:
    """Return the marks of a year by level and kind."""
    rows = session.connection().execute(_marks(), {"year": year})
    return {(row[0], row[1]): Marks(json.loads(row[2]), row[3], row[4]) for row in rows}


@cache
def _marks() -> Statement:
    columns = PEER_MARK.c
    chosen = select(columns.level, columns.kind, columns.marks, columns.peers, columns.computed_at)
    return chosen.where(columns.year == bindparam("year"))
