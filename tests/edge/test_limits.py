"""How much a request may be, and what is answered while the database has no time for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text

from app.main import create_app
from app.settings import Settings
from app.storage.engine import open_database
from app.storage.models import AGENCY
from tests.api import API, address, an_agency, assert_problem, register, register_county
from tests.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

URL, HEADERS, HEAD, BODY, DEPTH = 2048, 20, 4096, 4096, 8
NOBODY = {"Authorization": ""}
SOON = 0.5


@pytest.fixture
def narrow(sqlite_url: str) -> Iterator[Desk]:
    """Call a service that takes little."""
    settings = Settings(
        database_url=sqlite_url,
        max_url_bytes=URL,
        max_headers=HEADERS,
        max_head_bytes=HEAD,
        max_body_bytes=BODY,
        max_json_depth=DEPTH,
    )
    with Desk(create_app(settings)) as desk:
        yield desk


@pytest.fixture
def hurried(database_url: str) -> Iterator[Desk]:
    """Call a service that has one connection to its database and no patience."""
    settings = Settings(database_url=database_url, pool_size=1, pool_seconds=SOON, lock_seconds=SOON)
    with Desk(create_app(settings)) as desk:
        yield desk


def test_an_address_may_be_so_long_and_no_longer(narrow: Desk) -> None:
    path = "/livez?"
    assert narrow.get(path + "a" * (URL - len(path) + 1)).status_code == 200
    refused = assert_problem(narrow.get(path + "a" * (URL - len(path) + 2)), 414, "address-too-long")
    assert refused["detail"] == f"地址长 {URL + 1} 字节，上限是 {URL} 字节"
    assert_problem(narrow.get("/" + "a" * URL), 414, "address-too-long")


def test_a_body_may_have_so_many_levels_and_no_more(narrow: Desk) -> None:
    """Alone and as a line of a batch."""
    kind = {"Content-Type": "application/x-ndjson"}
    for levels, said in ((DEPTH, False), (DEPTH + 1, True)):
        body = "[" * levels + "]" * levels
        alone = narrow.put(address(), content=body, headers={"Content-Type": "application/json"})
        line = narrow.post(f"{API}/reports/batch", params={"atomic": False}, content=body, headers=kind)
        for answer in (alone, line):
            assert (f"嵌套层数太多，最多 {DEPTH} 层" in answer.text) is said


def test_headers_may_be_so_many_and_so_long(narrow: Desk) -> None:
    many = {f"X-Some-{number}": "1" for number in range(HEADERS)}
    assert (
        "上限是 20 行" in assert_problem(narrow.get("/livez", headers=many), 431, "head-too-large")["detail"]
    )
    long = narrow.get("/livez", headers={"X-Long": "a" * HEAD})
    assert f"上限是 {HEAD} 字节" in assert_problem(long, 431, "head-too-large")["detail"]
    assert narrow.get("/livez", headers={"X-Long": "a" * (HEAD // 2)}).status_code == 200


def test_a_body_is_judged_after_its_sender(narrow: Desk) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"a" * BODY
        yield b"a"

    headers = {"Content-Type": "application/json"}
    assert_problem(narrow.put(address(), content=chunks(), headers=headers), 413, "too-large")
    unknown = narrow.put(address(), content=chunks(), headers={**headers, **NOBODY})
    assert_problem(unknown, 401, "unauthenticated")
    assert unknown.headers["connection"] == "close"
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    assert_problem(narrow.post(f"{API}/imports", content=chunks(), headers=form), 413, "too-large")


def test_who_finds_no_free_connection_is_asked_to_come_again(hurried: Desk) -> None:
    database = hurried.app.state.database  # type: ignore[attr-defined]
    with database.reading() as session:
        session.execute(text("SELECT 1"))
        for answer in (hurried.get(f"{API}/agencies"), hurried.put(address(), json={})):
            assert "请稍后再试" in assert_problem(answer, 503, "unavailable")["detail"]
            assert int(answer.headers["retry-after"]) > 0
    assert hurried.get(f"{API}/agencies").status_code == 200


def test_who_waits_too_long_for_another_writer_is_asked_to_come_again(
    hurried: Desk, database_url: str
) -> None:
    register_county(hurried)
    held, done = Event(), Event()

    def hold() -> None:
        other = open_database(database_url, 1)
        with other.writing() as session:
            session.execute(select(AGENCY.c.id).with_for_update())
            if other.engine.dialect.name == "postgresql":
                session.execute(text("LOCK TABLE agency, report IN ACCESS EXCLUSIVE MODE"))
            held.set()
            done.wait()
        other.engine.dispose()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        held.wait()
        answer = hurried.post(f"{API}/agencies", json=an_agency("1", None))
        done.set()
        holding.result()
    assert_problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"]
    register(hurried, "1", None)


def test_nothing_is_said_of_a_failure_but_its_number(client: TestClient) -> None:
    register_county(client)
    with client.app.state.database.engine.begin() as connection:  # type: ignore[attr-defined]
        connection.execute(text("ALTER TABLE agency RENAME COLUMN credit_code TO something_else"))
    answer = client.get(f"{API}/agencies")
    problem = assert_problem(answer, 500, "internal")
    assert problem["detail"] == "系统出了意外，什么也没有保存"
    assert problem.keys() == {"type", "title", "status", "detail", "instance", "request_id"}
    assert answer.headers["x-content-type-options"] == "nosniff"
