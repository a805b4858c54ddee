"""`kill -9` in the middle of a backup, while people write: there is a whole one, or none."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING

from tests.durability.ledger import Ledger
from tests.durability.process import serving, start
from tests.durability.stored import look
from tests.durability.writers import wait_for_more, writing
from tests.service import environment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.durability.trial import Trial


def kill_backups(trial: Trial, url: str, folder: Path, times: int) -> None:
    """Kill backups at random moments; then make a whole one, restore it and judge what came back."""
    chance, ledger = Random(times), Ledger()
    with serving(url) as service:
        with writing(service.address, ledger, 1):
            wait_for_more(ledger, 20)
            seconds = _whole_backup(trial, url, folder)
            for each in range(times):
                _kill_one(trial, url, folder / f"killed-{each}.zip", chance.uniform(0.2, 1) * seconds)
        trial.judge(ledger, look(service.address, url), service.started_in)
    trial.times -= 1


def _whole_backup(trial: Trial, url: str, folder: Path) -> float:
    """Make a backup and restore it; return how long making it took, in seconds."""
    file, started = folder / "whole.zip", time.monotonic()
    assert start(environment(url), "backup", str(file)).wait() == 0
    seconds = time.monotonic() - started
    _restore(trial, file)
    return seconds


def _kill_one(trial: Trial, url: str, file: Path, seconds: float) -> None:
    process = start(environment(url), "backup", str(file))
    time.sleep(seconds)
    process.kill()
    process.wait()
    trial.times += 1
    if file.exists():
        _restore(trial, file)


def _restore(trial: Trial, file: Path) -> None:
    """Restore a backup into a database of its own, and let that be verified."""
    copy = environment(f"sqlite:///{file.with_suffix('.db')}")
    if start(copy, "restore", str(file)).wait() != 0:
        trial.half_applied += 1
    elif start(copy, "verify").wait() != 0:
        trial.faults.append(f"{file.name} came back in contradiction with itself")
    elif start(copy, "audit", "verify").wait() != 0:
        trial.broken_chains.append(file.name)
