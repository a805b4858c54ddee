"""Bearer tokens: `nb_<id>_<secret>_<checksum>`.  The secret is 256 random bits; only its digest is kept.

The prefix lets scanners find a token that was committed or mailed by mistake; the checksum tells a mistyped
one from one that was revoked, without asking the database.
"""

from __future__ import annotations

import hmac
import re
import secrets
import zlib
from dataclasses import dataclass, field

from app.storage.digests import Digest, digest_of, keyed_digest_of

PREFIX = "nb_"

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_LENGTH, _SECRET_LENGTH, _CHECKSUM_LENGTH = 10, 43, 6
_SECRET_BITS = 256
_SHAPE = re.compile(
    rf"{PREFIX}([0-9A-Za-z]{{{_ID_LENGTH}}})"
    rf"_([0-9A-Za-z]{{{_SECRET_LENGTH}}})_([0-9A-Za-z]{{{_CHECKSUM_LENGTH}}})"
)


@dataclass(frozen=True, slots=True)
class Secret:
    """A token as its holder has it.

    Attributes:
        id: names the token in lists and records; no secret.
        text: all of it; never stored, never logged.
    """

    id: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Hashing:
    """How secrets are digested from now on.

    Attributes:
        digest: by which algorithm.
        key: makes it an HMAC; with SM3 there must be one.
    """

    digest: Digest = Digest.SHA256
    key: bytes = field(default=b"", repr=False)


def new_secret() -> Secret:
    """Make a token up."""
    token_id = "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH))
    body = f"{PREFIX}{token_id}_{_base62(secrets.randbits(_SECRET_BITS), _SECRET_LENGTH)}"
    return Secret(token_id, f"{body}_{_checksum(body)}")


def read_secret(text: str) -> Secret | None:
    """Return what a caller sent as a token; None where it is none, or was mistyped."""
    match = _SHAPE.fullmatch(text)
    if match is None or _checksum(text.rpartition("_")[0]) != match[3]:
        return None
    return Secret(match[1], text)


def digest_secret(hashing: Hashing, secret: str) -> str:
    """Return what is kept of a secret: SHA-256 as it is, or HMAC-SM3."""
    data = secret.encode()
    if hashing.digest is Digest.SM3:
        return keyed_digest_of(hashing.digest, hashing.key, data)
    return digest_of(hashing.digest, data)


def is_secret(hashing: Hashing, secret: str, digest: str, algorithm: str) -> bool:
    """Tell, in the same time for every wrong secret, whether a digest is this secret's."""
    known = Hashing(Digest(algorithm), hashing.key)
    return hmac.compare_digest(digest_secret(known, secret), digest)


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
