"""Final totals: what was made final stays as it was, whatever becomes of the reports."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from app.domain.roles import Role
from app.forms.annual_2021 import FORM
from app.services.integrity import find_contradictions
from app.storage.digests import Digest, digest_of
from app.storage.finalisation_models import FINALISATION
from tests.api import (
    API,
    COUNTY,
    TITLE,
    TOWN,
    YEAR,
    accept_report,
    address,
    an_agency,
    assert_problem,
    at_once,
    based_on,
    faults,
    file_report,
    register,
    register_county,
)
from tests.builders import a_sound_report
from tests.desk import WHOLE_TREE, bearer
from tests.services.trees import without_guards

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI
    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.storage.engine import Database

OTHER, THIRD = "640323102", "640323103"
AT = f"{API}/rollups/{COUNTY}/{YEAR}"
WHY = {"reason": "甲镇更正了报告，按更正后的数重新定稿"}
DECISIONS = {"disclosure": {"licensing": {"decisions": 4711}}}
ADJUSTMENT = {
    "lines": [{"cell": "disclosure.licensing.decisions", "amount": 2}],
    "reason": "公布后发现漏记，已由镇里书面说明",
}


def finalise(client: TestClient, **body: str) -> Response:
    return client.post(f"{AT}/finalisation", json=body)


def take(client: TestClient, action: str, agency: str = TOWN) -> Response:
    body = {"action": action, "reason": "更正", "cells": ["overview"]}
    known = based_on(client.get(address(agency)))
    answer = client.post(address(agency, rest="/transitions"), json=body, headers=known)
    assert answer.status_code == 200, answer.text
    return answer


def correct(client: TestClient, agency: str = TOWN, decisions: int = 4711) -> None:
    """Correct a report that was accepted, and let it be accepted again."""
    take(client, "publish", agency)
    revised = take(client, "revise", agency)
    change = {"disclosure": {"licensing": {"decisions": decisions}}}
    patched = client.patch(address(agency), json=change, headers=based_on(revised))
    assert patched.status_code == 200, patched.text
    for action in ("submit", "accept", "publish"):
        take(client, action, agency)


@pytest.fixture
def planting(request: pytest.FixtureRequest) -> Callable[[TestClient, Database], None] | None:
    return plant_accepted if "county" in request.fixturenames else None


def plant_accepted(client: TestClient, _database: Database) -> None:
    """Register a county whose two towns have reported and were accepted."""
    register_county(client, TOWN, OTHER)
    for town in (TOWN, OTHER):
        file_report(client, town, title=TITLE.format(agency=town, year=YEAR))
        accept_report(client, town)


@pytest.fixture
def county(client: TestClient) -> TestClient:
    """Return a service with such a county."""
    return client


def decided(totals: dict[str, Any]) -> int:
    count: int = totals["disclosure"]["licensing"]["decisions"]
    return count


# Making final


def test_a_total_is_not_made_final_while_a_unit_is_missing_and_all_are_named(client: TestClient) -> None:
    """R40: neither accepted nor excused; one is a draft, one 上报, one has nothing."""
    register_county(client, TOWN, OTHER, THIRD)
    file_report(client, TOWN, draft=True)
    file_report(client, OTHER, title=TITLE.format(agency=OTHER, year=YEAR))
    problem = assert_problem(finalise(client), 409, "wrong-state")
    assert (problem["rule"], problem["missing"]) == ("R40", 3)
    assert problem["detail"].startswith("应报的单位还有缺报又没有免报的，汇总不能定稿")
    assert {error["code"] for error in problem["errors"]} == {"unit-missing"}
    named = [(error["agency"], error["report_status"]) for error in problem["errors"]]
    assert named == [(TOWN, "draft"), (OTHER, "submitted"), (THIRD, None)]
    assert client.get(AT).json()["status"] == "provisional"
    assert_problem(client.get(f"{AT}/finalisation"), 404, "not-found")


def test_who_is_excused_is_not_waited_for(county: TestClient) -> None:
    register(county, THIRD)
    assert_problem(finalise(county), 409, "wrong-state")
    excuse = {"agency": THIRD, "kind": "excuse", "reason": "当年十二月新设，没有可报的数"}
    exceptions = f"{API}/collections/{COUNTY}/{YEAR}/exceptions"
    assert county.put(f"{API}/collections/{COUNTY}/{YEAR}", json={"dates": {}}).status_code == 201
    granted = county.post(exceptions, json=excuse)
    assert granted.status_code == 201, granted.text
    final = finalise(county).json()
    assert final["excused"] == [{"code": THIRD, "name": f"机关{THIRD}", "reason": excuse["reason"]}]
    assert (final["expected"], len(final["sources"])) == (3, 2)
    # what comes in although it was excused is a difference then
    file_report(county, THIRD, title=TITLE.format(agency=THIRD, year=YEAR))
    accept_report(county, THIRD)
    differences = county.get(f"{AT}/finalisation").json()["differences"]
    ((source,), units) = differences["sources"], differences["units"]
    assert (source["agency"], source["change"], units) == (THIRD, "new", [])


def test_who_owes_a_report_otherwise_than_when_the_total_was_made_final_is_a_difference(
    county: TestClient,
) -> None:
    for code in (THIRD, "640323104"):
        register(county, code)
    exceptions = f"{API}/collections/{COUNTY}/{YEAR}/exceptions"
    assert county.put(f"{API}/collections/{COUNTY}/{YEAR}", json={"dates": {}}).status_code == 201
    for code in (THIRD, "640323104"):
        excuse = {"agency": code, "kind": "excuse", "reason": "当年十二月新设，没有可报的数"}
        assert county.post(exceptions, json=excuse).status_code == 201
    assert finalise(county).status_code == 201
    assert county.get(AT).json()["final"]["differences"]["units"] == []
    why = {"reason": "免报的理由不成立，仍应报送"}
    assert county.post(f"{exceptions}/1/revocation", json=why).status_code == 200
    known = county.get(f"{API}/agencies/640323104")
    body = an_agency("640323104", COUNTY, in_rollup=False)
    assert county.put(f"{API}/agencies/640323104", json=body, headers=based_on(known)).status_code == 200
    register(county, "640323105")
    told = county.get(AT).json()["final"]["differences"]
    assert [(each["agency"], each["change"]) for each in told["units"]] == [
        (THIRD, "owes"),
        ("640323104", "left"),
        ("640323105", "joined"),
    ]
    assert told["units"][0]["name"] == f"机关{THIRD}"
    assert (told["sources"], told["cells"], told["units_listed"]["total"]) == ([], [], 3)
    page = county.get(f"{AT}/report").text
    assert "定稿（第1次）后变动的数据" in page
    assert "0份报告、3个应报单位、0格与定稿时不同" in page


def test_the_audit_trail_of_a_year_has_what_was_done_to_its_total_and_its_collection(
    county: TestClient,
) -> None:
    assert county.put(f"{API}/collections/{COUNTY}/{YEAR}", json={"dates": {}}).status_code == 201
    assert county.post(f"{AT}/adjustments", json=ADJUSTMENT).status_code == 201
    assert finalise(county).status_code == 201
    for year, acts in ((YEAR, {"collection.open", "rollup.adjust", "rollup.finalise"}), (YEAR + 1, set())):
        shown = county.get(f"{API}/audit", params={"agency": COUNTY, "year": year}).json()["items"]
        assert {each["act"] for each in shown} == acts


def test_a_total_of_nothing_is_not_made_final(client: TestClient) -> None:
    register(client, COUNTY, None, level="county", report_scope="aggregate")
    assert "没有可以定稿的数" in assert_problem(finalise(client), 409, "wrong-state")["detail"]


def test_a_final_total_holds_all_that_it_was_made_of(county: TestClient, app: FastAPI) -> None:
    assert county.post(f"{AT}/adjustments", json=ADJUSTMENT).status_code == 201
    before = county.get(AT, params={"basis": "accepted"}).json()
    made = finalise(county, note="经县政府同意", signed_by="王某")
    assert made.status_code == 201, made.text
    final = made.json()
    assert (final["number"], final["expected"]) == (1, 2)
    assert (final["note"], final["signed_by"]) == ("经县政府同意", "王某")
    assert (final["totals"], final["adjusted_totals"]) == (before["totals"], before["adjusted_totals"])
    assert final["sources"] == [{**source, "name": f"机关{source['agency']}"} for source in before["sources"]]
    assert [item["agency"] for item in final["adjustments"]] == [COUNTY]
    assert [final["differences"][name] for name in ("sources", "adjustments", "cells")] == [[], [], []]
    assert county.get(f"{AT}/finalisation").json() == final
    with app.state.database.reading() as session:
        kept = session.execute(select(FINALISATION)).one()
    assert digest_of(Digest(final["algorithm"]), kept.content.encode()) == final["digest"]
    assert json.loads(kept.content)["number"] == 1


def test_a_roll_up_says_that_it_is_final(county: TestClient) -> None:
    final = finalise(county).json()
    for basis in ("submitted", "accepted"):
        now = county.get(AT, params={"basis": basis}).json()
        assert now["status"] == "final"
        assert now["final"] == {name: final[name] for name in now["final"]}
        assert now["final"]["adjusted_totals"] == now["adjusted_totals"]


def test_who_has_no_part_in_coordinating_makes_nothing_final(county: TestClient) -> None:
    for role in set(Role) - {Role.REVIEWER}:
        answer = county.post(f"{AT}/finalisation", json={}, headers=bearer(WHOLE_TREE[role]))
        assert_problem(answer, 403, "forbidden")


# What happens afterwards


def a_correction(client: TestClient) -> dict[str, Any]:
    before = client.get(address()).json()["version"]
    correct(client)
    after = client.get(address()).json()["version"]
    return {"agency": TOWN, "change": "changed", "frozen": before, "now": after}


def a_return(client: TestClient) -> dict[str, Any]:
    take(client, "return")
    return {"agency": TOWN, "change": "gone", "frozen": 1, "now": None}


def a_move(client: TestClient) -> dict[str, Any]:
    register(client, "64", None, level="province")
    town = client.get(f"{API}/agencies/{TOWN}")
    answer = client.put(f"{API}/agencies/{TOWN}", json=an_agency(TOWN, "64"), headers=based_on(town))
    assert answer.status_code == 200, answer.text
    return {"agency": TOWN, "change": "gone", "frozen": 1, "now": None}


def a_new_unit(client: TestClient) -> dict[str, Any]:
    register(client, THIRD)
    file_report(client, THIRD, title=TITLE.format(agency=THIRD, year=YEAR))
    accept_report(client, THIRD)
    return {"agency": THIRD, "change": "new", "frozen": None, "now": 1}


@pytest.mark.parametrize("happening", [a_correction, a_return, a_move, a_new_unit])
def test_whatever_happens_shows_as_a_difference_and_never_in_the_final_total(
    county: TestClient, happening: Callable[[TestClient], dict[str, Any]]
) -> None:
    final = finalise(county).json()
    expected = happening(county)
    now = county.get(f"{AT}/finalisation").json()
    kept = {name: value for name, value in final.items() if name not in {"differences", "children_not_final"}}
    assert {name: now[name] for name in kept} == kept
    (source,) = now["differences"]["sources"]
    assert source == {**expected, "name": f"机关{expected['agency']}"}
    live = county.get(AT, params={"basis": "accepted"}).json()
    assert live["status"] == "final"
    assert live["final"]["differences"] == now["differences"]
    cells = {each["cell"]: each for each in now["differences"]["cells"]}
    licensing = cells["disclosure.licensing.decisions"]
    assert (licensing["frozen"], licensing["now"]) == (decided(final["totals"]), decided(live["totals"]))
    assert licensing["difference"] == licensing["now"] - licensing["frozen"]
    assert county.get(AT).json()["final"]["differences"] == now["differences"]


def test_a_correction_that_is_not_published_yet_is_no_difference(county: TestClient) -> None:
    take(county, "publish")
    finalise(county)
    revised = take(county, "revise")
    assert county.patch(address(), json=DECISIONS, headers=based_on(revised)).status_code == 200
    assert county.get(f"{AT}/finalisation").json()["differences"]["cells"] == []


def test_an_agency_that_left_the_tree_of_the_year_keeps_its_final_total(county: TestClient) -> None:
    final = finalise(county).json()
    for town in (TOWN, OTHER):
        known = based_on(county.get(f"{API}/agencies/{town}"))
        moved = an_agency(town, None)
        assert county.put(f"{API}/agencies/{town}", json=moved, headers=known).status_code == 200
    known = based_on(county.get(f"{API}/agencies/{COUNTY}"))
    later = an_agency(COUNTY, None, level="county", report_scope="aggregate", valid_from="2022-01-01")
    assert county.put(f"{API}/agencies/{COUNTY}", json=later, headers=known).status_code == 200
    assert_problem(county.get(AT), 404, "not-found")
    now = county.get(f"{AT}/finalisation").json()
    assert now["totals"] == final["totals"]
    assert [each["change"] for each in now["differences"]["sources"]] == ["gone", "gone"]


def test_a_unit_below_that_adjusts_afterwards_is_a_difference(county: TestClient) -> None:
    finalise(county)
    made = county.post(f"{API}/rollups/{TOWN}/{YEAR}/adjustments", json=ADJUSTMENT).json()
    differences = county.get(f"{AT}/finalisation").json()["differences"]
    assert differences["adjustments"] == [made["id"]]
    assert [(each["cell"], each["difference"]) for each in differences["cells"]] == [
        ("disclosure.licensing.decisions", 2)
    ]


def test_what_is_final_is_adjusted_only_after_it_was_reopened(county: TestClient) -> None:
    number = county.post(f"{AT}/adjustments", json=ADJUSTMENT).json()["id"]
    finalise(county)
    for path, body in (("/adjustments", ADJUSTMENT), (f"/adjustments/{number}/withdrawal", WHY)):
        problem = assert_problem(county.post(f"{AT}{path}", json=body), 409, "wrong-state")
        assert "重开" in problem["detail"]
    assert county.post(f"{AT}/finalisation/reopening", json=WHY).status_code == 200
    assert county.post(f"{AT}/adjustments", json=ADJUSTMENT).status_code == 201


# Reopening


def test_a_total_is_reopened_with_a_reason_and_made_final_anew(county: TestClient) -> None:
    first = finalise(county).json()
    correct(county)
    again = assert_problem(finalise(county), 409, "wrong-state")
    assert again["number"] == 1
    short = county.post(f"{AT}/finalisation/reopening", json={"reason": "改"})
    assert "/reason" in faults(assert_problem(short, 422, "invalid-request"))
    reopened = county.post(f"{AT}/finalisation/reopening", json=WHY).json()
    assert (reopened["number"], reopened["reopening"]) == (1, WHY["reason"])
    assert county.get(AT).json()["status"] == "provisional"
    assert_problem(county.post(f"{AT}/finalisation/reopening", json=WHY), 409, "wrong-state")
    second = finalise(county).json()
    assert second["number"] == 2
    assert decided(second["totals"]) != decided(first["totals"])
    items = county.get(f"{AT}/finalisations").json()["items"]
    assert [(item["number"], item["totals"], item["digest"]) for item in items] == [
        (each["number"], each["totals"], each["digest"]) for each in (first, second)
    ]
    assert [item["reopened_by"] for item in items] == ["测试审核员", None]


def test_the_trail_and_the_feed_tell_of_it(county: TestClient) -> None:
    final = finalise(county).json()
    assert county.post(f"{AT}/finalisation/reopening", json=WHY).status_code == 200
    entries = county.get(f"{API}/audit", params={"agency": COUNTY}).json()["items"]
    assert [entry["act"] for entry in entries[:2]] == ["rollup.reopen", "rollup.finalise"]
    told = county.get(f"{API}/changes", params={"limit": 200}).json()["items"][-2:]
    state = {"number": 1, "digest": final["digest"]}
    assert [(item["act"], item["details"]) for item in told] == [
        ("rollup.finalise", state),
        ("rollup.reopen", state),
    ]


def test_a_level_above_need_not_wait_for_those_below_but_says_which_are_not_final(client: TestClient) -> None:
    register(client, "64", None, level="province", report_scope="aggregate")
    for code, town in ((COUNTY, TOWN), ("640324", "640324101")):
        register(client, code, "64", level="county", report_scope="aggregate")
        register(client, town, code)
        file_report(client, town, title=TITLE.format(agency=town, year=YEAR))
        accept_report(client, town)
    assert finalise(client).status_code == 201
    made = client.post(f"{API}/rollups/64/{YEAR}/finalisation", json={})
    assert made.status_code == 201, made.text
    assert [each["code"] for each in made.json()["children_not_final"]] == ["640324"]


def test_sources_are_listed_page_by_page(county: TestClient) -> None:
    final = finalise(county).json()
    first = county.get(f"{AT}/finalisations/1/sources", params={"limit": 1}).json()
    cursor = first["page"]["next"]
    rest = county.get(f"{AT}/finalisations/1/sources", params={"cursor": cursor}).json()
    assert first["items"] + rest["items"] == final["sources"]
    assert (first["total"], rest["page"]["next"]) == (2, None)
    assert_problem(county.get(f"{AT}/finalisations/2/sources"), 404, "not-found")


# Several at once


def test_of_many_who_make_it_final_at_once_one_does(county: TestClient) -> None:
    answers = at_once(lambda _: finalise(county), 6)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    for answer in answers:
        if answer.status_code == 409:
            assert assert_problem(answer, 409, "wrong-state")["number"] == 1
    assert len(county.get(f"{AT}/finalisations").json()["items"]) == 1


def test_what_changes_at_that_moment_is_in_it_or_is_not_but_never_half(
    county: TestClient, app: FastAPI
) -> None:
    """A report is returned, corrected, moved and made final at once: the sum is that of its sources."""
    for town in (TOWN, OTHER):
        take(county, "publish", town)
    known = based_on(county.get(f"{API}/agencies/{OTHER}"))

    def act(one: int) -> Response:
        if one == 0:
            return finalise(county)
        if one == 1:
            return county.put(f"{API}/agencies/{OTHER}", json=an_agency(OTHER, None), headers=known)
        body = {"action": "revise", "reason": "更正"}
        return county.post(address(rest="/transitions"), json=body)

    answers = at_once(act, 3)
    assert [answer.status_code for answer in answers] == [201, 200, 200], [each.text for each in answers]
    final = answers[0].json()
    per_unit = a_sound_report()["disclosure.licensing.decisions"] or 0
    assert decided(final["totals"]) == per_unit * len(final["sources"])
    with app.state.database.reading() as session:
        assert list(find_contradictions(session)) == []


# What the database keeps


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE finalisation SET content = '{}'",
        "UPDATE finalisation SET reopened_by = 'x'",
        "DELETE FROM finalisation",
    ],
)
def test_the_database_itself_lets_nobody_change_one(county: TestClient, app: FastAPI, statement: str) -> None:
    finalise(county)
    assert county.post(f"{AT}/finalisation/reopening", json=WHY).status_code == 200
    with (
        pytest.raises(IntegrityError, match="history can not be changed"),
        app.state.database.writing() as session,
    ):
        session.execute(text(statement))


def test_a_forged_total_is_found(county: TestClient, app: FastAPI) -> None:
    finalise(county)
    with app.state.database.writing() as session, without_guards(session):
        content = session.execute(select(FINALISATION.c.content)).scalar_one()
        forged = json.loads(content)
        forged["totals"]["disclosure.licensing.decisions"] += 1
        session.execute(update(FINALISATION).values(content=json.dumps(forged)))
    with app.state.database.reading() as session:
        told = [each.fault for each in find_contradictions(session)]
    assert told == ["第 1 次定稿的内容与摘要不符", "第 1 次定稿的合计不是所计入的各版之和"]


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**16))
def test_no_later_write_changes_what_was_made_final(county: TestClient, app: FastAPI, seed: int) -> None:
    if county.get(AT).json()["status"] == "provisional":
        assert finalise(county).status_code == 201
    kept = county.get(f"{AT}/finalisations").json()["items"][0]
    chance = Random(seed)
    for _ in range(3):
        town = chance.choice((TOWN, OTHER))
        chance.choice((_correct_some, _move_about, _adjust_some))(county, town, chance)
    now = county.get(f"{AT}/finalisations").json()["items"][0]
    assert now == kept
    differences = county.get(f"{AT}/finalisation").json()["differences"]
    live = county.get(AT, params={"basis": "accepted"}).json()
    moved = {each["cell"]: each["now"] for each in differences["cells"]}
    for code, value in _flat(kept["adjusted_totals"]).items():
        assert moved.get(code, value) == _flat(live["adjusted_totals"])[code]
    with app.state.database.reading() as session:
        assert list(find_contradictions(session)) == []


def _flat(totals: dict[str, Any]) -> dict[str, Any]:
    return {code: totals[(path := code.split("."))[0]][path[1]][path[2]] for code in FORM.cells}


def _correct_some(client: TestClient, town: str, chance: Random) -> None:
    if client.get(address(town)).json()["status"] == "published":
        client.post(address(town, rest="/transitions"), json={"action": "revise", "reason": "更正"})
        change = {"disclosure": {"licensing": {"decisions": chance.randint(0, 99)}}}
        client.patch(address(town), json=change, headers=based_on(client.get(address(town))))
        for action in ("submit", "accept", "publish"):
            take(client, action, town)
    else:
        correct(client, town, chance.randint(0, 99))


def _move_about(client: TestClient, town: str, chance: Random) -> None:
    agency = client.get(f"{API}/agencies/{town}")
    moved = an_agency(town, chance.choice((COUNTY, None)))
    answer = client.put(f"{API}/agencies/{town}", json=moved, headers=based_on(agency))
    assert answer.status_code == 200, answer.text


def _adjust_some(client: TestClient, town: str, chance: Random) -> None:
    body = {
        **ADJUSTMENT,
        "lines": [{"cell": "disclosure.licensing.decisions", "amount": chance.randint(1, 9)}],
    }
    answer = client.post(f"{API}/rollups/{town}/{YEAR}/adjustments", json=body)
    assert answer.status_code == 201, answer.text
