"""The secrets of webhooks, and what is signed with them: Standard Webhooks 1.0.0, symmetric (`v1`).

A secret isn't kept anywhere: it follows from the service's key, and whoever reads the database can't sign.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterable

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_SECRET_BYTES = 32
_PREFIX = "whsec_"


def webhook_secret(key: bytes, webhook_id: str, generation: int) -> bytes:
    """Return a webhook's secret.

    Args:
        key: the service's own.
        webhook_id: the webhook, never given twice.
        generation: raised by each rotation.
    """
    purpose = f"nianbao webhook {webhook_id} {generation}"
    return HKDF(SHA256(), _SECRET_BYTES, salt=None, info=purpose.encode()).derive(key)


def written_secret(secret: bytes) -> str:
    """Write a secret as receivers' libraries take it."""
    return _PREFIX + b64encode(secret).decode()


def signatures(secrets: Iterable[bytes], message: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature`: one signature for each secret.

    Args:
        secrets: those in use.
        message: the value of `webhook-id`, without a full stop.
        timestamp: the value of `webhook-timestamp`.
        body: as it is sent.
    """
    signed = f"{message}.{timestamp}.".encode() + body
    return " ".join(f"v1,{b64encode(hmac.digest(secret, signed, 'sha256')).decode()}" for secret in secrets)
