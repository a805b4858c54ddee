"""Clients that write without pause, each to reports of its own agency, and note what comes of it."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from random import Random
from threading import Event
from typing import TYPE_CHECKING, Any

import httpx

from app.domain.lifecycle import Action, Status
from app.domain.roles import Role
from tests.api import TITLE, YEAR, a_report, address, state_in
from tests.builders import a_sound_report
from tests.desk import WHOLE_TREE, bearer, role_for
from tests.durability.ledger import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.durability.ledger import Key, Ledger

AGENCIES = [f"640323{number}" for number in range(101, 107)]
YEARS = range(YEAR, YEAR + 4)
NUMBERED = "disclosure.licensing.decisions"
"""The cell that holds the number of the write."""

PATIENCE_S = 60
_NUMBERS = count(1000)


@dataclass(frozen=True, slots=True)
class Ask:
    """A write: how it is asked for, and how the report is to be afterwards."""

    method: str
    rest: str
    body: dict[str, Any]
    after: State
    params: dict[str, Any] = field(default_factory=dict)


def next_ask(state: State | None, key: Key, chance: Random) -> Ask:
    """Choose something that may be done with a report as it stands."""
    number = next(_NUMBERS)
    if state is None:
        return _create(key, number, draft=chance.random() < 0.5)
    status = Status(state.status)
    actions = [action for action in Action if status in action.steps]
    if status.is_closed or chance.random() < 0.5:
        return _take(state, chance.choice(actions))
    return _save(state, number)


def _create(key: Key, number: int, *, draft: bool) -> Ask:
    values, (agency, year) = a_sound_report(**{NUMBERED: number}), key
    body = a_report(values, title=TITLE.format(agency=agency, year=year))
    after = State(Status.DRAFT, 1, number, ("report.create",))
    return Ask("PUT", "", body, after if draft else _submitted(after), {"draft": draft})


def _save(state: State, number: int) -> Ask:
    saved = State(state.status, state.version + 1, number, (*state.acts, "report.save"), state.steps)
    after = _submitted(saved) if state.status == Status.SUBMITTED else saved
    return Ask("PATCH", "", {"disclosure": {"licensing": {"decisions": number}}}, after)


def _submitted(state: State) -> State:
    acts, steps = (*state.acts, "report.submit"), (*state.steps, "submit")
    return State(Status.SUBMITTED, state.version, state.number, acts, steps)


def _take(state: State, action: Action) -> Ask:
    acts, steps = (*state.acts, f"report.{action}"), (*state.steps, action.value)
    after = State(action.steps[Status(state.status)], state.version, state.number, acts, steps)
    said = {"reason": "请核对"} if action.needs_reason else {}
    body = {"action": action.value, **said, **({"cells": [NUMBERED]} if action.needs_places else {})}
    return Ask("POST", "/transitions", body, after)


@dataclass(slots=True)
class Crowd:
    """The clients of one round.

    Attributes:
        service: where they write to.
        ledger: where they note it.
        refused: how often they were told that the disk is full.
    """

    service: str
    ledger: Ledger
    refused: Counter[str] = field(default_factory=Counter)
    _stop: Event = field(default_factory=Event)

    def write(self, agency: str, seed: int) -> None:
        """Write to an agency's reports until told to stop, or until there is no answer."""
        chance = Random(seed)
        known = {key: state for key, state in self.ledger.start.items() if key[0] == agency}
        with httpx.Client(base_url=self.service, trust_env=False, timeout=60) as client:
            while not self._stop.is_set() and self._write_once(
                client, (agency, chance.choice(YEARS)), known, chance
            ):
                pass

    def _write_once(self, client: httpx.Client, key: Key, known: dict[Key, State], chance: Random) -> bool:
        """Ask for one write; return whether the service answered."""
        before = known.get(key)
        ask = next_ask(before, key, chance)
        self.ledger.intend(key, ask.after)
        try:
            answer = send(client, key, ask, before)
        except httpx.TransportError:
            return False
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            return False
        if answer.status_code == httpx.codes.INSUFFICIENT_STORAGE:
            self.ledger.refuse(key)
            self.refused[answer.json()["detail"]] += 1
            return True
        assert answer.is_success, (key, before, ask, answer.status_code, answer.text)
        known[key] = _told(ask.after, answer)
        self.ledger.acknowledge(key, known[key])
        return True

    def was_refused(self) -> bool:
        """Tell whether there were more refusals than clients."""
        return self.refused.total() > len(AGENCIES)

    def stop(self) -> None:
        """Let every client end with the answer that it waits for."""
        self._stop.set()


def send(client: httpx.Client, key: Key, ask: Ask, before: State | None) -> httpx.Response:
    """Ask for a write, based on the state that the client knows."""
    role = role_for(ask.method, ask.rest, ask.body)
    headers = bearer(WHOLE_TREE[Role.REVIEWER if role is Role.REVIEWER else Role.SYSTEM])
    based_on = {} if before is None or before.etag is None else {"If-Match": before.etag}
    path = address(*key, ask.rest)
    return client.request(ask.method, path, json=ask.body, params=ask.params, headers=headers | based_on)


def _told(after: State, answer: httpx.Response) -> State:
    return State(
        after.status, after.version, after.number, after.acts, after.steps, state_in(answer.headers["etag"])
    )


@contextmanager
def writing(service: str, ledger: Ledger, seed: int) -> Iterator[Crowd]:
    """Let all clients write while the block runs; what one of them didn't expect is raised at its end."""
    crowd = Crowd(service, ledger)
    with ThreadPoolExecutor(len(AGENCIES)) as pool:
        clients = [
            pool.submit(crowd.write, agency, seed * 100 + place) for place, agency in enumerate(AGENCIES)
        ]
        try:
            yield crowd
        finally:
            crowd.stop()
    for client in clients:
        client.result()


def wait_for_more(ledger: Ledger, writes: int) -> float:
    """Wait for some more acknowledgements; return for how long, in seconds."""
    known, started = ledger.acknowledged(), time.monotonic()
    wait_until(lambda: ledger.acknowledged() >= known + writes)
    return time.monotonic() - started


def wait_until(happened: Callable[[], bool]) -> None:
    """Wait for something that must happen soon."""
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline, "it didn't happen"
        time.sleep(0.02)
