"""The audit trail."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app.auth.actor import COMMAND_LINE
from app.cli.running import WRONG, existing_database, explained, settings_read
from app.domain.deadlines import CHINA
from app.errors import InvalidRequest
from app.services import audit_trail
from app.services.audit_trail import Anchor

audit = typer.Typer(help="审计记录。The audit trail.", no_args_is_help=True, rich_markup_mode=None)


@audit.command("verify")
def verify_audit(
    anchors: Annotated[
        Path | None, typer.Option(help="以前用 audit head 记下的文件", exists=True, dir_okay=False)
    ] = None,
) -> None:
    """核对审计记录有没有被改动过。Check every chain; say where the first broken entry is."""
    settings = settings_read()
    with explained(), existing_database(settings).reading() as session:
        noted = [] if anchors is None else [_anchor(line) for line in anchors.read_text().splitlines()]
        checked = audit_trail.verify(session, COMMAND_LINE, settings.key, noted)
    for chain in checked:
        said = "完好" if chain.broken_at is None else f"第 {chain.broken_at} 条不对：{chain.fault}"
        typer.echo(f"{chain.chain}  核对 {chain.entries} 条，{said}")
    raise typer.Exit(0 if all(chain.broken_at is None for chain in checked) else WRONG)


def _anchor(line: str) -> Anchor:
    chain, _, rest = line.partition(" ")
    number, _, digest = rest.partition(" ")
    if not number.isdecimal():
        raise InvalidRequest(f"“{line}”不是 audit head 打印的一行")
    return Anchor(chain, int(number), digest)


@audit.command("head")
def show_audit_heads() -> None:
    """打印每条链的末端，可抄存在别处。Print the end of every chain, to be kept elsewhere."""
    settings = settings_read()
    with explained(), existing_database(settings).reading() as session:
        for chain in audit_trail.list_heads(session):
            typer.echo(f"{chain.chain} {chain.number} {chain.hash}")


@audit.command("prune")
def prune_audit(
    before: Annotated[datetime, typer.Option(help="清理这一天以前的", formats=["%Y-%m-%d"])],
) -> None:
    """清理旧的审计记录，留下签名。Remove old entries; a signed checkpoint stays."""
    settings = settings_read()
    with explained(), existing_database(settings).writing() as session:
        day = before.replace(tzinfo=CHINA)
        typer.echo(f"清理了 {audit_trail.prune(session, COMMAND_LINE, settings.key, day)} 条")


COMMANDS = {"audit": audit}
