"""How much a request may be, and how long it may take to arrive."""

from __future__ import annotations

import asyncio

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.edge.problems import refuse
from app.errors import AddressTooLong, HeadTooLarge, Refusal, TooLarge, TooSlow

AROUND_A_HEADER = len(": \r\n")


class HeadLimit:
    """Refuses addresses and headers that are too long or too many."""

    def __init__(self, app: ASGIApp, most: int, most_headers: int, longest_address: int) -> None:
        self.app = app
        self.most = most
        self.most_headers = most_headers
        self.longest_address = longest_address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self.app(scope, receive, send)
        else:
            await (await refuse(Request(scope), refusal))(scope, receive, send)

    def _refusal(self, scope: Scope) -> Refusal | None:
        address = len(scope["raw_path"]) + len(scope["query_string"])
        if address > self.longest_address:
            return AddressTooLong(f"地址长 {address} 字节，上限是 {self.longest_address} 字节")
        headers = scope["headers"]
        if len(headers) > self.most_headers:
            return HeadTooLarge(f"请求头有 {len(headers)} 行，上限是 {self.most_headers} 行")
        size = sum(len(name) + len(value) + AROUND_A_HEADER for name, value in headers)
        if size > self.most:
            return HeadTooLarge(f"请求头共 {size} 字节，上限是 {self.most} 字节")
        return None


class BodyLimit:
    """Takes a request's body in when somebody asks for it, and no more of it and no longer than it may be.

    A request that is answered before its body was taken in, since nobody knows the caller for one, has its
    connection closed: what is still to come of it isn't worth reading.

    The framework's own limit answers with plain text; ours is a problem document like every other refusal.
    """

    def __init__(self, app: ASGIApp, most: int, seconds: float) -> None:
        self.app = app
        self.most = most
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = _Body(Headers(scope=scope), receive, self.most, self.seconds)
        if body.announced > self.most:
            answer = await refuse(Request(scope), body.too_large())
            await answer(scope, receive, body.closing(send))
        else:
            await self.app(scope, body.receive, body.closing(send))


class _Body:
    """A body on its way in.

    Attributes:
        announced: how long it is going to be, in bytes; 0 where that isn't said.
    """

    def __init__(self, headers: Headers, receive: Receive, most: int, seconds: float) -> None:
        length = headers.get("content-length", "")
        self.announced = int(length) if length.isascii() and length.isdecimal() else 0
        self._is_whole = self.announced == 0 and "transfer-encoding" not in headers
        self._receive = receive
        self._most = most
        self._seconds = seconds
        self._taken_in = 0
        self._deadline: float | None = None

    async def receive(self) -> Message:
        """Take the next part in.

        Raises:
            TooLarge: with it, the body is larger than it may be.
            TooSlow: it doesn't come in time; the time counts from when the first part was asked for.
        """
        if self._is_whole:
            return await self._receive()
        message = await self._in_time()
        self._taken_in += len(message.get("body", b""))
        if self._taken_in > self._most:
            raise self.too_large()
        self._is_whole = message["type"] == "http.request" and not message.get("more_body", False)
        return message

    async def _in_time(self) -> Message:
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + self._seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._receive()
        except TimeoutError as late:
            raise TooSlow(f"请求体没有在 {self._seconds:g} 秒内传完，没有保存") from late

    def too_large(self) -> TooLarge:
        """Return the refusal of a body that is larger than it may be."""
        return TooLarge(f"请求体超过上限 {self._most} 字节（约 {self._most / 2**20:.1f} MB），没有保存")

    def closing(self, send: Send) -> Send:
        """Let the answer close the connection if the body wasn't taken in whole."""

        async def send_closing(message: Message) -> None:
            if message["type"] == "http.response.start" and not self._is_whole:
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        return send_closing
