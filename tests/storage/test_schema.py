"""The schema that the migrations make, on both databases."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic import command
from sqlalchemy import inspect, select, text

from app.domain.content import texts_of
from app.domain.similarity import signature_of
from app.forms.annual_2021 import FORM
from app.storage.audit import SYSTEM
from app.storage.bands import read_bands
from app.storage.engine import for_writing, open_database
from app.storage.models import Report, ReportVersion, Step
from app.storage.numbers import column_name
from app.storage.schema import config_for, is_current, migrate
from tests.builders import a_content
from tests.domain.test_similarity import wrapped
from tests.storage.earlier import plant_earlier_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.content import Content
    from app.storage.engine import Database, WriteSession
    from tests.postgres import Cluster

PROSE = Path(__file__).parents[1] / "domain" / "prose" / "seen.json"
SECTIONS = [item for item in json.loads(PROSE.read_text()) if item["shape"] == "section"]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Open a database in which nothing is yet, of each kind in turn."""
    if request.param == "sqlite":
        database = open_database(f"sqlite:///{tmp_path / 'old.db'}", 2)
        yield database
        database.engine.dispose()
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    cluster.create_database("old_one")
    database = open_database(cluster.url("old_one"), 2)
    yield database
    database.engine.dispose()
    cluster.drop_database("old_one")


def test_the_migrations_make_what_the_models_describe(database: Database) -> None:
    with for_writing(database.engine).begin() as connection:
        command.check(config_for(connection))


def test_a_migrated_database_is_current_and_migrating_again_keeps_what_is_there(database: Database) -> None:
    with database.writing() as session:
        session.execute(
            text(
                "INSERT INTO agency (code, name, level, kind, in_rollup, report_scope, revision,"
                " created_at, updated_at)"
                " VALUES ('1', '甲', 'county', 'government', true, 'own', 1, '2026-01-01', '2026-01-01')"
            )
        )
    migrate(database)
    assert is_current(database)
    with database.reading() as session:
        assert session.scalar(text("SELECT name FROM agency")) == "甲"


def test_an_empty_sqlite_file_is_not_current(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'empty.db'}", 1)
    assert not is_current(database)
    migrate(database)
    assert is_current(database)
    database.engine.dispose()


def test_an_empty_postgresql_database_is_migrated_whole(postgres: Cluster) -> None:
    postgres.create_database("empty_one")
    database = open_database(postgres.url("empty_one"), 1)
    assert not is_current(database)
    migrate(database)
    assert is_current(database)
    assert len(inspect(database.engine).get_columns("numbers_2021")) == 204
    database.engine.dispose()
    postgres.drop_database("empty_one")


def test_what_an_earlier_version_stored_is_carried_over(empty_database: Database) -> None:
    """Reports of before there was a workflow keep their submissions as steps."""
    plant_earlier_version(empty_database)
    migrate(empty_database)
    with empty_database.reading() as session:
        (step,) = session.scalars(select(Step)).all()
        report = session.get_one(Report, 1)
        assert session.get_one(ReportVersion, (1, 1)).content == "{}"
    assert (step.report_id, step.action, step.status, step.version) == (1, "submit", "submitted", 1)
    assert (step.taken_by, step.verdict, step.days_late) == ("某", "[]", None)
    assert step.taken_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (report.chain, report.published_version) == (SYSTEM, None)


def test_reports_of_before_are_found_by_their_prose(empty_database: Database) -> None:
    """By the same bands as one that is saved today, its current version's, of either kind of text."""
    plant_earlier_version(empty_database)
    texts = ["".join(item["text"] for item in SECTIONS[start::3]) for start in range(3)]
    contents = [a_content(narratives={"overview": text, "problems": None}) for text in texts]
    contents.append(replace(contents[0], title=None, narratives={"problems": texts[0]}))
    contents.append(a_content(agency="第八师143团", narratives={"overview": wrapped(texts[1], 18)}))
    contents.append(a_content())
    with empty_database.writing() as session:
        for number, content in enumerate(contents, 2):
            _plant_report(session, number, [a_content(), content])
    migrate(empty_database)
    with empty_database.reading() as session:
        kept = [read_bands(session.connection(), number) for number in range(1, len(contents) + 2)]
    expected = [{(2000 + number, band) for band in signature_of(c)} for number, c in enumerate(contents, 2)]
    assert kept == [set(), *expected]
    assert [len(bands) for bands in kept] == [0, 16, 16, 16, 16, 16, 0]


def _plant_report(session: WriteSession, number: int, versions: list[Content]) -> None:
    """Store a report as an earlier version of the service did; its year tells which one it is."""
    report = (
        "INSERT INTO report (id, agency_id, year, form, status, revision, version, was_submitted,"
        " created_at, updated_at)"
        " VALUES (:id, 1, :year, '2021', 'draft', 1, :version, false, '2026-01-01', '2026-01-01')"
    )
    version = (
        "INSERT INTO report_version (report_id, number, content, saved_by, saved_at)"
        " VALUES (:id, :number, :content, '某', '2026-01-01')"
    )
    row = {"id": number, "year": 2000 + number, "version": len(versions)}
    session.execute(text(report), row)
    for each, content in enumerate(versions, 1):
        document = json.dumps(texts_of(content))
        session.execute(text(version), {"id": number, "number": each, "content": document})


def test_the_cells_and_the_lateness_of_reports_of_before_are_counted(empty_database: Database) -> None:
    """As they are of one that is saved today; a report without numbers has no cells."""
    plant_earlier_version(empty_database)
    with for_writing(empty_database.engine).begin() as connection:
        command.upgrade(config_for(connection), "2026_11_25_explanations")
    with empty_database.writing() as session:
        _plant_report(session, 2, [a_content()])
        numbers = (
            "INSERT INTO numbers_2021 (report_id, slot, year, path, {}, {}, {})"
            " VALUES (2, '{}', 2002, '/', {})"
        )
        cells = [column_name(code) for code in list(FORM.cells)[:3]]
        session.execute(text(numbers.format(*cells, "working", "7, 0, NULL")))
        session.execute(text(numbers.format(*cells, "public", "7, 7, 7")))
        step = (
            "INSERT INTO step (report_id, version, action, status, days_late, taken_by, taken_at)"
            " VALUES (2, 1, '{}', 'submitted', {}, '某', '2022-01-31')"
        )
        for action, late in (("submit", "3"), ("submit", "5"), ("withdraw", "NULL")):
            session.execute(text(step.format(action, late)))
    migrate(empty_database)
    with empty_database.reading() as session:
        found = session.execute(text("SELECT filled, nonzero, days_late FROM report ORDER BY id")).all()
    assert [tuple(row) for row in found] == [(0, 0, None), (2, 1, 5)]
