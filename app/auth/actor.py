"""Whoever does something, as the records name them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who calls the service; until there are tokens, only where from is known.

    Attributes:
        name: as it stands in the records.
    """

    name: str


COMMAND_LINE = Actor("命令行")


def anonymous(address: str) -> Actor:
    """Return the actor for a call without credentials."""
    return Actor(f"未登录（{address}）")
