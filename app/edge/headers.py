"""What every answer carries for browsers: how it may be kept, shown and read.

HSTS isn't among them: TLS is the gateway's, and so is the promise to stay with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    # an answer is data: a browser that takes it for a page shows and runs nothing
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
NEVER_KEPT = "no-store"
ASKED_ABOUT_FIRST = "private, no-cache"
"""May be kept by the caller's own browser, and used only after asking with its ETag."""

EXPOSED = (
    "ETag, Location, Link, Retry-After, X-Request-ID, Idempotency-Replayed, Dry-Run, Content-Disposition"
)
ALLOWED_HEADERS = "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key"
ALLOWED_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
ASK_AGAIN_AFTER_S = "600"


class SafeHeaders:
    """Says to browsers what an answer is not for, unless the answer says it itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                kept = ASKED_ABOUT_FIRST if "etag" in headers else NEVER_KEPT
                for name, value in {**SAFE, "Cache-Control": kept}.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_safely)


class Origins:
    """Lets pages of named origins call the service from browsers (CORS), and no others.

    Browsers send no token by themselves, so answers don't allow credentials.
    """

    def __init__(self, app: ASGIApp, allowed: Collection[str]) -> None:
        self.app = app
        self.allowed = frozenset(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self.allowed:
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        origin = asked.get("origin", "")
        is_allowed = origin in self.allowed
        if is_allowed and scope["method"] == "OPTIONS" and "access-control-request-method" in asked:
            await Response(status_code=204, headers=_preflight(origin))(scope, receive, send)
            return

        async def send_readable(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                if is_allowed:
                    headers["Access-Control-Allow-Origin"] = origin
                    headers["Access-Control-Expose-Headers"] = EXPOSED
            await send(message)

        await self.app(scope, receive, send_readable)


def _preflight(origin: str) -> Mapping[str, str]:
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": ALLOWED_METHODS,
        "Access-Control-Allow-Headers": ALLOWED_HEADERS,
        "Access-Control-Max-Age": ASK_AGAIN_AFTER_S,
        "Vary": "Origin",
    }
