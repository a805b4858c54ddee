"""Health, and the documentation: without the internet, in Chinese, with every failure described."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.api import API, assert_problem
from tests.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

    from tests.postgres import Cluster

CHINESE = re.compile("[\u4e00-\u9fff]")
OUTSIDE = re.compile(r"""(?:https?:)?//(?!(?:localhost|127\.0\.0\.1)\b)[\w.-]+\.\w+""")


def operations(client: TestClient) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Return method, path and description of every operation."""
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """Call an application that has no database: its documentation needs none."""
    nowhere = tmp_path_factory.mktemp("nowhere") / "none.db"
    return TestClient(create_app(Settings(database_url=f"sqlite:///{nowhere}")))


def test_a_service_on_a_migrated_database_is_live_and_ready(client: TestClient, app: FastAPI) -> None:
    assert client.get("/livez").json() == {"status": "ok"}
    kind = app.state.database.engine.dialect.name
    ready = client.get("/readyz").json()
    assert (ready["status"], ready["database"]) == ("ok", kind)


def test_a_service_on_a_database_that_was_never_migrated_is_live_but_not_ready(
    tmp_path: Path, postgres: Cluster
) -> None:
    postgres.create_database("never_migrated")
    for url in (f"sqlite:///{tmp_path / 'new.db'}", postgres.url("never_migrated")):
        with TestClient(create_app(Settings(database_url=url, pool_size=2))) as client:
            assert client.get("/livez").status_code == 200
            answer = client.get("/readyz")
            assert "nianbao migrate" in assert_problem(answer, 503, "unavailable")["detail"]
            assert answer.headers["retry-after"]
    postgres.drop_database("never_migrated")


def test_a_service_whose_schema_is_of_another_version_is_not_ready(client: TestClient, app: FastAPI) -> None:
    with app.state.database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'unknown'"))
    assert_problem(client.get("/readyz"), 503, "unavailable")


def test_a_service_without_its_database_says_so(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/no/such/folder.db", "postgresql+psycopg://nobody@127.0.0.1:1/none"):
        with Desk(create_app(Settings(database_url=url, pool_size=1))) as client:
            assert client.get("/livez").status_code == 200
            for path in ("/readyz", f"{API}/agencies", f"{API}/reports/640323101/2021"):
                assert "数据库现在没有回应" in assert_problem(client.get(path), 503, "unavailable")["detail"]
            assert client.get(f"{API}/forms").status_code == 200


def test_every_answer_carries_the_id_of_its_request(client: TestClient) -> None:
    ids = [client.get(path).headers["x-request-id"] for path in ("/livez", "/nowhere", "/docs", "/livez")]
    assert len(set(ids)) == 4


def test_the_documentation_needs_nothing_from_outside(documented: TestClient) -> None:
    assert documented.get("/", follow_redirects=False).headers["location"] == "/docs"
    for page in ("/docs", "/redoc"):
        shown = documented.get(page)
        assert shown.status_code == 200
        assert OUTSIDE.findall(shown.text) == []
        files: list[str] = re.findall(r"""(?:src|href)="([^"]+)\"""", shown.text)
        assert files
        for name in files:
            assert documented.get(name).status_code == 200, name


def test_every_operation_has_its_own_english_id_and_a_chinese_summary(documented: TestClient) -> None:
    ids = []
    for method, path, operation in operations(documented):
        ids.append(operation["operationId"])
        assert CHINESE.search(operation["summary"]), (method, path)
        assert CHINESE.search(operation["description"]), (method, path)
        assert CHINESE.search(operation["tags"][0]), (method, path)
        for parameter in operation.get("parameters", []):
            assert CHINESE.search(parameter["description"]), (method, path, parameter["name"])
    assert len(ids) > 30
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", each) for each in ids)


def test_every_field_of_every_body_has_a_chinese_title(documented: TestClient) -> None:
    schemas = documented.get("/openapi.json").json()["components"]["schemas"]
    for name, schema in schemas.items():
        for field, described in schema.get("properties", {}).items():
            said = described.get("title", "") + described.get("description", "")
            known = "SHA-256"
            assert CHINESE.search(said) or said == known, (name, field, described)


def test_no_schema_is_called_after_the_module_that_it_is_in(documented: TestClient) -> None:
    schemas = documented.get("/openapi.json").json()["components"]["schemas"]
    assert [name for name in schemas if "__" in name] == []


def test_every_operation_describes_its_failures_as_problems(documented: TestClient) -> None:
    for method, path, operation in operations(documented):
        failures = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        assert {"500", "503"} <= set(failures), (method, path)
        if operation.get("parameters") or "requestBody" in operation:
            assert "422" in failures, (method, path)
        if "requestBody" in operation:
            assert {"400", "413", "415"} <= set(failures), (method, path)
        if "{" in path and path.startswith(API) and method == "get":
            assert "404" in failures, (method, path)
        names = {parameter["name"] for parameter in operation.get("parameters", [])}
        if "if-match" in {name.lower() for name in names}:
            assert "412" in failures, (method, path)
        for status, answer in failures.items():
            assert list(answer["content"]) == ["application/problem+json"], (method, path, status)
            assert CHINESE.search(answer["description"]), (method, path, status)


def test_the_description_mentions_no_shape_that_never_occurs(documented: TestClient) -> None:
    described = documented.get("/openapi.json").text
    assert "HTTPValidationError" not in described
    schemas = documented.get("/openapi.json").json()["components"]["schemas"]
    for reference in re.findall(r'"#/components/schemas/([^"]+)"', described):
        assert reference in schemas
