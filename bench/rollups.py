"""Measures roll-ups over HTTP with 200 000 reports stored, by one client on one process of the service.

`python -m bench.rollups [--folder DIR] [--seconds N] [sqlite] [postgresql]`: the databases stay in DIR for
the next run.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING

from app.storage.engine import open_database
from bench.__main__ import Call, Client, command
from bench.nation import A_COUNTY, SMALL_PROVINCE, YEAR, load_nation
from bench.report import about_this_run
from tests.postgres import cluster
from tests.service import process_of

if TYPE_CHECKING:
    from collections.abc import Iterator

REPORTS = 200_000
ON_SSD = {"random_page_cost": "1.1"}
"""As docs/operating.md recommends: PostgreSQL's own setting is for disks that turn."""
TICKS = os.sysconf("SC_CLK_TCK")


A_CELL = "requests.received.total"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, and how long nearly all answers may take, in ms; None: not said."""

    what: str
    path: str
    most_ms: float | None = None


ASKED = (
    Asked("county (50 units)", f"/rollups/{A_COUNTY}/{YEAR}", 10),
    Asked("province (1 298 units)", f"/rollups/{SMALL_PROVINCE}/{YEAR}", 50),
    Asked("county, its units side by side", f"/rollups/{A_COUNTY}/{YEAR}/children"),
    Asked("province, its prefectures side by side", f"/rollups/{SMALL_PROVINCE}/{YEAR}/children"),
    Asked("nation, its provinces side by side", f"/rollups/N/{YEAR}/children"),
    Asked("province, who gave what to a cell", f"/rollups/{SMALL_PROVINCE}/{YEAR}/cells/{A_CELL}"),
    Asked("province, ranked", f"/rollups/{SMALL_PROVINCE}/{YEAR}/rankings?indicator=granted"),
    Asked("province (4 950 units)", f"/rollups/P01/{YEAR}"),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """How long answers took, and the service's own processor time for each, in ms; their size in KiB."""

    what: str
    p50: float
    p95: float
    processor: float
    kib: float


def measure(asked: Asked, pid: int, port: int, token: str, seconds: float) -> Figures:
    """Ask one thing again and again."""
    call, client, took = Call("GET", f"/api/v1{asked.path}", token), Client(port), []
    body = client.make(call)
    before, deadline = _processor(pid), time.monotonic() + seconds
    while time.monotonic() < deadline:
        started = time.perf_counter()
        client.make(call)
        took.append(1000 * (time.perf_counter() - started))
    cuts = quantiles(took, n=20)
    each = 1000 * (_processor(pid) - before) / len(took)
    return Figures(asked.what, cuts[9], cuts[18], each, len(body) / 1024)


def _processor(pid: int) -> float:
    """Return the processor time that a process has used, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def bench(name: str, url: str, seconds: float) -> Iterator[str]:
    """Measure a database; yield a row for each thing that is asked for."""
    token = command(url, "token", "issue", "--role", "system", "--holder", "bench").strip()
    with process_of(url) as (process, address):
        port = int(address.rpartition(":")[2])
        for asked in ASKED:
            found = measure(asked, process.pid, port, token, seconds)
            limit = f"{asked.most_ms:g}" if asked.most_ms else "–"
            figures = f"{found.p50:.1f} | {found.p95:.1f} | {limit} | {found.processor:.1f} | {found.kib:.0f}"
            yield f"| {name}: {found.what} | {figures} |"


def databases(folder: Path, wanted: list[str], stack: ExitStack) -> Iterator[tuple[str, str]]:
    """Yield the databases that are wanted, loaded in this run or an earlier one."""
    if "sqlite" in wanted:
        file = folder / "nation.db"
        url = f"sqlite:///{file}"
        if not file.exists():
            _load(url)
        yield "SQLite", url
    if "postgresql" in wanted:
        data = folder / "postgresql"
        is_new = not data.exists()
        data.mkdir(exist_ok=True)
        server = stack.enter_context(cluster(data, options=ON_SSD))
        if is_new:
            server.create_database("nation")
            _load(server.url("nation"))
        yield "PostgreSQL", server.url("nation")


def _load(url: str) -> None:
    started, database = time.monotonic(), open_database(url, 1)
    load_nation(database, REPORTS)
    database.engine.dispose()
    print(f"{url.partition(':')[0]}: {REPORTS} reports made in {time.monotonic() - started:.0f} s")


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the databases are kept for the next run")
    parser.add_argument("--seconds", type=float, default=5, help="how long each figure is measured")
    parser.add_argument("databases", nargs="*", default=["sqlite", "postgresql"])
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = chosen.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(exist_ok=True)
        rows = [
            row
            for name, url in databases(folder, chosen.databases, stack)
            for row in bench(name, url, chosen.seconds)
        ]
    print(f"{about_this_run()}\n")
    print("| what | p50 ms | p95 ms | at most | processor ms | KiB |\n|---|---|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
