"""What clients of the service do: clerks write, people read, programs take workbooks away."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING

from app.domain.values import nest
from app.forms.annual_2021 import FORM
from bench.load import BROKEN, Client, Request
from tests.builders import PROSE, a_modest_report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.load import Answer

API = "/api/v1"
COUNTIES = ("S0000", "S0001")
COME_AGAIN = {BROKEN, 429, 503}
"""Statuses of what was left undone."""
YEAR, WRITTEN_YEAR = 2025, 2023
UNITS = 100
"""Made-up units that the traffic needs: two counties of 50."""

TEXTS = {section: text * 5 for section, text in PROSE.items()}
REPORT = {"title": "示例数据", "narratives": TEXTS, **nest(FORM, a_modest_report())}


def units_of(share: int, shares: int) -> list[str]:
    """Return the reporting units of one of several writers."""
    codes = [f"{county}{unit:03}" for county in COUNTIES for unit in range(50)]
    return codes[share::shares]


class Clerk:
    """Fills in reports for ever: a draft, a change of it, 上报, 撤回, the next one."""

    def __init__(self, client: Client, units: Sequence[str]) -> None:
        self._client = client
        self._units = units
        self._etags: dict[str, str] = {}
        self._work = self._steps()
        self._next: tuple[str, Request] | None = None

    async def step(self, due: float) -> Answer:
        """Do the next thing; one that is refused is done again."""
        if self._next is None:
            self._next = next(self._work)
        unit, request = self._next
        based_on = {"If-Match": self._etags[unit]} if unit in self._etags else {}
        request = replace(request, headers={**request.headers, **based_on})
        answer = await self._client.ask(request, due)
        if answer.status not in COME_AGAIN:
            self._next = None
        if "etag" in answer.headers:
            self._etags[unit] = answer.headers["etag"]
        return answer

    def _steps(self) -> Iterator[tuple[str, Request]]:
        while True:
            for unit in self._units:
                address = f"{API}/reports/{unit}/{WRITTEN_YEAR}"
                yield unit, _write("PUT", f"{address}?draft=true", REPORT)
                body = {"requests": {"granted": {"natural_person": random.randrange(100)}}}
                yield unit, _write("PATCH", f"{address}?draft=true", body)
                yield unit, _write("PUT", f"{address}?draft=true", REPORT)
                yield unit, _write("POST", f"{address}/transitions", {"action": "submit"})
                undo = {"action": "withdraw", "reason": "再核对一次"}
                yield unit, _write("POST", f"{address}/transitions", undo)


def _write(method: str, path: str, body: object) -> Request:
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    return Request("write", method, path, json.dumps(body).encode(), {"Content-Type": kind})


def clerks_of(port: int, token: str, count: int) -> list[Clerk]:
    """Return clerks who share the units out among themselves."""
    return [Clerk(Client(port, token), units_of(each, count)) for each in range(count)]


def a_read() -> Request:
    """Read a report."""
    unit = f"{random.choice(COUNTIES)}{random.randrange(50):03}"
    return Request("read", "GET", f"{API}/reports/{unit}/{YEAR}")


def a_list() -> Request:
    """List a county's reports."""
    return Request("list", "GET", f"{API}/reports?year={YEAR}&under={random.choice(COUNTIES)}")


def a_roll_up() -> Request:
    """Add a county up."""
    return Request("roll-up", "GET", f"{API}/rollups/{random.choice(COUNTIES)}/{YEAR}")


def an_export() -> Request:
    """Take a county's workbook away, or a report's."""
    if random.random() < 1 / 2:
        return Request("export", "GET", f"{API}/rollups/{random.choice(COUNTIES)}/{YEAR}/export")
    return Request("export", "GET", f"{a_read().path}/export")


def a_moment() -> Request:
    """Ask whether the service lives."""
    return Request("livez", "GET", "/livez")
