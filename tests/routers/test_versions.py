"""Every save is a version: listed, read, compared, and as it was at any moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from app.domain.roles import Role
from tests.api import a_report, address, assert_problem, based_on, file_report, register_county
from tests.builders import a_balanced_report
from tests.desk import holder_of

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

LICENCES, FEES = "disclosure.licensing.decisions", "disclosure.fees.amount"


@pytest.fixture
def saved_twice(client: TestClient) -> list[Response]:
    """Return what a report answered when it was filed as a draft, saved again and submitted."""
    register_county(client)
    values = a_balanced_report(**{LICENCES: 10, FEES: 1_500_000})
    first = file_report(client, values=values, draft=True)
    changed = a_balanced_report(**{LICENCES: 12, FEES: 0})
    body = a_report(changed, preface="新的前言。")
    second = client.put(address(), params={"draft": True}, json=body, headers=based_on(first))
    third = client.post(address(rest="/transitions"), json={"action": "submit"})
    return [first, second, third]


def test_each_save_is_a_version_and_nothing_else_is(client: TestClient, saved_twice: list[Response]) -> None:
    kept = client.get(address(rest="/versions")).json()["items"]
    assert [version["number"] for version in kept] == [1, 2]
    assert {version["saved_by"] for version in kept} == {holder_of(Role.SYSTEM)}
    assert saved_twice[-1].json()["version"] == 2


def test_a_version_is_read_as_it_was_saved(client: TestClient, saved_twice: list[Response]) -> None:
    first, second, third = (answer.json() for answer in saved_twice)
    past = client.get(address(rest="/versions/1")).json()
    assert (past["number"], past["saved_by"]) == (1, holder_of(Role.SYSTEM))
    assert past["report"] == {**first, "updated_at": third["updated_at"]}
    latest = client.get(address(rest="/versions/2")).json()["report"]
    assert latest == third != second
    assert_problem(client.get(address(rest="/versions/3")), 404, "not-found")
    assert_problem(client.get(address(rest="/versions/0")), 422, "invalid-request")


def test_a_difference_names_each_cell_with_what_was_and_what_is(
    client: TestClient, saved_twice: list[Response]
) -> None:
    assert len(saved_twice) == 3
    differ = client.get(address(rest="/diff"), params={"from": 1, "to": 2}).json()
    assert (differ["earlier"], differ["later"]) == (1, 2)
    changed = {change["cell"]: (change["before"], change["after"]) for change in differ["cells"]}
    assert changed == {LICENCES: (10, 12), FEES: ("1.5", "0")}
    assert differ["cells"][0]["label"] == "表二“行政许可”行“本年处理决定数量”列"
    assert differ["texts"] == [{"pointer": "/preface", "before": None, "after": "新的前言。"}]
    back = client.get(address(rest="/diff"), params={"from": 2, "to": 1}).json()
    assert {change["cell"]: change["after"] for change in back["cells"]} == {LICENCES: 10, FEES: "1.5"}
    same = client.get(address(rest="/diff"), params={"from": 2, "to": 2}).json()
    assert (same["cells"], same["texts"]) == ([], [])
    assert_problem(client.get(address(rest="/diff"), params={"from": 1, "to": 9}), 404, "not-found")


def test_a_report_is_read_as_it_was_at_a_moment(client: TestClient, saved_twice: list[Response]) -> None:
    first, _, third = (answer.json() for answer in saved_twice)
    before = datetime.fromisoformat(first["created_at"]) - timedelta(seconds=1)
    assert_problem(client.get(address(), params={"as_of": before.isoformat()}), 404, "not-found")
    then = client.get(address(), params={"as_of": first["updated_at"]}).json()
    assert (then["version"], then["status"], then["disclosure"]) == (1, "draft", first["disclosure"])
    now = client.get(address(), params={"as_of": "2999-01-01T00:00:00+08:00"}).json()
    assert (now["version"], now["status"]) == (third["version"], "submitted")
    assert_problem(client.get(address(), params={"as_of": "yesterday"}), 422, "invalid-request")


def test_the_audit_of_a_report_tells_each_change_cell_by_cell(
    client: TestClient, saved_twice: list[Response]
) -> None:
    assert len(saved_twice) == 3
    told = client.get(address(rest="/audit")).json()["items"]
    assert [entry["act"] for entry in told] == ["report.submit", "report.save", "report.create"]
    saved = told[1]
    assert saved["details"]["cells"] == {LICENCES: ["10", "12"], FEES: ["1.5", "0"]}
    assert saved["details"]["texts"] == ["/preface"]
    assert (saved["holder"], saved["role"]) == (holder_of(Role.SYSTEM), "system")
    assert saved["request_id"] == saved_twice[1].headers["x-request-id"]
    assert saved["label"] == "保存报告"
