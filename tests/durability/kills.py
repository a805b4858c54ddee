"""`kill -9` of the service while people write."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING

from tests.durability.ledger import Ledger
from tests.durability.process import serving
from tests.durability.stored import look
from tests.durability.writers import writing

if TYPE_CHECKING:
    from tests.durability.trial import Trial

BUSY_S = (0.2, 1.5)
"""For how long people write before the crash, at least and at most."""


def kill_service(trial: Trial, url: str, times: int) -> None:
    """Kill the service at random moments, and judge what the next one finds."""
    chance, ledger = Random(times), Ledger()
    for each in range(times + 1):
        with serving(url) as service:
            stored = look(service.address, url)
            if each:
                trial.judge(ledger, stored, service.started_in)
            if each < times:
                ledger = Ledger(stored.reports)
                with writing(service.address, ledger, each):
                    time.sleep(chance.uniform(*BUSY_S))
                    service.kill()
