"""What comes over the wire before it is a request, or never becomes one."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from app.domain.roles import Role
from tests.api import API, address, assert_problem
from tests.desk import WHOLE_TREE
from tests.edge.wire import Wire, head, wire
from tests.service import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAD_S, BODY_S = 2, 3
TOKEN = f"Authorization: Bearer {WHOLE_TREE[Role.SYSTEM].text}"
JSON = "Content-Type: application/json"
FORM = "Content-Type: multipart/form-data; boundary=x"
FILE = 'Content-Disposition: form-data; name="file"; filename="a.txt"'
MEGABYTES = 9 * 2**20
EVERY_METHOD = "GET, HEAD, POST, PUT, PATCH, DELETE"


@pytest.fixture(scope="module")
def service(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a service that waits for a few seconds only."""
    file = tmp_path_factory.mktemp("wire") / "nianbao.db"
    file.write_bytes(sqlite_template.read_bytes())
    limits = {
        "HEAD_SECONDS": str(HEAD_S),
        "BODY_SECONDS": str(BODY_S),
        "SEND_SECONDS": "1",
        "KEEP_ALIVE_SECONDS": "2",
    }
    with running(f"sqlite:///{file}", settings=limits) as at:
        yield at


@pytest.fixture
def line(service: str) -> Iterator[Wire]:
    """Connect to it."""
    with wire(service) as connected:
        yield connected


def test_a_head_that_never_ends_is_given_up(line: Wire) -> None:
    line.send("GET /livez HTTP/1.1\r\nHo")
    problem = assert_problem(line.answer(), 408, "too-slow")
    assert problem["detail"] == f"请求头没有在 {HEAD_S} 秒内传完"
    assert line.is_closed()


def test_a_head_that_trickles_has_no_more_time_than_one_that_stops(line: Wire) -> None:
    began = time.monotonic()
    line.socket.settimeout(HEAD_S / 10)
    line.send("GET /livez HTTP/1.1\r\n")
    answered = b""
    while not answered:
        try:
            line.send("X-Slow: 1\r\n")
            answered = line.socket.recv(100)
        except TimeoutError:
            assert time.monotonic() - began < HEAD_S * 10
    assert answered.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("sent", ["", "\r\n"])
def test_a_connection_on_which_nobody_says_anything_is_closed_without_a_word(line: Wire, sent: str) -> None:
    line.send(sent)
    assert line.is_closed()


def test_a_connection_that_idles_after_an_answer_is_closed(line: Wire) -> None:
    for _ in range(2):
        line.send(head("GET", "/livez"))
        assert line.answer().status_code == 200
    assert line.is_closed()


def test_a_head_is_not_taken_in_for_ever(line: Wire) -> None:
    line.send("GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: ")
    line.send(b"a" * MEGABYTES)
    assert_problem(line.answer(), 431, "head-too-large")
    assert line.is_closed()


def test_nor_is_an_address(line: Wire) -> None:
    line.send("GET /")
    line.send(b"a" * MEGABYTES)
    assert_problem(line.answer(), 414, "address-too-long")
    assert line.is_closed()


@pytest.mark.parametrize(
    "sent",
    [
        "rubbish\r\n\r\n",
        "GET / SPDY/1\r\n\r\n",
        "\x16\x03\x01\x02\x00",
        head("GET", "/livez", "Content-Length: 1", "Content-Length: 2"),
        head("GET", "/livez", "Content-Length: 1", "Transfer-Encoding: chunked"),
        head("GET", "/livez", "a\x00b: c"),
        head("GET", "/livez", " folded: c", "X: \x01"),
    ],
)
def test_what_is_no_request_is_refused_with_a_problem(line: Wire, sent: str) -> None:
    line.send(sent)
    answer = line.answer()
    status = answer.status_code
    assert_problem(answer, status, {400: "malformed", 405: "method-not-allowed"}[status])
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert line.is_closed()


@pytest.mark.parametrize(
    "sent",
    [
        head("TRACE", "/livez"),
        head("TRACE", "/nowhere", "Cookie: secret"),
        head("CONNECT", "a.example:443"),
        head("FETCH", "/livez"),
        head("PROPFIND", "/api/v1/reports"),
        head("OPTIONS", "/api/v1/reports", "Origin: https://a.example", "Access-Control-Request-Method: GET"),
    ],
)
def test_methods_that_are_not_ours_are_refused_and_nothing_is_echoed(line: Wire, sent: str) -> None:
    line.send(sent)
    answer = line.answer()
    assert_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == EVERY_METHOD
    assert "secret" not in answer.text
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_rubbish_after_a_request_doesn_t_take_its_answer_away(line: Wire) -> None:
    line.send(head("GET", "/readyz") + "rubbish\r\n\r\n")
    assert line.answer().json()["status"] == "ok"
    assert line.is_closed()


