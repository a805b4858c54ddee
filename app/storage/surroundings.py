"""What stands around a report: the agencies above and beside its own, and its own reports of other years."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import Select, and_, bindparam, case, literal, or_, select

from app.domain.lifecycle import Basis
from app.storage.models import AGENCY, PLACEMENT, REPORT, VERSION
from app.storage.numbers import TABLES, column_name, is_revised, slot_that_counts
from app.storage.tree import above_on, holds_on

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import ColumnElement

    from app.domain.values import Values
    from app.forms.model import CellCode, ReportForm
    from app.storage.engine import ReadSession

Statement: TypeAlias = "Select[*tuple[Any, ...]]"


@dataclass(frozen=True, slots=True)
class Standing:
    """An agency above a body, or the body itself.

    Attributes:
        id: its row number.
        name: its name.
        parent_id: the row number of the one above it.
    """

    id: int
    name: str
    parent_id: int | None


def standing_on(session: ReadSession, code: str, day: date) -> list[Standing]:
    """Return an agency and all above it, from itself up; empty where it stands nowhere that day."""
    rows = session.connection().execute(_standing(), {"code": code, "day": day})
    return [Standing(*row) for row in rows]


@cache
def _standing() -> Statement:
    up = above_on(bindparam("code"), bindparam("day"))
    chosen = select(AGENCY.c.id, AGENCY.c.name, up.c.parent_id).join(up, AGENCY.c.id == up.c.agency_id)
    return chosen.order_by(up.c.height)


def names_under(session: ReadSession, parent_id: int, day: date) -> list[str]:
    """Return the names of the agencies that stand right under another one on a day."""
    rows = session.connection().execute(_under(), {"parent": parent_id, "day": day})
    return [row[0] for row in rows]


@cache
def _under() -> Statement:
    chosen = select(AGENCY.c.name).join(PLACEMENT, PLACEMENT.c.agency_id == AGENCY.c.id)
    chosen = chosen.order_by(AGENCY.c.code)
    return chosen.where(PLACEMENT.c.parent_id == bindparam("parent"), holds_on(bindparam("day")))


@dataclass(frozen=True, slots=True)
class Counting:
    """The version of a report that counts: 上报 or later, or published and being corrected.

    Attributes:
        form: of the report.
        document: what the version says, as JSON.
    """

    form: str
    document: str


def counting_report(session: ReadSession, agency_id: int, year: int) -> Counting | None:
    """Return what an agency's report of a year says, as it counts; None where none does."""
    row = session.connection().execute(_counting(), {"agency": agency_id, "year": year}).one_or_none()
    return None if row is None else Counting(*row)


def report_counts() -> ColumnElement[bool]:
    """Tell of a report whether it was 上报, or was published and is being corrected."""
    return or_(is_revised(), REPORT.c.status.in_(literal(each) for each in Basis.SUBMITTED.statuses))


def version_that_counts() -> ColumnElement[int]:
    """Return which version of such a report counts."""
    return case((is_revised(), REPORT.c.published_version), else_=REPORT.c.version)


@cache
def _counting() -> Statement:
    of_report = and_(VERSION.c.report_id == REPORT.c.id, VERSION.c.number == version_that_counts())
    chosen = select(REPORT.c.form, VERSION.c.content).join(VERSION, of_report)
    whose, when = REPORT.c.agency_id == bindparam("agency"), REPORT.c.year == bindparam("year")
    return chosen.where(whose, when, report_counts())


def counting_numbers(
    session: ReadSession, form: ReportForm, cells: Sequence[CellCode], agency_id: int, years: range
) -> list[tuple[int, Values]]:
    """Return some cells of an agency's reports of several years on one form, as they count, newest first."""
    known = tuple(code for code in cells if code in form.cells)
    bound = {"agency": agency_id, "first": years.start, "last": years.stop - 1}
    rows = session.connection().execute(_numbers(form, known), bound)
    return [(row[0], dict(zip(known, row[1:], strict=True))) for row in rows]


@cache
def _numbers(form: ReportForm, cells: tuple[CellCode, ...]) -> Statement:
    table = TABLES[form.version]
    columns = (table.c[column_name(code)] for code in cells)
    chosen = select(REPORT.c.year, *columns).join(REPORT, REPORT.c.id == table.c.report_id)
    return chosen.where(
        REPORT.c.agency_id == bindparam("agency"),
        REPORT.c.year.between(bindparam("first"), bindparam("last")),
        table.c.slot == slot_that_counts(),
        report_counts(),
    ).order_by(REPORT.c.year.desc())
