"""What came of a run, as a Markdown table."""

from __future__ import annotations

import asyncio
import os
import platform
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from statistics import quantiles
from typing import TYPE_CHECKING

from bench.load import BROKEN, Answer, at_rate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from bench.load import Client, Request
    from bench.service import Sample, Service

HEADER = (
    "| when | what | asked | p50 ms | p95 ms | p99 ms | refused | MiB | workers' MiB | files |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)
REFUSED = 300
"""Statuses from here on aren't what was asked for."""


@dataclass(slots=True)
class Run:
    """What came of a part of a trial, and what the service held meanwhile."""

    name: str
    answers: list[Answer] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)

    async def ask(self, client: Client, request: Request, due: float | None = None) -> Answer:
        """Ask, and note the answer."""
        return await self.note(client.ask(request, due))

    async def note(self, asking: Awaitable[Answer]) -> Answer:
        """Note an answer."""
        answer = await asking
        self.answers.append(answer)
        return answer

    async def watch(self, service: Service, until: float, each_s: float = 0.5) -> None:
        """Look at the service's memory and files every now and then."""

        async def look(_due: float) -> None:
            self.samples.append(service.sample())

        await at_rate(each_s, until, look)

    def rows(self) -> Iterator[str]:
        """Return a row for each kind of request."""
        held = self._held()
        for kind in dict.fromkeys(answer.kind for answer in self.answers):
            figures = _figures([answer for answer in self.answers if answer.kind == kind])
            yield f"| {self.name} | {kind} | {figures} | {held} |"

    def _held(self) -> str:
        most = [
            max(sample.rss_mib for sample in self.samples),
            max(sample.children_mib for sample in self.samples),
            max(sample.files for sample in self.samples),
        ]
        return " | ".join(f"{each:.0f}" for each in most)


def _figures(answers: list[Answer]) -> str:
    """Tell how long what was asked for took, and how often it was refused."""
    took = [answer.took * 1000 for answer in answers if BROKEN < answer.status < REFUSED]
    # quantiles need two
    cuts = quantiles(took, n=100) if len(took) > 1 else (took or [0.0]) * 99
    refused = Counter(answer.status for answer in answers if not BROKEN < answer.status < REFUSED)
    told = ", ".join(f"{status or 'no answer'}: {refused[status]}" for status in sorted(refused)) or "none"
    return f"{len(answers)} | {cuts[49]:.0f} | {cuts[94]:.0f} | {cuts[98]:.0f} | {told}"


def about_this_run() -> str:
    """Say where, when and by which command this was measured."""
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start"
    python = f"Python {platform.python_version()}, {platform.system()}"
    command = " ".join(["python -m", _module(), *sys.argv[1:]])
    return f"`{command}`, {date.today():%Y-%m-%d}, {machine}, {python}."  # noqa: DTZ011 - a day will do


def _module() -> str:
    spec = sys.modules["__main__"].__spec__
    return spec.name if spec else sys.argv[0]


def repeated(
    run: Run, clients: list[Client], until: float, request: Callable[[], Request]
) -> list[Awaitable[None]]:
    """Let each client ask again as soon as it is answered, or a second after it was told to come again."""

    async def go_on(client: Client) -> None:
        while time.monotonic() < until:
            answer = await run.ask(client, request())
            if answer.status in {429, 503}:
                await asyncio.sleep(1)

    return [go_on(client) for client in clients]
