"""Reorganisations over HTTP: what they change, what they refuse, and that what was before stays as it was."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from app.services.integrity import find_contradictions
from app.services.rechecking import reports_to_recheck
from tests.api import (
    API,
    COUNTY,
    accept_report,
    address,
    an_agency,
    assert_problem,
    based_on,
    faults,
    file_report,
    register,
)
from tests.desk import bearer

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI
    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.storage.engine import Database

PROVINCE, OTHER_COUNTY = "64", "640324"
A, B, C, VILLAGE, FAR = "640323101", "640323102", "640323103", "640323101-1", "640324101"
EVERYBODY = (PROVINCE, COUNTY, OTHER_COUNTY, A, B, C, VILLAGE, FAR)
DAY, DOCUMENT = "2024-07-01", "盐政发〔2024〕12号"
BEFORE, SINCE = (2023,), (2024, 2025)
NEW = {"code": "640323109", "name": "新设镇人民政府", "level": "prefecture", "kind": "government"}


@pytest.fixture
def planting(request: pytest.FixtureRequest) -> Callable[[TestClient, Database], None]:
    return plant_tree if "tree" in request.fixturenames else plant_bodies


def plant_bodies(client: TestClient, _database: Database) -> None:
    """Register two counties, towns and a village."""
    register(client, PROVINCE, None, level="province", report_scope="aggregate")
    for county in (COUNTY, OTHER_COUNTY):
        register(client, county, PROVINCE, level="county", report_scope="aggregate")
    for town in (A, B, C):
        register(client, town, COUNTY)
    register(client, FAR, OTHER_COUNTY)
    register(client, VILLAGE, A)


def plant_tree(client: TestClient, database: Database) -> None:
    """Register them, with reports of three years."""
    plant_bodies(client, database)
    for agency in (A, B, C, VILLAGE, FAR):
        for year in (*BEFORE, *SINCE):
            file_report(client, agency, year)


@pytest.fixture
def bare(client: TestClient) -> TestClient:
    """Return a client of a service with two counties, towns and a village."""
    return client


@pytest.fixture
def tree(client: TestClient) -> TestClient:
    """Return a client of such a service with reports of three years."""
    return client


def reorganise(client: TestClient, operation: str, **members: Any) -> Response:  # noqa: ANN401 - any JSON
    """Ask for a reorganisation; *trial* doesn't keep it."""
    trial = members.pop("trial", False)
    body = {"operation": operation, "effective_on": DAY, "document": DOCUMENT, **members}
    return client.post(f"{API}/reorganisations", json=body, params={"dry_run": trial})


