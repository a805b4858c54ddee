"""Adjustments: a county's total is corrected beside its units' figures, never in them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.domain.roles import Role
from app.domain.values import nest
from app.forms.annual_2021 import FORM
from tests.api import (
    API,
    COUNTY,
    TOWN,
    YEAR,
    accept_report,
    an_agency,
    assert_problem,
    based_on,
    faults,
    file_report,
    register,
    register_county,
)
from tests.builders import a_sound_report
from tests.desk import WHOLE_TREE, bearer

if TYPE_CHECKING:
    from fastapi import FastAPI
    from httpx2 import Response
    from starlette.testclient import TestClient


WHY = "公布后发现漏记，已由镇里书面说明"
RECEIVED, GRANTED = "requests.received.natural_person", "requests.granted.natural_person"
DECISIONS, FEES = "disclosure.licensing.decisions", "disclosure.fees.amount"
OTHER = "640323102"


def at(agency: str = COUNTY, rest: str = "", year: int = YEAR) -> str:
    return f"{API}/rollups/{agency}/{year}{rest}"


def adjust(client: TestClient, agency: str = COUNTY, *, reason: str = WHY, **lines: int | str) -> Response:
    """Adjust cells, whose codes are written with two underscores for each point."""
    body = {
        "reason": reason,
        "lines": [{"cell": name.replace("__", "."), "amount": amount} for name, amount in lines.items()],
    }
    return client.post(at(agency, "/adjustments"), json=body)


def lines_of(answer: Response) -> dict[str, int | str]:
    return {line["cell"]: line["amount"] for line in answer.json()["lines"]}


@pytest.fixture
def county(client: TestClient) -> TestClient:
    """Return a service with a county whose town has reported."""
    register_county(client)
    file_report(client)
    return client


def test_an_adjustment_stands_beside_the_sum_and_changes_no_figure_of_a_unit(county: TestClient) -> None:
    before = county.get(at()).json()
    assert (before["adjustments"], before["adjusted_totals"]) == ([], before["totals"])
    made = adjust(county, disclosure__licensing__decisions=-2, disclosure__fees__amount="0.000001")
    assert made.status_code == 201, made.text
    after = county.get(at()).json()
    assert (after["totals"], after["sources"]) == (before["totals"], before["sources"])
    plain = a_sound_report()
    expected = {**plain, DECISIONS: (plain[DECISIONS] or 0) - 2, FEES: (plain[FEES] or 0) + 1}
    assert after["adjusted_totals"] == nest(FORM, expected)
    (shown,) = after["adjustments"]
    assert shown == {**made.json(), "made_by": "测试审核员"}
    assert (shown["agency"], shown["reason"], lines_of(made)) == (
        COUNTY,
        WHY,
        {DECISIONS: -2, FEES: "0.000001"},
    )


def test_totals_that_are_not_named_follow_from_their_parts(county: TestClient) -> None:
    made = adjust(county, requests__received__natural_person=3, requests__granted__natural_person=3)
    assert lines_of(made) == {
        RECEIVED: 3,
        "requests.received.total": 3,
        GRANTED: 3,
        "requests.granted.total": 3,
        "requests.processed.natural_person": 3,
        "requests.processed.total": 3,
    }
    assert {result["outcome"] for result in county.get(at()).json()["rules"]} == {"kept"}


def test_an_adjustment_that_breaks_a_balance_is_refused_with_each_that_it_breaks(county: TestClient) -> None:
    problem = assert_problem(adjust(county, requests__received__natural_person=3), 422, "rules-broken")
    assert {error["code"] for error in problem["errors"]} == {
        "requests.flow.natural_person",
        "requests.flow.total",
    }
    assert all("相差 3" in error["message"] for error in problem["errors"])
    refused = adjust(
        county,
        requests__received__natural_person=3,
        requests__granted__natural_person=3,
        requests__received__total=2,
    )
    assert_problem(refused, 422, "rules-broken")
    assert county.get(at()).json()["adjustments"] == []


def test_everything_that_is_wrong_with_lines_is_said_at_once(county: TestClient) -> None:
    lines: list[dict[str, Any]] = [
        {"cell": "requests.recieved.total", "amount": 1},
        {"cell": DECISIONS, "amount": 0},
        {"cell": DECISIONS, "amount": 1},
        {"cell": RECEIVED, "amount": "1"},
        {"cell": FEES, "amount": 1},
        {"cell": FEES, "amount": "1.0000001"},
    ]
    answer = county.post(at(rest="/adjustments"), json={"lines": lines, "reason": WHY})
    found = faults(assert_problem(answer, 422, "invalid-request"))
    assert list(found) == [
        "/lines/0/cell",
        "/lines/1/amount",
        "/lines/2/cell",
        "/lines/3/amount",
        "/lines/4/amount",
        "/lines/5/cell",
    ]
    assert "是不是“requests.received.total”" in found["/lines/0/cell"]
    assert "写了两次" in found["/lines/2/cell"]
    assert "万元" in found["/lines/4/amount"]


@pytest.mark.parametrize("reason", ["漏记", "          漏记          "])
def test_a_reason_must_say_something(county: TestClient, reason: str) -> None:
    answer = adjust(county, reason=reason, disclosure__licensing__decisions=1)
    assert "至少写 10 个字" in faults(assert_problem(answer, 422, "invalid-request"))["/reason"]


def test_nothing_comes_below_zero(county: TestClient) -> None:
    all_of_it = a_sound_report()[DECISIONS] or 0
    answer = adjust(county, disclosure__licensing__decisions=-all_of_it - 1)
    found = faults(assert_problem(answer, 422, "invalid-request"))
    assert found == {
        "/disclosure/licensing/decisions": "表二“行政许可”行“本年处理决定数量”列调整后是 -1，不能小于 0"
    }
    assert adjust(county, disclosure__licensing__decisions=-all_of_it).status_code == 201


def test_a_cell_without_a_total_can_not_be_adjusted(client: TestClient) -> None:
    register_county(client)
    answer = adjust(client, disclosure__licensing__decisions=1)
    found = faults(assert_problem(answer, 422, "invalid-request"))
    assert "没有合计数" in found["/lines/0/cell"]


def test_a_cell_that_lost_its_total_stays_without_one(county: TestClient) -> None:
    assert adjust(county, disclosure__licensing__decisions=1).status_code == 201
    back = {"action": "return", "reason": "请核对", "cells": [DECISIONS]}
    assert county.post(f"{API}/reports/{TOWN}/{YEAR}/transitions", json=back).status_code == 200
    now = county.get(at()).json()
    assert len(now["adjustments"]) == 1
    assert now["adjusted_totals"]["disclosure"]["licensing"]["decisions"] is None


def test_adjusted_totals_of_the_parts_add_up_to_the_whole(client: TestClient) -> None:
    register(client, "64", None, level="province", in_rollup=False)
    for county, town in ((COUNTY, TOWN), ("640324", "640324101")):
        register(client, county, "64", level="county", report_scope="aggregate")
        register(client, town, county)
        file_report(client, town)
    assert adjust(client, COUNTY, disclosure__licensing__decisions=5).status_code == 201
    assert adjust(client, TOWN, disclosure__licensing__decisions=-1).status_code == 201
    whole, *parts = (client.get(at(code)).json() for code in ("64", COUNTY, "640324"))
    decided = [body["adjusted_totals"]["disclosure"]["licensing"]["decisions"] for body in (whole, *parts)]
    assert decided[0] == sum(decided[1:])
    assert decided[1] - decided[2] == 4
    assert [item["agency"] for item in whole["adjustments"]] == [COUNTY, TOWN]


def test_an_adjustment_is_withdrawn_once_and_by_whom_it_belongs_to(county: TestClient) -> None:
    number = adjust(county, disclosure__licensing__decisions=1).json()["id"]
    undone = {"reason": "核对后镇里没有漏记，原数是对的"}
    of_town = county.post(at(TOWN, f"/adjustments/{number}/withdrawal"), json=undone)
    assert_problem(of_town, 404, "not-found")
    done = county.post(at(rest=f"/adjustments/{number}/withdrawal"), json=undone)
    assert (done.status_code, done.json()["withdrawal"]) == (200, undone["reason"])
    now = county.get(at()).json()
    assert (now["adjustments"], now["adjusted_totals"]) == ([], now["totals"])
    again = county.post(at(rest=f"/adjustments/{number}/withdrawal"), json=undone)
    assert_problem(again, 409, "wrong-state")
    assert county.get(at(rest="/adjustments")).json()["items"] == [done.json()]


def test_adjustments_are_listed_page_by_page_the_oldest_first(county: TestClient) -> None:
    made = [adjust(county, disclosure__licensing__decisions=n).json()["id"] for n in (1, 2, 3)]
    first = county.get(at(rest="/adjustments"), params={"limit": 2}).json()
    rest = county.get(at(rest="/adjustments"), params={"cursor": first["page"]["next"]}).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == made
    assert rest["page"]["next"] is None


def test_who_reports_can_not_adjust(county: TestClient) -> None:
    body = {"lines": [{"cell": DECISIONS, "amount": 1}], "reason": WHY}
    for role in set(Role) - {Role.REVIEWER}:
        answer = county.post(at(rest="/adjustments"), json=body, headers=bearer(WHOLE_TREE[role]))
        assert_problem(answer, 403, "forbidden")


def test_the_trail_and_the_feed_tell_of_it(county: TestClient) -> None:
    number = adjust(county, disclosure__licensing__decisions=1).json()["id"]
    done = county.post(at(rest=f"/adjustments/{number}/withdrawal"), json={"reason": f"{WHY}。"})
    assert done.status_code == 200
    entries = county.get(f"{API}/audit", params={"agency": COUNTY}).json()["items"]
    assert [entry["act"] for entry in entries[:2]] == ["rollup.withdraw", "rollup.adjust"]
    assert entries[0]["target"] == f"/rollups/{COUNTY}/{YEAR}/adjustments/{number}"
    told = county.get(f"{API}/changes").json()["items"][-2:]
    assert [(item["act"], item["agency"], item["year"], item["report"]) for item in told] == [
        (act, COUNTY, YEAR, None) for act in ("rollup.adjust", "rollup.withdraw")
    ]
    assert told[0]["details"] == {"adjustment": number}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE adjustment SET reason = 'x'",
        "UPDATE adjustment SET withdrawn_by = 'x'",
        "DELETE FROM adjustment",
        "UPDATE adjustment_line SET amount = 9",
        "DELETE FROM adjustment_line",
    ],
)
def test_the_database_itself_lets_nobody_change_one(county: TestClient, app: FastAPI, statement: str) -> None:
    number = adjust(county, disclosure__licensing__decisions=1).json()["id"]
    undone = {"reason": "核对后镇里没有漏记，原数是对的"}
    assert county.post(at(rest=f"/adjustments/{number}/withdrawal"), json=undone).status_code == 200
    with (
        pytest.raises(IntegrityError, match="history can not be changed"),
        app.state.database.writing() as session,
    ):
        session.execute(text(statement))


def test_an_agency_whose_total_was_adjusted_is_not_deleted(client: TestClient) -> None:
    register(client, "64", None, level="province")
    register(client, COUNTY, "64", level="county", report_scope="aggregate")
    register(client, TOWN)
    file_report(client)
    assert adjust(client, disclosure__licensing__decisions=1).status_code == 201
    town = client.get(f"{API}/agencies/{TOWN}")
    answer = client.put(f"{API}/agencies/{TOWN}", json=an_agency(TOWN, "64"), headers=based_on(town))
    assert answer.status_code == 200, answer.text
    gone = client.delete(f"{API}/agencies/{COUNTY}", headers={"If-Match": "*"})
    assert "作过调整" in assert_problem(gone, 409, "wrong-state")["detail"]


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(-5, 5), st.booleans()), max_size=8))
def test_what_is_adjusted_is_the_sum_and_whatever_holds(
    county: TestClient, steps: list[tuple[int, bool]]
) -> None:
    held = {item["id"]: item["lines"][0]["amount"] for item in county.get(at()).json()["adjustments"]}
    for amount, is_withdrawn in steps:
        if amount:
            made = adjust(county, disclosure__licensing__decisions=amount)
            if made.status_code == 422:
                assert (a_sound_report()[DECISIONS] or 0) + sum(held.values()) + amount < 0
            else:
                held[made.json()["id"]] = amount
        if is_withdrawn and held:
            number = next(iter(held))
            done = county.post(at(rest=f"/adjustments/{number}/withdrawal"), json={"reason": WHY})
            assert done.status_code == 200
            del held[number]
    body = county.get(at()).json()
    decided = [body[name]["disclosure"]["licensing"]["decisions"] for name in ("totals", "adjusted_totals")]
    assert decided[1] == decided[0] + sum(held.values())


# Beside the parts

TOP, NEIGHBOUR, THE_OTHER_S = "640300", "640324", "640324101"


@pytest.fixture
def prefecture(client: TestClient) -> TestClient:
    """Return a service with a prefecture over two counties: of two towns, and of one without a report."""
    register(client, TOP, None, level="prefecture", report_scope="aggregate")
    for county, towns in ((COUNTY, (TOWN, OTHER)), (NEIGHBOUR, (THE_OTHER_S,))):
        register(client, county, TOP, level="county", report_scope="aggregate")
        for town in towns:
            register(client, town, county)
    file_report(client)
    file_report(client, OTHER)
    return client


def children_of(client: TestClient) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the next level below the prefecture: the answer, and its rows by code."""
    answer = client.get(at(TOP, "/children"), params={"cells": [DECISIONS, FEES]}).json()
    return answer, {row["agency"]: row for row in answer["items"]}


