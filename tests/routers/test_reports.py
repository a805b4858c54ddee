"""Reports over HTTP: filing, reading, changing, 上报 and 撤回, removing, listing, and many at once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from app.domain.roles import Role
from app.domain.values import nest
from app.forms.annual_2021 import FORM
from tests.api import (
    API,
    COUNTY,
    TEXTS,
    TOWN,
    YEAR,
    a_report,
    address,
    an_agency,
    assert_problem,
    at_once,
    based_on,
    cells_of,
    faults,
    file_report,
    register,
    register_county,
    reports_stored,
    shown,
    state_of,
)
from tests.builders import PROSE, a_balanced_report, typed_cells
from tests.desk import holder_of

if TYPE_CHECKING:
    import pytest
    from fastapi import FastAPI
    from httpx2 import Response
    from sqlalchemy import Connection
    from starlette.testclient import TestClient

    from app.domain.values import Values

REPORTS = f"{API}/reports"
DRAFT = {"draft": True}
RECEIVED = "requests.received.natural_person"


def without(*codes: str) -> Values:
    """Return the numbers of a sound report without these cells."""
    return {code: value for code, value in a_balanced_report().items() if code not in codes}


def body_of(values: Values) -> dict[str, Any]:
    """Return the body of a report that holds just these cells: no others, no nulls."""
    body: dict[str, Any] = dict(TEXTS)
    for code in values:
        table, row, column = code.split(".")
        body.setdefault(table, {}).setdefault(row, {})[column] = nest(FORM, values)[table][row][column]
    return body


def get(client: TestClient, agency: str = TOWN, year: int = YEAR) -> Response:
    answer = client.get(address(agency, year))
    assert answer.status_code == 200, answer.text
    return answer


def put(client: TestClient, body: dict[str, Any], seen: Response, **query: object) -> Response:
    return client.put(address(), json=body, headers=based_on(seen), params=query)  # type: ignore[arg-type]


def patch(client: TestClient, body: dict[str, Any], seen: Response, **query: object) -> Response:
    headers = {**based_on(seen), "Content-Type": "application/merge-patch+json"}
    return client.patch(address(), json=body, headers=headers, params=query)  # type: ignore[arg-type]


def step(client: TestClient, action: str, seen: Response | None = None) -> Response:
    headers = {} if seen is None else based_on(seen)
    body = {"action": action, "reason": "填错了一格"}
    return client.post(address(rest="/transitions"), json=body, headers=headers)


# Filing


def test_a_report_that_is_posted_is_submitted_at_once_and_read_back_whole(client: TestClient) -> None:
    register_county(client)
    more: dict[str, Any] = {
        "preface": "前言\n第二段",
        "contact": {"prepared_by": "张三", "phone": "0953-6012345"},
        "signed_by": "李四",
        "signed_on": "2022-01-20",
        "published_on": "2022-01-31",
        "published_url": "https://www.example.gov.cn/年报.html",
    }
    body = a_report(agency=TOWN, year=YEAR, **more)
    created = client.post(REPORTS, json=body)
    assert created.status_code == 201, created.text
    assert created.headers["location"] == address()
    read = get(client)
    assert read.json() == created.json()
    assert read.headers["etag"] == created.headers["etag"]
    assert read.json() == {
        **body,
        "form": "2021",
        "status": "submitted",
        "version": 1,
        "findings": [],
        "created_at": read.json()["created_at"],
        "updated_at": read.json()["updated_at"],
        "published_version": None,
        "days_late": created.json()["days_late"],
        "returned": None,
        "corrections": [],
        "suggested": {},
    }
    assert client.get(address(), headers={"If-None-Match": read.headers["etag"]}).status_code == 304
    assert client.get(address(), headers={"If-None-Match": '"1-99"'}).status_code == 200
    again = assert_problem(client.post(REPORTS, json=body), 409, "duplicate")
    assert again["existing"] == address()


def test_put_files_a_report_where_there_is_none_and_never_over_one_unseen(client: TestClient) -> None:
    register_county(client)
    nothing = client.put(address(), json=a_report(), headers={"If-Match": '"1-1"'})
    assert_problem(nothing, 412, "stale-version")
    first = client.put(address(), json=a_report())
    assert (first.status_code, first.json()["status"]) == (201, "submitted")
    unseen = client.put(address(), json=a_report())
    assert assert_problem(unseen, 428, "precondition-required")["etag"] == state_of(first)
    other = client.put(address(), json=a_report(agency=COUNTY, year=2020), headers=based_on(first))
    assert set(faults(assert_problem(other, 422, "invalid-request"))) == {"/agency", "/year"}
    assert_problem(client.put(address("nobody"), json=a_report()), 404, "not-found")


def test_a_report_must_say_whose_it_is_and_of_which_year(client: TestClient) -> None:
    register_county(client)
    for body, pointers in (
        ({}, ["/agency", "/year"]),
        ({"agency": TOWN}, ["/year"]),
        ({"agency": "nobody", "year": YEAR}, ["/agency"]),
        ({"agency": TOWN, "year": 2098}, ["/year"]),
        ({"agency": TOWN, "year": 1978}, ["/year"]),
    ):
        problem = assert_problem(client.post(REPORTS, json=a_report(**body)), 422, "invalid-request")
        assert list(faults(problem)) == pointers
    future = assert_problem(client.put(address(year=2098), json=a_report()), 422, "invalid-request")
    assert "2098 年还没有到" in future["detail"]
    formless = assert_problem(client.put(address(year=2001), json=a_report()), 422, "invalid-request")
    assert "没有 2001 年度的报告格式" in formless["detail"]
    assert reports_stored(client) == []


def test_totals_that_are_not_sent_are_worked_out(client: TestClient) -> None:
    register_county(client)
    whole = a_balanced_report()
    filed = client.put(address(), json=body_of(without(*FORM.totals)))
    assert (filed.status_code, filed.json()["status"]) == (201, "submitted"), filed.text
    assert cells_of(filed) == shown(whole)


def test_a_total_sent_as_null_stays_missing_and_one_with_a_missing_part_is_not_guessed(
    client: TestClient,
) -> None:
    register_county(client)
    values = dict(without(*FORM.totals, RECEIVED)) | {"requests.granted.total": None}
    sent = body_of(values)
    filed = client.put(address(), json=sent, params=DRAFT)
    assert filed.status_code == 201, filed.text
    missing = {code for code, value in cells_of(filed).items() if value is None}
    assert missing == {
        RECEIVED,
        "requests.received.total",
        "requests.granted.total",
        "requests.processed.total",
    }
    refused = put(client, sent, filed)
    broken = assert_problem(refused, 422, "rules-broken")["errors"]
    assert {error["pointer"] for error in broken if error["rule"] == "R04"} == {
        f"/{code.replace('.', '/')}" for code in missing
    }


def test_a_total_that_does_not_agree_is_refused_wherever_it_stands(client: TestClient) -> None:
    register_county(client)
    sound = a_balanced_report()
    for total in FORM.totals:
        body = a_report({**sound, total: (sound[total] or 0) + 1})
        problem = assert_problem(client.put(address(), json=body), 422, "rules-broken")
        assert any(
            cell["pointer"] == FORM.cells[total].pointer
            for error in problem["errors"]
            for cell in error["cells"]
        )
    assert reports_stored(client) == []


def test_every_broken_rule_is_told_at_once_with_its_cells_and_their_places(client: TestClient) -> None:
    register_county(client)
    values = dict(a_balanced_report())
    cell, total = "requests.granted.business", "proceedings.reconsideration.total"
    values[cell] = (values[cell] or 0) + 7
    values[total] = 999_999
    values["disclosure.fees.amount"] = 10**8 * 10**6
    values["disclosure.penalties.decisions"] = None
    narratives = {"overview": "　\n", "problems": "有", "other_matters": None}
    body = a_report(values, narratives=narratives)
    problem = assert_problem(client.put(address(), json=body), 422, "rules-broken")
    mandatory = [error for error in problem["errors"] if error["level"] == "E"]
    assert {(error["rule"], error["pointer"]) for error in mandatory} == {
        ("R01", "/narratives/overview"),
        ("R01", "/narratives/other_matters"),
        ("R04", "/disclosure/penalties/decisions"),
        ("R05", "/disclosure/penalties/decisions"),
        ("R06", "/disclosure/fees/amount"),
        ("R08", "/requests/processed/business"),
        ("R09", "/requests/granted/total"),
        ("R10", "/proceedings/reconsideration/total"),
    }
    outcomes = {error["rule"]: error["outcome"] for error in problem["errors"]}
    assert outcomes["R05"] == "not_evaluated"
    assert problem["detail"].startswith("有 7 处不符合强制性规则（R01、R04、R06、R08、R09、R10），另有 1 处")
    (wrong,) = (error for error in problem["errors"] if error["rule"] == "R09")
    assert wrong["difference"] == wrong["left"] - wrong["right"] == -7
    row = [code for code in FORM.cells if code.startswith("requests.granted.")]
    assert {c["pointer"] for c in wrong["cells"]} == {f"/{code.replace('.', '/')}" for code in row}
    places = {c["pointer"]: c["excel"] for c in wrong["cells"]}
    form = client.get(f"{API}/forms/2021").json()
    for section in form["sections"]:
        for told_cell in (section["table"] or {"cells": []})["cells"]:
            assert places.get(told_cell["pointer"], told_cell["excel"]) == told_cell["excel"]
    assert next(c["value"] for c in wrong["cells"] if c["pointer"].endswith("/business")) == values[cell]
    assert reports_stored(client) == []


def test_every_missing_cell_of_a_report_is_named_and_nothing_is_stored(client: TestClient) -> None:
    register_county(client)
    problem = assert_problem(client.put(address(), json=TEXTS), 422, "rules-broken")
    missing = [error["code"] for error in problem["errors"] if error["rule"] == "R04"]
    assert missing == list(FORM.cells)
    assert not [
        error
        for error in problem["errors"]
        if error["rule"] in ("R07", "R08", "R09", "R10") and error["outcome"] == "broken"
    ]
    no_row, no_table = a_report(), a_report()
    del no_row["requests"]["refused_petition"]
    del no_table["proceedings"]
    row = assert_problem(client.put(address(), json=no_row), 422, "rules-broken")["errors"]
    assert sum(error["rule"] == "R04" for error in row) == 7
    table = assert_problem(client.put(address(), json=no_table), 422, "rules-broken")["errors"]
    assert sum(error["rule"] == "R04" for error in table) == 15
    assert reports_stored(client) == []
    assert_problem(client.get(address()), 404, "not-found")


def test_a_draft_may_lack_everything_and_says_what_it_lacks(client: TestClient) -> None:
    register_county(client)
    filed = client.put(address(), json={}, params=DRAFT)
    assert (filed.status_code, filed.json()["status"]) == (201, "draft")
    assert set(cells_of(filed).values()) == {None}
    lacking = [finding["code"] for finding in filed.json()["findings"] if finding["rule"] == "R04"]
    assert lacking == list(FORM.cells)


# Replacing and patching


def test_an_identical_put_changes_nothing(client: TestClient) -> None:
    register_county(client)
    draft = file_report(client, draft=True)
    same = put(client, a_report(), draft, draft=True)
    assert (same.status_code, same.json(), same.headers["etag"]) == (200, draft.json(), draft.headers["etag"])
    submitted = put(client, a_report(), draft)
    assert (submitted.json()["status"], submitted.json()["version"]) == ("submitted", 1)
    gate = client.get(address(rest="/findings")).json()["gate"]
    again = put(client, a_report(), submitted)
    assert (again.status_code, again.json()) == (200, submitted.json())
    assert again.headers["etag"] == submitted.headers["etag"]
    assert client.get(address(rest="/findings")).json()["gate"] == gate
    assert gate["version"] == 1
    assert_problem(put(client, a_report(), draft), 412, "stale-version")


def test_a_strict_put_over_a_draft_submits_it_and_over_a_submitted_one_must_pass_the_gate(
    client: TestClient,
) -> None:
    register_county(client)
    draft = client.put(address(), json={"title": "未完"}, params=DRAFT)
    refused = put(client, {"title": "未完"}, draft)
    assert_problem(refused, 422, "rules-broken")
    assert get(client).json() == draft.json()
    submitted = put(client, a_report(), draft)
    assert (submitted.status_code, submitted.json()["status"]) == (200, "submitted")
    assert submitted.json()["version"] == 2
    assert_problem(put(client, {"title": "未完"}, submitted), 422, "rules-broken")
    for refusal in (
        put(client, a_report(), submitted, draft=True),
        patch(client, {"title": "未完"}, submitted, draft=True),
    ):
        problem = assert_problem(refusal, 409, "wrong-state")
        assert (problem["status"], problem["allowed"]) == (409, ["withdraw"])
        assert "withdraw" in problem["detail"]
    corrected = put(client, a_report(a_balanced_report(granted=77)), submitted)
    assert (corrected.json()["status"], corrected.json()["version"]) == ("submitted", 3)


def test_a_patch_changes_what_it_names_and_leaves_the_rest(client: TestClient) -> None:
    register_county(client)
    contact = {"prepared_by": "张三", "phone": "0953-1"}
    filed = file_report(client, draft=True, contact=contact, signed_by="李四")
    changed = patch(
        client,
        {
            "title": None,
            "narratives": {"problems": "改了"},
            "contact": {"phone": None},
            "disclosure": {"fees": {"amount": "0.5"}},
        },
        filed,
    )
    assert changed.status_code == 200, changed.text
    before, after = filed.json(), changed.json()
    assert after["version"] == 2
    assert after["title"] is None
    assert after["narratives"] == {**before["narratives"], "problems": "改了"}
    assert after["contact"] == {"prepared_by": "张三", "phone": None}
    assert after["signed_by"] == "李四"
    assert cells_of(changed) == {**cells_of(filed), "disclosure.fees.amount": "0.5"}
    nothing = patch(client, {}, changed)
    assert nothing.headers["etag"] == changed.headers["etag"]
    emptied = patch(client, {"narratives": None, "contact": None}, changed).json()
    assert set(emptied["narratives"].values()) | set(emptied["contact"].values()) == {None}
    assert_problem(patch(client, {}, filed), 412, "stale-version")
    assert_problem(client.patch(address(), json={}), 428, "precondition-required")
    assert_problem(client.patch(address(year=2022), json={}, headers={"If-Match": "*"}), 404, "not-found")


def test_a_patch_works_out_anew_just_the_totals_that_it_touches(client: TestClient) -> None:
    register_county(client)
    sound = a_balanced_report()
    cell, beside = "requests.granted.natural_person", "requests.granted.total"
    below, corner = "requests.processed.natural_person", "requests.processed.total"
    number = sound[cell] or 0
    astray = {"requests.received.total": 1, "proceedings.reconsideration.total": 2}
    filed = file_report(client, draft=True, values={**sound, **astray})

    more = patch(client, {"requests": {"granted": {"natural_person": number + 5}}}, filed)
    raised = {code: (sound[code] or 0) + 5 for code in (cell, beside, below, corner)}
    assert cells_of(more) == shown({**sound, **astray, **raised})

    both = patch(client, {"requests": {"granted": {"natural_person": number, "total": 4}}}, more)
    less = {beside: 4, corner: (sound[corner] or 0) - (sound[beside] or 0) + 4}
    assert cells_of(both) == shown({**sound, **astray, **less})

    lost = patch(client, {"requests": {"granted": {"natural_person": None}}}, both)
    gone = dict.fromkeys((cell, beside, below, corner))
    assert cells_of(lost) == shown({**sound, **astray, **gone})

    again = patch(client, {"requests": {"granted": {"natural_person": number}}}, lost)
    assert cells_of(again) == shown({**sound, **astray})

    right = patch(client, {"requests": {"received": {"total": None}}}, again)
    only = {code: value for code, value in astray.items() if code.startswith("proceedings")}
    assert cells_of(right) == shown({**sound, **only})

    no_row = patch(client, {"requests": {"refused_petition": None}}, right)
    assert set(no_row.json()["requests"]["refused_petition"].values()) == {None}
    assert cells_of(no_row)[corner] is None
    assert cells_of(no_row)["requests.received.total"] == sound["requests.received.total"]
    no_table = patch(client, {"proceedings": None}, no_row)
    assert {value for row in no_table.json()["proceedings"].values() for value in row.values()} == {None}


def test_a_patch_of_a_submitted_report_must_pass_the_gate(client: TestClient) -> None:
    register_county(client)
    filed = file_report(client)
    refused = patch(client, {"requests": {"pending_at_end": {"business": 10**6}}}, filed)
    problem = assert_problem(refused, 422, "rules-broken")
    assert {error["rule"] for error in problem["errors"] if error["level"] == "E"} == {"R07"}
    assert get(client).headers["etag"] == filed.headers["etag"]
    saved = patch(client, {"disclosure": {"licensing": {"decisions": 11_398_889}}}, filed)
    assert (saved.json()["status"], saved.json()["version"]) == ("submitted", 2)
    assert client.get(address(rest="/findings")).json()["gate"]["version"] == 2


# Workflow


def test_a_report_is_submitted_and_withdrawn_and_nothing_else(client: TestClient) -> None:
    register_county(client)
    draft = file_report(client, draft=True)
    illegal = assert_problem(step(client, "withdraw"), 409, "wrong-state")
    assert illegal["allowed"] == ["submit"]
    assert "上报（submit）" in illegal["detail"]
    submitted = step(client, "submit", draft)
    assert submitted.status_code == 200, submitted.text
    assert (submitted.json()["status"], submitted.json()["version"]) == ("submitted", 1)
    assert submitted.headers["etag"] != draft.headers["etag"]
    assert assert_problem(step(client, "submit"), 409, "wrong-state")["allowed"] == ["withdraw"]
    assert_problem(step(client, "withdraw", draft), 412, "stale-version")
    assert_problem(step(client, "delete"), 422, "invalid-request")
    assert_problem(client.post(address(rest="/transitions"), json={}), 422, "invalid-request")
    withdrawn = step(client, "withdraw", submitted)
    assert withdrawn.json()["status"] == "draft"
    assert patch(client, {"title": None}, withdrawn).json()["status"] == "draft"
    absent = client.post(address(year=2022, rest="/transitions"), json={"action": "submit"})
    assert_problem(absent, 404, "not-found")


def test_a_draft_with_broken_rules_cannot_be_submitted(client: TestClient) -> None:
    register_county(client)
    draft = file_report(client, draft=True, values=without(RECEIVED))
    problem = assert_problem(step(client, "submit", draft), 422, "rules-broken")
    assert ("R04", RECEIVED) in {(error["rule"], error["code"]) for error in problem["errors"]}
    assert get(client).headers["etag"] == draft.headers["etag"]


def test_only_a_draft_that_was_never_submitted_can_be_removed(client: TestClient) -> None:
    register_county(client)
    draft = file_report(client, draft=True)
    assert_problem(client.delete(address()), 428, "precondition-required")
    assert_problem(client.delete(address(), headers={"If-Match": '"1-9"'}), 412, "stale-version")
    gone = client.delete(address(), headers=based_on(draft))
    assert (gone.status_code, gone.content) == (204, b"")
    assert_problem(client.delete(address(), headers=based_on(draft)), 404, "not-found")
    assert reports_stored(client) == []
    submitted = file_report(client)
    assert submitted.headers["etag"] != draft.headers["etag"]
    refused = client.delete(address(), headers=based_on(submitted))
    assert assert_problem(refused, 409, "wrong-state")["allowed"] == ["withdraw"]
    withdrawn = step(client, "withdraw")
    again = client.delete(address(), headers=based_on(withdrawn))
    assert_problem(again, 409, "wrong-state")
    assert len(reports_stored(client)) == 1


def test_findings_are_those_of_today_beside_those_of_the_gate(client: TestClient) -> None:
    register_county(client)
    file_report(client, draft=True, values=without(RECEIVED))
    drafted = client.get(address(rest="/findings")).json()
    assert drafted["gate"] is None
    assert drafted["can_submit"] is False
    assert drafted["items"] == get(client).json()["findings"]
    assert drafted["total"] == drafted["returned"] == len(drafted["items"])
    assert drafted["truncated"] is False
    assert drafted["counts"]["broken"] + drafted["counts"]["not_evaluated"] == drafted["total"]
    doubtful = "本年新收政府信息公开申请 123456 件。"
    prose = PROSE | {"overview": PROSE["overview"] + doubtful}
    submitted = put(client, a_report(narratives=prose), get(client))
    assert submitted.status_code == 200, submitted.text
    now = client.get(address(rest="/findings")).json()
    assert now["can_submit"] is True
    assert "R26" in [item["rule"] for item in now["items"]]
    assert now["gate"]["items"] == now["items"]
    assert now["gate"]["version"] == now["version"] == 2
    assert now["gate"]["submitted_by"] == holder_of(Role.SYSTEM)
    step(client, "withdraw")
    patch(client, {"narratives": {"overview": PROSE["overview"]}}, get(client))
    later = client.get(address(rest="/findings")).json()
    assert later["version"] == 3
    assert "R26" not in [item["rule"] for item in later["items"]]
    assert later["gate"] == now["gate"]
    assert_problem(client.get(address(year=2022, rest="/findings")), 404, "not-found")


def test_reports_are_listed_by_year_place_and_state_page_by_page(client: TestClient) -> None:
    towns = ["640323101", "640323102", "640323103"]
    register_county(client, *towns)
    register(client, "640324", None, level="county")
    for town in towns:
        for year in (2021, 2022):
            file_report(client, town, year, draft=town == towns[1])
    file_report(client, "640324", 2021, draft=True)

    def listed(**wanted: object) -> list[tuple[str, int]]:
        found: list[tuple[str, int]] = []
        query: dict[str, Any] = {"limit": 2, **wanted}
        while True:
            answer = client.get(REPORTS, params=query)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            assert len(page["items"]) <= 2
            found += [(item["agency"], item["year"]) for item in page["items"]]
            if page["page"]["next"] is None:
                assert "link" not in answer.headers
                return found
            linked = client.get(answer.links["next"]["url"]).json()
            query["cursor"] = page["page"]["next"]
            assert linked == client.get(REPORTS, params=query).json()

    everything = [*((town, year) for town in towns for year in (2021, 2022)), ("640324", 2021)]
    assert listed() == everything
    assert listed(year=2022) == [(town, 2022) for town in towns]
    assert listed(under=COUNTY) == everything[:-1]
    assert listed(under="640324", year=2021) == [("640324", 2021)]
    assert listed(status="draft") == [(towns[1], 2021), (towns[1], 2022), ("640324", 2021)]
    assert listed(status="draft", under=COUNTY, year=2021) == [(towns[1], 2021)]
    assert listed(status="published") == []
    assert_problem(client.get(REPORTS, params={"under": "nobody"}), 404, "not-found")
    for query in (
        {"status": "lost"},
        {"year": "x"},
        {"cursor": "WyIiXQ"},  # [""]
        {"cursor": "WyIiLDEwMDAwMDAwMDAwMDAwMDAwMDAwMDBd"},  # ["",1000...]
        {"cursor": "WyIiLHRydWVd"},  # ["",true]
    ):
        assert_problem(client.get(REPORTS, params=query), 422, "invalid-request")


# Many at once


def test_of_several_who_file_the_same_report_at_once_exactly_one_does(client: TestClient) -> None:
    register_county(client)
    for year in (2021, 2022, 2023):
        body = a_report(agency=TOWN, year=year)
        answers = at_once(partial(file_anew, client, body), 4)
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        for answer in answers:
            if answer.status_code != 201:
                assert_problem(answer, 409, "duplicate")
        assert get(client, year=year).json()["version"] == 1
    assert len(reports_stored(client)) == 3


def file_anew(client: TestClient, body: dict[str, Any], _one: int) -> Response:
    return client.post(REPORTS, json=body)


def test_of_twelve_who_edit_what_they_all_have_seen_one_is_accepted_each_time(client: TestClient) -> None:
    register_county(client)
    seen = file_report(client)
    for turn in range(6):
        answers = at_once(partial(license_so_many, client, seen, 1000 + 100 * turn), 12)
        (winner,) = (answer for answer in answers if answer.status_code == 200)
        for answer in answers:
            if answer is not winner:
                assert_problem(answer, 412, "stale-version")
        seen = winner
    last = get(client)
    assert last.json() == seen.json()
    assert last.json()["version"] == 1 + 6


def license_so_many(client: TestClient, seen: Response, more: int, one: int) -> Response:
    return patch(client, {"disclosure": {"licensing": {"decisions": more + one}}}, seen)


def test_edits_that_read_first_are_never_lost(client: TestClient) -> None:
    register_county(client)
    first = file_report(client, draft=True)
    start = first.json()["disclosure"]["licensing"]["decisions"]

    def add_one(_one: int) -> Response:
        while True:
            seen = get(client)
            count = seen.json()["disclosure"]["licensing"]["decisions"]
            answer = patch(client, {"disclosure": {"licensing": {"decisions": count + 1}}}, seen)
            if answer.status_code == 200:
                return answer
            assert_problem(answer, 412, "stale-version")

    at_once(add_one, 12)
    last = get(client).json()
    assert last["disclosure"]["licensing"]["decisions"] == start + 12
    assert last["version"] == 13


# Commits that fail


def lose_the_database(connection: Connection) -> None:
    """Make the COMMIT that is about to come fail: SQLite's disk is full, PostgreSQL's server process dies."""
    if connection.dialect.name == "sqlite":
        raise OperationalError("COMMIT", {}, Exception("the disk is full"))
    process = connection.scalar(text("SELECT pg_backend_pid()"))
    address = connection.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [process])


def test_a_save_whose_commit_fails_is_never_acknowledged(client: TestClient, app: FastAPI) -> None:
    register_county(client)
    kept = file_report(client)
    engine = app.state.database.engine
    event.listen(engine, "commit", lose_the_database)
    attempts = [
        client.post(REPORTS, json=a_report(agency=TOWN, year=2022)),
        client.put(address(year=2022), json=a_report(), params=DRAFT),
        patch(client, {"title": "改了"}, kept),
        step(client, "withdraw"),
        client.post(f"{API}/agencies", json=an_agency("1", None)),
    ]
    event.remove(engine, "commit", lose_the_database)
    for answer in attempts:
        assert_problem(answer, 503, "unavailable")
        assert answer.headers["retry-after"]
        assert "disk" not in answer.text
        assert "etag" not in answer.headers
    assert len(reports_stored(client)) == 1
    assert get(client).json() == kept.json()
    assert_problem(client.get(f"{API}/agencies/1"), 404, "not-found")
    file_report(client, year=2022)


BREAK_COMMITS = {
    "sqlite": [
        "CREATE TABLE broken (id INTEGER REFERENCES agency (id) DEFERRABLE INITIALLY DEFERRED)",
        "CREATE TRIGGER breaks AFTER INSERT ON report BEGIN INSERT INTO broken VALUES (-1); END",
    ],
    "postgresql": [
        "CREATE TABLE broken (id BIGINT REFERENCES agency (id) DEFERRABLE INITIALLY DEFERRED)",
        """CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN INSERT INTO broken VALUES (-1); RETURN NULL; END'""",
        "CREATE TRIGGER breaks AFTER INSERT ON report FOR EACH ROW EXECUTE FUNCTION break()",
    ],
}
"""With these, the database itself refuses the COMMIT of a new report, and nothing before it."""


