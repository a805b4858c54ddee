"""The service as a process whose memory and open files are looked at."""

from __future__ import annotations

import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.postgres import cluster, free_port
from tests.processes import children_of, rss_of
from tests.service import COMMAND, environment, wait_until_ready

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Sample:
    """What a process and those that it started hold at a moment."""

    at: float
    rss_mib: float
    children_mib: float
    files: int


@dataclass(frozen=True, slots=True)
class Service:
    """A service that runs."""

    pid: int
    port: int
    url: str
    token: str

    def sample(self) -> Sample:
        """Look at its memory and its open files."""
        children = sum(rss_of(pid) for pid in children_of(self.pid))
        files = len(list(Path(f"/proc/{self.pid}/fd").iterdir()))
        return Sample(time.monotonic(), rss_of(self.pid) / MIB, children / MIB, files)


@contextmanager
def databases(*names: str) -> Iterator[dict[str, str]]:
    """Yield the address of a new database of each kind that is named."""
    with tempfile.TemporaryDirectory() as folder, cluster() as postgres:
        postgres.create_database("bench")
        urls = {"sqlite": f"sqlite:///{Path(folder) / 'bench.db'}", "postgresql": postgres.url("bench")}
        yield {name: urls[name] for name in names or urls}


@contextmanager
def serving(url: str, units: int, settings: Mapping[str, str] | None = None) -> Iterator[Service]:
    """Run the service on a database with so many made-up units."""
    command(url, "demo", "--units", str(units))
    token = command(url, "token", "issue", "--role", "system", "--holder", "bench").strip()
    port = free_port()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [COMMAND, "serve"],
            env=environment(url, port) | dict(settings or {}),
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
        try:
            wait_until_ready(process, f"http://127.0.0.1:{port}")
            yield Service(process.pid, port, url, token)
        finally:
            process.terminate()
            process.wait(timeout=60)


def command(url: str, *arguments: str) -> str:
    """Run the service's command on a database and return what it prints."""
    done = subprocess.run(
        [COMMAND, *arguments], env=environment(url), check=True, capture_output=True, text=True
    )
    return done.stdout
