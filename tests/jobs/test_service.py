"""The courier of a running service: by itself, beside others, and through whatever happens to its process."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text, update

from app.jobs.courier import Courier, Round
from app.jobs.sending import Sender
from app.storage.models import WEBHOOK
from tests.api import API, COUNTY, TOWN, file_report, register, register_county
from tests.conftest import KEY
from tests.jobs.calls import do, log, numbers, save, told
from tests.jobs.conftest import NETWORKS, Hook, Later
from tests.receiver import Answered, Received, Receiver, receiving
from tests.service import process_of, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastapi import FastAPI
    from starlette.testclient import TestClient

    from app.storage.engine import Database


SETTINGS = {"SECRET_KEY": KEY, "WEBHOOK_NETWORKS": NETWORKS}


def _round(app: FastAPI, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Round:
    settings = app.state.settings
    return Round(app.state.database, settings.key, Sender(settings.reachable), now)


def test_the_service_tells_by_itself_and_a_slow_receiver_holds_up_nobody_else(
    client: TestClient, app: FastAPI, hook: Hook, receiver: Receiver
) -> None:
    with receiving() as slow:
        slow.answer = slow.hold
        for _ in range(2):
            hook(url=slow.url)
        hook()
        courier = Courier(_round(app), workers=3)
        courier.start()
        try:
            register(client, COUNTY, None, level="county")
            slow.wait_for(lambda received: len(received) == 2)
            register(client, TOWN)
            receiver.wait_for(
                lambda received: (
                    told(received) == [("agency.create", COUNTY, None), ("agency.create", TOWN, None)]
                )
            )
            assert len(slow.received) == 2
            slow.released.set()
            slow.wait_for(lambda received: len(received) == 4)
        finally:
            slow.released.set()
            courier.stop()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("webhooks")]


def test_a_courier_that_is_stopped_finishes_what_it_sends(
    client: TestClient, app: FastAPI, hook: Hook, receiver: Receiver
) -> None:
    made = hook()
    receiver.answer = receiver.hold
    for _ in range(2):
        do(client, made, "/ping")
    courier = Courier(_round(app), workers=1)
    courier.start()
    receiver.wait_for(lambda received: len(received) == 1)
    stopping = threading.Thread(target=courier.stop)
    stopping.start()
    receiver.released.set()
    stopping.join(30)
    assert [each["state"] for each in log(client, made)] == ["delivered", "pending"]
    # and what is left is told by the next
    courier.start()
    receiver.wait_for(lambda received: len(received) == 2)
    courier.stop()
    assert [each["state"] for each in log(client, made)] == ["delivered", "delivered"]


@contextmanager
def away(database: Database, table: str) -> Iterator[None]:
    """Let a database miss a table for a while."""
    with database.engine.begin() as connection:
        connection.execute(text(f'ALTER TABLE "{table}" RENAME TO away'))
    yield
    with database.engine.begin() as connection:
        connection.execute(text(f'ALTER TABLE away RENAME TO "{table}"'))


class Listening(logging.Handler):
    """Knows when something was logged."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: dict[str, threading.Event] = {}

    def emit(self, record: logging.LogRecord) -> None:
        for text_, event in self.heard.items():
            if text_ in record.getMessage():
                event.set()

    def wait_for(self, text_: str) -> None:
        """Wait until it is logged from now on."""
        assert self.heard.setdefault(text_, threading.Event()).wait(60)


@pytest.fixture
def listening() -> Iterator[Listening]:
    handler = Listening()
    logger = logging.getLogger("app.jobs.courier")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    ("table", "said"), [("webhook", "can't look for webhooks"), ("agency_placement", "can't be told now")]
)
def test_a_courier_outlives_a_database_that_fails_for_a_while(
    client: TestClient,
    app: FastAPI,
    hook: Hook,
    receiver: Receiver,
    listening: Listening,
    table: str,
    said: str,
) -> None:
    register_county(client)
    made = hook(agency=COUNTY)
    do(client, made, "/ping")
    clock = Later()
    courier = Courier(_round(app, clock), workers=1)
    try:
        with away(app.state.database, table):
            courier.start()
            listening.wait_for(said)
        # whatever it held is to be had again
        clock.by += timedelta(minutes=2)
        receiver.wait_for(lambda received: len(received) == 1)
    finally:
        courier.stop()
    assert [each["state"] for each in log(client, made)] == ["delivered"]


def holding_from(receiver: Receiver, first: int) -> Callable[[Received, int], Answered]:
    """Answer so many messages, and keep whoever sends the next ones waiting."""
    return lambda received, before: Answered() if before < first else receiver.hold(received, before)


def test_a_service_that_is_killed_again_and_again_tells_everything_in_order(
    client: TestClient, app: FastAPI, database_url: str, hook: Hook, receiver: Receiver
) -> None:
    register_county(client)
    file_report(client, draft=True)
    made = hook()
    for number in range(1, 9):
        save(client, str(number))
    known = [item["number"] for item in client.get(f"{API}/changes").json()["items"]][-8:]
    for killed_after in (2, 4):
        # it dies in the middle of a message: nobody noted whether that arrived
        receiver.answer = holding_from(receiver, killed_after - 1)
        with process_of(database_url, settings=SETTINGS) as (process, _):
            receiver.wait_for(lambda received: len(received) >= killed_after)  # noqa: B023 - called at once
            process.kill()
            process.wait(30)
        with app.state.database.writing() as session:
            # a minute later
            session.execute(update(WEBHOOK).values(held_until=datetime.now(UTC) - timedelta(seconds=1)))
    receiver.answer = lambda _received, _before: Answered()
    with running(database_url, settings=SETTINGS):
        receiver.wait_for(lambda received: known[-1] in numbers(received))
    arrived = receiver.received
    assert list(dict.fromkeys(numbers(arrived))) == known
    assert all(each.is_signed_by(made["secret"]) for each in arrived)
    # what came twice came as the same message
    assert len({each.message for each in arrived}) == len(known)
    assert len(arrived) > len(known)
