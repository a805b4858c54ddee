"""Connections: how a transaction begins, what it may do, and what SQLite must be told."""

from __future__ import annotations

import math
import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.storage.audit import write_entries
from app.storage.changes import number_changes
from app.storage.digests import Digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from sqlalchemy.pool import ConnectionPoolEntry

LOCK_SECONDS = 5
"""For how long SQLite waits for another writer where nothing else is said."""
INSTRUCTIONS_PER_LOOK = 1_000_000
"""How often SQLite looks at the time: every few hundredths of a second."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the database is waited for, in seconds; None: for as long as it takes.

    Attributes:
        pool: for a free connection.
        lock: for other writers; SQLite waits for `LOCK_SECONDS` where it is None.
        statement: for the end of a statement.
        idle: for a transaction that does nothing; PostgreSQL alone ends one.
    """

    pool: float = 5
    lock: float | None = None
    statement: float | None = None
    idle: float | None = None


POSTGRESQL_DISK_FULL = "53100"


class ReadSession(Session):
    """A session that only reads, all of it at one moment."""


class WriteSession(ReadSession):
    """A session that may write; one transaction.

    Attributes:
        digest: by which the audit entries written in it are chained.
        changes: rows for the feed of changes, which get their numbers just before the commit.
        entries: rows for the audit trail, which are written just before the commit.
    """

    def __init__(self, engine: Engine, digest: Digest) -> None:
        super().__init__(engine)
        self.digest = digest
        self.changes: list[dict[str, object]] = []
        self.entries: list[dict[str, object]] = []

    @contextmanager
    def part(self) -> Iterator[None]:
        """Open a part of the transaction, which is undone alone when its block fails."""
        changes, entries = len(self.changes), len(self.entries)
        try:
            with self.begin_nested():
                yield
            changes, entries = len(self.changes), len(self.entries)
        finally:
            del self.changes[changes:], self.entries[entries:]


@dataclass(frozen=True, slots=True)
class Database:
    """An engine and the two ways of using it.

    Attributes:
        engine: SQLAlchemy's.
        digest: by which audit entries are chained from now on.
        patience: how long it is waited for.
        turn: whose turn it is to write, where the database has one writer at a time.
    """

    engine: Engine
    digest: Digest = Digest.SHA256
    patience: Patience = Patience()
    turn: Lock = field(default_factory=Lock)

    @contextmanager
    def reading(self) -> Iterator[ReadSession]:
        """Open a transaction that sees the database at one moment and changes nothing."""
        with ReadSession(for_reading(self.engine)) as session:
            try:
                yield session
            except Refusal:
                self._end(session)
                raise
            self._end(session)

    def _end(self, session: ReadSession) -> None:
        """End what was only read on PostgreSQL; rolled back, psycopg would forget what it has prepared."""
        if self.engine.dialect.name == "postgresql":
            session.expunge_all()
            session.commit()

    @contextmanager
    def writing(self, *, as_trial: bool = False) -> Iterator[WriteSession]:
        """Open a transaction; commit it when the block ends, undo it when the block fails or was a trial."""
        with self._in_turn(), WriteSession(for_writing(self.engine), self.digest) as session:
            if self.engine.dialect.name == "postgresql":
                # the guards' own queries would be planned anew for each of a thousand rows
                session.execute(_AS_POSTGRESQL_LIKES)
            yield session
            write_entries(session)
            number_changes(session)
            if not as_trial:
                session.commit()
                return
            if self.engine.dialect.name == "postgresql":
                # what would only be looked at when it is committed counts in a trial as well
                session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
            session.rollback()

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Queue this process's writers on SQLite: left to themselves they poll the lock, and starve."""
        if self.engine.dialect.name != "sqlite":
            yield
            return
        # whoever waits in vain is told so by the database itself
        has_turn = self.turn.acquire(timeout=self.patience.lock or LOCK_SECONDS)
        try:
            yield
        finally:
            if has_turn:
                self.turn.release()


def open_database(
    url: str,
    pool_size: int,
    digest: Digest = Digest.SHA256,
    patience: Patience = Patience(),
) -> Database:
    """Make the engine for a database address; connects only when first used."""
    is_sqlite = make_url(url).get_backend_name() == "sqlite"
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=patience.pool,
        pool_use_lifo=True,
        pool_pre_ping=not is_sqlite,
        # values may be anybody's name; failures are logged
        hide_parameters=True,
    )
    if is_sqlite:
        event.listen(engine, "connect", partial(_prepare_sqlite, patience))
        event.listen(engine, "begin", _begin_sqlite)
        event.listen(engine, "checkin", _end_sqlite)
        event.listen(engine, "before_cursor_execute", _start_clock)
    else:
        event.listen(engine, "connect", partial(_prepare_postgresql, patience))
    return Database(engine, digest, patience)


