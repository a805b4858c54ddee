"""Many reports at once: each saved as it would be alone, or all of them or none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from app.auth.tokens import new_secret
from app.domain.roles import Role
from app.forms.annual_2021 import FORM
from app.main import create_app
from app.schemas.batches import MOST_FAULTS_EACH, MOST_ITEMS, NDJSON
from app.settings import Settings
from app.storage.models import AGENCY, AUDIT_ENTRY, REPORT, VERSION
from app.storage.numbers import TABLES
from app.writing import REPLAYED
from tests.api import (
    API,
    COUNTY,
    TOWN,
    YEAR,
    a_report,
    address,
    assert_problem,
    at_once,
    faults,
    file_report,
    register,
    register_county,
    reports_stored,
    state_of,
)
from tests.builders import a_sound_report
from tests.desk import Desk, a_token, bearer
from tests.routers.test_changes import feed
from tests.services.trees import clear

if TYPE_CHECKING:
    from fastapi import FastAPI
    from httpx2 import Response
    from starlette.testclient import TestClient

BATCH = f"{API}/reports/batch"
TOWNS = [f"64032310{number}" for number in range(1, 7)]
TOTAL = "/requests/received/total"
LICENCES = "disclosure.licensing.decisions"


@pytest.fixture
def county(client: TestClient) -> TestClient:
    """Return a client of a service that knows a county with its towns."""
    register_county(client, *TOWNS)
    return client


def an_item(agency: str = TOWN, year: int = YEAR, **members: object) -> dict[str, Any]:
    """Return a report of a batch that may be 上报."""
    return a_report(**{"agency": agency, "year": year, **members})  # type: ignore[arg-type]


def a_broken_item(agency: str = TOWN) -> dict[str, Any]:
    """Return a report whose numbers don't balance."""
    item = an_item(agency)
    item["requests"]["received"]["total"] += 1
    return item


def send(
    client: TestClient, items: list[Any], *, headers: dict[str, str] | None = None, **params: object
) -> Response:
    return client.post(BATCH, json=items, params={**params}, headers=headers)  # type: ignore[dict-item]


def results(answer: Response) -> list[tuple[int, str | None]]:
    """Return of each item, in order, its status and the kind of its problem."""
    told = []
    for place, item in enumerate(answer.json()["items"]):
        assert item["index"] == place
        assert (item["report"] is None) != (item["problem"] is None)
        problem = item["problem"]
        assert problem is None or problem["status"] == item["status"]
        told.append((item["status"], problem and problem["type"].removeprefix("/problems/")))
    return told


def rows_of(app: FastAPI) -> list[list[Any]]:
    """Return what is stored of reports, but for times and what names the request."""
    numbers = TABLES[FORM.version]
    entry = AUDIT_ENTRY.c
    queries = [
        select(AGENCY.c.code, REPORT.c.year, REPORT.c.status, REPORT.c.revision, REPORT.c.version, numbers)
        .join(REPORT, REPORT.c.agency_id == AGENCY.c.id)
        .join(numbers, numbers.c.report_id == REPORT.c.id),
        select(VERSION.c.report_id, VERSION.c.number, VERSION.c.content, VERSION.c.saved_by),
        select(entry.chain, entry.number, entry.act, entry.agency, entry.details).where(entry.year == YEAR),
    ]
    with app.state.database.engine.connect() as connection:
        return [sorted(map(repr, connection.execute(query))) for query in queries]


def test_a_batch_stores_what_the_same_reports_would_be_one_by_one(county: TestClient, app: FastAPI) -> None:
    items = [an_item(code, values=a_sound_report(**{LICENCES: n})) for n, code in enumerate(TOWNS, 1)]
    trial = send(county, items, dry_run=True)
    assert results(trial) == [(201, None)] * len(TOWNS)
    assert rows_of(app) == [[], [], []]
    batch = send(county, items)
    assert batch.status_code == 200
    assert results(batch) == [(201, None)] * len(TOWNS)
    assert batch.json()["counts"] == {"created": len(TOWNS), "replaced": 0, "refused": 0}
    for code, item in zip(TOWNS, batch.json()["items"], strict=True):
        alone = county.get(address(code))
        shown = alone.json()
        assert item["report"] == {
            "version": shown["version"],
            "etag": state_of(alone),
            "state": "submitted",
            "findings": len(shown["findings"]),
        }


