"""The database's schema."""

from __future__ import annotations

from app.cli.running import migrated_database, settings_read


def migrate() -> None:
    """更新数据库结构。Bring the database's schema up to date."""
    migrated_database(settings_read()).engine.dispose()


COMMANDS = {"migrate": migrate}
