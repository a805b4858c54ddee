"""One year's report beside the next: what is offered, and what follows from a correction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.domain.roles import Role
from app.forms.annual_2021 import FORM
from tests.api import (
    API,
    TOWN,
    YEAR,
    address,
    assert_problem,
    based_on,
    file_report,
    register_county,
    state_of,
)
from tests.builders import a_sound_report
from tests.desk import WHOLE_TREE, bearer

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

NEXT = YEAR + 1
START, END = "requests.pending_at_start.natural_person", "requests.pending_at_end.natural_person"
IN_FORCE = "disclosure.normative_documents.in_force"
LAST = a_sound_report()
UNLIKE = {START: 1, IN_FORCE: 7}
"""Figures that don't follow from `LAST`."""
WHY = {"reason": "核对有误", "cells": ["overview"]}


@pytest.fixture
def town(client: TestClient) -> TestClient:
    """Return a client of a service with a town whose report of the year is 上报."""
    register_county(client)
    file_report(client)
    return client


def a_draft(client: TestClient, *missing: str, **overrides: int) -> Response:
    values = {**a_sound_report(**overrides), **dict.fromkeys(missing)}
    return file_report(client, year=NEXT, draft=True, values=values)


def offered(client: TestClient, year: int = NEXT) -> dict[str, Any]:
    answer = client.get(address(year=year, rest="/suggestions"))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_draft_is_offered_last_year_s_figures_for_missing_cells_alone(town: TestClient) -> None:
    seen = a_draft(town, START, IN_FORCE).json()
    assert seen["suggested"] == {
        START: {"value": LAST[END], "from_year": YEAR},
        IN_FORCE: {"value": LAST[IN_FORCE], "from_year": YEAR},
    }
    # offered, and still missing
    assert seen["requests"]["pending_at_start"]["natural_person"] is None
    assert offered(town)["suggested"] == seen["suggested"]
    assert START in {item["code"] for item in seen["findings"] if item["rule"] == "R04"}


def test_figures_are_offered_before_there_is_a_report(town: TestClient) -> None:
    found = offered(town)
    assert (found["from_year"], found["form"]) == (YEAR, FORM.version)
    starts = [code for code in FORM.cells if code.startswith("requests.pending_at_start.")]
    assert found["suggested"].keys() >= {*starts, IN_FORCE}
    assert_problem(town.get(address(year=NEXT)), 404, "not-found")


def test_nothing_is_offered_without_a_report_that_counts(town: TestClient) -> None:
    assert offered(town, YEAR) == {
        "agency": TOWN,
        "year": YEAR,
        "form": FORM.version,
        "from_year": None,
        "suggested": {},
    }
    withdraw(town)
    assert offered(town)["suggested"] == {}
    assert a_draft(town, START).json()["suggested"] == {}


def test_what_is_submitted_is_offered_nothing(town: TestClient) -> None:
    assert file_report(town, year=NEXT).json()["suggested"] == {}


# What follows from a correction


def take(client: TestClient, action: str, year: int = YEAR) -> Response:
    answer = client.post(address(year=year, rest="/transitions"), json={"action": action, **WHY})
    assert answer.status_code == 200, answer.text
    return answer


def withdraw(client: TestClient) -> None:
    take(client, "withdraw")


def change(client: TestClient, cell: str, value: int) -> None:
    table, row, column = cell.split(".")
    seen = client.get(address())
    body = {table: {row: {column: value}}}
    answer = client.patch(address(), json=body, headers=based_on(seen))
    assert answer.status_code == 200, answer.text


def revision(client: TestClient, year: int = NEXT) -> str:
    return state_of(client.get(address(year=year)))


def rejudged(client: TestClient, year: int = NEXT) -> list[dict[str, Any]]:
    entries = client.get(address(year=year, rest="/audit")).json()["items"]
    return [entry["details"] for entry in entries if entry["act"] == "report.rejudge"]


def carried(client: TestClient) -> bool:
    """Tell whether next year's report is found not to begin with what this year's ends with."""
    found = client.get(address(year=NEXT, rest="/findings")).json()["items"]
    return "R12" not in {item["rule"] for item in found}


