"""Roll-ups in the database: which reports of a subtree count, and their sums in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache, reduce
from operator import add
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, literal, or_, select

from app.domain.agencies import ReportScope
from app.domain.lifecycle import Status
from app.domain.roll_up import RollUp
from app.storage.models import AGENCY, REPORT
from app.storage.numbers import PUBLIC, SEPARATOR, WORKING, cells_of, column_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from sqlalchemy import Connection, Table

    from app.domain.values import Values
    from app.forms.model import CellCode, ReportForm

Statement: TypeAlias = "Select[*tuple[Any, ...]]"


class Part(StrEnum):
    """By what a roll-up can be divided: a column of the agency."""

    KIND = "kind"
    LEVEL = "level"


@dataclass(frozen=True, slots=True)
class Subtree:
    """Which reports a roll-up adds: those of a year, under a path, in these states.

    Of a report that is being corrected, the version that was published counts.

    Bodies outside the roll-up, and reports that add up others themselves, never count.

    Attributes:
        year: the report year.
        path: under which they lie.
        statuses: in which of these states.
        bodies: of these bodies alone, by row number, as many as a statement takes; None: of all.
    """

    year: int
    path: str
    statuses: tuple[str, ...]
    bodies: tuple[int, ...] | None = None

    def parameters(self) -> dict[str, object]:
        """Return what the statements of this module are bound to."""
        bound: dict[str, object] = {
            "of_year": self.year,
            "low": self.path,
            "high": just_after(self.path),
            "statuses": self.statuses,
        }
        return bound if self.bodies is None else bound | {"bodies": self.bodies}

    @property
    def names_bodies(self) -> bool:
        """Whether it is about some bodies alone."""
        return self.bodies is not None


class Source(NamedTuple):
    """A report of a subtree, and what of it a roll-up adds; by the ten thousand, so it is a tuple.

    Attributes:
        agency_id: row number of the agency whose it is.
        agency: its code.
        report_id: row number of the report.
        status: the state of what is added: of one that is being corrected, what was published.
        version: which version is added.
        revision: of the report.
        own_status: the state of the report itself.
        counts: whether anything of it is added.
    """

    agency_id: int
    agency: str
    report_id: int
    status: str
    version: int
    revision: int
    own_status: str
    counts: bool


@dataclass(frozen=True, slots=True)
class Adding:
    """How some cells of the reports of a subtree are added up, in parts by some name.

    Attributes:
        cells: that are added.
        sums: the name, how many reports, how many of them have all the cells, and the sum of each.
        lacking: the name, how many reports lack a cell, and of these how many have each.
    """

    cells: tuple[CellCode, ...]
    sums: Statement
    lacking: Statement


def sum_numbers(
    connection: Connection, form: ReportForm, table: Table, subtree: Subtree, part: Part | None = None
) -> dict[str, RollUp]:
    """Add up a subtree's reports in one statement, in parts by a property of the agency.

    Without *part* there is one sum, named by the empty string; with nothing to add there is none.
    Parts come in the order of their names, on every database.
    """
    return add_up(connection, _adding(form, table, part, subtree.names_bodies), subtree.parameters())


def add_up(connection: Connection, adding: Adding, parameters: Mapping[str, object]) -> dict[str, RollUp]:
    """Add cells up, in parts in the order of their names.

    To count each cell takes as long as to add it.  So that is done for reports alone that lack any, in a
    second statement, which there seldom is.
    """
    rows = connection.execute(adding.sums, parameters).all()
    is_lacking = any(complete < included for _, included, complete, *_ in rows)
    lacking = connection.execute(adding.lacking, parameters).all() if is_lacking else []
    incomplete = {name: _incomplete(adding.cells, *counts) for name, *counts in lacking}
    parts = {
        str(name): RollUp(_totals(adding.cells, sums), included, incomplete.get(name, {}))
        for name, included, _, *sums in rows
        if included
    }
    return dict(sorted(parts.items()))


def _totals(cells: tuple[CellCode, ...], sums: Sequence[Decimal | int | None]) -> Values:
    # PostgreSQL adds BIGINT up as NUMERIC
    return {code: None if total is None else int(total) for code, total in zip(cells, sums, strict=True)}


def _incomplete(cells: tuple[CellCode, ...], reports: int, *counts: int) -> dict[CellCode, int]:
    return {code: reports - count for code, count in zip(cells, counts, strict=True) if count < reports}


def hold_reports(connection: Connection, table: Table, subtree: Subtree) -> None:
    """Wait for whoever is changing a report of a subtree, and keep them all as they are until the end.

    In a statement of its own: one that waits goes on with what it saw before, and where a correction was
    begun meanwhile it would miss the numbers that count now.
    """
    chosen = select(REPORT.c.id).join(table, REPORT.c.id == table.c.report_id)
    parameters = subtree.parameters()
    del parameters["statuses"]
    chosen = chosen.where(*_is_under(table)).order_by(REPORT.c.id).with_for_update(read=True, of=REPORT)
    connection.execute(chosen, parameters).all()


def list_sources(connection: Connection, table: Table, subtree: Subtree) -> list[Source]:
    """Return the reports that a roll-up adds, by agency code."""
    return [source for source in list_filed(connection, table, subtree) if source.counts]


def list_filed(connection: Connection, table: Table, subtree: Subtree) -> list[Source]:
    """Return all reports of a subtree, by agency code, also those of which a roll-up adds nothing."""
    rows = connection.execute(_filed(table, subtree.names_bodies), subtree.parameters()).all()
    return [Source._make(row) for row in rows]


def list_numbers(
    connection: Connection, form: ReportForm, table: Table, subtree: Subtree
) -> dict[int, Values]:
    """Return the numbers of each report that a roll-up adds, by report."""
    rows = connection.execute(_listing(table), subtree.parameters())
    return {row[0]: dict(zip(form.cells, row[1:], strict=True)) for row in rows}


def just_after(path: str) -> str:
    """Return the smallest text greater than every path that begins with *path*."""
    return path[:-1] + chr(ord(SEPARATOR) + 1)


@cache
def _adding(form: ReportForm, table: Table, part: Part | None, of_bodies: bool) -> Adding:  # noqa: FBT001 - a cache's key
    name = None if part is None else AGENCY.c[part.value]
    return adding_by(name, table, tuple(form.cells), of_bodies=of_bodies)


def adding_by(
    name: ColumnElement[str] | None, table: Table, cells: tuple[CellCode, ...], *, of_bodies: bool = False
) -> Adding:
    """Return how cells are added up in parts by a name, or as one sum without.

    The statements are bound to what `Subtree.parameters` returns.
    """
    columns = [table.c[column_name(code)] for code in cells]
    # null where one of them is: a report's cells stay far below what BIGINT holds, all together too
    all_of_them: ColumnElement[int] = reduce(add, columns)
    named = (literal("") if name is None else name).label("part")
    sums = select(named, func.count(), func.count(all_of_them), *map(func.sum, columns))
    counts = select(named, func.count(), *map(func.count, columns)).where(all_of_them.is_(None))
    # one sum isn't grouped, or SQLite would sort what it adds
    by = () if name is None else ("part",)
    return Adding(
        cells, *(counted(each, table, of_bodies=of_bodies).group_by(*by) for each in (sums, counts))
    )


@cache
def _filed(table: Table, of_bodies: bool) -> Statement:  # noqa: FBT001 - likewise
    revised = is_revised()
    status = case((revised, literal(Status.PUBLISHED.value)), else_=REPORT.c.status)
    version = case((revised, REPORT.c.published_version), else_=REPORT.c.version)
    whose = (AGENCY.c.id, AGENCY.c.code, REPORT.c.id, status, version, REPORT.c.revision)
    chosen = select(*whose, REPORT.c.status, _counts().label("counts"))
    return _under(chosen, table, of_bodies=of_bodies).where(table.c.slot == WORKING).order_by(AGENCY.c.code)


@cache
def _listing(table: Table) -> Statement:
    return counted(select(table.c.report_id, *cells_of(table)), table)


def is_revised() -> ColumnElement[bool]:
    """Tell of a report whether it was published and is being corrected now."""
    return and_(REPORT.c.published_version.is_not(None), REPORT.c.status != Status.PUBLISHED)


def slot_that_counts() -> ColumnElement[str]:
    """Name the slot of a report's numbers that count: while it is being corrected, those published."""
    return case((is_revised(), literal(PUBLIC)), else_=literal(WORKING))


def counted(statement: Statement, table: Table, *, of_bodies: bool = False) -> Statement:
    """Let a statement speak of the numbers that count of a subtree: `Subtree.parameters`."""
    return _under(statement, table, of_bodies=of_bodies).where(table.c.slot == slot_that_counts(), _counts())


def _under(statement: Statement, table: Table, *, of_bodies: bool) -> Statement:
    if of_bodies:
        statement = statement.where(REPORT.c.agency_id.in_(bindparam("bodies", expanding=True)))
    return (
        statement.select_from(table)
        .join(REPORT, REPORT.c.id == table.c.report_id)
        .join(AGENCY, AGENCY.c.id == REPORT.c.agency_id)
        .where(*_is_under(table))
    )


def _is_under(table: Table) -> tuple[ColumnElement[bool], ...]:
    path = table.c.path
    return table.c.year == bindparam("of_year"), path >= bindparam("low"), path < bindparam("high")


def _counts() -> ColumnElement[bool]:
    return and_(
        or_(is_revised(), REPORT.c.status.in_(bindparam("statuses", expanding=True))),
        AGENCY.c.in_rollup,
        AGENCY.c.report_scope == ReportScope.OWN,
    )
