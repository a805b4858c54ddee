"""What a token looks like, and what is kept of it."""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib

import pytest

from app.auth.tokens import Hashing, Secret, digest_secret, is_secret, new_secret, read_secret
from app.storage.digests import Digest, digest_of

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
KEY = b"k" * 32
SHA256, SM3 = Hashing(), Hashing(Digest.SM3, KEY)

# made in parts, so that no scanner takes it for a real one
WHOLE = f"nb_TEST000001_{'0' * 43}_36N0EN"


def number_in(text: str) -> int:
    number = 0
    for char in text:
        number = number * 62 + ALPHABET.index(char)
    return number


def test_a_token_names_itself_and_carries_256_bits_and_a_checksum() -> None:
    made = new_secret()
    shape = re.fullmatch(r"nb_(\w{10})_(\w{43})_(\w{6})", made.text, re.ASCII)
    assert shape
    token_id, secret, checksum = shape.groups()
    assert token_id == made.id
    assert number_in(secret) < 2**256
    assert number_in(checksum) == zlib.crc32(made.text.rpartition("_")[0].encode())


def test_a_token_is_all_that_chance_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """256 bits are asked for, and the largest number of so many fits in."""
    asked: list[int] = []

    def most(bits: int) -> int:
        asked.append(bits)
        return int(2**bits - 1)

    monkeypatch.setattr(secrets, "randbits", most)
    monkeypatch.setattr(secrets, "choice", lambda choices: choices[-1])
    made = new_secret()
    assert asked == [256]
    assert made.id == "z" * 10
    assert number_in(made.text.split("_")[2]) == 2**256 - 1


def test_no_two_tokens_are_alike() -> None:
    made = [new_secret() for _ in range(200)]
    assert len({each.id for each in made}) == 200
    assert len({each.text[14:57] for each in made}) == 200
    assert {char for each in made for char in each.id} == set(ALPHABET)


def test_a_token_is_read_back() -> None:
    made = new_secret()
    assert read_secret(made.text) == made
    assert read_secret(WHOLE) == Secret("TEST000001", WHOLE)


def test_a_mistyped_token_is_told_without_the_database() -> None:
    text = new_secret().text
    places = (3, 12, 14, 40, 56, 58, 63)
    for place in places:
        other = "A" if text[place] != "A" else "B"
        assert read_secret(f"{text[:place]}{other}{text[place + 1 :]}") is None, place


@pytest.mark.parametrize(
    "text",
    [
        WHOLE.lower(),
        WHOLE[:-1],
        WHOLE[1:],
        f"{WHOLE}0",
        f"{WHOLE}\n",
        f" {WHOLE}",
        WHOLE.replace("nb_", "NB_"),
        WHOLE.replace("_", "-"),
        WHOLE.replace("0", "０"),
        "",
        "nb___",
        "eyJhbGciOiJub25lIn0.e30.",
    ],
    ids=ascii,
)
def test_what_has_another_shape_is_no_token(text: str) -> None:
    assert read_secret(text) is None


def test_a_token_is_not_shown_by_accident() -> None:
    made = new_secret()
    assert made.text not in repr(made)
    assert made.id in repr(made)
    assert "kkkk" not in repr(SM3)


def test_kept_is_the_sha_256_of_a_token() -> None:
    text = new_secret().text
    assert digest_secret(SHA256, text) == hashlib.sha256(text.encode()).hexdigest()
    assert digest_secret(Hashing(Digest.SHA256, KEY), text) == digest_secret(SHA256, text)


def test_or_by_setting_its_hmac_sm3() -> None:
    """Worked out anew by the definition of HMAC (RFC 2104) from plain SM3, whose vectors are elsewhere."""
    text, padded = new_secret().text, KEY.ljust(64, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in padded) for pad in (0x36, 0x5C))
    digest = bytes.fromhex(digest_of(Digest.SM3, inner + text.encode()))
    assert digest_secret(SM3, text) == digest_of(Digest.SM3, outer + digest)


@pytest.mark.parametrize("hashing", [SHA256, SM3], ids=["sha256", "sm3"])
def test_only_the_secret_itself_fits_its_digest(hashing: Hashing) -> None:
    text, another = new_secret().text, new_secret().text
    digest = digest_secret(hashing, text)
    assert is_secret(hashing, text, digest, hashing.digest.value)
    assert not is_secret(hashing, another, digest, hashing.digest.value)
    assert not is_secret(hashing, text, "", hashing.digest.value)


def test_a_digest_is_compared_by_the_algorithm_that_made_it() -> None:
    """A token goes on when the setting changes, as long as the key stays."""
    text = new_secret().text
    old, new = digest_secret(SHA256, text), digest_secret(SM3, text)
    assert is_secret(SM3, text, old, "sha256")
    assert is_secret(Hashing(Digest.SHA256, KEY), text, new, "sm3")
    assert not is_secret(SHA256, text, new, "sm3")
    assert not is_secret(SM3, text, old, "sm3")
