"""What is found in a report may change while the report doesn't: its ETag tells both, If-Match one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.domain.roles import Role
from tests.api import (
    API,
    COUNTY,
    TOWN,
    a_report,
    accept_report,
    address,
    an_agency,
    assert_problem,
    based_on,
    file_report,
    register,
    register_county,
    state_of,
)
from tests.builders import PROSE
from tests.desk import WHOLE_TREE, bearer

if TYPE_CHECKING:
    from collections.abc import Callable

    from httpx2 import Response
    from starlette.testclient import TestClient

_WORDS = "".join(
    f"围绕{chr(0x5000 + 7 * n)}{chr(0x6000 + 11 * n)}{chr(0x7000 + 13 * n)}开展工作，" for n in range(40)
)
LONG = {**PROSE, "overview": f"{PROSE['overview']}{_WORDS}"}
"""Prose that is long enough to be like another's."""


@pytest.fixture
def town(client: TestClient) -> TestClient:
    """Return a client of a service with a report that was 上报."""
    register_county(client)
    file_report(client, narratives=LONG)
    return client


def let_short_prose_be_too_long(client: TestClient) -> None:
    setting = {"rule": "R34", "thresholds": {"characters": 1}, "reason": "试验"}
    assert client.post(f"{API}/agencies/{COUNTY}/rule-settings", json=setting).status_code == 201


def let_another_say_the_same(client: TestClient) -> None:
    register(client, "640323102")
    file_report(client, "640323102", narratives=LONG)


def let_it_be_called_otherwise(client: TestClient) -> None:
    where = f"{API}/agencies/{TOWN}"
    known = based_on(client.get(where))
    assert client.put(where, json=an_agency(name="别的名称"), headers=known).status_code == 200


CHANGES = [let_short_prose_be_too_long, let_another_say_the_same, let_it_be_called_otherwise]


def asked_again(client: TestClient, rest: str, before: Response) -> Response:
    return client.get(address(rest=rest), headers={"If-None-Match": before.headers["etag"]})


@pytest.mark.parametrize("rest", ["", "/export"])
@pytest.mark.parametrize("change", CHANGES)
def test_what_is_found_now_is_not_said_to_be_unchanged(
    town: TestClient, change: Callable[[TestClient], None], rest: str
) -> None:
    before = town.get(address(rest=rest))
    assert asked_again(town, rest, before).status_code == 304
    change(town)
    after = asked_again(town, rest, before)
    assert (after.status_code, after.headers["etag"] != before.headers["etag"]) == (200, True)
    assert asked_again(town, rest, after).status_code == 304


@pytest.mark.parametrize("change", CHANGES)
def test_no_write_is_refused_since_something_else_is_found(
    town: TestClient, change: Callable[[TestClient], None]
) -> None:
    before = town.get(address())
    change(town)
    body: dict[str, Any] = a_report(preface="改过的前言。")
    saved = town.put(address(), json=body, headers=based_on(before))
    assert saved.status_code == 200, saved.text
    assert saved.headers["etag"] == town.get(address()).headers["etag"]
    stale = town.put(address(), json=body, headers=based_on(before))
    assert assert_problem(stale, 412, "stale-version")["etag"] == state_of(saved)
    assert town.put(address(), json=body, headers={"If-Match": state_of(saved)}).status_code == 200


def test_findings_are_of_the_version_that_one_is_shown(client: TestClient) -> None:
    register_county(client)
    file_report(client)
    accept_report(client)
    for action in ("publish", "revise"):
        said = {"action": action, "reason": "漏填一件"}
        assert client.post(address(rest="/transitions"), json=said).status_code == 200
    body = a_report()
    body["disclosure"]["licensing"]["decisions"] = None
    known = based_on(client.get(address()))
    assert client.put(address(), json=body, params={"draft": "true"}, headers=known).status_code == 200
    reader = bearer(WHOLE_TREE[Role.READER])

    def found(**options: Any) -> tuple[int, int, set[str]]:  # noqa: ANN401 - handed on
        shown = client.get(address(rest="/findings"), **options).json()
        return shown["version"], shown["gate"]["version"], {item["rule"] for item in shown["items"]} & {"R04"}

    assert found() == (2, 1, {"R04"})
    assert found(headers=reader) == found(params={"view": "published"}) == (1, 1, set())
    seen = client.get(address(), headers=reader).json()
    findings = client.get(address(rest="/findings"), headers=reader).json()
    assert (seen["version"], seen["findings"]) == (findings["version"], findings["items"])


def test_a_part_has_no_findings_and_stays_the_same(town: TestClient) -> None:
    rest = "/narratives/overview"
    before = town.get(address(rest=rest))
    let_short_prose_be_too_long(town)
    assert asked_again(town, rest, before).status_code == 304
