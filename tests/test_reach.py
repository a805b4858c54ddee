"""What a county's people reach: their own part of the tree, as it stands and as it stood, and no other."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select, update

from app.domain.roles import Right, Role
from app.storage.models import AGENCY, PLACEMENT
from tests.api import API, COUNTY, TOWN, address, an_agency, assert_problem, faults, file_report
from tests.county import AT, CALLERS, HELD, PROVINCE, REACHED, SIBLING, SIBLINGS_TOWN, TREE, plant_tree
from tests.desk import WHOLE_TREE, bearer

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI
    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.storage.engine import Database

MOVED_ON = date(2023, 1, 1)
WITHIN = {COUNTY, TOWN}
"""Of the agencies that have reports and tokens here, those that the county's people reach."""


@pytest.fixture
def planting() -> Callable[[TestClient, Database], None]:
    return plant_reports


def plant_reports(client: TestClient, database: Database) -> None:
    """Plant the tree with a report of 2021 and 2022 for some."""
    plant_tree(client, database)
    for code in (*AT.values(), SIBLINGS_TOWN):
        for year in (2021, 2022):
            file_report(client, code, year, draft=True)


@pytest.fixture
def county(client: TestClient) -> TestClient:
    """Return a client of a service that begins with the tree and the reports."""
    return client


def with_right(right: Right) -> list[Role]:
    return [role for role in Role if right in role.rights]


def get(client: TestClient, role: Role, path: str, **params: str | int) -> Any:  # noqa: ANN401 - any JSON
    answer = client.get(f"{API}{path}", params=params, headers=bearer(CALLERS[role]))
    assert answer.status_code == 200, answer.text
    return answer.json()


def items_of(client: TestClient, role: Role, path: str, **params: str | int) -> list[dict[str, Any]]:
    """Return a list that is shorter than 200."""
    items: list[dict[str, Any]] = get(client, role, path, **params, limit=200)["items"]
    return items


@pytest.mark.parametrize("role", Role)
def test_lists_of_agencies_show_what_is_reached_and_nothing_else(county: TestClient, role: Role) -> None:
    assert {item["code"] for item in items_of(county, role, "/agencies")} == REACHED
    assert {item["code"] for item in items_of(county, role, "/agencies", q="机关")} == REACHED
    assert items_of(county, role, "/agencies", q=PROVINCE, level="province") == []


@pytest.mark.parametrize("role", Role)
def test_lists_of_reports_show_what_is_reached_and_nothing_else(county: TestClient, role: Role) -> None:
    for params in ({}, {"year": 2022}, {"status": "draft"}, {"under": COUNTY, "year": 2022}):
        assert {item["agency"] for item in items_of(county, role, "/reports", **params)} == WITHIN
    for beyond in (PROVINCE, SIBLING, SIBLINGS_TOWN, "no-such-agency"):
        answer = county.get(f"{API}/reports", params={"under": beyond}, headers=bearer(CALLERS[role]))
        assert_problem(answer, 404, "not-found")


@pytest.mark.parametrize("role", with_right(Right.MANAGE_TOKENS))
def test_lists_of_tokens_show_what_is_reached_and_nothing_else(county: TestClient, role: Role) -> None:
    shown = items_of(county, role, "/tokens")
    assert {item["agency"] for item in shown} == WITHIN
    expected = {secret.id for secret in CALLERS.values()} | {HELD[code].id for code in WITHIN}
    assert {item["id"] for item in shown} == expected
    assert not {secret.id for secret in WHOLE_TREE.values()} & expected


@pytest.mark.parametrize("role", with_right(Right.READ_AUDIT))
def test_the_audit_trail_shows_what_is_reached_and_nothing_else(county: TestClient, role: Role) -> None:
    shown = items_of(county, role, "/audit")
    assert {item["agency"] for item in shown} == REACHED
    for beyond in (PROVINCE, SIBLING, SIBLINGS_TOWN):
        assert items_of(county, role, "/audit", agency=beyond) == []
    chains = get(county, role, "/audit/verification")["chains"]
    assert [chain["chain"] for chain in chains] == [COUNTY]


@pytest.mark.parametrize("role", Role)
def test_a_total_holds_and_names_nothing_from_beyond_its_subtree(county: TestClient, role: Role) -> None:
    covered = items_of(county, role, f"/rollups/{COUNTY}/2022/coverage")
    assert {item["code"] for item in covered} == REACHED
    for beyond in (PROVINCE, SIBLING, SIBLINGS_TOWN):
        answer = county.get(f"{API}/rollups/{beyond}/2022", headers=bearer(CALLERS[role]))
        assert_problem(answer, 404, "not-found")


def move_to_the_sibling(database: Database, code: str) -> None:
    """Let an agency stand below the county until the last day of 2022, and below the sibling from then on."""
    key = select(AGENCY.c.id)
    town, sibling = (key.where(AGENCY.c.code == each).scalar_subquery() for each in (code, SIBLING))
    with database.writing() as session:
        session.execute(update(PLACEMENT).where(PLACEMENT.c.agency_id == town).values(valid_to=MOVED_ON))
        session.execute(
            insert(PLACEMENT).values(agency_id=town, parent_id=sibling, valid_from=MOVED_ON, valid_to=None)
        )


