"""What happened stays: the database itself refuses to change or drop the history of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import IntegrityError

from app.storage.models import METADATA, REPORT
from tests.api import API, TOWN, address, based_on, file_report, register_county
from tests.storage.agencies import insert_agency

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.testclient import TestClient

    from app.storage.engine import Database

OTHER = "640323102"
HISTORY = (
    "report_version",
    "step",
    "comment",
    "zero_statement",
    "source_document",
    "explanation",
    "explanation_review",
)


def a_report_with_a_history(client: TestClient, *, submitted: bool) -> None:
    """File a report with a version, a comment, a statement of zeros and, if asked, a step."""
    register_county(client)
    file_report(client, draft=True, values={})
    assert client.post(address(rest="/zeros"), json={"cells": "all"}).status_code == 200
    assert client.post(address(rest="/comments"), json={"cell": "title", "text": "某"}).status_code == 201
    if submitted:
        done = client.post(address(rest="/transitions"), json={"action": "submit"})
        assert done.status_code == 200, done.text


@pytest.mark.parametrize("name", ["report_version", "step", "comment", "zero_statement"])
def test_history_is_neither_changed_nor_dropped(client: TestClient, app: FastAPI, name: str) -> None:
    a_report_with_a_history(client, submitted=True)
    table = METADATA.tables[name]
    number = "number" if name == "report_version" else "version"
    for statement in (update(table).values({number: 9}), delete(table)):
        with (
            pytest.raises(IntegrityError, match="history can not be changed"),
            app.state.database.writing() as session,
        ):
            session.execute(statement)


def test_a_report_that_was_submitted_is_never_dropped(client: TestClient, app: FastAPI) -> None:
    a_report_with_a_history(client, submitted=True)
    withdrawn = client.post(address(rest="/transitions"), json={"action": "withdraw", "reason": "填错"})
    assert withdrawn.status_code == 200
    for statement in ("DELETE FROM report", "UPDATE report SET was_submitted = FALSE"):
        with (
            pytest.raises(IntegrityError, match="history can not be changed"),
            app.state.database.writing() as session,
        ):
            session.execute(text(statement))


def test_a_draft_that_was_never_submitted_goes_with_all_that_it_had(client: TestClient, app: FastAPI) -> None:
    a_report_with_a_history(client, submitted=False)
    gone = client.delete(address(), headers=based_on(client.get(address())))
    assert gone.status_code == 204, gone.text
    with app.state.database.reading() as session:
        for name in (*HISTORY, REPORT.name):
            assert session.scalar(select(func.count()).select_from(METADATA.tables[name])) == 0
    told = client.get("/api/v1/audit", params={"act": "report.delete"}).json()["items"]
    assert [entry["target"] for entry in told] == ["/reports/640323101/2021"]


RECORDED = ("former_name", "reorganisation", "reorganised", "succession")


@pytest.mark.parametrize("name", RECORDED)
def test_what_was_recorded_of_reorganisations_stays(client: TestClient, app: FastAPI, name: str) -> None:
    register_county(client, TOWN, OTHER)
    said = {"effective_on": "2024-07-01", "document": "盐政发〔2024〕1号"}
    for body in (
        {"operation": "rename", "agency": TOWN, "name": "改过的名称"},
        {"operation": "merge", "agencies": [TOWN, OTHER], "into": TOWN},
    ):
        assert client.post(f"{API}/reorganisations", json={**said, **body}).status_code == 201
    table = METADATA.tables[name]
    column = next(column for column in table.columns if not column.foreign_keys)
    for statement in (update(table).values({column: column}), delete(table)):
        with (
            pytest.raises(IntegrityError, match="history can not be changed"),
            app.state.database.writing() as session,
        ):
            session.execute(statement)


PLACE = "INSERT INTO agency_placement (agency_id, parent_id, valid_from, valid_to) VALUES "
TWO_PLACES, CIRCLE = "an agency stands in one place at a time", "an agency can not stand below itself"
WRONG = {
    "a second place": (f"{PLACE} (2, NULL, '2023-01-01', NULL)", TWO_PLACES),
    "a place that begins before the other ends": (f"{PLACE} (2, 1, '1900-01-01', '2020-01-02')", TWO_PLACES),
    "a place within the other": (f"{PLACE} (2, 1, '2020-03-01', '2020-03-02')", TWO_PLACES),
    "a place put before another ends": (
        "UPDATE agency_placement SET valid_from = '2021-12-31' WHERE agency_id = 4 AND parent_id IS NULL",
        TWO_PLACES,
    ),
    "right below what is below": (
        "UPDATE agency_placement SET parent_id = 2 WHERE agency_id = 1",
        CIRCLE,
    ),
    "far below itself, on some days": (
        "UPDATE agency_placement SET parent_id = 4, valid_from = '2021-01-01' WHERE agency_id = 1",
        CIRCLE,
    ),
    "two that stand below each other": (
        f"{PLACE} (1, 3, '2000-01-01', '2019-01-01'), (3, 1, '2001-01-01', '2001-01-02')",
        CIRCLE,
    ),
}
RIGHT = (
    f"{PLACE} (2, 1, '2019-01-01', '2020-01-01')",
    # 4 stood below 2 only up to 2022
    "UPDATE agency_placement SET parent_id = 4 WHERE agency_id = 3",
    "UPDATE agency_placement SET valid_from = '2022-01-02' WHERE agency_id = 4 AND parent_id IS NULL",
)


def plant_places(database: Database) -> None:
    """Put 2 below 1 from 2020 on, 4 below 2 up to 2022 and at the top since, and 1 and 3 at the top."""
    with database.writing() as session:
        for code in "1234":
            insert_agency(session, code)
        session.execute(
            text(
                f"{PLACE} (1, NULL, '2020-01-01', NULL), (2, 1, '2020-01-01', NULL),"
                " (3, NULL, '2020-01-01', NULL), (4, 2, '2020-01-01', '2022-01-01'),"
                " (4, NULL, '2022-01-01', NULL)"
            )
        )


@pytest.mark.parametrize("name", WRONG)
def test_the_database_refuses_a_tree_that_is_none(database: Database, name: str) -> None:
    plant_places(database)
    statement, message = WRONG[name]
    with pytest.raises(IntegrityError, match=message), database.writing() as session:
        session.execute(text(statement))


def test_the_database_takes_a_tree_that_is_one(database: Database) -> None:
    plant_places(database)
    for statement in RIGHT:
        with database.writing() as session:
            session.execute(text(statement))
