"""A mixed load for minutes: does anything fail, grow or stay behind? `python -m bench.soak --minutes 60`."""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import time
from functools import partial
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy.engine import make_url

from bench.load import Client, Request, at_rate
from bench.report import HEADER, Run, about_this_run
from bench.service import databases, serving
from bench.traffic import UNITS, Clerk, a_list, a_read, a_roll_up, an_export, clerks_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.service import Service

CLERKS = 4
EACH_S: dict[Callable[[], Request], float] = {a_read: 0.2, a_list: 1, a_roll_up: 1, an_export: 3}
"""How often each kind of request is made, beside a write of each clerk each second."""
PARTS = 3
"""Rows of each kind: what grows from one to the next is a leak."""
IDLE = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"


async def a_part(service: Service, run: Run, clerks: list[Clerk], seconds: float) -> None:
    """Let everybody do what they do every day, a little faster."""
    until = time.monotonic() + seconds
    clients = {request: Client(service.port, service.token) for request in EACH_S}

    async def write(clerk: Clerk, due: float) -> None:
        await run.note(clerk.step(due))

    async def ask(request: Callable[[], Request], due: float) -> None:
        await run.ask(clients[request], request(), due)

    await asyncio.gather(
        *(at_rate(1, until, partial(write, clerk)) for clerk in clerks),
        *(at_rate(each_s, until, partial(ask, request)) for request, each_s in EACH_S.items()),
        run.watch(service, until),
    )
    for client in clients.values():
        client.close()


async def measure(service: Service, minutes: float) -> None:
    """Print a part of the soak after the other."""
    clerks = clerks_of(service.port, service.token, CLERKS)
    seconds = minutes * 60 / PARTS
    for part in range(PARTS):
        run = Run(f"to {(part + 1) * seconds:.0f} s")
        await a_part(service, run, clerks, seconds)
        print(*run.rows(), sep="\n", flush=True)


def left_open(url: str) -> str:
    """Say whether anybody's transaction is still open."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        # waits for nobody: whoever holds the lock makes it fail
        connection = sqlite3.connect(str(parsed.database), timeout=0)
        connection.execute("BEGIN IMMEDIATE")
        connection.close()
        return "`BEGIN IMMEDIATE` went through at once."
    with psycopg.connect(parsed.set(drivername="postgresql").render_as_string()) as connected:
        counted = connected.execute(IDLE).fetchone()
    return f"Idle in a transaction: {counted[0] if counted else 0}."


def main() -> None:
    """Soak each database and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--minutes", type=float, default=10, help="how long, for each database")
    plan = parser.parse_args()
    print(about_this_run())
    with databases(*(plan.database or ())) as urls:
        for name, url in urls.items():
            print(f"\n{name}\n\n{HEADER}")
            with serving(url, UNITS) as service:
                asyncio.run(measure(service, plan.minutes))
                print(f"\nAt the end: {left_open(url)}", flush=True)


if __name__ == "__main__":
    main()
