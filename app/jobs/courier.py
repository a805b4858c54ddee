"""The courier: looks for what webhooks are to be told, and tells it, several webhooks at once."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from app import __version__
from app.auth.signatures import signatures, webhook_secret
from app.jobs.sending import Sender
from app.services import telling

if TYPE_CHECKING:
    from app.domain.deliveries import Reply
    from app.services.telling import Parcel
    from app.storage.engine import Database

log = logging.getLogger(__name__)

LOOK_S = 1.0
"""How often to look."""

TURN = timedelta(seconds=10)
"""For how long a webhook is told before others get their turn."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Round:
    """Tells one webhook what it is to be told.

    Attributes:
        database: where that stands.
        key: that the secrets follow from.
        sender: sends it.
        now: the clock.
        chance: anything from 0 to 1, by which pauses differ.
    """

    database: Database
    key: bytes = field(repr=False)
    sender: Sender
    now: Callable[[], datetime] = _now
    chance: Callable[[], float] = random.SystemRandom().random

    def find_work(self, limit: int) -> list[str]:
        """Return webhooks to which there is something to tell."""
        with self.database.reading() as session:
            return telling.find_work(session, self.now(), limit)

    def tell(self, webhook_id: str, stopped: Event) -> None:
        """Tell a webhook what is due, for a while, or until it answers no more."""
        with self.database.writing() as session:
            lease = telling.hold(session, webhook_id, self.now())
        end = self.now() + TURN
        parcel = None if lease is None else self._fetch(webhook_id, lease)
        while lease is not None and parcel is not None:
            reply = self._send(parcel)
            is_over = reply.is_of_all or reply.is_farewell or self.now() >= end or stopped.is_set()
            lease, parcel = self._note(parcel, lease, reply, is_over=is_over)
        if lease is not None:
            with self.database.writing() as session:
                telling.release(session, webhook_id, lease, self.now())

    def _fetch(self, webhook_id: str, lease: datetime) -> Parcel | None:
        while True:
            with self.database.writing() as session:
                webhook = telling.get_held(session, webhook_id, lease)
                if webhook is None:
                    return None
                if not telling.fan_out(session, webhook, self.now()):
                    return telling.next_parcel(session, webhook, self.now())

    def _send(self, parcel: Parcel) -> Reply:
        timestamp = int(self.now().timestamp())
        secrets = [webhook_secret(self.key, parcel.webhook_id, each) for each in parcel.generations]
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"nianbao/{__version__}",
            "webhook-id": parcel.message,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signatures(secrets, parcel.message, timestamp, parcel.body),
        }
        return self.sender.send(parcel.url, headers, parcel.body)

    def _note(
        self, parcel: Parcel, lease: datetime, reply: Reply, *, is_over: bool
    ) -> tuple[datetime | None, Parcel | None]:
        """Note what came of a message; return the lease, which begins anew, and the next message."""
        with self.database.writing() as session:
            webhook = telling.get_held(session, parcel.webhook_id, lease)
            if webhook is None:
                log.warning("webhook %s isn't ours any more; its message comes again", parcel.webhook_id)
                return None, None
            now = self.now()
            telling.note_reply(session, webhook, parcel.delivery_id, reply, now, self.chance())
            webhook.held_until = now + telling.LEASE
            session.flush()
            following = None if is_over else telling.next_parcel(session, webhook, now)
            return webhook.held_until, following


class Courier:
    """Goes its rounds in threads of its own, from the service's start to its end."""

    def __init__(self, round_: Round, workers: int) -> None:
        """Prepare; nothing runs before `start`.

        Args:
            round_: how a webhook is told.
            workers: how many are told at once; with none, nothing ever runs.
        """
        self._round = round_
        self._workers = workers
        self._stopped, self._awake = Event(), Event()
        self._busy: set[str] = set()
        self._lock = Lock()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin."""
        if self._workers:
            self._stopped.clear()
            self._thread = Thread(target=self._run, name="webhooks", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End; what is being sent is sent to its end and noted."""
        self._stopped.set()
        self._awake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        with ThreadPoolExecutor(self._workers, "webhooks") as pool:
            while not self._stopped.is_set():
                self._hand_out(pool)
                self._awake.wait(LOOK_S)
                self._awake.clear()

    def _hand_out(self, pool: ThreadPoolExecutor) -> None:
        """Let each free worker tell a webhook."""
        with self._lock:
            busy = set(self._busy)
        try:
            found = self._round.find_work(self._workers + len(busy))
        except SQLAlchemyError as failure:
            log.warning("can't look for webhooks to tell: %s", type(failure).__name__)
            return
        for webhook_id in [each for each in found if each not in busy][: self._workers - len(busy)]:
            with self._lock:
                self._busy.add(webhook_id)
            told = pool.submit(self._round.tell, webhook_id, self._stopped)
            told.add_done_callback(partial(self._end, webhook_id))

    def _end(self, webhook_id: str, done: Future[None]) -> None:
        with self._lock:
            self._busy.discard(webhook_id)
        failure = done.exception()
        if failure is None:
            self._awake.set()
        else:
            log.error("webhook %s can't be told now", webhook_id, exc_info=failure)
