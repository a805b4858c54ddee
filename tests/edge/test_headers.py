"""What browsers are told of every answer, and whose pages may read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.main import create_app
from app.settings import Settings
from tests.api import API, TOWN, address, an_agency, assert_problem, file_report, register_county
from tests.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response
    from starlette.testclient import TestClient

PORTAL = "https://portal.example.gov.cn"
SHOWS_NOTHING = "default-src 'none'; frame-ancestors 'none'"


@pytest.fixture
def portal(sqlite_url: str) -> Iterator[Desk]:
    """Call a service whose settings name a portal."""
    settings = Settings(database_url=sqlite_url, allowed_origins=f"{PORTAL}, http://127.0.0.1:5173")
    with Desk(create_app(settings)) as desk:
        yield desk


def assert_safe(answer: Response) -> None:
    """Hold an answer to what every one says to browsers."""
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-security-policy"].endswith("frame-ancestors 'none'")
    assert answer.headers["cache-control"]
    assert answer.headers["x-request-id"]
    assert "strict-transport-security" not in answer.headers
    assert "server" not in answer.headers


def test_every_answer_says_that_it_is_no_page_to_be_framed_or_guessed_at(client: TestClient) -> None:
    register_county(client)
    file_report(client)
    for method, where, status in (
        ("GET", "/livez", 200),
        ("GET", "/docs", 200),
        ("GET", f"{API}/forms", 200),
        ("GET", address(), 200),
        ("GET", address(rest="/export"), 200),
        ("GET", "/docs/assets/swagger/swagger-ui.css", 200),
        ("GET", "/nowhere", 404),
        ("POST", address(), 405),
        ("PUT", address(), 415),
        ("TRACE", address(), 405),
    ):
        answer = client.request(method, where)
        assert answer.status_code == status, where
        assert_safe(answer)
    assert_safe(client.get(address(), headers={"Authorization": ""}))


def test_answers_are_kept_only_where_their_tag_is_asked_about(client: TestClient) -> None:
    register_county(client)
    made = file_report(client)
    read = client.get(address())
    known = client.get(address(), headers={"If-None-Match": read.headers["etag"]})
    assert known.status_code == 304
    for answer in (made, read, known, client.get(f"{API}/agencies/{TOWN}")):
        assert answer.headers["cache-control"] == "private, no-cache"
    for where in (f"{API}/reports", f"{API}/me", "/livez", "/nowhere", address(year=1999)):
        assert client.get(where).headers["cache-control"] == "no-store", where
    asset = client.get("/docs/assets/swagger/swagger-ui.css")
    assert asset.headers["cache-control"] == "public, max-age=3600"


def test_data_taken_for_a_page_runs_nothing_and_the_documentation_only_its_own(client: TestClient) -> None:
    assert client.get(f"{API}/forms").headers["content-security-policy"] == SHOWS_NOTHING
    for page in ("/docs", "/redoc"):
        policy = client.get(page).headers["content-security-policy"]
        directives = dict(part.split(" ", 1) for part in policy.split("; "))
        assert directives["default-src"] == "'none'"
        assert "unsafe" not in directives["script-src"]
        assert "http" not in policy
    assert "'sha256-" in client.get("/docs").headers["content-security-policy"]


def test_nobody_elses_page_may_call_unless_it_is_named(client: TestClient) -> None:
    asks = {"Origin": PORTAL, "Access-Control-Request-Method": "GET"}
    assert_problem(client.options(f"{API}/reports", headers=asks), 405, "method-not-allowed")
    answer = client.get(f"{API}/forms", headers={"Origin": PORTAL})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("origin", [PORTAL, "http://127.0.0.1:5173"])
def test_a_named_origin_may_ask_and_read(portal: Desk, origin: str) -> None:
    asks = {"Origin": origin, "Access-Control-Request-Method": "PATCH"}
    told = portal.options(address(), headers={**asks, "Authorization": ""})
    assert told.status_code == 204
    assert told.headers["access-control-allow-origin"] == origin
    assert "PATCH" in told.headers["access-control-allow-methods"].split(", ")
    allowed = set(told.headers["access-control-allow-headers"].split(", "))
    assert allowed == {"Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key"}
    made = portal.post(f"{API}/agencies", json=an_agency("1", None), headers={"Origin": origin})
    refused = portal.get(address(), headers={"Origin": origin, "Authorization": ""})
    assert (made.status_code, refused.status_code) == (201, 401)
    for answer in (made, refused):
        assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["vary"] == "Origin"
        exposed = set(answer.headers["access-control-expose-headers"].split(", "))
        assert {"ETag", "Location", "Link", "Retry-After", "X-Request-ID", "Idempotency-Replayed"} <= exposed
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin", ["null", "*", f"{PORTAL}.evil.example", "http://portal.example.gov.cn", PORTAL.upper(), ""]
)
def test_an_origin_that_only_looks_like_it_may_not(portal: Desk, origin: str) -> None:
    asks = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    for answer in (
        portal.options(f"{API}/forms", headers=asks),
        portal.get(f"{API}/forms", headers={"Origin": origin}),
    ):
        assert "access-control-allow-origin" not in answer.headers
        # what is kept for one origin isn't for another
        assert answer.headers["vary"] == "Origin"
