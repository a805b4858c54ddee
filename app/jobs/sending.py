"""Sending a message: to an address that was vetted and to no other, in bounded time."""

from __future__ import annotations

import contextlib
import functools
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Thread
from typing import TYPE_CHECKING

import httpcore

from app.auth.destinations import Destination, DestinationRefused, choose_addresses, read_destination
from app.auth.networks import Networks
from app.domain.deliveries import Hindrance, Reply

if TYPE_CHECKING:
    from httpcore import Response

TIMEOUT_S = 15.0
"""For all of an attempt, however slowly the receiver goes."""

MOST_READ = 64 * 1024
"""How much of an answer is taken in, and thrown away, so that the receiver isn't cut short."""


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses that a name leads to now.

    Raises:
        OSError, UnicodeError: it leads nowhere.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@functools.cache
def system_trust() -> ssl.SSLContext:
    """Return the trust in the system's authorities, which takes long to read; most services never need it."""
    return ssl.create_default_context()


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends messages.

    Attributes:
        own: networks that aren't public and may be called all the same.
        resolve: looks names up.
        seconds: for an attempt, in all.
        trust: tells whose certificates are believed; the system's authorities, of which a county may have
            its own.
    """

    own: Networks = ()
    resolve: Callable[[str, int], Sequence[str]] = resolve
    seconds: float = TIMEOUT_S
    trust: Callable[[], ssl.SSLContext] = system_trust

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Make one attempt; whatever goes wrong comes back as a reply."""
        deadline = time.monotonic() + self.seconds
        try:
            destination = read_destination(url, self.own)
            found = self._look_up(destination, deadline)
            addresses = choose_addresses(found, self.own, is_tls=destination.is_tls)
            return self._post(destination, _Pinned(addresses, deadline), headers, body)
        except DestinationRefused:
            return Reply(hindrance=Hindrance.ADDRESS_REFUSED)
        except (OSError, UnicodeError):
            return Reply(hindrance=Hindrance.UNKNOWN_HOST)
        except httpcore.TimeoutException:
            return Reply(hindrance=Hindrance.TIMEOUT)
        except httpcore.NetworkError:
            return Reply(hindrance=Hindrance.UNREACHABLE)
        except httpcore.ProtocolError:
            return Reply(hindrance=Hindrance.NO_HTTP)

    def _look_up(self, to: Destination, deadline: float) -> Sequence[str]:
        """Look a name up, in a thread that is left behind: the system's resolver can't be told to hurry."""
        found: Future[Sequence[str]] = Future()

        def look_up() -> None:
            try:
                found.set_result(self.resolve(to.host, to.port))
            except (OSError, UnicodeError) as failure:
                found.set_exception(failure)

        thread = Thread(target=look_up, name="webhooks-lookup", daemon=True)
        thread.start()
        thread.join(left_until(deadline))
        if not found.done():
            raise httpcore.ConnectTimeout
        return found.result()

    def _post(
        self, to: Destination, pinned: httpcore.NetworkBackend, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        url = httpcore.URL(
            scheme="https" if to.is_tls else "http", host=to.host, port=to.port, target=to.target
        )
        own = {"Host": to.authority, "Content-Length": str(len(body))}
        trust = self.trust() if to.is_tls else None
        sent: list[tuple[bytes | str, bytes | str]] = [*own.items(), *headers.items()]
        # the pool follows no redirects and asks the environment for no proxy
        with (
            httpcore.ConnectionPool(ssl_context=trust, network_backend=pinned) as pool,
            pool.stream("POST", url, headers=sent, content=body) as answer,
        ):
            _take_in(answer)
            return Reply(answer.status, retry_after=_retry_after(answer))


def _take_in(answer: Response) -> None:
    """Read an answer to its end, or as far as is decent; its status is what counts."""
    size = 0
    with contextlib.suppress(httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        for part in answer.iter_stream():
            size += len(part)
            if size > MOST_READ:
                return


def _retry_after(answer: Response) -> float | None:
    """Return the seconds of Retry-After (RFC 9110, 10.2.3), which may be a date."""
    said = next((value for name, value in answer.headers if name.lower() == b"retry-after"), b"").decode(
        "latin-1"
    )
    if said.strip().isdecimal():
        return float(said)
    try:
        moment = parsedate_to_datetime(said)
        return (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):
        return None


class _Pinned(httpcore.NetworkBackend):
    """Connects to the addresses that were vetted, whatever the name may lead to by now."""

    def __init__(self, addresses: Sequence[str], deadline: float) -> None:
        self._addresses = addresses
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Try one address after the other, each for its share of the time."""
        del host, timeout
        *others, last = self._addresses
        for number, address in enumerate(others):
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                share = left_until(self._deadline) / (len(self._addresses) - number)
                return self._connect(address, port, share, local_address, socket_options)
        return self._connect(last, port, left_until(self._deadline), local_address, socket_options)

    def _connect(
        self,
        address: str,
        port: int,
        timeout: float,
        local_address: str | None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.NetworkStream:
        stream = httpcore.SyncBackend().connect_tcp(address, port, timeout, local_address, socket_options)
        return _Timed(stream, self._deadline)


def left_until(deadline: float) -> float:
    """Return the seconds that are left.

    Raises:
        httpcore.ConnectTimeout: none are.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ConnectTimeout
    return left


class _Timed(httpcore.NetworkStream):
    """A connection that ends at a deadline: other timeouts begin anew with each byte."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout
        return self._stream.read(max_bytes, left_until(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        self._stream.write(buffer, left_until(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        del timeout
        left = left_until(self._deadline)
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)
