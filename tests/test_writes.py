"""Every write of the API, tried out and sent twice."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from app.domain.roles import Role
from app.storage.models import KEPT_ANSWER, METADATA
from app.writing import REPLAYED, TRIED
from docs.matrix import Outcome
from tests.api import API, COUNTY, TOWN, address, assert_problem, file_report, register, register_county
from tests.county import AT, CALLERS, DOCUMENT
from tests.desk import WHOLE_TREE, bearer
from tests.test_matrix import LINES, SAMPLES, Stage, calling

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

    from app.storage.engine import Database
    from docs.matrix import Line
    from tests.postgres import Cluster

JUDGES = ("validate_report", "validate_report[agency]", "import_document")
"""What is sent by POST and changes nothing, and so needs neither trial nor key."""
WRITES = [name for name, line in LINES.items() if line.method != "GET" and name not in JUDGES]
POSTS = [name for name in WRITES if LINES[name].method == "POST"]
ON_POSTGRESQL = ["create_agency", "replace_agency", "create_report", "patch_report", "take_action[publish]"]


def who_may(line: Line) -> Role:
    return next(role for role in CALLERS if line.outcome(role, _RELATION) == Outcome.DONE)


_RELATION = next(relation for relation, code in AT.items() if code == TOWN)


def rows_of(database: Database) -> dict[str, list[Any]]:
    """Return every row of every table."""
    with database.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in METADATA.sorted_tables
        }


@pytest.fixture(params=["sqlite", "postgresql"])
def stage(request: pytest.FixtureRequest, name: str, tmp_path: Path) -> Iterator[tuple[FastAPI, Stage]]:
    """Prepare a county for each call anew; on PostgreSQL only for some."""
    with _stage(request, tmp_path, on_postgresql=request.param == "postgresql") as prepared:
        yield prepared
    del name


@contextmanager
def _stage(
    request: pytest.FixtureRequest, tmp_path: Path, *, on_postgresql: bool
) -> Iterator[tuple[FastAPI, Stage]]:
    if not on_postgresql:
        used = tmp_path / "used.db"
        shutil.copyfile(request.getfixturevalue("sqlite_county"), used)
        with calling(f"sqlite:///{used}", TestClient) as (app, client):
            yield app, Stage(client, lambda: None)
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    name = f"writes_{uuid4().hex}"
    cluster.create_database(name, request.getfixturevalue("postgres_county"))
    with calling(cluster.url(name), TestClient) as (app, client):
        yield app, Stage(client, lambda: None)
    cluster.drop_database(name)


def cases(names: list[str]) -> list[Any]:
    """Return each write on SQLite, and those that stand for their kind on PostgreSQL."""
    return [pytest.param("sqlite", name, id=f"sqlite-{name}") for name in names] + [
        pytest.param("postgresql", name, id=f"postgresql-{name}") for name in names if name in ON_POSTGRESQL
    ]


@pytest.mark.parametrize(("stage", "name"), cases(WRITES), indirect=["stage"])
def test_a_trial_says_what_would_be_and_changes_no_row(stage: tuple[FastAPI, Stage], name: str) -> None:
    (app, caller), line = stage, LINES[name]
    code = SAMPLES[name].at[_RELATION]
    before = rows_of(app.state.database)
    tried = caller.call(line, who_may(line), code, params={"dry_run": "true"})
    assert rows_of(app.state.database) == before
    done = caller.call(line, who_may(line), code)
    assert done.is_success, done.text
    assert rows_of(app.state.database) != before
    assert (tried.status_code, tried.headers[TRIED]) == (done.status_code, "true")
    assert TRIED not in done.headers


@pytest.mark.parametrize(("stage", "name"), cases(POSTS), indirect=["stage"])
def test_a_post_that_comes_again_by_its_key_is_done_once(stage: tuple[FastAPI, Stage], name: str) -> None:
    (app, caller), line = stage, LINES[name]
    code, key = SAMPLES[name].at[_RELATION], {"Idempotency-Key": str(uuid4())}
    first = caller.call(line, who_may(line), code, headers=key)
    assert first.is_success, first.text
    after = rows_of(app.state.database)
    again = caller.call(line, who_may(line), code, headers=key)
    assert rows_of(app.state.database) == after
    assert (again.status_code, again.content) == (first.status_code, first.content)
    own = {"x-request-id", REPLAYED.lower()}
    assert {n: v for n, v in again.headers.items() if n not in own} == {
        n: v for n, v in first.headers.items() if n not in own
    }
    assert (REPLAYED in first.headers, again.headers[REPLAYED]) == (False, "true")


A_DAY_AGO = datetime.now(UTC) - timedelta(days=1)
KEY = "0b0f5e1c-1f4e-4a55-9d6e-6f9d0a8ad0aa"


def comment(client: TestClient, text: str = "请核对", key: str = KEY, **options: Any) -> Any:  # noqa: ANN401
    body = {"cell": "overview", "text": text}
    headers = {"Idempotency-Key": key, **options.pop("headers", {})}
    return client.post(address(rest="/comments"), json=body, headers=headers, **options)


@pytest.fixture
def reported(client: TestClient) -> TestClient:
    """Return a client of a service with a report to comment on."""
    register_county(client)
    file_report(client)
    return client


def comments_in(client: TestClient) -> list[str]:
    return [item["text"] for item in client.get(address(rest="/comments")).json()["items"]]


def test_a_key_that_comes_with_another_request_is_refused(reported: TestClient) -> None:
    assert comment(reported).status_code == 201
    assert_problem(comment(reported, "另一条"), 422, "idempotency-key-reused")
    assert comments_in(reported) == ["请核对"]


def test_a_boundary_in_the_wrong_place_doesn_t_make_bodies_alike(reported: TestClient) -> None:
    kind = {"Content-Type": "application/json; boundary=1", "Idempotency-Key": KEY}
    one, other = ({"cell": "overview", "text": text} for text in ("1", "11"))
    assert reported.post(address(rest="/comments"), content=json.dumps(one), headers=kind).is_success
    answer = reported.post(address(rest="/comments"), content=json.dumps(other), headers=kind)
    assert_problem(answer, 422, "idempotency-key-reused")


def test_a_form_that_comes_again_under_another_boundary_is_the_same(client: TestClient) -> None:
    register_county(client)
    answers = []
    for boundary in ("first", "second; charset=UTF-8"):
        name = boundary.partition(";")[0]
        body = f'--{name}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'.encode()
        answer = client.post(
            f"{API}/imports",
            params={"store": "draft", "agency": TOWN},
            content=body + DOCUMENT.read_bytes() + f"\r\n--{name}--\r\n".encode(),
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}", "Idempotency-Key": KEY},
        )
        assert answer.status_code == 200, answer.text
        answers.append(answer)
    assert [REPLAYED in answer.headers for answer in answers] == [False, True]


def test_another_caller_may_use_the_same_key(reported: TestClient) -> None:
    assert comment(reported).status_code == 201
    other = comment(reported, headers=bearer(WHOLE_TREE[Role.REPORTER]))
    assert other.status_code == 201
    assert REPLAYED not in other.headers
    assert comments_in(reported) == ["请核对", "请核对"]


def test_what_was_refused_may_be_put_right_under_the_same_key(reported: TestClient) -> None:
    refused = reported.post(
        address(rest="/comments"), json={"cell": "nowhere", "text": "?"}, headers={"Idempotency-Key": KEY}
    )
    assert_problem(refused, 422, "invalid-request")
    assert comment(reported).status_code == 201


@pytest.mark.parametrize("key", ["short", "x" * 256, "with spaces in its middle", "中文中文中文中文中文"])
def test_a_key_that_can_t_be_told_from_others_is_refused(reported: TestClient, key: str) -> None:
    answer = reported.post(
        address(rest="/comments"),
        json={"cell": "overview", "text": "x"},
        headers={b"Idempotency-Key": key.encode()},
    )
    assert_problem(answer, 422, "invalid-request")
    assert comments_in(reported) == []


def test_one_of_many_at_once_is_done_and_the_others_wait_or_get_its_answer(reported: TestClient) -> None:
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: comment(reported), range(12)))
    made = [answer for answer in answers if answer.status_code == 201]
    assert {answer.content for answer in made} == {made[0].content}
    assert sum(REPLAYED not in answer.headers for answer in made) == 1
    for answer in answers:
        if answer.status_code != 201:
            assert_problem(answer, 409, "in-progress")
            assert answer.headers["Retry-After"] == "1"
    assert comments_in(reported) == ["请核对"]


def test_an_answer_can_be_read_with_its_key_alone(reported: TestClient, app: FastAPI) -> None:
    issued = reported.post(
        f"{API}/tokens",
        json={"holder": "张三", "role": "reader", "agency": TOWN},
        headers={"Idempotency-Key": KEY},
    )
    secret = issued.json()["token"]
    with app.state.database.engine.connect() as connection:
        kept = connection.execute(select(KEPT_ANSWER)).one()
    assert secret.encode() not in kept.answer
    assert "张三".encode() not in kept.answer
    assert KEY not in repr(kept)


def test_an_answer_is_forgotten_after_a_day(reported: TestClient, app: FastAPI) -> None:
    assert comment(reported).status_code == 201
    database: Database = app.state.database
    with database.writing() as session:
        session.execute(update(KEPT_ANSWER).values(expires_at=A_DAY_AGO))
    assert REPLAYED not in comment(reported).headers
    assert comments_in(reported) == ["请核对", "请核对"]
    with database.writing() as session:
        session.execute(update(KEPT_ANSWER).values(expires_at=A_DAY_AGO))
    assert comment(reported, key=f"{KEY}-other").status_code == 201
    with database.reading() as session:
        assert len(session.execute(select(KEPT_ANSWER)).all()) == 1


def test_a_trial_by_a_key_leaves_the_key_unused(reported: TestClient) -> None:
    assert comment(reported, params={"dry_run": "true"}).status_code == 201
    assert comments_in(reported) == []
    assert REPLAYED not in comment(reported).headers


def test_a_trial_breaks_where_the_write_would(client: TestClient) -> None:
    register(client, COUNTY, None, level="county")
    body = {"code": COUNTY, "name": "重复", "level": "county", "kind": "government", "parent": None}
    answer = client.post(f"{API}/agencies", json=body, params={"dry_run": "true"})
    assert_problem(answer, 409, "duplicate")