def test_a_part_is_shown_with_what_was_adjusted_in_it(prefecture: TestClient) -> None:
    adjust(prefecture, COUNTY, disclosure__licensing__decisions=-2)
    adjust(prefecture, TOWN, disclosure__licensing__decisions=7, disclosure__fees__amount="0.5")
    adjust(prefecture, TOP, disclosure__licensing__decisions=100)
    answer, rows = children_of(prefecture)
    plain = a_sound_report()[DECISIONS] or 0
    assert rows[COUNTY]["cells"][DECISIONS] == 2 * plain
    assert rows[COUNTY]["adjusted_cells"][DECISIONS] == 2 * plain + 5
    # what there is no sum of stays unknown, and what was adjusted then stands apart
    assert rows[NEIGHBOUR]["adjusted_cells"] == {DECISIONS: None, FEES: None}
    assert answer["other_adjustments"] == {DECISIONS: 100}
    whole = prefecture.get(at(TOP)).json()
    assert whole["adjusted_totals"]["disclosure"]["licensing"]["decisions"] == 2 * plain + 105
    assert whole["adjusted_totals"]["disclosure"]["fees"]["amount"] == rows[COUNTY]["adjusted_cells"][FEES]


def test_what_was_adjusted_where_a_part_has_no_sum_any_more_is_in_no_row(prefecture: TestClient) -> None:
    file_report(prefecture, THE_OTHER_S)
    for code, amount in ((NEIGHBOUR, 5), (TOP, 100)):
        assert adjust(prefecture, code, disclosure__licensing__decisions=amount).status_code == 201
    for code in (TOWN, OTHER):
        accept_report(prefecture, code)
    asked: dict[str, Any] = {"cells": DECISIONS, "basis": "accepted"}
    answer = prefecture.get(at(TOP, "/children"), params=asked).json()
    rows = {row["agency"]: row["adjusted_cells"][DECISIONS] for row in answer["items"]}
    assert rows[NEIGHBOUR] is None
    assert answer["other_adjustments"] == {DECISIONS: 105}
    whole = prefecture.get(at(TOP), params={"basis": "accepted"}).json()["adjusted_totals"]
    assert whole["disclosure"]["licensing"]["decisions"] == (rows[COUNTY] or 0) + 105


