"""The schema that the migrations make, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from sqlalchemy import inspect, text

from app.storage.engine import for_writing, open_database
from app.storage.schema import config_for, is_current, migrate

if TYPE_CHECKING:
    from pathlib import Path

    from app.storage.engine import Database
    from tests.postgres import Cluster


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
