"""Tokens of a real provider, a process of its own; only the clock for the age of keys is the test's."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import itertools
import json
import logging
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from app.auth.oidc import Identity, IdentityProvider, ProviderUnavailable, UnknownIdentity
from app.auth.provider import Provider
from tests.auth.certificates import certified
from tests.auth.provider import AUDIENCE, DISCOVERY, JWKS, RunningProvider, running_provider
from tests.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MINUTE = 60.0
HOUR = 60 * MINUTE
ROLES = {"county-reviewer": "reviewer", "county-clerk": "clerk"}
MADE_UP = {"kid": "made-up"}
SIGNERS = ("RS256", "ES256")


@pytest.fixture(autouse=True)
def no_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust nobody over TLS: to read the system's authorities takes longer than all the rest of a test."""
    monkeypatch.setenv("SSL_CERT_FILE", os.devnull)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def process() -> Iterator[RunningProvider]:
    with running_provider() as running:
        yield running


@pytest.fixture
def provider(process: RunningProvider) -> RunningProvider:
    """Return the provider as it was at the beginning, but for its keys."""
    process.reset()
    return process


def believing(provider: RunningProvider, **changes: object) -> Provider:
    """Return how a service is told of a provider, with these settings instead."""
    usual = Provider(
        issuer=provider.issuer,
        audience=AUDIENCE,
        jwks_url=None,
        algorithms=("RS256", "ES256"),
        holder_claim="sub",
        role_claim="nianbao_role",
        agency_claim="nianbao_agency",
        roles=ROLES,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]  # each test names its own


@pytest.fixture
def believer(provider: RunningProvider, clock: Clock) -> IdentityProvider:
    return IdentityProvider(believing(provider), now=clock)


def ascii_start(value: object) -> str:
    return ascii(value)[:40]


