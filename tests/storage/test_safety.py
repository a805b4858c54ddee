"""Databases that can lose what they acknowledged are known, and the service doesn't start on them."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psycopg
import pytest
from sqlalchemy import event

from app.storage.engine import open_database
from app.storage.safety import MOUNTS, Danger, Mount, find_dangers, judge_place, mount_of, mounts
from tests.postgres import Cluster, cluster, connect, free_port
from tests.service import COMMAND, environment, wait_until_ready

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from sqlalchemy.pool import ConnectionPoolEntry

OVERRIDE = "NIANBAO_ALLOW_UNSAFE_DATABASE"

# what a well-known guide to a system of this kind recommends for speed
FAST = {
    "checkpoint_completion_target": "0.8",
    "synchronous_commit": "off",
    "wal_writer_delay": "10000ms",
    "random_page_cost": "1.1",
}


@pytest.fixture(scope="module")
def durable() -> Iterator[Cluster]:
    """Run a PostgreSQL that keeps what it acknowledges, as it does by itself."""
    with cluster() as server:
        yield server


def dangers(url: str) -> list[Danger]:
    """Return what is found on new connections."""
    database = open_database(url, 1)
    try:
        return find_dangers(database)
    finally:
        database.engine.dispose()


def told(url: str) -> list[tuple[str, str, str]]:
    return [(danger.setting, danger.value, danger.place) for danger in dangers(url)]


@contextmanager
def stored(server: Cluster, setting: str, *places: str) -> Iterator[None]:
    """Let a setting stand in these places until the block ends."""
    with connect(server.port) as connection:
        for place in places:
            connection.execute(f"ALTER {place} SET {setting}".encode())
        try:
            yield
        finally:
            for place in places:
                connection.execute(f"ALTER {place} RESET {setting.partition(' ')[0]}".encode())


# SQLite


def test_sqlite_on_a_disk_as_we_set_it_is_safe(sqlite_url: str) -> None:
    assert [danger for danger in dangers(sqlite_url) if danger.setting != "文件系统"] == []


@pytest.mark.parametrize(
    ("pragma", "danger"),
    [
        ("synchronous = NORMAL", Danger("synchronous", "NORMAL", "SQLite 的连接", "FULL")),
        ("synchronous = OFF", Danger("synchronous", "OFF", "SQLite 的连接", "FULL")),
        ("foreign_keys = OFF", Danger("foreign_keys", "OFF", "SQLite 的连接", "ON")),
        ("journal_mode = DELETE", Danger("journal_mode", "delete", "SQLite 的连接", "wal")),
    ],
)
def test_what_a_connection_of_sqlite_really_does_is_asked(
    sqlite_url: str, pragma: str, danger: Danger
) -> None:
    database = open_database(sqlite_url, 1)

    def weaken(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        connection.execute(f"PRAGMA {pragma}")

    event.listen(database.engine, "connect", weaken)
    assert danger in find_dangers(database)
    database.engine.dispose()


def test_a_way_of_opening_sqlite_that_knows_no_wal_is_found_out(tmp_path: Path) -> None:
    url = f"sqlite:///file:{tmp_path}/dot.db?vfs=unix-dotfile&uri=true"
    assert ("journal_mode", "delete", "SQLite 的连接") in told(url)


MOUNTINFO = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
31 27 0:31 / /srv rw,relatime shared:5 master:1 - xfs /dev/vdb rw
32 31 0:32 / /srv/share rw,relatime shared:6 - nfs4 files.example:/export rw,vers=4.2
33 27 0:33 / /mnt/county\\040files rw - cifs //files/county rw
34 27 0:34 / /memory rw - tmpfs tmpfs rw
35 34 254:0 /somewhere /memory/disk rw - ext4 /dev/vda rw
36 27 0:36 / /twice rw - tmpfs tmpfs rw
37 36 0:37 / /twice rw - ext4 /dev/vdc rw
38 27 0:38 / /people rw,relatime shared:9 - fuse.sshfs clerk@files:/people rw
"""


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("/var/lib/nianbao/nianbao.db", "ext4"),
        ("/srv/nianbao.db", "xfs"),
        ("/srv/shared.db", "xfs"),
        ("/srv/share/deep/down/nianbao.db", "nfs4"),
        ("/mnt/county files/nianbao.db", "cifs"),
        ("/memory/nianbao.db", "tmpfs"),
        ("/memory/disk/nianbao.db", "ext4"),
        ("/twice/nianbao.db", "ext4"),
        ("/people/nianbao.db", "fuse.sshfs"),
    ],
)
def test_the_deepest_mount_says_where_a_file_lies(tmp_path: Path, file: str, kind: str) -> None:
    place = tmp_path.joinpath("/", file)
    mount = mount_of(place, MOUNTINFO)
    assert mount is not None
    assert mount.kind == kind
    danger = judge_place(place, MOUNTINFO)
    assert (danger is None) == (kind in {"ext4", "xfs"})
    assert danger is None or (danger.setting, danger.value) == ("文件系统", kind)


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "glusterfs", "lustre", "afs"])
def test_drives_of_other_machines_are_no_place_for_sqlite(tmp_path: Path, kind: str) -> None:
    danger = judge_place(tmp_path / "x.db", f"1 0 0:1 / / rw - {kind} somewhere rw\n")
    assert danger is not None
    assert "网络盘" in danger.expected


def test_where_nothing_is_known_of_file_systems_nothing_is_said(tmp_path: Path) -> None:
    assert judge_place(tmp_path / "x.db", "") is None


