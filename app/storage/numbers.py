"""The wide tables: a row per report, a column per cell of its form, so that a nation is one SQL sum."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    Column,
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
    delete,
    insert,
    literal,
    select,
    update,
)

from app.forms import FORMS
from app.storage.columns import Code, Key
from app.storage.models import METADATA, REPORT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

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


def read_numbers(connection: Connection, form: ReportForm, table: Table, report_id: int) -> Values:
    """Return one report's numbers as the wide table holds them."""
    chosen = and_(table.c.report_id == report_id, table.c.slot == WORKING)
    row = connection.execute(select(*cells_of(table)).where(chosen)).one()
    return dict(zip(form.cells, row, strict=True))


def working_numbers(
    connection: Connection, form: ReportForm, table: Table, agency_ids: Collection[int], year: int
) -> dict[int, Values]:
    """Return the current numbers of agencies' reports of a year, whatever their state, by agency."""
    chosen = select(REPORT.c.agency_id, *cells_of(table)).join(table, REPORT.c.id == table.c.report_id)
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
    columns = (table.c.slot, table.c.year, table.c.path, *cells_of(table))
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


def cells_of(table: Table) -> list[Column[int]]:
    """Return the columns that hold cells, in the order of the form."""
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