def segment(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def hand_made(header: object, claims: object, secret: bytes = b"") -> str:
    """Return a token such as no library makes, signed with HMAC."""
    signed = f"{segment(header)}.{segment(claims)}"
    signature = hmac.digest(secret, signed.encode(), hashlib.sha256)
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def assert_refused(believer: IdentityProvider, token: str, why: str) -> None:
    """Check the reason, and that the log won't hold the token."""
    with pytest.raises(UnknownIdentity, match=why) as refused:
        believer.verify(token)
    assert not any(part and part in str(refused.value) for part in token.split("."))


def wait_for(fact: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def assert_unavailable(believer: IdentityProvider, token: str, why: str) -> None:
    with pytest.raises(ProviderUnavailable, match=why):
        believer.verify(token)


# What is believed


@pytest.mark.parametrize("alg", SIGNERS)
def test_a_good_token_says_who_it_is(provider: RunningProvider, believer: IdentityProvider, alg: str) -> None:
    claims = provider.claims(exp=2_000_000_000)
    assert believer.verify(provider.sign(claims, alg)) == Identity(
        holder="zhang-san",
        role="reviewer",
        agency="640300",
        expires_at=dt.datetime(2033, 5, 18, 3, 33, 20, tzinfo=dt.UTC),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": [AUDIENCE, "another"]},
        {"sub": "张三 (民政局)"},
        {"sub": "x" * 255},
        {"nianbao_role": ["offline_access", "county-reviewer", "county-reviewer"]},
        {"nianbao_agency": "A-" * 16},
    ],
    ids=ascii_start,
)
def test_a_token_may_also_be_so(
    provider: RunningProvider, believer: IdentityProvider, changes: dict[str, object]
) -> None:
    assert believer.verify(provider.token(**changes)).role == "reviewer"


@pytest.mark.parametrize(
    ("name", "seconds"), [("exp", -15), ("exp", 60.5), ("nbf", -60), ("nbf", 15), ("iat", 15), ("iat", -1e9)]
)
def test_clocks_may_differ_by_half_a_minute(
    provider: RunningProvider, believer: IdentityProvider, name: str, seconds: float
) -> None:
    believer.verify(provider.token(**{name: time.time() + seconds}))


@pytest.mark.parametrize("name", ["realm_access.roles", "https://nianbao.example/roles"])
def test_a_claim_is_found_by_its_name_or_path(provider: RunningProvider, name: str) -> None:
    roles = ["county-clerk"]
    believer = IdentityProvider(believing(provider, role_claim=name))
    claims = {"https://nianbao.example/roles": roles, "realm_access": {"roles": roles}, "nianbao_role": None}
    assert believer.verify(provider.token(**claims)).role == "clerk"
    assert_refused(believer, provider.token(), "role claim")
    assert_refused(believer, provider.token(realm_access=roles), "role claim")


def test_keys_may_be_given_without_discovery(provider: RunningProvider) -> None:
    provider.answer(DISCOVERY, "", status=404)
    IdentityProvider(believing(provider, jwks_url=provider.issuer + JWKS)).verify(provider.token())
    assert provider.fetches() == {JWKS: 1}


def test_an_issuer_may_have_a_path_and_end_in_a_slash(provider: RunningProvider) -> None:
    issuer = provider.issuer + "/realms/county/"
    document = {"issuer": issuer, "jwks_uri": provider.issuer + JWKS}
    provider.answer("/realms/county" + DISCOVERY, document)
    believer = IdentityProvider(believing(provider, issuer=issuer))
    believer.verify(provider.token(iss=issuer))
    assert_refused(believer, provider.token(), "issuer")


# What is never allowed


@pytest.mark.parametrize(
    "algorithms", [(), ("none",), ("HS256",), ("RS256", "HS512"), ("RS255",), ("rs256",), ("",)]
)
def test_only_known_asymmetric_algorithms_can_be_allowed(
    provider: RunningProvider, algorithms: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError, match="not a choice of RS256"):
        IdentityProvider(believing(provider, algorithms=algorithms))


def test_an_unsigned_token_is_refused(provider: RunningProvider, believer: IdentityProvider) -> None:
    for alg in ("none", "None", None, ["RS256"], 256):
        forged = hand_made({"alg": alg, "kid": "made-up"}, provider.claims())
        assert_refused(believer, forged, "isn't allowed")
        assert_refused(believer, forged.rpartition(".")[0] + ".", "isn't allowed")
    assert_refused(believer, hand_made({}, provider.claims()), "isn't allowed")
    assert not provider.fetches()


def test_a_public_key_is_no_secret(provider: RunningProvider, believer: IdentityProvider) -> None:
    """Tokens signed with HS256 and the public key, which a naive verifier would take for the secret."""
    published = next(jwk for jwk in provider.jwks() if jwk["kty"] == "RSA")
    key = RSAAlgorithm.from_jwk(dict(published)).public_bytes(  # type: ignore[union-attr]  # it is public
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for alg in ("HS256", "RS256"):
        forged = hand_made({"alg": alg, "kid": published["kid"]}, provider.claims(), secret=key)
        assert_refused(believer, forged, "isn't allowed" if alg == "HS256" else "Signature")


@pytest.mark.parametrize(("alg", "other"), [("RS256", "ec"), ("ES256", "rsa")])
def test_an_algorithm_must_fit_the_key(
    provider: RunningProvider, believer: IdentityProvider, alg: str, other: str
) -> None:
    kid = next(jwk["kid"] for jwk in provider.jwks() if str(jwk["kid"]).startswith(other))
    token = provider.sign(provider.claims(), alg, {"kid": kid})
    assert_refused(believer, token, f"1 of its id, 0 of these for {alg}")
    assert provider.fetches()[JWKS] == 1


def test_an_algorithm_outside_the_list_is_refused(
    provider: RunningProvider, believer: IdentityProvider
) -> None:
    assert_refused(believer, provider.sign(provider.claims(), "RS384"), "'RS384' isn't allowed")


def test_a_key_is_used_only_with_its_own_algorithm(provider: RunningProvider) -> None:
    wide = believing(provider, algorithms=("RS256", "PS256"))
    token = provider.sign(provider.claims(), "PS256")
    assert_refused(IdentityProvider(wide), token, "0 of these for PS256")
    provider.publish(*({**jwk, "alg": "PS256"} for jwk in provider.jwks()))
    IdentityProvider(wide).verify(token)


def test_a_stranger_s_signature_is_refused(provider: RunningProvider, believer: IdentityProvider) -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())
    kid = next(jwk["kid"] for jwk in provider.jwks() if jwk["kty"] == "EC")
    token = jwt.encode(provider.claims(), stranger, "ES256", {"kid": kid})
    assert_refused(believer, token, "Signature")


def test_keys_in_the_token_or_behind_its_addresses_are_not_followed(
    provider: RunningProvider, believer: IdentityProvider
) -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())
    address = provider.issuer + "/stranger"
    public = ECAlgorithm.to_jwk(stranger.public_key(), as_dict=True)
    provider.answer("/stranger", {"keys": [{**public, "kid": "made-up"}]})
    pointers = {"jwk": public, "jku": address, "x5u": address}
    token = jwt.encode(provider.claims(), stranger, "ES256", {**pointers, **MADE_UP})
    assert_refused(believer, token, "'made-up': there are 0 of its id")
    assert provider.fetches() == {DISCOVERY: 1, JWKS: 1}
    believer.verify(provider.sign(provider.claims(), headers=pointers))


