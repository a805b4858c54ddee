"""People who call the service: a token for each role, and a client that sends the one that a call takes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.testclient import TestClient

from app.auth.tokens import Hashing, Secret, digest_secret, new_secret
from app.domain.lifecycle import Action
from app.domain.roles import Role
from app.storage.models import Token

if TYPE_CHECKING:
    from httpx2 import Response

    from app.storage.engine import Database

WHOLE_TREE: dict[Role, Secret] = {role: new_secret() for role in Role}
"""Tokens that reach every agency; every database of a test knows them."""


def plant_tokens(database: Database) -> None:
    """Let a database know the tokens of this test run."""
    with database.writing() as session:
        session.add_all(a_token(secret, role, holder_of(role)) for role, secret in WHOLE_TREE.items())


def a_token(secret: Secret, role: Role, holder: str, agency_id: int | None = None) -> Token:
    """Return a token that is good for a day."""
    now = datetime.now(UTC)
    return Token(
        id=secret.id,
        digest=digest_secret(Hashing(), secret.text),
        algorithm=Hashing().digest,
        holder=holder,
        role=role,
        agency_id=agency_id,
        networks="[]",
        issued_by="测试",
        issued_at=now,
        # nobody notes the use of a token that was used just now, so reading doesn't write
        last_used_at=now + timedelta(days=1),
        expires_at=now + timedelta(days=1),
    )


def holder_of(role: Role) -> str:
    """Return the name of whoever holds a role's token."""
    return f"测试{role.label}员"


def bearer(secret: Secret | str) -> dict[str, str]:
    """Return the header that shows a token."""
    return {"Authorization": f"Bearer {secret if isinstance(secret, str) else secret.text}"}


def role_for(method: str, path: str, body: object = None) -> Role:
    """Return a role that may make such a call."""
    action = body.get("action") if isinstance(body, dict) else None
    if "/webhooks" in path or (
        method != "GET" and any(part in path for part in ("/agencies", "/tokens", "/reorganisations"))
    ):
        return Role.ADMINISTRATOR
    if method != "GET" and "/collections" in path:
        return Role.REVIEWER
    if "/tokens" in path:
        return Role.ADMINISTRATOR
    if "/audit" in path or "/comments" in path or path.endswith("/explanations/reviews"):
        return Role.REVIEWER
    if method != "GET" and "/rollups/" in path:
        return Role.REVIEWER
    judges = {action.value for action in Action if action.right not in Role.SYSTEM.rights}
    return Role.REVIEWER if action in judges else Role.SYSTEM


class Desk(TestClient):
    """Calls the application as whoever may, unless a call says who it comes from."""

    def request(self, method: str, url: Any, **options: Any) -> Response:  # noqa: ANN401 - handed on
        """Make a call with a token that is good for it."""
        headers = dict(options.pop("headers", None) or {})
        if not any(name.lower() == "authorization" for name in headers):
            body = _body_of(options) if "/transitions" in str(url) else None
            headers |= bearer(WHOLE_TREE[role_for(method.upper(), str(url), body)])
        return super().request(method, url, headers=headers, **options)


def _body_of(options: dict[str, Any]) -> object:
    content = options.get("content")
    if isinstance(content, str):
        return json.loads(content)
    return options.get("json")
