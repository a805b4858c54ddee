"""What happened stays: the database itself refuses to change or drop the history of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import IntegrityError

from app.storage.models import METADATA, REPORT
from tests.api import address, based_on, file_report, register_county

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.testclient import TestClient

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
