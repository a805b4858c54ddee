"""Requests that may come again: one with an Idempotency-Key takes effect once and is answered alike.

The answer is kept in the transaction of the effect, so there is never one without the other.  It may hold a
token that was just issued; so it is encrypted with the key itself, of which only a digest is kept.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import delete, func, insert, select

from app.errors import InProgress, KeyReused
from app.storage.models import KEPT_ANSWER

if TYPE_CHECKING:
    from app.auth.actor import Actor
    from app.storage.engine import WriteSession

KEPT_FOR = timedelta(hours=24)
SHORTEST_KEY, LONGEST_KEY = 16, 255
"""Length of a key in characters; a UUID has 36."""

_NONCE_BYTES, _KEY_BYTES = 12, 32
_PRUNED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request that may come again.

    Attributes:
        id: digest of its key and of whose it is.
        key: as it was sent.
        request: digest of what it asks.
    """

    id: str
    key: str = field(repr=False)
    request: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered.

    Attributes:
        status: of HTTP.
        headers: that belong to the answer itself.
        body: JSON, or nothing.
    """

    status: int
    headers: dict[str, str]
    body: str


def attempt_of(actor: Actor, key: str, asked: bytes) -> Attempt:
    """Return the attempt that a caller makes; whoever comes by another token of the same kind is the same."""
    scope = json.dumps([actor.holder, actor.role, actor.under, key])
    return Attempt(sha256(scope.encode()).hexdigest(), key, sha256(asked).hexdigest())


@dataclass(frozen=True, slots=True)
class Underway:
    """The attempts that this process is at."""

    _ids: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def only(self, attempt: Attempt) -> Iterator[None]:
        """Keep others from the same attempt meanwhile.

        Raises:
            InProgress: another is at it.
        """
        with self._lock:
            if attempt.id in self._ids:
                raise _in_progress()
            self._ids.add(attempt.id)
        try:
            yield
        finally:
            with self._lock:
                self._ids.remove(attempt.id)


def _in_progress() -> InProgress:
    return InProgress("带同一个 Idempotency-Key 的请求还在处理；请稍后原样再发，会得到同一个结果")


def find_answer(session: WriteSession, attempt: Attempt) -> Answer | None:
    """Return what the request was answered when it came first; None where this is the first time.

    Raises:
        KeyReused: the key came with another request.
        InProgress: another process is at it.
    """
    _hold(session, attempt)
    chosen = select(KEPT_ANSWER).where(
        KEPT_ANSWER.c.id == attempt.id, KEPT_ANSWER.c.expires_at > datetime.now(UTC)
    )
    kept = session.execute(chosen).one_or_none()
    if kept is None:
        return None
    if kept.request != attempt.request:
        raise KeyReused("这个 Idempotency-Key 已经用于另一个请求；每个新的请求要用一个新的")
    nonce, sealed = kept.answer[:_NONCE_BYTES], kept.answer[_NONCE_BYTES:]
    return Answer(**json.loads(_cipher(attempt).decrypt(nonce, sealed, attempt.id.encode())))


def _hold(session: WriteSession, attempt: Attempt) -> None:
    """Keep other processes from the attempt until the transaction ends; SQLite's writers queue anyway."""
    if session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(bytes.fromhex(attempt.id)[:8], signed=True)
        if not session.scalar(select(func.pg_try_advisory_xact_lock(number))):
            raise _in_progress()


def keep_answer(session: WriteSession, attempt: Attempt, answer: Answer) -> None:
    """Keep what a request is answered, in the transaction of its effect, and drop what is old."""
    now, nonce = datetime.now(UTC), secrets.token_bytes(_NONCE_BYTES)
    text = json.dumps(asdict(answer), ensure_ascii=False)
    sealed = _cipher(attempt).encrypt(nonce, text.encode(), attempt.id.encode())
    row = {
        "id": attempt.id,
        "request": attempt.request,
        "answer": nonce + sealed,
        "expires_at": now + KEPT_FOR,
    }
    old = select(KEPT_ANSWER.c.id).where(KEPT_ANSWER.c.expires_at <= now)
    old = old.limit(_PRUNED_AT_ONCE).with_for_update(skip_locked=True)
    # its own first: the others are passed over where somebody else holds them
    session.execute(delete(KEPT_ANSWER).where(KEPT_ANSWER.c.id == attempt.id))
    session.execute(delete(KEPT_ANSWER).where(KEPT_ANSWER.c.id.in_(old)))
    session.execute(insert(KEPT_ANSWER), row)


def _cipher(attempt: Attempt) -> AESGCM:
    derived = HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"nianbao kept answer")
    return AESGCM(derived.derive(attempt.key.encode()))
