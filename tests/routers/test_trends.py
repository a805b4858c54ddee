"""Several years of a roll-up over HTTP: what each year's roll-up says, and what changed between them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from app.domain.agencies import BEGINNING, AgencyLevel, ReportScope
from app.domain.lifecycle import Status
from app.domain.years import watched_cells
from app.forms import form_of_year
from app.forms.annual_2019 import FORM as FORMER
from app.forms.annual_2021 import FORM
from app.services.agencies import find_agency, key_of
from app.storage.models import AgencyPlacement
from tests.api import API, COUNTY, assert_problem, file_report, register, register_county
from tests.builders import a_sound_report
from tests.services.trees import SOMEBODY, Unit, plant

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from app.storage.engine import Database

RECEIVED = "requests.received.total"
FEES = "disclosure.fees.amount"
MADE = "disclosure.regulations.made"


def trend_of(client: TestClient, code: str = COUNTY, **query: object) -> dict[str, Any]:
    """Return a trend, which must be there."""
    renamed = {{"first": "from", "last": "to"}.get(name, name): value for name, value in query.items()}
    answer = client.get(f"{API}/rollups/{code}/trend", params=renamed)  # type: ignore[arg-type]  # as it is
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture
def county(client: TestClient) -> TestClient:
    """Return a client of a county with reports of 2020, 2021 and 2023, but none of 2022."""
    register_county(client, "1", "2")
    # the later ones first: each would have to go on from the one before
    file_report(client, "1", 2023, values=a_sound_report(granted=5))
    file_report(client, "1", 2021)
    file_report(client, "2", 2021, draft=True, values=a_sound_report() | {RECEIVED: None})
    for code in ("1", "2"):
        file_report(client, code, 2020, form=FORMER, values=a_sound_report(FORMER))
    return client


def test_each_year_is_what_its_own_roll_up_says(county: TestClient) -> None:
    trend = trend_of(county, first=2020, last=2023, cells="all")
    assert [year["year"] for year in trend["years"]] == [2020, 2021, 2022, 2023]
    for year in trend["years"]:
        own = county.get(f"{API}/rollups/{COUNTY}/{year['year']}").json()
        form = form_of_year(year["year"])
        assert form is not None
        assert (year["form"], year["stands"]) == (own["form"], True)
        assert (year["expected"], year["included"]) == (own["counts"]["expected"], own["counts"]["included"])
        assert year["rates"] == own["rates"]
        assert year["incomplete_cells"] == own["incomplete_cells"]
        for code, value in year["cells"].items():
            table, row, column = code.split(".")
            known = own["totals"][table].get(row, {}).get(column)
            assert value == known
            assert (code in year["lacking_cells"]) == (code not in form.cells)


def test_a_year_without_reports_is_null_and_never_0(county: TestClient) -> None:
    (year,) = trend_of(county, first=2022, last=2022)["years"]
    assert set(year["cells"].values()) == {None}
    assert {rate["value"] for rate in year["rates"]} == {None}
    assert (year["expected"], year["included"]) == (2, 0)


def test_the_main_cells_and_all_rates_are_shown_unless_others_are_asked_for(county: TestClient) -> None:
    trend = trend_of(county, first=2021, last=2021)
    assert [cell["code"] for cell in trend["cells"]] == watched_cells(FORM)
    assert len(trend["years"][0]["rates"]) == len(FORM.indicators)
    few = trend_of(county, first=2020, last=2021, cells=[RECEIVED, MADE], indicators="granted")
    assert [cell["code"] for cell in few["cells"]] == [RECEIVED, MADE]
    assert [[rate["code"] for rate in year["rates"]] for year in few["years"]] == [["granted"]] * 2


def test_where_the_form_changed_it_is_marked_with_the_cells_that_it_lacks(county: TestClient) -> None:
    trend = trend_of(county, first=2020, last=2022, cells=[FEES, MADE])
    assert [year["form_changed"] for year in trend["years"]] == [False, True, False]
    assert [year["lacking_cells"] for year in trend["years"]] == [[FEES], [MADE], [MADE]]
    # a form that no year of the trend is on is none of it
    answer = county.get(f"{API}/rollups/{COUNTY}/trend", params={"from": 2021, "to": 2021, "cells": MADE})
    (error,) = assert_problem(answer, 422, "invalid-request")["errors"]
    assert (error["code"], error["parameter"]) == ("unknown-cell", "cells")


def test_the_last_five_years_that_are_over_are_shown_unless_others_are_asked_for(
    county: TestClient,
) -> None:
    years = [year["year"] for year in trend_of(county)["years"]]
    assert len(years) == 5
    assert years == list(range(years[0], years[0] + 5))
    assert trend_of(county, last=2020)["years"][0]["year"] == 2019


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("from=2022&to=2021", "wrong-years"),
        ("from=2018&to=2021", "no-form"),
        ("from=2021&to=2999", "year-in-future"),
        ("indicators=x", "unknown-indicator"),
        ("cells=x", "unknown-cell"),
    ],
)
def test_what_there_is_no_trend_of_is_told(client: TestClient, query: str, code: str) -> None:
    register_county(client)
    answer = client.get(f"{API}/rollups/{COUNTY}/trend?{query}")
    (error,) = assert_problem(answer, 422, "invalid-request")["errors"]
    assert error["code"] == code


def test_what_joined_left_and_moved_is_named_in_the_year_in_which_it_did(
    database: Database, client: TestClient
) -> None:
    def unit(code: str, parent: str | None = "C", **others: Any) -> Unit:  # noqa: ANN401 - any of its members
        return Unit(code, parent, AgencyLevel.COUNTY, status=None, **others)

    plant(
        database,
        [
            unit("C", None, scope=ReportScope.AGGREGATE),
            unit("D", None, scope=ReportScope.AGGREGATE),
            unit("zone"),
            unit("old", valid_to=date(2023, 6, 1)),
            unit("new", valid_from=date(2023, 12, 31)),
            unit("late", valid_from=date(2024, 1, 1)),
            unit("moved", valid_to=date(2023, 3, 1)),
            unit("gone", valid_to=date(2023, 3, 1)),
        ],
    )
    with database.writing() as session:
        keys = {code: key_of(find_agency(session, SOMEBODY, code)) for code in ("moved", "gone", "zone", "D")}
        for code, parent in (("moved", "zone"), ("gone", "D")):
            since = date(2023, 3, 1)
            session.add(AgencyPlacement(agency_id=keys[code], parent_id=keys[parent], valid_from=since))
    years = {year["year"]: year for year in trend_of(client, "C", first=2022, last=2024)["years"]}
    assert years[2022]["tree"] is None
    assert [years[year]["tree_changed"] for year in (2022, 2023, 2024)] == [False, True, True]
    changes = {kind: [each["code"] for each in years[2023]["tree"][kind]["items"]] for kind in KINDS}
    assert changes == {"joined": ["new"], "left": ["gone", "old"], "moved": ["moved"]}
    assert years[2023]["tree"]["joined"]["items"] == [{"code": "new", "name": "机关new"}]
    later = {kind: [each["code"] for each in years[2024]["tree"][kind]["items"]] for kind in KINDS}
    assert later == {"joined": ["late"], "left": [], "moved": []}
    # what happens elsewhere is nothing to somebody else's subtree
    zone = {year["year"]: year for year in trend_of(client, "zone", first=2023, last=2024)["years"]}
    assert [zone[year]["tree_changed"] for year in (2023, 2024)] == [False, False]


KINDS = ("joined", "left", "moved")


def test_no_more_than_20_are_named_but_all_are_counted(database: Database, client: TestClient) -> None:
    county = Unit("64", None, AgencyLevel.COUNTY, scope=ReportScope.AGGREGATE, status=None)
    units = [Unit(f"64-{n:02}", "64", valid_from=date(2022, 1, 1), status=None) for n in range(21)]
    plant(database, [county, *units])
    joined = trend_of(client, "64", first=2021, last=2022)["years"][1]["tree"]["joined"]
    assert [each["code"] for each in joined["items"]] == [unit.code for unit in units[:20]]
    assert {name: joined[name] for name in ("total", "returned", "truncated")} == {
        "total": 21,
        "returned": 20,
        "truncated": True,
    }


def test_an_agency_that_did_not_stand_yet_has_a_year_of_nulls(database: Database, client: TestClient) -> None:
    plant(database, [Unit("64", None, valid_from=date(2022, 1, 1), status=None)])
    register(client, "64-1", "64", valid_from="2022-01-01")
    file_report(client, "64-1", 2022)
    before, after = trend_of(client, "64", first=2021, last=2022)["years"]
    assert (before["stands"], before["expected"], before["included"]) == (False, 0, 0)
    assert set(before["cells"].values()) == {None}
    assert (after["stands"], after["expected"], after["included"]) == (True, 2, 1)


def test_only_accepted_reports_count_where_that_is_asked(database: Database, client: TestClient) -> None:
    states = {"1": Status.SUBMITTED, "2": Status.ACCEPTED}
    county = Unit("64", None, AgencyLevel.COUNTY, scope=ReportScope.AGGREGATE, status=None)
    plant(database, [county, *(Unit(code, "64", status=status) for code, status in states.items())])
    counts = {
        basis: trend_of(client, "64", first=2021, last=2021, basis=basis)["years"][0]["included"]
        for basis in ("submitted", "accepted")
    }
    assert counts == {"submitted": 2, "accepted": 1}


def test_an_agency_whose_code_is_the_word_has_its_roll_up_too(client: TestClient) -> None:
    register(client, "trend", None, valid_from=str(BEGINNING))
    assert client.get(f"{API}/rollups/trend/2021").json()["agency"] == "trend"
    assert trend_of(client, "trend", first=2021, last=2021)["agency"] == "trend"
