"""What all commands share: how they start, and how they say what is wrong."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from sqlalchemy.exc import OperationalError

from app.errors import Refusal
from app.settings import Settings, WrongSetting, read_settings
from app.storage.engine import Database, open_database
from app.storage.safety import find_dangers
from app.storage.schema import exists
from app.storage.schema import migrate as bring_up_to_date

if TYPE_CHECKING:
    from collections.abc import Iterator

WRONG = 1
"""Exit status: what was handed over is wrong."""
UNUSABLE = 2
"""Exit status: it couldn't be tried at all."""


@contextmanager
def explained() -> Iterator[None]:
    """Say what is wrong without a traceback."""
    try:
        yield
    except WrongSetting as wrong:
        typer.echo(f"nianbao can't start:\n{wrong}", err=True)
        raise typer.Exit(UNUSABLE) from wrong
    except OperationalError as failure:
        typer.echo(f"nianbao can't use its database: {failure.orig}", err=True)
        raise typer.Exit(UNUSABLE) from failure
    except OSError as failure:
        typer.echo(f"文件用不了：{failure}", err=True)
        raise typer.Exit(UNUSABLE) from failure
    except Refusal as refusal:
        typer.echo(f"{refusal.title}：{refusal.detail}", err=True)
        for fault in refusal.faults:
            if fault.message != refusal.detail:
                typer.echo(f"  - {fault.message}", err=True)
        raise typer.Exit(WRONG) from refusal


def settings_read() -> Settings:
    """Read the settings, or end."""
    with explained():
        return read_settings()


def migrated_database(settings: Settings) -> Database:
    """Open the database and bring it up to date, or end."""
    database = open_database(settings.database_url, settings.pool_size, settings.digest)
    with explained():
        bring_up_to_date(database)
    return database


def existing_database(settings: Settings) -> Database:
    """Open the database and bring it up to date, or end: also where there is none, as when it is misspelt."""
    require_database(settings)
    return migrated_database(settings)


def require_database(settings: Settings) -> None:
    """End where there is no database with data of the service's; none is made."""
    database = open_database(settings.database_url, 1)
    with explained():
        found = exists(database)
    database.engine.dispose()
    if not found:
        shown = database.engine.url.render_as_string(hide_password=True)
        typer.echo(
            f"没有这个数据库，或者它是空的：{shown}\n"
            "请核对 NIANBAO_DATABASE_URL；新装的请先运行 nianbao migrate",
            err=True,
        )
        raise typer.Exit(UNUSABLE)


def require_safe(settings: Settings) -> None:
    """End where the database could lose what the service acknowledges, unless the operator wants it so."""
    database = open_database(settings.database_url, 1)
    with explained():
        dangers = find_dangers(database)
    database.engine.dispose()
    told = [f"按数据库现在的设置，已经确认保存的数据可能丢失：{danger}" for danger in dangers]
    if settings.allow_unsafe_database:
        for line in told:
            logging.getLogger(__name__).warning(line)
    elif told:
        typer.echo(
            "\n".join([*told, "请改正后再启动；只是试用的话，设 NIANBAO_ALLOW_UNSAFE_DATABASE=true"]),
            err=True,
        )
        raise typer.Exit(UNUSABLE)
