"""The feed of changes: numbered in the order of the commits, without gaps."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Select, func, insert, select, text

from app.storage.models import CHANGE

if TYPE_CHECKING:
    from app.storage.engine import ReadSession, WriteSession


def number_changes(session: WriteSession) -> None:
    """Write a transaction's changes with the next numbers; it must be committed or undone right afterwards.

    Whoever has the numbers keeps the others from theirs until the commit, so that nobody ever reads a number
    before a smaller one.  It is the last lock that a transaction takes, and held for the commit alone.
    """
    session.flush()
    if not session.changes:
        return
    _await_numbers(session)
    first = last_number(session) + 1
    session.execute(
        insert(CHANGE), [{**change, "number": number} for number, change in enumerate(session.changes, first)]
    )
    session.changes.clear()


def _await_numbers(session: WriteSession) -> None:
    # SQLite's writers queue anyway
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext('nianbao change'))"))


def last_number(session: ReadSession) -> int:
    """Return the number of the last change, 0 where there is none; all up to it are there to be read."""
    return session.scalar(_last()) or 0


@cache
def _last() -> Select[int | None]:
    return select(func.max(CHANGE.c.number))
