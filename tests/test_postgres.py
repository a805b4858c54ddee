import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from tests.postgres import Cluster, cluster


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    with cluster(options={"work_mem": "7MB"}) as server:
        yield server


def answer(server: Cluster, query: str, *, database: str = "postgres") -> str:
    """Return the single value that *query* gives, asked as the service would ask."""
    engine = create_engine(server.url(database))
    try:
        with engine.begin() as connection:
            return str(connection.execute(text(query)).scalar_one())
    finally:
        engine.dispose()


def run(server: Cluster, statement: str, *, database: str) -> None:
    address = server.url(database).replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement.encode())


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_is_postgresql_18_with_its_own_promise_of_durability(postgres: Cluster) -> None:
    assert answer(postgres, "SHOW server_version").startswith("18.")
    assert answer(postgres, "SHOW fsync") == "on"
    assert answer(postgres, "SHOW server_encoding") == "UTF8"


def test_options_reach_the_server(postgres: Cluster) -> None:
    assert answer(postgres, "SHOW work_mem") == "7MB"


def test_it_listens_on_loopback_only(postgres: Cluster) -> None:
    assert answer(postgres, "SHOW listen_addresses") == "127.0.0.1"
    assert answer(postgres, "SHOW unix_socket_directories") == ""


def test_a_database_made_from_a_template_holds_its_rows(postgres: Cluster) -> None:
    postgres.create_database("template")
    run(postgres, "CREATE TABLE town AS SELECT '大水坑镇' AS name", database="template")
    postgres.create_database("copy", template="template")
    assert answer(postgres, "SELECT name FROM town", database="copy") == "大水坑镇"


def test_a_database_is_dropped_under_an_open_connection(postgres: Cluster) -> None:
    postgres.create_database("doomed")
    with psycopg.connect(postgres.url("doomed").replace("+psycopg", "")) as connection:
        postgres.drop_database("doomed")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_what_was_committed_outlives_the_sudden_stop_and_no_process_does() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with cluster(folder) as first:
            run(first, "CREATE TABLE town AS SELECT 1 AS n", database="postgres")
        with cluster(folder) as second:
            assert answer(second, "SELECT n FROM town") == "1"
        assert not is_alive(first.pid)
        assert not is_alive(second.pid)


def test_a_server_that_cannot_start_says_why() -> None:
    with pytest.raises(RuntimeError, match="no_such_setting"), cluster(options={"no_such_setting": "1"}):
        pytest.fail("it started")
