"""Digests: SHA-256, or the national SM3 (GB/T 32905) where an operator must use it."""

from __future__ import annotations

import hashlib
import hmac
from enum import StrEnum
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import hmac as sm3_hmac

if TYPE_CHECKING:
    from collections.abc import Callable


class Digest(StrEnum):
    """How something is digested; stored beside each digest, so that a setting may change."""

    SHA256 = "sha256"
    SM3 = "sm3"


def digest_of(digest: Digest, data: bytes) -> str:
    """Return the digest of bytes, in hexadecimal."""
    return _DIGESTS[digest](data)


def keyed_digest_of(digest: Digest, key: bytes, data: bytes) -> str:
    """Return the HMAC (RFC 2104) of bytes, in hexadecimal."""
    return _KEYED[digest](key, data)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _sm3(data: bytes) -> str:
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize().hex()


def _hmac_sha256(key: bytes, data: bytes) -> str:
    return hmac.new(key, data, "sha256").hexdigest()


def _hmac_sm3(key: bytes, data: bytes) -> str:
    digest = sm3_hmac.HMAC(key, hashes.SM3())
    digest.update(data)
    return digest.finalize().hex()


_DIGESTS: dict[Digest, Callable[[bytes], str]] = {Digest.SHA256: _sha256, Digest.SM3: _sm3}
_KEYED: dict[Digest, Callable[[bytes, bytes], str]] = {
    Digest.SHA256: _hmac_sha256,
    Digest.SM3: _hmac_sm3,
}
