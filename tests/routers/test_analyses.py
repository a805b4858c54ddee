"""What is written of a roll-up: its page, its Word document, and the draft of its body's own report."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest
from docx import Document

from app.domain.values import flatten
from app.forms import annual_2019
from app.forms.annual_2021 import FORM
from tests.api import API, COUNTY, TOWN, YEAR, address, assert_problem, file_report, register, register_county
from tests.builders import a_modest_report

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

OTHER = "640323102"
RECEIVED = "requests.received.total"


def written(client: TestClient, what: str = "report", year: int = YEAR, **query: str) -> Response:
    answer = client.get(f"{API}/rollups/{COUNTY}/{year}/{what}", params=query)
    assert answer.status_code == 200, answer.text
    return answer


def roll_up_of(client: TestClient, year: int = YEAR) -> dict[str, Any]:
    body: dict[str, Any] = client.get(f"{API}/rollups/{COUNTY}/{year}").json()
    return body


class Page(HTMLParser):
    """The tables of a page, and what would be wrong with one."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.open: list[str] = []
        self.unscoped = 0
        self.pictures: list[dict[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.open.append(tag)
        self.unscoped += tag == "th" and "scope" not in named
        if tag == "svg":
            self.pictures.append(named)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in {"td", "th"}:
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in {"td", "th"}:
            self.tables[-1][-1][-1] += data


def test_an_analysis_says_the_sums_and_who_is_not_in(client: TestClient) -> None:
    register_county(client, TOWN, OTHER)
    file_report(client)
    page = written(client).text
    total = roll_up_of(client)["totals"]["requests"]
    assert f"收到政府信息公开申请{total['received']['total']}件" in page
    assert f"办结{total['processed']['total']}件" in page
    assert "应报单位2个，其中已汇总1个，未上报0个，缺报1个，免报0个" in page
    rows = [row for table in Page(page).tables for row in table]
    assert [f"机关{OTHER}", "缺报", "没有报告"] in rows
    assert ["已汇总/应报单位（个）", "—", "—", "0/2", "0/2", "1/2"] in rows


def test_a_page_has_real_tables_and_charts_with_text_and_no_script(client: TestClient) -> None:
    register_county(client)
    file_report(client)
    answer = written(client)
    page = Page(answer.text)
    assert page.unscoped == 0
    assert len(page.pictures) == 7
    assert all(picture["role"] == "img" and picture["aria-labelledby"] for picture in page.pictures)
    assert answer.text.count("<desc") == len(page.pictures)
    assert "<script" not in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "style-src 'sha256-" in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_names_are_text_and_never_markup(client: TestClient) -> None:
    register(client, COUNTY, None, level="county", report_scope="aggregate", name="<b>甲</b>&县")
    register(client, TOWN, name="<script>alert(1)</script>镇")
    file_report(client)
    page = written(client).text
    assert "<script" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;镇" in page


def test_the_three_tables_hold_every_sum(client: TestClient) -> None:
    register_county(client, TOWN, OTHER)
    file_report(client)
    file_report(client, OTHER)
    tables = Page(written(client).text).tables[-3:]
    found = [cell for table in tables for row in table for cell in row if re.fullmatch(r"[0-9.]+", cell)]
    sums = flatten(FORM, roll_up_of(client)["totals"])
    assert len(found) == len(FORM.cells)
    assert [number for number in found if "." not in number] == [
        str(value) for code, value in sums.items() if FORM.cells[code].measure.is_count
    ]


def test_with_nobody_in_every_number_is_missing_and_none_is_0(client: TestClient) -> None:
    register_county(client)
    page = written(client).text
    assert "收到政府信息公开申请—（缺）" in page
    tables = Page(page).tables[-3:]
    cells = [cell for table in tables for row in table for cell in row]
    assert cells.count("—（缺）") == len(FORM.cells)
    assert "还没有单位的报告可以计入" in page
    assert "申请0件" not in page


def test_earlier_years_stand_beside_this_one_with_a_mark_where_the_form_changed(client: TestClient) -> None:
    register_county(client)
    file_report(client, year=2020, values=a_modest_report(annual_2019.FORM), form=annual_2019.FORM)
    file_report(client, year=2021, values=a_modest_report())
    page = written(client).text
    assert "① 2021 年起：报告改用国办公开办函〔2021〕30号的格式" in page
    (row,) = [row for table in Page(page).tables for row in table if row[0] == "收到申请（件）"]
    sums = [roll_up_of(client, year)["totals"]["requests"]["received"]["total"] for year in (2020, 2021)]
    assert row[1:] == ["—（缺）", "—（缺）", "—（缺）", *map(str, sums)]
    assert f"上年{sums[0]}件" in page


def test_text_and_trend_say_the_same_where_something_was_adjusted(client: TestClient) -> None:
    register_county(client)
    cells = "requests.received.natural_person", "requests.granted.natural_person"
    for year, amount in ((2022, 2), (2023, 3)):
        file_report(client, year=year, values=a_modest_report())
        lines = [{"cell": cell, "amount": amount} for cell in cells]
        body = {"lines": lines, "reason": "公布后发现漏记，已由镇里书面说明"}
        made = client.post(f"{API}/rollups/{COUNTY}/{year}/adjustments", json=body)
        assert made.status_code == 201, made.text
    page = written(client, year=2023).text
    (row,) = [row for table in Page(page).tables for row in table if row[0] == "收到申请（件）"]
    plain = roll_up_of(client, 2023)["totals"]["requests"]["received"]["total"]
    assert row[1:] == ["—（缺）", "—（缺）", "—（缺）", str(plain + 2), str(plain + 3)]
    assert f"收到政府信息公开申请{plain + 3}件（上年{plain + 2}件" in page
    assert "各年的数已含调整：2022年1项、2023年1项。" in page
    assert "各单位情况里的数不含" in page


def test_an_unchanged_analysis_is_not_sent_again(client: TestClient) -> None:
    register_county(client, TOWN, OTHER)
    file_report(client)
    first = written(client)
    where = f"{API}/rollups/{COUNTY}/{YEAR}/report"
    same = client.get(where, headers={"If-None-Match": first.headers["etag"]})
    assert same.status_code == 304
    file_report(client, OTHER)
    changed = client.get(where, headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200


def test_an_analysis_as_a_word_document_has_the_same_tables_and_charts_of_words(client: TestClient) -> None:
    register_county(client, TOWN, OTHER)
    file_report(client)
    answer = written(client, format="docx")
    assert answer.headers["content-disposition"].endswith(".docx")
    paper = Document(BytesIO(answer.content))
    page = Page(written(client).text)
    assert len(paper.tables) == len(page.tables)
    assert [cell.text for cell in paper.tables[0].rows[1].cells] == page.tables[0][1]
    charts = [name for name in ZipFile(BytesIO(answer.content)).namelist() if "/charts/chart" in name]
    assert len([name for name in charts if name.endswith(".xml")]) == len(page.pictures)
    described = paper.element.body.findall(
        ".//{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
    )
    assert all(drawn.get("descr") for drawn in described)


def test_a_draft_can_be_sent_as_it_is_and_can_not_be_submitted_yet(client: TestClient) -> None:
    register_county(client, TOWN, OTHER)
    file_report(client)
    file_report(client, OTHER)
    draft = written(client, "draft").json()
    assert flatten(FORM, draft) == flatten(FORM, roll_up_of(client)["totals"])
    refused = client.put(address(COUNTY), json=draft)
    problem = assert_problem(refused, 422, "rules-broken")
    broken = {(fault.get("rule"), fault["pointer"]) for fault in problem["errors"]}
    assert ("R01", "/narratives/problems") in broken
    assert ("R01", "/narratives/other_matters") in broken
    stored = client.put(address(COUNTY), params={"draft": True}, json=draft)
    assert stored.status_code == 201, stored.text
    rules = {finding["rule"] for finding in stored.json()["findings"]}
    assert {"R01", "R15", "R16", "R30"} <= rules
    assert not rules & {"R04", "R07", "R08", "R09", "R10", "R26", "R31", "R32", "R33"}


def test_a_draft_of_nothing_says_that_the_figures_are_missing(client: TestClient) -> None:
    register_county(client)
    draft = written(client, "draft").json()
    assert set(flatten(FORM, draft).values()) == {None}
    assert "收到政府信息公开申请【待核实】" in draft["narratives"]["overview"]
    stored = client.put(address(COUNTY), params={"draft": True}, json=draft).json()
    (open_places,) = [one for one in stored["findings"] if one["code"] == "placeholder.overview"]
    assert "待核实" in open_places["message"]


@pytest.mark.parametrize("shape", ["html", "docx"])
def test_a_draft_can_be_read_as_a_page_and_as_a_word_document(client: TestClient, shape: str) -> None:
    register_county(client)
    file_report(client)
    answer = written(client, "draft/export", format=shape)
    if shape == "html":
        text = answer.text
    else:
        text = "\n".join(line.text for line in Document(BytesIO(answer.content)).paragraphs)
    assert "代拟稿" in text
    assert [section.heading for section in FORM.sections if section.heading not in text] == []
    assert "【待填写：由撰写人据实写，系统不代写】" in text


def test_a_body_that_adds_up_no_others_has_no_draft(client: TestClient) -> None:
    register_county(client)
    problem = assert_problem(client.get(f"{API}/rollups/{TOWN}/{YEAR}/draft"), 422, "invalid-request")
    assert problem["errors"][0]["code"] == "not-aggregate"
    assert_problem(client.get(f"{API}/rollups/{TOWN}/{YEAR}/draft/export"), 422, "invalid-request")


@pytest.mark.parametrize("what", ["report", "draft", "draft/export"])
def test_nothing_is_written_of_a_body_that_is_not_there(client: TestClient, what: str) -> None:
    assert_problem(client.get(f"{API}/rollups/1/{YEAR}/{what}"), 404, "not-found")


def test_a_signed_address_opens_the_page(client: TestClient) -> None:
    register_county(client)
    where = f"{API}/rollups/{COUNTY}/{YEAR}/report"
    link = client.post(f"{API}/links", json={"path": where}).json()["href"]
    assert client.get(link, headers={"Authorization": ""}).text.startswith("<!DOCTYPE html>")