def test_a_tampered_payload_is_refused(provider: RunningProvider, believer: IdentityProvider) -> None:
    header, _, signature = provider.token().split(".")
    other = segment(provider.claims(nianbao_agency="64"))
    assert_refused(believer, f"{header}.{other}.{signature}", "Signature")


@pytest.mark.parametrize("crit", [["exp"], ["b64"], [], None, "b64"], ids=str)
def test_critical_extensions_are_refused(
    provider: RunningProvider, believer: IdentityProvider, crit: object
) -> None:
    header = {"alg": "RS256", "kid": "rsa-1", "b64": True, "crit": crit}
    assert_refused(believer, hand_made(header, provider.claims()), "crit")


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "....",
        "{}.{}.{}",
        "é.é.é",
        "\ud800",
        hand_made([], {}),
        hand_made("RS256", {}),
        hand_made({"alg": "RS256", "kid": None}, {}),
        hand_made({"alg": "RS256", "kid": ["rsa-1"]}, {}),
        hand_made({"alg": "RS256", "b64": False}, {}),
        base64.urlsafe_b64encode(b"[" * 9000).decode() + ".e30.e30",
        base64.urlsafe_b64encode(b"\xff{}").decode().rstrip("=") + ".e30.e30",
    ],
    ids=ascii_start,
)
def test_what_is_no_token_is_refused(
    provider: RunningProvider, believer: IdentityProvider, token: str
) -> None:
    with pytest.raises(UnknownIdentity):
        believer.verify(token)
    assert not provider.fetches()


def test_a_token_may_take_16_kilobytes(provider: RunningProvider, believer: IdentityProvider) -> None:
    """Base64 makes four characters of three bytes."""
    believer.verify(provider.token(groups="x" * 11_000))
    assert_refused(believer, provider.token(groups="x" * 12_500), "longer")


# Claims


WRONG = {
    "iss": "[Ii]ss",
    "aud": "aud|claim",
    "sub": "holder|Subject",
    "nianbao_role": "role",
    "nianbao_agency": "agency",
}


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "iat", "sub", "nianbao_role", "nianbao_agency"])
def test_these_claims_must_be_there(provider: RunningProvider, believer: IdentityProvider, name: str) -> None:
    without = {key: value for key, value in provider.claims().items() if key != name}
    for claims in (without, provider.claims(**{name: None}), provider.claims(**{name: {}})):
        assert_refused(believer, provider.sign(claims), WRONG.get(name, name))


