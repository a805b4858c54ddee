"""The demonstration."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated

import typer

from app.cli.running import migrated_database, require_safe, settings_read
from app.edge.logs import log_as_json
from app.services.demo import DemoToken, issue_demo_tokens, load_demo
from app.settings import Settings


def demo(
    units: Annotated[int, typer.Option(help="再造多少个示例单位；0 只有盐池县", min=0, max=100_000)] = 0,
    serve: Annotated[bool, typer.Option("--serve", help="装好后启动服务")] = False,
) -> None:
    """装入示例数据。Load the demonstration data into an empty database; what is there stays."""
    settings = settings_read()
    if serve:
        require_safe(settings)
    database = migrated_database(settings)
    loaded = load_demo(database, units)
    if loaded:
        typer.echo(f"示例数据：{loaded.agencies} 个机关，{loaded.reports} 份报告。数字是编造的。")
    tokens = issue_demo_tokens(database, settings.hashing)
    database.engine.dispose()
    _show_tokens(tokens)
    if serve:
        _show_addresses(settings)
        sys.stdout.flush()
        log_as_json(settings.log_level)
        # the service takes longer to load than all of this
        import_module("app.cli.serving").serve_with(settings)


def _show_tokens(tokens: list[DemoToken]) -> None:
    if tokens:
        typer.echo("令牌（随机生成，只显示这一次；上次显示的已经作废）。复制到终端：")
    for token in tokens:
        typer.echo(f"  export {token.name}={token.secret.text}   # {token.role.label}：{token.reach}")


def _show_addresses(settings: Settings) -> None:
    base = f"http://{settings.host}:{settings.port}"
    typer.echo(f"接口说明  {base}/docs　　{base}/redoc（点 Authorize，填入令牌）")
    typer.echo("试一试：")
    typer.echo(f'  curl -H "Authorization: Bearer $READER" {base}/api/v1/rollups/640323/2021')


COMMANDS = {"demo": demo}
