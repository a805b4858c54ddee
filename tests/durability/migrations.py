"""`kill -9` in the middle of a migration: of an empty database, and of one that an earlier version left."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Protocol, TypeAlias

from sqlalchemy import inspect, text

from app.storage.engine import open_database
from app.storage.schema import migrate
from tests.durability.process import start
from tests.service import environment
from tests.storage.earlier import plant_earlier_version

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable
    from pathlib import Path

    from sqlalchemy import RowMapping

    from tests.durability.trial import Trial
    from tests.postgres import Cluster

Snapshot: TypeAlias = dict[str, list[str]]
"""All that a database holds: its schema, and the rows of each table."""

WHEN_IT_RAN = {"change.at"}
"""Columns in which a migration writes the time of its own run: only that there is one is compared."""

_SCHEMA = {
    "sqlite": "SELECT type, name, sql FROM sqlite_master",
    "postgresql": """
        SELECT table_name::text, column_name::text,
               concat_ws(' ', data_type, is_nullable, column_default, collation_name)
          FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT 'index', indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT 'constraint', conname::text, pg_get_constraintdef(oid)
          FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT 'trigger', tgname::text, pg_get_triggerdef(oid)
          FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT 'function', proname::text, prosrc
          FROM pg_proc WHERE pronamespace = 'public'::regnamespace""",
}


class Home(Protocol):
    """Where databases are made."""

    def new_database(self, name: str) -> str:
        """Return the address of a database in which nothing is."""
        ...

    def is_in_use(self, name: str) -> bool:
        """Tell whether somebody is connected to a database."""
        ...


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder for databases of SQLite."""

    path: Path

    def new_database(self, name: str) -> str:
        """Return the address of a file that isn't there yet."""
        return f"sqlite:///{self.path / name}"

    def is_in_use(self, name: str) -> bool:
        """Tell whether somebody writes to a file: the log is there for as long."""
        return (self.path / f"{name}-wal").exists()


@dataclass(frozen=True, slots=True)
class Server:
    """A server for databases of PostgreSQL."""

    cluster: Cluster

    def new_database(self, name: str) -> str:
        """Create a database and return its address."""
        self.cluster.create_database(name)
        return self.cluster.url(name)

    def is_in_use(self, name: str) -> bool:
        """Tell whether a process serves the database."""
        return self.cluster.count_connections(name) > 0


def kill_migration(trial: Trial, home: Home, times: int, *, is_earlier: bool) -> None:
    """Kill migrations at random moments; the next one must find all or nothing done, and do the rest."""
    chance, kind = Random(times), "earlier" if is_earlier else "empty"
    before, after, seconds = _undisturbed(home, f"{kind}_whole", is_earlier=is_earlier)
    wanted = trial.times + times
    for name in map(f"{kind}_{{}}".format, count()):
        if trial.times == wanted:
            break
        url = _make(home, name, is_earlier=is_earlier)
        trial.times += _kill_after(home, name, url, chance.uniform(0, seconds))
        trial.half_applied += snapshot(url) not in (before, after)
        _finish(start(environment(url), "migrate"))
        trial.faults += differences(after, snapshot(url))


def _undisturbed(home: Home, name: str, *, is_earlier: bool) -> tuple[Snapshot, Snapshot, float]:
    """Return a database before and after a migration, and how long that took, in seconds."""
    url = _make(home, name, is_earlier=is_earlier)
    before, database, started = snapshot(url), open_database(url, 1), time.monotonic()
    migrate(database)
    database.engine.dispose()
    return before, snapshot(url), time.monotonic() - started


def _make(home: Home, name: str, *, is_earlier: bool) -> str:
    url = home.new_database(name)
    if is_earlier:
        database = open_database(url, 1)
        plant_earlier_version(database)
        database.engine.dispose()
    return url


def _kill_after(home: Home, name: str, url: str, seconds: float) -> bool:
    """Kill a migration some time after it is connected; return whether it was still running."""
    process = start(environment(url), "migrate")
    _wait_until_connected(home, name, process)
    time.sleep(seconds)
    process.kill()
    return process.wait() != 0


def _wait_until_connected(home: Home, name: str, process: subprocess.Popen[bytes]) -> None:
    while not home.is_in_use(name):
        assert process.poll() is None, f"the migration ended with {process.returncode}"
        time.sleep(0.001)


def _finish(process: subprocess.Popen[bytes]) -> None:
    assert process.wait(timeout=60) == 0


def snapshot(url: str) -> Snapshot:
    """Read all that a database holds."""
    database = open_database(url, 1)
    try:
        with database.reading() as session:
            names = inspect(session.connection()).get_table_names()
            queries = {name: f"SELECT * FROM {name}" for name in names}  # noqa: S608 - names of tables of ours
            queries["(schema)"] = _SCHEMA[database.engine.dialect.name]
            return {
                name: _rows(name, session.execute(text(query)).mappings()) for name, query in queries.items()
            }
    finally:
        database.engine.dispose()


def _rows(table: str, rows: Iterable[RowMapping]) -> list[str]:
    shown = ({name: _shown(f"{table}.{name}", value) for name, value in row.items()} for row in rows)
    return sorted(map(repr, shown))


def _shown(column: str, value: object) -> object:
    return value is not None if column in WHEN_IT_RAN else value


def differences(expected: Snapshot, found: Snapshot) -> list[str]:
    """Name the tables whose rows aren't those expected, and the schema if it isn't."""
    names = sorted(expected.keys() | found.keys())
    return [f"{name} differs" for name in names if expected.get(name) != found.get(name)]
