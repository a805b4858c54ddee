"""Reading documents in, over HTTP: the whole way of a township's report into its county's total."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.forms.annual_2021 import FORM
from tests.api import (
    API,
    COUNTY,
    TOWN,
    YEAR,
    address,
    an_agency,
    assert_problem,
    file_report,
    register_county,
)

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

DOCUMENT = Path(__file__).parents[1] / "documents" / "data" / "township-2021.txt"
NAME = "大水坑镇2021年年报.txt"
LOST_COLUMNS = ("other_organisation", "total")


def send(
    client: TestClient,
    body: bytes | None = None,
    name: str = NAME,
    headers: dict[str, str] | None = None,
    **params: str | int,
) -> Response:
    """Send a document to be read; the township's report unless told otherwise."""
    content = DOCUMENT.read_bytes() if body is None else body
    return client.post(f"{API}/imports", params=params, files={"file": (name, content)}, headers=headers)


def store(client: TestClient) -> dict[str, Any]:
    """Keep the township's report as a draft."""
    answer = send(client, store="draft", agency=TOWN)
    assert answer.status_code == 200, answer.text
    kept: dict[str, Any] = answer.json()
    return kept


def test_reading_without_storing_tells_everything_and_keeps_nothing(client: TestClient) -> None:
    register_county(client)
    reading = send(client).json()
    assert (reading["form"], reading["agency"], reading["year"]) == ("2021", "盐池县大水坑镇", 2021)
    assert reading["stored"] is None
    assert reading["file"]["sha256"] == hashlib.sha256(DOCUMENT.read_bytes()).hexdigest()
    for row in FORM.tables[1].rows():
        assert [reading["requests"][row.code][column] for column in LOST_COLUMNS] == [None, None]
    assert reading["requests"]["received"]["natural_person"] == 0
    assert set(reading["missing"]) == {
        code for code, cell in reading["cells"].items() if cell["state"] != "read"
    }
    assert client.get(f"{API}/reports").json()["items"] == []


def test_the_findings_name_all_that_the_document_lacks_and_doubt_the_prose(client: TestClient) -> None:
    findings = send(client).json()["findings"]
    messages = [finding["message"] for finding in findings]
    for wanted in (
        "“其他”列",
        "“总计”列",
        "“（三）不予公开”",
        "不分公开",
        "规范性文件",
        "本年新制作数量",
        "二、行政机关主动公开政府信息情况",
    ):
        assert any(wanted in message for message in messages), wanted
    (doubt,) = [finding for finding in findings if finding["rule"] == "R26" and finding["outcome"] != "kept"]
    assert doubt["outcome"] == "not_evaluated"
    assert len(doubt["quotes"]) == 2
    assert all("申请" in quote for quote in doubt["quotes"])


def test_a_township_report_goes_from_its_document_into_the_county_total(client: TestClient) -> None:
    """Read in, kept as a draft, zeros stated by a clerk, doubts explained, 上报: then it is in the sum."""
    register_county(client)
    stored = store(client)["stored"]
    county = f"{API}/rollups/{COUNTY}/{YEAR}"
    assert [each["code"] for each in client.get(county).json()["coverage"]["draft"]] == [TOWN]
    submit = client.post(address(rest="/transitions"), json={"action": "submit"})
    assert "R04" in assert_problem(submit, 422, "rules-broken")["detail"]

    zeros = client.post(
        address(rest="/zeros"),
        json={"cells": "all", "stated_by": "填报人"},
        headers={"If-Match": stored["etag"]},
    )
    assert zeros.status_code == 200, zeros.text
    assert zeros.json()["stated_by"] == "填报人"
    assert zeros.json()["report"]["requests"]["processed"]["total"] == 0
    submitted = client.post(
        address(rest="/transitions"), json={"action": "submit"}, headers={"If-Match": zeros.headers["etag"]}
    )
    told = assert_problem(submitted, 422, "rules-broken")["errors"]
    assert [(error["rule"], error["needs"]) for error in told] == [("R16", "explanation")] * 2
    explained = client.post(
        address(rest="/explanations"),
        json={
            "items": [{"rule": e["rule"], "code": e["code"], "text": "本年没有开展，无可写明"} for e in told]
        },
        headers={"If-Match": zeros.headers["etag"]},
    )
    submitted = client.post(
        address(rest="/transitions"),
        json={"action": "submit"},
        headers={"If-Match": explained.headers["etag"]},
    )
    assert submitted.json()["status"] == "submitted"
    total = client.get(county).json()
    assert [each["code"] for each in total["coverage"]["included"]] == [TOWN]
    assert total["incomplete_cells"] == {}
    assert total["totals"]["requests"]["received"]["total"] == 0


