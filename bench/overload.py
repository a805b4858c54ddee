"""Ten times the load that the service sustains, and how soon it is itself again: `python -m bench.overload`."""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from dataclasses import dataclass, field

from bench.load import Answer, Client, Request, at_rate, by_kind, summary_of, without_pause
from bench.service import Sample, Service, databases, serving
from bench.traffic import UNITS, Clerk, a_list, a_moment, a_read, a_roll_up, units_of

CLERKS = 4
CLIENTS = 8
CALM_S = 5
RECOVERY_S = 5
MOST_CONNECTIONS = 1000
"""How many answers are waited for at once: beyond, the overload is the client's own."""


@dataclass(slots=True)
class Run:
    """What came of a part of the trial."""

    answers: list[Answer] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)


def anything() -> Request:
    """Ask for something that isn't a workbook."""
    return random.choices([a_read, a_list, a_roll_up], [8, 1, 1])[0]()


async def sustainable(service: Service, seconds: float) -> float:
    """Return how many requests a second a few clients get answered, one after the other."""
    run, until = Run(), time.monotonic() + seconds

    async def step(client: Client) -> None:
        run.answers.append(await client.ask(anything()))

    clients = [Client(service.port, service.token) for _ in range(CLIENTS)]
    await asyncio.gather(
        *(without_pause(until, lambda client=client: step(client)) for client in clients)  # type: ignore[misc]
    )
    for client in clients:
        client.close()
    return len(run.answers) / seconds


async def offer(service: Service, run: Run, rate: float, seconds: float) -> None:
    """Ask at a rate, whether or not anything is answered; every request that finds no idle client has its own."""
    idle: list[Client] = []
    busy: set[asyncio.Task[None]] = set()

    async def ask(due: float) -> None:
        client = idle.pop() if idle else Client(service.port, service.token)
        run.answers.append(await client.ask(anything(), due))
        idle.append(client)

    async def begin(due: float) -> None:
        if len(busy) < MOST_CONNECTIONS:
            task = asyncio.create_task(ask(due))
            busy.add(task)
            task.add_done_callback(busy.discard)

    await at_rate(1 / rate, time.monotonic() + seconds, begin)
    await asyncio.gather(*busy)
    for client in idle:
        client.close()


async def beside(service: Service, run: Run, clerks: list[Clerk], until: float) -> None:
    """Write a little, ask after the service's health and look at its memory, whatever else goes on."""
    doctor = Client(service.port, service.token)

    async def write(clerk: Clerk, due: float) -> None:
        run.answers.append(await clerk.step(due))

    async def look(due: float) -> None:
        run.samples.append(service.sample())
        run.answers.append(await doctor.ask(a_moment(), due))

    await asyncio.gather(
        *(at_rate(1, until, lambda due, clerk=clerk: write(clerk, due)) for clerk in clerks),  # type: ignore[misc]
        at_rate(0.5, until, look),
    )
    doctor.close()


async def measure(service: Service, seconds: float, times: float) -> None:
    """Print what came before, during and after the overload."""
    clerks = [Clerk(Client(service.port, service.token), units_of(each, CLERKS)) for each in range(CLERKS)]
    rate = await sustainable(service, CALM_S)
    print(f"sustained: {rate:.0f}/s by {CLIENTS} clients; offered: {rate * times:.0f}/s for {seconds:g} s")
    parts = {"before": Run(), "overload": Run(), "settling": Run(), "after": Run()}
    plan = (
        ("before", CALM_S, rate / 4),
        ("overload", seconds, rate * times),
        ("settling", RECOVERY_S, rate / 4),
        ("after", CALM_S, rate / 4),
    )
    for name, length, offered in plan:
        until = time.monotonic() + length
        await asyncio.gather(
            offer(service, parts[name], offered, length), beside(service, parts[name], clerks, until)
        )
        for kind, answers in by_kind(parts[name].answers).items():
            figures = summary_of(answers)
            good = summary_of(answer for answer in answers if answer.status < 400 and answer.status)
            memory = max(sample.rss_mib for sample in parts[name].samples)
            files = max(sample.files for sample in parts[name].samples)
            print(
                f"| {name} | {kind} | {figures.count} | {figures.told()} | {good.p50:.0f} | {good.p95:.0f} | {memory:.0f} | {files} |",
                flush=True,
            )


def main() -> None:
    """Measure and print a table for each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--seconds", type=float, default=30, help="length of the overload")
    parser.add_argument(
        "--times", type=float, default=10, help="how many times the sustained rate is offered"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the service"
    )
    chosen = parser.parse_args()
    settings = dict(each.split("=", 1) for each in chosen.set)
    with databases(*(chosen.database or ())) as urls:
        for name, url in urls.items():
            print(f"\n{name}")
            with serving(url, UNITS, settings) as service:
                asyncio.run(measure(service, chosen.seconds, chosen.times))


if __name__ == "__main__":
    main()
