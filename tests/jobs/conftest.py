"""A service that may push to this machine, and a courier that goes when a test says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from app.jobs.courier import Round
from app.jobs.sending import Sender
from app.main import create_app
from app.settings import Settings
from tests.api import API
from tests.conftest import KEY, POOL_SIZE
from tests.receiver import Receiver, receiving

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.testclient import TestClient

NETWORKS = "127.0.0.0/8"


@pytest.fixture
def app(database_url: str) -> FastAPI:
    return create_app(
        Settings(
            database_url=database_url,
            pool_size=POOL_SIZE,
            secret_key=SecretStr(KEY),
            webhook_networks=NETWORKS,
            webhook_workers=0,
        )
    )


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


class Later:
    """The time, moved forward."""

    def __init__(self) -> None:
        self.by = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.by


@dataclass(frozen=True, slots=True)
class Errand:
    """The courier, without threads of its own."""

    round: Round
    clock: Later

    def run(self) -> None:
        """Tell every webhook all that is due."""
        while found := self.round.find_work(100):
            for webhook_id in found:
                self.round.tell(webhook_id, Event())

    def run_in(self, pause: timedelta) -> None:
        """Let time pass, then tell what is due."""
        self.clock.by += pause
        self.run()


@pytest.fixture
def errand(app: FastAPI, client: TestClient) -> Errand:
    """Return a courier of the application that `client` calls, whose pauses are as short as they may be."""
    del client
    clock = Later()
    settings: Settings = app.state.settings
    return Errand(
        Round(app.state.database, settings.key, Sender(settings.reachable), clock, lambda: 0.0), clock
    )


Hook = Callable[..., dict[str, Any]]


@pytest.fixture
def hook(client: TestClient, receiver: Receiver) -> Hook:
    """Make webhooks that go to the receiver, unless told otherwise."""

    def make(**wanted: object) -> dict[str, Any]:
        body = {"url": receiver.url, "agency": None, **wanted}
        answer = client.post(f"{API}/webhooks", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    return make