def test_a_withdrawn_adjustment_is_in_no_part(prefecture: TestClient) -> None:
    number = adjust(prefecture, COUNTY, disclosure__licensing__decisions=-2).json()["id"]
    gone = prefecture.post(at(COUNTY, f"/adjustments/{number}/withdrawal"), json={"reason": WHY})
    assert gone.status_code == 200, gone.text
    answer, rows = children_of(prefecture)
    assert rows[COUNTY]["adjusted_cells"] == rows[COUNTY]["cells"]
    assert answer["other_adjustments"] == {}


def test_what_an_agency_with_a_report_of_its_own_adjusted_is_not_in_that_report(client: TestClient) -> None:
    register(client, COUNTY, None)
    register(client, TOWN, COUNTY)
    for code in (COUNTY, TOWN):
        file_report(client, code)
    adjust(client, COUNTY, disclosure__licensing__decisions=3)
    answer = client.get(at(COUNTY, "/children"), params={"cells": [DECISIONS]}).json()
    assert answer["other_adjustments"] == {DECISIONS: 3}
    assert [row["is_own"] for row in answer["items"]] == [True, False]
    assert all(row["adjusted_cells"] == row["cells"] for row in answer["items"])


def test_a_part_is_shown_with_whoever_is_excused_and_whether_it_is_final(prefecture: TestClient) -> None:
    _, rows = children_of(prefecture)
    assert {(row["excused"], row["is_final"]) for row in rows.values()} == {(0, False)}
    for code in (TOWN, OTHER):
        accept_report(prefecture, code)
    assert prefecture.post(at(COUNTY, "/finalisation"), json={}).status_code == 201
    dates = {"dates": {"government": {"due_on": "2022-03-31"}}}
    assert prefecture.put(f"{API}/collections/{TOP}/{YEAR}", json=dates).status_code == 201
    body = {"agency": THE_OTHER_S, "kind": "excuse", "reason": "机构新近撤并，当年没有业务"}
    given = prefecture.post(f"{API}/collections/{TOP}/{YEAR}/exceptions", json=body)
    assert given.status_code == 201, given.text
    _, rows = children_of(prefecture)
    shown = {code: (row["excused"], row["included"], row["is_final"]) for code, row in rows.items()}
    assert shown == {COUNTY: (0, 2, True), NEIGHBOUR: (1, 0, False)}
    # who owes no report isn't excused from it, and who reports all the same is included
    known = prefecture.get(f"{API}/agencies/{THE_OTHER_S}")
    for in_rollup, number in ((False, 0), (True, 1)):
        body = an_agency(THE_OTHER_S, NEIGHBOUR, in_rollup=in_rollup)
        known = prefecture.put(f"{API}/agencies/{THE_OTHER_S}", json=body, headers=based_on(known))
        assert known.status_code == 200, known.text
        _, rows = children_of(prefecture)
        assert (rows[NEIGHBOUR]["excused"], rows[NEIGHBOUR]["expected"]) == (number, number)
    file_report(prefecture, THE_OTHER_S)
    _, rows = children_of(prefecture)
    assert (rows[NEIGHBOUR]["excused"], rows[NEIGHBOUR]["included"]) == (0, 1)


