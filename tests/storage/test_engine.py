"""What a transaction may do, sees and leaves behind, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier, Event
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.storage.engine import Patience, answers, is_disk_full, lock_tree, open_database, plan_for_few
from app.storage.models import AGENCY, REPORT
from tests.services.trees import Unit, plant
from tests.storage.agencies import NOW, count_agencies, insert_agency

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.storage.engine import Database, WriteSession

# synchronous 2 is FULL
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


def test_sqlite_is_told_the_same_on_every_connection_of_the_pool(sqlite_url: str) -> None:
    database = open_database(sqlite_url, 4)
    for _ in ("new connections", "the same ones again"):
        with ExitStack() as stack:
            sessions = [
                *(stack.enter_context(database.reading()) for _ in range(3)),
                stack.enter_context(database.writing()),
            ]
            found = [{name: s.scalar(text(f"PRAGMA {name}")) for name in PRAGMAS} for s in sessions]
        assert found == [PRAGMAS] * 4
    database.engine.dispose()


def test_postgresql_waits_for_the_disk(postgres_url: str) -> None:
    database = open_database(postgres_url, 1)
    with database.writing() as session:
        assert session.scalar(text("SHOW synchronous_commit")) == "on"
    database.engine.dispose()


def test_what_a_block_wrote_is_there_when_it_ends_and_gone_when_it_fails(database: Database) -> None:
    with database.writing() as session:
        insert_agency(session, "1")
    with pytest.raises(ZeroDivisionError), database.writing() as session:  # noqa: PT012 - the block is the case
        insert_agency(session, "2")
        raise ZeroDivisionError
    assert count_agencies(database) == 1


def test_a_commit_that_fails_is_told_and_leaves_no_lock_behind(sqlite_url: str) -> None:
    database = open_database(sqlite_url, 1)
    with pytest.raises(IntegrityError):
        point_to_nothing_until_the_end(database)
    with database.writing() as session:
        insert_agency(session, "1")
    assert count_agencies(database) == 1
    database.engine.dispose()


def point_to_nothing_until_the_end(database: Database) -> None:
    """Break a foreign key that is checked only when the transaction is committed."""
    with database.writing() as session:
        session.execute(text("PRAGMA defer_foreign_keys = ON"))
        session.execute(insert(REPORT), [a_report_row(agency_id=99)])


def a_report_row(agency_id: int) -> dict[str, object]:
    row = {
        "agency_id": agency_id,
        "year": 2021,
        "form": "2021",
        "status": "draft",
        "revision": 1,
        "version": 1,
    }
    return {**row, "was_submitted": False, "created_at": NOW, "updated_at": NOW}


def test_a_row_that_points_to_nothing_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as session:
        session.execute(insert(REPORT), [a_report_row(agency_id=99)])


def test_a_reader_sees_one_moment_and_doesn_t_hold_writers_up(database: Database) -> None:
    with database.reading() as session:
        before = session.scalars(select(AGENCY.c.code)).all()
        with database.writing() as writer:
            insert_agency(writer, "1")
        assert session.scalars(select(AGENCY.c.code)).all() == before == []
    assert count_agencies(database) == 1


def test_what_a_reader_writes_is_never_kept(database: Database) -> None:
    if database.engine.dialect.name == "postgresql":
        with pytest.raises(DBAPIError, match="read-only transaction"), database.reading() as session:
            insert_agency(session, "1")
    else:
        with database.reading() as session:
            insert_agency(session, "1")
    assert count_agencies(database) == 0


def test_a_connection_that_only_read_may_write_afterwards(database_url: str) -> None:
    database = open_database(database_url, 1)
    for code in ("1", "2"):
        with database.reading() as session:
            assert session.scalar(text("SELECT 1")) == 1
        with database.writing() as session:
            insert_agency(session, code)
    assert count_agencies(database) == 2
    database.engine.dispose()


def test_what_postgresql_was_asked_often_stays_prepared_for_the_next_reader(postgres_url: str) -> None:
    database = open_database(postgres_url, 1)
    # psycopg prepares what it is asked the sixth time
    for code in range(6):
        with database.reading() as session:
            session.scalars(select(AGENCY.c.code).where(AGENCY.c.code == str(code))).all()
    with database.reading() as session:
        prepared = session.scalars(text("SELECT statement FROM pg_prepared_statements")).all()
    database.engine.dispose()
    assert [statement for statement in prepared if "FROM agency" in statement]


def test_postgresql_keeps_a_plan_only_in_a_transaction_about_few_rows(postgres_url: str) -> None:
    database = open_database(postgres_url, 1)
    mode = text("SHOW plan_cache_mode")
    modes = []
    for is_about_few in (False, True, False):
        with database.reading() as session:
            if is_about_few:
                plan_for_few(session)
            modes.append(session.scalar(mode))
    with database.writing() as session:
        modes.append(session.scalar(mode))
    database.engine.dispose()
    assert modes == ["force_custom_plan", "force_generic_plan", "force_custom_plan", "auto"]


def test_writers_queue_and_lose_nothing(database: Database) -> None:
    plant(database, [Unit("1", None, status=None)])
    start = Barrier(4)

    def add() -> None:
        start.wait()
        for _ in range(10):
            with database.writing() as session:
                # read first, write later: where SQLite fails unless the lock is taken when it begins
                seen = session.scalar(select(AGENCY.c.revision).with_for_update())
                session.execute(update(AGENCY).values(revision=(seen or 0) + 1))

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(add) for _ in range(4)]:
            done.result()
    with database.reading() as session:
        assert session.scalar(select(AGENCY.c.revision)) == 1 + 4 * 10


def test_a_second_writer_waits_for_the_first_on_sqlite(sqlite_url: str) -> None:
    database = open_database(sqlite_url, 2)
    inside, ended = Event(), []

    def second() -> None:
        inside.wait()
        with database.writing() as session:
            insert_agency(session, "2")
            ended.append("second")

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(second)
        with database.writing() as session:
            insert_agency(session, "1")
            inside.set()
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)
            ended.append("first")
        waiting.result()
    assert ended == ["first", "second"]
    database.engine.dispose()


SOON = 0.5
ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(600)",
}


@pytest.fixture
def hurried(database_url: str) -> Iterator[Database]:
    """Open a database with one connection and no patience."""
    opened = open_database(database_url, 1, patience=Patience(pool=SOON, lock=SOON, statement=SOON))
    yield opened
    opened.engine.dispose()


def test_a_statement_that_takes_too_long_is_stopped(hurried: Database) -> None:
    for _ in range(2):
        with pytest.raises(OperationalError), hurried.reading() as session:
            session.execute(text(ENDLESS[hurried.engine.dialect.name])).all()
        assert answers(hurried)


def test_time_counts_from_the_start_of_each_statement(hurried: Database) -> None:
    with hurried.reading() as session:
        for _ in range(20):
            session.execute(text("SELECT 1"))
            Event().wait(SOON / 10)
        assert session.scalar(text("SELECT 1")) == 1


def test_a_lock_is_waited_for_only_so_long(hurried: Database, database: Database) -> None:
    with database.writing() as session:
        insert_agency(session, "1")
        lock_tree(session, to_change_it=True)
        with pytest.raises(OperationalError), hurried.writing() as other:  # noqa: PT012 - the block is the case
            lock_tree(other, to_change_it=True)
            insert_agency(other, "2")
    with hurried.writing() as other:
        insert_agency(other, "2")
    assert count_agencies(database) == 2


def test_a_connection_is_waited_for_only_so_long(hurried: Database) -> None:
    with hurried.reading() as session:
        session.execute(text("SELECT 1"))
        with pytest.raises(PoolTimeout), hurried.reading() as other:
            other.execute(text("SELECT 1"))
    assert answers(hurried)


def test_a_transaction_that_does_nothing_is_ended_by_postgresql(postgres_url: str) -> None:
    database = open_database(postgres_url, 1, patience=Patience(idle=SOON))
    with pytest.raises(DBAPIError) as ended, database.writing() as session:  # noqa: PT012 - the block is the case
        insert_agency(session, "1")
        Event().wait(SOON * 4)
        session.execute(text("SELECT 1"))
    assert ended.value.connection_invalidated
    assert count_agencies(database) == 0
    database.engine.dispose()


def test_without_limits_none_are_set(postgres_url: str) -> None:
    database = open_database(postgres_url, 1)
    with database.reading() as session:
        for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            assert session.scalar(text(f"SHOW {name}")) == "0"
    database.engine.dispose()


def test_a_failure_doesn_t_repeat_values(database: Database) -> None:
    with database.writing() as session:
        insert_agency(session, "1")
    with pytest.raises(IntegrityError) as failed, database.writing() as session:
        insert_agency(session, "1")
    assert "hidden" in str(failed.value)


def test_a_full_disk_is_told_from_other_failures(database: Database) -> None:
    with pytest.raises(OperationalError) as full, database.writing() as session:
        fill_disk(session)
    with pytest.raises(OperationalError) as other, database.writing() as session:
        session.execute(text(MISTAKE[database.engine.dialect.name]))
    assert is_disk_full(full.value)
    assert not is_disk_full(other.value)
    assert not is_disk_full(ValueError())
    assert count_agencies(database) == 0


MISTAKE = {"sqlite": "SELECT 1 FROM nowhere", "postgresql": "DO $$ BEGIN RAISE SQLSTATE '53200'; END $$"}


def fill_disk(session: WriteSession) -> None:
    """Write until SQLite's file may not grow any more; let PostgreSQL say what it says on a full disk."""
    if session.get_bind().dialect.name == "postgresql":
        insert_agency(session, "1")
        session.execute(text("DO $$ BEGIN RAISE SQLSTATE '53100'; END $$"))
    session.execute(text("PRAGMA max_page_count = 1"))
    for code in range(1000):
        insert_agency(session, f"{code:0999}")


def test_a_database_that_can_t_be_reached_doesn_t_answer(tmp_path: Path) -> None:
    nowhere = (f"sqlite:///{tmp_path}/no/such.db", "postgresql+psycopg://postgres@127.0.0.1:1/x")
    for url in nowhere:
        database = open_database(url, 1)
        assert not answers(database)
        with pytest.raises(OperationalError), database.reading() as session:
            session.execute(text("SELECT 1"))


def test_a_database_that_can_be_reached_answers(database: Database) -> None:
    assert answers(database)
