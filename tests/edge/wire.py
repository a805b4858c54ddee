"""Requests byte by byte, for what no proper client would send."""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: shaped as the answers of the other clients are, as far as `assert_problem` asks."""

    status_code: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:  # noqa: ANN401 - any JSON
        return json.loads(self.content)


class Wire:
    """A connection to the service."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected

    def send(self, *parts: bytes | str) -> None:
        """Send these bytes as they are, as far as the service takes them."""
        with suppress(BrokenPipeError, ConnectionResetError):
            for part in parts:
                self.socket.sendall(part.encode() if isinstance(part, str) else part)

    def answer(self) -> Answer:
        """Wait for the next answer."""
        response = HTTPResponse(self.socket)
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())

    def is_closed(self) -> bool:
        """Wait until the service closes the connection; tell whether it does so without another word."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


@contextmanager
def wire(address: str) -> Iterator[Wire]:
    """Connect to the service."""
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE_S) as connected:
        yield Wire(connected)


def head(method: str, target: str, *headers: str) -> str:
    """Write the head of a request."""
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""])
