"""Secrets and signatures of webhooks, held to the specification's own reference."""

from __future__ import annotations

import base64

from app.auth.signatures import signatures, webhook_secret, written_secret

KEY = b"k" * 32


def test_a_message_is_signed_as_the_reference_library_signs_it() -> None:
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    signed = signatures([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_secret_adds_a_signature_behind_a_blank() -> None:
    one, other = webhook_secret(KEY, "a", 2), webhook_secret(KEY, "a", 1)
    both = signatures([one, other], "msg_1", 1, b"{}")
    assert both.split(" ") == [signatures([one], "msg_1", 1, b"{}"), signatures([other], "msg_1", 1, b"{}")]


def test_a_signature_covers_the_message_the_time_and_the_body() -> None:
    secret = webhook_secret(KEY, "a", 1)
    signed = {
        signatures([secret], message, timestamp, body)
        for message in ("msg_1", "msg_2")
        for timestamp in (1, 2)
        for body in (b"{}", b"[]")
    }
    assert len(signed) == 8


def test_every_webhook_generation_and_key_has_a_secret_of_its_own_and_always_the_same() -> None:
    made = [
        webhook_secret(key, webhook, generation)
        for key in (KEY, b"K" * 32)
        for webhook in ("a", "a 1", "b")
        for generation in (1, 2, 11)
    ]
    assert len(set(made)) == len(made)
    assert webhook_secret(KEY, "a", 1) == made[0]
    # what was handed out once must go on being the secret, whatever the code becomes
    assert made[0].hex() == "782aee994197bc0d10a3afc9ed3de1b76559a901e83f54c1c8a4490ad5a676c2"


def test_a_secret_is_written_as_libraries_take_it_and_as_long_as_they_want() -> None:
    written = written_secret(webhook_secret(KEY, "a", 1))
    prefix, _, text = written.partition("_")
    assert prefix == "whsec"
    assert len(base64.b64decode(text, validate=True)) == 32
