from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app.domain.agencies import AgencyLevel, ReportScope
from app.domain.judging import judge_balances
from app.domain.lifecycle import Basis, Status
from app.domain.results import Outcome
from app.domain.roll_up import roll_up
from app.domain.values import nest
from app.forms.annual_2021 import FORM
from tests.api import (
    API,
    COUNTY,
    TOWN,
    a_report,
    address,
    an_agency,
    assert_problem,
    file_report,
    register,
    register_county,
)
from tests.builders import (
    a_balanced_report,
    a_modest_report,
    a_sound_report,
    balanced,
    balanced_values,
    typed_cells,
)
from tests.services.trees import (
    YEAR,
    Unit,
    clear,
    database_of,
    forests,
    plant,
    plant_many,
    standing_under,
)

if TYPE_CHECKING:
    from app.domain.values import Values
    from app.storage.engine import Database


def roll_up_of(client: TestClient, code: str, year: int = YEAR, **query: str) -> dict[str, Any]:
    """Return the roll-up of an agency, which must be there."""
    answer = client.get(f"{API}/rollups/{code}/{year}", params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def codes(members: list[dict[str, str]]) -> list[str]:
    return [member["code"] for member in members]


# What the whole must be, whatever the tree


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(units=forests(), basis=st.sampled_from(Basis), group=st.sampled_from(["kind", "level"]))
def test_a_roll_up_is_the_brute_force_sum_on_both_databases(
    both: list[TestClient], units: list[Unit], basis: Basis, group: str
) -> None:
    for client in both:
        clear(database_of(client))
        plant(database_of(client), units)
    for top in units:
        under = standing_under(units, top.code)
        if not under:
            continue
        answers = [roll_up_of(client, top.code, basis=basis, group=group) for client in both]
        for answer in answers:
            expect_roll_up(answer, under, basis, group)
            del answer["as_of"]
        assert answers[0] == answers[1]
        assert [list(answer["parts"]) for answer in answers] == [sorted(answers[0]["parts"])] * 2


def expect_roll_up(answer: dict[str, Any], under: list[Unit], basis: Basis, group: str) -> None:
    """Hold a roll-up to what plain Python makes of the same units."""
    included = [unit for unit in under if unit.is_expected and unit.status in basis.statuses]
    expected = roll_up(FORM, [unit.values for unit in included])
    assert answer["totals"] == nest(FORM, expected.totals)
    assert answer["incomplete_cells"] == expected.incomplete
    expect_coverage(answer, under, included)
    expect_parts(answer, included, group)
    outcomes = [result["outcome"] for result in answer["rules"]]
    assert outcomes == [result.outcome for result in judge_balances(FORM, expected.totals)]
    assert [source["agency"] for source in answer["sources"]] == [unit.code for unit in included]


def expect_coverage(answer: dict[str, Any], under: list[Unit], included: list[Unit]) -> None:
    expected = [unit for unit in under if unit.is_expected]
    missing = [unit for unit in expected if unit.status is None]
    lists = {
        "expected": expected,
        "included": included,
        "draft": [unit for unit in expected if unit not in included and unit not in missing],
        "missing": missing,
        "excused": [],
        "unallocated": [],
        "excluded": [unit for unit in under if not unit.is_expected],
    }
    coverage = answer["coverage"]
    assert coverage.pop("truncated") is False
    assert {name: codes(members) for name, members in coverage.items()} == {
        name: [unit.code for unit in members] for name, members in lists.items()
    }
    assert answer["counts"] == {name: len(members) for name, members in lists.items()}
    parts = [coverage[name] for name in ("included", "draft", "missing", "excused", "unallocated")]
    assert sorted(codes(coverage["expected"])) == sorted(code for part in parts for code in codes(part))
    for member in coverage["expected"] + coverage["excluded"]:
        assert bool(member["reason"]) == (member not in coverage["included"])


def expect_parts(answer: dict[str, Any], included: list[Unit], group: str) -> None:
    names = {str(getattr(unit, group)) for unit in included}
    parts = {name: [unit.values for unit in included if getattr(unit, group) == name] for name in names}
    assert answer["parts"] == {
        name: {"included": len(members), "totals": nest(FORM, roll_up(FORM, members).totals)}
        for name, members in parts.items()
    }
    again = roll_up(FORM, [roll_up(FORM, members).totals for members in parts.values()])
    assert nest(FORM, again.totals) == answer["totals"]


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(reports=st.lists(balanced_values(), min_size=1, max_size=4))
def test_complete_reports_roll_up_to_a_total_that_keeps_every_balance(
    both: list[TestClient], reports: list[Values]
) -> None:
    for client in both:
        clear(database_of(client))
        plant(database_of(client), a_county(*reports))
        rules = roll_up_of(client, "64")["rules"]
        assert len(rules) == len(FORM.balances) == 42
        assert {rule["outcome"] for rule in rules} == {Outcome.KEPT}


def a_county(*reports: Values) -> list[Unit]:
    """Return a county that owes no report of its own, and a township for each of these reports."""
    county = Unit("64", None, AgencyLevel.COUNTY, scope=ReportScope.AGGREGATE, status=None)
    return [county, *(Unit(f"64-{n:04}", "64", values=values) for n, values in enumerate(reports, 1))]


# One thing at a time, over the API alone


def test_nothing_included_is_nothing_not_zero(client: TestClient) -> None:
    register_county(client, "1", "2")
    file_report(client, "1", draft=True)
    answer = roll_up_of(client, COUNTY)
    assert answer["totals"] == nest(FORM, {})
    assert answer["parts"] == answer["incomplete_cells"] == {}
    assert answer["sources"] == []
    assert {rule["outcome"] for rule in answer["rules"]} == {"not_evaluated"}
    assert {rate["value"] for rate in answer["rates"]} == {None}
    assert answer["counts"]["included"] == 0


def test_a_draft_counts_once_it_is_submitted_and_no_longer_once_it_is_withdrawn(client: TestClient) -> None:
    register_county(client)
    file_report(client, draft=True)
    received = ("requests", "received", "natural_person")
    assert roll_up_of(client, COUNTY)["totals"]["requests"]["received"]["natural_person"] is None
    seen = []
    for action in ("submit", "withdraw"):
        done = client.post(address(rest="/transitions"), json={"action": action, "reason": "填错"})
        assert done.status_code == 200
        seen.append(cell(roll_up_of(client, COUNTY), *received))
    assert seen == [cell({"totals": a_report()}, *received), None]


def cell(answer: dict[str, Any], table: str, row: str, column: str) -> object:
    return answer["totals"][table][row][column]


def test_an_agency_s_own_report_counts_once_in_its_own_roll_up(client: TestClient) -> None:
    register(client, "A", None)
    register(client, "A-1", "A")
    for code in ("A", "A-1"):
        file_report(client, code)
    one = roll_up(FORM, [a_sound_report()] * 2)
    assert roll_up_of(client, "A")["totals"] == nest(FORM, one.totals)
    assert roll_up_of(client, "A-1")["totals"] == nest(FORM, a_sound_report())


def test_what_is_left_out_is_named_with_the_reason(client: TestClient) -> None:
    register_county(client, "1", "2")
    register(client, "tax", in_rollup=False)
    file_report(client, "tax")
    file_report(client, "1")
    answer = roll_up_of(client, COUNTY)
    assert answer["coverage"]["excluded"] == [
        {
            "code": COUNTY,
            "name": f"机关{COUNTY}",
            "status": None,
            "reason": "它的报告本身就是汇总数，再加就重复了",
        },
        {"code": "tax", "name": "机关tax", "status": "submitted", "reason": "不在本级汇总范围内"},
    ]
    assert answer["totals"] == nest(FORM, a_sound_report())
    assert answer["warnings"] == []


def test_an_aggregate_report_with_nothing_added_below_it_makes_the_total_doubtful(client: TestClient) -> None:
    register(client, "P", None, level="prefecture", report_scope="aggregate")
    for county in ("P1", "P2", "P3"):
        register(client, county, "P", level="county", report_scope="aggregate")
        register(client, f"{county}-t", county)
        file_report(client, county, values=a_modest_report())
    file_report(client, "P1-t")
    file_report(client, "P2-t", draft=True)
    assert roll_up_of(client, "P")["warnings"] == [
        f"“机关{code}”的报告是汇总数，没有计入；它下面也没有计入任何单位，合计可能偏小"
        for code in ("P2", "P3")
    ]


def test_only_accepted_reports_count_where_that_is_asked(database: Database, client: TestClient) -> None:
    states = {"1": Status.SUBMITTED, "2": Status.ACCEPTED, "3": Status.PUBLISHED, "4": Status.RETURNED}
    plant(database, [*a_county(), *(Unit(code, "64", status=status) for code, status in states.items())])
    included = {
        basis: codes(roll_up_of(client, "64", basis=basis)["coverage"]["included"])
        for basis in ("submitted", "accepted")
    }
    assert included == {"submitted": ["1", "2", "3"], "accepted": ["2", "3"]}
    answer = roll_up_of(client, "64", basis="accepted")
    assert answer["basis"] == "accepted"
    assert [member["reason"] for member in answer["coverage"]["draft"]] == [
        "报告的状态是“已上报”，还不能计入",
        "报告的状态是“已退回”，还不能计入",
    ]


def test_a_cell_that_some_lack_is_summed_over_the_others_and_counted(
    database: Database, client: TestClient
) -> None:
    code = "requests.granted.business"
    lacking = a_balanced_report() | {code: None}
    plant(database, a_county(a_balanced_report(), lacking, lacking))
    answer = roll_up_of(client, "64")
    assert cell(answer, *code.split(".")) == a_balanced_report()[code]
    assert answer["incomplete_cells"] == {code: 2}
    rates = {rate["code"]: rate["value"] for rate in answer["rates"]}
    assert rates["granted"] is not None
    # its total and its row are told to lack a part, though every report has them
    plant(database, [Unit("65", None, values=a_balanced_report() | {"requests.granted.total": None})])
    assert {rate["code"]: rate["value"] for rate in roll_up_of(client, "65")["rates"]}["granted"] is None


# Size


def a_large_county(*reports: Values) -> tuple[Unit, list[Unit]]:
    county, *units = a_county(*reports)
    return county, units


def test_sums_pass_32_bits_and_money_is_exact(database: Database, client: TestClient) -> None:
    licences, fees = "disclosure.licensing.decisions", "disclosure.fees.amount"
    report = a_balanced_report(**{licences: 11_398_889, fees: 9_999_999_999_999})
    plant_many(database, *a_large_county(*[report] * 210))
    answer = roll_up_of(client, "64")
    assert cell(answer, *licences.split(".")) == 210 * 11_398_889 > 2**31
    assert cell(answer, *fees.split(".")) == "2099999999.99979"
    assert {rule["outcome"] for rule in answer["rules"]} == {"kept"}


def test_the_largest_numbers_that_fit_a_cell_add_up(database: Database, client: TestClient) -> None:
    most = dict.fromkeys(FORM.cells, 10**12 - 1)
    plant(database, a_county(most, most, most))
    totals = roll_up_of(client, "64")["totals"]
    assert totals["requests"]["received"]["natural_person"] == 3 * (10**12 - 1)
    assert totals["disclosure"]["fees"]["amount"] == "2999999.999997"


def test_lists_are_cut_at_200_and_coverage_pages_the_rest(database: Database, client: TestClient) -> None:
    county, units = a_large_county(*[dict.fromkeys(FORM.cells, 0)] * 203)
    missing = [Unit(f"64-m{n:03}", "64", status=None) for n in range(201)]
    plant_many(database, county, [*units, *missing])
    answer = roll_up_of(client, "64")
    coverage = answer["coverage"]
    assert coverage["truncated"] is True
    assert {name: len(members) for name, members in coverage.items() if name != "truncated"} == {
        "expected": 200,
        "included": 200,
        "draft": 0,
        "missing": 200,
        "excused": 0,
        "unallocated": 0,
        "excluded": 1,
    }
    assert answer["counts"] == {
        "expected": 404,
        "included": 203,
        "draft": 0,
        "missing": 201,
        "excused": 0,
        "unallocated": 0,
        "excluded": 1,
    }
    assert len(answer["sources"]) == 200
    assert answer["sources_listed"] == {"total": 203, "returned": 200, "truncated": True}
    for state, total in answer["counts"].items():
        members = all_pages(client, state, limit=150)
        assert codes(members)[:200] == codes(coverage[state])
        assert len(members) == total


def all_pages(client: TestClient, state: str, limit: int) -> list[dict[str, str]]:
    """Return a whole list of /coverage, page after page."""
    found: list[dict[str, str]] = []
    query: dict[str, str | int] = {"state": state, "limit": limit}
    while True:
        answer = client.get(f"{API}/rollups/64/{YEAR}/coverage", params=query)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        found += body["items"]
        if body["page"]["next"] is None:
            assert body["total"] == len(found)
            return found
        assert len(body["items"]) == limit
        query["cursor"] = body["page"]["next"]


# Rates


def test_rates_come_from_the_sums_and_over_nothing_they_are_unknown(client: TestClient) -> None:
    register_county(client, "1", "2")
    for code, granted in (("1", 1), ("2", 0)):
        typed = {**dict.fromkeys(typed_cells(), 0), "requests.granted.natural_person": granted}
        typed["requests.denied_internal_affairs.natural_person"] = 1 - granted + 98 * (1 - granted)
        file_report(client, code, values=balanced(FORM, typed))
    rates = {rate["code"]: rate["value"] for rate in roll_up_of(client, COUNTY)["rates"]}
    assert rates["granted"] == "0.0100"
    assert rates["denied"] == "0.9900"
    assert rates["reconsideration_reversed"] is None
    assert rates["litigation_reversed"] is None


# The tree as it stood


def test_a_unit_counts_in_the_years_on_whose_last_day_it_stood_there(client: TestClient) -> None:
    register(client, COUNTY, None, level="county", report_scope="aggregate")
    register(client, "old", valid_to="2022-12-31")
    register(client, "new", valid_from="2022-12-31")
    file_report(client, "old", 2021)
    file_report(client, "new", 2022)
    expected = {
        year: codes(roll_up_of(client, COUNTY, year)["coverage"]["expected"]) for year in (2021, 2022)
    }
    assert expected == {2021: ["old"], 2022: ["new"]}
    assert_problem(client.put(address("old", 2022), json=a_report()), 422, "invalid-request")


def test_a_corrected_place_moves_past_reports_with_all_below(client: TestClient) -> None:
    for county in ("C1", "C2"):
        register(client, county, None, level="county", report_scope="aggregate")
    register(client, "town", "C1")
    register(client, "village", "town")
    file_report(client, "village")
    etag = client.get(f"{API}/agencies/town").headers["etag"]
    moved = client.put(f"{API}/agencies/town", json=an_agency("town", "C2"), headers={"If-Match": etag})
    assert moved.status_code == 200, moved.text
    included = [codes(roll_up_of(client, county)["coverage"]["included"]) for county in ("C1", "C2")]
    assert included == [[], ["village"]]


# Telling whether anything changed


def test_the_tag_stays_while_nothing_changes_and_spares_the_body(client: TestClient) -> None:
    register_county(client)
    file_report(client)
    url = f"{API}/rollups/{COUNTY}/{YEAR}"
    etag = client.get(url).headers["etag"]
    again = client.get(url, headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert client.get(url, headers={"If-None-Match": f'"x", W/{etag}'}).status_code == 304
    assert client.get(url, headers={"If-None-Match": '"x"'}).status_code == 200
    # another question, another answer
    assert client.get(url, params={"group": "kind"}).headers["etag"] != etag


@pytest.mark.parametrize("change", ["numbers", "state", "tree", "name", "prose"])
def test_the_tag_changes_with_whatever_the_answer_tells(client: TestClient, change: str) -> None:
    register_county(client)
    etag_of_report = file_report(client).headers["etag"]
    url = f"{API}/rollups/{COUNTY}/{YEAR}"
    before = client.get(url).headers["etag"]
    based = {"If-Match": etag_of_report}
    match change:
        case "numbers":
            values = a_balanced_report(**{"disclosure.licensing.decisions": 0})
            done = client.put(address(), json=a_report(values), headers=based)
        case "prose":
            done = client.put(address(), json=a_report(preface="前言。"), headers=based)
        case "state":
            done = client.post(address(rest="/transitions"), json={"action": "withdraw", "reason": "填错"})
        case "tree":
            done = client.post(f"{API}/agencies", json=an_agency("another"))
        case _:
            etag = client.get(f"{API}/agencies/{TOWN}").headers["etag"]
            body = an_agency(TOWN, name="改名镇")
            done = client.put(f"{API}/agencies/{TOWN}", json=body, headers={"If-Match": etag})
    assert done.is_success, done.text
    after = client.get(url, headers={"If-None-Match": before})
    assert after.status_code == 200
    assert after.headers["etag"] != before


# What can't be asked


def test_what_is_not_there_is_said_so(client: TestClient) -> None:
    register_county(client)
    register(client, "new", valid_from="2022-01-01")
    assert_problem(client.get(f"{API}/rollups/nobody/2021"), 404, "not-found")
    assert_problem(client.get(f"{API}/rollups/new/2021"), 404, "not-found")
    for year in ("1999", "9999", "0", "20211", "abc"):
        assert_problem(client.get(f"{API}/rollups/{COUNTY}/{year}"), 422, "invalid-request")
    for query in ({"basis": "draft"}, {"group": "name"}, {"group": ""}):
        assert_problem(client.get(f"{API}/rollups/{COUNTY}/2021", params=query), 422, "invalid-request")
    for query in ({"state": "x"}, {"limit": "0"}, {"limit": "201"}, {"cursor": "x"}, {"cursor": "WzFd"}):
        answer = client.get(f"{API}/rollups/{COUNTY}/2021/coverage", params=query)
        assert_problem(answer, 422, "invalid-request")