@pytest.mark.parametrize(
    ("name", "seconds", "why"),
    [("exp", -45, "expired"), ("nbf", 45, "not yet valid"), ("iat", 45, "not yet valid")],
)
def test_a_token_is_refused_outside_its_time(
    provider: RunningProvider, believer: IdentityProvider, name: str, seconds: int, why: str
) -> None:
    assert_refused(believer, provider.token(**{name: time.time() + seconds}), why)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"iss": "http://another.example"}, "issuer"),
        ({"aud": "another"}, "[Aa]udience"),
        ({"aud": ["another"]}, "[Aa]udience"),
        ({"aud": [AUDIENCE, 1]}, "aud|claim"),
        ({"aud": []}, "aud"),
        ({"exp": "2000000000"}, "exp isn't a number"),
        ({"exp": 10**400}, "exp is beyond the calendar"),
        ({"exp": 1e300}, "exp is beyond the calendar"),
        ({"iat": True}, "iat isn't a number"),
        ({"nbf": "0"}, "nbf isn't a number"),
        ({"nbf": None}, "nbf"),
        ({"sub": ""}, "printable"),
        ({"sub": " "}, "printable"),
        ({"sub": "a\nb"}, "printable"),
        ({"sub": "a\u202eb"}, "printable"),
        ({"sub": "x" * 256}, "255"),
        ({"sub": 5}, "Subject"),
        ({"nianbao_role": []}, r"holds \[\]"),
        ({"nianbao_role": "reviewer"}, r"holds \[\]"),
        ({"nianbao_role": "county-reviewer county-clerk"}, r"holds \[\]"),
        ({"nianbao_role": ["county-reviewer", "county-clerk"]}, "holds .'county-clerk', 'county-reviewer'."),
        ({"nianbao_role": ["county-reviewer", 1]}, "list of strings"),
        ({"nianbao_role": {"county-reviewer": True}}, "list of strings"),
        ({"nianbao_agency": ""}, "agency"),
        ({"nianbao_agency": "6" * 33}, "agency"),
        ({"nianbao_agency": "64 03"}, "agency"),
        ({"nianbao_agency": "6403\n"}, "agency"),
        ({"nianbao_agency": "６４"}, "agency"),
        ({"nianbao_agency": 640300}, "agency"),
        ({"nianbao_agency": ["640300"]}, "agency"),
    ],
    ids=ascii_start,
)
def test_claims_must_be_as_expected(
    provider: RunningProvider, believer: IdentityProvider, changes: dict[str, object], why: str
) -> None:
    assert_refused(believer, provider.token(**changes), why)


def test_claims_must_be_an_object(provider: RunningProvider, believer: IdentityProvider) -> None:
    assert_refused(believer, provider.sign([provider.claims()]), "object")


def test_the_holder_must_be_a_string_wherever_it_stands(provider: RunningProvider) -> None:
    believer = IdentityProvider(believing(provider, holder_claim="person.number"))
    assert believer.verify(provider.token(person={"number": "7"})).holder == "7"
    assert_refused(believer, provider.token(person={"number": 7}), "printable")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"sub": ""}, "the holder claim isn't a printable string"),
        ({"nianbao_role": 5}, "the role claim is neither a string nor a list of strings"),
        ({"nianbao_agency": 5}, "the agency claim isn't the code of an agency"),
    ],
    ids=["holder", "role", "agency"],
)
def test_the_log_is_told_which_claim_is_wrong(
    provider: RunningProvider, believer: IdentityProvider, changes: dict[str, object], why: str
) -> None:
    assert_refused(believer, provider.token(**changes), f"^{why}$")


def test_the_log_is_told_what_is_wrong_with_the_whole(
    believer: IdentityProvider,
) -> None:
    critical = hand_made({"alg": "RS256", "b64": True, "crit": ["b64"]}, {})
    assert_refused(believer, critical, "^the header has critical extensions, of which none is known here$")
    assert_refused(believer, "a" * 16385, "^the token is longer than any, or not ASCII$")
    assert_refused(believer, "a" * 16384, "Not enough segments")


# Keys


def test_a_key_serves_whatever_algorithm_is_allowed_for_its_kind(provider: RunningProvider) -> None:
    believer = IdentityProvider(believing(provider, algorithms=("PS256", "RS384")))
    provider.publish(*({name: jwk[name] for name in jwk if name != "alg"} for jwk in provider.jwks()))
    for alg in ("PS256", "RS384"):
        believer.verify(provider.sign(provider.claims(), alg))
    assert_refused(believer, provider.token(), "the algorithm 'RS256' isn't allowed")