def test_an_upgrade_is_passed_over(line: Wire) -> None:
    line.send(head("GET", "/livez", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"))
    assert line.answer().json() == {"status": "ok"}
    assert line.is_closed()


def test_whoever_isn_t_known_is_refused_before_their_body_is_read(line: Wire) -> None:
    line.send(head("PUT", address(), JSON, f"Content-Length: {MEGABYTES}"))
    answer = line.answer()
    assert_problem(answer, 401, "unauthenticated")
    assert answer.headers["connection"] == "close"
    assert line.is_closed()


def test_nor_is_a_body_of_a_kind_that_isn_t_taken_or_of_no_use(line: Wire, service: str) -> None:
    line.send(head("PUT", address(), TOKEN, "Content-Type: text/plain", f"Content-Length: {MEGABYTES}"))
    assert_problem(line.answer(), 415, "unsupported-media-type")
    assert line.is_closed()
    with wire(service) as other:
        other.send(head("POST", "/nowhere", "Transfer-Encoding: chunked"))
        assert_problem(other.answer(), 404, "not-found")
        assert other.is_closed()


def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(line: Wire) -> None:
    line.send(head("PUT", address(), TOKEN, JSON, f"Content-Length: {11 * 2**20}"))
    assert_problem(line.answer(), 413, "too-large")
    assert line.is_closed()


@pytest.mark.parametrize(
    ("method", "where", "kind", "start"),
    [("PUT", address(), JSON, '{"title"'), ("POST", f"{API}/imports", FORM, f"--x\r\n{FILE}\r\n\r\nabc")],
)
def test_a_body_that_doesn_t_come_in_time_is_given_up(
    line: Wire, method: str, where: str, kind: str, start: str
) -> None:
    line.send(head(method, where, TOKEN, kind, "Content-Length: 1000"), start)
    problem = assert_problem(line.answer(), 408, "too-slow")
    assert problem["detail"] == f"请求体没有在 {BODY_S} 秒内传完，没有保存"
    assert line.is_closed()


def test_a_connection_goes_on_after_a_refusal_whose_body_was_read(line: Wire) -> None:
    body = "[" * 70 + "]" * 70
    for _ in range(2):
        line.send(head("PUT", address(), TOKEN, JSON, f"Content-Length: {len(body)}"), body)
        assert_problem(line.answer(), 400, "malformed")


def test_a_large_upload_in_vain_gets_its_answer(service: str) -> None:
    answer = httpx.put(f"{service}{address()}", content=b"a" * MEGABYTES, trust_env=False)
    assert answer.status_code == 401


def test_trailers_are_no_headers(line: Wire) -> None:
    sent = head("PUT", address(), JSON, "Transfer-Encoding: chunked")
    line.send(f"{sent}2\r\n{{}}\r\n0\r\n{TOKEN}\r\n\r\n")
    assert_problem(line.answer(), 401, "unauthenticated")


def test_nor_are_they_taken_in_for_ever(line: Wire) -> None:
    line.send(head("PUT", address(), TOKEN, JSON, "Transfer-Encoding: chunked"), "2\r\n{}\r\n0\r\nX-Long: ")
    line.send(b"a" * MEGABYTES)
    assert_problem(line.answer(), 431, "head-too-large")
    assert line.is_closed()


def test_a_body_in_small_parts_is_taken_in_however_many_they_are(line: Wire) -> None:
    part, many = "1\r\n \r\n", 200_000
    line.send(head("PUT", address(), TOKEN, JSON, "Transfer-Encoding: chunked"), part * many, "0\r\n\r\n")
    assert_problem(line.answer(), 400, "malformed")


def test_who_asks_far_ahead_is_answered_so_far_and_no_further(line: Wire) -> None:
    line.send(head("GET", "/livez") * 100)
    answered = b""
    while more := line.socket.recv(65536):
        answered += more
    assert answered.count(b"HTTP/1.1 200 ") == answered.count(b"HTTP/1.1 ") == 17


def test_who_never_takes_an_answer_is_cut_off(line: Wire) -> None:
    line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.send(head("GET", "/openapi.json") * 17)
    assert is_cut(line)


def is_cut(line: Wire) -> bool:
    """Go on speaking, without listening, until nobody is there; tell whether it came to that."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            line.socket.sendall(b"\r\n")
        except (BrokenPipeError, ConnectionResetError):
            return True
        time.sleep(0.1)
    return False
