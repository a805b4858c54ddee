"""The log of a real service: whole lines of JSON, and nothing in them that somebody sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
from sqlalchemy import text

from app.auth.tokens import new_secret
from app.domain.roles import Role
from app.storage.engine import open_database
from tests.api import API, YEAR, a_report, address, an_agency
from tests.desk import WHOLE_TREE, bearer, holder_of
from tests.edge.wire import head, wire
from tests.service import process_of

if TYPE_CHECKING:
    from pathlib import Path

JSON = {"Content-Type": "application/json"}
PROSE, PHONE, NAME = "本机关全年没有收到申请", "0953-6012345", "王小明"
WRONG_TOKEN = new_secret().text
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ3YW5nIn0.c2lnbmF0dXJl"
FORGED = '{"event": "request", "status": 200, "credential": "token:forged"}'


def lines_of(log: Path) -> list[dict[str, Any]]:
    """Return the lines of a log, each of which must be an object of JSON."""
    lines = [json.loads(line) for line in log.read_text(encoding="ascii").splitlines()]
    for line in lines:
        assert line.keys() >= {"timestamp", "level", "event", "logger"}
        age = datetime.now(UTC) - datetime.fromisoformat(line["timestamp"])
        assert timedelta(0) <= age < timedelta(minutes=10)
    return lines


def requests_in(log: Path) -> list[dict[str, Any]]:
    return [line for line in lines_of(log) if line["event"] == "request" and line.get("path") != "/readyz"]


def test_no_line_holds_what_was_sent(database_url: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    system, administrator = (bearer(WHOLE_TREE[role]) for role in (Role.SYSTEM, Role.ADMINISTRATOR))
    body = a_report(preface=PROSE, signed_by=NAME, contact={"prepared_by": NAME, "phone": PHONE})
    ids: list[str] = []
    with process_of(database_url, log=log) as (_, at), httpx.Client(base_url=at, trust_env=False) as client:

        def call(method: str, where: str, status: int, **sent: Any) -> httpx.Response:  # noqa: ANN401 - handed on
            answer = client.request(method, where, **sent)
            assert answer.status_code == status, answer.text
            ids.append(answer.headers["x-request-id"])
            return answer

        call("POST", f"{API}/agencies", 201, json=an_agency("1", None), headers=administrator)
        call("PUT", address("1"), 201, json=body, headers=system)
        call("PUT", address("1"), 428, json=body, headers=system)
        call("PUT", address("1", YEAR + 1), 422, json={**body, "title": PROSE * 100}, headers=system)
        call("PUT", address("1", YEAR + 1), 400, content=f'{{"{PROSE}": {NAME}', headers=system | JSON)
        call("GET", f"{API}/me", 401, headers=bearer(WRONG_TOKEN))
        call("GET", f"{API}/me", 401, headers=bearer(JWT))
        call("GET", f"{API}/me", 401, params={"link": WRONG_TOKEN, "access_token": JWT, NAME: PHONE})
        call("GET", f"{API}/me?{WRONG_TOKEN}", 401)
        call("GET", f"/{WRONG_TOKEN}/{JWT}", 404)
        call("GET", f"{API}/audit", 403, params={"holder": NAME}, headers=administrator | system)
        call("GET", f"{API}/agencies", 200, params={"q": NAME}, headers=system)
        call("GET", "/a%0d%0a" + FORGED.replace('"', "%22").replace(" ", "%20"), 404)
        call("GET", "/%1b%5b2J%e2%80%a8%00", 404)
        call("GET", "/livez", 200, headers={"User-Agent": NAME.encode(), "X-Request-ID": FORGED})
        with wire(at) as line:
            line.send(head("GET", f"/{NAME}\r\n{FORGED}"))
            ids.append(line.answer().headers["x-request-id"])
        fail(database_url)
        call("PUT", address("1", YEAR + 2), 500, json=body, headers=system)
    printed = log.read_text()
    secrets = [WRONG_TOKEN, JWT, *(secret.text for secret in WHOLE_TREE.values())]
    names = [NAME, PHONE, PROSE, *(holder_of(role) for role in Role)]
    for private in (*secrets, *names, *(json.dumps(name).strip('"') for name in names), "127.0.0.1:"):
        assert private not in printed.replace("running on http://127.0.0.1:", ""), private
    assert [line["request_id"] for line in requests_in(log)] == ids


def fail(url: str) -> None:
    """Let the next report fail where nobody expects it."""
    database = open_database(url, 1)
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE report_version RENAME TO somewhere_else"))
    database.engine.dispose()


def test_a_line_tells_what_was_asked_and_how_it_went(sqlite_url: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with process_of(sqlite_url, log=log) as (_, at):
        answer = httpx.get(
            f"{at}{API}/agencies?limit=7&q=a",
            headers=bearer(WHOLE_TREE[Role.READER]),
            trust_env=False,
        )
    (line,) = requests_in(log)
    took = line.pop("duration_ms")
    assert 0 < took < 60_000
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "app.edge.requests",
        "request_id": answer.headers["x-request-id"],
        "method": "GET",
        "path": f"{API}/agencies",
        "parameters": ["limit", "q"],
        "credential": f"token:{WHOLE_TREE[Role.READER].id}",
        "status": 200,
        "bytes": len(answer.content),
    }


def test_a_failure_is_told_by_its_kinds_and_places(sqlite_url: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with process_of(sqlite_url, log=log) as (_, at), httpx.Client(base_url=at, trust_env=False) as client:
        administrator = bearer(WHOLE_TREE[Role.ADMINISTRATOR])
        client.post(f"{API}/agencies", json=an_agency("1", None), headers=administrator)
        fail(sqlite_url)
        answer = client.put(address("1"), json=a_report(), headers=bearer(WHOLE_TREE[Role.SYSTEM]))
    assert answer.status_code == 500
    (line,) = [line for line in lines_of(log) if line["event"] == "request failed"]
    assert (line["level"], line["request_id"]) == ("error", answer.json()["request_id"])
    kinds = [failure["type"] for failure in line["failures"]]
    assert kinds == ["sqlalchemy.exc.OperationalError", "sqlite3.OperationalError"]
    assert any(frame.startswith("app.services.saving:") for frame in line["failures"][0]["frames"])
    assert "somewhere_else" not in log.read_text()
    assert "no such table" not in log.read_text()


def test_the_level_is_a_setting(sqlite_url: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with process_of(sqlite_url, log=log, settings={"LOG_LEVEL": "warning"}) as (_, at):
        assert httpx.get(f"{at}/livez", trust_env=False).status_code == 200
    assert lines_of(log) == []