def test_one_by_one_and_together_leave_the_same_rows(database_url: str) -> None:
    items = [an_item(code, values=a_sound_report(**{LICENCES: n})) for n, code in enumerate(TOWNS, 1)]
    left = []
    for is_batch in (True, False):
        application = create_app(Settings(database_url=database_url))
        clear(application.state.database)
        with Desk(application) as client:
            register_county(client, *TOWNS)
            if is_batch:
                assert send(client, items).status_code == 200
                again = [{**item, "preface": "改过", "etag": "*"} for item in items]
                assert send(client, again).status_code == 200
            else:
                for item in items:
                    assert client.put(address(item["agency"]), json=item).status_code == 201
                for item in items:
                    body = {**item, "preface": "改过"}
                    assert client.put(
                        address(item["agency"]), json=body, headers={"If-Match": "*"}
                    ).is_success
            left.append(rows_of(application))
    assert left[0] == left[1]


def test_whatever_is_wrong_with_one_no_other_suffers_unless_all_or_none_is_wanted(county: TestClient) -> None:
    etag = file_report(county, TOWNS[1]).headers["etag"]
    file_report(county, TOWNS[2])
    items = [
        an_item(TOWNS[0]),
        an_item(TOWNS[1], etag=etag, preface="改过"),
        an_item(TOWNS[2], preface="改过"),
        an_item(TOWNS[3], etag='"0-0"'),
        a_broken_item(TOWNS[4]),
        an_item("nowhere"),
        {**an_item(TOWNS[5]), "requests": {"received": {"total": "3", "totals": 1}}},
        "no report",
        an_item(TOWNS[5], year=2022, etag="1-1"),
        an_item(TOWNS[5], year=1950),
    ]
    expected = [
        (201, None),
        (200, None),
        (428, "precondition-required"),
        (412, "stale-version"),
        (422, "rules-broken"),
        (422, "invalid-request"),
        (422, "invalid-request"),
        (422, "invalid-request"),
        (422, "invalid-request"),
        (422, "invalid-request"),
    ]
    before = reports_stored(county)
    problem = assert_problem(send(county, items), 422, "batch-refused")
    assert reports_stored(county) == before
    refused = {error["index"]: error["status"] for error in problem["errors"]}
    assert refused == {place: status for place, (status, _) in enumerate(expected) if status > 201}
    told = faults(problem)
    assert "/3" in told
    assert told["/5/agency"] == "没有代码为“nowhere”的机关"
    assert f"/4{TOTAL}" in told
    assert {"/6/requests/received/total", "/6/requests/received/totals", "/7", "/8/etag"} <= told.keys()
    etags = {error["index"]: error.get("etag") for error in problem["errors"]}
    assert etags[2] == state_of(county.get(address(TOWNS[2])))

    answer = send(county, items, atomic=False)
    assert answer.status_code == 207
    assert results(answer) == expected
    assert answer.json()["counts"] == {"created": 1, "replaced": 1, "refused": 8}
    assert faults(answer.json()["items"][4]["problem"]).keys() >= {TOTAL}
    assert answer.json()["items"][2]["problem"]["etag"] == etags[2]
    stored = {item["agency"]: item["version"] for item in reports_stored(county)}
    assert stored == {TOWNS[0]: 1, TOWNS[1]: 2, TOWNS[2]: 1}


def test_what_is_undone_of_a_batch_is_in_no_feed_and_in_no_trail(county: TestClient) -> None:
    end = feed(county)[-1]["number"]
    items = [a_broken_item(TOWNS[0]), an_item(TOWNS[1]), a_broken_item(TOWNS[2])]
    assert send(county, items, atomic=False).status_code == 207
    assert {item["agency"] for item in feed(county, end)} == {TOWNS[1]}
    entries = county.get(f"{API}/audit").json()["items"]
    told = [(entry["act"], entry["agency"]) for entry in entries if entry["year"] == YEAR]
    assert told == [("report.submit", TOWNS[1]), ("report.create", TOWNS[1])]
    assert county.get(f"{API}/audit/verification").json()["intact"]


