"""Who is let in at once, who waits and who is told to come again, over the network."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import httpx
import pytest

from app.domain.roles import Role
from tests.api import API, COUNTY, YEAR, address, assert_problem, at_once, file_report, register_county
from tests.desk import WHOLE_TREE, bearer
from tests.edge.wire import Wire, head, wire
from tests.service import running

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

READ = f"{API}/agencies"
PATIENCE_S = 60
KNOWN = [f"{name}: {value}" for name, value in bearer(WHOLE_TREE[Role.SYSTEM]).items()]
SMALL = {"MAX_RUNNING": "1", "MAX_WAITING": "0"}


def a_slow_upload(service: str, cleanup: ExitStack, *headers: str) -> Wire:
    """Begin a request whose body doesn't come, and which keeps its place until it does."""
    connection = cleanup.enter_context(wire(service))
    told = [*KNOWN, "Content-Type: application/json", "Content-Length: 2", "Expect: 100-continue"]
    connection.send(head("PUT", address(), *told, *headers))
    # the service asks for the body once the request has its place
    assert connection.socket.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
    return connection


def test_whoever_finds_no_room_is_told_at_once_to_come_again(sqlite_url: str) -> None:
    with running(sqlite_url, settings=SMALL) as service, ExitStack() as cleanup:
        slow = a_slow_upload(service, cleanup)
        other = cleanup.enter_context(wire(service))
        # its body never comes, and nobody waits for it
        other.send(head("PUT", address(), *KNOWN, "Content-Length: 10000000"))
        refused = other.answer()
        assert_problem(refused, 503, "unavailable")
        assert refused.headers["retry-after"]
        for path in ("/livez", "/readyz"):
            assert httpx.get(service + path, trust_env=False, timeout=PATIENCE_S).status_code == 200
        slow.send("{}")
        assert slow.answer().status_code in {404, 422}
        assert get(service).status_code == 200


def test_one_address_does_not_shut_the_others_out(sqlite_url: str) -> None:
    settings = {"MAX_RUNNING": "4", "MAX_OF_ONE_CLIENT": "2", "TRUSTED_PROXIES": "127.0.0.1"}
    with running(sqlite_url, settings=settings) as service, ExitStack() as cleanup:
        for _ in range(2):
            a_slow_upload(service, cleanup, "X-Forwarded-For: 10.0.0.1")
        refused = get(service, "10.0.0.1")
        assert_problem(refused, 429, "too-many-requests")
        assert refused.headers["retry-after"]
        assert get(service, "10.0.0.2").status_code == 200
        # the gateway's own stand for everybody
        assert get(service).status_code == 200


def get(service: str, forwarded: str | None = None) -> Response:
    headers = bearer(WHOLE_TREE[Role.SYSTEM]) | ({"X-Forwarded-For": forwarded} if forwarded else {})
    return httpx.get(service + READ, headers=headers, trust_env=False, timeout=PATIENCE_S)  # type: ignore[return-value]


def test_under_overload_requests_are_answered_or_refused_and_afterwards_answered(database_url: str) -> None:
    settings = {"MAX_RUNNING": "2", "MAX_WAITING": "4", "EXPORT_WAITING": "2"}
    with running(database_url, settings=settings) as service, calling(service) as client:

        def ask(one: int) -> list[int]:
            return [client.get(WANTED[(one + n) % len(WANTED)]).status_code for n in range(10)]

        statuses = {status for answered in at_once(ask, 40) for status in answered}
        assert {200, 503} <= statuses <= {200, 404, 429, 503}
        assert [client.get(READ).status_code for _ in range(20)] == [200] * 20


WANTED = (READ, f"{API}/reports", f"{API}/reports?under=nobody", f"{API}/rollups/{COUNTY}/{YEAR}/export")


def calling(service: str) -> httpx.Client:
    headers = bearer(WHOLE_TREE[Role.SYSTEM])
    limits = httpx.Limits(max_connections=60)
    return httpx.Client(base_url=service, headers=headers, timeout=PATIENCE_S, limits=limits, trust_env=False)


@pytest.mark.parametrize("path", ["/livez", READ])
def test_places_are_given_back_whatever_becomes_of_a_request(client: TestClient, path: str) -> None:
    register_county(client)
    file_report(client)
    # more than there are places
    statuses = {client.get(path).status_code for _ in range(40)}
    statuses |= {client.get(address("nobody")).status_code for _ in range(40)}
    statuses |= {client.put(address(), content="{").status_code for _ in range(40)}
    assert statuses == {200, 404, 415}
