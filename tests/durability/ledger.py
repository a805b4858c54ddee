"""What clients were told, and whether what is stored keeps those promises.

A client notes what it is about to ask for before it asks, and that it was acknowledged when it has the
answer.  Of what was asked for and never answered, all may be there or nothing.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum, auto
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Key: TypeAlias = tuple[str, int]
"""An agency and a year."""

AT_LAST = 2**63
"""A moment after all others."""


@dataclass(frozen=True, slots=True)
class State:
    """A report with all that a write leaves behind.

    Attributes:
        status: where it stands.
        version: the number of its current version.
        number: the figure by which a write is told from every other.
        acts: what the audit trail tells of it, the oldest first.
        steps: which steps it took, the oldest first.
        etag: of this state; None where nobody was told.
    """

    status: str
    version: int
    number: int | None
    acts: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    etag: str | None = None

    def is_what_was_meant_by(self, meant: State) -> bool:
        """Tell whether this stored state is that one to the last detail."""
        return replace(self, etag=meant.etag) == meant and meant.etag in (None, self.etag)


@dataclass(frozen=True, slots=True)
class Promise:
    """What a report may be like.

    Attributes:
        acknowledged: as the client was told last; None where it was told of none.
        earlier: as it was before that.
        in_flight: as it is to be by a write that wasn't answered, if there is one.
    """

    acknowledged: State | None = None
    earlier: tuple[State | None, ...] = ()
    in_flight: State | None = None


class Verdict(StrEnum):
    """What became of a promise."""

    KEPT = "kept"
    LOST = "lost"
    HALF_APPLIED = "half-applied"


def judge(promise: Promise, stored: State | None) -> Verdict:
    """Tell whether a stored report is as promised.

    It is lost where an acknowledged write is gone without a trace, half-applied where it is like nothing that
    anybody asked for.
    """
    if _is(stored, promise.acknowledged) or (promise.in_flight and _is(stored, promise.in_flight)):
        return Verdict.KEPT
    if stored is None or any(_is(stored, state) for state in promise.earlier):
        return Verdict.LOST
    return Verdict.HALF_APPLIED


def _is(stored: State | None, meant: State | None) -> bool:
    if stored is None or meant is None:
        return stored is meant
    return stored.is_what_was_meant_by(meant)


def judge_all(promises: Mapping[Key, Promise], stored: Mapping[Key, State]) -> Counter[Verdict]:
    """Count the verdicts on every report that was promised or is there."""
    keys = promises.keys() | stored.keys()
    return Counter(judge(promises.get(key, Promise()), stored.get(key)) for key in keys)


class _Kind(Enum):
    INTENDED = auto()
    ACKNOWLEDGED = auto()
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class _Event:
    moment: int
    key: Key
    kind: _Kind
    state: State | None = None


@dataclass(slots=True)
class Ledger:
    """What the clients of one round noted; each report has one client, which waits for each answer.

    Attributes:
        start: the reports as they were found before the round.
    """

    start: Mapping[Key, State] = field(default_factory=dict)
    _events: list[_Event] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def intend(self, key: Key, state: State) -> None:
        """Note what a client is about to ask for."""
        self._note(key, _Kind.INTENDED, state)

    def acknowledge(self, key: Key, state: State) -> None:
        """Note what a client was told."""
        self._note(key, _Kind.ACKNOWLEDGED, state)

    def refuse(self, key: Key) -> None:
        """Note that a client was told that nothing was stored."""
        self._note(key, _Kind.REFUSED)

    def _note(self, key: Key, kind: _Kind, state: State | None = None) -> None:
        with self._lock:
            self._events.append(_Event(time.monotonic_ns(), key, kind, state))

    def acknowledged(self, moment: int = AT_LAST) -> int:
        """Return how many answers the clients had by a moment."""
        return sum(event.kind is _Kind.ACKNOWLEDGED for event in self._until(moment))

    def promises(self, moment: int = AT_LAST) -> dict[Key, Promise]:
        """Return what every report may be like if all stops at a moment (`time.monotonic_ns`)."""
        promises = {key: Promise(state) for key, state in self.start.items()}
        for event in self._until(moment):
            before = promises.get(event.key, Promise())
            promises[event.key] = _after(before, event)
        return promises

    def _until(self, moment: int) -> list[_Event]:
        with self._lock:
            return [event for event in self._events if event.moment <= moment]


def _after(promise: Promise, event: _Event) -> Promise:
    if event.kind is not _Kind.ACKNOWLEDGED:
        return replace(promise, in_flight=event.state)
    return Promise(event.state, (*promise.earlier, promise.acknowledged))
