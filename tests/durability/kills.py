"""`kill -9` of the service, and of PostgreSQL, while people write."""

from __future__ import annotations

import time
from contextlib import ExitStack
from random import Random
from typing import TYPE_CHECKING

import httpx

from app.domain.roles import Role
from tests.api import API
from tests.desk import WHOLE_TREE, bearer
from tests.durability.ledger import Ledger
from tests.durability.process import plant, serving
from tests.durability.stored import look
from tests.durability.writers import wait_for_more, writing
from tests.postgres import cluster, free_port
from tests.service import wait_until_ready

if TYPE_CHECKING:
    from pathlib import Path

    from tests.durability.process import Service
    from tests.durability.trial import Trial

BUSY_S = (0.0, 1.5)
"""For how long people write before the crash, after the first answer: at least and at most."""


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
                    wait_for_more(ledger, 1)
                    time.sleep(chance.uniform(*BUSY_S))
                    service.kill()


def kill_postgres(trial: Trial, folder: Path, times: int) -> None:
    """Kill PostgreSQL under a service that goes on running, and judge what both make of it."""
    chance, port, ledger = Random(times), free_port(), Ledger()
    with ExitStack() as running:
        with cluster(folder, port=port) as server:
            server.create_database("nianbao")
            url = plant(server.url("nianbao"))
            service = running.enter_context(serving(url))
        for each in range(times + 1):
            with cluster(folder, port=port) as server:
                restart = _wait_until_back(service)
                stored = look(service.address, url)
                if each:
                    trial.judge(ledger, stored, restart)
                if each < times:
                    ledger = Ledger(stored.reports)
                    with writing(service.address, ledger, each):
                        wait_for_more(ledger, 1)
                        time.sleep(chance.uniform(*BUSY_S))
                        server.kill()
            _expect_unavailable(service.address)


def _expect_unavailable(service: str) -> None:
    for path in ("/readyz", f"{API}/reports"):
        answer = httpx.get(
            service + path, headers=bearer(WHOLE_TREE[Role.READER]), trust_env=False, timeout=30
        )
        assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


def _wait_until_back(service: Service) -> float:
    """Wait for the service to be ready again; return for how long."""
    started = time.monotonic()
    wait_until_ready(service.process, service.address)
    return time.monotonic() - started