def test_a_token_without_key_id_is_believed_if_there_is_one_key(
    provider: RunningProvider, clock: Clock
) -> None:
    token = provider.sign(provider.claims(), "ES256", {"kid": None})
    believer = IdentityProvider(believing(provider), now=clock)
    assert_refused(believer, token, "2 of its id, 1 of these for ES256")
    provider.publish(*(jwk for jwk in provider.jwks() if jwk["kty"] == "EC"))
    clock.time += 10 * MINUTE
    believer.verify(token)
    provider.publish()
    clock.time += 10 * MINUTE
    assert_refused(believer, token, "0 of its id")


SPOILED: dict[str, Callable[[dict[str, object]], object]] = {
    "no object": lambda _: "a key",
    "another use": lambda jwk: {**jwk, "use": "enc"},
    "another operation": lambda jwk: {**jwk, "key_ops": ["sign"]},
    "no list of operations": lambda jwk: {**jwk, "key_ops": "verify"},
    "private part": lambda _: ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()), as_dict=True),
    "another algorithm": lambda jwk: {**jwk, "alg": "RSA-OAEP"},
    "algorithm of another kind": lambda jwk: {**jwk, "alg": "ES256"},
    "no name of an algorithm": lambda jwk: {**jwk, "alg": ["RS256"]},
    "another kind": lambda jwk: {**jwk, "kty": "oct", "k": jwk["n"]},
    "no kind": lambda jwk: {**jwk, "kty": None},
    "another curve": lambda _: ECAlgorithm.to_jwk(
        ec.generate_private_key(ec.SECP384R1()).public_key(), as_dict=True
    ),
    "less than 2048 bits": lambda jwk: {**jwk, "n": str(jwk["n"])[-256:]},
    "no number": lambda jwk: {**jwk, "n": 5},
    "no base64": lambda jwk: {**jwk, "n": "é"},
    "nothing of a number": lambda jwk: {**jwk, "n": ""},
}


@pytest.mark.parametrize("kind", SPOILED)
def test_an_unusable_key_is_as_if_it_were_not_there(
    provider: RunningProvider, believer: IdentityProvider, kind: str
) -> None:
    """Beside it is one good key, which a token needn't name only if it is the only one."""
    good, bad = sorted(provider.jwks(), key=lambda jwk: str(jwk["kty"]))
    provider.publish(SPOILED[kind](bad), good)
    believer.verify(provider.sign(provider.claims(), "ES256", {"kid": None}))
    assert_refused(believer, provider.token(), "0 of its id")


def test_a_key_says_no_more_than_it_must(provider: RunningProvider, believer: IdentityProvider) -> None:
    """`alg`, `use` and `key_ops` are optional."""
    optional = ("alg", "use", "key_ops")
    provider.publish(*({name: jwk[name] for name in jwk if name not in optional} for jwk in provider.jwks()))
    for alg in SIGNERS:
        believer.verify(provider.sign(provider.claims(), alg))


def test_two_keys_may_share_an_id_if_they_are_of_two_kinds(
    provider: RunningProvider, believer: IdentityProvider
) -> None:
    keys = [{**jwk, "kid": "shared"} for jwk in provider.jwks()]
    provider.publish(*keys)
    token = provider.sign(provider.claims(), "ES256", {"kid": "shared"})
    believer.verify(token)
    provider.publish(*keys, *keys)
    assert_refused(IdentityProvider(believing(provider)), token, "4 of its id, 2 of these for ES256")


# When keys are fetched


def test_keys_are_fetched_again_after_ten_minutes(
    provider: RunningProvider, believer: IdentityProvider, clock: Clock
) -> None:
    assert not provider.fetches()
    for _ in range(2):
        believer.verify(provider.token())
        clock.time += 10 * MINUTE - 1
    assert provider.fetches() == {DISCOVERY: 1, JWKS: 1}
    clock.time += 1
    believer.verify(provider.token())
    assert provider.fetches() == {DISCOVERY: 2, JWKS: 2}


def test_a_withdrawn_key_is_believed_for_ten_minutes_at_most(
    provider: RunningProvider, believer: IdentityProvider, clock: Clock
) -> None:
    token = provider.token()
    believer.verify(token)
    provider.rotate()
    clock.time += 10 * MINUTE - 1
    believer.verify(token)
    clock.time += 1
    assert_refused(believer, token, "0 of its id")


