"""The gate: who is calling, whatever they came with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.auth.actor import Actor, Credential
from app.auth.lockout import Lockout
from app.auth.networks import Networks, is_within, without_port
from app.auth.oidc import IdentityProvider, ProviderUnavailable, UnknownIdentity
from app.auth.tokens import PREFIX, Hashing, read_secret
from app.domain.acts import Act
from app.domain.roles import Role
from app.errors import TooManyAttempts, Unauthenticated, Unavailable
from app.services.links import follow
from app.services.refusals import RefusalLog, Refused
from app.services.tokens import authenticate
from app.storage.models import AGENCY

if TYPE_CHECKING:
    from app.storage.engine import Database

NOBODY = "未登录"


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of a call before anybody has been believed.

    Attributes:
        method: of the request.
        target: its path and query.
        credential: what stood behind `Bearer` in the Authorization header; None where there was none.
        link: the secret of a signed address; None where there was none.
        peer: the address that the connection comes from.
        forwarded: X-Forwarded-For, where a proxy wrote one.
        request_id: of the call.
    """

    method: str
    target: str
    credential: str | None
    link: str | None
    peer: str
    forwarded: str
    request_id: str


def client_address(peer: str, forwarded: str, proxies: Networks) -> str | None:
    """Return where a call really comes from; None where only the gateway is known.

    A proxy is believed only if the operator named it; of what it forwards, the last address that isn't itself
    a named proxy.  Anybody could have written what stands before that.
    """
    told = [without_port(hop.strip()) for hop in forwarded.split(",") if hop.strip()]
    hops = [peer, *reversed(told)]
    return next((hop for hop in hops if not is_within(hop, proxies)), None)


@dataclass(frozen=True, slots=True)
class Gate:
    """Tells who is calling, and keeps out whoever fails too often.

    Attributes:
        database: where tokens and links are.
        hashing: how their secrets are digested.
        proxies: whose X-Forwarded-For is believed.
        lockout: failures of late.
        refusals: where refused logins are recorded.
        provider: the county's identity provider, if there is one.
    """

    database: Database
    hashing: Hashing
    proxies: Networks
    lockout: Lockout
    refusals: RefusalLog
    provider: IdentityProvider | None = None

    def admit(self, call: Call) -> Actor:
        """Return who is calling.

        Raises:
            Unauthenticated: nobody, or somebody who isn't to be believed.
            TooManyAttempts: too many failures from there.
            Unavailable: the identity provider can't be asked.
        """
        address = client_address(call.peer, call.forwarded, self.proxies)
        caller = Actor(
            NOBODY, frozenset(), credential="", request_id=call.request_id, address=address or call.peer
        )
        try:
            self.lockout.refuse_locked(address)
            actor = self._identify(call, caller)
        except (Unauthenticated, TooManyAttempts) as refusal:
            self._note(call, caller, address, refusal)
            raise
        return replace(actor, request_id=call.request_id, address=caller.address)

    def _note(
        self, call: Call, caller: Actor, address: str | None, refusal: Unauthenticated | TooManyAttempts
    ) -> None:
        # whoever sent nothing tried nothing
        if call.credential is None and call.link is None:
            return
        if isinstance(refusal, Unauthenticated):
            self.lockout.count(address)
        who = replace(caller, credential=_named(call))
        self.refusals.note(Refused(who, Act.LOGIN_REFUSE, _path_of(call.target), refusal.detail))

    def _identify(self, call: Call, caller: Actor) -> Actor:
        if call.credential is not None and call.credential.startswith(PREFIX):
            return authenticate(self.database, self.hashing, call.credential, caller.address or "")
        if call.credential is not None:
            return self._verify(call.credential)
        if call.link is not None and call.method == "GET":
            return follow(self.database, self.hashing, call.link, call.target, caller)
        raise Unauthenticated("请先登录：请求头要带 Authorization: Bearer 加令牌；没有令牌，请向管理员要")

    def _verify(self, token: str) -> Actor:
        if self.provider is None:
            raise Unauthenticated(f"这不是本系统的令牌（应以 {PREFIX} 开头），也没有设置统一身份认证")
        try:
            identity = self.provider.verify(token)
        except UnknownIdentity as wrong:
            raise Unauthenticated("统一身份认证的令牌无效或已过期；请重新登录") from wrong
        except ProviderUnavailable as failure:
            raise Unavailable("统一身份认证现在没有回应，请稍后再试") from failure
        role = Role(identity.role)
        return Actor(
            identity.holder,
            role.rights,
            self._agency_id(identity.agency),
            role,
            Credential.OIDC,
            identity.expires_at,
        )

    def _agency_id(self, code: str) -> int:
        with self.database.reading() as session:
            agency_id = session.scalar(select(AGENCY.c.id).where(AGENCY.c.code == code))
        if agency_id is None:
            raise Unauthenticated(f"统一身份认证所说的机关“{code}”没有登记")
        return int(agency_id)


def _named(call: Call) -> str:
    """Name what was sent without giving it away: the id of a token or link."""
    sent = read_secret(call.credential or call.link or "")
    kind = Credential.TOKEN if call.credential else Credential.LINK
    return "" if sent is None else kind.named(sent.id)


def _path_of(target: str) -> str:
    return target.partition("?")[0]