def test_the_entries_of_a_batch_carry_the_request(county: TestClient) -> None:
    answer = send(county, [an_item(code) for code in TOWNS])
    entries = county.get(f"{API}/audit", params={"limit": 12}).json()["items"]
    assert {entry["request_id"] for entry in entries} == {answer.headers["x-request-id"]}
    assert county.get(f"{API}/audit/verification").json()["intact"]


def test_a_report_that_comes_twice_is_refused_each_time(county: TestClient) -> None:
    items = [an_item(TOWNS[0]), an_item(TOWNS[1]), an_item(TOWNS[0]), an_item(TOWNS[0], year=2022)]
    answer = send(county, items, atomic=False)
    assert [status for status, _ in results(answer)] == [422, 201, 422, 201]
    errors = [item["problem"]["errors"] for item in answer.json()["items"] if item["problem"]]
    assert [(error["code"], error["others"]) for (error,) in errors] == [("repeated", [2]), ("repeated", [0])]
    problem = assert_problem(send(county, items), 422, "batch-refused")
    assert [error["pointer"] for error in problem["errors"] if error["code"] == "repeated"] == ["/0", "/2"]


def test_lines_are_read_like_an_array_and_a_broken_one_hurts_none(county: TestClient) -> None:
    lines = [
        json.dumps(an_item(TOWNS[0])),
        '{"agency": ',
        "",
        json.dumps(an_item(TOWNS[1]), ensure_ascii=False),
    ]
    lines += ['{"year": 2021, "year": 2021}', '{"agency": NaN}', "[" * 5000]
    body = "\r\n".join(lines)
    for ending in ("", "\n", "\r\n"):
        params = {"atomic": False, "dry_run": True}
        answer = county.post(BATCH, content=body + ending, params=params, headers={"Content-Type": NDJSON})
        assert answer.status_code == 207, answer.text
        broken = (400, "malformed")
        assert results(answer) == [(201, None), broken, broken, (201, None), broken, broken, broken]
        assert answer.json()["items"][1]["problem"]["detail"].startswith("第 2 行：")
    problem = assert_problem(
        county.post(BATCH, content=body, headers={"Content-Type": NDJSON}), 422, "batch-refused"
    )
    assert [error["pointer"] for error in problem["errors"]] == ["/1", "/2", "/4", "/5", "/6"]
    assert reports_stored(county) == []


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"", "application/json", 422, "invalid-request"),
        (b"", NDJSON, 422, "invalid-request"),
        (b"[]", "application/json", 422, "invalid-request"),
        (b"{}", "application/json", 422, "invalid-request"),
        (b"null", "application/json", 422, "invalid-request"),
        (b"[{}", "application/json", 400, "malformed"),
        (b"[]", "text/plain", 415, "unsupported-media-type"),
    ],
)
def test_what_is_no_batch_is_refused_whole(
    county: TestClient, body: bytes, kind: str, status: int, code: str
) -> None:
    answer = county.post(BATCH, content=body, params={"atomic": False}, headers={"Content-Type": kind})
    assert_problem(answer, status, code)


def test_500_reports_are_taken_and_501_are_too_many(client: TestClient) -> None:
    register(client, COUNTY, None, level="county")
    codes = [f"T{number:03d}" for number in range(MOST_ITEMS)]
    rows = ["code,name,level,kind,parent", *(f"{code},机关,township,government,{COUNTY}" for code in codes)]
    client.post(f"{API}/agencies/import", files={"file": ("a.csv", "\n".join(rows).encode())})
    items = [{"agency": code, "year": YEAR} for code in codes]
    assert_problem(send(client, [*items, an_item()], draft=True), 413, "too-large")
    lines = b"\n" * (MOST_ITEMS + 1)
    answer = client.post(BATCH, content=lines, headers={"Content-Type": NDJSON})
    assert_problem(answer, 413, "too-large")
    assert reports_stored(client) == []
    answer = send(client, items, draft=True)
    assert answer.json()["counts"] == {"created": MOST_ITEMS, "replaced": 0, "refused": 0}
    again = send(client, items, atomic=False)
    assert again.json()["counts"] == {"created": 0, "replaced": 0, "refused": MOST_ITEMS}


def test_of_many_faults_of_one_report_the_first_are_listed_and_the_others_counted(county: TestClient) -> None:
    item = {"agency": TOWN, "year": YEAR}
    alone = county.put(address(), json={}).json()["errors"]
    errors = send(county, [item], atomic=False).json()["items"][0]["problem"]["errors"]
    assert errors[:-1] == alone[:MOST_FAULTS_EACH]
    assert errors[-1]["omitted"] == len(alone) - MOST_FAULTS_EACH


