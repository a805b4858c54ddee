"""`kill -9` in the middle of a batch: all of it is there or nothing, and by its key it is done once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import product
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx

from app.domain.roles import Role
from app.writing import REPLAYED
from tests.api import API, a_report
from tests.builders import a_sound_report
from tests.desk import WHOLE_TREE, bearer
from tests.durability.process import serving
from tests.durability.stored import look
from tests.durability.writers import AGENCIES, NUMBERED, YEARS

if TYPE_CHECKING:
    from tests.durability.ledger import State
    from tests.durability.stored import Stored
    from tests.durability.trial import Trial

KEYS = list(product(AGENCIES, YEARS))
"""The reports of a batch: each batch saves every one of them."""
FIRST_S = 0.3
"""About how long a batch takes that is alone: kills fall into that time."""


@dataclass(slots=True)
class Sender:
    """Sends batch after batch; the number of a batch stands in a cell of each of its reports.

    Attributes:
        address: of the service.
        number: of the last batch that was acknowledged.
        etags: of the reports then.
        key: under which the next one is sent, until it is acknowledged.
    """

    address: str
    number: int = 0
    etags: list[str | None] = field(default_factory=lambda: [None] * len(KEYS))
    key: str = field(default_factory=lambda: str(uuid4()))

    def send(self) -> bool:
        """Send the next batch, or the same again; return whether it was answered from what was kept."""
        answer = httpx.post(
            f"{self.address}{API}/reports/batch",
            json=self._items(),
            params={"draft": "true"},
            headers={**bearer(WHOLE_TREE[Role.SYSTEM]), "Idempotency-Key": self.key},
            timeout=60,
            trust_env=False,
        )
        assert answer.status_code == httpx.codes.OK, answer.text
        self.etags = [item["report"]["etag"] for item in answer.json()["items"]]
        self.number, self.key = self.number + 1, str(uuid4())
        return REPLAYED in answer.headers

    def _items(self) -> list[dict[str, Any]]:
        values = a_sound_report(**{NUMBERED: self.number + 1})
        return [
            a_report(values, agency=code, year=year) | ({} if etag is None else {"etag": etag})
            for (code, year), etag in zip(KEYS, self.etags, strict=True)
        ]


def kill_in_batches(trial: Trial, url: str, times: int) -> None:
    """Kill the service while it saves a batch; send the batch again to the next, and judge what is there."""
    chance, sender = Random(times), Sender("")
    for each in range(times + 1):
        with serving(url) as service:
            sender.address = service.address
            stored = look(service.address, url)
            if each:
                _judge(trial, stored, sender)
                trial.restart = max(trial.restart, service.started_in)
            sender.send()
            trial.acknowledged = (trial.acknowledged or 0) + 1
            if each < times:
                with ThreadPoolExecutor(1) as pool:
                    sending = pool.submit(sender.send)
                    time.sleep(chance.uniform(0, 2 * FIRST_S))
                    service.kill()
                if sending.exception() is None:
                    trial.acknowledged += 1


def _judge(trial: Trial, stored: Stored, sender: Sender) -> None:
    """Hold the reports to the last batch acknowledged, or to the one under way; then send that again."""
    trial.times += 1
    trial.faults += stored.faults
    trial.broken_chains += stored.broken_chains
    numbers = {state.number for state in stored.reports.values()}
    trial.half_applied += len(numbers) > 1 or len(stored.reports) not in {0, len(KEYS)}
    trial.lost += any(number not in {sender.number, sender.number + 1} for number in numbers)
    is_there = numbers == {sender.number + 1}
    if sender.send() != is_there:
        trial.faults.append(f"batch {sender.number} was stored: {is_there}, but not answered accordingly")
    trial.faults += _done_twice(stored.reports, is_there=is_there, batches=sender.number)


def _done_twice(reports: dict[tuple[str, int], State], *, is_there: bool, batches: int) -> list[str]:
    """Name the reports that have another number of versions than there were batches."""
    expected = batches if is_there else batches - 1
    return [
        f"{key} has {state.version} versions" for key, state in reports.items() if state.version != expected
    ]
