"""One attempt to send: where it goes, where it doesn't, and how long it may take."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import time
from contextlib import contextmanager
from email.utils import format_datetime
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from app.auth.networks import networks_in
from app.domain.deliveries import Hindrance, Reply
from app.jobs.sending import Sender, resolve
from tests.auth.certificates import certified
from tests.receiver import Answered, Receiver, receiving

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LOOPBACK = networks_in(["127.0.0.0/8"])
HEADERS = {"Content-Type": "application/json", "webhook-id": "msg_1"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def test_a_message_arrives_as_it_is(receiver: Receiver) -> None:
    assert Sender(LOOPBACK).send(f"{receiver.url}?a=%E5%B9%B4", HEADERS, '{"类":1}'.encode()) == Reply(204)
    (received,) = receiver.received
    assert (received.path, received.json) == ("/hook?a=%E5%B9%B4", {"类": 1})
    assert received.headers.items() >= {**HEADERS, "Host": receiver.url.split("/")[2]}.items()


def test_this_machine_is_refused_unless_the_operator_allows_it(receiver: Receiver) -> None:
    assert Sender().send(receiver.url, HEADERS, b"{}") == Reply(hindrance=Hindrance.ADDRESS_REFUSED)
    assert receiver.received == []


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::1"], []])
def test_a_name_that_leads_inside_is_refused_before_anybody_is_called(
    receiver: Receiver, addresses: list[str]
) -> None:
    sender = Sender(resolve=lambda _host, _port: addresses)
    url = receiver.url.replace("http://127.0.0.1", "https://hooks.example")
    assert sender.send(url, HEADERS, b"{}") == Reply(hindrance=Hindrance.ADDRESS_REFUSED)
    assert receiver.received == []


def test_what_is_called_is_the_address_that_was_judged_whatever_the_name_leads_to_by_then(
    receiver: Receiver,
) -> None:
    """A name that leads elsewhere at each question (DNS rebinding) is asked once, and gets nobody inside."""
    answers = [["127.0.0.1"], ["127.0.0.2"]]
    asked = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append((host, port))
        return answers.pop(0)

    url = receiver.url.replace("127.0.0.1", "hooks.example")
    only_one = networks_in(["127.0.0.1"])
    assert Sender(only_one, resolve=rebinding).send(url, HEADERS, b"{}") == Reply(204)
    assert len(asked) == 1
    assert receiver.received[0].headers["Host"].startswith("hooks.example:")
    second = Sender(only_one, resolve=rebinding).send(url, HEADERS, b"{}")
    assert second == Reply(hindrance=Hindrance.ADDRESS_REFUSED)
    assert len(receiver.received) == 1


def test_the_next_address_is_tried_where_one_does_not_answer(receiver: Receiver) -> None:
    # nobody listens there: the receiver has the port of one address only
    sender = Sender(LOOPBACK, resolve=lambda _host, _port: ["127.0.0.9", "127.0.0.1"])
    assert sender.send(receiver.url.replace("127.0.0.1", "hooks.example"), HEADERS, b"{}") == Reply(204)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    receiver.answer = lambda _received, _before: Answered(status, {"Location": f"{receiver.url}/elsewhere"})
    assert Sender(LOOPBACK).send(receiver.url, HEADERS, b"{}") == Reply(status)
    assert [received.path for received in receiver.received] == ["/hook"]


def test_no_proxy_of_the_environment_is_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.9:9")
    assert Sender(LOOPBACK).send(receiver.url, HEADERS, b"{}") == Reply(204)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("9" * 400, float("inf")),
        ("Mon, 01 Jan 99999 00:00:00 GMT", None),
        (f"Mon, {'9' * 30} Jan 2026 00:00:00 GMT", None),
        (f"Mon, 01 Jan 2026 00:00:00 +{'9' * 30}", None),
    ],
)
def test_it_hears_for_how_long_the_receiver_puts_it_off(
    receiver: Receiver, said: str, seconds: float | None
) -> None:
    receiver.answer = lambda _received, _before: Answered(503, {"Retry-After": said})
    assert Sender(LOOPBACK).send(receiver.url, HEADERS, b"{}") == Reply(503, retry_after=seconds)


def test_until_when_may_be_said_as_a_date(receiver: Receiver) -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    said = format_datetime(later, usegmt=True)
    receiver.answer = lambda _received, _before: Answered(503, {"Retry-After": said})
    reply = Sender(LOOPBACK).send(receiver.url, HEADERS, b"{}")
    assert reply.retry_after is not None
    assert 3500 < reply.retry_after <= 3600


def test_of_a_huge_answer_the_status_is_enough(receiver: Receiver) -> None:
    receiver.answer = lambda _received, _before: Answered(200, body=b"x" * 50_000_000)
    assert Sender(LOOPBACK).send(receiver.url, HEADERS, b"{}") == Reply(200)


def test_who_never_answers_is_given_up_in_time(receiver: Receiver) -> None:
    receiver.answer = receiver.hold
    began = time.monotonic()
    reply = Sender(LOOPBACK, seconds=0.5).send(receiver.url, HEADERS, b"{}")
    assert reply == Reply(hindrance=Hindrance.TIMEOUT)
    assert time.monotonic() - began < 5


@contextmanager
def speaking(first: bytes, then: bytes = b"", pause_s: float = 0.05) -> Iterator[str]:
    """Run something that says what it says, whatever it is asked, and goes on until nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            caller, _ = server.accept()
            with caller:
                asked = b""
                # the body comes by itself; closed on what wasn't read, a connection is reset
                while not asked.endswith(b"{}"):
                    asked += caller.recv(65536)
                caller.sendall(first)
                try:
                    while then:
                        caller.sendall(then)
                        time.sleep(pause_s)
                except OSError:
                    return

        thread = Thread(target=speak, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join(30)


@pytest.mark.parametrize(
    "first", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 103 Early Hints\r\n\r\n"], ids=["header", "hints"]
)
def test_who_answers_a_byte_at_a_time_is_given_up_in_time(first: bytes) -> None:
    then = b"x" if first.endswith(b" ") else first
    with speaking(first, then) as url:
        began = time.monotonic()
        reply = Sender(LOOPBACK, seconds=0.5).send(url, HEADERS, b"{}")
    assert reply == Reply(hindrance=Hindrance.TIMEOUT)
    assert time.monotonic() - began < 5


def test_an_answer_whose_body_never_ends_counts_by_its_status() -> None:
    with speaking(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"x") as url:
        began = time.monotonic()
        assert Sender(LOOPBACK, seconds=0.5).send(url, HEADERS, b"{}") == Reply(200)
    assert time.monotonic() - began < 5


def test_what_is_no_http_is_named_so() -> None:
    with speaking(b"SSH-2.0-OpenSSH_9.2\r\n") as url:
        assert Sender(LOOPBACK).send(url, HEADERS, b"{}") == Reply(hindrance=Hindrance.NO_HTTP)


def test_where_nobody_listens_is_named_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
    assert Sender(LOOPBACK).send(url, HEADERS, b"{}") == Reply(hindrance=Hindrance.UNREACHABLE)


def test_a_name_that_leads_nowhere_is_named_so() -> None:
    def fail(host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, host)

    reply = Sender(resolve=fail).send("https://nowhere.example/", HEADERS, b"{}")
    assert reply == Reply(hindrance=Hindrance.UNKNOWN_HOST)


def test_a_name_that_nobody_answers_for_is_given_up_in_time() -> None:
    released = Event()

    def wait(_host: str, _port: int) -> Sequence[str]:
        released.wait(30)
        return []

    began = time.monotonic()
    reply = Sender(resolve=wait, seconds=0.5).send("https://slow.example/", HEADERS, b"{}")
    assert reply == Reply(hindrance=Hindrance.TIMEOUT)
    assert time.monotonic() - began < 5
    released.set()


def test_the_systems_own_resolver_gives_each_address_once() -> None:
    assert resolve("127.0.0.1", 80) == ["127.0.0.1"]


@pytest.mark.parametrize(("name", "reply"), [("hooks.example", Reply(204)), ("other.example", None)])
def test_a_certificate_counts_for_its_name_though_an_address_is_called(
    tmp_path: Path, name: str, reply: Reply | None
) -> None:
    certificate = certified("hooks.example", tmp_path)
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(certificate)
    trust = ssl.create_default_context(cafile=str(certificate))
    with receiving(shown) as receiver:
        sender = Sender(LOOPBACK, resolve=lambda _host, _port: ["127.0.0.1"], trust=lambda: trust)
        found = sender.send(receiver.url.replace("127.0.0.1", name), HEADERS, b"{}")
        assert found == (reply or Reply(hindrance=Hindrance.UNREACHABLE))
        assert len(receiver.received) == (1 if reply else 0)
