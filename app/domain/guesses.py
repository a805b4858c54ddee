"""What somebody probably meant who named something that isn't there."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_NAME = 100
"""No name of ours is longer; to compare a much longer one would take long."""


def guess(name: str, known: Iterable[str]) -> str:
    """Ask whether the known name nearest to an unknown one was meant, to follow what says that it is unknown.

    Empty where none is near.
    """
    near = get_close_matches(name[:LONGEST_NAME], known, 1)
    return f"；是不是“{near[0]}”？" if near else ""
