"""What an operator says of a county's identity provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_KINDS = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), ("RSA", None)),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"),
}
"""The algorithms that can be allowed, all asymmetric, and the `kty` and `crv` of the keys they need."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Whom the service believes, and how to read what it says.

    A claim's name may be a dotted path into nested claims, such as `realm_access.roles`.

    Attributes:
        issuer: what `iss` must be, to the letter.
        audience: what `aud` must be or contain.
        jwks_url: where the keys are; None for what the issuer's discovery document says.
        algorithms: those that may sign, each of KEY_KINDS.
        holder_claim: where the person's name for the records stands.
        role_claim: where the person's roles stand: a string or a list of them.
        agency_claim: where the code of the agency stands at the top of what the person may reach.
        roles: the names of our roles by the provider's.
    """

    issuer: str
    audience: str
    jwks_url: str | None
    algorithms: tuple[str, ...]
    holder_claim: str
    role_claim: str
    agency_claim: str
    roles: Mapping[str, str]