def test_a_cell_is_shown_with_the_adjustments_that_touch_it(prefecture: TestClient) -> None:
    adjust(prefecture, TOWN, disclosure__licensing__decisions=7, disclosure__fees__amount="0.5")
    adjust(prefecture, COUNTY, disclosure__fees__amount="-0.25", reason="乡镇重复计入，已由镇里书面说明")
    answer = prefecture.get(at(TOP, f"/cells/{FEES}")).json()
    assert [(each["agency"], each["amount"], each["reason"]) for each in answer["adjustments"]] == [
        (TOWN, "0.5", WHY),
        (COUNTY, "-0.25", "乡镇重复计入，已由镇里书面说明"),
    ]
    assert Decimal(answer["adjusted_sum"]) == Decimal(answer["sum"]) + Decimal("0.25")
    assert answer["adjustments_listed"] == {"total": 2, "returned": 2, "truncated": False}
    other = prefecture.get(at(TOP, "/cells/disclosure.licensing.decisions")).json()
    assert [each["amount"] for each in other["adjustments"]] == [7]
    assert other["adjusted_sum"] == other["sum"] + 7


def test_a_year_of_a_trend_is_shown_with_what_was_adjusted_in_it(prefecture: TestClient) -> None:
    adjust(prefecture, COUNTY, disclosure__licensing__decisions=-2)
    asked: dict[str, Any] = {"from": YEAR - 1, "to": YEAR, "cells": [DECISIONS]}
    before, now = prefecture.get(f"{API}/rollups/{TOP}/trend", params=asked).json()["years"]
    assert (before["cells"], before["adjusted_cells"], before["is_final"]) == (
        {DECISIONS: None},
        {DECISIONS: None},
        False,
    )
    assert now["adjusted_cells"][DECISIONS] == now["cells"][DECISIONS] - 2
