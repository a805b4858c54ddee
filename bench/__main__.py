"""Measures submitting, reading and rolling up over HTTP, beside a bare FastAPI route in the same run.

`python -m bench [--seconds N] [--units N]`: both databases, 8 clients on this machine, bounded in time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING

from app.domain.values import nest
from app.forms.annual_2021 import FORM
from tests.builders import PROSE, a_modest_report
from tests.postgres import cluster, free_port
from tests.service import COMMAND, environment, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CLIENTS = 8
YEAR = 2023


@dataclass(frozen=True, slots=True)
class Call:
    """One request; a bare route asks for no token."""

    method: str
    path: str
    token: str = ""
    body: bytes = b""

    def as_bytes(self) -> bytes:
        """Return the request as it travels."""
        head = f"{self.method} {self.path} HTTP/1.1\r\nHost: bench\r\nContent-Length: {len(self.body)}\r\n"
        head += f"Authorization: Bearer {self.token}\r\n" if self.token else ""
        return f"{head}Content-Type: application/json\r\n\r\n".encode() + self.body


class Client:
    """A connection that is kept open, and as little else as possible.

    The standard library's own client takes longer than a bare route, and would be measured along with it.
    """

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def make(self, call: Call) -> bytes:
        """Make a request and return its answer's body.

        Raises:
            RuntimeError: it was refused, which isn't the work that is measured.
        """
        self._socket.sendall(call.as_bytes())
        head, _, body = self._receive().partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 2"):
            raise RuntimeError(f"{call.method} {call.path}: {head.decode()} {body.decode()}")
        length = int(re.search(rb"content-length: (\d+)", head)[1])  # type: ignore[index]  # always sent
        pieces, lacking = [body], length - len(body)
        while lacking > 0:
            pieces.append(self._receive())
            lacking -= len(pieces[-1])
        return b"".join(pieces)

    def _receive(self) -> bytes:
        received = self._socket.recv(1 << 18)
        if not received:
            raise RuntimeError("the service closed the connection")
        return received


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of a run: requests a second, and how long half and nearly all of them took, in ms."""

    what: str
    rate: float
    p50: float
    p95: float


def measure(what: str, port: int, seconds: float, calls: Callable[[int], Iterator[Call]]) -> Figures:
    """Let the clients call for some seconds; *calls* gives each client, by number, its requests."""
    deadline = time.monotonic() + seconds

    def client(number: int) -> list[float]:
        connection, took = Client(port), []
        for call in calls(number):
            if time.monotonic() > deadline:
                break
            started = time.perf_counter()
            connection.make(call)
            took.append(time.perf_counter() - started)
        return took

    started = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        took = [each for times in pool.map(client, range(CLIENTS)) for each in times]
    cuts = quantiles(took, n=20)
    return Figures(what, len(took) / (time.monotonic() - started), cuts[9] * 1000, cuts[18] * 1000)


def again(call: Call) -> Callable[[int], Iterator[Call]]:
    """Make the same request for ever."""

    def calls(_number: int) -> Iterator[Call]:
        while True:
            yield call

    return calls


def submissions(codes: Sequence[str], token: str) -> Callable[[int], Iterator[Call]]:
    """Submit a full report of each of these agencies, each client its own share, then of another year."""
    texts = {section: text * 5 for section, text in PROSE.items()}
    report = {"title": "示例数据", "narratives": texts, **nest(FORM, a_modest_report())}

    def calls(number: int) -> Iterator[Call]:
        for year in (YEAR, YEAR - 1, YEAR - 2):
            for code in codes[number::CLIENTS]:
                body = json.dumps({**report, "agency": code, "year": year}).encode()
                yield Call("POST", "/api/v1/reports", token, body)

    return calls


@contextmanager
def bare_route() -> Iterator[int]:
    """Serve the route that does nothing; yield its port."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "bench.bare:app", "--port", str(port), "--no-access-log"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_until_listening(process, port)
        yield port
    finally:
        process.terminate()
        process.wait()


def wait_until_listening(process: subprocess.Popen[bytes], port: int) -> None:
    while process.poll() is None:
        try:
            Client(port)
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the bare route ended with status {process.returncode}")


def bench(name: str, url: str, units: int, seconds: float) -> list[Figures]:
    """Measure the service on a database with so many made-up units."""
    command(url, "demo", "--units", str(units))
    token = command(url, "token", "issue", "--role", "system", "--holder", "bench").strip()
    with running(url) as address:
        port = int(address.rpartition(":")[2])
        subtree = json.loads(Client(port).make(Call("GET", "/api/v1/agencies/S/subtree", token)))
        codes = [item["code"] for item in subtree["items"]]
        reporting = [code for code in codes if len(code) == len("S0000000")]
        jobs = (
            ("submit a report", submissions(reporting, token)),
            ("read a report", again(Call("GET", f"/api/v1/reports/{reporting[0]}/2025", token))),
            ("roll up a county (50 units)", again(Call("GET", "/api/v1/rollups/S0000/2025", token))),
            (f"roll up a province ({units} units)", again(Call("GET", "/api/v1/rollups/S/2025", token))),
        )
        return [measure(f"{name}: {what}", port, seconds, calls) for what, calls in jobs]


def command(url: str, *arguments: str) -> str:
    """Run the service's command on a database and return what it prints."""
    done = subprocess.run(
        [COMMAND, *arguments], env=environment(url), check=True, capture_output=True, text=True
    )
    return done.stdout


def main() -> None:
    """Measure everything and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5, help="how long each figure is measured")
    parser.add_argument("--units", type=int, default=1300, help="units of the made-up province")
    parser.add_argument("--write", type=Path, help="also write the table to this file, bench/RESULTS.md")
    chosen = parser.parse_args()
    with bare_route() as port:
        bare = measure("bare FastAPI route", port, chosen.seconds, again(Call("GET", "/")))
    rows = [bare]
    with tempfile.TemporaryDirectory() as folder, cluster() as postgres:
        postgres.create_database("bench")
        databases = {
            "SQLite": f"sqlite:///{Path(folder) / 'bench.db'}",
            "PostgreSQL": postgres.url("bench"),
        }
        for name, url in databases.items():
            rows += bench(name, url, chosen.units, chosen.seconds)
    table = "\n".join(table_of(rows))
    print(table)
    if chosen.write:
        write_down(chosen.write, f"{HEADING.format(about=about_this_run(chosen.seconds))}\n{table}\n")


def write_down(file: Path, figures: str) -> None:
    """Put figures in the place of the last ones; what others measured stands below, and stays."""
    before = file.read_text() if file.exists() else ""
    _, mark, below = before.partition("\n## ")
    file.write_text(f"{figures}{mark}{below}")


HEADING = """# How fast it is

`make bench` measures submitting, reading and rolling up over HTTP: 8 clients on the same machine, one process
of the service, each figure beside a FastAPI route that does nothing, served in the same way in the same run.
Only the shares can be compared between machines and runs.

{about}
"""


def about_this_run(seconds: float) -> str:
    """Say where and how this was measured."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    return f"Last run: {date.today():%Y-%m-%d}, {machine}, {seconds:g} s a figure."  # noqa: DTZ011 - a day will do


def table_of(rows: Sequence[Figures]) -> Iterator[str]:
    """Write the figures down, each beside the first."""
    yield "| what | requests/s | of the bare route | p50 ms | p95 ms |\n|---|---|---|---|---|"
    for row in rows:
        share = row.rate / rows[0].rate
        yield f"| {row.what} | {row.rate:.0f} | {share:.3f} | {row.p50:.1f} | {row.p95:.1f} |"


if __name__ == "__main__":
    main()