def test_a_correction_of_last_year_s_report_is_told_in_this_year_s(town: TestClient) -> None:
    file_report(town, year=NEXT)
    assert carried(town)
    before = revision(town)
    change(town, IN_FORCE, 999)
    assert not carried(town)
    assert revision(town) != before
    (told,) = rejudged(town)
    assert told["because"] == YEAR
    assert {each["code"] for each in told["came"]} == {"disclosure.stock.normative_documents"}
    assert told["went"] == []
    last = town.get(f"{API}/changes", params={"after": 0}).json()["items"][-1]
    assert (last["act"], last["label"], last["year"]) == ("report.rejudge", "重新核对", NEXT)
    assert f'"{last["report"]["etag"]}"' == revision(town)
    assert last["details"] == told
    others = town.get(f"{API}/changes", params={"after": 0}).json()["items"][:-1]
    assert not any(item["details"] for item in others if item["act"].startswith("report."))
    # the verdict of its day stays
    gate = town.get(address(year=NEXT, rest="/findings")).json()["gate"]
    assert "R12" not in {item["rule"] for item in gate["items"]}
    change(town, IN_FORCE, LAST[IN_FORCE] or 0)
    assert {each["code"] for each in rejudged(town)[0]["went"]} == {"disclosure.stock.normative_documents"}


def test_what_came_to_be_doubtful_since_its_review_is_not_published_without_a_word(town: TestClient) -> None:
    file_report(town, year=NEXT)
    take(town, "accept", NEXT)
    change(town, IN_FORCE, 999)
    where = address(year=NEXT, rest="/transitions")

    def button() -> tuple[bool, bool]:
        reviewer = bearer(WHOLE_TREE[Role.REVIEWER])
        items = town.get(address(year=NEXT, rest="/actions"), headers=reviewer).json()["items"]
        (publish,) = [item for item in items if item["name"] == "publish"]
        return publish["allowed"], publish["needs_reason"]

    assert button() == (True, True)
    for said in ({}, {"reason": " \u200b"}):
        problem = assert_problem(town.post(where, json={"action": "publish", **said}), 409, "wrong-state")
        (error,) = problem["errors"]
        assert (error["rule"], error["needs"]) == ("R12", "reason")
        assert "publish" in problem["allowed"]
        assert "写明原因（reason）再公布" in problem["detail"]
    published = town.post(where, json={"action": "publish", "reason": "上年的报告更正了，本年的数经核对无误"})
    assert (published.status_code, published.json()["status"]) == (200, "published")
    last = town.get(where).json()["items"][-1]
    assert (last["action"], last["reason"]) == ("publish", "上年的报告更正了，本年的数经核对无误")
    assert button() == (False, False)


def test_what_is_as_it_was_reviewed_is_published_without_a_word(town: TestClient) -> None:
    file_report(town, year=NEXT)
    take(town, "accept", NEXT)
    assert town.post(address(year=NEXT, rest="/transitions"), json={"action": "publish"}).status_code == 200


def test_what_says_nothing_of_next_year_leaves_it_alone(town: TestClient) -> None:
    file_report(town, year=NEXT)
    before = revision(town)
    change(town, "disclosure.licensing.decisions", (LAST["disclosure.licensing.decisions"] or 0) + 1)
    take(town, "accept")
    take(town, "publish")
    assert (revision(town), rejudged(town)) == (before, [])


def test_a_report_that_ceases_to_count_takes_its_findings_with_it(town: TestClient) -> None:
    a_draft(town, **UNLIKE)
    withdraw(town)
    (told,) = rejudged(town)
    assert told["came"] == []
    assert {each["rule"] for each in told["went"]} >= {"R11", "R12"}
    # while it is a draft, no save of it concerns next year
    change(town, IN_FORCE, 5)
    assert len(rejudged(town)) == 1
    take(town, "submit")
    assert {each["rule"] for each in rejudged(town)[0]["came"]} >= {"R11", "R12"}


def test_a_published_report_counts_until_its_correction_is_published(town: TestClient) -> None:
    a_draft(town, **{IN_FORCE: 7})
    for action in ("accept", "publish", "revise"):
        take(town, action)
    change(town, IN_FORCE, 999)
    take(town, "submit")
    take(town, "accept")
    assert rejudged(town) == []
    take(town, "publish")
    assert len(rejudged(town)) == 1


def test_a_report_filed_late_is_told_in_next_year_s(client: TestClient) -> None:
    register_county(client)
    a_draft(client, **UNLIKE)
    file_report(client)
    assert len(rejudged(client)) == 1
    file_report(client, year=YEAR + 2, draft=True)
    assert len(rejudged(client)) == 1


def test_a_correction_of_an_earlier_year_is_told_where_it_is_measured_against(town: TestClient) -> None:
    """The median of two years is the smaller, so either of them decides what is a jump in the third."""
    licensing = "disclosure.licensing.decisions"
    for year, decisions in ((NEXT, 900), (NEXT + 1, LAST[licensing] or 0)):
        values = {**a_sound_report(), licensing: decisions}
        assert file_report(town, year=year, draft=True, values=values).status_code == 201
        take(town, "submit", year)
    change(town, licensing, 900)
    (told,) = rejudged(town, NEXT + 1)
    assert told["because"] == YEAR
    assert [(each["rule"], each["code"]) for each in told["came"]] == [("R29", licensing)]
