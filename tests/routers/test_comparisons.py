"""Two reports beside each other over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.auth.actor import Actor
from app.domain.roles import Right
from app.errors import NotFound
from app.forms.annual_2019 import FORM as FORMER
from app.forms.annual_2021 import FORM
from app.services.agencies import find_agency
from app.services.comparisons import compare_seen
from tests.api import API, assert_problem, cells_of, file_report, register_county
from tests.builders import PROSE, a_sound_report
from tests.services.trees import SOMEBODY, YEAR, Unit, plant

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.storage.engine import Database

FEES = "disclosure.fees.amount"


def compared(client: TestClient, left: tuple[str, int], right: tuple[str, int]) -> Response:
    query: dict[str, Any] = {"left_agency": left[0], "left_year": left[1]}
    query |= {"right_agency": right[0], "right_year": right[1]}
    answer: Response = client.get(f"{API}/comparisons", params=query)
    return answer


def test_two_bodies_reports_are_compared_cell_by_cell_and_sentence_by_sentence(client: TestClient) -> None:
    register_county(client, "1", "2")
    values = a_sound_report(FORM, **{FEES: 10**6})
    prose = {**PROSE, "problems": PROSE["problems"] + "另外还缺少专职人员。"}
    one = file_report(client, "1", values=a_sound_report(FORM, **{FEES: 5}))
    other = file_report(client, "2", values=values, narratives=prose)
    answer = compared(client, ("1", YEAR), ("2", YEAR))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert {side: body[side]["agency"] for side in ("left", "right")} == {"left": "1", "right": "2"}
    ours, theirs = cells_of(one), cells_of(other)
    assert {cell["cell"]: (cell["left"], cell["right"]) for cell in body["cells"]} == {
        code: (ours[code], theirs[code]) for code in FORM.cells
    }
    differing = {
        cell["cell"]: cell["difference"] for cell in body["cells"] if cell["difference"] not in (0, "0")
    }
    assert differing == {FEES: "0.999995"}
    texts = {text["section"]: text for text in body["texts"]}
    assert {
        code: text["share_kept"] for code, text in texts.items() if text["share_kept"] != "1.0000"
    }.keys() == {"problems"}
    assert texts["problems"]["passages"] == [
        {"fate": "kept", "left": PROSE["problems"], "right": PROSE["problems"]},
        {"fate": "added", "left": None, "right": "另外还缺少专职人员。"},
    ]
    assert "0" < body["share_kept"] < "1"


def test_years_on_different_forms_share_some_cells(client: TestClient) -> None:
    register_county(client, "1")
    file_report(client, "1", 2021)
    file_report(client, "1", 2020, form=FORMER, values=a_sound_report(FORMER))
    body = compared(client, ("1", 2020), ("1", 2021)).json()
    assert (body["left"]["form"], body["right"]["form"]) == ("2019", "2021")
    shared = [code for code in FORM.cells if code in FORMER.cells]
    assert [cell["cell"] for cell in body["cells"]] == shared
    assert [cell["cell"] for cell in body["only_left"]] == [c for c in FORMER.cells if c not in FORM.cells]
    assert [cell["cell"] for cell in body["only_right"]] == [c for c in FORM.cells if c not in FORMER.cells]
    money = next(cell for cell in body["only_left"] if cell["cell"].endswith("spent"))
    assert (money["unit"], type(money["value"])) == ("元", str)


def test_a_cell_that_one_lacks_has_no_difference(client: TestClient) -> None:
    register_county(client, "1")
    file_report(client, "1", 2021)
    file_report(client, "1", 2022, draft=True, values=a_sound_report() | {FEES: None})
    body = compared(client, ("1", 2021), ("1", 2022)).json()
    (lacking,) = (cell for cell in body["cells"] if cell["difference"] is None)
    assert (lacking["cell"], lacking["right"]) == (FEES, None)
    assert lacking["left"] is not None


def test_a_report_that_is_not_there_is_not_found_on_either_side(client: TestClient) -> None:
    register_county(client, "1")
    file_report(client, "1")
    for left, right in ((("1", YEAR), ("1", 2023)), (("1", 2023), ("1", YEAR)), (("x", YEAR), ("1", YEAR))):
        assert_problem(compared(client, left, right), 404, "not-found")
    answer = client.get(f"{API}/comparisons", params={"left_agency": "1"})
    assert_problem(answer, 422, "invalid-request")


def test_both_bodies_must_be_within_reach(database: Database) -> None:
    plant(database, [Unit("1", None), Unit("2", None)])
    with database.reading() as session:
        key = find_agency(session, SOMEBODY, "1").id
        reader = Actor("查阅", frozenset({Right.READ}), under=key)
        found = compare_seen(session, reader, ("1", YEAR), ("1", YEAR))
        assert found.comparison.share_kept == 1
        for left, right in (("1", "2"), ("2", "1")):
            with pytest.raises(NotFound):
                compare_seen(session, reader, (left, YEAR), (right, YEAR))