def for_writing(engine: Engine) -> Engine:
    """Return a view of *engine* whose transactions take SQLite's write lock when they begin.

    A transaction that reads first and writes later can't wait for another writer: SQLite fails it at once
    with "database is locked".  Asking for the lock up front makes writers queue instead.
    """
    return engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")


def for_reading(engine: Engine) -> Engine:
    """Return a view of *engine* whose transactions read from one snapshot."""
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


class _Clock:
    """Stops a statement of SQLite's that takes too long: SQLite itself knows no such limit."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.ends_at = math.inf

    def start(self) -> None:
        self.ends_at = time.monotonic() + self.seconds

    def is_over(self) -> bool:
        return time.monotonic() > self.ends_at


def _start_clock(connection: Connection, *_: object) -> None:
    clock = connection.info.get(_Clock)
    if clock is not None:
        clock.start()


def _prepare_postgresql(
    patience: Patience, connection: psycopg.Connection, _entry: ConnectionPoolEntry
) -> None:
    limits = {
        "statement_timeout": patience.statement,
        "lock_timeout": patience.lock,
        "idle_in_transaction_session_timeout": patience.idle,
    }
    said = {name: str(round(seconds * 1000)) for name, seconds in limits.items() if seconds is not None}
    # one plan for every subtree takes a nation twice as long; who knows better says so: `plan_for_few`
    for name, value in {**said, "plan_cache_mode": "force_custom_plan"}.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    connection.commit()


def plan_for_few(session: ReadSession) -> None:
    """Let PostgreSQL keep its plans until the end of the transaction: what follows is about few rows.

    To plan the sum of a county takes it twice as long as the sum.
    """
    if session.connection().dialect.name == "postgresql":
        session.execute(_KEEP_PLANS)


_AS_POSTGRESQL_LIKES = text("SET LOCAL plan_cache_mode = auto")
_KEEP_PLANS = text("SET LOCAL plan_cache_mode = force_generic_plan")


def _prepare_sqlite(patience: Patience, connection: sqlite3.Connection, entry: ConnectionPoolEntry) -> None:
    if patience.statement is not None:
        clock = entry.info[_Clock] = _Clock(patience.statement)
        connection.set_progress_handler(clock.is_over, INSTRUCTIONS_PER_LOOK)
    # None: the driver leaves BEGIN to us
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        # NORMAL loses acknowledged commits at a power cut
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={round((patience.lock or LOCK_SECONDS) * 1000)}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))


def _end_sqlite(connection: sqlite3.Connection | None, _entry: ConnectionPoolEntry) -> None:
    # a transaction whose COMMIT failed is still open here, write lock and all; elsewhere it would be over
    if connection is not None and connection.in_transaction:
        connection.rollback()


def lock_tree(session: WriteSession, *, to_change_it: bool) -> None:
    """Keep the agency tree still: reports being filed share it, a change of the tree has it alone.

    SQLite needs none of this, since its writers queue anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        mode = "EXCLUSIVE" if to_change_it else "ROW SHARE"
        session.execute(text(f"LOCK TABLE agency_placement IN {mode} MODE"))


def queue_batches(session: WriteSession) -> None:
    """Let one transaction of many reports after the other through: two would take their locks crosswise."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext('nianbao batch'))"))


def answers(database: Database) -> bool:
    """Tell whether the database can be read just now."""
    try:
        with database.reading() as session:
            session.execute(text("SELECT 1"))
    except OperationalError:
        return False
    return True


def is_disk_full(failure: Exception) -> bool:
    """Tell whether a statement failed because the database has no room left to write; it is undone then."""
    cause = failure.orig if isinstance(failure, OperationalError) else None
    # whichever driver it is of: what the other one calls its codes is absent
    codes = (getattr(cause, "sqlite_errorcode", None), getattr(cause, "sqlstate", None))
    return sqlite3.SQLITE_FULL in codes or POSTGRESQL_DISK_FULL in codes


def faults_of_file(session: ReadSession) -> list[str]:
    """Return what SQLite finds wrong with its own file, in its words; other databases can't be asked."""
    if session.get_bind().dialect.name != "sqlite":
        return []
    found = session.scalars(text("PRAGMA integrity_check"))
    broken = [line for line in found if line != "ok"]
    dangling = session.execute(text("PRAGMA foreign_key_check")).all()
    return broken + [
        f"row {row[1]} in table {row[0]} refers to a missing row of {row[2]}" for row in dangling
    ]
