"""Connections: how a transaction begins, what it may do, and what SQLite must be told."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.storage.audit import write_entries
from app.storage.changes import number_changes
from app.storage.digests import Digest

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from sqlalchemy.pool import ConnectionPoolEntry

    from app.storage.audit import ChainEnd

BUSY_TIMEOUT_MS = 5000


class ReadSession(Session):
    """A session that only reads, all of it at one moment."""


class WriteSession(ReadSession):
    """A session that may write; one transaction.

    Attributes:
        digest: by which the audit entries written in it are chained.
        changes: rows for the feed of changes, which get their numbers just before the commit.
        entries: rows for the audit trail, which are written just before the commit.
        chain_ends: where the chains end that are held, by chain.
    """

    def __init__(self, engine: Engine, digest: Digest) -> None:
        super().__init__(engine)
        self.digest = digest
        self.changes: list[dict[str, object]] = []
        self.entries: list[dict[str, object]] = []
        self.chain_ends: dict[str, ChainEnd] = {}

    @contextmanager
    def part(self) -> Iterator[None]:
        """Open a part of the transaction, which is undone alone when its block fails."""
        changes, entries, ends = len(self.changes), len(self.entries), dict(self.chain_ends)
        try:
            with self.begin_nested():
                yield
            changes, entries, ends = len(self.changes), len(self.entries), self.chain_ends
        finally:
            del self.changes[changes:], self.entries[entries:]
            self.chain_ends = ends


@dataclass(frozen=True, slots=True)
class Database:
    """An engine and the two ways of using it.

    Attributes:
        engine: SQLAlchemy's.
        digest: by which audit entries are chained from now on.
        turn: whose turn it is to write, where the database has one writer at a time.
    """

    engine: Engine
    digest: Digest = Digest.SHA256
    turn: Lock = field(default_factory=Lock)

    @contextmanager
    def reading(self) -> Iterator[ReadSession]:
        """Open a transaction that sees the database at one moment and changes nothing."""
        with ReadSession(for_reading(self.engine)) as session:
            yield session

    @contextmanager
    def writing(self, *, as_trial: bool = False) -> Iterator[WriteSession]:
        """Open a transaction; commit it when the block ends, undo it when the block fails or was a trial."""
        with self._in_turn(), WriteSession(for_writing(self.engine), self.digest) as session:
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
        has_turn = self.turn.acquire(timeout=BUSY_TIMEOUT_MS / 1000)
        try:
            yield
        finally:
            if has_turn:
                self.turn.release()


def open_database(url: str, pool_size: int, digest: Digest = Digest.SHA256) -> Database:
    """Make the engine for a database address; connects only when first used."""
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(url, pool_size=pool_size, max_overflow=0)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        event.listen(engine, "checkin", _end_sqlite)
        return Database(engine, digest)
    return Database(create_engine(url, pool_size=pool_size, max_overflow=0, pool_pre_ping=True), digest)


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


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # None: the driver leaves BEGIN to us
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        # NORMAL loses acknowledged commits at a power cut
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
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
