"""Reading the audit trail, proving that nobody touched it, and pruning it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import ColumnElement, delete, func, insert, select, true, tuple_
from sqlalchemy.exc import DBAPIError

from app.auth.rights import require, within_reach
from app.domain.acts import Act
from app.domain.roles import Right
from app.errors import InvalidRequest
from app.services.audit import record
from app.services.filed import find_report
from app.storage.audit import START, hash_of, written
from app.storage.digests import Digest, keyed_digest_of
from app.storage.models import AGENCY, AUDIT_CHECKPOINT, AUDIT_ENTRY, AUDIT_HEAD, AuditEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import Row, RowMapping

    from app.auth.actor import Actor
    from app.storage.engine import ReadSession, WriteSession

KEPT_AT_LEAST = timedelta(days=183)
"""《网络安全法》第二十一条: six months."""

_AT_ONCE = 1000
Place: TypeAlias = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class EntriesWanted:
    """Which entries to list; what isn't said doesn't matter.

    Attributes:
        agency: about this agency's report, or itself.
        year: about the report of this year.
        act: of this kind.
        holder: by this person or system.
        since: from this moment on.
        until: before this moment.
    """

    agency: str | None = None
    year: int | None = None
    act: Act | None = None
    holder: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what the entries must fulfil."""
        entry = AUDIT_ENTRY.c
        named = (
            (entry.agency, self.agency),
            (entry.year, self.year),
            (entry.act, self.act),
            (entry.holder, self.holder),
        )
        conditions = [column == value for column, value in named if value is not None]
        conditions += [entry.at >= written(self.since)] if self.since else []
        return conditions + ([entry.at < written(self.until)] if self.until else [])


def list_entries(
    session: ReadSession, actor: Actor, wanted: EntriesWanted, before: Place | None, limit: int
) -> list[AuditEntry]:
    """Return up to *limit* entries about agencies that the actor reaches, the newest first.

    Raises:
        Forbidden: the actor may not read the trail.
    """
    require(actor, Right.READ_AUDIT, "审计记录")
    return _page(session, [_seen_by(actor), *wanted.conditions()], before, limit)


def list_report_entries(
    session: ReadSession, actor: Actor, key: tuple[str, int], before: Place | None, limit: int
) -> list[AuditEntry]:
    """Return up to *limit* entries about a report, the newest first.

    Raises:
        NotFound: there is no such report that the actor reaches.
        Forbidden: they may not read the trail.
    """
    filed = find_report(session, actor, *key, Right.READ_AUDIT)
    wanted = EntriesWanted(agency=filed.agency.code, year=filed.report.year)
    return _page(session, wanted.conditions(), before, limit)


def _page(
    session: ReadSession, conditions: list[ColumnElement[bool]], before: Place | None, limit: int
) -> list[AuditEntry]:
    entry = AUDIT_ENTRY.c
    chosen = select(AuditEntry).where(*conditions)
    if before is not None:
        chosen = chosen.where(tuple_(entry.at, entry.chain, entry.number) < before)
    chosen = chosen.order_by(entry.at.desc(), entry.chain.desc(), entry.number.desc())
    return list(session.scalars(chosen.limit(limit)))


def _seen_by(actor: Actor) -> ColumnElement[bool]:
    if actor.under is None:
        return true()
    return AUDIT_ENTRY.c.agency.in_(select(AGENCY.c.code).where(within_reach(actor)))


@dataclass(frozen=True, slots=True)
class ChainChecked:
    """What came of checking a chain.

    Attributes:
        chain: a county's code, or the system's.
        entries: how many were checked.
        number: of the last entry.
        hash: of the last entry, for anchoring outside.
        broken_at: number of the first entry that isn't as it was written; None where all are.
        fault: in Chinese, what is wrong with it.
    """

    chain: str
    entries: int
    number: int
    hash: str
    broken_at: int | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """The end of a chain as it was noted outside at some time."""

    chain: str
    number: int
    hash: str


def verify(
    session: ReadSession, actor: Actor, key: bytes, anchors: Iterable[Anchor] = ()
) -> list[ChainChecked]:
    """Check every chain that the actor may read, entry by entry.

    Args:
        session: one moment of the database.
        actor: who asks.
        key: with which checkpoints are signed.
        anchors: ends of chains, noted outside, that must still be where they were.

    Raises:
        Forbidden: the actor may not read the trail.
    """
    require(actor, Right.READ_AUDIT, "审计记录")
    noted: dict[str, dict[int, str]] = {}
    for anchor in anchors:
        noted.setdefault(anchor.chain, {})[anchor.number] = anchor.hash
    chains = sorted({*_chains(session, actor), *noted})
    return [_verify_chain(session, chain, key, noted.get(chain, {})) for chain in chains]