def test_a_new_key_is_found_at_once(provider: RunningProvider, believer: IdentityProvider) -> None:
    old = provider.token()
    believer.verify(old)
    provider.rotate()
    believer.verify(provider.token())
    assert_refused(believer, old, "0 of its id")
    assert provider.fetches()[JWKS] == 2


def test_made_up_key_ids_make_no_flood(
    provider: RunningProvider, believer: IdentityProvider, clock: Clock
) -> None:
    """The first of them finds keys fetched within the same call, so it makes the service fetch no more."""
    fetched = []
    for seconds in (0, 0, 1, 28.5, 0.5, 29.5, 0.5, 0):
        clock.time += seconds
        assert_refused(believer, hand_made({"alg": "RS256", **MADE_UP}, {}), "0 of its id")
        fetched.append(provider.fetches()[JWKS])
    assert fetched == [1, 2, 2, 2, 3, 3, 4, 4]


def test_a_known_key_id_never_makes_the_service_fetch(
    provider: RunningProvider, believer: IdentityProvider
) -> None:
    believer.verify(provider.token())
    for jwk in provider.jwks() * 2:
        forged = hand_made({"alg": jwk["alg"], "kid": jwk["kid"]}, provider.claims())
        assert_refused(believer, forged, "Signature")
    assert provider.fetches()[JWKS] == 1


def test_many_threads_fetch_once(provider: RunningProvider, believer: IdentityProvider) -> None:
    token, start = provider.token(), threading.Barrier(8)

    def verify() -> str:
        start.wait(10)
        return believer.verify(token).holder

    provider.hold()
    with ThreadPoolExecutor(8) as threads:
        waiting = [threads.submit(verify) for _ in range(8)]
        wait_for(lambda: provider.fetches()[DISCOVERY] > 0)
        provider.release()
        assert [each.result(10) for each in waiting] == ["zhang-san"] * 8
    assert provider.fetches() == {DISCOVERY: 1, JWKS: 1}


def test_nobody_waits_for_newer_keys_while_older_ones_serve(
    provider: RunningProvider, believer: IdentityProvider, clock: Clock
) -> None:
    token = provider.token()
    believer.verify(token)
    clock.time += 10 * MINUTE
    provider.reset()
    provider.hold()
    with ThreadPoolExecutor(1) as threads:
        fetching = threads.submit(believer.verify, token)
        wait_for(lambda: provider.fetches()[DISCOVERY] > 0)
        believer.verify(token)
        assert not fetching.done()
        provider.release()
        fetching.result(10)
    assert provider.fetches() == {DISCOVERY: 1, JWKS: 1}


# When the provider can't be asked


def test_without_keys_nothing_can_be_told(clock: Clock) -> None:
    with running_provider() as provider:
        token = provider.token()
        provider.stop()
        believer = IdentityProvider(believing(provider), now=clock)
        assert_unavailable(believer, token, f"{provider.issuer}{DISCOVERY}: ")


