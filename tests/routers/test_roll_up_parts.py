"""The parts of a roll-up over HTTP, held to plain Python on both databases."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.agencies import AgencyLevel, ReportScope
from app.domain.lifecycle import Basis, Status
from app.domain.roll_up import RollUp, rate_of, roll_up
from app.domain.values import nest, to_json
from app.domain.years import watched_cells
from app.forms.annual_2019 import FORM as FORMER
from app.forms.annual_2021 import FORM
from tests.api import API, COUNTY, assert_problem, file_report, register, register_county
from tests.builders import a_balanced_report, a_modest_report, a_sound_report, balanced_values
from tests.services.trees import YEAR, Unit, clear, database_of, forests, plant, standing_under

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from app.domain.values import Values
    from app.forms.model import Indicator
    from app.storage.engine import Database

RECEIVED, GRANTED = "requests.received.total", "requests.granted.total"
FEES = "disclosure.fees.amount"


def ask(client: TestClient, code: str, rest: str, **query: object) -> dict[str, Any]:
    """Return what is told of a roll-up, which must be there."""
    answer = client.get(f"{API}/rollups/{code}/{YEAR}{rest}", params=query)  # type: ignore[arg-type]  # as it is
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def all_items(client: TestClient, code: str, rest: str, **query: object) -> list[dict[str, Any]]:
    """Return a whole list, page after page."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = ask(client, code, rest, **query, **({} if cursor is None else {"cursor": cursor}))
        found += page["items"]
        cursor = page["page"]["next"]
        if cursor is None:
            return found
        assert len(page["items"]) == query["limit"]


def flat(values: Values) -> dict[str, Any]:
    return {code: to_json(FORM.cells[code].measure, values.get(code)) for code in FORM.cells}


def counted(units: list[Unit], basis: Basis = Basis.SUBMITTED) -> list[Unit]:
    return [unit for unit in units if unit.is_expected and unit.status in basis.statuses]


def plant_anew(clients: list[TestClient], units: list[Unit]) -> None:
    for client in clients:
        clear(database_of(client))
        plant(database_of(client), units)


# The next level


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(units=forests(), basis=st.sampled_from(Basis), way=st.sampled_from(["asc", "desc"]))
def test_the_next_level_is_brute_force_and_its_sum_is_the_total(
    both: list[TestClient], units: list[Unit], basis: Basis, way: str
) -> None:
    plant_anew(both, units)
    order = {"sort": RECEIVED, "order": way, "limit": 2}
    for top in units:
        under = standing_under(units, top.code)
        if not under:
            continue
        answers = [
            all_items(client, top.code, "/children", basis=basis, cells="all", **order) for client in both
        ]
        assert answers[0] == answers[1]
        expect_parts(answers[0], top, units, basis)
        expect_order(answers[0], descending=way == "desc")
        expect_sum(both[0], answers[0], top.code, basis)


def expect_parts(parts: list[dict[str, Any]], top: Unit, units: list[Unit], basis: Basis) -> None:
    under = standing_under(units, top.code)
    children = [unit for unit in under if unit.parent == top.code and unit is not top]
    members = {unit.code: standing_under(units, unit.code) for unit in children}
    if top.is_expected:
        members[top.code] = [top]
    assert {part["agency"] for part in parts} == members.keys()
    for part in parts:
        mine = members[part["agency"]]
        total = roll_up(FORM, [unit.values for unit in counted(mine, basis)])
        assert part["is_own"] == (part["agency"] == top.code)
        assert part["cells"] == flat(total.totals)
        assert part["incomplete_cells"] == total.incomplete
        assert part["included"] == total.included
        assert part["expected"] == len([unit for unit in mine if unit.is_expected])


def expect_order(parts: list[dict[str, Any]], *, descending: bool) -> None:
    keys = [part["cells"][RECEIVED] for part in parts]
    known = [key for key in keys if key is not None]
    assert keys == sorted(known, reverse=descending) + [None] * (len(keys) - len(known))
    assert all(
        one["agency"] < other["agency"]
        for one, other in pairwise(parts)
        if one["cells"][RECEIVED] == other["cells"][RECEIVED]
    )


def expect_sum(client: TestClient, parts: list[dict[str, Any]], code: str, basis: Basis) -> None:
    """Hold the sum of the rows to the roll-up's total, counts and gaps included."""
    whole = ask(client, code, "", basis=basis)
    again = roll_up(FORM, [stored(part["cells"]) for part in parts if part["included"]])
    assert nest(FORM, again.totals) == whole["totals"]
    gaps = {cell for part in parts for cell in part["incomplete_cells"]}
    lacking = {cell: sum(part["incomplete_cells"].get(cell, 0) for part in parts) for cell in gaps}
    assert lacking == whole["incomplete_cells"]
    for count in ("expected", "included"):
        assert sum(part[count] for part in parts) == whole["counts"][count]


