"""A receiver of webhooks for tests: a real HTTP server on this machine, with verification of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Event, Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl

WAIT_S = 60


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def message(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = self.json["data"]
        return data

    def is_signed_by(self, secret: str) -> bool:
        """Tell, as the specification has it, whether one of the signatures is made with a secret."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = b".".join([self.message.encode(), self.headers["webhook-timestamp"].encode(), self.body])
        own = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return f"v1,{own}" in self.headers["webhook-signature"].split(" ")


@dataclass(frozen=True, slots=True)
class Answered:
    """What a message is answered with."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Receiver:
    """What arrived, and how to answer.

    Attributes:
        url: where messages go.
        answer: of each message; how many came before it is the second argument.
        released: answers that wait for it are given when it is set.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.answer: Callable[[Received, int], Answered] = lambda _received, _before: Answered()
        self.released = Event()
        self._received: list[Received] = []
        self._changed = Condition()

    @property
    def received(self) -> list[Received]:
        with self._changed:
            return list(self._received)

    def take(self, received: Received) -> Answered:
        with self._changed:
            before = len(self._received)
            self._received.append(received)
            self._changed.notify_all()
        return self.answer(received, before)

    def wait_for(self, is_enough: Callable[[list[Received]], bool]) -> list[Received]:
        """Return what arrived as soon as it is enough."""
        with self._changed:
            assert self._changed.wait_for(lambda: is_enough(self._received), WAIT_S), self._received
            return list(self._received)

    def hold(self, _received: Received, _before: int) -> Answered:
        """Answer when released."""
        self.released.wait(WAIT_S)
        return Answered()


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        answered = self.server.receiver.take(Received(self.path, dict(self.headers.items()), body))
        self.send_response(answered.status)
        for name, value in {"Content-Length": str(len(answered.body)), **answered.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answered.body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    receiver: Receiver

    def handle_error(self, *_: object) -> None:
        """Don't mind senders who don't wait."""


@contextmanager
def receiving(trust: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Run a receiver until the block ends, with TLS if it is to show a certificate."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        scheme = "http"
        if trust is not None:
            server.socket = trust.wrap_socket(server.socket, server_side=True)
            scheme = "https"
        server.receiver = Receiver(f"{scheme}://127.0.0.1:{server.server_address[1]}/hook")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.receiver
        finally:
            server.receiver.released.set()
            server.shutdown()
            thread.join()
