"""A year's reports on today's tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api import API, COUNTY, assert_problem, file_report, register
from tests.builders import a_sound_report

if TYPE_CHECKING:
    from starlette.testclient import TestClient

OTHER = "640324"
A, B, C, D, FAR, NEW = "640323101", "640323102", "640323103", "640323104", "640324101", "640323109"
YEAR = 2022
CELL = "disclosure.licensing.decisions"
FIGURES = {A: 1, B: 20, C: 300, D: 4000, FAR: 50000}
A_NEW = {"code": NEW, "name": f"机关{NEW}", "level": "prefecture", "kind": "government", "parent": COUNTY}


@pytest.fixture
def tree(client: TestClient) -> TestClient:
    """Return a client of a service with two counties, and towns whose figures tell them apart."""
    for county in (COUNTY, OTHER):
        register(client, county, None, level="county", report_scope="aggregate")
    for town, figure in FIGURES.items():
        register(client, town, OTHER if town == FAR else COUNTY)
        file_report(client, town, YEAR, values=a_sound_report(**{CELL: figure}))
    return client


def reorganise(client: TestClient, operation: str, day: str = "2024-07-01", **members: Any) -> None:  # noqa: ANN401
    body = {"operation": operation, "effective_on": day, "document": "盐政发〔2024〕1号", **members}
    answer = client.post(f"{API}/reorganisations", json=body)
    assert answer.status_code == 201, answer.text


def rolled(client: TestClient, code: str, tree: str) -> dict[str, Any]:
    answer = client.get(f"{API}/rollups/{code}/{YEAR}", params={"tree": tree, "group": "kind"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def figure(told: dict[str, Any]) -> int | None:
    total: int | None = told["totals"]["disclosure"]["licensing"]["decisions"]
    if told["parts"]:
        assert told["parts"]["government"]["totals"] == told["totals"]
    return total


def codes(told: dict[str, Any], state: str) -> list[str]:
    return [each["code"] for each in told["coverage"][state]]


def test_without_reorganisations_both_trees_say_the_same(tree: TestClient) -> None:
    then, now = rolled(tree, COUNTY, "year"), rolled(tree, COUNTY, "current")
    # adjustments are of the year's tree
    assert (then.pop("adjusted_totals"), now.pop("adjusted_totals")) == (then["totals"], None)
    assert {**then, "as_of": None} == {**now, "as_of": None}


def test_a_report_follows_its_body_and_whoever_goes_on_with_it(tree: TestClient) -> None:
    reorganise(tree, "merge", agencies=[A, B], into=B)
    reorganise(tree, "merge", "2024-08-01", agencies=[B, C], into=A_NEW)
    reorganise(tree, "move", "2024-09-01", agency=NEW, parent=OTHER)
    assert [figure(rolled(tree, code, "year")) for code in (COUNTY, OTHER)] == [4321, 50000]
    assert [figure(rolled(tree, code, "current")) for code in (COUNTY, OTHER)] == [4000, 50321]
    told = rolled(tree, NEW, "current")
    assert (figure(told), told["counts"]["expected"]) == (321, 3)
    reasons = {each["code"]: each["reason"] for each in told["coverage"]["included"]}
    assert reasons == {A: f"已并入“机关{B}”", B: f"已并入“机关{NEW}”", C: f"已并入“机关{NEW}”"}
    assert_problem(tree.get(f"{API}/rollups/{NEW}/{YEAR}"), 404, "not-found")
    gone = tree.get(f"{API}/rollups/{A}/{YEAR}", params={"tree": "current"})
    assert_problem(gone, 404, "not-found")


def test_what_nobody_goes_on_with_is_named_and_not_added(tree: TestClient) -> None:
    reorganise(tree, "split", agency=A, keeps=False, into=[C, A_NEW])
    reorganise(tree, "dissolve", agency=B)
    told = rolled(tree, COUNTY, "current")
    assert figure(told) == 4300
    assert codes(told, "unallocated") == [A, B]
    assert codes(told, "included") == [C, D]
    assert told["counts"]["expected"] == 4
    assert told["warnings"] == [
        f"“机关{A}”已拆分，它的数分不到哪一个机关，没有计入",
        f"“机关{B}”已撤销，没有承接的机关，没有计入",
    ]
    listed = tree.get(
        f"{API}/rollups/{COUNTY}/{YEAR}/coverage", params={"tree": "current", "state": "unallocated"}
    )
    assert [each["code"] for each in listed.json()["items"]] == [A, B]
    assert rolled(tree, COUNTY, "year")["counts"]["unallocated"] == 0


def test_a_body_that_was_split_and_stands_keeps_its_report(tree: TestClient) -> None:
    reorganise(tree, "split", agency=A, keeps=True, into=[A_NEW])
    assert figure(rolled(tree, COUNTY, "current")) == 4321
    assert codes(rolled(tree, NEW, "current"), "expected") == []


# The parts


def part_of(client: TestClient, code: str, what: str, **query: object) -> dict[str, Any]:
    asked: dict[str, Any] = {"tree": "current", **query}
    answer = client.get(f"{API}/rollups/{code}/{YEAR}/{what}", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def rows_of(told: dict[str, Any]) -> dict[str, tuple[int | None, int, int]]:
    return {row["agency"]: (row["cells"][CELL], row["included"], row["expected"]) for row in told["items"]}


def test_without_reorganisations_the_parts_are_the_same_on_both_trees(tree: TestClient) -> None:
    for what in ("children", f"cells/{CELL}", f"rankings?cell={CELL}"):
        then, now = (
            tree.get(f"{API}/rollups/{COUNTY}/{YEAR}/{what}{'&' if '?' in what else '?'}tree={each}").json()
            for each in ("year", "current")
        )
        for item in then["items"]:
            if what == "children":
                assert item.pop("is_final") is False
        for item in now["items"]:
            if what == "children":
                assert item.pop("is_final") is None
        assert then == now


def test_the_next_level_has_the_reports_of_whoever_was_merged_into_it_and_adds_up(tree: TestClient) -> None:
    reorganise(tree, "merge", agencies=[A, B], into=B)
    reorganise(tree, "merge", "2024-08-01", agencies=[B, C], into=A_NEW)
    told = part_of(tree, COUNTY, "children", cells=CELL)
    assert rows_of(told) == {D: (4000, 1, 1), NEW: (321, 3, 3)}
    assert sum(row["cells"][CELL] for row in told["items"]) == figure(rolled(tree, COUNTY, "current"))
    assert {row["agency"]: row["name"] for row in told["items"]}[NEW] == f"机关{NEW}"
    # one may be sorted by a cell, and gone through page by page
    first = part_of(tree, COUNTY, "children", cells=CELL, sort=CELL, limit=1)
    second = part_of(tree, COUNTY, "children", cells=CELL, sort=CELL, limit=1, cursor=first["page"]["next"])
    assert [row["agency"] for page in (first, second) for row in page["items"]] == [NEW, D]


def test_what_nobody_goes_on_with_is_expected_and_not_in_the_next_level_s_sums(tree: TestClient) -> None:
    reorganise(tree, "split", agency=A, keeps=False, into=[C, A_NEW])
    reorganise(tree, "dissolve", agency=B)
    rows = rows_of(part_of(tree, COUNTY, "children", cells=CELL))
    assert {code: (value, included) for code, (value, included, _) in rows.items()} == {
        B: (None, 0),
        C: (300, 1),
        D: (4000, 1),
        NEW: (None, 0),
    }
    assert sum(expected for _, _, expected in rows.values()) == 4


def test_a_cell_and_a_ranking_follow_today_s_tree_too(tree: TestClient) -> None:
    reorganise(tree, "move", agency=FAR, parent=COUNTY)
    told = part_of(tree, COUNTY, f"cells/{CELL}", limit=2)
    assert (told["sum"], told["included"], [each["agency"] for each in told["items"]]) == (54321, 5, [FAR, D])
    rest = part_of(tree, COUNTY, f"cells/{CELL}", limit=5, cursor=told["page"]["next"])
    assert [each["agency"] for each in rest["items"]] == [C, B, A]
    ranked = part_of(tree, COUNTY, "rankings", cell=CELL)
    assert [each["agency"] for each in ranked["items"]] == [FAR, D, C, B, A]
    by_child = part_of(tree, COUNTY, "rankings", cell=CELL, of="children")
    assert [each["value"] for each in by_child["items"]] == [50000, 4000, 300, 20, 1]
    gone = tree.get(f"{API}/rollups/{OTHER}/{YEAR}/cells/{CELL}", params={"tree": "current"}).json()
    assert (gone["sum"], gone["items"]) == (None, [])


def test_whoever_came_from_elsewhere_is_excused_as_it_was_there(tree: TestClient) -> None:
    register(tree, "640324102", OTHER)
    assert tree.put(f"{API}/collections/{OTHER}/{YEAR}", json={"dates": {}}).status_code == 201
    body = {"agency": "640324102", "kind": "excuse", "reason": "机构新近撤并，当年没有业务"}
    given = tree.post(f"{API}/collections/{OTHER}/{YEAR}/exceptions", json=body)
    assert given.status_code == 201, given.text
    reorganise(tree, "move", agency="640324102", parent=COUNTY)
    assert codes(rolled(tree, COUNTY, "current"), "excused") == ["640324102"]
    rows = {row["agency"]: row["excused"] for row in part_of(tree, COUNTY, "children", cells=CELL)["items"]}
    assert rows["640324102"] == 1
    assert codes(rolled(tree, OTHER, "year"), "excused") == ["640324102"]
    assert codes(rolled(tree, OTHER, "current"), "excused") == []
    # whoever was dissolved is nobody's to excuse
    reorganise(tree, "dissolve", "2024-08-01", agency="640324102")
    assert codes(rolled(tree, COUNTY, "current"), "excused") == []


def test_whoever_was_merged_into_the_top_is_in_its_own_row(tree: TestClient) -> None:
    register(tree, NEW, A)
    file_report(tree, NEW, YEAR, values=a_sound_report(**{CELL: 600000}))
    reorganise(tree, "merge", agencies=[A, NEW], into=A)
    told = part_of(tree, A, "children", cells=CELL)
    assert [(row["agency"], row["is_own"]) for row in told["items"]] == [(A, True)]
    assert rows_of(told) == {A: (600001, 2, 2)}


def test_bodies_are_called_as_they_are_today(tree: TestClient) -> None:
    reorganise(tree, "rename", agency=A, name="盐池县花马池镇人民政府")
    for what in ("children", f"cells/{CELL}", f"rankings?cell={CELL}"):
        told = tree.get(f"{API}/rollups/{COUNTY}/{YEAR}/{what}{'&' if '?' in what else '?'}tree=current")
        names = {each["agency"]: each["name"] for each in told.json()["items"]}
        assert names[A] == "盐池县花马池镇人民政府"


def test_what_was_adjusted_belongs_to_the_tree_of_the_year(tree: TestClient) -> None:
    lines = [{"cell": CELL, "amount": 7}]
    body = {"lines": lines, "reason": "公布后发现漏记，已由镇里书面说明"}
    assert tree.post(f"{API}/rollups/{COUNTY}/{YEAR}/adjustments", json=body).status_code == 201
    told = part_of(tree, COUNTY, "children", cells=CELL)
    assert (told["other_adjustments"], part_of(tree, COUNTY, f"cells/{CELL}")["adjustments"]) == ({}, [])


def test_who_is_excused_is_told_on_today_s_tree(tree: TestClient) -> None:
    register(tree, "640323105", COUNTY)
    assert tree.put(f"{API}/collections/{COUNTY}/{YEAR}", json={"dates": {}}).status_code == 201
    body = {"agency": "640323105", "kind": "excuse", "reason": "机构新近撤并，当年没有业务"}
    given = tree.post(f"{API}/collections/{COUNTY}/{YEAR}/exceptions", json=body)
    assert given.status_code == 201, given.text
    told = part_of(tree, COUNTY, "children", cells=CELL)
    assert {row["agency"]: row["excused"] for row in told["items"]} == dict.fromkeys((A, B, C, D), 0) | {
        "640323105": 1
    }
