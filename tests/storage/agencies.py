"""Agencies as bare rows, for tests of transactions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from app.storage.models import AGENCY

if TYPE_CHECKING:
    from app.storage.engine import Database, ReadSession

NOW = datetime(2022, 1, 31, tzinfo=UTC)


def insert_agency(session: ReadSession, code: str) -> None:
    row = {"code": code, "name": code, "level": "county", "kind": "government", "report_scope": "own"}
    times = {"created_at": NOW, "updated_at": NOW}
    session.execute(insert(AGENCY), [{**row, **times, "in_rollup": True, "revision": 1}])


def count_agencies(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(AGENCY)) or 0
