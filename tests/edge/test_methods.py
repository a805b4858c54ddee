"""HEAD, wherever there is GET."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api import API, TOWN, address, assert_problem, file_report, register_county

if TYPE_CHECKING:
    from starlette.testclient import TestClient

OF_THEIR_OWN = {"x-request-id", "date"}


def test_head_answers_as_get_does_without_the_body(client: TestClient) -> None:
    register_county(client)
    file_report(client)
    for where in (
        "/livez",
        "/readyz",
        "/docs",
        "/openapi.json",
        "/docs/assets/swagger/swagger-ui.css",
        f"{API}/forms",
        f"{API}/agencies/{TOWN}",
        f"{API}/reports",
        address(),
        address(rest="/export"),
        "/nowhere",
        f"{API}/agencies/nobody",
    ):
        asked, read = client.head(where), client.get(where)
        assert asked.status_code == read.status_code, where
        assert asked.content == b""
        assert read.content
        shown, full = (
            {name: value for name, value in answer.headers.items() if name not in OF_THEIR_OWN}
            for answer in (asked, read)
        )
        if "/export" in where:
            # a workbook says when it was made
            shown["content-length"] = full["content-length"]
        assert shown == full, where


def test_head_is_conditional_and_takes_a_token_as_get_does(client: TestClient) -> None:
    register_county(client)
    tag = client.get(f"{API}/agencies/{TOWN}").headers["etag"]
    assert client.head(f"{API}/agencies/{TOWN}", headers={"If-None-Match": tag}).status_code == 304
    refused = client.head(f"{API}/agencies/{TOWN}", headers={"Authorization": ""})
    assert (refused.status_code, refused.content) == (401, b"")
    assert client.head(f"{API}/validations").status_code == 405


def test_head_uses_no_link_up(client: TestClient) -> None:
    register_county(client)
    href = client.post(f"{API}/links", json={"path": f"{API}/agencies/{TOWN}"}).json()["href"]
    nobody = {"Authorization": ""}
    assert client.head(href, headers=nobody).status_code == 401
    assert client.get(href, headers=nobody).status_code == 200


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS", "CONNECT", "PROPFIND"])
def test_other_methods_are_refused_wherever_they_are_tried(client: TestClient, method: str) -> None:
    for where in ("/", "/livez", "/nowhere", address(), "/docs/assets/swagger/swagger-ui.css"):
        answer = client.request(method, where)
        assert_problem(answer, 405, "method-not-allowed")
        assert answer.headers["allow"] == "GET, HEAD, POST, PUT, PATCH, DELETE"
