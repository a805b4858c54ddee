"""Keeping the data: verifying, backing up, restoring."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from app.cli.running import WRONG, existing_database, explained, require_database, settings_read
from app.services.backups import back_up
from app.services.backups import restore as restore_backup
from app.services.integrity import count_reports, find_contradictions
from app.storage.backup_file import Manifest, open_backup
from app.storage.engine import faults_of_file, open_database


def verify() -> None:
    """核对数据库：各处所记是否一致。Check that what is kept in two places says the same in both."""
    settings = settings_read()
    with explained(), existing_database(settings).reading() as session:
        faults = [f"数据库文件：{fault}" for fault in faults_of_file(session)]
        faults += [f"{c.agency} {c.year} 年度：{c.fault}" for c in find_contradictions(session)]
        reports = count_reports(session)
    for fault in faults:
        typer.echo(fault)
    typer.echo(f"核对 {reports} 份报告，" + (f"{len(faults)} 处不对" if faults else "完好"))
    raise typer.Exit(WRONG if faults else 0)


def backup(file: Annotated[Path, typer.Argument(help="新文件的名字，例如 nianbao.zip")]) -> None:
    """把整个数据库备份成一个文件，服务不用停。Back everything up into a new file while the service runs."""
    started = time.monotonic()
    settings = settings_read()
    require_database(settings)
    with explained(), open_database(settings.database_url, 1).reading() as session:
        manifest = back_up(session, file)
    _tell_backup("已备份", file, manifest, started)


def restore(
    file: Annotated[Path, typer.Argument(help="备份文件", exists=True, dir_okay=False, readable=True)],
    despite_audit: Annotated[bool, typer.Option("--despite-audit", help="审计记录不完好也恢复")] = False,
) -> None:
    """把备份恢复到空的数据库；先核对整个文件。Restore a backup into an empty database."""
    started = time.monotonic()
    settings = settings_read()
    with explained(), open_backup(file) as found:
        with open_database(settings.database_url, 1, settings.digest).writing() as session:
            restore_backup(session, found, settings.key, despite_audit=despite_audit)
        _tell_backup("已恢复", file, found.manifest, started)


def _tell_backup(done: str, file: Path, manifest: Manifest, started: float) -> None:
    typer.echo(f"{done}：{manifest}")
    typer.echo(f"{file}：{file.stat().st_size} 字节，用时 {time.monotonic() - started:.1f} 秒")


COMMANDS = {"verify": verify, "backup": backup, "restore": restore}
