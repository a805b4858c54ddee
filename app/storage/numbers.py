"""The wide tables: a row per report, a column per cell of its form, so that a nation is one SQL sum."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache, reduce
from operator import add
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

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


def read_numbers(connection: Connection, form: ReportForm, table: Table, report_id: int) -> Values:
    """Return one report's numbers as the wide table holds them."""
    chosen = and_(table.c.report_id == report_id, table.c.slot == WORKING)
    row = connection.execute(select(*_cells(table)).where(chosen)).one()
    return dict(zip(form.cells, row, strict=True))


def working_numbers(
    connection: Connection, form: ReportForm, table: Table, agency_ids: Collection[int], year: int
) -> dict[int, Values]:
    """Return the current numbers of agencies' reports of a year, whatever their state, by agency."""
    chosen = select(REPORT.c.agency_id, *_cells(table)).join(table, REPORT.c.id == table.c.report_id)
    own = REPORT.c.agency_id.in_(agency_ids), REPORT.c.year == year, table.c.slot == WORKING
    rows = connection.execute(chosen.where(*own))
    return {row[0]: dict(zip(form.cells, row[1:], strict=True)) for row in rows}


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
    return counted(select(table.c.report_id, *_cells(table)), table)


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
        .where(
            *_is_under(table),
        )
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
