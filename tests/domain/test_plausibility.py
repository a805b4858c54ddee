"""Figures that add up and still want a second look: every figure here is made up."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.context import Context, Reporter, RuleSettings
from app.domain.plausibility import judge_plausibility
from app.domain.results import Outcome, Result
from app.forms.annual_2021 import FORM
from tests.builders import a_content, a_sound_report, a_toy_form

KEPT, BROKEN, OPEN = Outcome.KEPT, Outcome.BROKEN, Outcome.NOT_EVALUATED
TOWN = Reporter("示例县示例镇人民政府", AgencyLevel.TOWNSHIP, AgencyKind.GOVERNMENT)
BUREAU = Reporter("示例县水务局", AgencyLevel.COUNTY, AgencyKind.DEPARTMENT)
CITY = Reporter("示例市人民政府", AgencyLevel.PREFECTURE, AgencyKind.GOVERNMENT)
MINISTRY = Reporter("示例部", AgencyLevel.NATION, AgencyKind.DEPARTMENT)
NOBODY = Reporter()
WITHOUT = "proceedings.requests.all"


def judged(reporter: Reporter = NOBODY, **cells: int | None) -> dict[tuple[str, str], Result]:
    values = dict.fromkeys(FORM.cells, 0) | {name.replace("__", "."): n for name, n in cells.items()}
    results = judge_plausibility(a_content(values=values), Context(reporter))
    return {(result.rule.id, result.code): result for result in results}


def test_a_sound_report_of_a_city_keeps_them() -> None:
    results = judge_plausibility(a_content(year=2023, values=a_sound_report()), Context(CITY))
    assert {r.outcome for r in results if r.rule.id != "R23"} == {KEPT}


def test_a_form_without_such_cells_is_asked_nothing() -> None:
    assert list(judge_plausibility(a_content(a_toy_form()), Context(TOWN))) == []


@pytest.mark.parametrize(
    ("rule", "code", "reporter", "cells", "outcome", "said"),
    [
        ("R13", "disclosure.issued.regulations", CITY, {"issued": 1}, BROKEN, "制发的多出 1 件"),
        ("R13", "disclosure.issued.regulations", CITY, {"issued": 1, "repealed": 1}, KEPT, "= 1"),
        ("R13", "disclosure.issued.regulations", CITY, {"issued": None}, OPEN, "没有填"),
        ("R14", "disclosure.regulations", TOWN, {"in_force": 6}, BROKEN, "规章只有国务院部门"),
        ("R14", "disclosure.regulations", BUREAU, {}, KEPT, "都是 0"),
        ("R14", "disclosure.regulations", BUREAU, {"in_force": None}, OPEN, "没有填"),
        ("R14", "disclosure.regulations", BUREAU, {"in_force": None, "issued": 1}, BROKEN, "列 1："),
    ],
)
def test_regulations(
    rule: str, code: str, reporter: Reporter, cells: dict[str, int | None], outcome: Outcome, said: str
) -> None:
    named: dict[str, Any] = {f"disclosure__regulations__{name}": n for name, n in cells.items()}
    result = judged(reporter, **named)[rule, code]
    assert result.outcome is outcome
    assert said in result.message


@pytest.mark.parametrize("reporter", [CITY, MINISTRY, Reporter("某机关")])
def test_whoever_may_make_regulations_or_isn_t_known_isn_t_asked(reporter: Reporter) -> None:
    assert ("R14", "disclosure.regulations") not in judged(reporter, disclosure__regulations__in_force=6)


def test_an_office_that_files_the_aggregate_speaks_for_its_government() -> None:
    regulations = {"disclosure.regulations.in_force": 6}
    content = a_content(values=dict.fromkeys(FORM.cells, 0) | regulations, is_aggregate=True)
    asked = {
        level: "R14" in {result.rule.id for result in judge_plausibility(content, Context(reporter))}
        for level in (AgencyLevel.PREFECTURE, AgencyLevel.COUNTY)
        for reporter in [Reporter("示例政府办公室", level, AgencyKind.OFFICE)]
    }
    assert asked == {AgencyLevel.PREFECTURE: False, AgencyLevel.COUNTY: True}


@pytest.mark.parametrize("name", ["示例盟行政公署", "示例地区行署", "示例盟人民政府"])
def test_what_acts_for_a_province_in_a_league_may_not_make_regulations(name: str) -> None:
    office = Reporter(name, AgencyLevel.PREFECTURE, AgencyKind.GOVERNMENT)
    found = judged(office, disclosure__regulations__in_force=6)["R14", "disclosure.regulations"]
    assert found.outcome is BROKEN


@pytest.mark.parametrize(("end", "received", "outcome"), [(2, 2, KEPT), (3, 2, BROKEN), (None, 2, OPEN)])
def test_what_is_carried_over_came_in_this_year(end: int | None, received: int, outcome: Outcome) -> None:
    results = judged(requests__pending_at_end__research=end, requests__received__research=received)
    assert results["R18", "requests.pending.research"].outcome is outcome


@pytest.mark.parametrize(("value", "outcome"), [(0, KEPT), (1, BROKEN), (None, OPEN)])
def test_lawsuits_without_reconsideration_are_unusual(value: int | None, outcome: Outcome) -> None:
    code = "proceedings.litigation_direct.total"
    assert judged(proceedings__litigation_direct__total=value)["R23", code].outcome is outcome


@pytest.mark.parametrize(
    ("cases", "received", "last_year", "outcome"),
    [
        (1, 0, "none", OPEN),
        (1, 1, "none", KEPT),
        (0, 0, "none", KEPT),
        (1, 0, 3, KEPT),
        (1, 0, 0, BROKEN),
        (1, 0, None, OPEN),
        (None, 0, "none", OPEN),
    ],
)
def test_proceedings_follow_requests(
    cases: int | None, received: int, last_year: int | str | None, outcome: Outcome
) -> None:
    values = dict.fromkeys(FORM.cells, 0)
    now = values | {"proceedings.reconsideration.total": cases, "requests.received.total": received}
    before = values | {"requests.received.total": last_year}
    last = None if last_year == "none" else a_content(year=2023, values=before)  # type: ignore[arg-type]  # no text
    results = judge_plausibility(a_content(values=now), Context(last_year=last))
    assert [r.outcome for r in results if r.code == WITHOUT] == [outcome]


@pytest.mark.parametrize(
    ("received", "carried", "outcome"), [(0, 1, KEPT), (None, 1, KEPT), (0, None, OPEN), (0, 0, BROKEN)]
)
def test_what_last_year_carried_over_counts_as_well(
    received: int | None, carried: int | None, outcome: Outcome
) -> None:
    values = dict.fromkeys(FORM.cells, 0)
    now = values | {"proceedings.reconsideration.total": 1}
    before = values | {"requests.received.total": received, "requests.pending_at_start.total": carried}
    last = a_content(year=2023, values=before)
    results = judge_plausibility(a_content(values=now), Context(last_year=last))
    assert [r.outcome for r in results if r.code == WITHOUT] == [outcome]


@pytest.mark.parametrize(("value", "outcome"), [(0, KEPT), (1, BROKEN), (None, OPEN)])
def test_a_township_hardly_holds_state_secrets(value: int | None, outcome: Outcome) -> None:
    key = ("R24", "requests.denied_state_secret.total")
    assert judged(TOWN, requests__denied_state_secret__total=value)[key].outcome is outcome
    assert key not in judged(BUREAU, requests__denied_state_secret__total=value)


def test_yuan_for_ten_thousands_of_yuan_are_suspected() -> None:
    result = judged(BUREAU, disclosure__fees__amount=119_253_550_000)["R28", "disclosure.fees.amount"]
    assert result.outcome is BROKEN
    assert "119253.55 万元" in result.message
    assert result.message.endswith("请核对是不是把元当成了万元")


def test_a_digit_too_many_is_suspected() -> None:
    code = "requests.received.total"
    assert judged(TOWN, requests__received__total=500)["R28", code].outcome is KEPT
    result = judged(TOWN, requests__received__total=501)["R28", code]
    assert result.message.endswith("一般不超过 500 件；请核对是不是多打了数字")
    assert judged(TOWN, requests__received__total=None)["R28", code].outcome is OPEN


@pytest.mark.parametrize("reporter", [MINISTRY, Reporter("某机关")])
def test_where_no_level_is_above_nothing_is_too_much(reporter: Reporter) -> None:
    assert not [rule for rule, _ in judged(reporter, requests__received__total=10**9) if rule == "R28"]


def test_a_county_s_sum_is_held_to_the_level_above_and_a_county_sets_the_bounds() -> None:
    values = dict.fromkeys(FORM.cells, 0) | {"requests.received.total": 600}
    bound = RuleSettings(thresholds={"R28.received_township": 600})
    for settings, is_aggregate, outcome in (
        (RuleSettings(), False, BROKEN),
        (RuleSettings(), True, KEPT),
        (bound, False, KEPT),
    ):
        content = a_content(values=values, is_aggregate=is_aggregate)
        results = judge_plausibility(content, Context(TOWN, settings=settings))
        assert [r.outcome for r in results if r.code == "requests.received.total"] == [outcome]
