"""Writes with and without a storm of exports, by turns: `python -m bench.storm`."""

from __future__ import annotations

import argparse
import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING

from bench.load import Client, at_rate
from bench.report import HEADER, Run, about_this_run, repeated
from bench.service import databases, serving
from bench.traffic import UNITS, Clerk, an_export, clerks_of

if TYPE_CHECKING:
    from bench.service import Service

CLERKS = 4
WARMING_S = 3


async def a_turn(service: Service, clerks: list[Clerk], run: Run, plan: argparse.Namespace) -> None:
    """Let clerks write at a steady rate in all, and so many others export without pause."""
    until = time.monotonic() + plan.seconds
    exporting = [Client(service.port, service.token) for _ in range(plan.exporters)]
    each_s = len(clerks) / plan.rate
    await asyncio.gather(
        *(at_rate(each_s, until, partial(_write, run, clerk)) for clerk in clerks),
        *repeated(run, exporting, until, an_export),
        run.watch(service, until),
    )
    for client in exporting:
        client.close()


async def _write(run: Run, clerk: Clerk, due: float) -> None:
    await run.note(clerk.step(due))


async def measure(service: Service, plan: argparse.Namespace) -> None:
    """Measure calm and storm by turns."""
    clerks = clerks_of(service.port, service.token, CLERKS)
    calm = argparse.Namespace(**vars(plan) | {"exporters": 0})
    await a_turn(service, clerks, Run(""), argparse.Namespace(**vars(calm) | {"seconds": WARMING_S}))
    for turn in range(plan.turns):
        for name, chosen in (("calm", calm), ("storm", plan)):
            run = Run(f"{name} {turn + 1}")
            await a_turn(service, clerks, run, chosen)
            print(*run.rows(), sep="\n", flush=True)


def main() -> None:
    """Measure and print a table for each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--rate", type=float, default=10, help="writes a second")
    parser.add_argument("--seconds", type=float, default=15, help="length of each turn")
    parser.add_argument("--turns", type=int, default=3, help="how often calm and storm change")
    parser.add_argument("--exporters", type=int, default=20, help="clients that export without pause")
    plan = parser.parse_args()
    print(about_this_run())
    with databases(*(plan.database or ())) as urls:
        for name, url in urls.items():
            print(f"\n{name}\n\n{HEADER}")
            with serving(url, UNITS) as service:
                asyncio.run(measure(service, plan))


if __name__ == "__main__":
    main()
