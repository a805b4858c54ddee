"""The audit trail: entries chained by their hashes, a chain for each county and one for the system.

An entry's hash covers every column of its row and the hash before it.  Whoever adds an entry holds the head
of its chain until the transaction ends, so a chain never forks, and counties don't wait for each other.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.storage.digests import Digest, digest_of
from app.storage.models import AUDIT_ENTRY, AUDIT_HEAD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.storage.engine import WriteSession

SYSTEM = "_system"
"""The chain of all that belongs to no county; no agency can have this code."""

START = "0" * 64
"""What the first entry of a chain follows."""


def append(session: WriteSession, chain: str, entry: Mapping[str, object]) -> None:
    """Add an entry at the end of its chain.

    Args:
        session: the transaction of what the entry tells of.
        chain: a county's code, or SYSTEM.
        entry: the columns of `AuditEntry` but those that make the chain.
    """
    number, previous = _hold_head(session, chain)
    algorithm = session.digest
    row: dict[str, object] = {column.name: None for column in AUDIT_ENTRY.c} | dict(entry)
    row |= {"chain": chain, "number": number + 1, "algorithm": algorithm.value, "previous": previous}
    row["hash"] = hash_of(row)
    session.execute(insert(AUDIT_ENTRY), row)
    session.execute(
        update(AUDIT_HEAD).where(AUDIT_HEAD.c.chain == chain),
        {"number": number + 1, "hash": row["hash"], "algorithm": algorithm.value},
    )


def _hold_head(session: WriteSession, chain: str) -> tuple[int, str]:
    """Return the last number and hash of a chain and keep others from adding to it."""
    held = select(AUDIT_HEAD.c.number, AUDIT_HEAD.c.hash).where(AUDIT_HEAD.c.chain == chain).with_for_update()
    head = session.execute(held).one_or_none()
    if head is None:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        first = {"chain": chain, "number": 0, "hash": START, "algorithm": session.digest.value}
        session.execute(dialect.insert(AUDIT_HEAD).on_conflict_do_nothing(), first)
        head = session.execute(held).one()
    return head.number, head.hash


def hash_of(entry: Mapping[str, object]) -> str:
    """Return the hash of an entry: of every column but the hash itself, the hash before it included."""
    columns = {column.name: entry[column.name] for column in AUDIT_ENTRY.c if column.name != "hash"}
    # whatever somebody put in the place of text or a number must be covered as well
    text = json.dumps(columns, ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=repr)
    return digest_of(Digest(str(entry["algorithm"])), text.encode())


def written(moment: datetime) -> str:
    """Write a moment so that it sorts as text: UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
