"""Digests against published vectors: FIPS 180-2, RFC 4231, GB/T 32905-2016, GM/T 0042-2015 appendix D.3."""

from __future__ import annotations

import pytest

from app.storage.digests import Digest, digest_of, keyed_digest_of

SIXTY_FOUR = b"abcd" * 16
ALPHABETIC = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq" * 2


@pytest.mark.parametrize(
    ("digest", "data", "expected"),
    [
        (Digest.SHA256, b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (Digest.SHA256, b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (Digest.SM3, b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (Digest.SM3, SIXTY_FOUR, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_digests_are_those_published(digest: Digest, data: bytes, expected: str) -> None:
    assert digest_of(digest, data) == expected


@pytest.mark.parametrize(
    ("digest", "key", "data", "expected"),
    [
        (
            Digest.SHA256,
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            Digest.SM3,
            bytes(range(1, 33)),
            ALPHABETIC,
            "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a",
        ),
        (
            Digest.SM3,
            bytes(range(1, 38)),
            b"\xcd" * 50,
            "220bf579ded555393f0159f66c99877822a3ecf610d1552154b41d44b94db3ae",
        ),
    ],
)
def test_keyed_digests_are_those_published(digest: Digest, key: bytes, data: bytes, expected: str) -> None:
    assert keyed_digest_of(digest, key, data) == expected


def test_without_a_key_nothing_fails() -> None:
    """An operator may have taken the key away; what was digested with it then fits nothing."""
    assert keyed_digest_of(Digest.SM3, b"", b"abc") != keyed_digest_of(Digest.SM3, b"k" * 32, b"abc")
