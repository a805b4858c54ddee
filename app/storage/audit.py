"""The audit trail: entries chained by their hashes, a chain for each county and one for the system.

An entry's hash covers every column of its row and the hash before it.  Whoever writes entries holds the ends
of their chains for the commit, so a chain never forks, and counties hardly wait for each other.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Select, Update, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.storage.digests import Digest, digest_of
from app.storage.models import AUDIT_ENTRY, AUDIT_HEAD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.storage.engine import WriteSession

SYSTEM = "_system"
"""The chain of all that belongs to no county; no agency can have this code."""


class ChainEnd(NamedTuple):
    """The number and hash of a chain's last entry."""

    number: int
    hash: str


START = "0" * 64
"""What the first entry of a chain follows."""


_COLUMNS = tuple(column.name for column in AUDIT_ENTRY.c)
_HASHED = tuple(name for name in _COLUMNS if name != "hash")
_END = {name: AUDIT_HEAD.c[name] for name in ("number", "hash", "algorithm")}
_NOTHING: dict[str, object] = dict.fromkeys(_COLUMNS)


def append(session: WriteSession, chain: str, entry: Mapping[str, object]) -> None:
    """Add an entry at the end of its chain; it is written just before the commit.

    Args:
        session: the transaction of what the entry tells of.
        chain: a county's code, or SYSTEM.
        entry: the columns of `AuditEntry` but those that make the chain, and the time.
    """
    session.entries.append({**entry, "chain": chain})


def write_entries(session: WriteSession, moment: datetime | None = None) -> None:
    """Write the entries that were added, each at the end of its chain, as of *moment*, now unless told.

    The ends are held from here to the commit: after all else that a transaction holds, and in one order, so
    that no two wait for each other; and in a chain no entry has an earlier time than the one before.
    """
    session.flush()
    if not session.entries:
        return
    ends = {chain: _hold_head(session, chain) for chain in sorted({str(e["chain"]) for e in session.entries})}
    at, rows = written(moment or datetime.now(UTC)), []
    for entry in session.entries:
        chain = str(entry["chain"])
        rows.append(_chained(session.digest, {**entry, "at": at}, ends[chain]))
        ends[chain] = ChainEnd(ends[chain].number + 1, str(rows[-1]["hash"]))
    last = {row["chain"]: row for row in rows}
    connection = session.connection()
    connection.execute(insert(AUDIT_ENTRY), rows)
    connection.execute(
        _move_head(), [{f"to_{name}": row[name] for name in ("chain", *_END)} for row in last.values()]
    )
    session.entries.clear()


def _chained(digest: Digest, entry: Mapping[str, object], end: ChainEnd) -> dict[str, object]:
    """Return an entry as the row that follows the end of its chain."""
    row = _NOTHING | dict(entry)
    row |= {"number": end.number + 1, "algorithm": digest.value, "previous": end.hash}
    return row | {"hash": hash_of(row)}


@cache
def _move_head() -> Update:
    end = {column: bindparam(f"to_{column.name}", type_=column.type) for column in _END.values()}
    return update(AUDIT_HEAD).where(AUDIT_HEAD.c.chain == bindparam("to_chain")).values(end)


def _hold_head(session: WriteSession, chain: str) -> ChainEnd:
    """Return the end of a chain and keep others from adding to it."""
    # the connection's own `execute` doesn't write what the session still has to write
    connection, known = session.connection(), {"of_chain": chain}
    head = connection.execute(_head(), known).one_or_none()
    if head is None:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        first = {"chain": chain, "number": 0, "hash": START, "algorithm": session.digest.value}
        connection.execute(dialect.insert(AUDIT_HEAD).on_conflict_do_nothing(), first)
        head = connection.execute(_head(), known).one()
    return ChainEnd(*head)


@cache
def _head() -> Select[int, str]:
    held = select(AUDIT_HEAD.c.number, AUDIT_HEAD.c.hash).where(AUDIT_HEAD.c.chain == bindparam("of_chain"))
    return held.with_for_update()


def hash_of(entry: Mapping[str, object]) -> str:
    """Return the hash of an entry: of every column but the hash itself, the hash before it included."""
    columns = {name: entry[name] for name in _HASHED}
    # whatever somebody put in the place of text or a number must be covered as well
    text = json.dumps(columns, ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=repr)
    return digest_of(Digest(str(entry["algorithm"])), text.encode())


def written(moment: datetime) -> str:
    """Write a moment so that it sorts as text: UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
