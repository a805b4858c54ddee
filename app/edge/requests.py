"""What every request gets: an id, a line in the log, and an answer whatever happens."""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
from collections.abc import Mapping
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from app.edge.problems import refuse, say_sorry
from app.errors import Unavailable

log = logging.getLogger(__name__)

_STOPPING = "服务正在停止；请稍后查看是否已经保存，再决定要不要重发"
_LONGEST_PATH = 200
_SECRET = re.compile(r"nb_[0-9A-Za-z_-]+|eyJ[0-9A-Za-z_.=-]+")
"""What looks like a token of ours or a JWT: some callers put theirs in the wrong place."""
_PARAMETER = re.compile(r"[a-z_]{1,30}")
"""A name such as those of our parameters."""


class RequestIds:
    """Gives every request an id: in its state, on its answer, in each line that is logged meanwhile."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = new_request_id()
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        with bound_contextvars(request_id=request_id):
            await self.app(scope, receive, send_with_id)


def new_request_id() -> str:
    """Return an id that no other request has."""
    return uuid.uuid4().hex


class AccessLog:
    """Writes one line for each request; it holds no secret, no text that was sent and nobody's address."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answered: dict[str, int | None] = {"status": None, "bytes": 0}

        async def send_noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered["status"] = message["status"]
            else:
                answered["bytes"] = (answered["bytes"] or 0) + len(message.get("body", b""))
            await send(message)

        started = time.perf_counter()
        try:
            await self.app(scope, receive, send_noting)
        finally:
            took = round((time.perf_counter() - started) * 1000, 1)
            log.info("request", extra={**told_of(scope), **answered, "duration_ms": took})


def told_of(scope: Scope) -> Mapping[str, object]:
    """Return what the log says of a request: of parameters the names alone, of the caller the token's id."""
    names = {name for name, _ in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)}
    actor = scope["state"].get("actor")
    return {
        "method": scope["method"],
        "path": _SECRET.sub("…", scope["path"])[:_LONGEST_PATH],
        "parameters": sorted(name for name in names if _PARAMETER.fullmatch(name)),
        "credential": None if actor is None else actor.credential,
    }


class LastResort:
    """Answers for anything unforeseen, and logs where it happened."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        has_begun = False

        async def send_noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, send_noting)
        except asyncio.CancelledError:
            # the grace after SIGTERM is over
            if not has_begun:
                await (await refuse(Request(scope), Unavailable(_STOPPING)))(scope, receive, send)
            raise
        except Exception:
            # the last resort: whatever it is, it is logged and answered
            log.exception("request failed")
            # half an answer can't be mended: the server closes the connection
            if not has_begun:
                await say_sorry(Request(scope))(scope, receive, send)