def stored(cells: dict[str, Any]) -> Values:
    places = {code: FORM.cells[code].measure.places for code in cells}
    return {
        code: None if value is None else int(Decimal(value) * 10 ** places[code])
        for code, value in cells.items()
    }


def test_the_main_cells_are_shown_unless_others_are_asked_for(client: TestClient) -> None:
    register_county(client)
    file_report(client)
    (row,) = ask(client, COUNTY, "/children")["items"]
    assert list(row["cells"]) == watched_cells(FORM)
    asked = ask(client, COUNTY, "/children", cells=[GRANTED, FEES, GRANTED], sort=RECEIVED)
    assert [cell["code"] for cell in asked["cells"]] == [GRANTED, FEES, RECEIVED]
    assert asked["cells"][1] == {"code": FEES, "label": FORM.cells[FEES].label, "unit": "万元"}


def test_rows_are_sorted_by_name_or_by_code_both_ways(client: TestClient) -> None:
    register(client, COUNTY, None, level="county", report_scope="aggregate")
    for code, name in (("3", "丙乡"), ("1", "乙乡"), ("2", "甲乡")):
        register(client, code, COUNTY, name=name)

    def codes(**query: object) -> list[str]:
        return [item["agency"] for item in all_items(client, COUNTY, "/children", limit=1, **query)]

    assert codes() == codes(sort="code") == ["1", "2", "3"]
    assert codes(order="desc") == ["3", "2", "1"]
    by_name = [code for _, code in sorted((("丙乡", "3"), ("乙乡", "1"), ("甲乡", "2")))]
    assert codes(sort="name") == by_name
    assert codes(sort="name", order="desc") == by_name[::-1]


@pytest.mark.parametrize(
    ("rest", "parameter"),
    [
        ("/children?sort=requests.received.totl", "sort"),
        ("/children?cells=all&cells=x&sort=code&cells=y", None),
        ("/children?cells=x", "cells"),
        ("/rankings?cell=x", "cell"),
        ("/rankings?indicator=x", "indicator"),
        ("/rankings", "indicator"),
        ("/rankings?indicator=granted&cell=requests.received.total", "indicator"),
    ],
)
def test_cells_and_rates_that_there_are_not_are_named(
    client: TestClient, rest: str, parameter: str | None
) -> None:
    register_county(client)
    answer = client.get(f"{API}/rollups/{COUNTY}/{YEAR}{rest}")
    if parameter is None:
        assert answer.status_code == 200
        return
    (error,) = assert_problem(answer, 422, "invalid-request")["errors"]
    assert (error["in"], error["parameter"]) == ("query", parameter)


def test_a_cursor_of_another_order_is_refused(client: TestClient) -> None:
    register_county(client, "1", "2")
    url = f"{API}/rollups/{COUNTY}/{YEAR}/children"
    cursor = ask(client, COUNTY, "/children", limit=1)["page"]["next"]
    for query in ({"order": "desc"}, {"sort": "name"}, {"sort": RECEIVED}):
        answer = client.get(url, params={**query, "cursor": cursor})
        assert_problem(answer, 422, "invalid-request")


# One cell


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(units=forests(), basis=st.sampled_from(Basis), code=st.sampled_from([RECEIVED, GRANTED, FEES]))
def test_who_gave_what_to_a_cell_is_brute_force(
    both: list[TestClient], units: list[Unit], basis: Basis, code: str
) -> None:
    plant_anew(both, units)
    for top in units:
        under = standing_under(units, top.code)
        if not under:
            continue
        rest = f"/cells/{code}"
        answers = [all_items(client, top.code, rest, basis=basis, limit=2) for client in both]
        assert answers[0] == answers[1]
        members = counted(under, basis)
        known = sorted(
            (unit for unit in members if unit.values[code] is not None),
            key=lambda unit: (-(unit.values[code] or 0), unit.code),
        )
        lacking = [unit for unit in members if unit.values[code] is None]
        assert [item["agency"] for item in answers[0]] == [unit.code for unit in (*known, *lacking)]
        assert [item["value"] for item in answers[0]] == [
            to_json(FORM.cells[code].measure, unit.values[code]) for unit in (*known, *lacking)
        ]
        head = ask(both[0], top.code, rest, basis=basis)
        total = roll_up(FORM, [unit.values for unit in members])
        assert head["sum"] == to_json(FORM.cells[code].measure, total.totals[code])
        assert (head["included"], head["lacking"]) == (len(members), len(lacking))


