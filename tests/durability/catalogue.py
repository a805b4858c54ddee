"""Everything that is tried; each trial stands alone.  A crash of another kind is a function more here."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.durability.backups import kill_backups
from tests.durability.batches import kill_in_batches
from tests.durability.cuts import cut, record
from tests.durability.disk import compiled
from tests.durability.full import fill_disk
from tests.durability.kills import kill_postgres, kill_service
from tests.durability.migrations import Folder, Server, kill_migration
from tests.durability.process import plant
from tests.durability.trial import Trial
from tests.postgres import cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

RECORDED_S = 30


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder that PostgreSQL's user can reach."""
    with TemporaryDirectory(prefix="nianbao-durability-") as name:
        yield Path(name)


def service_on_sqlite(times: int) -> Trial:
    """Kill the service on SQLite."""
    trial = Trial("`kill -9` of the service on SQLite")
    with _folder() as folder:
        kill_service(trial, plant(f"sqlite:///{folder / 'nianbao.db'}"), times)
    return trial


def service_on_postgres(times: int) -> Trial:
    """Kill the service on PostgreSQL."""
    trial = Trial("`kill -9` of the service on PostgreSQL")
    with cluster() as server:
        server.create_database("nianbao")
        kill_service(trial, plant(server.url("nianbao")), times)
    return trial


def postgres(times: int) -> Trial:
    """Kill PostgreSQL."""
    trial = Trial("`kill -9` of PostgreSQL, all its processes")
    with _folder() as folder:
        kill_postgres(trial, folder, times)
    return trial


def power(times: int) -> Trial:
    """Cut the power of SQLite's disk."""
    trial = Trial("power cut on SQLite: unsynced writes gone, in part or torn")
    with _folder() as folder:
        cut(trial, record(compiled(folder), folder, RECORDED_S), folder, times)
    return trial


def full(times: int) -> Trial:
    """Fill SQLite's disk."""
    trial = Trial("SQLite's disk full, then not")
    with _folder() as folder:
        fill_disk(trial, compiled(folder), folder, times)
    return trial


def migration_on_sqlite(times: int) -> Trial:
    """Kill migrations on SQLite, half of them of an empty database."""
    trial = Trial("`kill -9` in a migration on SQLite", acknowledged=None)
    with _folder() as folder:
        for is_earlier in (False, True):
            kill_migration(trial, Folder(folder), -(-times // 2), is_earlier=is_earlier)
    return trial


def migration_on_postgres(times: int) -> Trial:
    """Kill migrations on PostgreSQL, half of them of an empty database."""
    trial = Trial("`kill -9` in a migration on PostgreSQL", acknowledged=None)
    with cluster() as server:
        for is_earlier in (False, True):
            kill_migration(trial, Server(server), -(-times // 2), is_earlier=is_earlier)
    return trial


def batch_on_sqlite(times: int) -> Trial:
    """Kill the service on SQLite in the middle of a batch."""
    trial = Trial("`kill -9` in a batch on SQLite, sent again by its key (batches)")
    with _folder() as folder:
        kill_in_batches(trial, plant(f"sqlite:///{folder / 'nianbao.db'}"), times)
    return trial


def batch_on_postgres(times: int) -> Trial:
    """Kill the service on PostgreSQL in the middle of a batch."""
    trial = Trial("`kill -9` in a batch on PostgreSQL, sent again by its key (batches)")
    with cluster() as server:
        server.create_database("nianbao")
        kill_in_batches(trial, plant(server.url("nianbao")), times)
    return trial


def backup_of_sqlite(times: int) -> Trial:
    """Kill backups of SQLite."""
    trial = Trial("`kill -9` in a backup of SQLite")
    with _folder() as folder:
        kill_backups(trial, plant(f"sqlite:///{folder / 'nianbao.db'}"), folder, times)
    return trial


def backup_of_postgres(times: int) -> Trial:
    """Kill backups of PostgreSQL."""
    trial = Trial("`kill -9` in a backup of PostgreSQL")
    with _folder() as folder, cluster() as server:
        server.create_database("nianbao")
        kill_backups(trial, plant(server.url("nianbao")), folder, times)
    return trial


CATALOGUE: Mapping[Callable[[int], Trial], int] = {
    service_on_sqlite: 50,
    service_on_postgres: 50,
    postgres: 10,
    power: 50,
    full: 10,
    migration_on_sqlite: 20,
    migration_on_postgres: 20,
    batch_on_sqlite: 20,
    batch_on_postgres: 20,
    backup_of_sqlite: 20,
    backup_of_postgres: 20,
}
"""Each trial, and how often it is tried."""
