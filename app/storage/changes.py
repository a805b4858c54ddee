"""The feed of changes: numbered in the order of the commits, without gaps."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import BindParameter, Update, bindparam, insert, update

from app.storage.models import CHANGE, CHANGE_HEAD

if TYPE_CHECKING:
    from app.storage.engine import WriteSession


def number_changes(session: WriteSession) -> None:
    """Write a transaction's changes with the next numbers; it must be committed or undone right afterwards.

    Whoever has the numbers keeps the others from theirs until the commit, so that nobody ever reads a number
    before a smaller one.  It is the last lock that a transaction takes, and held for the commit alone.
    """
    session.flush()
    if not session.changes:
        return
    last = session.scalar(_take_numbers(), {"many": len(session.changes)}) or 0
    first = last - len(session.changes) + 1
    session.execute(
        insert(CHANGE), [{**change, "number": number} for number, change in enumerate(session.changes, first)]
    )
    session.changes.clear()


@cache
def _take_numbers() -> Update:
    many: BindParameter[int] = bindparam("many")
    return update(CHANGE_HEAD).values(number=CHANGE_HEAD.c.number + many).returning(CHANGE_HEAD.c.number)
