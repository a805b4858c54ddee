"""Two reports beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.comparison import Comparison, compare_reports
from app.services.history import find_seen

if TYPE_CHECKING:
    from app.auth.actor import Actor
    from app.services.filed import Filed
    from app.storage.engine import ReadSession


@dataclass(frozen=True, slots=True)
class Compared:
    """Two reports, and what they have in common and what not."""

    left: Filed
    right: Filed
    comparison: Comparison


def compare_seen(
    session: ReadSession, actor: Actor, left: tuple[str, int], right: tuple[str, int]
) -> Compared:
    """Compare two reports, each by its agency and year, as the actor is to see them.

    Raises:
        NotFound: one of them isn't there, or the actor doesn't reach it.
    """
    one, other = (find_seen(session, actor, *key) for key in (left, right))
    return Compared(one, other, compare_reports(one.content, other.content))