def test_a_batch_that_comes_again_by_its_key_is_done_once(county: TestClient) -> None:
    items, key = [an_item(TOWNS[0]), a_broken_item(TOWNS[1])], {"Idempotency-Key": "x" * 16}
    first = send(county, items, headers=key, atomic=False)
    again = send(county, items, headers=key, atomic=False)
    assert (again.status_code, again.content) == (207, first.content)
    assert again.headers[REPLAYED] == "true"
    assert [item["version"] for item in reports_stored(county)] == [1]
    other = send(county, items[:1], headers=key, atomic=False)
    assert_problem(other, 422, "idempotency-key-reused")


def test_a_batch_reaches_as_far_as_its_token(county: TestClient, app: FastAPI) -> None:
    register(county, "other", None, level="county")
    with app.state.database.writing() as session:
        agency_id = session.scalars(select(AGENCY.c.id).where(AGENCY.c.code == TOWNS[0])).one()
        mine, reader = new_secret(), new_secret()
        session.add(a_token(mine, Role.REPORTER, "李四", agency_id))
        session.add(a_token(reader, Role.READER, "王五", agency_id))
    items = [an_item(TOWNS[0]), an_item("other"), an_item(COUNTY)]
    answer = send(county, items, headers=bearer(mine), atomic=False)
    assert results(answer) == [(201, None), (422, "invalid-request"), (422, "invalid-request")]
    codes = [item["problem"]["errors"][0]["code"] for item in answer.json()["items"][1:]]
    assert codes == ["unknown-agency"] * 2
    assert_problem(send(county, items, headers=bearer(reader), atomic=False), 403, "forbidden")
    refused = county.get(f"{API}/audit", params={"act": "access.refuse"}).json()["items"]
    assert [(entry["holder"], entry["target"]) for entry in refused] == [("王五", f"POST {BATCH}")]


def test_what_is_quoted_may_be_no_unicode(county: TestClient) -> None:
    body = '[{"agency": "\\ud800", "year": 2021, "preface": "\\ud800", "\\ud801": 1}]'
    headers = {"Content-Type": "application/json"}
    answer = county.post(BATCH, content=body, params={"atomic": False}, headers=headers)
    assert results(answer) == [(422, "invalid-request")]
    assert answer.json()["items"][0]["agency"] is None
    assert_problem(county.post(BATCH, content=body, headers=headers), 422, "batch-refused")


def test_batches_and_single_reports_at_once_all_get_through(county: TestClient) -> None:
    years = (2021, 2022, 2023, 2024)

    def call(one: int) -> int:
        if one % 2:
            return county.put(
                address(TOWNS[one], years[0]), params={"draft": True}, json=a_report()
            ).status_code
        codes = TOWNS if one % 4 else TOWNS[::-1]
        items = [an_item(code, year=years[1 + one // 2 % 3]) for code in codes]
        return send(county, items, draft=True).status_code

    assert at_once(call, 6) == [200, 201] * 3
    assert county.get(f"{API}/audit/verification").json()["intact"]


def test_a_batch_and_one_of_its_reports_alone_never_wait_for_each_other(county: TestClient) -> None:
    """Both are new: whoever is second finds it there, and nobody is told to come again."""
    for year in range(YEAR, YEAR + 5):
        items = [an_item(town, year) for town in TOWNS]

        def call(one: int, year: int = year, items: list[dict[str, Any]] = items) -> int:
            if one == 0:
                return send(county, items, atomic=False).status_code
            return county.put(address(TOWNS[-one], year), json=an_item(TOWNS[-one], year)).status_code

        statuses = at_once(call, 4)
        assert statuses[0] == 207
        assert {*statuses[1:]} <= {201, 428}


def test_batches_of_a_body_s_years_in_opposite_orders_both_get_through(county: TestClient) -> None:
    years = tuple(range(YEAR, YEAR + 4))
    for year in years:
        file_report(county, TOWN, year)

    def call(one: int) -> int:
        items = [an_item(TOWN, year, etag="*") for year in (years if one % 2 else years[::-1])]
        return send(county, items).status_code

    assert at_once(call, 4) == [200] * 4
