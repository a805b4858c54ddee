"""Tokens: issue, replace, revoke, and tell whose one is."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.exc import OperationalError

from app.auth.actor import Actor, Credential
from app.auth.networks import is_within, networks_in
from app.auth.rights import require, require_everything, within_reach
from app.auth.tokens import PREFIX, Hashing, digest_secret, is_secret, new_secret, read_secret
from app.domain.acts import Act
from app.domain.roles import DEFAULT_DAYS, Right, Role
from app.errors import InvalidRequest, NotFound, Unauthenticated
from app.services.agencies import find_agency_named, key_of
from app.services.audit import record
from app.storage.engine import lock_tree
from app.storage.models import AGENCY, TOKEN, Agency, Token

if TYPE_CHECKING:
    from app.auth.tokens import Secret
    from app.storage.engine import Database, ReadSession, WriteSession

log = logging.getLogger(__name__)

DEFAULT_OVERLAP = timedelta(hours=24)
_NOTED_AGAIN_AFTER = timedelta(minutes=1)
"""How exact `last_used_at` is: a write at every read would cost more than it tells."""


@dataclass(frozen=True, slots=True)
class TokenWanted:
    """What a token is to be.

    Attributes:
        holder: the person or system that it is for.
        role: what they are.
        agency: code of the agency at the top of what they reach; None for every agency.
        days: after how many it expires.
        networks: from which it may be used, as `10.0.0.0/8`; none for anywhere.
    """

    holder: str
    role: Role
    agency: str | None
    days: int = DEFAULT_DAYS
    networks: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class TokenFound:
    """A token as it is kept, with the code of the agency that it names."""

    token: Token
    agency: str | None


def issue(
    session: WriteSession, hashing: Hashing, actor: Actor, wanted: TokenWanted
) -> tuple[TokenFound, Secret]:
    """Issue a token; its secret is known only now.

    Raises:
        Forbidden: the actor may not, or not for every agency.
        InvalidRequest: there is no such agency that they reach.
    """
    require(actor, Right.MANAGE_TOKENS, "令牌")
    # an agency that a token names can't be removed meanwhile
    lock_tree(session, to_change_it=False)
    if wanted.agency is None:
        require_everything(actor, Right.MANAGE_TOKENS, "管全部机关的令牌")
        agency = None
    else:
        agency = find_agency_named(session, actor, wanted.agency, Right.MANAGE_TOKENS)
    found, secret = _add(session, hashing, actor, wanted, agency)
    said = {"holder": wanted.holder, "role": wanted.role.value, "expires_at": str(found.token.expires_at)}
    record(session, actor, Act.TOKEN_ISSUE, _target(found.token), agency=wanted.agency, details=said)
    return found, secret


def _add(
    session: WriteSession, hashing: Hashing, actor: Actor, wanted: TokenWanted, agency: Agency | None
) -> tuple[TokenFound, Secret]:
    secret, now = new_secret(), datetime.now(UTC)
    token = Token(
        id=secret.id,
        digest=digest_secret(hashing, secret.text),
        algorithm=hashing.digest,
        holder=wanted.holder,
        role=wanted.role,
        agency_id=None if agency is None else key_of(agency),
        networks=json.dumps(wanted.networks),
        issued_by=actor.holder,
        issued_at=now,
        expires_at=now + timedelta(days=wanted.days),
    )
    session.add(token)
    session.flush()
    return TokenFound(token, wanted.agency), secret


def _target(token: Token) -> str:
    return f"/tokens/{token.id}"


def list_tokens(session: ReadSession, actor: Actor, after: str, limit: int | None) -> list[TokenFound]:
    """Return the tokens that name agencies which the actor reaches, by id, from after *after*.

    Up to *limit* of them; None for all.

    Raises:
        Forbidden: the actor may not.
    """
    require(actor, Right.MANAGE_TOKENS, "令牌")
    chosen = _reached(actor).where(TOKEN.c.id > after).order_by(TOKEN.c.id).limit(limit)
    return [TokenFound(*row) for row in session.execute(chosen)]


def _reached(actor: Actor) -> Select[Token, str | None]:
    chosen = select(Token, AGENCY.c.code).outerjoin(Agency, AGENCY.c.id == TOKEN.c.agency_id)
    return chosen if actor.under is None else chosen.where(within_reach(actor))


def find_token(session: ReadSession, actor: Actor, token_id: str) -> TokenFound:
    """Return a token that the actor manages, or that is their own.

    Raises:
        NotFound: there is none.
    """
    own = actor.credential == Credential.TOKEN.named(token_id)
    if not own:
        require(actor, Right.MANAGE_TOKENS, "令牌")
    chosen = _reached(actor).where(TOKEN.c.id == token_id)
    row = session.execute(chosen).one_or_none()
    if row is None:
        raise NotFound(f"没有编号为“{token_id}”的令牌")
    return TokenFound(*row)


def rotate(
    session: WriteSession,
    hashing: Hashing,
    actor: Actor,
    token_id: str,
    overlap: timedelta = DEFAULT_OVERLAP,
) -> tuple[TokenFound, Secret]:
    """Issue a token in the place of another, which goes on for *overlap* so that callers can change over.

    Raises:
        NotFound: the actor manages no such token.
        Forbidden: they have no right to, and it isn't their own.
        InvalidRequest: it has been revoked or has expired.
    """
    found = find_token(session, actor, token_id)
    old, now = found.token, datetime.now(UTC)
    session.refresh(old, with_for_update=True)
    if not is_live(old, now):
        raise InvalidRequest("这个令牌已经吊销或过期，不能更换；请另发一个")
    lifetime = old.expires_at - old.issued_at
    wanted = TokenWanted(old.holder, Role(old.role), found.agency, max(1, lifetime.days), networks_of(old))
    agency = None if old.agency_id is None else session.get_one(Agency, old.agency_id)
    new, secret = _add(session, hashing, actor, wanted, agency)
    new.token.replaces = old.id
    old.expires_at = min(old.expires_at, now + overlap)
    session.flush()
    said = {"replaces": old.id, "until": str(old.expires_at)}
    record(session, actor, Act.TOKEN_ROTATE, _target(new.token), agency=found.agency, details=said)
    return new, secret


def revoke(session: WriteSession, actor: Actor, token_id: str) -> None:
    """End a token at once; ending it again changes nothing.

    Raises:
        NotFound: the actor manages no such token.
        Forbidden: they have no right to, and it isn't their own.
    """
    found = find_token(session, actor, token_id)
    token = found.token
    session.refresh(token, with_for_update=True)
    if token.revoked_at is None:
        token.revoked_at, token.revoked_by = datetime.now(UTC), actor.holder
        session.flush()
        record(session, actor, Act.TOKEN_REVOKE, _target(token), agency=found.agency)


def networks_of(token: Token) -> tuple[str, ...]:
    """Return the networks from which a token may be used; none for anywhere."""
    return tuple(json.loads(token.networks))


def is_live(token: Token, now: datetime) -> bool:
    """Tell whether a token is neither revoked nor expired."""
    return token.revoked_at is None and token.expires_at > now


def authenticate(database: Database, hashing: Hashing, text: str, address: str) -> Actor:
    """Tell who a token's holder is.

    Args:
        database: where tokens are kept.
        hashing: how their secrets are digested.
        text: what was sent.
        address: where from.

    Raises:
        Unauthenticated: it is no token, or one that isn't good any more, or not from there.
    """
    sent = read_secret(text)
    if sent is None:
        raise Unauthenticated(f"令牌不完整，或抄错了；请整个复制，从 {PREFIX} 开始")
    with database.reading() as session:
        token = session.scalars(_by_id(), {"of_token": sent.id}).one_or_none()
    if token is None or not is_secret(hashing, text, token.digest, token.algorithm):
        raise Unauthenticated("没有这个令牌")
    fault = token_fault(token, address)
    if fault is not None:
        raise Unauthenticated(fault)
    _note_use(database, token)
    return actor_of(token)


@cache
def _by_id() -> Select[Token]:
    return select(Token).where(TOKEN.c.id == bindparam("of_token"))


def token_fault(token: Token, address: str) -> str | None:
    """Say in Chinese why a token isn't good from an address now; None where it is."""
    if not is_live(token, datetime.now(UTC)):
        ended = "过期" if token.revoked_at is None else "吊销"
        return f"令牌已经{ended}；请向发放的人另要一个"
    allowed = networks_of(token)
    if allowed and not is_within(address, networks_in(allowed)):
        return f"令牌不能从 {address} 使用"
    return None


def actor_of(token: Token) -> Actor:
    """Return the holder of a token as somebody who does something."""
    role = Role(token.role)
    return Actor(
        token.holder,
        role.rights,
        token.agency_id,
        role,
        Credential.TOKEN.named(token.id),
        token.expires_at,
    )


def _note_use(database: Database, token: Token) -> None:
    """Note when a token was used; who only reads doesn't wait for others to write, and doesn't fail by it."""
    now = datetime.now(UTC)
    noted = token.last_used_at
    if (noted is not None and now - noted < _NOTED_AGAIN_AFTER) or database.turn.locked():
        return
    try:
        with database.writing() as session:
            session.execute(update(TOKEN).where(TOKEN.c.id == token.id).values(last_used_at=now))
    except OperationalError:
        log.warning("the use of token %s isn't noted: the database is being written to", token.id)
