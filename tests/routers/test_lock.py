"""The lock: no door through which a report is written is open after the day, but reviewers' are."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, insert, select, update
from starlette.testclient import TestClient

from app.domain.collections import Reporters
from app.domain.lifecycle import Action
from app.domain.roles import Right, Role
from app.storage.collection_models import COLLECTION, COLLECTION_DATES, COLLECTION_EXCEPTION
from app.storage.models import AGENCY
from tests.api import API, COUNTY, TOWN, YEAR, address, assert_problem, based_on, file_report, register_county
from tests.county import YEARS
from tests.test_matrix import LINES, SAMPLES, Stage, calling

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from app.storage.engine import Database, WriteSession

from datetime import UTC, datetime
from datetime import date as day

AT = f"{API}/collections/{COUNTY}/{YEAR}"
PAST, FUTURE = day(2020, 1, 31), day(2999, 1, 31)
DOORS = [name for name, line in LINES.items() if line.access.right is Right.FILE and line.method != "GET"]
REVIEWS = ["take_action[return]", "take_action[accept]", "take_action[publish]", "review_explanations"]


def lock(session: WriteSession, locks_on: date, opens_on: date | None = None) -> None:
    """Give the county a collection for every year, with these dates, and nobody else one."""
    session.execute(delete(COLLECTION))
    county = session.scalar(select(AGENCY.c.id).where(AGENCY.c.code == COUNTY))
    now = datetime.now(UTC)
    for number, year in enumerate(YEARS.values(), 1):
        row = {"id": number, "agency_id": county, "year": year, "freezes_on": FUTURE, "revision": 1}
        told = {"opened_by": "测试", "opened_at": now, "updated_at": now}
        session.execute(insert(COLLECTION), [row | told])
        dates = {"collection_id": number, "due_on": PAST, "opens_on": opens_on, "locks_on": locks_on}
        session.execute(insert(COLLECTION_DATES), [{**dates, "reporters": each.value} for each in Reporters])


def unlock(session: WriteSession) -> None:
    """Let the town write in every year."""
    town = session.scalar(select(AGENCY.c.id).where(AGENCY.c.code == TOWN))
    row = {"agency_id": town, "kind": "unlock", "until": FUTURE, "reason": "更正", "granted_by": "测试"}
    rows = [
        {**row, "collection_id": number, "granted_at": datetime.now(UTC)}
        for number in range(1, len(YEARS) + 1)
    ]
    session.execute(insert(COLLECTION_EXCEPTION), rows)


@pytest.fixture
def stage(sqlite_county: Path, tmp_path: Path) -> Iterator[tuple[Database, Stage]]:
    """Prepare a county with reports in every state, on a file of its own."""
    used = tmp_path / "used.db"
    shutil.copyfile(sqlite_county, used)
    with calling(f"sqlite:///{used}", TestClient) as (app, client):
        yield app.state.database, Stage(client, lambda: None)


def role_of(name: str) -> Role:
    return next(role for role in Role if LINES[name].access.right in role.rights)


def what_came_of(name: str, answer: Any) -> tuple[int, str]:  # noqa: ANN401 - a response
    """Return status and words; of a batch those of its item."""
    if name == "save_batch" and answer.is_client_error:
        (error,) = answer.json()["errors"]
        return error["status"], error["message"]
    return answer.status_code, answer.json().get("detail", "") if answer.content else ""


def test_every_door_for_writing_a_report_is_tried() -> None:
    steps = {f"take_action[{action}]" for action in Action if action.right is Right.FILE}
    assert steps | {"save_batch", "create_report", "import_document[store]", "give_explanations"} < {*DOORS}


@pytest.mark.parametrize("name", DOORS)
def test_no_report_is_written_after_the_lock_without_leave(stage: tuple[Database, Stage], name: str) -> None:
    database, caller = stage
    with database.writing() as session:
        lock(session, PAST)
    status, said = what_came_of(name, caller.call(LINES[name], role_of(name), TOWN))
    assert status == 409, said
    assert f"机关{COUNTY}" in said
    assert "kind=unlock" in said
    with database.writing() as session:
        unlock(session)
    status, said = what_came_of(name, caller.call(LINES[name], role_of(name), TOWN))
    assert status < 300, said


@pytest.mark.parametrize("name", REVIEWS)
def test_whoever_reviews_goes_on_after_the_lock(stage: tuple[Database, Stage], name: str) -> None:
    database, caller = stage
    with database.writing() as session:
        lock(session, PAST)
    assert caller.call(LINES[name], Role.REVIEWER, TOWN).is_success


@pytest.mark.parametrize("name", ["create_report", "replace_report", "save_batch", "take_action[submit]"])
def test_nothing_is_submitted_before_the_day(stage: tuple[Database, Stage], name: str) -> None:
    database, caller = stage
    with database.writing() as session:
        lock(session, FUTURE, FUTURE)
    status, said = what_came_of(name, caller.call(LINES[name], role_of(name), TOWN))
    assert (status, f"从 {FUTURE} 起上报" in said) == (409, True)


def test_every_sample_has_its_line() -> None:
    assert {*DOORS, *REVIEWS} <= SAMPLES.keys()


@pytest.fixture
def locked(client: TestClient) -> TestClient:
    """Return a client of a service whose county has locked the year, after a town's draft was made."""
    register_county(client, TOWN, "640323102")
    file_report(client, draft=True)
    set_dates(client, due_on="2022-01-31", locks_on="2022-02-28")
    return client


