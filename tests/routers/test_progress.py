"""How far a year has come: every unit in one state, the states adding up; reminders to those that owe."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from app.domain.progress import ProgressState
from app.forms.annual_2021 import FORM
from tests.api import (
    API,
    COUNTY,
    TOWN,
    YEAR,
    address,
    assert_problem,
    based_on,
    faults,
    file_report,
    register,
)
from tests.builders import a_modest_report

if TYPE_CHECKING:
    from collections.abc import Callable

    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.storage.engine import Database

AT = f"{API}/collections/{COUNTY}/{YEAR}"
PREFECTURE = "6403"
TOWNS = {state: f"64032310{place}" for place, state in enumerate(ProgressState)}
CELLS = len(FORM.cells)
CORRECTED, ZERO = "640323201", "640323202"


def take(client: TestClient, code: str, *actions: str) -> None:
    for action in actions:
        body = {"action": action, "reason": "请核对", "cells": ["overview"]}
        answer = client.post(address(code, rest="/transitions"), json=body)
        assert answer.status_code == 200, answer.text


def show(client: TestClient, at: str = AT, **params: Any) -> dict[str, Any]:  # noqa: ANN401 - a parameter
    answer = client.get(f"{at}/progress", params=params)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


@pytest.fixture
def planting(request: pytest.FixtureRequest) -> Callable[[TestClient, Database], None] | None:
    return plant_every_state if "county" in request.fixturenames else None


def plant_every_state(client: TestClient, _database: Database) -> None:
    """Register a county that has a town in every state, and two more."""
    register(client, PREFECTURE, None, level="prefecture", report_scope="aggregate")
    register(client, COUNTY, PREFECTURE, level="county", report_scope="aggregate")
    for town in (*TOWNS.values(), CORRECTED, ZERO):
        register(client, town, level="township")
    assert client.put(AT, json={"dates": {}}).status_code == 201
    body = {"agency": TOWNS[ProgressState.EXCUSED], "kind": "excuse", "reason": "机构撤销"}
    assert client.post(f"{AT}/exceptions", json=body).status_code == 201
    file_report(client, TOWNS[ProgressState.EMPTY], draft=True, values={})
    file_report(client, TOWNS[ProgressState.DRAFT], draft=True, values={"requests.received.business": 3})
    steps: dict[str, tuple[str, ...]] = {
        TOWNS[ProgressState.SUBMITTED]: (),
        TOWNS[ProgressState.RETURNED]: ("return",),
        TOWNS[ProgressState.ACCEPTED]: ("accept",),
        TOWNS[ProgressState.PUBLISHED]: ("accept", "publish"),
        CORRECTED: ("accept", "publish", "revise"),
    }
    for code, actions in steps.items():
        file_report(client, code, values=a_modest_report())
        take(client, code, *actions)
    file_report(client, ZERO, draft=True, values={})
    stated = client.post(address(ZERO, rest="/zeros"), json={"cells": "all", "stated_by": "王五"})
    assert stated.status_code == 200, stated.text
    take(client, ZERO, "submit")


@pytest.fixture
def county(client: TestClient) -> TestClient:
    """Return a client of a service with such a county."""
    return client


def test_every_unit_stands_in_one_state_and_all_add_up(county: TestClient) -> None:
    shown = show(county)
    counts, states = shown["counts"], [state.value for state in ProgressState]
    assert {state: counts[state] for state in states} == dict.fromkeys(states, 1) | {
        "published": 2,
        "submitted": 2,
    }
    assert sum(counts[state] for state in states) == counts["expected"] == shown["units"]["total"] == 10
    assert (counts["received"], counts["missing"], counts["excused"]) == (5, 4, 1)
    assert (counts["zero"], counts["corrected"], counts["late"], counts["overdue"]) == (1, 1, 5, 4)
    # five of nine, cut off; three of nine
    assert shown["rates"] == {"received": "0.5555", "accepted": "0.3333"}


def test_each_unit_says_how_far_it_has_come(county: TestClient) -> None:
    units = {unit["code"]: unit for unit in show(county)["units"]["items"]}
    assert {units[code]["state"] for code in TOWNS.values()} == {*ProgressState}
    draft = units[TOWNS[ProgressState.DRAFT]]
    assert (draft["filled"], draft["cells"], draft["last_action"]) == (1, CELLS, None)
    assert (draft["due_on"], draft["days_late"] > 1000) == ("2022-01-31", True)
    accepted = units[TOWNS[ProgressState.ACCEPTED]]
    assert (accepted["filled"], accepted["is_zero"]) == (CELLS, False)
    assert (accepted["last_action"], accepted["last_by"]) == ("accept", "测试审核员")
    zero = units[ZERO]
    assert (zero["is_zero"], zero["zeros_stated_by"], zero["state"]) == (True, "王五", "submitted")
    assert (units[CORRECTED]["state"], units[CORRECTED]["is_corrected"]) == ("published", True)
    excused = units[TOWNS[ProgressState.EXCUSED]]
    assert (excused["excuse"], excused["days_late"]) == ("机构撤销", 0)


def test_units_are_chosen_by_state_and_paged(county: TestClient) -> None:
    first = show(county, state=["draft", "empty"], limit=1)["units"]
    assert (first["total"], len(first["items"])) == (2, 1)
    rest = show(county, state=["draft", "empty"], cursor=first["page"]["next"])["units"]
    found = [unit["state"] for unit in first["items"] + rest["items"]]
    assert (sorted(found), rest["page"]["next"]) == (["draft", "empty"], None)


def test_findings_that_wait_are_counted(client: TestClient) -> None:
    register(client, COUNTY, None, level="county", report_scope="aggregate")
    register(client, TOWN, level="township")
    doubted = {
        "requests.received.business": 1,
        **dict.fromkeys(FORM.totals["requests.processed.business"], 0),
        "requests.granted.business": 1,
    }
    values = a_modest_report(**doubted)
    draft = file_report(client, draft=True, values=values)
    (unit,) = show(client)["units"]["items"]
    assert unit["unexplained"] > unit["unreviewed"] == 0
    waiting = [finding for finding in draft.json()["findings"] if finding["level"] == "W"]
    said = [
        {"rule": each["rule"], "code": each["code"], "text": "年底收到的申请依法延长了答复期限"}
        for each in waiting
    ]
    client.post(address(rest="/explanations"), json={"items": said})
    (unit,) = show(client)["units"]["items"]
    assert (unit["unexplained"], unit["unreviewed"]) == (0, len(waiting))
    take(client, TOWN, "submit")
    answer = client.post(address(rest="/explanations/reviews"), json={"items": "all"})
    assert answer.status_code == 200, answer.text
    (unit,) = show(client)["units"]["items"]
    assert (unit["unexplained"], unit["unreviewed"]) == (0, 0)


def test_the_parts_of_a_subtree_add_up_to_it(county: TestClient) -> None:
    register(county, f"{PREFECTURE}-office", PREFECTURE, kind="office")
    register(county, "640324", PREFECTURE, level="county", report_scope="aggregate")
    register(county, "640324101", "640324", level="township")
    above = f"{API}/collections/{PREFECTURE}/{YEAR}"
    for by in ("children", "county"):
        shown = show(county, above, by=by)
        whole = dict.fromkeys(shown["counts"], 0)
        for branch in shown["branches"]:
            whole = {name: whole[name] + count for name, count in branch["counts"].items()}
        assert whole == shown["counts"]
        assert shown["counts"]["expected"] == 12
        assert (shown["adjustments"], shown["units"]) == (None, None)
    shown = show(county, above, by="county")
    assert [branch["code"] for branch in shown["branches"]] == [None, COUNTY, "640324"]
    assert shown["branches"][0]["name"] == f"机关{PREFECTURE}（本级）"
    assert [branch["rates"]["received"] for branch in shown["branches"]] == ["0.0000", "0.5555", "0.0000"]


def test_after_the_freeze_it_says_who_came_and_went(county: TestClient) -> None:
    assert show(county)["adjustments"] is None
    register(county, "640323301", level="township")
    gone = TOWNS[ProgressState.NOT_STARTED]
    county.delete(f"{API}/agencies/{gone}", headers=based_on(county.get(f"{API}/agencies/{gone}")))
    shown = show(county)
    assert shown["adjustments"] == {"frozen": 10, "added": 1, "removed": 1}
    assert shown["counts"]["expected"] == 10


def test_of_nobody_there_is_no_rate(client: TestClient) -> None:
    register(client, COUNTY, None, level="county", report_scope="aggregate")
    shown = show(client)
    assert (shown["counts"]["expected"], shown["rates"]) == (0, {"received": None, "accepted": None})


def test_a_workbook_says_the_same(county: TestClient) -> None:
    answer = county.get(f"{AT}/progress", params={"format": "xlsx", "by": "children"})
    assert answer.status_code == 200
    assert "filename*=UTF-8''" in answer.headers["content-disposition"]
    workbook = load_workbook(BytesIO(answer.content))
    assert workbook.sheetnames == ["进度", "单位"]
    counts = [cell.value for cell in workbook["进度"][15]]
    assert counts[1:] == [f"机关{COUNTY}合计", 10, 1, 1, 1, 1, 1, 2, 1, 2, 5, "55.55%", 4]
    rows = {row[0]: row for row in workbook["单位"].iter_rows(min_row=5, values_only=True)}
    assert len(rows) == 10
    assert rows[ZERO][3:6] == ("已上报", "零报告（王五说明）", f"{CELLS}/{CELLS}")
    assert rows[TOWNS[ProgressState.EXCUSED]][3:6] == ("免报", "机构撤销", None)
    assert rows[CORRECTED][4] == "正在更正"


def test_a_page_can_be_read_without_a_script_and_filters_by_links(county: TestClient) -> None:
    answer = county.get(f"{AT}/progress", params={"format": "html", "by": "children", "state": "draft"})
    page = answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "应报 10 个（其中免报 1 个），已收到 5 个，收到率 55.55%；未收到 4 个，其中已过期 4 个。" in page
    assert "草稿：1 个单位" in page
    assert '<a href="progress?format=html&amp;by=children&amp;state=returned">已退回 1</a>' in page
    assert f'<a href="../../{ZERO}/{YEAR}/progress?format=html">' in page
    assert not re.search("<script|style=", page)


def test_with_too_many_units_a_document_says_where_they_are(
    county: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.progress_documents.MOST_LISTED", 9)
    page = county.get(f"{AT}/progress", params={"format": "html"}).text
    assert "单位超过 9 个，这里不逐个列出" in page
    workbook = load_workbook(BytesIO(county.get(f"{AT}/progress", params={"format": "xlsx"}).content))
    assert workbook.sheetnames == ["进度"]
    assert "单位超过 9 个" in workbook["进度"]["A3"].value


def remind(client: TestClient, units: object, note: str | None = None) -> Response:
    return client.post(f"{AT}/reminders", json={"units": units, "note": note})


def test_all_that_owe_are_reminded_and_each_is_told(county: TestClient) -> None:
    sent = remind(county, "missing", "请于周五前上报")
    assert sent.status_code == 201
    missing = sorted(TOWNS[state] for state in ProgressState if state.is_missing)
    assert [each["agency"] for each in sent.json()["items"]] == missing
    again = remind(county, missing[:1]).json()
    assert [(each["number"], each["note"]) for each in again["items"]] == [(2, None)]
    changes = county.get(f"{API}/changes", params={"limit": 200}).json()["items"]
    told = [each for each in changes if each["act"] == "collection.remind"]
    assert [each["agency"] for each in told] == [*missing, missing[0]]
    assert told[0]["details"]["note"] == "请于周五前上报"
    assert (told[-1]["details"]["number"], told[-1]["details"]["due_on"]) == (2, "2022-01-31")
    assert told[-1]["details"]["days_late"] > 1000
    (unit,) = [unit for unit in show(county)["units"]["items"] if unit["code"] == missing[0]]
    assert (unit["reminders"], unit["reminded_at"] is not None) == (2, True)
    page = county.get(f"{AT}/reminders", params={"limit": 2}).json()
    rest = county.get(f"{AT}/reminders", params={"cursor": page["page"]["next"]}).json()
    listed = [each["agency"] for each in page["items"] + rest["items"]]
    assert listed == [missing[0], *reversed(missing)]
    assert {each["sent_by"] for each in page["items"]} == {"测试审核员"}


def test_who_has_reported_or_is_excused_is_kindly_left_alone(county: TestClient) -> None:
    named = [TOWNS[state] for state in ProgressState]
    problem = assert_problem(remind(county, named), 409, "wrong-state")
    needless = [state for state in ProgressState if not state.is_missing]
    assert {*faults(problem)} == {f"/units/{named.index(TOWNS[state])}" for state in needless}
    assert "不用催" in faults(problem)["/units/0"]
    assert county.get(f"{AT}/reminders").json()["items"] == []


def test_who_isn_t_expected_can_t_be_reminded(county: TestClient) -> None:
    problem = assert_problem(remind(county, [COUNTY, "nowhere"]), 422, "invalid-request")
    assert {*faults(problem)} == {"/units/0", "/units/1"}
    assert_problem(remind(county, []), 422, "invalid-request")


def test_with_nobody_missing_nobody_is_reminded(client: TestClient) -> None:
    register(client, COUNTY, None, level="county", report_scope="aggregate")
    assert remind(client, "missing").json() == {"items": [], "total": 0}
