"""零报告 over HTTP: a clerk states that missing cells are zero, and it is recorded who said so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from app.domain.roles import Role
from app.forms.annual_2021 import FORM
from tests.api import (
    TEXTS,
    address,
    assert_problem,
    based_on,
    cells_of,
    faults,
    file_report,
    register_county,
    shown,
)
from tests.builders import a_balanced_report
from tests.desk import holder_of

if TYPE_CHECKING:
    from fastapi import FastAPI
    from httpx2 import Response
    from starlette.testclient import TestClient

ROW = "requests.refused_petition"
COLUMNS = [code.rpartition(".")[2] for code in FORM.cells if code.startswith(f"{ROW}.")]


def state(client: TestClient, cells: object, seen: Response | None = None, **members: object) -> Response:
    """State that cells are zero."""
    headers = {} if seen is None else based_on(seen)
    return client.post(address(rest="/zeros"), json={"cells": cells, **members}, headers=headers)


def statements(app: FastAPI) -> list[dict[str, Any]]:
    """Return what is recorded of such statements."""
    with app.state.database.engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM zero_statement ORDER BY id")).mappings()
        return [{**row, "cells": json.loads(row["cells"])} for row in rows]


def draft_without(client: TestClient, *codes: str) -> Response:
    register_county(client)
    return file_report(client, draft=True, values={**a_balanced_report(), **dict.fromkeys(codes)})


def test_all_missing_cells_are_stated_to_be_zero_and_totals_follow_then_it_can_be_submitted(
    client: TestClient, app: FastAPI
) -> None:
    register_county(client)
    empty = client.put(address(), json=TEXTS, params={"draft": True})
    assert_problem(client.post(address(rest="/transitions"), json={"action": "submit"}), 422, "rules-broken")
    answer = state(client, "all", empty, stated_by="王五")
    assert answer.status_code == 200, answer.text
    done = answer.json()
    assert done["stated"] == [code for code in FORM.cells if code not in FORM.totals]
    assert sorted(done["computed"]) == sorted(FORM.totals)
    assert done["stated_by"] == "王五"
    assert done["report"] == client.get(address()).json()
    assert (done["report"]["version"], done["report"]["findings"]) == (2, [])
    assert set(cells_of(client.get(address())).values()) == {0, "0"}
    assert answer.headers["etag"] == client.get(address()).headers["etag"] != empty.headers["etag"]
    (kept,) = statements(app)
    assert (kept["stated_by"], kept["version"], kept["cells"]) == ("王五", 2, done["stated"])
    assert_problem(state(client, "all", empty), 412, "stale-version")
    submitted = client.post(address(rest="/transitions"), json={"action": "submit"}, headers=based_on(answer))
    assert submitted.json()["status"] == "submitted"


def test_only_the_cells_named_are_stated_and_the_caller_stands_for_the_clerk(
    client: TestClient, app: FastAPI
) -> None:
    gone = [f"{ROW}.{column}" for column in COLUMNS] + ["disclosure.fees.amount"]
    draft = draft_without(client, *gone)
    one = state(client, [gone[0], gone[0], gone[-1]], draft)
    assert one.status_code == 200, one.text
    assert (one.json()["stated"], one.json()["computed"]) == ([gone[0], gone[-1]], [])
    assert one.json()["stated_by"] == holder_of(Role.SYSTEM)
    after = {**a_balanced_report(), **dict.fromkeys(gone), gone[0]: 0, gone[-1]: 0}
    assert cells_of(client.get(address())) == shown(after)
    rest = state(client, "all", one).json()
    assert rest["stated"] == gone[1:-2]
    assert rest["computed"] == [gone[-2]]
    assert [kept["cells"] for kept in statements(app)] == [[gone[0], gone[-1]], gone[1:-2]]
    assert {kept["stated_by"] for kept in statements(app)} == {holder_of(Role.SYSTEM)}


def test_totals_are_worked_out_never_made_zero_where_their_parts_are_known(client: TestClient) -> None:
    totals = ["requests.granted.total", "requests.processed.total", "proceedings.reconsideration.total"]
    draft = draft_without(client, *totals)
    done = state(client, totals, draft).json()
    assert (done["stated"], done["computed"]) == ([], totals)
    assert cells_of(client.get(address())) == shown(a_balanced_report())


def test_a_total_rests_on_another_that_is_zero_only_on_the_clerk_s_word(client: TestClient) -> None:
    cell, row, corner = "requests.granted.business", "requests.granted.total", "requests.processed.total"
    draft = draft_without(client, cell, row, corner)
    done = state(client, [corner, row], draft).json()
    assert (done["stated"], done["computed"]) == ([row], [corner])
    sound = a_balanced_report()
    cells = cells_of(client.get(address()))
    assert cells[cell] is None
    assert cells[row] == 0
    assert cells[corner] == (sound[corner] or 0) - (sound[row] or 0)


def test_a_cell_that_was_filled_is_never_changed_by_the_statement(client: TestClient) -> None:
    cell, total = "requests.received.business", "requests.received.total"
    draft = draft_without(client, cell)
    before = cells_of(draft)
    assert before[total] is not None
    done = state(client, "all", draft).json()
    assert (done["stated"], done["computed"]) == ([cell], [])
    assert cells_of(client.get(address())) == {**before, cell: 0}
    told = {(finding["rule"], finding["outcome"]) for finding in done["report"]["findings"]}
    assert ("R09", "broken") in told


@pytest.mark.parametrize("status", ["draft", "submitted"])
def test_a_cell_that_is_filled_or_unknown_cannot_be_stated(client: TestClient, status: str) -> None:
    register_county(client)
    filed = file_report(client, draft=status == "draft")
    number = filed.json()["requests"]["received"]["business"]
    problem = assert_problem(
        state(client, ["requests.received.business", "requests.recieved.business", "disclosure.fees"]),
        422,
        "invalid-request",
    )
    assert faults(problem) == {
        "/cells/0": f"{FORM.cells['requests.received.business'].label}已经填了 {number}，不是缺格",
        "/cells/1": "表中没有“requests.recieved.business”这一格；是不是“requests.received.business”？",
        "/cells/2": "表中没有“disclosure.fees”这一格；是不是“disclosure.fees.amount”？",
    }
    nothing = state(client, "all")
    assert (nothing.status_code, nothing.json()["stated"]) == (200, [])
    assert nothing.headers["etag"] == filed.headers["etag"]
    assert client.get(address()).json() == filed.json()


def test_a_statement_that_says_nothing_is_refused(client: TestClient, app: FastAPI) -> None:
    draft = draft_without(client, "disclosure.fees.amount")
    for cells, pointer in (
        ([], "/cells"),
        ("some", "/cells"),
        (5, "/cells"),
        ([5], "/cells/0"),
        (None, "/cells"),
    ):
        assert list(faults(assert_problem(state(client, cells), 422, "invalid-request"))) == [pointer]
    nobody = assert_problem(state(client, "all", stated_by=" "), 422, "invalid-request")
    assert list(faults(nobody)) == ["/stated_by"]
    assert_problem(client.post(address(rest="/zeros"), json={}), 422, "invalid-request")
    absent = client.post(address(year=2022, rest="/zeros"), json={"cells": "all"})
    assert_problem(absent, 404, "not-found")
    assert client.get(address()).headers["etag"] == draft.headers["etag"]
    assert statements(app) == []