def test_shares_are_of_the_total_and_last_year_s_value_stands_beside(client: TestClient) -> None:
    register_county(client, "1", "2", "3")
    for code, granted in (("1", 300), ("2", 100)):
        file_report(client, code, values=a_modest_report(granted=granted))
    file_report(client, "1", YEAR - 1, form=FORMER, values=a_sound_report(FORMER))
    file_report(client, "2", YEAR - 1, form=FORMER, values=a_sound_report(FORMER), draft=True)
    cell = "requests.received.natural_person"
    items = ask(client, COUNTY, f"/cells/{cell}")["items"]
    total = sum(item["value"] for item in items)
    assert [item["share"] for item in items] == [f"{item['value'] / total:.4f}" for item in items]
    before = a_sound_report(FORMER)[cell]
    assert {item["agency"]: item["last_year"] for item in items} == {"1": before, "2": None}
    # the former form has no such cell
    assert {item["last_year"] for item in ask(client, COUNTY, f"/cells/{FEES}")["items"]} == {None}


def test_a_total_of_nothing_has_no_shares_and_a_cell_that_is_not_there_is_not_found(
    client: TestClient,
) -> None:
    register_county(client)
    file_report(client)
    code = "proceedings.reconsideration.total"
    values = a_sound_report() | dict.fromkeys(FORM.totals[code], 0) | {code: 0}
    register(client, "0", COUNTY)
    file_report(client, "0", values=values)
    (item,) = ask(client, "0", f"/cells/{code}")["items"]
    assert (item["value"], item["share"]) == (0, None)
    answer = client.get(f"{API}/rollups/{COUNTY}/{YEAR}/cells/requests.received.totl")
    assert "requests.received.total" in assert_problem(answer, 404, "not-found")["detail"]


# Rankings


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    reports=st.lists(balanced_values(FORM, 6), min_size=1, max_size=6),
    indicator=st.sampled_from(FORM.indicators),
    minimum=st.integers(1, 30),
)
def test_a_ranking_is_brute_force(
    both: list[TestClient], reports: list[Values], indicator: Indicator, minimum: int
) -> None:
    county = Unit("64", None, AgencyLevel.COUNTY, scope=ReportScope.AGGREGATE, status=None)
    units = [Unit(f"64-{n}", "64", values=values) for n, values in enumerate(reports)]
    plant_anew(both, [county, *units])
    expected = {}
    for unit in units:
        single = RollUp(unit.values, 1, {})
        cases = sum(unit.values[code] or 0 for code in indicator.denominator)
        cases -= sum(unit.values[code] or 0 for code in indicator.less)
        rate = rate_of(indicator, single)
        if cases >= minimum:
            expected[unit.code] = (str(rate), cases)
    for of in ("units", "children"):
        query = {"indicator": indicator.code, "minimum": minimum, "of": of, "limit": 2}
        answers = [all_items(client, "64", "/rankings", **query) for client in both]
        assert answers[0] == answers[1]
        assert {item["agency"]: (item["value"], item["cases"]) for item in answers[0]} == expected
        for item in answers[0]:
            ahead = [value for value, _ in expected.values() if Decimal(value) > Decimal(item["value"])]
            assert item["rank"] == len(ahead) + 1
        below = all_items(both[0], "64", "/rankings", **query, standing="below")
        assert {item["agency"] for item in below} == {unit.code for unit in units} - expected.keys()
        assert {item["rank"] for item in below} <= {None}
        counts = ask(both[0], "64", "/rankings", **query)["counts"]
        assert counts == {"ranked": len(expected), "below": len(below), "unknown": 0}


def test_a_cell_is_ranked_without_a_minimum_and_those_that_lack_it_are_apart(
    database: Database, client: TestClient
) -> None:
    lacking = a_balanced_report() | {FEES: None}
    county = Unit("64", None, AgencyLevel.COUNTY, scope=ReportScope.AGGREGATE, status=None)
    small = Unit("1", "64", AgencyLevel.COUNTY, values=a_balanced_report(**{FEES: 5}))
    units = [small, Unit("2", "64", values=lacking), Unit("3", "64"), Unit("4", "64")]
    plant(database, [county, *units, Unit("5", "64", status=Status.DRAFT)])
    found = ask(client, "64", "/rankings", cell=FEES)
    assert [(item["rank"], item["agency"], item["cases"]) for item in found["items"]] == [
        (1, "3", None),
        (1, "4", None),
        (3, "1", None),
    ]
    assert found["items"][2]["value"] == "0.000005"
    assert found["minimum"] is None
    assert found["counts"] == {"ranked": 3, "below": 0, "unknown": 1}
    apart = ask(client, "64", "/rankings", cell=FEES, standing="unknown")["items"]
    assert [(item["agency"], item["value"]) for item in apart] == [("2", None)]
    for of in ("units", "children"):
        some = ask(client, "64", "/rankings", cell=FEES, level="county", of=of)["items"]
        assert [item["agency"] for item in some] == ["1"]
