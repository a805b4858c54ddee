"""Clients that offer a load at a rate of their own, whatever the service makes of it."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

PATIENCE_S = 90
"""How long a client waits for an answer."""

BROKEN = 0
"""The status of a request that got no answer at all."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; *kind* is what it counts as."""

    kind: str
    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def as_bytes(self, token: str) -> bytes:
        """Return the request as it travels."""
        headers = {
            "Host": "bench",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Content-Length": str(len(self.body)),
            **self.headers,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{head}\r\n".encode() + self.body


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: *took* seconds after it was *due*, which may be before it could be sent."""

    kind: str
    status: int
    due: float
    took: float
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        """Return the body as JSON."""
        return json.loads(self.body)


class Client:
    """A connection that is kept open, and opened anew where the service closed it."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._token = token
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: Request, due: float | None = None) -> Answer:
        """Make a request; one that gets no answer counts as `BROKEN`."""
        since = time.monotonic() if due is None else due
        try:
            async with asyncio.timeout(PATIENCE_S):
                status, headers, body = await self._exchange(request)
        except (OSError, EOFError, TimeoutError) as failure:
            self.close()
            status, headers, body = BROKEN, {}, repr(failure).encode()
        return Answer(request.kind, status, since, time.monotonic() - since, headers, body)

    async def _exchange(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        if self._streams is None or self._streams[0].at_eof():
            self.close()
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(request.as_bytes(self._token))
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection") == "close":
            self.close()
        return int(first.split(" ")[1]), headers, body

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None


async def at_rate(each_s: float, until: float, step: Callable[[float], Awaitable[None]]) -> None:
    """Take a step every *each_s* seconds; a late one begins at once, and is told when it was due."""
    due = time.monotonic()
    while due < until:
        await asyncio.sleep(due - time.monotonic())
        await step(due)
        due += each_s
