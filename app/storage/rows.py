"""Every row of every table, as it stands: the same values in the same order whichever database holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import LargeBinary, func, insert, literal, select, text

from app.storage import bands, numbers, rule_models
from app.storage.models import METADATA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Column, Select, Table

    from app.storage.engine import ReadSession, WriteSession

assert numbers.TABLES, "the wide tables belong to the metadata"  # noqa: S101 - keeps the import alive
assert bands.PROSE_BAND.c, "this one too"  # noqa: S101 - likewise
assert rule_models.RULE_SETTING.c, "these too"  # noqa: S101 - likewise

_AT_ONCE = 50
"""Rows that are held in memory at once; of documents, which may have megabytes, one."""


def tables() -> list[Table]:
    """Return every table, those that others point to first."""
    return METADATA.sorted_tables


def read_rows(session: ReadSession, table: Table) -> Iterator[Sequence[object]]:
    """Yield a table's rows in the order of their keys, a few at a time."""
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    # text sorts as on SQLite, whatever order a PostgreSQL database has
    key = [
        column.collate("C") if is_postgresql and column.type.python_type is str else column
        for column in table.primary_key
    ]
    has_documents = any(isinstance(column.type, LargeBinary) for column in table.columns)
    options = {"yield_per": 1 if has_documents else _AT_ONCE}
    yield from session.execute(select(table).order_by(*key), execution_options=options)


def insert_rows(session: WriteSession, table: Table, rows: Iterable[Sequence[object]]) -> None:
    """Store rows whose values stand in the order of the table's columns."""
    names = table.columns.keys()
    some = [dict(zip(names, row, strict=True)) for row in rows]
    if some:
        session.execute(insert(table), some)


def is_empty(session: ReadSession) -> bool:
    """Tell whether no table holds a row."""
    return not any(session.scalar(select(literal(1)).select_from(table).limit(1)) for table in tables())


def read_counters(session: ReadSession) -> dict[str, int]:
    """Return the last number that was given to a row, for each table whose rows are numbered."""
    if session.get_bind().dialect.name == "sqlite":
        found = session.execute(text("SELECT name, seq FROM sqlite_sequence ORDER BY name"))
        return {name: number for name, number in found if name in METADATA.tables}
    return {table.name: _last_number(session, table, column) for table, column in _counted()}


def _counted() -> Iterator[tuple[Table, Column[int]]]:
    """Yield the tables in which no number is given twice, each with its column of numbers."""
    for table in tables():
        column = table.autoincrement_column
        if column is not None and table.dialect_options["sqlite"]["autoincrement"]:
            yield table, column


def _last_number(session: ReadSession, table: Table, column: Column[int]) -> int:
    sequence = session.scalar(_sequence_of(table, column))
    given = f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}"  # noqa: S608 - its own name
    largest = session.scalar(select(func.max(column)))
    return max(int(session.scalar(text(given)) or 0), int(largest or 0))


def _sequence_of(table: Table, column: Column[int]) -> Select[tuple[str]]:
    return select(func.pg_get_serial_sequence(table.name, column.name))


def advance_counters(session: WriteSession, counters: Mapping[str, int]) -> None:
    """Let numbers go on after those that were given, also to rows that are gone.

    PostgreSQL doesn't undo this when the transaction fails.
    """
    if session.get_bind().dialect.name == "sqlite":
        _advance_sqlite(session, counters)
        return
    for table, column in _counted():
        if counters.get(table.name):
            sequence = _sequence_of(table, column).scalar_subquery()
            session.execute(select(func.setval(sequence, counters[table.name])))


def _advance_sqlite(session: WriteSession, counters: Mapping[str, int]) -> None:
    rows = [{"name": name, "number": number} for name, number in counters.items() if number]
    if rows:
        session.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), rows)
        session.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :number)"), rows)


def find_orphans(session: ReadSession) -> list[str]:
    """Return the tables with rows that point to nothing; PostgreSQL has none, since it always looks."""
    if session.get_bind().dialect.name != "sqlite":
        return []
    return sorted({row[0] for row in session.execute(text("PRAGMA foreign_key_check"))})
