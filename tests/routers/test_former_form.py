"""Reports of 2019 and 2020 over HTTP: on the form of those years, and on no other."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from jsonschema_rs import validator_for
from openpyxl import load_workbook

from app.domain.roll_up import roll_up
from app.domain.values import nest
from app.forms import annual_2021
from app.forms.annual_2019 import FORM
from app.forms.layout import addresses_of
from tests.api import (
    API,
    COUNTY,
    TOWN,
    a_report,
    address,
    assert_problem,
    based_on,
    cells_of,
    faults,
    file_report,
    register,
    register_county,
    reports_stored,
    shown,
)
from tests.builders import a_content, a_modest_report, a_sound_report
from tests.documents.text_builders import AGENCY, a_text

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.forms.model import ReportForm

OTHER_TOWN = "640323102"
YEAR = 2020
BEFORE, CHANGE = "disclosure.licensing.items_before", "disclosure.licensing.items_change"
MERGE = {"Content-Type": "application/merge-patch+json"}


def test_a_report_of_its_years_is_stored_and_given_out_on_it(client: TestClient) -> None:
    register_county(client)
    for year, before in ((2019, 7), (2020, 4)):
        values = a_sound_report(FORM, **{BEFORE: before, CHANGE: -3})
        filed = file_report(client, year=year, form=FORM, values=values)
        assert (filed.json()["form"], filed.json()["status"], filed.json()["findings"]) == (
            "2019",
            "submitted",
            [],
        )
        read = client.get(address(year=year))
        assert read.json() == filed.json()
        assert cells_of(read, FORM) == shown(values, FORM)
        assert read.json()["disclosure"]["licensing"]["items_change"] < 0
        assert read.json()["disclosure"]["procurement"]["spent"] == "22.22"
    assert [(each["year"], each["form"]) for each in reports_stored(client)] == [
        (2019, "2019"),
        (2020, "2019"),
    ]


def test_totals_that_are_left_out_are_worked_out_on_it(client: TestClient) -> None:
    register_county(client)
    whole = a_report(form=FORM, agency=TOWN, year=YEAR)
    typed = {code: value for code, value in a_sound_report(FORM).items() if code not in FORM.totals}
    body = nest(FORM, typed)
    for table in body.values():
        for row in table.values():
            for column in [column for column, value in row.items() if value is None]:
                del row[column]
    created = client.post(f"{API}/reports", json={**whole, **body})
    assert created.status_code == 201, created.text
    assert cells_of(created, FORM) == shown(a_sound_report(FORM), FORM)


def test_a_draft_is_patched_and_its_zeros_stated(client: TestClient) -> None:
    register_county(client)
    draft = file_report(client, year=YEAR, form=FORM, draft=True, values={CHANGE: -3})
    patch = {"disclosure": {"licensing": {"items_change": -4}, "procurement": {"spent": 12.5}}}
    patched = client.patch(address(year=YEAR), json=patch, headers={**MERGE, **based_on(draft)})
    assert patched.json()["disclosure"]["procurement"] == {"projects": None, "spent": "12.5"}
    stated = client.post(address(year=YEAR, rest="/zeros"), json={"cells": "all"}, headers=based_on(patched))
    assert stated.status_code == 200, stated.text
    report = stated.json()["report"]
    assert report["form"] == "2019"
    assert report["disclosure"]["licensing"] == {"items_before": 0, "items_change": -4, "decided": 0}
    assert report["findings"] == []


def test_its_tables_and_rows_are_read_and_written_on_their_own(client: TestClient) -> None:
    register_county(client)
    draft = file_report(client, year=YEAR, form=FORM, draft=True)
    row = address(year=YEAR, rest="/tables/disclosure/rows/licensing")
    assert set(client.get(row).json()) == {"items_before", "items_change", "decided"}
    kept = client.put(
        row, json={"items_before": 3, "items_change": -1, "decided": 2}, headers=based_on(draft)
    )
    assert kept.status_code == 200, kept.text
    assert client.get(row).json() == {"items_before": 3, "items_change": -1, "decided": 2}
    closed = address(year=YEAR, rest="/tables/requests/rows/closed")
    changed = client.patch(closed, json={"business": 0}, headers={**MERGE, **based_on(kept)})
    assert changed.status_code == 200, changed.text
    assert client.get(closed).json()["business"] == 0
    table = client.get(address(year=YEAR, rest="/tables/requests")).json()
    assert list(table) == [each.code for each in FORM.tables[1].rows()]


def test_what_its_cells_may_hold_is_said(client: TestClient) -> None:
    register_county(client)
    values = a_sound_report(FORM)
    body = a_report(values, form=FORM)
    body["disclosure"]["licensing"]["items_change"] = -(10**12)
    body["disclosure"]["licensing"]["items_before"] = -1
    body["disclosure"]["procurement"]["spent"] = "1.005"
    told = faults(assert_problem(client.put(address(year=YEAR), json=body), 422, "invalid-request"))
    assert told == {
        "/disclosure/licensing/items_change": (
            "表二“行政许可”行“本年增/减”列：应大于或等于 -999999999999，现为 -1000000000000"
        ),
        "/disclosure/licensing/items_before": "表二“行政许可”行“上一年项目数量”列：应大于或等于 0，现为 -1",
        "/disclosure/procurement/spent": (
            '表二“政府集中采购”行“采购总金额”列：应是以元为单位、不小于 0、最多 2 位小数的数，例如 "43.78"'
        ),
    }


@pytest.mark.parametrize(
    ("year", "sent", "needed"), [(2020, annual_2021.FORM, FORM), (2021, FORM, annual_2021.FORM)]
)
def test_the_tables_of_the_other_form_are_told_as_such(
    client: TestClient, year: int, sent: ReportForm, needed: ReportForm
) -> None:
    register_county(client)
    body = a_report(form=sent)
    keyed = {**body, "agency": TOWN, "year": year}
    answers = [
        client.put(address(year=year), json=body),
        client.post(f"{API}/reports", json=keyed),
        client.post(f"{API}/validations", json=keyed),
    ]
    for answer in answers:
        problem = assert_problem(answer, 422, "invalid-request")
        assert f"处是{sent.full_name}的栏目；{year} 年度的报告要用{needed.full_name}" in problem["detail"]
        strange = [error for error in problem["errors"] if error["code"] == "other-form"]
        assert len(strange) == len(problem["errors"])
        assert all(sent.name in error["message"] for error in strange)
    assert reports_stored(client) == []


def test_each_strange_member_is_named(client: TestClient) -> None:
    register_county(client)
    body = {
        "disclosure": {"regulations": {"issued": 1, "mad": 2}},
        "requests": {"closed_other": {"total": 1}},
    }
    told = faults(assert_problem(client.put(address(year=YEAR), json=body), 422, "invalid-request"))
    name = annual_2021.FORM.name
    assert told == {
        "/disclosure/regulations/issued": f"表二“规章”行“本年制发件数”列是{name}的，这一年度的表格里没有",
        "/disclosure/regulations/mad": "规章：没有“mad”这一项；是不是“made”？",
        "/requests/closed_other": f"表三“（六）其他处理之其他”行是{name}的，这一年度的表格里没有",
    }


def test_a_body_without_a_year_is_held_to_the_form_in_force(client: TestClient) -> None:
    body = a_report(form=FORM)
    problem = assert_problem(client.post(f"{API}/validations", json=body), 422, "invalid-request")
    assert "没有写明年度" in problem["detail"]


def test_parts_of_the_other_form_are_told_as_such(client: TestClient) -> None:
    register_county(client)
    draft = file_report(client, year=YEAR, form=FORM, draft=True)
    row = address(year=YEAR, rest="/tables/disclosure/rows/licensing")
    problem = assert_problem(
        client.put(row, json={"decisions": 1}, headers=based_on(draft)), 422, "invalid-request"
    )
    assert "2020 年度的报告要用国办公开办函〔2019〕60号" in problem["detail"]
    assert list(faults(problem)) == ["/decisions"]
    table = address(year=YEAR, rest="/tables/requests")
    problem = assert_problem(
        client.put(table, json={"closed_other": {"total": 1}}, headers=based_on(draft)),
        422,
        "invalid-request",
    )
    assert list(faults(problem)) == ["/closed_other"]
    missing = assert_problem(
        client.get(address(year=YEAR, rest="/tables/requests/rows/closed_other")), 404, "not-found"
    )
    assert "那是国办公开办函〔2021〕30号" in missing["detail"]


def test_a_report_is_judged_on_it_without_being_stored(client: TestClient) -> None:
    values = a_sound_report(FORM) | {"requests.closed.business": 0}
    body = a_report(values, form=FORM, year=YEAR)
    judged = client.post(f"{API}/validations", json=body).json()
    broken = {each["code"] for each in judged["items"] if each["outcome"] == "broken"}
    assert broken == {"requests.outcomes.business", "requests.applicants.closed"}
    assert judged["can_submit"] is False


def test_a_batch_holds_each_report_to_the_form_of_its_year(client: TestClient) -> None:
    register_county(client)
    batch = [
        a_report(form=FORM, agency=TOWN, year=2019),
        a_report(form=annual_2021.FORM, agency=TOWN, year=2021),
        a_report(form=annual_2021.FORM, agency=TOWN, year=2020),
    ]
    answer = client.post(f"{API}/reports/batch", params={"atomic": False}, json=batch)
    assert [item["status"] for item in answer.json()["items"]] == [201, 201, 422]
    problem = answer.json()["items"][2]["problem"]
    assert "2020 年度的报告要用" in problem["detail"]


def test_its_reports_roll_up_on_it_and_have_a_workbook(client: TestClient) -> None:
    register_county(client, TOWN, OTHER_TOWN)
    one = a_sound_report(FORM)
    other = a_sound_report(FORM, received=900, **{CHANGE: 7, "disclosure.procurement.spent": 10})
    file_report(client, TOWN, YEAR, form=FORM, values=one)
    file_report(client, OTHER_TOWN, YEAR, form=FORM, values=other)
    rolled = client.get(f"{API}/rollups/{COUNTY}/{YEAR}").json()
    expected = roll_up(FORM, [one, other])
    assert rolled["form"] == "2019"
    assert rolled["totals"] == nest(FORM, expected.totals)
    assert rolled["counts"]["included"] == 2
    assert {rule["outcome"] for rule in rolled["rules"]} == {"kept"}
    assert len(rolled["rules"]) == 40
    book = client.get(f"{API}/rollups/{COUNTY}/{YEAR}/export")
    assert load_workbook(BytesIO(book.content)).sheetnames[:1] == ["汇总"]
    sheet = load_workbook(BytesIO(client.get(address(year=YEAR, rest="/export")).content))
    place, cell = addresses_of(FORM)[CHANGE].split("!")
    assert sheet[place][cell].value == one[CHANGE]


@pytest.mark.parametrize("form", [FORM, annual_2021.FORM])
def test_years_before_it_have_no_form_and_every_door_says_so(client: TestClient, form: ReportForm) -> None:
    register_county(client)
    place, draft = address(year=2018), {"draft": True}
    sent = {name: value for name, value in a_report(form=form).items() if name not in ("agency", "year")}
    tables = {table.code: sent[table.code] for table in form.tables}
    whole = sent | {"agency": TOWN, "year": 2018}
    batch = client.post(f"{API}/reports/batch", params={"atomic": False}, json=[whole])
    assert "没有 2018 年度的报告格式" in batch.json()["items"][0]["problem"]["detail"]
    answers = [
        client.put(place, params=draft, json=sent),
        client.post(f"{API}/reports", json=whole),
        client.post(f"{API}/validations", json=whole),
        client.post(f"{API}/validations", json={key: whole[key] for key in whole if key != "agency"}),
        send_document(client, form, store="draft"),
    ]
    for answer in answers:
        assert "没有 2018 年度的报告格式" in assert_problem(answer, 422, "invalid-request")["detail"]
    read = send_document(client, form).json()["findings"]
    assert [finding["message"][:15] for finding in read if finding["rule"] == "R02"] == [
        "没有 2018 年度的报告格式"
    ]
    changed = client.patch(place, json=tables, headers=MERGE)
    if form is FORM:
        assert "没有 2018 年度的报告格式" in assert_problem(changed, 422, "invalid-request")["detail"]
    assert_problem(client.get(place), 404, "not-found")


def send_document(client: TestClient, form: ReportForm, **params: str) -> Response:
    files = {"file": ("年报.txt", a_text(a_content(form, year=2018), form))}
    return client.post(f"{API}/imports", params={"agency": TOWN, **params} if params else {}, files=files)


def test_its_rules_cite_its_own_notice(client: TestClient) -> None:
    rules = {rule["id"]: rule for rule in client.get(f"{API}/rules", params={"year": YEAR}).json()["items"]}
    assert rules["R07"]["source"] == "国办公开办函〔2019〕60号，表三"
    assert (rules["R07"]["first_year"], rules["R07"]["last_year"]) == (2019, 2020)
    assert rules["R06"]["title"] == "采购总金额以元为单位，大于等于 0，最多 2 位小数"
    assert {rule: len(each["balances"]) for rule, each in rules.items() if each["balances"]} == {
        "R07": 7,
        "R08": 7,
        "R09": 23,
        "R10": 3,
    }


def test_its_json_schema_takes_its_reports_and_not_the_later_form_s(client: TestClient) -> None:
    schema = client.get(f"{API}/forms/2019/schema").json()
    takes = validator_for(schema).is_valid
    assert takes(a_report(form=FORM))
    assert not takes(a_report(form=annual_2021.FORM))


def test_a_document_on_it_becomes_a_draft_of_its_years_and_of_no_later_one(client: TestClient) -> None:
    register(client, COUNTY, None, level="county")
    register(client, TOWN, name=AGENCY)
    values = a_modest_report(FORM, **{"disclosure.procurement.spent": 2222})

    def send(year: int, **params: str) -> Response:
        content = a_content(FORM, year=year, values=values)
        files = {"file": ("年报.txt", a_text(content, FORM))}
        return client.post(f"{API}/imports", params={"agency": TOWN, **params}, files=files)

    kept = send(2020, store="draft")
    assert kept.status_code == 200, kept.text
    assert (kept.json()["form"], kept.json()["stored"]["year"], kept.json()["findings"]) == ("2019", 2020, [])
    assert kept.json()["disclosure"]["procurement"]["spent"] == "22.22"
    assert cells_of(client.get(address(year=2020)), FORM) == shown(values, FORM)
    source = client.get(address(year=2020, rest="/source")).json()
    assert source["reading"]["disclosure"] == kept.json()["disclosure"]

    read = send(2022).json()
    assert (read["form"], read["year"]) == ("2019", 2022)
    told = [(each["rule"], each["code"]) for each in read["findings"]]
    assert told == [("R02", "form.disclosure"), ("R02", "form.requests")]
    refused = assert_problem(send(2022, store="draft"), 422, "invalid-request")
    assert "文件里的表二、表三不是 2022 年度的报告格式，不能存成草稿" in refused["detail"]
    assert "请换用 2021 年起的表格（国办公开办函〔2021〕30号" in refused["detail"]
    assert [error["code"] for error in refused["errors"]] == ["other-form"] * 2
    assert "“（六）其他处理”只有一行" in refused["errors"][1]["message"]
