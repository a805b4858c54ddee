"""Judging a report beside what the caller says of it: nothing is stored, and nothing stored is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.forms import FORMS
from app.forms.annual_2021 import FORM
from tests.api import API, TOWN, a_report, assert_problem, faults
from tests.builders import PROSE

if TYPE_CHECKING:
    from starlette.testclient import TestClient

YEAR = 2024
ZEROS = dict.fromkeys(FORM.cells, 0)


def zeros(**cells: int) -> dict[str, Any]:
    """Return a report of nothing but 0, and these cells: `table__row__column`."""
    return a_report(ZEROS | {name.replace("__", "."): value for name, value in cells.items()})


def judged(client: TestClient, beside: object, **cells: int) -> dict[tuple[str, str], str]:
    """Return the outcome of every result by rule and code."""
    body = {**zeros(**cells), "year": YEAR, "beside": beside}
    answer = client.post(f"{API}/validations", json=body)
    assert answer.status_code == 200, answer.text
    return {(item["rule"], item["code"]): item["outcome"] for item in answer.json()["items"]}


def refused(client: TestClient, beside: object) -> dict[str, str]:
    answer = client.post(f"{API}/validations", json={**zeros(), "year": YEAR, "beside": beside})
    return faults(assert_problem(answer, 422, "invalid-request"))


def test_without_beside_only_what_the_report_itself_tells_is_judged(client: TestClient) -> None:
    assert judged(client, None) == judged(client, {})
    rules = {rule for rule, _ in judged(client, {})}
    assert not rules & {"R11", "R12", "R14", "R29"}


def test_a_body_s_level_and_kind_decide_which_rules_are_asked_of_it(client: TestClient) -> None:
    township = {"name": "示例县示例镇人民政府", "level": "township", "kind": "government"}
    regulations = {"disclosure__regulations__in_force": 6}
    assert judged(client, township, **regulations)["R14", "disclosure.regulations"] == "broken"
    province = {"level": "province", "kind": "government"}
    assert ("R14", "disclosure.regulations") not in judged(client, province, **regulations)


def test_last_year_s_report_is_compared_with_this_year_s(client: TestClient) -> None:
    beside = {"last_year": zeros(requests__pending_at_end__business=2)}
    outcomes = judged(client, beside, requests__pending_at_start__business=1)
    assert outcomes["R11", "requests.carried.business"] == "broken"
    assert outcomes["R11", "requests.carried.research"] == "kept"


def test_the_prose_is_compared_with_last_year_s(client: TestClient) -> None:
    prose = {
        "narratives": {
            **PROSE,
            "overview": "每月把惠农补贴、工程招标和村级财务的公开进度逐项过问并记录在册。" * 8,
        }
    }
    body = {**zeros(), **prose, "year": YEAR, "beside": {"name": "甲县乙镇人民政府", "last_year": {**prose}}}
    items = client.post(f"{API}/validations", json=body).json()["items"]
    (alike,) = (item for item in items if item["rule"] == "R27")
    assert (alike["code"], alike["outcome"]) == ("own", "broken")
    assert "与本机关 2023 年度报告的相同" in alike["message"]
    other = {**body, "beside": {"last_year": {"narratives": PROSE}}}
    items = client.post(f"{API}/validations", json=other).json()["items"]
    assert not [item for item in items if item["rule"] == "R27"]


def test_a_jump_is_measured_against_the_years_before_whatever_their_order(client: TestClient) -> None:
    licensing = "disclosure.licensing.decisions"
    beside = {
        "last_year": zeros(disclosure__licensing__decisions=20),
        "earlier": [
            {**zeros(disclosure__licensing__decisions=1), "year": 2021},
            {**zeros(disclosure__licensing__decisions=21), "year": 2022},
        ],
    }
    jump = judged(client, beside, disclosure__licensing__decisions=59)
    assert jump["R29", licensing] == "kept"
    jump = judged(client, beside, disclosure__licensing__decisions=60)
    assert jump["R29", licensing] == "broken"
    alone = {"last_year": beside["last_year"]}
    assert ("R29", licensing) not in judged(client, alone, disclosure__licensing__decisions=60)


def test_a_report_that_speaks_for_a_whole_county_is_held_to_the_level_above(client: TestClient) -> None:
    county = {"level": "county", "kind": "government", "report_scope": "own"}
    received = {"requests__received__natural_person": 5001, "requests__received__total": 5001}
    code = ("R28", "requests.received.total")
    assert judged(client, county, **received)[code] == "broken"
    assert judged(client, {**county, "report_scope": "aggregate"}, **received)[code] == "kept"


@pytest.mark.parametrize(
    ("beside", "pointer", "message"),
    [
        ({"last_year": {"year": 2022}}, "/beside/last_year/year", "应是 2023 年度的报告，每年一份"),
        ({"earlier": [{}]}, "/beside/earlier/0/year", "应是 2022、2021 年度的报告，每年一份"),
        (
            {"earlier": [{"year": 2022}, {"year": 2022}]},
            "/beside/earlier/1/year",
            "应是 2021 年度的报告，每年一份",
        ),
        ({"earlier": [{"year": 2023}]}, "/beside/earlier/0/year", "应是 2022、2021 年度的报告，每年一份"),
    ],
)
def test_a_report_of_a_year_that_it_can_t_be_of_is_refused(
    client: TestClient, beside: object, pointer: str, message: str
) -> None:
    assert refused(client, beside) == {pointer: message}


def test_what_is_stored_and_what_is_said_beside_it_are_not_mixed(client: TestClient) -> None:
    body: dict[str, Any] = {"year": 2024, "agency": TOWN, "beside": {"level": "county"}}
    problem = assert_problem(client.post(f"{API}/validations", json=body), 422, "invalid-request")
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [
        ("/beside", "beside-agency")
    ]
    assert problem["detail"].endswith("请去掉 beside，或者去掉 agency")


def test_a_year_must_be_said_and_nobody_is_told_that_nothing_was_stored(client: TestClient) -> None:
    answer = client.post(f"{API}/validations", json={"title": 1})
    problem = assert_problem(answer, 422, "invalid-request")
    assert set(faults(problem)) == {"/year", "/title"}
    assert "保存" not in problem["detail"]


def test_a_report_of_before_any_form_is_refused(client: TestClient) -> None:
    first = FORMS[0].first_year
    year = first - 1
    for beside, report_year in (({"last_year": {}}, first), ({"earlier": [{"year": year}]}, first + 1)):
        body: dict[str, Any] = {"year": report_year, "beside": beside}
        answer = client.post(f"{API}/validations", json=body)
        found = faults(assert_problem(answer, 422, "invalid-request"))
        assert list(found.values()) == [f"没有 {year} 年度的报告格式"]


@pytest.mark.parametrize(
    ("beside", "pointer"),
    [
        ({"level": "village"}, "/beside/level"),
        ({"above": ["两\n行"]}, "/beside/above/0"),
        (
            {"last_year": {"requests": {"received": {"business": -1}}}},
            "/beside/last_year/requests/received/business",
        ),
        ({"earlier": [{}, {}, {}]}, "/beside/earlier"),
        ({"nabe": "x"}, "/beside/nabe"),
    ],
)
def test_what_is_wrong_with_beside_is_pointed_at(client: TestClient, beside: object, pointer: str) -> None:
    assert list(refused(client, beside)) == [pointer]
