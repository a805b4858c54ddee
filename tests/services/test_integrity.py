"""What is kept in two places: that a contradiction is found and named, and none where there is none."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Executable, delete, text, update

from app.forms.annual_2021 import FORM
from app.services.integrity import Contradiction, count_reports, find_contradictions
from app.storage.engine import faults_of_file, open_database
from app.storage.models import REPORT, STEP, VERSION
from app.storage.numbers import PUBLIC, TABLES, WORKING
from tests.api import TOWN, YEAR, address, based_on, file_report, register_county
from tests.builders import a_sound_report

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.testclient import TestClient

    from app.storage.engine import Database

NUMBERS = TABLES[FORM.version]
NONZERO = sum(value != 0 for value in a_sound_report().values())
GRANTED = NUMBERS.c.requests__granted__natural_person
STEPLESS = ("上报过没有，与所走的步骤不符", "迟了几天，与最后一次上报不符")
WAY: tuple[dict[str, object], ...] = (
    {"action": "accept"},
    {"action": "publish"},
    {"action": "revise", "reason": "更正"},
)


@pytest.fixture
def database(app: FastAPI, client: TestClient) -> Database:
    """Return a database with a report that is being corrected."""
    register_county(client)
    answer = file_report(client)
    for body in WAY:
        answer = client.post(address(rest="/transitions"), json=body, headers=based_on(answer))
        assert answer.is_success, answer.text
    change = {"disclosure": {"licensing": {"decisions": 4711}}}
    assert client.patch(address(), json=change, headers=based_on(answer)).is_success
    database: Database = app.state.database
    return database


def found(database: Database) -> list[Contradiction]:
    with database.reading() as session:
        return list(find_contradictions(session))


def test_a_report_that_is_being_corrected_contradicts_nothing(database: Database) -> None:
    with database.reading() as session:
        assert count_reports(session) == 1
        assert faults_of_file(session) == []
    assert found(database) == []


def slot(name: str) -> Any:  # noqa: ANN401 - a condition of SQLAlchemy's
    return NUMBERS.c.slot == name


PUBLIC_PATH = f"/640323/{TOWN}/"
FORGED: dict[str, tuple[Executable, str]] = {
    "number": (
        update(NUMBERS).where(slot(WORKING)).values(requests__granted__natural_person=GRANTED + 1),
        "汇总用的数字与版本不符：requests.granted.natural_person",
    ),
    "missing number": (
        update(NUMBERS).where(slot(PUBLIC)).values(requests__granted__natural_person=None),
        "更正期间对外的数字与版本不符：requests.granted.natural_person",
    ),
    "no numbers": (delete(NUMBERS).where(slot(WORKING)), "汇总用的数字不见了"),
    "nothing for the public": (delete(NUMBERS).where(slot(PUBLIC)), "更正期间对外的数字不见了"),
    "another path": (
        update(NUMBERS).where(slot(WORKING)).values(path="/1/"),
        f"汇总用的数字记在 {YEAR} 年的 /1/，应在 {YEAR} 年的 {PUBLIC_PATH}",
    ),
    "another year": (
        update(NUMBERS).where(slot(PUBLIC)).values(year=2022),
        f"更正期间对外的数字记在 2022 年的 {PUBLIC_PATH}，应在 {YEAR} 年的 {PUBLIC_PATH}",
    ),
    "state": (update(REPORT).values(status="returned"), "状态是“已退回”，按最后一步应是“草稿”"),
    "filled": (
        update(REPORT).values(filled=0, nonzero=1),
        f"记的是填了 0 格、非零 1 格，应是填了 {len(FORM.cells)} 格、非零 {NONZERO} 格",
    ),
    "late": (update(REPORT).values(days_late=0), "迟了几天，与最后一次上报不符"),
    "version": (update(REPORT).values(version=3), "应有第 1 至 3 版，现有：1、2"),
}


@pytest.mark.parametrize("name", FORGED)
def test_what_was_changed_behind_the_service_s_back_is_named(database: Database, name: str) -> None:
    change, fault = FORGED[name]
    with database.writing() as session:
        session.execute(change)
    assert Contradiction(TOWN, YEAR, fault) in found(database)


def test_numbers_for_the_public_that_nobody_needs_are_named(database: Database) -> None:
    with database.writing() as session:
        session.execute(update(REPORT).values(published_version=None))
    assert found(database) == [Contradiction(TOWN, YEAR, "更正期间对外的数字多余")]


def test_a_report_without_its_steps_or_its_document_is_named(database: Database) -> None:
    """The guards refuse it, so whoever did it took the guards away first."""
    with database.writing() as session:
        postgres = session.get_bind().dialect.name == "postgresql"
        for table in ("step", "report_version"):
            for change in ("delete", "update"):
                on = f" ON {table}" if postgres else ""
                session.execute(text(f"DROP TRIGGER guard_{table}_{change}{on}"))
        session.execute(delete(STEP))
        session.execute(update(VERSION).where(VERSION.c.number == 2).values(content="{"))
    faults = [contradiction.fault for contradiction in found(database)]
    assert faults == [*STEPLESS, "汇总用的数字所依据的版本读不出来"]


def test_sqlite_is_asked_about_its_own_file(sqlite_url: str) -> None:
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute(
            "INSERT INTO step (report_id, version, action, status, taken_by, taken_at)"
            " VALUES (99, 1, 'submit', 'submitted', '某', '2022-01-31')"
        )
    database = open_database(sqlite_url, 1)
    with database.reading() as session:
        assert faults_of_file(session) == ["row 1 in table step refers to a missing row of report"]
    database.engine.dispose()
