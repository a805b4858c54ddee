"""Refused logins and refused acts, in the audit trail: the first at once, repeated ones as a count."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

from app.services.audit import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.auth.actor import Actor
    from app.domain.acts import Act
    from app.storage.engine import Database

WINDOW_S = 60
_MOST_KINDS = 1000
"""How many kinds of refusal are counted at once; further ones force the oldest into the trail."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal that is to be recorded.

    Attributes:
        actor: who was refused, as far as is known, and where from.
        act: a refused login or a refused act.
        target: what they asked for: method and path.
        why: as they were told.
    """

    actor: Actor
    act: Act
    target: str
    why: str

    @property
    def kind(self) -> Kind:
        """Refusals that are alike in this are told of once, with their number."""
        return self.act, self.actor.holder, self.actor.address, self.target, self.why


Kind: TypeAlias = "tuple[Act, str, str | None, str, str]"


@dataclass(slots=True)
class _Count:
    refused: Refused
    since: float
    times: int = 0


@dataclass(slots=True)
class RefusalLog:
    """Counts refusals of the same kind, so that a flood of them can't fill the trail.

    Attributes:
        database: where the trail is.
        now: the clock.
    """

    database: Database
    now: Callable[[], float] = time.monotonic
    _counts: OrderedDict[Kind, _Count] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def note(self, refused: Refused) -> None:
        """Record a refusal at once if it is the first of its kind of late, and count it otherwise."""
        with self._lock:
            due = self._take_due()
            count = self._counts.get(refused.kind)
            if count is None:
                self._counts[refused.kind] = _Count(refused, self.now())
            else:
                count.times += 1
        if count is None:
            due.append(_Count(refused, 0, times=1))
        self._write(due)

    def flush(self) -> None:
        """Record what was counted so far."""
        with self._lock:
            due = list(self._counts.values())
            self._counts.clear()
        self._write(due)

    def _take_due(self) -> list[_Count]:
        due = []
        while self._counts:
            oldest = next(iter(self._counts.values()))
            if self.now() - oldest.since < WINDOW_S and len(self._counts) < _MOST_KINDS:
                break
            due.append(self._counts.popitem(last=False)[1])
        return due

    def _write(self, counts: list[_Count]) -> None:
        repeated = [count for count in counts if count.times]
        if not repeated:
            return
        with self.database.writing() as session:
            for count in repeated:
                refused = count.refused
                said = {"why": refused.why}
                record(session, refused.actor, refused.act, refused.target, details=said, times=count.times)
