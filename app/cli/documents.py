"""Documents: saying what is wrong with one, and keeping it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.auth.actor import COMMAND_LINE
from app.cli.running import WRONG, existing_database, explained, settings_read
from app.domain.results import Outcome, Result, blocking
from app.services.document_reading import Document, Imported, read_document
from app.services.imports import store_draft
from app.services.versions import BasedOn

File = Annotated[Path, typer.Argument(help="报告文件（.txt）", exists=True, dir_okay=False, readable=True)]


Year = Annotated[int | None, typer.Option(help="报告年度；不写则用文件标题中的")]


def check(file: File, year: Year = None) -> None:
    """读一份报告文件，说明哪里缺、哪里不符。Say what is wrong with a report; nothing is stored."""
    with explained():
        imported = read_document(Document(file.name, file.read_bytes()), year)
    _tell(imported)
    raise typer.Exit(WRONG if blocking(imported.findings) else 0)


def import_(
    file: File,
    agency: Annotated[str, typer.Option(help="机关代码")],
    year: Year = None,
    replace: Annotated[bool, typer.Option("--replace", help="已有草稿时，用这份文件替换")] = False,
) -> None:
    """读一份报告文件，存为草稿。Read a report and keep it as a draft."""
    with explained():
        imported = read_document(Document(file.name, file.read_bytes()), year)
        based_on = BasedOn(None) if replace else None
        with existing_database(settings_read()).writing() as session:
            filed, imported = store_draft(session, COMMAND_LINE, imported, agency, year, based_on)
            stored = f"{filed.name}（{filed.agency.code}）{filed.report.year} 年度"
    _tell(imported)
    typer.echo(f"已存为草稿：{stored}")


def _tell(imported: Imported) -> None:
    """Print what was read: everything, but of missing cells and what follows from them only the first."""
    reading = imported.reading
    typer.echo(f"机关：{reading.agency or '标题中没有'}　年度：{reading.year or '标题中没有'}")
    read = f"读到 {len(reading.cells) - len(reading.missing)} 格，缺 {len(reading.missing)} 格"
    typer.echo("各张表不是同一格式的，表里的数没有读入" if reading.form is None else read)
    missing = [result for result in imported.findings if _is_missing_cell(result)]
    following = [result for result in imported.findings if _follows_from_missing(result)]
    for result in imported.findings:
        if result not in missing and result not in following:
            typer.echo(_line(result))
    for group, of_what in ((missing, "缺格"), (following, "因缺格没法核对的")):
        if group:
            typer.echo(f"{_line(group[0])}（{of_what}共 {len(group)} 处，其余从略）")


def _follows_from_missing(result: Result) -> bool:
    return result.blocks and result.outcome is Outcome.NOT_EVALUATED


def _is_missing_cell(result: Result) -> bool:
    return result.rule.id == "R04" and result.outcome is Outcome.BROKEN


def _line(result: Result) -> str:
    hint = f"（{result.hint}）" if result.hint else ""
    return f"[{result.rule.id} {result.rule.level.label}] {result.message}{hint}"


COMMANDS = {"check": check, "import": import_}
