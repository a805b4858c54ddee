"""Shutting out whoever keeps failing to sign in, by address, for a while."""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from ipaddress import IPv6Address, IPv6Network
from threading import Lock
from typing import TYPE_CHECKING

from app.auth.networks import address_in
from app.errors import TooManyAttempts

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_ADDRESSES = 10_000
"""How many addresses are remembered; the one that was quiet longest is forgotten first."""

_IPV6_HOUSEHOLD = 64
"""Bits of an IPv6 address that name a line: the rest can be changed at will."""


@dataclass(slots=True)
class Lockout:
    """Failures of late, by address.

    Attributes:
        most: failures within the window before an address is shut out.
        seconds: how long failures count, and so how long an address stays shut out.
        now: the clock.
    """

    most: int
    seconds: int
    now: Callable[[], float] = time.monotonic
    _failures: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def refuse_locked(self, address: str | None) -> None:
        """Refuse an address that failed too often.

        Args:
            address: where the call comes from; None for a gateway's own, which is never shut out.

        Raises:
            TooManyAttempts: it did.
        """
        line = line_of(address)
        if line is None:
            return
        with self._lock:
            recent = self._recent(line)
            wait = self.seconds - (self.now() - recent[0]) if len(recent) >= self.most else 0
        if wait > 0:
            minutes = -(-self.seconds // 60)
            raise TooManyAttempts(
                f"从 {line} 登录失败的次数太多；请在 {minutes} 分钟后再试，并核对令牌", math.ceil(wait)
            )

    def count(self, address: str | None) -> None:
        """Note a failure."""
        line = line_of(address)
        if line is None:
            return
        with self._lock:
            recent = self._recent(line)
            recent.append(self.now())
            self._failures[line] = recent
            self._failures.move_to_end(line)
            while len(self._failures) > _MOST_ADDRESSES:
                self._failures.popitem(last=False)

    def _recent(self, line: str) -> deque[float]:
        recent = self._failures.get(line, deque(maxlen=self.most))
        while recent and self.now() - recent[0] >= self.seconds:
            recent.popleft()
        return recent


def line_of(address: str | None) -> str | None:
    """Return what is shut out: an IPv4 address, or the network of an IPv6 one; None for what is no address.

    A gateway that doesn't tell whom it calls for may write `unknown`: that stands for everybody.
    """
    known = address_in(address or "")
    if isinstance(known, IPv6Address):
        return str(IPv6Network((int(known), _IPV6_HOUSEHOLD), strict=False))
    return None if known is None else str(known)