def test_the_file_systems_of_this_machine_are_read() -> None:
    """`/proc` is one of its own wherever Linux lists them; other systems list none."""
    mount = mount_of(MOUNTS, mounts())
    assert mount == (Mount(Path("/proc"), "proc") if MOUNTS.exists() else None)


# PostgreSQL


def test_postgresql_as_it_comes_is_safe(durable: Cluster) -> None:
    assert dangers(durable.url("postgres")) == []


@pytest.mark.parametrize("level", ["local", "remote_write", "remote_apply", "on"])
def test_weaker_promises_of_replicas_are_safe_here(durable: Cluster, level: str) -> None:
    with stored(durable, f"synchronous_commit = {level}", "ROLE postgres"):
        assert dangers(durable.url("postgres")) == []


@pytest.mark.parametrize(
    "place",
    ["ROLE postgres", "DATABASE postgres", "ROLE postgres IN DATABASE postgres", "ROLE ALL"],
)
@pytest.mark.parametrize("value", ["off", "false", "0"])
def test_a_setting_of_the_role_or_the_database_is_found_and_its_place_named(
    durable: Cluster, place: str, value: str
) -> None:
    with stored(durable, f"synchronous_commit = {value}", place):
        assert told(durable.url("postgres")) == [("synchronous_commit", value, f"ALTER {place} SET")]
    assert dangers(durable.url("postgres")) == []


def test_every_place_is_named_at_once_and_others_roles_and_databases_don_t_matter(durable: Cluster) -> None:
    durable.create_database("elsewhere")
    with connect(durable.port) as connection:
        connection.execute("CREATE ROLE somebody")
    other = ("ROLE somebody", "DATABASE elsewhere", "ROLE postgres IN DATABASE elsewhere")
    ours = ("DATABASE postgres", "ROLE postgres")
    with stored(durable, "synchronous_commit = off", *ours, *other):
        found = told(durable.url("postgres"))
    assert found == [("synchronous_commit", "off", f"ALTER {place} SET") for place in ours]


def test_a_setting_in_the_address_is_found(durable: Cluster) -> None:
    url = durable.url("postgres") + "?options=-csynchronous_commit%3Doff"
    ((setting, value, place),) = told(url)
    assert (setting, value) == ("synchronous_commit", "off")
    assert "NIANBAO_DATABASE_URL" in place


def test_a_setting_that_is_changed_meanwhile_is_found_on_connections_that_are_open(durable: Cluster) -> None:
    """Also one that only new connections will get, and one that only the old ones still have."""
    database = open_database(durable.url("postgres"), 1)
    assert find_dangers(database) == []
    with stored(durable, "synchronous_commit = off", "ROLE postgres"):
        assert [danger.place for danger in find_dangers(database)] == ["ALTER ROLE postgres SET"]
        database.engine.dispose()
        assert [danger.place for danger in find_dangers(database)] == ["ALTER ROLE postgres SET"]
    assert [danger.place for danger in find_dangers(database)] == ["已经建立的连接；新的连接用新的设置"]
    database.engine.dispose()
    assert find_dangers(database) == []
    database.engine.dispose()


def test_a_setting_of_the_configuration_is_found_with_its_file(durable: Cluster) -> None:
    with connect(durable.port) as connection:
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("SELECT pg_reload_conf()")
        try:
            wait_for(connection, "full_page_writes", "off")
            ((setting, value, place),) = told(durable.url("postgres"))
        finally:
            connection.execute("ALTER SYSTEM RESET full_page_writes")
            connection.execute("SELECT pg_reload_conf()")
            wait_for(connection, "full_page_writes", "on")
    assert (setting, value) == ("full_page_writes", "off")
    assert place.endswith("postgresql.auto.conf")


def wait_for(connection: psycopg.Connection, setting: str, value: str) -> None:
    """Ask until a reload has reached this connection."""
    for _ in range(10_000):
        if connection.execute(f"SHOW {setting}".encode()).fetchone() == (value,):
            return
    pytest.fail(f"{setting} never became {value}")


def test_a_fast_server_that_may_lose_commits_is_refused_at_the_start_by_name() -> None:
    with cluster(options=FAST) as server:
        url = server.url("postgres")
        env = environment(url)
        del env[OVERRIDE]
        for command in (["serve"], ["demo", "--serve"]):
            done = subprocess.run(
                [COMMAND, *command], env=env, check=False, capture_output=True, text=True, timeout=60
            )
            assert (done.returncode, done.stdout) == (2, "")
            assert "synchronous_commit 现为 off（PostgreSQL 的启动参数），应为 on" in done.stderr
            assert OVERRIDE in done.stderr
            assert "Traceback" not in done.stderr
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            left = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert left == (0,)


def test_whoever_insists_is_served_and_warned_and_health_says_so(postgres_url: str) -> None:
    """The cluster of these tests doesn't wait for the disk."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [COMMAND, "serve"], env=environment(postgres_url, port), stderr=subprocess.PIPE
    )
    try:
        wait_until_ready(process, address)
        ready = httpx.get(f"{address}/readyz", trust_env=False).json()
    finally:
        process.terminate()
        _, printed = process.communicate(timeout=30)
    assert ready["unsafe"] == [
        {"setting": name, "value": "off", "expected": "on"} for name in ("fsync", "full_page_writes")
    ]
    lines = [json.loads(line) for line in printed.splitlines()]
    warned = " ".join(line["event"] for line in lines if line["level"] == "warning")
    assert "fsync 现为 off" in warned
    assert "full_page_writes 现为 off" in warned