def set_dates(client: TestClient, **dates: str) -> None:
    answer = client.put(AT, json={"dates": {each.value: dates for each in Reporters}})
    assert answer.status_code == 201, answer.text


def grant(client: TestClient, kind: str, until: str) -> None:
    body = {"agency": TOWN, "kind": kind, "until": until, "reason": "更正"}
    assert client.post(f"{AT}/exceptions", json=body).status_code == 201


def options(client: TestClient) -> dict[str, str | None]:
    items = client.get(address(rest="/actions")).json()["items"]
    return {item["name"]: item["refusal"] for item in items}


@pytest.mark.parametrize("kind", ["unlock", "extension"])
def test_leave_holds_until_its_day_and_for_one_unit(locked: TestClient, kind: str) -> None:
    problem = assert_problem(
        locked.post(address(rest="/transitions"), json={"action": "submit"}), 409, "wrong-state"
    )
    assert (problem["state"], "2022-02-28" in problem["detail"]) == ("draft", True)
    grant(locked, kind, "2999-01-31")
    answer = locked.post(address(rest="/transitions"), json={"action": "submit"})
    assert answer.status_code == 200, answer.text
    assert_problem(locked.put(address("640323102"), json={}, params={"draft": True}), 409, "wrong-state")


def test_leave_that_has_run_out_holds_no_more(locked: TestClient, app: Any) -> None:  # noqa: ANN401
    grant(locked, "unlock", "2999-01-31")
    with app.state.database.writing() as session:
        session.execute(update(COLLECTION_EXCEPTION).values(until=PAST))
    known = based_on(locked.get(address()))
    assert_problem(locked.delete(address(), headers=known), 409, "wrong-state")


def test_what_can_be_done_says_it_too(locked: TestClient) -> None:
    refused = options(locked)
    assert all("kind=unlock" in (refused[name] or "") for name in ("save", "delete", "submit", "withdraw"))
    grant(locked, "unlock", "2999-01-31")
    assert [options(locked)[name] for name in ("save", "delete", "submit")] == [None, None, None]


def test_before_the_day_a_draft_can_be_saved_but_not_submitted(client: TestClient) -> None:
    register_county(client)
    set_dates(client, due_on="2999-01-31", opens_on="2999-01-01")
    file_report(client, draft=True)
    assert options(client)["save"] is None
    assert "从 2999-01-01 起上报" in (options(client)["submit"] or "")