def test_the_document_is_kept_byte_for_byte_with_its_digest_and_reading(client: TestClient) -> None:
    register_county(client)
    kept = store(client)
    source = client.get(address(rest="/source"))
    assert source.status_code == 200, source.text
    assert source.json()["reading"] == {name: kept[name] for name in source.json()["reading"]}
    original = client.get(address(rest="/source"), params={"format": "original"})
    assert original.content == DOCUMENT.read_bytes()
    assert "UTF-8''%E5%A4%A7" in original.headers["content-disposition"]


def test_a_report_that_was_typed_has_no_source(client: TestClient) -> None:
    register_county(client)
    file_report(client)
    assert_problem(client.get(address(rest="/source")), 404, "not-found")


def test_a_second_import_needs_to_know_what_it_replaces(client: TestClient) -> None:
    register_county(client)
    etag = store(client)["stored"]["etag"]
    problem = assert_problem(send(client, store="draft", agency=TOWN), 409, "duplicate")
    assert problem["existing"] == address()
    stale = send(client, store="draft", agency=TOWN, headers={"If-Match": '"0-0"'})
    assert_problem(stale, 412, "stale-version")
    again = send(client, store="draft", agency=TOWN, headers={"If-Match": etag})
    assert again.status_code == 200, again.text


def test_a_submitted_report_is_not_replaced_by_a_draft(client: TestClient) -> None:
    register_county(client)
    etag = file_report(client).headers["etag"]
    answer = send(client, store="draft", agency=TOWN, headers={"If-Match": etag})
    assert assert_problem(answer, 409, "wrong-state")["allowed"] == ["withdraw"]


def test_storing_asks_for_an_agency_that_is_known_and_the_title_s_own_year(client: TestClient) -> None:
    register_county(client)
    assert_problem(send(client, store="draft"), 422, "invalid-request")
    assert_problem(send(client, store="draft", agency="nobody"), 422, "invalid-request")
    wrong_year = assert_problem(send(client, store="draft", agency=TOWN, year=2022), 422, "invalid-request")
    assert "2021" in wrong_year["detail"]
    assert client.get(f"{API}/reports").json()["items"] == []


def test_a_document_whose_title_names_another_body_is_kept_with_a_doubt(client: TestClient) -> None:
    register_county(client, TOWN, "640323102")
    client.put(
        f"{API}/agencies/640323102",
        json=an_agency("640323102", name="盐池县惠安堡镇人民政府"),
        headers={"If-Match": client.get(f"{API}/agencies/640323102").headers["etag"]},
    )
    kept = send(client, store="draft", agency="640323102").json()
    (doubt,) = [finding for finding in kept["findings"] if finding["rule"] == "R32"]
    assert "盐池县大水坑镇" in doubt["message"]
    assert "盐池县惠安堡镇人民政府" in doubt["message"]
    source = client.get(address("640323102", rest="/source")).json()
    assert doubt in source["reading"]["findings"]


def test_a_document_that_is_no_report_is_refused(client: TestClient) -> None:
    assert_problem(send(client, b""), 422, "unreadable-document")
    assert_problem(send(client, bytes(range(256)) * 40), 422, "unreadable-document")
    assert (
        "report.pdf" in assert_problem(send(client, name="report.pdf"), 422, "unreadable-document")["detail"]
    )
    assert_problem(send(client, "今天天气很好。".encode()), 422, "unreadable-document")


def test_a_document_of_twenty_megabytes_is_refused_before_it_is_read(client: TestClient) -> None:
    assert_problem(send(client, "政府信息公开".encode() * 1_200_000), 413, "too-large")


def test_an_upload_that_is_not_a_form_is_refused(client: TestClient) -> None:
    assert_problem(client.post(f"{API}/imports", json={}), 415, "unsupported-media-type")
