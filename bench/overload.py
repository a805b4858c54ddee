"""Ten times the load that the service sustains, and how soon it is itself again.

`python -m bench.overload`
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from functools import partial
from typing import TYPE_CHECKING

from bench.load import Client, Request, at_rate
from bench.report import HEADER, Run, about_this_run, repeated
from bench.service import databases, serving
from bench.traffic import UNITS, Clerk, a_list, a_moment, a_read, a_roll_up, clerks_of

if TYPE_CHECKING:
    from bench.service import Service

CLERKS = 4
CLIENTS = 8
CALM_S = 5
SETTLING_S = 5
MOST_CONNECTIONS = 1000
"""How many answers are waited for at once: beyond, nobody more is let go out and ask."""


def anything() -> Request:
    """Ask for something that isn't a workbook."""
    return random.choices([a_read, a_list, a_roll_up], [8, 1, 1])[0]()


async def sustained(service: Service) -> float:
    """Return how many requests a second a few clients get answered, one after the other."""
    run, until = Run(""), time.monotonic() + CALM_S
    clients = [Client(service.port, service.token) for _ in range(CLIENTS)]
    await asyncio.gather(*repeated(run, clients, until, anything))
    for client in clients:
        client.close()
    return len(run.answers) / CALM_S


async def offer(service: Service, run: Run, rate: float, until: float) -> None:
    """Ask at a rate, whether or not anything is answered; who finds no idle client brings a new one."""
    idle: list[Client] = []
    asking: set[asyncio.Task[None]] = set()

    async def ask(due: float) -> None:
        client = idle.pop() if idle else Client(service.port, service.token)
        await run.ask(client, anything(), due)
        idle.append(client)

    async def begin(due: float) -> None:
        if len(asking) < MOST_CONNECTIONS:
            task = asyncio.create_task(ask(due))
            asking.add(task)
            task.add_done_callback(asking.discard)

    await at_rate(1 / rate, until, begin)
    await asyncio.gather(*asking)
    for client in idle:
        client.close()


async def a_part(service: Service, run: Run, clerks: list[Clerk], rate: float, seconds: float) -> None:
    """Offer a load, write a little beside it, and ask whether the service lives."""
    until = time.monotonic() + seconds
    doctor = Client(service.port, service.token)

    async def write(clerk: Clerk, due: float) -> None:
        await run.note(clerk.step(due))

    async def look_in(due: float) -> None:
        await run.ask(doctor, a_moment(), due)

    await asyncio.gather(
        offer(service, run, rate, until),
        *(at_rate(1, until, partial(write, clerk)) for clerk in clerks),
        at_rate(1 / 2, until, look_in),
        run.watch(service, until),
    )
    doctor.close()


async def measure(service: Service, seconds: float, times: float) -> None:
    """Print what came before, during and after the overload."""
    clerks = clerks_of(service.port, service.token, CLERKS)
    rate = await sustained(service)
    calm, storm = rate / 4, rate * times
    print(f"{CLIENTS} clients were answered {rate:.0f} times a second; offered: {storm:.0f}/s.\n\n{HEADER}")
    plan = (
        ("before", calm, CALM_S),
        ("overload", storm, seconds),
        (f"the {SETTLING_S} s after it", calm, SETTLING_S),
        ("then", calm, CALM_S),
    )
    for name, offered, length in plan:
        run = Run(name)
        await a_part(service, run, clerks, offered, length)
        print(*run.rows(), sep="\n", flush=True)


def main() -> None:
    """Measure and print a table for each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--seconds", type=float, default=30, help="length of the overload")
    parser.add_argument("--times", type=float, default=10, help="times the sustained rate that is offered")
    plan = parser.parse_args()
    print(about_this_run())
    with databases(*(plan.database or ())) as urls:
        for name, url in urls.items():
            print(f"\n{name}: ", end="")
            with serving(url, UNITS) as service:
                asyncio.run(measure(service, plan.seconds, plan.times))


if __name__ == "__main__":
    main()