def _chains(session: ReadSession, actor: Actor) -> set[str]:
    names = {*session.scalars(select(AUDIT_HEAD.c.chain))}
    names |= {*session.scalars(select(AUDIT_ENTRY.c.chain).distinct())}
    if actor.under is None:
        return names
    return names & {*session.scalars(select(AGENCY.c.code).where(within_reach(actor)))}


def list_heads(session: ReadSession) -> list[Anchor]:
    """Return the end of every chain."""
    chosen = select(AUDIT_HEAD.c.chain, AUDIT_HEAD.c.number, AUDIT_HEAD.c.hash)
    return [Anchor(*row) for row in session.execute(chosen.order_by(AUDIT_HEAD.c.chain))]


class _BrokenError(Exception):
    """The chain isn't as it was written."""

    def __init__(self, number: int, fault: str) -> None:
        super().__init__(fault)
        self.number = number
        self.fault = fault


def _verify_chain(session: ReadSession, chain: str, key: bytes, noted: Mapping[int, str]) -> ChainChecked:
    walk = _Walk(chain)
    try:
        walk.start_from(_checkpoint(session, chain), key)
        for entry in _entries(session, chain):
            walk.step(entry, noted)
        walk.end_at(session.execute(select(AUDIT_HEAD).where(AUDIT_HEAD.c.chain == chain)).one_or_none())
        walk.require_noted(noted)
    except _BrokenError as broken:
        return ChainChecked(chain, walk.entries, walk.number, walk.hash, broken.number, broken.fault)
    return ChainChecked(chain, walk.entries, walk.number, walk.hash)


def _entries(session: ReadSession, chain: str) -> Iterator[Mapping[str, object]]:
    """Yield a chain's entries in order.

    Raises:
        _BrokenError: one can't even be read.
    """
    chosen = select(AUDIT_ENTRY).where(AUDIT_ENTRY.c.chain == chain)
    last = 0
    while True:
        some = chosen.where(AUDIT_ENTRY.c.number > last).order_by(AUDIT_ENTRY.c.number)
        try:
            rows = session.execute(some.limit(_AT_ONCE)).mappings().all()
        except DBAPIError as failure:
            raise _BrokenError(*_unreadable(session, chain, last)) from failure
        yield from (_named(row) for row in rows)
        if len(rows) < _AT_ONCE:
            return
        last = int(rows[-1]["number"])


def _named(row: RowMapping) -> dict[str, object]:
    return {str(name): value for name, value in row.items()}


def _unreadable(session: ReadSession, chain: str, last: int) -> tuple[int, str]:
    """Find the first entry after *last* that can't be read."""
    number = last + 1
    chosen = select(AUDIT_ENTRY).where(AUDIT_ENTRY.c.chain == chain)
    try:
        while True:
            session.execute(chosen.where(AUDIT_ENTRY.c.number == number)).all()
            number += 1
    except DBAPIError:
        return number, f"第 {number} 条读不出来"


def _checkpoint(session: ReadSession, chain: str) -> Row[*tuple[object, ...]] | None:
    chosen = select(AUDIT_CHECKPOINT).where(AUDIT_CHECKPOINT.c.chain == chain)
    return session.execute(chosen.order_by(AUDIT_CHECKPOINT.c.number.desc()).limit(1)).one_or_none()


