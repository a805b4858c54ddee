"""SIGTERM: what has begun is finished, nothing new is begun, and nobody who idles is waited for."""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import httpx

from app.auth.actor import COMMAND_LINE
from app.domain.roles import Role
from app.services.filed import find_report
from tests.api import API, TOWN, YEAR, address, an_agency, assert_problem
from tests.desk import WHOLE_TREE, bearer
from tests.edge.wire import Wire, head, wire
from tests.service import process_of

if TYPE_CHECKING:
    import subprocess

    from app.storage.engine import Database

TOKEN = f"Authorization: Bearer {WHOLE_TREE[Role.SYSTEM].text}"
JSON = "Content-Type: application/json"
BODY = '{"title": "a"}'
START, REST = BODY[:5], BODY[5:]
SOON_S = 5


def refuses_connections(address: str) -> bool:
    """Wait until the service takes no connection any more."""
    deadline = time.monotonic() + SOON_S
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{address}/livez", trust_env=False, headers={"Connection": "close"})
        except httpx.TransportError:
            return True
    return False


def begin_upload(line: Wire) -> None:
    """Send half a draft, and wait until the service asks for the rest: the request has begun."""
    line.send(
        head(
            "PUT",
            address(rest="?draft=true"),
            TOKEN,
            JSON,
            f"Content-Length: {len(BODY)}",
            "Expect: 100-continue",
        )
    )
    assert line.socket.recv(100).startswith(b"HTTP/1.1 100 Continue")
    line.send(START)


def end_of(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """Wait for a process's end; return its status and how long it took."""
    began = time.monotonic()
    return process.wait(timeout=60), time.monotonic() - began


def test_an_upload_in_flight_is_finished_and_nothing_new_is_begun(
    database_url: str, database: Database
) -> None:
    with process_of(database_url) as (process, at), ExitStack() as stack:
        upload, silent, half, *idle = (stack.enter_context(wire(at)) for _ in range(20))
        for each in idle:
            each.send(head("GET", "/livez"))
            assert each.answer().status_code == 200
        half.send("GET /livez HTTP/1.1\r\n")
        httpx.post(
            f"{at}{API}/agencies",
            json=an_agency(parent=None),
            headers=bearer(WHOLE_TREE[Role.ADMINISTRATOR]),
            trust_env=False,
        ).raise_for_status()
        begin_upload(upload)
        process.send_signal(signal.SIGTERM)
        assert refuses_connections(at)
        for waiting in (*idle, silent, half):
            assert waiting.is_closed()
        upload.send(REST)
        answer = upload.answer()
        assert answer.status_code == 201, answer.text
        assert answer.headers["connection"] == "close"
        status, took = end_of(process)
    assert status == 0
    assert took < SOON_S
    with database.reading() as session:
        assert find_report(session, COMMAND_LINE, TOWN, YEAR).content.title == "a"


def test_an_upload_that_never_ends_is_cut_when_the_grace_is_over(sqlite_url: str) -> None:
    with process_of(sqlite_url, settings={"GRACE_SECONDS": "1"}) as (process, at), wire(at) as upload:
        begin_upload(upload)
        process.send_signal(signal.SIGTERM)
        status, took = end_of(process)
        assert_problem(upload.answer(), 503, "unavailable")
        assert upload.is_closed()
    assert status == 0
    assert 1 <= took < SOON_S
