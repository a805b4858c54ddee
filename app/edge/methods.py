"""Methods: only those that the API has, and HEAD wherever there is GET."""

from __future__ import annotations

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.edge.problems import METHODS, READING_METHODS, refuse
from app.errors import MethodNotAllowed

KNOWN = (*READING_METHODS, *METHODS[1:])


class Methods:
    """Refuses what is no method of ours, and answers HEAD as GET without the body.

    The method that was really asked for stays in the request's state.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        method = scope["method"]
        scope["state"]["method"] = method
        if method not in KNOWN:
            await (await refuse(Request(scope), MethodNotAllowed(KNOWN)))(scope, receive, send)
        elif method == "HEAD":
            await self.app({**scope, "method": "GET"}, receive, _without_body(send))
        else:
            await self.app(scope, receive, send)


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return send_head
