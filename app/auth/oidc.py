"""Whether to believe a token: JWTs of a county's identity provider.

It follows RFC 7519 (JWT), 7517 (keys), 8725 (what went wrong with both) and OpenID Connect Discovery 1.0.
"""

from __future__ import annotations

import json
import logging
import math
import re
import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from app.auth.provider import KEY_KINDS, Provider
from app.domain.agencies import AGENCY_CODE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

DATES = ("exp", "iat", "nbf")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_TOKEN_BYTES = 16 * 1024
MAX_HOLDER_LENGTH = 255
MAX_ANSWER_BYTES = 1024 * 1024
MIN_RSA_BITS = 2048
LEEWAY_S = 30
FETCH_TIMEOUT_S = 5
FRESH_S = 10 * 60
"""How long fetched keys are used without asking again."""
LAST_RESORT_S = 24 * 60 * 60
"""How long they are used when asking again fails."""
SEEK_PAUSE_S = 30
"""Unknown key ids make the service ask at most this often, so that made-up ones can't make it a flood."""
RETRY_PAUSE_S = 5
"""After a failure nobody asks for so long, so that callers don't queue up to wait for one timeout each."""


class UnknownIdentity(Exception):  # noqa: N818 - named for what it tells the caller
    """A token that isn't to be believed; the text says why, for the log, and never holds the token."""


class ProviderUnavailable(Exception):  # noqa: N818 - the same
    """The provider's keys can't be fetched, and none are at hand that may still be used."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as a believed token describes them.

    Attributes:
        holder: the provider's name for the person, at most 255 printable characters.
        role: our role's name.
        agency: code of the agency at the top of what they may reach; whether there is one isn't known here.
        expires_at: when the token ends, in UTC; it is believed for 30 seconds longer.
    """

    holder: str
    role: str
    agency: str
    expires_at: datetime


class IdentityProvider:
    """The provider with the keys that it published; one for all threads."""

    def __init__(self, provider: Provider, *, now: Callable[[], float] = time.monotonic) -> None:
        """Keep what is believed; nothing is fetched before the first token.

        Args:
            provider: whom to believe.
            now: a clock in seconds that never goes back, for the age of keys; tokens go by the wall clock.

        Raises:
            ValueError: no algorithm is allowed, or one that is unknown or symmetric.
        """
        if not provider.algorithms or set(provider.algorithms) - KEY_KINDS.keys():
            raise ValueError(f"not a choice of {', '.join(KEY_KINDS)}: {', '.join(provider.algorithms)}")
        self._provider = provider
        self._keys = _KeyStore(provider, now)

    def verify(self, token: str) -> Identity:
        """Return whom a token stands for.

        Raises:
            UnknownIdentity: it isn't to be believed, or doesn't say all that the service must know.
            ProviderUnavailable: that can't be told now, as there are no keys.
        """
        if len(token) > MAX_TOKEN_BYTES or not token.isascii():
            raise UnknownIdentity("the token is longer than any, or not ASCII")
        try:
            key = self._key_for(jwt.get_unverified_header(token))
            claims = self._believed_claims(token, key)
        except jwt.PyJWTError as error:
            raise UnknownIdentity(str(error)) from error
        return self._identify(claims)

    def _key_for(self, header: Mapping[str, object]) -> jwt.PyJWK:
        """Choose among the provider's keys only: `jwk`, `jku`, `x5u` and the like are the sender's."""
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in self._provider.algorithms:
            raise UnknownIdentity(f"the algorithm {algorithm!r:.40} isn't allowed")
        if "crit" in header:
            raise UnknownIdentity("the header has critical extensions, of which none is known here")
        named = self._keys.find(kid)
        fitting = [key.by_algorithm[algorithm] for key in named if algorithm in key.by_algorithm]
        if len(fitting) != 1 or ("kid" not in header and len(named) != 1):
            of_them = f"{len(named)} of its id, {len(fitting)} of these for {algorithm}"
            raise UnknownIdentity(f"no single key fits the key id {kid!r:.80}: there are {of_them}")
        return fitting[0]

    def _believed_claims(self, token: str, key: jwt.PyJWK) -> Mapping[str, object]:
        return jwt.decode(
            token,
            key,
            algorithms=self._provider.algorithms,
            issuer=self._provider.issuer,
            audience=self._provider.audience,
            leeway=LEEWAY_S,
            options={"require": ["iss", "aud", "exp", "iat"]},
        )

    def _identify(self, claims: Mapping[str, object]) -> Identity:
        dates = {name: _read_date(name, claims[name]) for name in DATES if name in claims}
        return Identity(
            holder=_read_holder(_claim(claims, self._provider.holder_claim)),
            role=_read_role(_claim(claims, self._provider.role_claim), self._provider.roles),
            agency=_read_agency(_claim(claims, self._provider.agency_claim)),
            expires_at=dates["exp"],
        )


