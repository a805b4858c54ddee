"""Bringing a database's schema up to date, and telling whether it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.storage.engine import for_writing

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.storage.engine import Database

MIGRATIONS = Path(__file__).parent / "migrations"


def config_for(connection: Connection) -> Config:
    """Return alembic's configuration for a connection; no file is read."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    # the file names begin with a date, which is no Python identifier
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def migrate(database: Database) -> None:
    """Bring the schema up to date, in one transaction; what is there already stays."""
    with for_writing(database.engine).begin() as connection:
        migrate_within(connection)


def migrate_within(connection: Connection) -> None:
    """Bring the schema up to date in the transaction that is open; what fails later undoes it."""
    command.upgrade(config_for(connection), "head")


def exists(database: Database) -> bool:
    """Tell whether there is a database with a schema at all; asking makes none."""
    url = database.engine.url
    # to connect would make the file
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return False
    with database.engine.connect() as connection:
        return revision_of(connection) is not None


def is_current(database: Database) -> bool:
    """Tell whether the schema is that of this version of the service."""
    with database.engine.connect() as connection:
        return revision_of(connection) == newest_revision(connection)


def revision_of(connection: Connection) -> str | None:
    """Return the revision of a database's schema; None where there is no schema yet."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_revision(connection: Connection) -> str | None:
    """Return the revision of this version of the service."""
    return ScriptDirectory.from_config(config_for(connection)).get_current_head()
