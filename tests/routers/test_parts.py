"""Parts of a report over HTTP: tables, rows and sections of prose, on drafts and on submitted reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.forms.annual_2021 import FORM
from tests.api import (
    TEXTS,
    address,
    assert_problem,
    based_on,
    cells_of,
    faults,
    file_report,
    register_county,
    shown,
    state_of,
)
from tests.builders import PROSE, a_sound_report

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

MERGE_PATCH = "application/merge-patch+json"
PARTS = [
    *(f"/tables/{table.code}" for table in FORM.tables),
    "/tables/requests/rows/granted",
    "/tables/proceedings/rows/reconsideration",
    "/narratives/overview",
]


def put(client: TestClient, part: str, body: object, seen: Response, *, draft: bool = False) -> Response:
    return client.put(address(rest=part), json=body, headers=based_on(seen), params={"draft": draft})


def patch(client: TestClient, part: str, body: object, seen: Response, *, draft: bool = False) -> Response:
    headers = {**based_on(seen), "Content-Type": MERGE_PATCH}
    return client.patch(address(rest=part), json=body, headers=headers, params={"draft": draft})


def test_each_part_is_read_as_it_stands_in_the_report_with_its_etag(
    client: TestClient,
) -> None:
    register_county(client)
    filed = file_report(client, draft=True)
    whole = filed.json()
    for table in FORM.tables:
        part = client.get(address(rest=f"/tables/{table.code}"))
        assert part.json() == whole[table.code]
        for row in table.rows():
            line = client.get(address(rest=f"/tables/{table.code}/rows/{row.code}"))
            assert line.json() == whole[table.code][row.code]
    for section in FORM.narratives:
        prose = client.get(address(rest=f"/narratives/{section.code}"))
        assert prose.json() == {"text": whole["narratives"][section.code]}
    for part_address in PARTS:
        read = client.get(address(rest=part_address))
        assert read.headers["etag"] == state_of(filed)
        known = {"If-None-Match": read.headers["etag"]}
        assert client.get(address(rest=part_address), headers=known).status_code == 304


def test_a_part_that_no_report_has_is_not_found(client: TestClient) -> None:
    register_county(client)
    filed = file_report(client, draft=True)
    for part, message in {
        "/tables/request": "没有“request”这一项；是不是“requests”？",
        "/tables/requests/rows/grantd": "没有“grantd”这一项；是不是“granted”？",
        "/tables/request/rows/granted": "是不是“requests”？",
        "/tables/proceedings/rows/granted": "没有“granted”这一项",
        "/narratives/overvew": "没有“overvew”这一项；是不是“overview”？",
    }.items():
        answers = [client.get(address(rest=part))]
        body = {"text": "x"} if "narratives" in part else {}
        answers += [put(client, part, body, filed), patch(client, part, body, filed)]
        for answer in answers:
            assert message in assert_problem(answer, 404, "not-found")["detail"]
    for part in PARTS:
        assert_problem(client.get(address(year=2022, rest=part)), 404, "not-found")
        body = {"text": "x"} if "narratives" in part else {}
        absent = client.put(address(year=2022, rest=part), json=body, headers={"If-Match": "*"})
        assert_problem(absent, 404, "not-found")


def test_a_row_that_is_put_takes_the_place_of_the_old_one_totals_worked_out(client: TestClient) -> None:
    register_county(client)
    sound = a_sound_report()
    filed = file_report(client, draft=True)
    row = "/tables/requests/rows/granted"
    zeros = {column: 0 for column in filed.json()["requests"]["granted"] if column != "total"}
    answer = put(client, row, zeros, filed)
    assert (answer.status_code, answer.json()["status"], answer.json()["version"]) == (200, "draft", 2)
    expected = dict(sound)
    for column in zeros:
        expected[f"requests.granted.{column}"] = 0
        total = f"requests.processed.{column}"
        expected[total] = (expected[total] or 0) - (sound[f"requests.granted.{column}"] or 0)
    expected["requests.granted.total"] = 0
    expected["requests.processed.total"] = (sound["requests.processed.total"] or 0) - (
        sound["requests.granted.total"] or 0
    )
    assert cells_of(answer) == shown(expected)

    half = put(client, row, {"natural_person": 3, "total": 8}, answer)
    assert half.json()["requests"]["granted"] == {
        **dict.fromkeys(zeros),
        "natural_person": 3,
        "total": 8,
    }
    assert half.json()["requests"]["processed"]["business"] is None
    null = put(client, row, {**zeros, "total": None}, half)
    assert null.json()["requests"]["granted"]["total"] is None
    again = put(client, row, {**zeros, "total": None}, null)
    assert (again.json()["version"], again.headers["etag"]) == (4, null.headers["etag"])
    restored = put(client, row, filed.json()["requests"]["granted"], again, draft=True)
    assert cells_of(restored) == shown(sound)
    sums = put(client, "/tables/requests/rows/processed", {}, restored)
    assert cells_of(sums) == shown(sound)


def test_a_table_that_is_put_takes_the_place_of_the_old_one(client: TestClient) -> None:
    register_county(client)
    filed = file_report(client, draft=True)
    fewer = {row: {k: 1 for k in cells if k != "total"} for row, cells in filed.json()["proceedings"].items()}
    answer = put(client, "/tables/proceedings", fewer, filed)
    assert {row["total"] for row in answer.json()["proceedings"].values()} == {4}
    emptied = put(client, "/tables/disclosure", {}, answer)
    assert {value for row in emptied.json()["disclosure"].values() for value in row.values()} == {None}
    assert emptied.json()["requests"] == filed.json()["requests"]


def test_a_patched_row_or_table_changes_only_what_is_named(client: TestClient) -> None:
    register_county(client)
    sound = a_sound_report()
    filed = file_report(client, draft=True)
    row = patch(client, "/tables/requests/rows/received", {"business": None}, filed)
    assert cells_of(row) == shown(
        {**sound, "requests.received.business": None, "requests.received.total": None}
    )
    table = patch(
        client, "/tables/requests", {"received": {"business": sound["requests.received.business"]}}, row
    )
    assert cells_of(table) == shown(sound)
    nothing = patch(client, "/tables/requests", {}, table)
    assert nothing.headers["etag"] == table.headers["etag"]
    no_row = patch(client, "/tables/disclosure", {"fees": None}, table)
    assert cells_of(no_row) == shown({**sound, "disclosure.fees.amount": None})


def test_a_section_of_prose_is_put_and_patched(client: TestClient) -> None:
    register_county(client)
    filed = file_report(client, draft=True)
    part = "/narratives/problems"
    saved = put(client, part, {"text": "第一段\n第二段"}, filed)
    assert saved.json()["narratives"] == {**TEXTS["narratives"], "problems": "第一段\n第二段"}  # type: ignore[dict-item]
    none = put(client, part, {"text": None}, saved)
    assert client.get(address(rest=part)).json() == {"text": None}
    same = patch(client, part, {}, none)
    assert same.headers["etag"] == none.headers["etag"]
    back = patch(client, part, {"text": "又写了"}, same)
    assert back.json()["narratives"]["problems"] == "又写了"
    gone = patch(client, part, {"text": None}, back)
    assert gone.json()["narratives"]["problems"] is None
    assert "/text" in faults(assert_problem(put(client, part, {}, gone), 422, "invalid-request"))


def test_every_write_to_a_part_says_what_it_is_based_on(client: TestClient) -> None:
    register_county(client)
    first = file_report(client, draft=True)
    second = put(client, "/narratives/overview", {"text": "新"}, first)
    for part in PARTS:
        body = {"text": "x"} if "narratives" in part else {}
        assert_problem(put(client, part, body, first), 412, "stale-version")
        assert_problem(patch(client, part, body, first), 412, "stale-version")
        assert_problem(client.put(address(rest=part), json=body), 428, "precondition-required")
        assert_problem(client.patch(address(rest=part), json=body), 428, "precondition-required")
    assert client.get(address()).headers["etag"] == second.headers["etag"]


def test_a_part_of_a_submitted_report_passes_the_gate_or_stays_as_it_was(client: TestClient) -> None:
    register_county(client)
    filed = file_report(client)
    refusals: list[tuple[str, object, str]] = [
        ("/tables/requests", {}, "R04"),
        ("/tables/requests/rows/pending_at_end", {"natural_person": 0}, "R04"),
        ("/tables/proceedings/rows/reconsideration", {"affirmed": 1, "total": 9}, "R10"),
        ("/narratives/overview", {"text": " "}, "R01"),
    ]
    for part, body, rule in refusals:
        problem = assert_problem(put(client, part, body, filed), 422, "rules-broken")
        assert rule in {error["rule"] for error in problem["errors"]}
        kept = assert_problem(put(client, part, body, filed, draft=True), 409, "wrong-state")
        assert kept["allowed"] == ["withdraw"]
    broken = patch(client, "/tables/requests/rows/pending_at_end", {"business": 10**9}, filed)
    assert_problem(broken, 422, "rules-broken")
    assert client.get(address()).headers["etag"] == filed.headers["etag"]

    row = filed.json()["proceedings"]["reconsideration"]
    typed = {column: value for column, value in row.items() if column != "total"}
    saved = put(client, "/tables/proceedings/rows/reconsideration", {**typed, "other": 0}, filed)
    assert (saved.json()["status"], saved.json()["version"]) == ("submitted", 2)
    saved = patch(client, "/tables/proceedings", {"reconsideration": {"other": 5}}, saved)
    total = sum(typed.values()) - typed["other"] + 5
    assert saved.json()["proceedings"]["reconsideration"]["total"] == total
    saved = put(client, "/narratives/other_matters", {"text": PROSE["other_matters"] + "改"}, saved)
    assert (saved.json()["status"], saved.json()["version"]) == ("submitted", 4)
    assert client.get(address(rest="/findings")).json()["gate"]["version"] == 4


def test_what_is_wrong_inside_a_part_is_told_with_its_place_in_the_part(client: TestClient) -> None:
    register_county(client)
    filed = file_report(client, draft=True)
    row = patch(client, "/tables/requests/rows/granted", {"natural_person": -1, "busness": 1}, filed)
    assert faults(assert_problem(row, 422, "invalid-request")) == {
        "/natural_person": "自然人：应大于或等于 0，现为 -1",
        "/busness": "没有“busness”这一项；是不是“business”？",
    }
    table = put(client, "/tables/disclosure", {"fees": {"amount": 10**9 + 1}, "licensing": 3}, filed)
    messages = faults(assert_problem(table, 422, "invalid-request"))
    assert set(messages) == {"/fees/amount", "/licensing"}
    assert "应是对象，现为 3" in messages["/licensing"]
    assert "不能大于 1000000000 万元" in messages["/fees/amount"]
    others: list[object] = [[], 3, "x", False]
    for no_object in others:
        assert_problem(put(client, "/tables/requests", no_object, filed), 422, "invalid-request")
    as_plain_json = client.patch(address(rest="/tables/requests"), json={}, headers=based_on(filed))
    assert as_plain_json.status_code == 200
    as_text = client.put(
        address(rest="/tables/requests"),
        content=b"{}",
        headers={**based_on(filed), "Content-Type": "text/plain"},
    )
    assert "text/plain" in assert_problem(as_text, 415, "unsupported-media-type")["detail"]
    assert client.get(address()).headers["etag"] == filed.headers["etag"]
