"""Last year's figures of bodies that were merged or split meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api import API, COUNTY, address, assert_problem, based_on, faults, file_report, register, state_of
from tests.builders import a_sound_report

if TYPE_CHECKING:
    from starlette.testclient import TestClient

A, B, C, NEW = "640323101", "640323102", "640323103", "640323109"
LAST, YEAR = 2023, 2024
START, END = "requests.pending_at_start.business", "requests.pending_at_end.business"
STOCK = "disclosure.normative_documents.in_force"
SOUND = a_sound_report()
HELD = SOUND[END] or 0
DAY, DOCUMENT = "2024-07-01", "盐政发〔2024〕12号"
A_NEW = {"code": NEW, "name": f"机关{NEW}", "level": "prefecture", "kind": "government", "parent": COUNTY}


@pytest.fixture
def tree(client: TestClient) -> TestClient:
    """Return a client of a service with three towns, each with a report of the last year."""
    register(client, COUNTY, None, level="county", report_scope="aggregate")
    for town in (A, B, C):
        register(client, town, COUNTY)
        file_report(client, town, LAST)
    return client


def reorganise(client: TestClient, **body: Any) -> Any:  # noqa: ANN401 - any JSON
    return client.post(f"{API}/reorganisations", json={"effective_on": DAY, "document": DOCUMENT, **body})


def done(client: TestClient, **body: Any) -> None:  # noqa: ANN401 - any JSON
    answer = reorganise(client, **body)
    assert answer.status_code == 201, answer.text


def merge(client: TestClient, *agencies: str, into: object = A_NEW) -> None:
    done(client, operation="merge", agencies=agencies, into=into)


def results_of(client: TestClient, agency: str, code: str, **values: int) -> list[tuple[str, str]]:
    """File a draft of the year and return what a rule at a place says of it."""
    numbers = a_sound_report(**values)
    if client.get(address(agency, YEAR)).status_code == 404:
        file_report(client, agency, YEAR, draft=True, values=numbers)
    items = client.get(address(agency, YEAR, "/findings")).json()["items"]
    return [(each["outcome"], each["message"]) for each in items if each["code"] == code]


def test_a_merged_body_carries_on_from_the_sum_of_its_parts(tree: TestClient) -> None:
    merge(tree, A, B)
    offered = tree.get(address(NEW, YEAR, "/suggestions")).json()["suggested"]
    assert offered[START] == {"value": 2 * HELD, "from_year": LAST}
    assert offered[STOCK]["value"] == 2 * (SOUND[STOCK] or 0)
    ((outcome, message),) = results_of(tree, NEW, "requests.carried.business")
    assert outcome == "broken"
    assert f"“结转下年度”行“商业企业”列是 {2 * HELD}（由机关{A}、机关{B}合并）" in message


def test_a_body_that_took_another_over_carries_on_from_both(tree: TestClient) -> None:
    merge(tree, A, B, into=B)
    assert results_of(tree, B, "requests.carried.business", **{START: 2 * HELD, END: 2 * HELD}) == []


def test_a_part_without_a_report_leaves_the_sum_unknown(tree: TestClient) -> None:
    known = based_on(tree.get(address(B, LAST)))
    withdrawn = {"action": "withdraw", "reason": "填错了"}
    assert tree.post(address(B, LAST, "/transitions"), json=withdrawn, headers=known).status_code == 200
    merge(tree, A, B)
    assert tree.get(address(NEW, YEAR, "/suggestions")).json()["suggested"] == {}
    ((outcome, message),) = results_of(tree, NEW, "requests.carried.business")
    assert outcome == "not_evaluated"
    assert message.startswith(f"由机关{A}、机关{B}合并，机关{B}没有这一格，没法与 {LAST} 年度")


def test_a_correction_of_a_part_is_followed_by_the_merged_body_s_report(tree: TestClient) -> None:
    merge(tree, A, B)
    file_report(tree, NEW, YEAR, values=a_sound_report(**{START: 2 * HELD, END: 2 * HELD}), draft=True)
    before = state_of(tree.get(address(NEW, YEAR)))
    known = based_on(tree.get(address(A, LAST)))
    values = a_sound_report(**{START: HELD + 1, END: HELD + 1})
    change = {
        "requests": {"pending_at_start": {"business": HELD + 1}, "pending_at_end": {"business": HELD + 1}}
    }
    assert values
    amended = tree.patch(address(A, LAST), json=change, headers=known)
    assert amended.status_code == 200, amended.text
    assert state_of(tree.get(address(NEW, YEAR))) != before
    told = tree.get(f"{API}/audit", params={"act": "report.rejudge", "agency": NEW}).json()["items"]
    assert [entry["details"]["because"] for entry in told] == [LAST]


def split(client: TestClient, keeps: bool = True, **more: Any) -> Any:  # noqa: ANN401, FBT001, FBT002 - any JSON
    return reorganise(client, operation="split", agency=A, into=[A_NEW], keeps=keeps, **more)


def test_a_split_without_an_allocation_can_t_be_checked(tree: TestClient) -> None:
    assert split(tree).status_code == 201
    for agency in (A, NEW):
        ((outcome, message),) = results_of(tree, agency, "requests.carried.business")
        assert outcome == "not_evaluated"
        assert message.startswith(f"由机关{A}拆分，没有分配方案，没法")


def test_a_split_with_an_allocation_is_checked_by_it(tree: TestClient) -> None:
    assert split(tree, allocation={A: {END: HELD - 1}, NEW: {END: 1}}).status_code == 201
    assert results_of(tree, A, "requests.carried.business", **{START: HELD - 1, END: HELD - 1}) == []
    ((outcome, message),) = results_of(tree, NEW, "requests.carried.business")
    assert outcome == "broken"
    assert f"是 1（由机关{A}拆分，按分配方案）" in message
    ((outcome, message),) = results_of(tree, NEW, "disclosure.stock.normative_documents")
    assert (outcome, "没有这一格" in message) == ("not_evaluated", True)


@pytest.mark.parametrize(
    ("allocation", "pointer", "said"),
    [
        ({A: {END: 1}, NEW: {END: 1}}, "/allocation", "各机关分得的加起来是 2"),
        ({A: {END: 1}}, "/allocation", f"没有写分给“{NEW}”多少"),
        ({A: {END: 1}, NEW: {STOCK: 1}}, "/allocation", f"没有写分给“{A}”多少：{STOCK}"),
        ({A: {END: 1}, NEW: {END: 1}, B: {END: 1}}, f"/allocation/{B}", f"“{B}”不是拆分后的机关"),
        ({A: {START: 1}, NEW: {START: 1}}, f"/allocation/{A}", f"“{START}”不是可以分的格"),
    ],
)
def test_an_allocation_that_isn_t_all_is_refused(
    tree: TestClient, allocation: dict[str, Any], pointer: str, said: str
) -> None:
    problem = assert_problem(split(tree, allocation=allocation), 422, "invalid-request")
    assert any(error["pointer"] == pointer and said in error["message"] for error in problem["errors"])
    assert faults(problem)


def test_figures_of_before_a_merger_are_no_jump(tree: TestClient) -> None:
    """R29 measures a body that took another over against none of its own smaller years."""
    for year in (2021, 2022):
        file_report(tree, A, year)

    def jumps(agency: str, year: int) -> list[str]:
        large = {"disclosure.licensing.decisions": 10**6}
        file_report(tree, agency, year, draft=True, values=a_sound_report(**large))
        items = tree.get(address(agency, year, "/findings")).json()["items"]
        return [each["code"] for each in items if each["rule"] == "R29"]

    assert jumps(A, YEAR) == ["disclosure.licensing.decisions"]
    merge(tree, A, B, into=A)
    items = tree.get(address(A, YEAR, "/findings")).json()["items"]
    assert [each["code"] for each in items if each["rule"] == "R29"] == []


def last_years(client: TestClient) -> dict[str, Any]:
    """Return what each body that gave something to a cell had in it the year before, by code."""
    answer = client.get(f"{API}/rollups/{COUNTY}/{YEAR}/cells/{END}").json()
    return {each["agency"]: each["last_year"] for each in answer["items"]}


def file_explained(client: TestClient, agency: str) -> None:
    """File a report, saying of whatever doesn't follow from last year's that the body is a new one."""
    draft = file_report(client, agency, YEAR, draft=True)
    found = client.get(address(agency, YEAR, "/findings")).json()["items"]
    told = [
        {"rule": each["rule"], "code": each["code"], "text": "机关当年合并而来，各项从合并之日起计算"}
        for each in found
        if each["level"] == "W"
    ]
    explained = client.post(
        address(agency, YEAR, "/explanations"), json={"items": told}, headers=based_on(draft)
    )
    assert explained.status_code == 200, explained.text
    sent = {"action": "submit"}
    answer = client.post(address(agency, YEAR, "/transitions"), json=sent, headers=based_on(explained))
    assert answer.status_code == 200, answer.text


def test_in_a_cell_a_merged_body_has_the_sum_of_its_parts_as_last_year_s(tree: TestClient) -> None:
    merge(tree, A, B)
    file_explained(tree, NEW)
    file_report(tree, C, YEAR)
    assert last_years(tree) == {NEW: 2 * HELD, C: HELD}


def test_in_a_cell_a_body_that_was_split_off_without_an_allocation_has_no_last_year(tree: TestClient) -> None:
    assert split(tree).status_code == 201
    file_report(tree, NEW, YEAR)
    assert last_years(tree) == {NEW: None}