def done(client: TestClient, operation: str, **members: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Do a reorganisation and return the answer."""
    answer = reorganise(client, operation, **members)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


OPERATIONS: dict[str, dict[str, Any]] = {
    "rename": {"operation": "rename", "agency": A, "name": "大水坑街道办事处"},
    "move": {"operation": "move", "agency": A, "parent": OTHER_COUNTY},
    "merge into one of them": {"operation": "merge", "agencies": [A, B], "into": B},
    "merge into another": {"operation": "merge", "agencies": [A, B], "into": C},
    "merge into a new one": {"operation": "merge", "agencies": [A, B], "into": {**NEW, "parent": COUNTY}},
    "split": {"operation": "split", "agency": B, "keeps": False, "into": [C, {**NEW, "parent": COUNTY}]},
    "split off": {"operation": "split", "agency": A, "keeps": True, "into": [{**NEW, "parent": COUNTY}]},
    "dissolve": {"operation": "dissolve", "agency": B},
    "establish": {"operation": "establish", "body": {**NEW, "parent": COUNTY}},
}


def get(client: TestClient, path: str) -> tuple[Any, ...]:
    """Return all of an answer that could tell a change."""
    answer = client.get(f"{API}{path}")
    body = answer.json() if answer.headers["content-type"] == "application/json" else None
    if isinstance(body, dict):
        body.pop("as_of", None)
    return answer.status_code, answer.headers.get("etag"), body


def seen_of(client: TestClient, years: tuple[int, ...]) -> dict[str, tuple[Any, ...]]:
    """Return what is told of some years, by address: roll-ups, their units and marks, reports, subtrees."""
    paths = [f"/agencies/{PROVINCE}/subtree?as_of={year}-12-31" for year in years]
    for code in (PROVINCE, COUNTY, A):
        for year in years:
            paths += [f"/rollups/{code}/{year}{rest}" for rest in ("", "?group=level", "/coverage")]
            paths += [f"/reports/{code}/{year}", f"/reports?year={year}&under={code}"]
    paths += [f"/rollups/{COUNTY}/{years[-1]}/export", f"/reports/{A}/{years[-1]}/export"]
    return {path: get(client, path) for path in paths}


def included(client: TestClient, code: str, year: int) -> list[str]:
    """Return whose reports a roll-up adds."""
    answer = client.get(f"{API}/rollups/{code}/{year}")
    return [source["agency"] for source in answer.json()["sources"]] if answer.is_success else []


def expect_sound(app: FastAPI) -> None:
    """Hold everything that is kept twice to be the same."""
    with app.state.database.reading() as session:
        assert list(find_contradictions(session)) == []


def told_without_moment(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in ("recorded_at", "id")}


def figures_of(client: TestClient, years: tuple[int, ...]) -> dict[tuple[str, int], Any]:
    """Return what each body's roll-up of each year says, but for the marks of its sources."""
    found = {}
    for code in EVERYBODY:
        for year in years:
            status, _, body = get(client, f"/rollups/{code}/{year}")
            found[code, year] = status, {n: v for n, v in (body or {}).items() if n != "sources"}
    return found


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_was_before_is_as_it_was_byte_for_byte_and_what_is_other_was_named(
    tree: TestClient, app: FastAPI, name: str
) -> None:
    before, figures = seen_of(tree, BEFORE), figures_of(tree, SINCE)
    tried = done(tree, **OPERATIONS[name], trial=True)
    assert figures_of(tree, SINCE) == figures
    assert tree.get(f"{API}/reorganisations").json()["items"] == []
    told = done(tree, **OPERATIONS[name])
    assert told_without_moment(tried) == told_without_moment(told)
    assert seen_of(tree, BEFORE) == before
    others = {key for key, figure in figures_of(tree, SINCE).items() if figure != figures[key]}
    named = {(each["agency"], year) for each in told["affected"] for year in each["years"]}
    assert others == named & figures.keys()
    expect_sound(app)


def test_a_renamed_body_bears_the_name_of_the_day(tree: TestClient) -> None:
    done(tree, "rename", agency=A, name="大水坑街道办事处", division_code="640323001")
    assert tree.get(f"{API}/agencies/{A}").json()["name"] == "大水坑街道办事处"
    for day, name, division in (
        ("2024-06-30", f"机关{A}", None),
        (DAY, "大水坑街道办事处", "640323001"),
    ):
        shown = tree.get(f"{API}/agencies/{A}", params={"as_of": day}).json()
        assert (shown["name"], shown["division_code"]) == (name, division)
        subtree = tree.get(f"{API}/agencies/{COUNTY}/subtree", params={"as_of": day}).json()["items"]
        assert [(each["name"], each["division_code"]) for each in subtree if each["code"] == A] == [
            (name, division)
        ]
    names = {
        year: [each["name"] for each in rolled["coverage"]["included"] if each["code"] == A]
        for year in (2023, 2024)
        for rolled in [tree.get(f"{API}/rollups/{COUNTY}/{year}").json()]
    }
    assert names == {2023: [f"机关{A}"], 2024: ["大水坑街道办事处"]}
    listed = tree.get(f"{API}/reports", params={"under": A, "year": 2023}).json()["items"]
    assert listed[0]["name"] == f"机关{A}"


LAST = BEFORE[-1]
CELL = "disclosure.licensing.decisions"
OF_A_YEAR = (
    f"/rollups/{COUNTY}/{{year}}/children?cells={CELL}",
    f"/rollups/{COUNTY}/{{year}}/cells/{CELL}",
    f"/rollups/{COUNTY}/{{year}}/rankings?cell={CELL}",
    f"/rollups/{COUNTY}/{{year}}/adjustments",
    f"/rollups/{COUNTY}/{{year}}/finalisation",
    f"/rollups/{COUNTY}/{{year}}/finalisations",
    f"/collections/{COUNTY}/{{year}}",
    f"/collections/{COUNTY}/{{year}}/progress",
    f"/collections/{COUNTY}/{{year}}/progress?by=children",
    f"/comparisons?left_agency={A}&left_year={{year}}&right_agency={B}&right_year={{year}}",
    f"/reports?year={{year}}&under={COUNTY}",
)


def told_of(client: TestClient, year: int) -> dict[str, str]:
    """Return what is told of a year, by address, but for moments and marks."""
    answers = {path: client.get(f"{API}{path.format(year=year)}") for path in OF_A_YEAR}
    assert {path: answer.status_code for path, answer in answers.items() if not answer.is_success} == {}
    moment = re.compile('"(as_of|next)":"[^"]*"')
    return {path: moment.sub("", answer.text) for path, answer in answers.items()}


def test_all_that_is_told_of_a_year_has_the_names_of_that_year(bare: TestClient) -> None:
    for code in (A, B, C, VILLAGE):
        for year in (LAST, SINCE[0]):
            file_report(bare, code, year)
            accept_report(bare, code, year)
    for year in (LAST, SINCE[0]):
        at = f"{API}/rollups/{COUNTY}/{year}"
        body = {"lines": [{"cell": CELL, "amount": 1}], "reason": "公布后发现漏记，已由镇里书面说明"}
        assert bare.post(f"{at}/adjustments", json=body).status_code == 201
        assert bare.put(f"{API}/collections/{COUNTY}/{year}", json={"dates": {}}).status_code == 201
        assert bare.post(f"{at}/finalisation", json={}).status_code == 201
    # with the first change of the tree it is frozen who owes a report
    done(bare, "rename", agency=C, name="盐池县惠安堡镇人民政府")
    before, since = told_of(bare, LAST), told_of(bare, SINCE[0])
    done(bare, "rename", agency=A, name="大水坑街道办事处")
    done(bare, "rename", agency=COUNTY, name="盐池市人民政府")
    assert told_of(bare, LAST) == before
    # of the year itself it is the new one, but in what is kept of a final total
    for path, told in told_of(bare, SINCE[0]).items():
        assert told != since[path] or "finalisation" in path
        assert f'"机关{A}"' not in told or "finalisation" in path
        assert f'"机关{COUNTY}"' not in told or "finalisation" in path


def test_a_title_with_the_former_name_is_right_for_a_former_year(tree: TestClient) -> None:
    done(tree, "rename", agency=A, name="大水坑街道办事处")

    def says_of_title(year: int) -> list[str]:
        found = tree.get(address(A, year, "/findings")).json()
        return [each["rule"] for each in found["items"] if each["rule"] == "R32"]

    assert [says_of_title(year) for year in (2023, 2024)] == [[], ["R32"]]
    told = tree.get(f"{API}/audit", params={"act": "report.rejudge", "agency": A}).json()["items"]
    assert {entry["year"] for entry in told} == {2024, 2025}


def test_a_body_is_found_by_a_name_that_it_had(bare: TestClient) -> None:
    done(bare, "rename", agency=A, name="大水坑街道办事处")
    for part in (f"机关{A}", "大水坑街道"):
        found = bare.get(f"{API}/agencies", params={"q": part}).json()["items"]
        assert A in [each["code"] for each in found]


def test_a_moved_body_counts_where_it_stands_with_all_below_it(tree: TestClient) -> None:
    done(tree, "move", agency=A, parent=OTHER_COUNTY)
    assert [A in included(tree, COUNTY, year) for year in (2023, 2024)] == [True, False]
    assert [VILLAGE in included(tree, OTHER_COUNTY, year) for year in (2023, 2024)] == [False, True]


def test_merged_bodies_bring_along_what_stands_below_them(tree: TestClient) -> None:
    told = done(tree, "merge", agencies=[A, B], into=C)
    assert [each["code"] for each in told["agencies"]] == sorted([A, B, C, VILLAGE])
    by_code = {each["code"]: each for each in told["agencies"]}
    assert by_code[A]["after"]["valid_to"] == DAY
    assert (by_code[VILLAGE]["before"]["parent"], by_code[VILLAGE]["after"]["parent"]) == (A, C)
    assert included(tree, COUNTY, 2023) == sorted([A, B, C, VILLAGE])
    assert included(tree, C, 2024) == [VILLAGE, C] if VILLAGE < C else [C, VILLAGE]


def test_reports_of_bodies_that_no_longer_stand_are_kept_and_count_nowhere(
    tree: TestClient, app: FastAPI
) -> None:
    told = done(tree, "merge", agencies=[A, B], into=B)
    uncounted = [(each["agency"], each["year"]) for each in told["uncounted"]]
    assert uncounted == [(A, 2024), (A, 2025)]
    assert tree.get(address(A, 2024)).status_code == 200
    assert A not in included(tree, PROVINCE, 2024)
    amended = tree.patch(
        address(A, 2024), json={"preface": "改过"}, headers=based_on(tree.get(address(A, 2024)))
    )
    assert amended.status_code == 200
    assert A not in included(tree, PROVINCE, 2024)
    expect_sound(app)
    # a correction above it doesn't stumble over it
    body = an_agency(COUNTY, PROVINCE, level="county", report_scope="aggregate", name="盐池县人民政府")
    known = based_on(tree.get(f"{API}/agencies/{COUNTY}"))
    assert tree.put(f"{API}/agencies/{COUNTY}", json=body, headers=known).status_code == 200
    expect_sound(app)


def test_a_county_goes_on_reaching_its_bodies_that_ended_and_their_reports(tree: TestClient) -> None:
    body = {"holder": "县里查阅员", "role": "reader", "agency": COUNTY}
    token = tree.post(f"{API}/tokens", json=body).json()["token"]
    done(tree, "merge", agencies=[A, FAR], into=FAR)
    shown = bearer(token)
    for path in (f"/agencies/{A}", f"/agencies/{A}/history", f"/reports/{A}/2024", f"/rollups/{A}/2023"):
        assert tree.get(f"{API}{path}", headers=shown).status_code == 200, path
    listed = tree.get(f"{API}/reports", params={"year": 2024}, headers=shown).json()["items"]
    assert A in [each["agency"] for each in listed]
    # what went along is another county's now, but for the years in which it stood here
    assert [tree.get(address(VILLAGE, year), headers=shown).status_code for year in (2023, 2024)] == [
        200,
        404,
    ]
    (told,) = tree.get(f"{API}/reorganisations", headers=shown).json()["items"]
    assert [each["code"] for each in told["agencies"]] == [A]


def test_what_counts_nowhere_is_judged_anew_like_all_others(tree: TestClient, app: FastAPI) -> None:
    done(tree, "merge", agencies=[A, B], into=B)
    with app.state.database.reading() as session:
        (everyone,) = reports_to_recheck(session, 2024, None)
        (county,) = reports_to_recheck(session, 2024, COUNTY)
    assert (len(everyone), len(county)) == (5, 3)


def test_nobody_files_for_a_year_in_which_the_body_no_longer_stood(bare: TestClient) -> None:
    done(bare, "dissolve", agency=B, effective_on="2026-01-01")
    answer = bare.put(address(B, 2026), params={"draft": True}, json={})
    assert_problem(answer, 422, "invalid-request")


def test_a_body_s_history_tells_names_places_and_kin(bare: TestClient) -> None:
    done(bare, "rename", agency=A, name="大水坑街道办事处", effective_on="2023-03-01")
    done(bare, "move", agency=A, parent=OTHER_COUNTY, effective_on="2023-09-01")
    done(bare, "merge", agencies=[A, FAR], into=FAR)
    told = bare.get(f"{API}/agencies/{A}/history").json()
    assert [(each["name"], each["since"], each["until"]) for each in told["names"]] == [
        (f"机关{A}", None, "2023-03-01"),
        ("大水坑街道办事处", "2023-03-01", None),
    ]
    assert [(each["parent"], each["valid_to"]) for each in told["placements"]] == [
        (COUNTY, "2023-09-01"),
        (OTHER_COUNTY, DAY),
    ]
    kin = {"agency": FAR, "name": f"机关{FAR}", "operation": "merge"}
    assert told["successors"] == [{**kin, "effective_on": DAY, "document": DOCUMENT}]
    assert told["predecessors"] == []
    assert [each["agency"] for each in bare.get(f"{API}/agencies/{FAR}/history").json()["predecessors"]] == [
        A
    ]


def test_reorganisations_are_listed_by_body_and_year_page_by_page(bare: TestClient) -> None:
    for number, year in enumerate((2021, 2022, 2023)):
        done(bare, "rename", agency=A, name=f"大水坑{number}", effective_on=f"{year}-03-01")
    done(bare, "dissolve", agency=B)

    def numbers(**asked: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - any parameter
        items = bare.get(f"{API}/reorganisations", params=asked).json()["items"]
        return [(each["operation"], each["effective_on"][:4]) for each in items]

    renamed = [("rename", "2021"), ("rename", "2022"), ("rename", "2023")]
    assert numbers() == [*renamed, ("dissolve", "2024")]
    assert numbers(agency=A) == renamed
    assert numbers(agency=A, year=2022) == renamed[1:2]
    assert numbers(agency=C) == []
    first = bare.get(f"{API}/reorganisations", params={"limit": 3}).json()
    cursor = first["page"]["next"]
    assert numbers(cursor=cursor, limit=3) == [("dissolve", "2024")]
    assert_problem(bare.get(f"{API}/reorganisations", params={"agency": "nobody"}), 404, "not-found")


NAMELESS = {name: value for name, value in NEW.items() if name != "name"}
REFUSED: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "unknown": (
        {"operation": "dissolve", "agency": "nobody"},
        {"/agency": "没有代码为“nobody”的机关"},
    ),
    "future": (
        {"operation": "dissolve", "agency": B, "effective_on": "2999-01-01"},
        {
            "/effective_on": (
                "生效日期 2999-01-01 还没有到；请到那一天再登记，现在可以用 dry_run=true 按今天试做"
            )
        },
    ),
    "others below": (
        {"operation": "dissolve", "agency": A},
        {
            "/agency": (
                f"“机关{A}”之下还有 1 个机关：机关{VILLAGE}；"
                "请先登记它们改变隶属关系（move）、合并（merge）或撤销（dissolve），同一天生效即可"
            )
        },
    ),
    "circle": (
        {"operation": "move", "agency": A, "parent": VILLAGE},
        {"/parent": f"“机关{VILLAGE}”在“机关{A}”之下，不能又做它的上级"},
    ),
    "where it is": (
        {"operation": "move", "agency": A, "parent": COUNTY},
        {"/parent": f"“机关{A}”已经在“机关{COUNTY}”之下"},
    ),
    "same name": (
        {"operation": "rename", "agency": A, "name": f"机关{A}"},
        {"/name": f"“机关{A}”现在就叫这个名称，区划代码也没有变"},
    ),
    "taken name": (
        {"operation": "rename", "agency": A, "name": f"机关{B}"},
        {"/name": f"同一上级之下已有叫“机关{B}”的机关；请核对名称"},
    ),
    "taken name of a new one": (
        {"operation": "establish", "body": {**NEW, "parent": COUNTY, "name": f"机关{B}"}},
        {"/body/name": f"同一上级之下已有叫“机关{B}”的机关；请核对名称"},
    ),
    "below what ends": (
        {"operation": "merge", "agencies": [A, B], "into": VILLAGE},
        {"/into": f"合并后的机关在要并入的“机关{A}”之下；请先登记它改变隶属关系（move），同一天生效即可"},
    ),
    "twice": (
        {"operation": "split", "agency": B, "keeps": False, "into": [C, C]},
        {"/into/1": f"“{C}”写了不止一次"},
    ),
    "the same twice": (
        {"operation": "merge", "agencies": [A, A], "into": C},
        {"/agencies/1": f"“{A}”写了不止一次"},
    ),
    "one alone": (
        {"operation": "split", "agency": B, "keeps": False, "into": [C]},
        {"/into": "至少要拆成两个机关；原机关保留的（keeps），另写至少一个"},
    ),
    "itself": (
        {"operation": "split", "agency": B, "keeps": True, "into": [B]},
        {"/into/0": "原机关保留的，请写 keeps: true，不要写在 into 里"},
    ),
    "no operation": (
        {"operation": "unite"},
        {
            "/operation": (
                "没有“unite”这种机构变动；应是下列之一：rename（更名）、"
                "move（改变隶属关系）、merge（合并）、split（拆分）、dissolve（撤销）、establish（新设）"
            )
        },
    ),
    "one to merge": (
        {"operation": "merge", "agencies": [A], "into": B},
        {"/agencies": "合并哪些机关：至少要有 2 项，现有 1 项"},
    ),
    "a new one without a name": (
        {
            "operation": "merge",
            "agencies": [A, B],
            "into": {"code": "1", "level": "county", "kind": "office"},
        },
        {"/into/name": "全称：缺少“name”"},
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_speaks_against_it_is_named(bare: TestClient, name: str) -> None:
    body, expected = REFUSED[name]
    before = get(bare, f"/rollups/{PROVINCE}/2024"), get(bare, f"/agencies/{A}")
    problem = assert_problem(reorganise(bare, **body), 422, "invalid-request")
    assert faults(problem) == expected
    assert (get(bare, f"/rollups/{PROVINCE}/2024"), get(bare, f"/agencies/{A}")) == before


def test_a_body_is_changed_in_the_order_of_the_days(bare: TestClient) -> None:
    done(bare, "move", agency=A, parent=OTHER_COUNTY)
    done(bare, "rename", agency=A, name="大水坑街道办事处")
    for operation, members, pointer in (
        ("move", {"parent": COUNTY, "effective_on": "2024-06-30"}, "/agency"),
        ("move", {"parent": COUNTY, "effective_on": DAY}, "/agency"),
        ("rename", {"name": "再改", "effective_on": DAY}, "/effective_on"),
    ):
        problem = assert_problem(reorganise(bare, operation, agency=A, **members), 422, "invalid-request")
        assert pointer in faults(problem)
    done(bare, "dissolve", agency=B)
    earlier = reorganise(bare, "merge", agencies=[B, C], into=C, effective_on="2024-06-30")
    assert faults(assert_problem(earlier, 422, "invalid-request")) == {
        "/agencies/0": f"“机关{B}”已登记了 {DAY} 生效的变动；同一个机关的变动要按先后登记"
    }
    problem = assert_problem(reorganise(bare, "rename", agency=B, name="改"), 422, "invalid-request")
    assert faults(problem) == {"/agency": f"“机关{B}”从 {DAY} 起已不在机关树中，请核对机关代码和生效日期"}


def test_a_body_with_a_history_is_not_removed(bare: TestClient) -> None:
    register(bare, "640323200", COUNTY)
    done(bare, "rename", agency="640323200", name="改过的名称")
    known = based_on(bare.get(f"{API}/agencies/640323200"))
    assert_problem(bare.delete(f"{API}/agencies/640323200", headers=known), 409, "wrong-state")


def test_each_body_is_told_of_in_the_trail_and_the_feed(bare: TestClient) -> None:
    done(bare, "merge", agencies=[A, B], into=C)
    entries = bare.get(f"{API}/audit", params={"act": "agency.reorganise"}).json()["items"]
    assert sorted(entry["agency"] for entry in entries) == sorted([A, B, C, VILLAGE])
    assert {entry["details"]["document"] for entry in entries} == {DOCUMENT}
    told = bare.get(f"{API}/changes", params={"limit": 200}).json()["items"]
    acts = [(each["agency"], each["act"]) for each in told if each["act"] == "agency.reorganise"]
    assert sorted(acts) == [(code, "agency.reorganise") for code in sorted([A, B, C, VILLAGE])]
