"""When a webhook that wasn't taken is sent again, and what an answer to one means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"

    @property
    def label(self) -> str:
        """As people call it."""
        return _STATES[self]


_STATES = {
    DeliveryState.PENDING: "等待推送",
    DeliveryState.DELIVERED: "已送达",
    DeliveryState.GIVEN_UP: "已放弃",
}


class Hindrance(StrEnum):
    """Why there was no answer."""

    ADDRESS_REFUSED = "address-refused"
    UNKNOWN_HOST = "unknown-host"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    NO_HTTP = "no-http"

    @property
    def label(self) -> str:
        """What it means, for whoever runs the receiver."""
        return _HINDRANCES[self]


_HINDRANCES = {
    Hindrance.ADDRESS_REFUSED: "网址不允许，或域名指向不允许推送的地址",
    Hindrance.UNKNOWN_HOST: "域名解析不到",
    Hindrance.UNREACHABLE: "连接不上，或证书不对",
    Hindrance.TIMEOUT: "没有在规定时间内回答",
    Hindrance.NO_HTTP: "回答的不是 HTTP",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of an attempt.

    Attributes:
        status: of the answer; None where there was none.
        hindrance: why there was none.
        retry_after: in how many seconds the receiver wants the next attempt, if it says so.
    """

    status: int | None = None
    hindrance: Hindrance | None = None
    retry_after: float | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - HTTP's 2xx

    @property
    def is_farewell(self) -> bool:
        """Whether the receiver wants no more of these: 410 Gone."""
        return self.status == 410  # noqa: PLR2004 - HTTP's

    @property
    def is_of_all(self) -> bool:
        """Whether another message would have fared no better: the receiver is away, or overburdened."""
        return self.status is None or self.status in _AWAY


_AWAY = {429, 502, 503, 504}

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long to wait after each attempt of a message, as Standard Webhooks has it: three days, in all."""

JITTER = 0.2
"""By which part a pause may be longer, so that what failed together doesn't come again together."""

SHORTEST_REST, LONGEST_REST = timedelta(seconds=5), timedelta(minutes=5)
"""How long a webhook isn't called whose receiver is away; twice as long each time."""

MOST_ASKED = timedelta(hours=24)
"""How long a receiver may put a message off."""


def pause_after(attempts: int, reply: Reply, chance: float) -> timedelta | None:
    """Return how long to wait before a message is sent again; None where it is given up.

    Args:
        attempts: how often it was sent in vain.
        reply: to the last of them.
        chance: anything from 0 to 1.
    """
    if attempts > len(PAUSES):
        return None
    return max(PAUSES[attempts - 1] * (1 + JITTER * chance), _asked(reply, MOST_ASKED))


def rest_after(failures: int, reply: Reply, chance: float) -> timedelta:
    """Return how long to leave a receiver alone that is away.

    Args:
        failures: how often it was called in vain, one after another.
        reply: to the last call.
        chance: anything from 0 to 1.
    """
    doublings = min(failures - 1, 10)
    rest = min(SHORTEST_REST * (1 << doublings), LONGEST_REST)
    return max(rest * (1 + JITTER * chance), _asked(reply, LONGEST_REST))


def _asked(reply: Reply, most: timedelta) -> timedelta:
    # what receivers say may be more than a timedelta holds
    return timedelta(seconds=min(max(reply.retry_after or 0, 0), most.total_seconds()))
