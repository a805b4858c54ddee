"""A county's year over HTTP: its dates, who owes a report, and what is granted to single units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.domain.collections import Reporters
from tests.api import (
    API,
    COUNTY,
    TOWN,
    YEAR,
    assert_problem,
    at_once,
    based_on,
    faults,
    file_report,
    register,
)
from tests.builders import a_modest_report

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

AT = f"{API}/collections/{COUNTY}/{YEAR}"
PREFECTURE = "6403"
OTHER = "640323102"
LOCKED = {"due_on": "2022-01-31", "locks_on": "2022-02-28"}
EVERYBODY = {reporters.value: LOCKED for reporters in Reporters}


@pytest.fixture
def county(client: TestClient) -> TestClient:
    """Return a client of a service with a prefecture, a county and two towns."""
    register(client, PREFECTURE, None, level="prefecture", report_scope="aggregate")
    register(client, COUNTY, PREFECTURE, level="county", report_scope="aggregate")
    for town in (TOWN, OTHER):
        register(client, town, level="township")
    return client


def put(client: TestClient, dates: dict[str, Any], known: Response | None = None, at: str = AT) -> Response:
    headers = {} if known is None else based_on(known)
    return client.put(at, json={"dates": dates}, headers=headers)


def grant(client: TestClient, kind: str, until: str | None = None, agency: str = TOWN) -> Response:
    body = {"agency": agency, "kind": kind, "until": until, "reason": "机构调整"}
    return client.post(f"{AT}/exceptions", json=body)


def file_modestly(client: TestClient, agency: str = TOWN) -> Response:
    """File a report with which nothing is wrong even of a township."""
    return file_report(client, agency, values=a_modest_report())


def test_without_any_the_usual_dates_are_shown(county: TestClient) -> None:
    shown = county.get(AT).json()
    assert (shown["opened"], shown["held_by"], shown["is_frozen"]) == (False, None, False)
    assert shown["dates"]["government"] == {"opens_on": None, "due_on": "2022-03-31", "locks_on": None}
    assert shown["dates"]["township"]["due_on"] == shown["freezes_on"] == "2022-01-31"


def test_a_year_is_opened_and_changed_on_what_was_read(county: TestClient) -> None:
    opened = put(county, {"township": {"due_on": "2022-01-20"}})
    assert opened.status_code == 201
    assert opened.json()["held_by"] == {"code": COUNTY, "name": f"机关{COUNTY}"}
    assert opened.json()["freezes_on"] == "2022-01-20"
    assert_problem(put(county, {}), 428, "precondition-required")
    changed = put(county, {"township": {"due_on": "2022-01-25"}}, opened)
    assert (changed.status_code, changed.json()["dates"]["township"]["due_on"]) == (200, "2022-01-25")
    assert_problem(put(county, {}, opened), 412, "stale-version")
    same = put(county, {"township": {"due_on": "2022-01-25"}}, changed)
    assert (same.status_code, same.headers["etag"]) == (200, changed.headers["etag"])
    assert county.get(AT, headers={"If-None-Match": same.headers["etag"]}).status_code == 304


def test_dates_out_of_order_are_all_named(county: TestClient) -> None:
    dates = {
        "township": {"due_on": "2021-12-31", "opens_on": "2022-01-01"},
        "office": {"due_on": "2022-01-31", "locks_on": "2022-01-30"},
    }
    problem = assert_problem(put(county, dates), 422, "invalid-request")
    assert {*faults(problem)} == {
        "/dates/township/due_on",
        "/dates/township/opens_on",
        "/dates/office/locks_on",
    }
    assert "报送期限应在 2021-12-31 之后" in faults(problem)["/dates/township/due_on"]


def test_a_prefecture_s_dates_hold_where_a_county_has_none(county: TestClient) -> None:
    put(county, {"township": {"due_on": "2022-01-10"}}, at=f"{API}/collections/{PREFECTURE}/{YEAR}")
    shown = county.get(AT).json()
    assert (shown["opened"], shown["held_by"]["code"]) == (False, PREFECTURE)
    assert shown["dates"]["township"]["due_on"] == "2022-01-10"
    problem = assert_problem(grant(county, "extension", "2022-02-28"), 409, "wrong-state")
    assert f"PUT /collections/{COUNTY}/{YEAR}" in problem["detail"]
    assert file_modestly(county).json()["days_late"] > 1000


def test_who_owes_a_report_is_listed_a_page_at_a_time(county: TestClient) -> None:
    put(county, {})
    grant(county, "excuse")
    first = county.get(f"{AT}/units", params={"limit": 1}).json()
    assert first["counts"] == {
        "expected": 2,
        "excused": 1,
        "frozen": None,
        "open": 2,
        "added": 0,
        "removed": 0,
    }
    assert (first["total"], [unit["code"] for unit in first["items"]]) == (2, [TOWN])
    assert first["items"][0]["excused"] == "机构调整"
    after = county.get(f"{AT}/units", params={"cursor": first["page"]["next"]}).json()
    assert ([unit["code"] for unit in after["items"]], after["page"]["next"]) == ([OTHER], None)


def test_after_the_freeze_what_comes_and_goes_is_shown_apart(county: TestClient) -> None:
    put(county, {})
    new = register(county, "640323103", level="township")
    other = county.get(f"{API}/agencies/{OTHER}")
    county.delete(f"{API}/agencies/{OTHER}", headers=based_on(other))
    shown = county.get(f"{AT}/units").json()
    assert shown["counts"] == {"expected": 2, "excused": 0, "frozen": 2, "open": 0, "added": 1, "removed": 1}
    assert [(unit["code"], unit["standing"]) for unit in shown["items"]] == [(TOWN, "frozen"), (new, "added")]
    (gone,) = county.get(f"{AT}/units", params={"standing": "removed"}).json()["items"]
    assert (gone["code"], gone["name"], gone["due_on"]) == (OTHER, f"机关{OTHER}", None)
    assert gone["adjusted_on"] == shown["items"][1]["adjusted_on"] is not None
    assert county.get(AT).json()["is_frozen"]


def test_a_report_given_longer_isn_t_late(county: TestClient) -> None:
    put(county, {})
    granted = grant(county, "extension", "2999-01-31")
    assert (granted.status_code, granted.json()["name"]) == (201, f"机关{TOWN}")
    assert file_modestly(county).json()["days_late"] == 0
    assert file_modestly(county, OTHER).json()["days_late"] > 1000
    (unit, _) = county.get(f"{AT}/units").json()["items"]
    assert (unit["due_on"], unit["is_extended"]) == ("2999-01-31", True)


def test_of_each_kind_the_last_one_granted_holds_and_all_stay_on_record(county: TestClient) -> None:
    put(county, {})
    grant(county, "extension", "2999-01-31")
    second = grant(county, "extension", "2998-01-31").json()
    taken = county.post(f"{AT}/exceptions/{second['number']}/revocation", json={"reason": "人已到岗"})
    assert (taken.status_code, taken.json()["revocation"]) == (200, "人已到岗")
    again = county.post(f"{AT}/exceptions/{second['number']}/revocation", json={"reason": "人已到岗"})
    assert_problem(again, 409, "wrong-state")
    assert_problem(county.post(f"{AT}/exceptions/99/revocation", json={"reason": "无"}), 404, "not-found")
    page = county.get(f"{AT}/exceptions", params={"limit": 1}).json()
    rest = county.get(f"{AT}/exceptions", params={"cursor": page["page"]["next"]}).json()
    told = [(each["until"], each["revocation"]) for each in page["items"] + rest["items"]]
    assert told == [("2998-01-31", "人已到岗"), ("2999-01-31", "改由新的延期代替")]
    assert county.get(f"{AT}/units").json()["items"][0]["due_on"] == "2022-01-31"


@pytest.mark.parametrize(
    ("kind", "until", "agency", "pointer"),
    [
        ("extension", None, TOWN, "/until"),
        ("extension", "2022-01-31", TOWN, "/until"),
        ("unlock", None, TOWN, "/until"),
        ("unlock", "2022-02-28", TOWN, "/until"),
        ("unlock", "2022-03-01", TOWN, "/until"),
        ("excuse", "2022-03-01", TOWN, "/until"),
        ("excuse", None, COUNTY, "/agency"),
        ("excuse", None, PREFECTURE, "/agency"),
        ("excuse", None, "nowhere", "/agency"),
    ],
)
def test_what_makes_no_sense_is_refused(
    county: TestClient, kind: str, until: str | None, agency: str, pointer: str
) -> None:
    put(county, EVERYBODY)
    problem = assert_problem(grant(county, kind, until, agency), 422, "invalid-request")
    assert {*faults(problem)} == {pointer}


def test_what_isn_t_locked_needs_no_unlocking(county: TestClient) -> None:
    put(county, {})
    problem = assert_problem(grant(county, "unlock", "2999-01-31"), 422, "invalid-request")
    assert {*faults(problem)} == {"/kind"}


def test_whose_collection_it_isn_t_is_told_whose_it_is(county: TestClient) -> None:
    above = f"{API}/collections/{PREFECTURE}/{YEAR}"
    put(county, {})
    put(county, {}, at=above)
    body = {"agency": TOWN, "kind": "excuse", "reason": "机构调整"}
    problem = assert_problem(county.post(f"{above}/exceptions", json=body), 409, "wrong-state")
    assert f"/collections/{COUNTY}/{YEAR}/exceptions" in problem["detail"]


def test_who_is_excused_is_so_in_the_roll_up_until_there_is_a_report(county: TestClient) -> None:
    put(county, {})
    grant(county, "excuse")
    address = f"{API}/rollups/{COUNTY}/{YEAR}"
    shown = county.get(address).json()
    assert shown["coverage"]["excused"] == [
        {"code": TOWN, "name": f"机关{TOWN}", "status": None, "reason": "机构调整"}
    ]
    assert (shown["counts"]["excused"], shown["counts"]["missing"], shown["counts"]["expected"]) == (1, 1, 2)
    file_modestly(county)
    assert county.get(address).json()["counts"]["included"] == 1
    assert_problem(grant(county, "excuse"), 409, "wrong-state")


def test_the_feed_tells_of_it_and_of_whom(county: TestClient) -> None:
    opened = put(county, {})
    put(county, {"township": {"due_on": "2022-01-25"}}, opened)
    number = grant(county, "extension", "2999-01-31").json()["number"]
    county.post(f"{AT}/exceptions/{number}/revocation", json={"reason": "人已到岗"})
    items = county.get(f"{API}/changes").json()["items"][4:]
    assert [(item["act"], item["agency"], item["year"], item["report"]) for item in items] == [
        ("collection.open", COUNTY, YEAR, None),
        ("collection.change", COUNTY, YEAR, None),
        ("collection.except", TOWN, YEAR, None),
        ("collection.revoke", TOWN, YEAR, None),
    ]
    assert items[1]["details"]["dates"]["township"]["due_on"] == "2022-01-25"
    assert items[2]["details"]["kind"] == "extension"
    assert items[3]["details"]["revocation"] == "人已到岗"


def test_the_trail_tells_what_was_changed(county: TestClient) -> None:
    opened = put(county, {})
    put(county, {"township": {"due_on": "2022-01-25"}}, opened)
    entries = county.get(f"{API}/audit", params={"agency": COUNTY}).json()["items"]
    (changed,) = [entry for entry in entries if entry["act"] == "collection.change"]
    assert list(changed["details"]["dates"]) == ["township"]


def test_an_agency_that_stood_nowhere_has_no_year(county: TestClient) -> None:
    late = register(county, "640323104", level="township", valid_from="2025-01-01")
    assert_problem(county.get(f"{API}/collections/{late}/{YEAR}"), 404, "not-found")


def test_of_many_who_open_a_year_at_once_one_does(county: TestClient) -> None:
    answers = at_once(lambda _: put(county, {}), 6)
    made = [answer for answer in answers if answer.status_code == 201]
    assert len(made) == 1
    for answer in answers:
        if answer not in made:
            assert answer.status_code in {409, 428}, answer.text
    assert county.get(AT).headers["etag"] == made[0].headers["etag"]


def test_reminders_sent_at_once_are_all_counted(county: TestClient) -> None:
    answers = at_once(lambda _: county.post(f"{AT}/reminders", json={"units": "missing"}), 6)
    numbers = [item["number"] for answer in answers for item in answer.json()["items"]]
    assert sorted(numbers) == sorted([1, 2, 3, 4, 5, 6] * 2)


def test_exceptions_granted_at_once_leave_one_in_force(county: TestClient) -> None:
    put(county, {})
    answers = at_once(lambda place: grant(county, "extension", f"2999-01-{place + 1:02}"), 6)
    assert {answer.status_code for answer in answers} == {201}
    items = county.get(f"{AT}/exceptions").json()["items"]
    assert len(items) == 6
    assert [item["revoked_at"] is None for item in items].count(True) == 1


def test_what_is_wrong_inside_a_list_or_under_a_key_is_called_by_its_own_name(county: TestClient) -> None:
    wrong = county.put(AT, json={"dates": {"township": {"due_on": "2022-1-20"}}})
    (message,) = faults(assert_problem(wrong, 422, "invalid-request")).values()
    assert message.startswith("报送期限")
    lines = {
        "lines": [{"cell": "disclosure.licensing.decisions", "amount": 1, "amout": 2}],
        "reason": "漏记" * 6,
    }
    wrong = county.post(f"{API}/rollups/{COUNTY}/{YEAR}/adjustments", json=lines)
    assert faults(assert_problem(wrong, 422, "invalid-request")) == {
        "/lines/0/amout": "各格的调整数：没有“amout”这一项；是不是“amount”？"
    }
