"""Connections: what must be refused before there is a request, and how long that may take."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.edge.headers import NEVER_KEPT, SAFE
from app.edge.methods import KNOWN
from app.edge.problems import PROBLEM_JSON
from app.edge.requests import new_request_id
from app.errors import AddressTooLong, HeadTooLarge, Malformed, MethodNotAllowed, Refusal, TooSlow
from app.schemas.failures import STATUS_OF, problem_of, problem_text, told_of

if TYPE_CHECKING:
    from app.settings import Settings

MOST_AHEAD = 16
"""How many requests may wait on a connection for the answer to the one before them."""

log = logging.getLogger(__name__)


def connections_of(settings: Settings) -> type[asyncio.Protocol]:
    """Return the protocol that holds connections to the settings' limits."""

    class Connection(LimitedConnection):
        head_seconds = settings.head_seconds
        send_seconds = settings.send_seconds
        most_of_head = settings.max_head_bytes
        longest_address = settings.max_url_bytes

    return Connection


class LimitedConnection(HttpToolsProtocol):
    """Uvicorn's protocol, which has no limits of its own before a request is there, and with limits.

    A head must be there within its time, counted from its first byte or from when the connection was made;
    what of it has come is never much more than it may be in the end.  What can't be read as a request is
    answered with a problem document as well.  What follows a body (trailers) is passed over.

    Attributes:
        head_seconds: for how long a head may take.
        send_seconds: for how long a caller may leave untaken what was sent.
        most_of_head: how many bytes of an unfinished head, or between two parts of a body and after them, are
            taken in, to a chunk.
        longest_address: how many of an address.
    """

    head_seconds: float
    send_seconds: float
    most_of_head: int
    longest_address: int

    _late: asyncio.TimerHandle | None = None
    _untaken: asyncio.TimerHandle | None = None
    _has_begun = False
    _is_in_body = False
    _taken_in = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the waiting with the connection."""
        self._stop_waiting()
        self._stop_sending()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Begin to wait until the caller takes what was sent: its request has a place among those let in."""
        self._stop_sending()
        self._untaken = self.loop.call_later(self.send_seconds, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        """End that waiting."""
        self._stop_sending()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """Take in what came; wait for a head unless a request is being answered."""
        if self._has_begun or self._is_in_body:
            self._taken_in += len(data)
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # what follows would be of another protocol, and we know none
            self._close_after_answer()
        except httptools.HttpParserError as wrong:
            self._refuse(self._refusal_of(wrong))
        if not self.transport.is_closing():
            if not self._is_answering():
                self._wait_for_head()
            self._refuse_long_head()

    def on_message_begin(self) -> None:
        """Note that a head has begun; read no further where too many requests wait already."""
        if len(self.pipeline) >= MOST_AHEAD:
            raise _TooFarAhead
        self._has_begun = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header in; one after the body would pass for one of the head."""
        if not self._is_in_body:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """End the waiting: from here on it is a request."""
        self._stop_waiting()
        self._is_in_body = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body in, which has a limit of its own."""
        self._taken_in = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that the request is there as a whole."""
        self._is_in_body, self._taken_in = False, 0
        super().on_message_complete()

    def _is_answering(self) -> bool:
        # Uvicorn's own annotation leaves out that there is none at first
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _refusal_of(self, wrong: httptools.HttpParserError) -> Refusal:
        if (
            isinstance(wrong, httptools.HttpParserInvalidMethodError)
            or self.parser.get_method() == b"CONNECT"
        ):
            return MethodNotAllowed(KNOWN)
        return Malformed("这不是一个 HTTP/1.1 请求")

    def _wait_for_head(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(self.head_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
        self._late, self._has_begun, self._taken_in = None, False, 0

    def _stop_sending(self) -> None:
        if self._untaken is not None:
            self._untaken.cancel()
        self._untaken = None

    def _give_up(self) -> None:
        # browsers make connections in store: those that never said anything are closed without a word
        if self._has_begun:
            self._refuse(TooSlow(f"请求头没有在 {self.head_seconds:g} 秒内传完"))
        self.transport.close()

    def _refuse_long_head(self) -> None:
        if self._taken_in > self.most_of_head:
            is_address = not self.headers and len(self.url) > self.longest_address
            self._refuse(
                AddressTooLong(f"地址超过上限 {self.longest_address} 字节")
                if is_address
                else HeadTooLarge(f"请求头超过上限 {self.most_of_head} 字节")
            )

    def _close_after_answer(self) -> None:
        self.cycle.keep_alive = False

    def _refuse(self, refusal: Refusal) -> None:
        """Refuse what is no request yet, and close; whatever was asked before is answered first."""
        if self.pipeline or (self._is_answering() and not self.cycle.more_body):
            self._close_after_answer()
            self.flow.pause_reading()
            return
        status, request_id = STATUS_OF[type(refusal)], new_request_id()
        log.info("request", extra={"request_id": request_id, "status": status, "refused": refusal.code})
        self.transport.write(_answer_to(refusal, status, request_id))
        self.transport.close()


class _TooFarAhead(Exception):  # noqa: N818 - only the parser hears of it, and stops
    """A caller asks on and on without waiting for answers."""


def _answer_to(refusal: Refusal, status: int, request_id: str) -> bytes:
    body = problem_text(problem_of(refusal, told_of("/", request_id)))
    headers: dict[str, Any] = {
        "Content-Type": PROBLEM_JSON,
        "Content-Length": len(body),
        "Connection": "close",
        "Cache-Control": NEVER_KEPT,
        "X-Request-ID": request_id,
        **SAFE,
    }
    if isinstance(refusal, MethodNotAllowed):
        headers["Allow"] = ", ".join(refusal.allowed)
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{n}: {v}" for n, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body