def test_a_report_that_the_database_refuses_at_commit_is_never_acknowledged(
    client: TestClient, app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    register_county(client)
    engine = app.state.database.engine
    with engine.begin() as connection:
        for statement in BREAK_COMMITS[engine.dialect.name]:
            connection.execute(text(statement))
    answer = client.post(REPORTS, json=a_report(agency=TOWN, year=YEAR))
    assert_problem(answer, 500, "internal")
    assert "broken" not in answer.text
    # that the line carries the answer's request_id, and nothing of its message, is tested with the log itself
    assert "request failed" in caplog.text
    assert reports_stored(client) == []
    with engine.begin() as connection:
        connection.execute(text(f"DROP TRIGGER breaks{' ON report' * (engine.dialect.name != 'sqlite')}"))
    assert file_report(client).json()["version"] == 1


def test_money_and_large_counts_are_kept_to_the_last_digit(client: TestClient) -> None:
    register(client, TOWN, None, report_scope="aggregate")
    largest = a_balanced_report(
        **{"disclosure.fees.amount": 999_999_999_999_999, "disclosure.licensing.decisions": 999_999_999_999}
    )
    explained = [
        {"rule": "R28", "code": code, "text": "合并了全省的数据，已与台账核对"}
        for code in ("disclosure.fees.amount", "disclosure.licensing.decisions")
    ]
    filed = file_report(client, values=largest, explanations=explained)
    assert filed.json()["disclosure"]["fees"]["amount"] == "999999999.999999"
    assert filed.json()["disclosure"]["licensing"]["decisions"] == 999_999_999_999
    assert get(client).json() == filed.json()
    cells = typed_cells()
    assert all(cells_of(filed)[code] == shown(largest)[code] for code in cells)


def test_text_that_looks_like_an_excel_formula_stays_text(client: TestClient) -> None:
    register_county(client)
    formula = '=HYPERLINK("http://example.com","点我")'
    starts = {"overview": formula, "problems": "+1", "other_matters": "@SUM(A1)"}
    narratives = {section: start + PROSE[section] for section, start in starts.items()}
    filed = file_report(client, title="-1+1", narratives=narratives)
    assert filed.json()["title"] == "-1+1"
    assert get(client).json()["narratives"] == narratives
