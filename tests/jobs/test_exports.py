"""Workbooks made in a process of their own: what comes back, and what becomes of a worker that is lost."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import text

from app.domain.roles import Role
from app.forms.annual_2021 import FORM
from app.main import create_app
from app.settings import Settings
from app.storage.numbers import TABLES
from tests.api import (
    API,
    COUNTY,
    YEAR,
    address,
    assert_problem,
    at_once,
    file_report,
    register,
    register_county,
)
from tests.desk import WHOLE_TREE, Desk, bearer
from tests.processes import children_of, is_running
from tests.service import process_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPORT = address(rest="/export")
ROLL_UP = f"{API}/rollups/{COUNTY}/{YEAR}/export"
PATIENCE_S = 30


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    """Call a service whose workbooks a worker makes; there is a report to export."""
    with desk_at(sqlite_url) as calling:
        yield calling


@pytest.fixture
def either_desk(database_url: str) -> Iterator[Desk]:
    """Call such a service on each database in turn."""
    with desk_at(database_url) as calling:
        yield calling


@contextmanager
def desk_at(database_url: str) -> Iterator[Desk]:
    app = create_app(Settings(database_url=database_url, pool_size=5, export_workers=1))
    with Desk(app, raise_server_exceptions=False) as calling:
        register_county(calling)
        file_report(calling)
        yield calling


def the_worker(desk: Desk, others: list[int]) -> int:
    """Have a worker started for an export, and return its process."""
    # on a busy machine the first may not come up in the time that it has
    wait_until(lambda: desk.get(REPORT).status_code == 200)
    (worker,) = set(children_of(os.getpid())) - set(others)
    return worker


@pytest.fixture
def worker(desk: Desk) -> int:
    """Have a worker started, and return its process."""
    return the_worker(desk, children_of(os.getpid()))


def plant(database_url: str) -> None:
    """Let a database hold a report to export."""
    with Desk(create_app(Settings(database_url=database_url, pool_size=5))) as desk:
        register_county(desk)
        file_report(desk)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_worker_s_workbook_is_the_one_that_the_service_would_make(
    either_desk: Desk, database_url: str
) -> None:
    here = Settings(database_url=database_url, pool_size=5, export_workers=0)
    with Desk(create_app(here)) as other:
        made, expected = either_desk.get(REPORT), other.get(REPORT)
    assert made.status_code == 200
    assert made.content == expected.content
    for name in ("etag", "content-disposition", "content-type"):
        assert made.headers[name] == expected.headers[name]


def test_a_roll_up_that_has_not_changed_isn_t_made_again(desk: Desk) -> None:
    first = desk.get(ROLL_UP)
    assert first.status_code == 200
    known = {"If-None-Match": first.headers["etag"]}
    again = desk.get(ROLL_UP, headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    file_report(desk, year=YEAR + 1)
    assert desk.get(ROLL_UP, headers=known).status_code == 304
    register(desk, "640323102")
    assert desk.get(ROLL_UP, headers=known).status_code == 200


def test_nobody_is_told_of_what_they_don_t_reach_and_no_worker_is_asked(desk: Desk) -> None:
    others = children_of(os.getpid())
    assert_problem(desk.get(f"{API}/rollups/nobody/{YEAR}/export"), 404, "not-found")
    assert_problem(desk.get(address("nobody", rest="/export")), 404, "not-found")
    assert_problem(desk.get(REPORT, headers={"Authorization": ""}), 401, "unauthenticated")
    assert children_of(os.getpid()) == others


def test_what_the_worker_refuses_is_refused_as_such(desk: Desk) -> None:
    assert_problem(desk.get(f"{API}/rollups/{COUNTY}/2018/export"), 422, "invalid-request")


def test_another_worker_takes_over_from_one_that_was_killed(desk: Desk, worker: int) -> None:
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: not is_running(worker))
    answers = [desk.get(REPORT) for _ in range(2)]
    assert answers[-1].status_code == 200
    assert {answer.status_code for answer in answers} <= {200, 503}


def test_an_export_is_put_off_while_no_worker_can_be_started(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without_python:
        without_python.setattr(sys, "executable", "/nowhere/python")
        put_off = desk.get(REPORT)
    assert_problem(put_off, 503, "unavailable")
    assert put_off.headers["retry-after"]
    wait_until(lambda: desk.get(REPORT).status_code == 200)


def test_a_worker_that_does_not_answer_in_time_is_replaced(sqlite_url: str) -> None:
    plant(sqlite_url)
    hasty = Settings(database_url=sqlite_url, pool_size=5, export_workers=1, export_seconds=5)
    with Desk(create_app(hasty)) as desk:
        stuck = the_worker(desk, children_of(os.getpid()))
        os.kill(stuck, signal.SIGSTOP)
        lost = desk.get(REPORT)
        assert_problem(lost, 503, "unavailable")
        assert lost.headers["retry-after"]
        wait_until(lambda: not is_running(stuck))
        wait_until(lambda: desk.get(REPORT).status_code == 200)


def test_what_a_worker_does_not_foresee_is_an_error_and_the_next_export_is_none_the_worse(
    either_desk: Desk,
) -> None:
    worker = the_worker(either_desk, children_of(os.getpid()))
    table = TABLES[FORM.version]
    database = either_desk.app.state.database  # type: ignore[attr-defined]  # Starlette's own
    with database.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {table.name} RENAME TO elsewhere"))
    # to SQLite a missing table is a database that can't be used
    expected = {"sqlite": (503, "unavailable"), "postgresql": (500, "internal")}
    assert_problem(either_desk.get(ROLL_UP), *expected[database.engine.dialect.name])
    assert is_running(worker)
    assert either_desk.get(REPORT).status_code == 200


def test_a_storm_is_served_one_by_one_or_refused(database_url: str) -> None:
    narrow = Settings(database_url=database_url, pool_size=20, export_workers=1, export_waiting=2)
    with Desk(create_app(narrow), raise_server_exceptions=False) as desk:
        register_county(desk)
        file_report(desk)
        answers = at_once(lambda each: desk.get((REPORT, ROLL_UP)[each % 2]), 12)
        assert {answer.status_code for answer in answers} == {200, 503}
        for answer in answers:
            if answer.status_code == 503:
                assert_problem(answer, 503, "unavailable")
                assert answer.headers["retry-after"]
        assert desk.get(REPORT).status_code == 200


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_the_service(sqlite_url: str, ending: signal.Signals) -> None:
    plant(sqlite_url)
    with process_of(sqlite_url) as (process, service):
        headers = bearer(WHOLE_TREE[Role.SYSTEM])
        with httpx.Client(base_url=service, headers=headers, trust_env=False) as client:
            assert client.get(REPORT, timeout=PATIENCE_S).status_code == 200
        (worker,) = children_of(process.pid)
        process.send_signal(ending)
        process.wait(timeout=PATIENCE_S)
        wait_until(lambda: not is_running(worker))


def test_workers_leave_ending_to_the_service(desk: Desk, worker: int) -> None:
    for sent_to_all in (signal.SIGTERM, signal.SIGINT):
        os.kill(worker, sent_to_all)
    assert desk.get(REPORT).status_code == 200
    assert is_running(worker)
