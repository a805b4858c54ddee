"""Reading documents in, over HTTP: the whole way of a township's report into its county's total."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app.forms import form_of_year
from app.forms.annual_2019 import FORM as FORMER
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
from tests.builders import a_content, a_modest_report
from tests.documents.text_builders import a_text

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.forms.model import ReportForm

DOCUMENT = Path(__file__).parents[1] / "documents" / "data" / "township-2021.txt"
NAME = "大水坑镇2021年年报.txt"
FORMS_OF = {2020: FORMER, 2023: FORM}
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


def test_whoever_sends_a_file_of_another_kind_is_told_how_to_make_one_of_this(client: TestClient) -> None:
    detail = assert_problem(send(client, name="年报.docx"), 422, "unreadable-document")["detail"]
    for wanted in (".txt", "年报.docx", "Word", "纯文本", "制表符"):
        assert wanted in detail


def a_document(year: int, *, own: ReportForm | None = None, without_title: bool = False) -> bytes:
    """Write a sound report of a year, on its form or another one, which cites the notice of the year's."""
    needed = form_of_year(year) or FORM
    form = own or needed
    content = a_content(form, year=year, values=a_modest_report(form))
    cited = replace(content, preface=f"根据{needed.notice}编制。{content.preface}")
    return a_text(replace(cited, title=None) if without_title else cited, form)


def rules_of(answer: Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [f"{finding['rule']} {finding['code']}" for finding in answer.json()["findings"]]


@pytest.mark.parametrize(("year", "own"), [(2023, FORMER), (2020, FORM)])
def test_no_rule_contradicts_r02(client: TestClient, year: int, own: ReportForm) -> None:
    """The citation is judged by the form of the year; figures of another one's tables are not judged."""
    told = rules_of(send(client, a_document(year, own=own)))
    assert [each for each in told if each[:3] not in ("R02", "R36")] == []
    wrong = a_document(year, own=own).replace(FORMS_OF[year].notice.encode(), own.notice.encode())
    (cited,) = [each for each in send(client, wrong).json()["findings"] if each["rule"] == "R33"]
    assert f"{year} 年度的报告依据{FORMS_OF[year].notice}" in cited["message"]


def test_a_document_without_a_title_is_judged_as_of_the_year_that_is_said(client: TestClient) -> None:
    document = a_document(2024, without_title=True)
    told = send(client, document)
    assert rules_of(told) == ["R36 title", "R31 year"]
    assert "不知道是哪一年度的报告" in told.json()["findings"][1]["message"]
    direct = "R23 proceedings.litigation_direct.total"
    assert rules_of(send(client, document, year=2024)) == ["R36 title", direct, "R32 title"]
    wrong = rules_of(send(client, document, year=2022))
    assert "R31 period" in wrong
    former = rules_of(send(client, document, year=2020))
    assert [each for each in former if each.startswith("R02")] == ["R02 form.disclosure", "R02 form.requests"]


def test_of_tables_of_two_forms_in_a_year_that_nobody_says_nothing_is_judged(client: TestClient) -> None:
    """Nor do its figures count as read; with a year the prose is judged by that."""
    later, former = (a_document(year, without_title=True).decode() for year in (2024, 2020))
    start, end = former.index("第二十条第（一）项"), former.index("三、收到")
    body = later[: later.index("第二十条第（一）项")] + former[start:end] + later[later.index("三、收到") :]
    answer = send(client, body.encode())
    told = [each for each in rules_of(answer) if not each.startswith("R36")]
    assert told == ["R02 form.requests", "R31 year"]
    assert (answer.json()["form"], answer.json()["cells"]) == (None, {})
    dated = rules_of(send(client, body.encode(), year=2024))
    assert dated == ["R36 title", "R02 form.disclosure", "R32 title"]


def test_a_document_is_judged_beside_what_is_known_of_the_agency_that_is_said(client: TestClient) -> None:
    register_county(client)
    file_report(client, year=2023)
    document = a_document(2024)
    alone, beside = rules_of(send(client, document)), rules_of(send(client, document, agency=TOWN))
    assert [each for each in alone if each[:3] in ("R11", "R12", "R32")] == []
    assert {each[:3] for each in beside} >= {"R11", "R12", "R32"}
    assert_problem(send(client, document, agency="nobody"), 422, "invalid-request")
    untitled = a_document(2024, without_title=True)
    assert_problem(send(client, untitled, agency=TOWN), 422, "invalid-request")
    assert "R32 title" in rules_of(send(client, untitled, agency=TOWN, year=2024))


def test_a_year_that_the_title_contradicts_or_that_has_no_form_is_refused(client: TestClient) -> None:
    wrong = assert_problem(send(client, a_document(2024), year=2023), 422, "invalid-request")
    assert "文件标题写的是 2024 年，不是 2023 年" in wrong["detail"]
    none = assert_problem(
        send(client, a_document(2024, without_title=True), year=2018), 422, "invalid-request"
    )
    assert "没有 2018 年度的报告格式" in none["detail"]


def test_a_document_of_twenty_megabytes_is_refused_before_it_is_read(client: TestClient) -> None:
    assert_problem(send(client, "政府信息公开".encode() * 1_200_000), 413, "too-large")


def test_an_upload_that_is_not_a_form_is_refused(client: TestClient) -> None:
    assert_problem(client.post(f"{API}/imports", json={}), 415, "unsupported-media-type")
