"""The wide tables: a row per report, a column per cell of its form, so that a nation is one SQL sum."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Insert,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    Update,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from app.domain.agencies import ReportScope
from app.domain.lifecycle import Status
from app.domain.roll_up import RollUp
from app.forms import FORMS
from app.storage.columns import Code, Key
from app.storage.models import AGENCY, METADATA, REPORT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from decimal import Decimal

    from sqlalchemy import Connection

    from app.domain.values import Values
    from app.forms.model import CellCode, ReportForm

Statement: TypeAlias = "Select[*tuple[Any, ...]]"

WORKING = "working"
"""The slot of a report's current numbers."""

PUBLIC = "public"
"""The slot of the numbers that stay published while the report is being corrected (更正)."""

SEPARATOR = "/"

NOWHERE = ""
"""The path of a report that counts in no roll-up: its body no longer stood on 31 December of its year."""


@cache
def column_name(code: CellCode) -> str:
    """Name the column that holds a cell."""
    return code.replace(".", "__")


def define_numbers(form: ReportForm, metadata: MetaData) -> Table:
    """Describe the wide table of a form: numbers in their smallest unit, NULL where missing."""
    return Table(
        f"numbers_{form.version}",
        metadata,
        Column(
            "report_id",
            Key,
            ForeignKey("report.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        Column("slot", Text, primary_key=True),
        Column("year", Integer, nullable=False),
        Column("path", Code, nullable=False),
        *(Column(column_name(code), BigInteger) for code in form.cells),
        Index(None, "year", "path"),
    )


TABLES: dict[str, Table] = {form.version: define_numbers(form, METADATA) for form in FORMS}
"""The wide table of each form, by the form's version."""


def path_of(lineage: Iterable[str]) -> str:
    """Write a lineage of agency codes, from the top down, so that a subtree is a range: `/64/6403/`."""
    return SEPARATOR + "".join(f"{code}{SEPARATOR}" for code in lineage)


def insert_numbers(
    connection: Connection, table: Table, report_id: int, *, year: int, path: str, values: Values
) -> None:
    """Store a new report's numbers.

    The values travel as parameters of a bare statement, which is compiled once; `.values()` with 200 columns
    is compiled anew each time.
    """
    row = {"report_id": report_id, "slot": WORKING, "year": year, "path": path}
    connection.execute(_inserting(table), row | _row_of(values))


def update_numbers(connection: Connection, table: Table, report_id: int, values: Values) -> None:
    """Replace a report's numbers."""
    row = {"of_report": report_id, "of_slot": WORKING}
    connection.execute(_updating(table), row | _row_of(values))


def keep_public(connection: Connection, table: Table, report_id: int) -> None:
    """Set a report's numbers aside as those that the public goes on seeing."""
    others = [column for column in table.columns if column.name != table.c.slot.name]
    now = select(*others, literal(PUBLIC)).where(table.c.report_id == report_id, table.c.slot == WORKING)
    names = [*(column.name for column in others), table.c.slot.name]
    connection.execute(insert(table).from_select(names, now))


def drop_public(connection: Connection, table: Table, report_id: int) -> None:
    """Let a report's current numbers be those that the public sees."""
    connection.execute(delete(table).where(table.c.report_id == report_id, table.c.slot == PUBLIC))


def _row_of(values: Values) -> dict[str, object]:
    return {column_name(code): value for code, value in values.items()}


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


@dataclass(frozen=True, slots=True)
class Source:
    """A report that a roll-up added."""

    agency_id: int
    agency: str
    report_id: int
    status: str
    version: int
    revision: int


def sum_numbers(
    connection: Connection, form: ReportForm, table: Table, subtree: Subtree, part: Part | None = None
) -> dict[str, RollUp]:
    """Add up a subtree's reports in one statement, in parts by a property of the agency.

    Without *part* there is one sum, named by the empty string; with nothing to add there is none.
    Parts come in the order of their names, on every database.
    """
    rows = connection.execute(_summing(table, part, subtree.names_bodies), subtree.parameters())
    parts = {str(row[0]): _rolled_up(form, row[1], row[2:]) for row in rows}
    return dict(sorted(parts.items()))


def _rolled_up(form: ReportForm, included: int, sums_and_counts: Sequence[Decimal | int | None]) -> RollUp:
    sums, counts = sums_and_counts[::2], sums_and_counts[1::2]
    # PostgreSQL adds BIGINT up as NUMERIC
    totals = {
        code: None if total is None else int(total) for code, total in zip(form.cells, sums, strict=True)
    }
    incomplete = {
        code: included - int(count)
        for code, count in zip(form.cells, counts, strict=True)
        if count is not None and count < included
    }
    return RollUp(totals, included, incomplete)


def list_sources(connection: Connection, table: Table, subtree: Subtree) -> list[Source]:
    """Return the reports that a roll-up adds, by agency code."""
    rows = connection.execute(_sourcing(table, subtree.names_bodies), subtree.parameters())
    return [Source(*row) for row in rows]


def list_numbers(
    connection: Connection, form: ReportForm, table: Table, subtree: Subtree
) -> dict[int, Values]:
    """Return the numbers of each report that a roll-up adds, by report."""
    rows = connection.execute(_listing(table, subtree.names_bodies), subtree.parameters())
    return {row[0]: dict(zip(form.cells, row[1:], strict=True)) for row in rows}


def read_numbers(connection: Connection, form: ReportForm, table: Table, report_id: int) -> Values:
    """Return one report's numbers as the wide table holds them."""
    chosen = and_(table.c.report_id == report_id, table.c.slot == WORKING)
    row = connection.execute(select(*_cells(table)).where(chosen)).one()
    return dict(zip(form.cells, row, strict=True))


@dataclass(frozen=True, slots=True)
class Slot:
    """A row of the wide table."""

    year: int
    path: str
    values: Values


def read_slots(connection: Connection, form: ReportForm, table: Table, report_id: int) -> dict[str, Slot]:
    """Return all that the wide table holds of a report, by slot."""
    columns = (table.c.slot, table.c.year, table.c.path, *_cells(table))
    rows = connection.execute(select(*columns).where(table.c.report_id == report_id))
    return {row[0]: Slot(row[1], row[2], dict(zip(form.cells, row[3:], strict=True))) for row in rows}


def paths_of(connection: Connection, table: Table, report_ids: Collection[int]) -> dict[int, str]:
    """Return the path under which each of these reports counts."""
    chosen = select(table.c.report_id, table.c.path).where(table.c.report_id.in_(report_ids))
    return {row[0]: row[1] for row in connection.execute(chosen)}


def update_paths(connection: Connection, table: Table, paths: Mapping[int, str]) -> None:
    """Let reports count under other paths."""
    if paths:
        rows = [{"of_report": report_id, "to": path} for report_id, path in paths.items()]
        connection.execute(_moving(table), rows)


def just_after(path: str) -> str:
    """Return the smallest text greater than every path that begins with *path*."""
    return path[:-1] + chr(ord(SEPARATOR) + 1)


def _cells(table: Table) -> list[Column[int]]:
    return [column for column in table.columns if isinstance(column.type, BigInteger)]


# Statements of hundreds of columns take 16 ms to build: each is built once.


@cache
def _inserting(table: Table) -> Insert:
    return insert(table)


@cache
def _updating(table: Table) -> Update:
    chosen = and_(table.c.report_id == bindparam("of_report"), table.c.slot == bindparam("of_slot"))
    return update(table).where(chosen)


@cache
def _moving(table: Table) -> Update:
    return update(table).where(table.c.report_id == bindparam("of_report")).values(path=bindparam("to"))


@cache
def _summing(table: Table, part: Part | None, of_bodies: bool) -> Statement:  # noqa: FBT001 - a cache's key
    name = literal("") if part is None else AGENCY.c[part.value]
    columns = [shape(column) for column in _cells(table) for shape in (func.sum, func.count)]
    return _counted(select(name, func.count(), *columns), table, of_bodies=of_bodies).group_by(name)


@cache
def _sourcing(table: Table, of_bodies: bool) -> Statement:  # noqa: FBT001 - likewise
    revised = is_revised()
    status = case((revised, literal(Status.PUBLISHED.value)), else_=REPORT.c.status)
    version = case((revised, REPORT.c.published_version), else_=REPORT.c.version)
    columns = (AGENCY.c.id, AGENCY.c.code, REPORT.c.id, status, version, REPORT.c.revision)
    return _counted(select(*columns), table, of_bodies=of_bodies).order_by(AGENCY.c.code)


@cache
def _listing(table: Table, of_bodies: bool) -> Statement:  # noqa: FBT001 - likewise
    return _counted(select(table.c.report_id, *_cells(table)), table, of_bodies=of_bodies)


def is_revised() -> ColumnElement[bool]:
    """Tell of a report whether it was published and is being corrected now."""
    return and_(REPORT.c.published_version.is_not(None), REPORT.c.status != Status.PUBLISHED)


def slot_that_counts() -> ColumnElement[str]:
    """Name the slot of a report's numbers that count: while it is being corrected, those published."""
    return case((is_revised(), literal(PUBLIC)), else_=literal(WORKING))


def _counted(statement: Statement, table: Table, *, of_bodies: bool) -> Statement:
    revised = is_revised()
    if of_bodies:
        statement = statement.where(REPORT.c.agency_id.in_(bindparam("bodies", expanding=True)))
    return (
        statement.select_from(table)
        .join(REPORT, REPORT.c.id == table.c.report_id)
        .join(AGENCY, AGENCY.c.id == REPORT.c.agency_id)
        .where(
            table.c.year == bindparam("of_year"),
            table.c.path >= bindparam("low"),
            table.c.path < bindparam("high"),
            table.c.slot == slot_that_counts(),
            or_(revised, REPORT.c.status.in_(bindparam("statuses", expanding=True))),
            AGENCY.c.in_rollup,
            AGENCY.c.report_scope == ReportScope.OWN,
        )
    )
