"""The county's own report held against the sum of its units, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.domain.totals import complete
from app.forms.annual_2021 import FORM
from tests.api import (
    API,
    COUNTY,
    TITLE,
    TOWN,
    YEAR,
    accept_report,
    address,
    assert_problem,
    based_on,
    file_report,
    register,
)
from tests.builders import a_modest_report, a_sound_report

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from app.domain.values import Values

OTHER, THIRD, GOVERNMENT = "640323102", "640323103", "640323-gov"
RECEIVED = "requests.received.natural_person"
DECISIONS = "disclosure.licensing.decisions"
BIG = a_sound_report(**{DECISIONS: 700, "disclosure.fees.amount": 43_788_000})
SMALL = a_sound_report(**{DECISIONS: 41})


def added(*reports: Values, **more: int) -> dict[str, int | None]:
    """Return the sum of some reports, with more in cells that have no part in a balance."""
    sums = {code: sum(report[code] or 0 for report in reports) for code in FORM.cells}
    return complete(FORM, {code: sums[code] + more.get(code, 0) for code in FORM.cells})


def report(client: TestClient, agency: str, values: Values, *, draft: bool = False) -> None:
    file_report(client, agency, values=values, draft=draft, title=TITLE.format(agency=agency, year=YEAR))


def reconcile(client: TestClient, agency: str = COUNTY, **query: str) -> dict[str, Any]:
    answer = client.get(f"{API}/rollups/{agency}/{YEAR}/reconciliation", params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def cell(body: dict[str, Any], code: str = DECISIONS) -> dict[str, Any]:
    (found,) = [each for each in body["cells"] if each["cell"] == code]
    return dict(found)


@pytest.fixture
def county(client: TestClient) -> TestClient:
    """Return a service with a county of two towns that have reported."""
    register(client, COUNTY, None, report_scope="aggregate")
    for town in (TOWN, OTHER):
        register(client, town)
    report(client, TOWN, BIG)
    report(client, OTHER, SMALL)
    return client


def test_a_report_that_is_the_sum_differs_nowhere(county: TestClient) -> None:
    report(county, COUNTY, added(BIG, SMALL))
    found = reconcile(county)
    assert found["counts"] == {
        "different": 0,
        "not_reported": 0,
        "not_rolled_up": 0,
        "both_missing": 0,
        "equal": 200,
    }
    assert found["report"] == {"agency": COUNTY, "name": f"机关{COUNTY}", "status": "submitted", "version": 1}
    assert cell(found)["message"] == "表二“行政许可”行“本年处理决定数量”列：汇总、上报都是 741"


def test_a_town_that_was_left_out_is_found_in_every_cell_and_told_at_the_top(county: TestClient) -> None:
    report(county, COUNTY, BIG)
    found = reconcile(county)
    assert found["counts"]["different"] == len([code for code in FORM.cells if SMALL[code]])
    assert found["suspects"][0]["guess"]["units"] == [{"code": OTHER, "name": f"机关{OTHER}"}]
    assert found["suspects"][0]["cells"] == found["counts"]["different"]
    assert "正好缺“机关640323102”的数，可能整份漏加" in found["suspects"][0]["message"]
    licensing = cell(found)
    assert (licensing["rolled_up"], licensing["reported"], licensing["difference"]) == (741, 700, -41)
    label = "表二“行政许可”行“本年处理决定数量”列"
    assert licensing["message"].startswith(
        f"{label}：汇总 741，上报 700，少 41；与“机关640323102”的 41 相同，可能漏加"
    )
    assert [each["state"] for each in found["cells"]] == sorted(
        (each["state"] for each in found["cells"]), key=["different", "equal"].index
    )
    assert cell(found, "disclosure.fees.amount")["difference"] == "-10.00001"


def test_a_draft_that_is_not_in_the_sum_is_named(county: TestClient) -> None:
    register(county, THIRD)
    report(county, THIRD, {**BIG, DECISIONS: 913}, draft=True)
    report(county, COUNTY, added(BIG, SMALL, BIG, **{DECISIONS: 213}))
    licensing = cell(reconcile(county))
    assert licensing["difference"] == 913
    assert licensing["guesses"][0]["cause"] == "missing_unit"
    assert licensing["guesses"][0]["message"] == (
        "与没有计入汇总的“机关640323103”的 913（草稿）相同，上报数可能计入了它"
    )


def test_last_year_s_figures_stand_for_a_unit_that_has_reported_nothing(county: TestClient) -> None:
    register(county, THIRD)
    title = TITLE.format(agency=THIRD, year=YEAR)
    file_report(county, THIRD, values={**BIG, DECISIONS: 913}, title=title)
    for agency in (TOWN, COUNTY):
        values = BIG if agency == TOWN else added(BIG, **{DECISIONS: 913})
        file_report(county, agency, YEAR + 1, values=values, draft=agency == COUNTY)
    found = county.get(f"{API}/rollups/{COUNTY}/{YEAR + 1}/reconciliation").json()
    (guess,) = [each for each in cell(found)["guesses"] if each["cause"] == "missing_unit"]
    assert (
        guess["message"] == f"与没有计入汇总的“机关{THIRD}”的 913（{YEAR} 年度的数）相同，草稿数可能计入了它"
    )


def test_the_office_that_was_counted_twice_is_told_from_other_units(county: TestClient) -> None:
    office = "640323-office"
    register(county, office, kind="office")
    own = a_modest_report(**{DECISIONS: 5077})
    report(county, office, own)
    report(county, COUNTY, added(BIG, SMALL, own, own))
    assert cell(reconcile(county))["guesses"][0]["cause"] == "office_counted_twice"


def test_an_adjustment_that_the_report_lacks_is_named(county: TestClient) -> None:
    report(county, COUNTY, added(BIG, SMALL))
    lines = [{"cell": DECISIONS, "amount": 13}]
    body = {"lines": lines, "reason": "公布后发现漏记，已由镇里书面说明"}
    made = county.post(f"{API}/rollups/{COUNTY}/{YEAR}/adjustments", json=body)
    assert made.status_code == 201
    licensing = cell(reconcile(county))
    assert (licensing["rolled_up"], licensing["difference"]) == (754, -13)
    assert licensing["guesses"][0]["adjustment"] == made.json()["id"]


def test_a_draft_s_empty_cells_are_missing_and_not_0(county: TestClient) -> None:
    report(county, COUNTY, {**added(BIG, SMALL), DECISIONS: None}, draft=True)
    found = reconcile(county)
    assert found["report"]["status"] == "draft"
    assert (found["counts"]["not_reported"], found["counts"]["equal"]) == (1, 199)
    assert found["cells"][0]["message"].endswith("汇总 741，草稿的报告没有填")


def test_while_it_is_corrected_the_published_report_is_held_against_the_sum(county: TestClient) -> None:
    report(county, COUNTY, added(BIG, SMALL))
    accept_report(county, COUNTY)
    for action in ("publish", "revise"):
        known = based_on(county.get(address(COUNTY)))
        body = {"action": action, "reason": "更正"}
        assert county.post(address(COUNTY, rest="/transitions"), json=body, headers=known).status_code == 200
    change = {"disclosure": {"licensing": {"decisions": 1}}}
    known = based_on(county.get(address(COUNTY)))
    assert county.patch(address(COUNTY), json=change, headers=known).status_code == 200
    found = reconcile(county)
    assert (found["report"]["status"], found["report"]["version"]) == ("published", 1)
    assert found["counts"]["equal"] == 200
    assert "公布都是" in cell(found)["message"]


# Which report


def test_a_body_right_below_reports_for_a_county_that_has_no_report_itself(client: TestClient) -> None:
    register(client, COUNTY, None, in_rollup=False)
    for code, members in ((TOWN, {}), (GOVERNMENT, {"report_scope": "aggregate"})):
        register(client, code, COUNTY, **members)
        report(client, code, BIG)
    found = reconcile(client)
    assert (found["report"]["agency"], found["counts"]["equal"]) == (GOVERNMENT, 200)


def test_a_county_below_does_not_report_for_its_prefecture(client: TestClient) -> None:
    register(client, "6403", None, in_rollup=False)
    register(client, COUNTY, "6403", report_scope="aggregate")
    register(client, TOWN)
    report(client, TOWN, BIG)
    report(client, COUNTY, BIG)
    answer = client.get(f"{API}/rollups/6403/{YEAR}/reconciliation")
    assert "report=" in assert_problem(answer, 404, "not-found")["detail"]
    assert reconcile(client, "6403", report=COUNTY)["counts"]["equal"] == 200


def test_of_several_bodies_one_must_be_named(client: TestClient) -> None:
    register(client, COUNTY, None, in_rollup=False)
    register(client, TOWN)
    report(client, TOWN, BIG)
    for code in (GOVERNMENT, "640323-other"):
        register(client, code, COUNTY, report_scope="aggregate")
    answer = client.get(f"{API}/rollups/{COUNTY}/{YEAR}/reconciliation")
    (error,) = assert_problem(answer, 422, "invalid-request")["errors"]
    assert (error["parameter"], error["code"]) == ("report", "several-reports")
    assert GOVERNMENT in error["message"]


def test_without_a_report_there_is_nothing_to_reconcile(county: TestClient) -> None:
    answer = county.get(f"{API}/rollups/{COUNTY}/{YEAR}/reconciliation")
    assert_problem(answer, 404, "not-found")