def test_keys_serve_for_a_day_while_the_provider_is_down(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with running_provider() as provider:
        believer = IdentityProvider(believing(provider), now=clock)
        token = provider.token()
        believer.verify(token)
        provider.stop()
        clock.time += 24 * HOUR - 1
        believer.verify(token)
        (warned,) = (record for record in caplog.records if record.name == "app.auth.oidc")
        assert warned.levelno == logging.WARNING
        started = f"the identity provider's keys can't be fetched: {provider.issuer}{DISCOVERY}: "
        assert warned.getMessage().startswith(started)
        assert_refused(believer, hand_made({"alg": "RS256", **MADE_UP}, {}), "0 of its id")
        clock.time += 1
        assert_unavailable(believer, token, "Connection refused")


def test_a_failure_is_remembered_for_five_seconds(
    provider: RunningProvider, believer: IdentityProvider, clock: Clock
) -> None:
    """Else each of many callers would wait for its own timeout, one after the other."""
    token = provider.token()
    provider.answer(JWKS, "", status=503)
    for _ in range(3):
        assert_unavailable(believer, token, "answers 503")
    clock.time += 4.5
    assert_unavailable(believer, token, "answers 503")
    assert provider.fetches()[JWKS] == 1
    provider.reset()
    clock.time += 0.5
    believer.verify(token)


@pytest.mark.parametrize(
    ("path", "status", "body", "why"),
    [
        (DISCOVERY, 404, "", "answers 404"),
        (DISCOVERY, 200, "<html>", "Expecting value"),
        (DISCOVERY, 200, "[]", "not a JSON object"),
        (DISCOVERY, 200, {}, "another issuer's"),
        (DISCOVERY, 200, {"issuer": "http://another.example", "jwks_uri": "ISSUER/jwks"}, "another issuer's"),
        (DISCOVERY, 200, {"issuer": "ISSUER"}, "isn't an address to trust"),
        (DISCOVERY, 200, {"issuer": "ISSUER", "jwks_uri": 5}, "isn't an address to trust"),
        (DISCOVERY, 200, {"issuer": "ISSUER", "jwks_uri": "file:///etc/passwd"}, "isn't an address to trust"),
        (DISCOVERY, 200, {"issuer": "ISSUER", "jwks_uri": "http://[::"}, "http://.::: "),
        (
            DISCOVERY,
            200,
            {"issuer": "ISSUER", "jwks_uri": "https://127.0.0.1:1/keys"},
            "^https://127.0.0.1:1/",
        ),
        (JWKS, 500, {"keys": []}, "answers 500"),
        (JWKS, 201, {"keys": []}, "answers 201"),
        (JWKS, 200, "", "Expecting value"),
        (JWKS, 200, "[" * 100_000, "recursion"),
        (JWKS, 200, {}, "not a set of keys"),
        (JWKS, 200, {"keys": {}}, "not a set of keys"),
        (JWKS, 200, {"keys": [], "padding": "x" * 1024 * 1024}, "too long"),
    ],
    ids=ascii_start,
)
def test_only_a_proper_answer_counts(
    provider: RunningProvider, believer: IdentityProvider, path: str, status: int, body: object, why: str
) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    provider.answer(path, text.replace("ISSUER", provider.issuer), status=status)
    assert_unavailable(believer, provider.token(), why)


def test_a_large_set_of_keys_is_read(provider: RunningProvider, believer: IdentityProvider) -> None:
    provider.answer(JWKS, {"padding": "x" * 1000 * 1000, "keys": provider.jwks()})
    believer.verify(provider.token())


def test_a_redirect_is_not_followed(provider: RunningProvider, believer: IdentityProvider) -> None:
    provider.answer("/elsewhere", {"keys": provider.jwks()})
    provider.answer(JWKS, "", status=302, headers={"Location": "/elsewhere"})
    assert_unavailable(believer, provider.token(), "answers 302")
    assert not provider.fetches()["/elsewhere"]


def test_a_slow_answer_is_given_up(provider: RunningProvider) -> None:
    """The clock goes six seconds further each time that it is read."""
    believer = IdentityProvider(believing(provider), now=itertools.count(0, 6).__next__)
    assert_unavailable(believer, provider.token(), "too slow")


def test_a_proxy_of_the_environment_is_not_used(
    provider: RunningProvider, believer: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    believer.verify(provider.token())


# TLS


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a file of a private key and its certificate, which no authority signed, for this machine."""
    return certified("127.0.0.1", tmp_path)


def test_an_authority_must_be_the_system_s(
    certificate: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenSSL takes this variable for the system's authorities, to which an operator adds the county's."""
    with running_provider(certificate) as provider:
        believer = IdentityProvider(believing(provider), now=clock)
        assert_unavailable(believer, provider.token(), "CERTIFICATE_VERIFY_FAILED")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        clock.time += MINUTE
        believer.verify(provider.token())


def test_keys_never_come_without_tls_for_an_issuer_with_it(
    certificate: Path, provider: RunningProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with running_provider(certificate) as secure:
        secure.answer(DISCOVERY, {"issuer": secure.issuer, "jwks_uri": provider.issuer + JWKS})
        believer = IdentityProvider(believing(secure))
        assert_unavailable(believer, provider.token(iss=secure.issuer), "isn't an address to trust")
    assert not provider.fetches()