def _claim(claims: Mapping[str, object], path: str) -> object:
    """Return the claim of that name, or what the dotted path leads to; None if nothing is there.

    The name comes first, dots included, because some providers make their claims' names URLs.
    """
    if path in claims:
        return claims[path]
    found: object = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _read_date(name: str, value: object) -> datetime:
    # PyJWT takes "1800000000" and true as well, which RFC 7519 doesn't.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnknownIdentity(f"{name} isn't a number")
    try:
        return EPOCH + timedelta(seconds=value)
    except OverflowError as error:
        raise UnknownIdentity(f"{name} is beyond the calendar") from error


def _read_holder(value: object) -> str:
    """Take only what can stand in records and logs: no control characters, no half of a surrogate pair."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise UnknownIdentity("the holder claim isn't a printable string")
    if len(value) > MAX_HOLDER_LENGTH:
        raise UnknownIdentity(f"the holder claim is longer than {MAX_HOLDER_LENGTH} characters")
    return value


def _read_role(value: object, roles: Mapping[str, str]) -> str:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise UnknownIdentity("the role claim is neither a string nor a list of strings")
    ours = sorted({each for each in values if each in roles})
    if len(ours) != 1:
        raise UnknownIdentity(f"the role claim must hold exactly one role of ours, and holds {ours}")
    return roles[ours[0]]


def _read_agency(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(AGENCY_CODE, value):
        raise UnknownIdentity("the agency claim isn't the code of an agency")
    return value


@dataclass(frozen=True, slots=True)
class _Key:
    """A published key, ready for each allowed algorithm that it may be used with."""

    kid: object
    by_algorithm: Mapping[str, jwt.PyJWK]


@dataclass(frozen=True, slots=True)
class _KeySet:
    """All usable keys, as they were published at one moment."""

    keys: tuple[_Key, ...]
    fetched_at: float

    def named(self, kid: object) -> tuple[_Key, ...]:
        """Return the keys of an id, of which there may be several kinds; all keys for None."""
        return tuple(key for key in self.keys if kid is None or key.kid == kid)


class _KeyStore:
    """The keys that were fetched last, and when to fetch again."""

    def __init__(self, provider: Provider, now: Callable[[], float]) -> None:
        self._provider = provider
        self._now = now
        self._lock = Lock()  # held by whoever fetches
        self._held = _KeySet((), fetched_at=-math.inf)
        self._sought_at = -math.inf
        self._failed_at = -math.inf
        self._failure = ""

    def find(self, kid: object) -> tuple[_Key, ...]:
        """Return the keys of an id, all of them for None.

        Raises:
            ProviderUnavailable: there are no keys that may be used.
        """
        before = self._held
        keys = self._current()
        # Keys fetched within this very call needn't be fetched again.
        if not keys.named(kid) and keys is before:
            keys = self._seek(keys)
        return keys.named(kid)

    def _current(self) -> _KeySet:
        held = self._held
        if self._is_within(FRESH_S, held):
            return held
        # Whoever can go on with older keys doesn't wait while another thread fetches.
        if self._lock.acquire(blocking=not self._is_within(LAST_RESORT_S, held)):
            try:
                self._renew(held)
            finally:
                self._lock.release()
        return self._usable()

    def _seek(self, seen: _KeySet) -> _KeySet:
        """Ask whether there are newer keys than those *seen*, unless somebody did not long ago."""
        with self._lock:
            if self._now() - self._sought_at >= SEEK_PAUSE_S:
                self._sought_at = self._now()
                self._renew(seen)
        return self._usable()

    def _renew(self, seen: _KeySet) -> None:
        """Fetch, unless another thread did while this one waited, or failed to just now."""
        if self._held is not seen or self._now() - self._failed_at < RETRY_PAUSE_S:
            return
        try:
            self._held = _KeySet(_fetch_keys(self._provider, self._now), self._now())
        except ProviderUnavailable as error:
            self._failed_at, self._failure = self._now(), str(error)
            log.warning("the identity provider's keys can't be fetched: %s", error)

    def _usable(self) -> _KeySet:
        held = self._held
        if not self._is_within(LAST_RESORT_S, held):
            raise ProviderUnavailable(self._failure)
        return held

    def _is_within(self, age_s: float, keys: _KeySet) -> bool:
        return self._now() - keys.fetched_at < age_s


def _fetch_keys(provider: Provider, now: Callable[[], float]) -> tuple[_Key, ...]:
    """Return the keys that are usable at the moment; none at all if the provider withdrew them.

    Raises:
        ProviderUnavailable: it doesn't answer, or not as it must.
    """
    url = provider.jwks_url or _discover(provider.issuer, now)
    published = _fetch(url, now).get("keys")
    if not isinstance(published, list):
        raise ProviderUnavailable(f"{url}: not a set of keys")
    read = (_read_key(jwk, provider.algorithms) for jwk in published if isinstance(jwk, dict))
    return tuple(key for key in read if key.by_algorithm)


def _discover(issuer: str, now: Callable[[], float]) -> str:
    """Return where an issuer says that its keys are (OpenID Connect Discovery 1.0, section 4)."""
    address = issuer.removesuffix("/") + "/.well-known/openid-configuration"
    document = _fetch(address, now)
    if document.get("issuer") != issuer:
        raise ProviderUnavailable(f"{address}: it is another issuer's")
    url = document.get("jwks_uri")
    # Keys that came without TLS for an issuer with it could be anybody's.
    if not isinstance(url, str) or not url.startswith(("https://", f"{issuer.partition(':')[0]}://")):
        raise ProviderUnavailable(f"{address}: jwks_uri isn't an address to trust")
    return url


def _fetch(url: str, now: Callable[[], float]) -> Mapping[str, object]:
    """Return the JSON object at an address.

    Raises:
        ProviderUnavailable: there is none, or it doesn't come in time.
    """
    try:
        answer: object = json.loads(_download(url, now))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
        raise ProviderUnavailable(f"{url}: {error}") from error
    if not isinstance(answer, dict):
        raise ProviderUnavailable(f"{url}: not a JSON object")
    return answer


def _download(url: str, now: Callable[[], float]) -> bytes:
    deadline = now() + FETCH_TIMEOUT_S
    body = bytearray()
    with httpx.stream(
        "GET",
        url,
        headers={"Accept-Encoding": "identity"},  # compressed, a small answer could become a huge one
        timeout=FETCH_TIMEOUT_S,
        trust_env=False,
        follow_redirects=False,
        verify=ssl.create_default_context(),  # the system's authorities: a county may have its own
    ) as answer:
        if answer.status_code != httpx.codes.OK:
            raise ProviderUnavailable(f"{url}: answers {answer.status_code}")
        for part in answer.iter_raw():
            body += part
            # The timeout is for each part by itself.
            if len(body) > MAX_ANSWER_BYTES or now() > deadline:
                raise ProviderUnavailable(f"{url}: too long, or too slow")
    return bytes(body)


def _read_key(jwk: Mapping[str, object], algorithms: tuple[str, ...]) -> _Key:
    """Make a key ready for those algorithms that it is meant for; for none if it can't be used."""
    ready = ((each, _parse(jwk, each)) for each in algorithms if _is_meant_for(each, jwk))
    return _Key(jwk.get("kid"), {algorithm: key for algorithm, key in ready if key is not None})


def _is_meant_for(algorithm: str, jwk: Mapping[str, object]) -> bool:
    operations = jwk.get("key_ops", ["verify"])
    return (
        (jwk.get("kty"), jwk.get("crv")) == KEY_KINDS[algorithm]
        and jwk.get("alg", algorithm) == algorithm
        and jwk.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and "d" not in jwk  # with its private part published, anybody can sign with it
    )


def _parse(jwk: Mapping[str, object], algorithm: str) -> jwt.PyJWK | None:
    try:
        parsed = jwt.PyJWK(dict(jwk), algorithm)
    except jwt.PyJWTError:
        return None
    is_weak = isinstance(parsed.key, RSAPublicKey) and parsed.key.key_size < MIN_RSA_BITS
    return None if is_weak else parsed
