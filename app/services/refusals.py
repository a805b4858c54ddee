"""Refused logins and refused acts, in the audit trail: the first at once, repeated ones as a count."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy.exc import OperationalError

from app.auth.lockout import line_of
from app.services.audit import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.auth.actor import Actor
    from app.domain.acts import Act
    from app.storage.engine import Database

log = logging.getLogger(__name__)

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
        """Refusals that are alike in this are told of once, with their number.

        What they asked for isn't part of it, nor the last bits of an IPv6 address: callers make them up.
        """
        address = self.actor.address
        return self.act, self.actor.holder, line_of(address) or address, self.why


Kind: TypeAlias = "tuple[Act, str, str | None, str]"


@dataclass(slots=True)
class _Count:
    refused: Refused
    since: float
    times: int = 0
    target: str | None = None

    def add(self, refused: Refused) -> None:
        """Count another of the kind; the target is told only if all have the same."""
        self.target = refused.target if self.times == 0 or self.target == refused.target else None
        self.times += 1


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
                count.add(refused)
        if count is None:
            due.append(_Count(refused, 0, 1, refused.target))
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
        try:
            with self.database.writing() as session:
                for count in repeated:
                    refused, said = count.refused, {"why": count.refused.why}
                    record(session, refused.actor, refused.act, count.target, details=said, times=count.times)
        except OperationalError:
            log.warning("%d kinds of refusal can't be recorded now; they are kept", len(repeated))
            self._keep(repeated)

    def _keep(self, counts: list[_Count]) -> None:
        """Go on counting what couldn't be recorded."""
        with self._lock:
            for count in counts:
                known = self._counts.setdefault(count.refused.kind, count)
                if known is not count:
                    same = known.times == 0 or known.target == count.target
                    known.target = count.target if same else None
                    known.times += count.times
