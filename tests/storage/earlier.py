"""A database as an earlier version of the service left it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from sqlalchemy import text

from app.storage.engine import for_writing
from app.storage.schema import config_for

if TYPE_CHECKING:
    from app.storage.engine import Database

REVISION = "2026_11_22_numbers_2021"
ROWS = (
    """INSERT INTO agency
    (id, code, name, level, kind, in_rollup, report_scope, revision, created_at, updated_at)
    VALUES (1, '1', '甲', 'county', 'office', true, 'own', 1, '2026-01-01', '2026-01-01')""",
    """INSERT INTO report
    (id, agency_id, year, form, status, revision, version, was_submitted, created_at, updated_at)
    VALUES (1, 1, 2021, '2021', 'submitted', 2, 1, true, '2026-01-01', '2026-01-01')""",
    """INSERT INTO report_version (report_id, number, content, saved_by, saved_at)
    VALUES (1, 1, '{}', '某', '2026-01-01')""",
    """INSERT INTO submission (report_id, version, verdict, submitted_by, submitted_at)
    VALUES (1, 1, '[]', '某', '2026-01-02 03:04:05')""",
)


def plant_earlier_version(database: Database) -> None:
    """Give an empty database the schema of before there was a workflow, and a report that was 上报."""
    with for_writing(database.engine).begin() as connection:
        command.upgrade(config_for(connection), REVISION)
        for statement in ROWS:
            connection.execute(text(statement))
