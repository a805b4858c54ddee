"""The power goes while people write to a service on SQLite: of what wasn't synced, who knows."""

from __future__ import annotations

import time
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from tests.durability.disk import Disk, cut_power
from tests.durability.ledger import Ledger
from tests.durability.process import plant, serving
from tests.durability.stored import look
from tests.durability.writers import wait_for_more, writing

if TYPE_CHECKING:
    from pathlib import Path

    from tests.durability.trial import Trial


@dataclass(frozen=True, slots=True)
class Recording:
    """A service's work for a while, as its clients and its disk noted it.

    Attributes:
        disk: what was done to the files.
        before: the database file before all that.
        ledger: what the clients asked for and were told.
        since: when they had their first answer.
        until: when they were stopped.
    """

    disk: Disk
    before: bytes
    ledger: Ledger
    since: int
    until: int


def record(library: Path, folder: Path, seconds: float) -> Recording:
    """Let people write for a while to a service on a disk of ours."""
    disk = Disk(library, folder / "recorded.db")
    url = plant(f"sqlite:///{disk.database}")
    before, ledger = disk.database.read_bytes(), Ledger()
    with serving(url, disk.environment) as service:
        with writing(service.address, ledger, int(seconds)):
            wait_for_more(ledger, 1)
            since = time.monotonic_ns()
            time.sleep(seconds)
        return Recording(disk, before, ledger, since, time.monotonic_ns())


def cut(trial: Trial, recording: Recording, folder: Path, times: int, *, is_honest: bool = True) -> None:
    """Cut the power at random moments of a recording, and judge what the service then finds."""
    chance = Random(times)
    for each in range(times):
        # of a lying disk everything is gone, whenever
        moment = chance.randint(recording.since, recording.until) if is_honest else recording.until
        database = folder / f"{'honest' if is_honest else 'lying'}-{each}.db"
        cut_power(recording.disk, recording.before, moment, database, chance, is_honest=is_honest)
        url = f"sqlite:///{database}"
        with serving(url) as service:
            trial.judge(recording.ledger, look(service.address, url), service.started_in, moment)
