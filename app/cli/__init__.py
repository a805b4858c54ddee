"""The command `nianbao`."""

from __future__ import annotations

import typer

from app.cli.access import token
from app.cli.conformance import conformance
from app.cli.documents import check, import_
from app.cli.keeping import backup, restore, verify
from app.cli.rechecking import recheck
from app.cli.serving import demo, health, migrate, openapi, serve
from app.cli.trail import audit

cli = typer.Typer(
    name="nianbao",
    help="政府信息公开工作年度报告：收报告、核对、汇总。Takes in, checks and rolls up the yearly reports.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (serve, migrate, verify, recheck, health, openapi, check, conformance):
    cli.command()(command)
cli.command("import")(import_)
for command in (demo, backup, restore):
    cli.command()(command)
cli.add_typer(token, name="token")
cli.add_typer(audit, name="audit")


def main() -> None:
    """Run the command."""
    cli()
