"""Databases and applications for tests: a real SQLite file and a real PostgreSQL, each new for its test."""

from __future__ import annotations

import functools
import gc
import secrets
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings as hypothesis_settings

from app.main import create_app
from app.settings import Settings
from app.storage.engine import Database, open_database
from app.storage.schema import migrate
from tests.county import plant_county
from tests.desk import Desk, plant_tokens
from tests.postgres import Cluster, cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from fastapi import FastAPI
    from starlette.testclient import TestClient

    Planting = Callable[[TestClient, Database], None]

POOL_SIZE = 20
KEY = "key of the tests " * 3
TEMPLATE = "nianbao_template"

# these machines are shared, and speed is measured elsewhere
hypothesis_settings.register_profile("no-deadline", deadline=None)
hypothesis_settings.load_profile("no-deadline")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Don't look for garbage while modules load, nor ever again among what was loaded: all of it stays."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """Run a PostgreSQL with an empty, migrated database to copy; speed before durability."""
    options = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "128MB"}
    with cluster(options=options, in_memory=True) as running:
        running.create_database(TEMPLATE)
        database = open_database(running.url(TEMPLATE), 1)
        migrate(database)
        plant_tokens(database)
        database.engine.dispose()
        yield running


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty, migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = open_database(f"sqlite:///{path}", 1)
    migrate(database)
    plant_tokens(database)
    database.engine.dispose()
    return path


@pytest.fixture
def planting() -> Planting | None:
    """Return what a new database begins with; modules whose tests begin alike override it.

    It is planted once in each test run, for each kind of database, and copied.
    """
    return None


@pytest.fixture(scope="session")
def sqlite_planted(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Planting], Path]:
    """Give SQLite files to copy in which something was planted."""

    @functools.cache
    def planted(planting: Planting) -> Path:
        path = tmp_path_factory.mktemp("sqlite") / "planted.db"
        shutil.copyfile(sqlite_template, path)
        plant(f"sqlite:///{path}", planting)
        return path

    return planted


@pytest.fixture(scope="session")
def postgres_planted(postgres: Cluster) -> Callable[[Planting], str]:
    """Give the names of databases to copy in which something was planted."""

    @functools.cache
    def planted(planting: Planting) -> str:
        name = f"planted_{secrets.token_hex(8)}"
        postgres.create_database(name, TEMPLATE)
        plant(postgres.url(name), planting)
        return name

    return planted


def plant(url: str, planting: Planting) -> None:
    application = create_app(Settings(database_url=url, export_workers=0))
    with Desk(application) as desk:
        planting(desk, application.state.database)


@pytest.fixture(scope="session")
def sqlite_county(sqlite_planted: Callable[[Planting], Path]) -> Path:
    """Return a SQLite file to copy that holds the tree of `tests.county` with its reports and tokens."""
    return sqlite_planted(plant_county)


@pytest.fixture(scope="session")
def postgres_county(postgres_planted: Callable[[Planting], str]) -> str:
    """Return the name of a PostgreSQL database to copy that holds the same."""
    return postgres_planted(plant_county)


@pytest.fixture
def sqlite_url(
    sqlite_template: Path,
    sqlite_planted: Callable[[Planting], Path],
    planting: Planting | None,
    tmp_path: Path,
) -> str:
    """Return the address of a new SQLite database."""
    path = tmp_path / "nianbao.db"
    shutil.copyfile(sqlite_planted(planting) if planting else sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(
    postgres: Cluster, postgres_planted: Callable[[Planting], str], planting: Planting | None
) -> Iterator[str]:
    """Return the address of a new PostgreSQL database."""
    name = f"test_{secrets.token_hex(8)}"
    postgres.create_database(name, postgres_planted(planting) if planting else TEMPLATE)
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the address of a new database of each kind in turn."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Open a new database of each kind in turn."""
    opened = open_database(database_url, POOL_SIZE)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def app(database_url: str) -> FastAPI:
    """Build the application on a new database of each kind in turn."""
    return create_app(Settings(database_url=database_url, pool_size=POOL_SIZE, export_workers=0))


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """Call the application; what it doesn't foresee comes as an answer, as over the network."""
    with Desk(app, raise_server_exceptions=False) as calling:
        yield calling


@pytest.fixture
def both(sqlite_url: str, postgres_url: str) -> Iterator[list[TestClient]]:
    """Call two applications: one on SQLite, one on PostgreSQL."""
    apps = [create_app(Settings(database_url=url, pool_size=5)) for url in (sqlite_url, postgres_url)]
    with Desk(apps[0]) as one, Desk(apps[1]) as other:
        yield [one, other]
