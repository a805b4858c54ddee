"""Signed addresses: a browser can't send a token with a download, so one GET may go without, for minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import Select, bindparam, select, update

from app.auth.actor import Actor, Credential
from app.auth.tokens import Hashing, digest_secret, is_secret, new_secret, read_secret
from app.domain.acts import Act
from app.domain.roles import Role
from app.errors import Fault, Forbidden, InvalidRequest, Unauthenticated
from app.services.audit import record
from app.services.tokens import token_fault
from app.storage.engine import lock_tree
from app.storage.models import LINK, Link, Token

if TYPE_CHECKING:
    from app.storage.engine import Database, WriteSession

LIFETIME = timedelta(minutes=5)
FOR_EVER = datetime.max.replace(tzinfo=UTC)
PARAMETER = "link"
"""The query parameter that carries a link's secret."""


def create_link(
    session: WriteSession, hashing: Hashing, actor: Actor, target: str, root: str
) -> tuple[str, Link]:
    """Return an address under which *target* may be read once without a token.

    Args:
        session: the transaction.
        hashing: how its secret is digested.
        actor: who may read it; the address can no more than they can.
        target: path and query of what is to be read.
        root: what every path of the API begins with.

    Raises:
        InvalidRequest: the target is no path of the API.
        Forbidden: the actor came by such an address, or from the machine itself.
    """
    if actor.role is None or Credential.LINK.id_in(actor.credential) is not None:
        raise Forbidden("下载地址要由登录的人生成")
    address = normal_target(target)
    if not address.startswith(f"{root}/"):
        message = f"应是本系统以 {root}/ 开头的地址"
        raise InvalidRequest(message, [Fault("/path", message, "not-of-this-api")])
    lock_tree(session, to_change_it=False)
    secret = new_secret()
    link = Link(
        id=secret.id,
        digest=digest_secret(hashing, secret.text),
        algorithm=hashing.digest,
        target=address,
        credential=actor.credential,
        holder=actor.holder,
        role=actor.role,
        agency_id=actor.under,
        expires_at=min(datetime.now(UTC) + LIFETIME, actor.expires_at or FOR_EVER),
    )
    session.add(link)
    session.flush()
    record(session, actor, Act.LINK_CREATE, address, details={"link": link.id})
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}{urlencode({PARAMETER: secret.text})}", link


def normal_target(target: str) -> str:
    """Write a path and query in the one way in which they are compared, without the link itself."""
    path, _, text = target.partition("#")[0].partition("?")
    query = sorted(pair for pair in parse_qsl(text, keep_blank_values=True) if pair[0] != PARAMETER)
    return f"{path}?{urlencode(query)}" if query else path


def follow(database: Database, hashing: Hashing, text: str, target: str, caller: Actor) -> Actor:
    """Use a link up, and tell for whom it stands.

    Args:
        database: where links are kept.
        hashing: how their secrets are digested.
        text: the secret that was sent.
        target: path and query of the request.
        caller: where the request comes from.

    Raises:
        Unauthenticated: it is no link, is used up, is for another address, or its maker's token isn't good,
            now or from there.
    """
    sent = read_secret(text)
    if sent is None:
        raise Unauthenticated("下载地址不完整；请重新生成")
    with database.writing() as session:
        link = session.scalars(_by_id(), {"of_link": sent.id}).one_or_none()
        if link is None or not is_secret(hashing, text, link.digest, link.algorithm):
            raise Unauthenticated("没有这个下载地址；请重新生成")
        _refuse_other(link, normal_target(target))
        _require_maker(session, link, caller.address or "")
        taken = update(LINK).where(LINK.c.id == link.id, LINK.c.used_at.is_(None)).returning(LINK.c.id)
        if session.execute(taken.values(used_at=datetime.now(UTC))).first() is None:
            raise Unauthenticated("这个下载地址已经用过；请重新生成")
        actor = _actor_of(link, caller)
        record(session, actor, Act.LINK_USE, link.target, details={"link": link.id})
    return actor


@cache
def _by_id() -> Select[Link]:
    return select(Link).where(LINK.c.id == bindparam("of_link"))


def _refuse_other(link: Link, target: str) -> None:
    if link.expires_at <= datetime.now(UTC):
        raise Unauthenticated("下载地址已经过期；请重新生成")
    if link.target != target:
        raise Unauthenticated("这个下载地址不是给这里用的；请重新生成")


def _require_maker(session: WriteSession, link: Link, address: str) -> None:
    """Refuse what the token of whoever made the link couldn't do itself, now and from here."""
    token_id = Credential.TOKEN.id_in(link.credential)
    fault = None if token_id is None else token_fault(session.get_one(Token, token_id), address)
    if fault is not None:
        raise Unauthenticated(f"生成这个下载地址的{fault}")


def _actor_of(link: Link, caller: Actor) -> Actor:
    role = Role(link.role)
    return replace(
        caller,
        holder=link.holder,
        rights=role.rights,
        under=link.agency_id,
        role=role,
        credential=Credential.LINK.named(link.id),
        expires_at=link.expires_at,
    )