class _Walk:
    """Goes along a chain: where it is, and what must come next."""

    def __init__(self, chain: str) -> None:
        self.chain = chain
        self.entries = 0
        self.number = 0
        self.hash = START

    def start_from(self, checkpoint: Row[*tuple[object, ...]] | None, key: bytes) -> None:
        """Begin where the chain was pruned, if it was."""
        if checkpoint is None:
            return
        columns = dict(checkpoint._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
        number = int(str(columns["number"]))
        if not key:
            raise _BrokenError(number, "清理时的签名没法核对：没有设置密钥（NIANBAO_SECRET_KEY）")
        if columns["signature"] != sign(columns, key):
            raise _BrokenError(number, "清理时留下的记录被改动过：签名不符")
        self.number, self.hash = number, str(columns["hash"])

    def step(self, entry: Mapping[str, object], noted: Mapping[int, str]) -> None:
        """Go on to the next entry."""
        expected = self.number + 1
        if entry["number"] != expected:
            raise _BrokenError(expected, f"缺第 {expected} 条：接下来的是第 {entry['number']} 条")
        if entry["previous"] != self.hash:
            raise _BrokenError(expected, f"第 {expected} 条与前一条接不上")
        if entry["hash"] != _rehash(entry):
            raise _BrokenError(expected, f"第 {expected} 条被改动过：内容与散列值不符")
        if noted.get(expected, entry["hash"]) != entry["hash"]:
            raise _BrokenError(expected, f"第 {expected} 条与外部记下的散列值不符")
        self.entries, self.number, self.hash = self.entries + 1, expected, str(entry["hash"])

    def end_at(self, head: Row[*tuple[object, ...]] | None) -> None:
        """Hold the end to what the chain's head says."""
        following = self.number + 1
        if head is None:
            raise _BrokenError(following, "链尾的记录不见了")
        columns = head._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
        if columns["number"] != self.number:
            raise _BrokenError(following, f"缺第 {following} 条：链尾应是第 {columns['number']} 条")
        if columns["hash"] != self.hash:
            raise _BrokenError(self.number, "链尾的散列值与最后一条不符")

    def require_noted(self, noted: Mapping[int, str]) -> None:
        """Hold the chain to have come as far as was noted outside."""
        beyond = [number for number in noted if number > self.number]
        if beyond:
            raise _BrokenError(self.number + 1, f"外部记下了第 {max(beyond)} 条，这里只到第 {self.number} 条")


def _rehash(entry: Mapping[str, object]) -> str | None:
    """Work an entry's hash out anew; None where its algorithm isn't one of ours."""
    if entry["algorithm"] not in {*Digest}:
        return None
    return hash_of(entry)


def sign(checkpoint: Mapping[str, object], key: bytes) -> str | None:
    """Return the signature of a checkpoint; None where its algorithm isn't one of ours."""
    if checkpoint["algorithm"] not in {*Digest}:
        return None
    columns = {
        name: str(value) if not isinstance(value, datetime) else value.astimezone(UTC).isoformat()
        for name, value in checkpoint.items()
        if name != "signature"
    }
    text = json.dumps(columns, sort_keys=True)
    return keyed_digest_of(Digest(str(checkpoint["algorithm"])), key, text.encode())


def prune(session: WriteSession, actor: Actor, key: bytes, before: datetime) -> int:
    """Take away entries of before a moment and leave a signed checkpoint; return how many went.

    Raises:
        InvalidRequest: they must be kept longer, or there is no key to sign with.
    """
    if before > datetime.now(UTC) - KEPT_AT_LEAST:
        raise InvalidRequest(f"审计记录至少保留 {KEPT_AT_LEAST.days} 天，不能清理到 {before:%Y-%m-%d}")
    if not key:
        raise InvalidRequest("清理要签名，请先设置密钥 NIANBAO_SECRET_KEY")
    gone = 0
    for chain, last in session.execute(select(AUDIT_HEAD.c.chain, AUDIT_HEAD.c.number)).all():
        gone += _prune_chain(session, actor, key, chain, _last_before(session, chain, before, last))
    if gone:
        record(session, actor, Act.AUDIT_PRUNE, "/audit", details={"before": str(before), "entries": gone})
    return gone


def _last_before(session: ReadSession, chain: str, before: datetime, last: int) -> int:
    """Return the number of the last entry that may go: none of the moment or later stands before it."""
    kept = select(func.min(AUDIT_ENTRY.c.number)).where(
        AUDIT_ENTRY.c.chain == chain, AUDIT_ENTRY.c.at >= written(before)
    )
    first_kept = session.scalar(kept)
    return last if first_kept is None else int(first_kept) - 1


def _prune_chain(session: WriteSession, actor: Actor, key: bytes, chain: str, number: int) -> int:
    of_chain = AUDIT_ENTRY.c.chain == chain
    ended = select(AUDIT_ENTRY.c.hash).where(of_chain, AUDIT_ENTRY.c.number == number)
    last = session.execute(ended).one_or_none()
    if last is None:
        return 0
    checkpoint: dict[str, object] = {
        "chain": chain,
        "number": number,
        "hash": last.hash,
        "pruned_at": datetime.now(UTC),
        "pruned_by": actor.holder,
        "algorithm": session.digest.value,
    }
    session.execute(insert(AUDIT_CHECKPOINT), checkpoint | {"signature": sign(checkpoint, key)})
    gone = delete(AUDIT_ENTRY).where(of_chain, AUDIT_ENTRY.c.number <= number)
    return session.connection().execute(gone).rowcount