@pytest.mark.parametrize("role", Role)
def test_a_former_county_reaches_a_towns_reports_of_its_own_time_and_no_later_ones(
    county: TestClient, app: FastAPI, role: Role
) -> None:
    move_to_the_sibling(app.state.database, TOWN)
    file_report(county, TOWN, 2023, draft=True)

    def status(path: str) -> int:
        return county.get(path, headers=bearer(CALLERS[role])).status_code

    assert [status(address(TOWN, year)) for year in (2021, 2022, 2023)] == [200, 200, 404]
    assert [status(f"{API}/rollups/{TOWN}/{year}") for year in (2022, 2023)] == [200, 404]
    assert status(f"{API}/agencies/{TOWN}") == 404
    assert {item["agency"] for item in items_of(county, role, "/reports", year=2022)} == WITHIN
    assert items_of(county, role, "/reports", year=2023) == []
    assert TOWN not in {item["agency"] for item in items_of(county, role, "/reports")}
    assert TOWN not in {item["code"] for item in items_of(county, role, "/agencies")}
    covered = {year: items_of(county, role, f"/rollups/{COUNTY}/{year}/coverage") for year in (2022, 2023)}
    assert {year: TOWN in {it["code"] for it in items} for year, items in covered.items()} == {
        2022: True,
        2023: False,
    }


def test_the_county_that_a_town_has_moved_to_reaches_all_of_its_reports(
    county: TestClient, app: FastAPI
) -> None:
    move_to_the_sibling(app.state.database, TOWN)
    file_report(county, TOWN, 2023, draft=True)
    caller = bearer(HELD[SIBLING])
    assert [county.get(address(TOWN, year), headers=caller).status_code for year in (2021, 2022, 2023)] == [
        200
    ] * 3


def issue(client: TestClient, **members: object) -> Response:
    body = {"holder": "张三", "role": "administrator", "agency": COUNTY, **members}
    return client.post(f"{API}/tokens", json=body, headers=bearer(CALLERS[Role.ADMINISTRATOR]))


def test_an_administrator_issues_tokens_for_their_own_part_of_the_tree_only(county: TestClient) -> None:
    for code in (PROVINCE, SIBLING, SIBLINGS_TOWN, "no-such-agency"):
        problem = assert_problem(issue(county, agency=code), 422, "invalid-request")
        assert faults(problem) == {"/agency": f"没有代码为“{code}”的机关"}
    assert_problem(issue(county, agency=None), 403, "forbidden")
    for code in REACHED:
        assert issue(county, agency=code).status_code == 201


def test_a_token_that_was_issued_reaches_no_further_than_whoever_issued_it(county: TestClient) -> None:
    for role in Role:
        caller = bearer(issue(county, role=role.value, agency=TOWN).json()["token"])
        reached = county.get(f"{API}/agencies", headers=caller).json()["items"]
        assert [item["code"] for item in reached] == [TOWN]
        assert {right["name"] for right in county.get(f"{API}/me", headers=caller).json()["rights"]} == {
            right.value for right in role.rights
        }


@pytest.mark.parametrize("role", [role for role in Role if Right.MANAGE_TOKENS not in role.rights])
def test_whoever_manages_no_tokens_changes_only_their_own_and_it_stays_the_same(
    county: TestClient, role: Role
) -> None:
    own, caller = CALLERS[role], bearer(CALLERS[role])
    assert_problem(county.get(f"{API}/tokens", headers=caller), 403, "forbidden")
    assert_problem(
        county.post(f"{API}/tokens/{HELD[TOWN].id}/rotation", json={}, headers=caller), 403, "forbidden"
    )
    assert_problem(county.delete(f"{API}/tokens/{HELD[TOWN].id}", headers=caller), 403, "forbidden")
    rotated = county.post(f"{API}/tokens/{own.id}/rotation", json={}, headers=caller)
    assert rotated.status_code == 201, rotated.text
    assert (rotated.json()["role"], rotated.json()["agency"]) == (role.value, COUNTY)
    assert county.delete(f"{API}/tokens/{own.id}", headers=caller).status_code == 204
    assert_problem(county.get(f"{API}/me", headers=caller), 401, "unauthenticated")


def test_nobody_lifts_their_own_agency_out_of_the_part_above_it(county: TestClient) -> None:
    place = next(place for place in TREE if place.code == COUNTY)
    headers = {**bearer(CALLERS[Role.ADMINISTRATOR]), "If-Match": "*"}
    for parent, status in ((None, 403), (SIBLING, 422), (TOWN, 422)):
        body = an_agency(COUNTY, parent, level=place.level)
        answer = county.put(f"{API}/agencies/{COUNTY}", json=body, headers=headers)
        assert answer.status_code == status, answer.text
    top = county.post(f"{API}/agencies", json=an_agency("new", None), headers=headers)
    assert_problem(top, 403, "forbidden")


@pytest.mark.parametrize("role", [role for role in Role if Right.MANAGE_AGENCIES not in role.rights])
def test_whoever_may_register_nothing_cannot_find_out_which_agencies_there_are(
    county: TestClient, role: Role
) -> None:
    for code in (PROVINCE, SIBLING, "no-such-agency"):
        body = an_agency(code, COUNTY)
        answer = county.put(f"{API}/agencies/{code}", json=body, headers=bearer(CALLERS[role]))
        problem = assert_problem(answer, 404, "not-found")
        assert problem["detail"] == f"没有代码为“{code}”的机关"
