"""Lanes: so many at once, so many in line behind them, and whoever comes then is told to come again."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.errors import TooManyRequests, Unavailable

if TYPE_CHECKING:
    from collections.abc import Hashable


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a lane takes.

    Attributes:
        running: how many are served at once.
        waiting: how many may stand in line.
        seconds: how long each of them may.
        of_one_client: how many of all these may come from one client.
    """

    running: int
    waiting: int
    seconds: float
    of_one_client: int

    @property
    def running_of_one_client(self) -> int:
        """How many of one client's are served at once: never all, so that its slow ones shut nobody out."""
        return max(1, self.running * 3 // 4)


@dataclass(slots=True, eq=False)
class Place:
    """Somebody's place in a lane, taken until it is left."""

    lane: Lane
    client: Hashable
    is_left: bool = False

    def leave(self) -> None:
        """Make room for the next; leaving twice is leaving once."""
        if not self.is_left:
            self.is_left = True
            self.lane.free(self.client)


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    client: Hashable
    turn: asyncio.Future[None]


class Lane:
    """Places that are given to whoever has the fewest already, and among equals to whoever came first.

    It belongs to one event loop.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._running: Counter[Hashable] = Counter()
        self._line: list[_Waiting] = []

    async def enter(self, client: Hashable | None) -> Place:
        """Return a place as soon as there is one; who is known as None has nobody else counted against it.

        Raises:
            TooManyRequests: that client has too many in here.
            Unavailable: the line is full, or it took too long.
        """
        known = object() if client is None else client
        if self._count_of(known) >= self.limits.of_one_client:
            raise TooManyRequests(f"同时处理和等候的请求已有 {self.limits.of_one_client} 个，请稍后再试")
        # whoever is in line couldn't have taken it
        if self._is_free_for(known):
            self._running[known] += 1
        elif len(self._line) < self.limits.waiting:
            await self._wait(known)
        else:
            raise Unavailable("系统正忙，等候的请求太多，请稍后再试")
        return Place(self, known)

    def _count_of(self, client: Hashable) -> int:
        return self._running[client] + sum(waiting.client == client for waiting in self._line)

    def _is_free_for(self, client: Hashable) -> bool:
        is_free = self._running.total() < self.limits.running
        return is_free and self._running[client] < self.limits.running_of_one_client

    async def _wait(self, client: Hashable) -> None:
        waiting = _Waiting(client, asyncio.get_running_loop().create_future())
        self._line.append(waiting)
        try:
            async with asyncio.timeout(self.limits.seconds):
                await waiting.turn
        except TimeoutError as late:
            self._give_up(waiting)
            raise Unavailable("系统正忙，等候的时间太长，请稍后再试") from late
        except asyncio.CancelledError:
            self._give_up(waiting)
            raise

    def _give_up(self, waiting: _Waiting) -> None:
        """Leave the line; a turn that came at this very moment goes to the next."""
        if waiting in self._line:
            self._line.remove(waiting)
        else:
            self.free(waiting.client)

    def free(self, client: Hashable) -> None:
        """Take a client's place back and give it to whoever is next."""
        self._running[client] -= 1
        # a client without a name is never seen again
        self._running += Counter()
        self._call_next()

    def _call_next(self) -> None:
        while ready := [waiting for waiting in self._line if self._may_be_called(waiting)]:
            chosen = min(ready, key=lambda waiting: self._running[waiting.client])
            self._line.remove(chosen)
            self._running[chosen.client] += 1
            chosen.turn.set_result(None)

    def _may_be_called(self, waiting: _Waiting) -> bool:
        return self._is_free_for(waiting.client) and not waiting.turn.done()
