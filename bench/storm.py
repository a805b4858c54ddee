"""Writes with and without a storm of exports, by turns: `python -m bench.storm`."""

from __future__ import annotations

import argparse
import asyncio
import time

from bench.load import Answer, Client, at_rate, summary_of, without_pause
from bench.service import Sample, Service, databases, serving
from bench.traffic import UNITS, Clerk, an_export, units_of

CLERKS = 4
OK = 200


async def a_turn(
    service: Service, clerks: list[Clerk], rate: float, seconds: float, exporters: int
) -> tuple[list[Answer], list[Sample]]:
    """Let clerks write at a rate in all, and others export without pause."""
    until = time.monotonic() + seconds
    answers: list[Answer] = []
    samples: list[Sample] = []

    async def write(clerk: Clerk, due: float) -> None:
        answers.append(await clerk.step(due))

    async def export(client: Client) -> None:
        answer = await client.ask(an_export())
        answers.append(answer)
        if answer.status in {429, 503}:
            await asyncio.sleep(1)

    async def look(_due: float) -> None:
        samples.append(service.sample())

    clients = [Client(service.port, service.token) for _ in range(exporters)]
    await asyncio.gather(
        *(at_rate(len(clerks) / rate, until, lambda due, clerk=clerk: write(clerk, due)) for clerk in clerks),
        *(without_pause(until, lambda client=client: export(client)) for client in clients),
        at_rate(0.5, until, look),
    )
    for client in clients:
        client.close()
    return answers, samples


async def measure(service: Service, rate: float, seconds: float, turns: int, exporters: int) -> list[str]:
    """Measure calm and storm by turns; yield a row for each turn."""
    clerks = [Clerk(Client(service.port, service.token), units_of(each, CLERKS)) for each in range(CLERKS)]
    await a_turn(service, clerks, rate, 3, 0)
    rows = []
    for turn in range(turns):
        for name, storming in (("calm", 0), ("storm", exporters)):
            answers, samples = await a_turn(service, clerks, rate, seconds, storming)
            rows.append(row(f"{name} {turn + 1}", answers, samples))
            print(rows[-1], flush=True)
    return rows


def row(name: str, answers: list[Answer], samples: list[Sample]) -> str:
    writes = summary_of(answer for answer in answers if answer.kind == "write")
    exports = summary_of(answer for answer in answers if answer.kind == "export")
    made = summary_of(answer for answer in answers if answer.kind == "export" and answer.status == OK)
    memory = max(sample.rss_mib + sample.children_mib for sample in samples)
    files = max(sample.files for sample in samples)
    return (
        f"| {name} | {writes.count} | {writes.p50:.0f} | {writes.p95:.0f} | {writes.p99:.0f} | {writes.told()} "
        f"| {made.p50:.0f} | {exports.told()} | {memory:.0f} | {files} |"
    )


def main() -> None:
    """Measure and print a table for each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--rate", type=float, default=10, help="writes a second")
    parser.add_argument("--seconds", type=float, default=15, help="length of each turn")
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--exporters", type=int, default=20)
    chosen = parser.parse_args()
    with databases(*(chosen.database or ())) as urls:
        for name, url in urls.items():
            print(
                f"\n{name}\n| turn | writes | p50 ms | p95 | p99 | statuses | export p50 | statuses | MiB | files |\n"
                + "|---" * 10
                + "|"
            )
            with serving(url, UNITS) as service:
                asyncio.run(measure(service, chosen.rate, chosen.seconds, chosen.turns, chosen.exporters))


if __name__ == "__main__":
    main()
