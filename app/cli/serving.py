"""Serving, and what one does before."""

from __future__ import annotations

import json
import logging
import signal
import sys
from typing import Annotated

import httpx
import typer
import uvicorn

from app.cli.running import UNUSABLE, WRONG, explained, migrated_database, settings_read
from app.edge.connections import connections_of
from app.edge.logs import log_as_json
from app.main import create_app
from app.services.demo import DemoToken, issue_demo_tokens, load_demo
from app.settings import Settings
from app.storage.engine import open_database
from app.storage.safety import find_dangers


def serve() -> None:
    """启动服务。Bring the database up to date and serve."""
    settings = settings_read()
    log_as_json(settings.log_level)
    _require_safe(settings)
    migrated_database(settings).engine.dispose()
    _serve(settings)


def _require_safe(settings: Settings) -> None:
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


def _serve(settings: Settings) -> None:
    # uvicorn stops in good order and then ends by the signal that asked for it, as if it had been killed
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        http=connections_of(settings),
        ws="none",
        # the log is ours, accesses included
        log_config=None,
        access_log=False,
        server_header=False,
        # whom to believe about a caller's address is NIANBAO_TRUSTED_PROXIES' to say
        proxy_headers=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=settings.grace_seconds,
    )


def migrate() -> None:
    """更新数据库结构。Bring the database's schema up to date."""
    migrated_database(settings_read()).engine.dispose()


def health() -> None:
    """询问本机的服务是否可用。Ask the service on this machine whether it is ready."""
    settings = settings_read()
    try:
        answer = httpx.get(f"http://127.0.0.1:{settings.port}/readyz", timeout=5, trust_env=False)
    except httpx.TransportError as failure:
        typer.echo(f"no answer: {failure}", err=True)
        raise typer.Exit(WRONG) from failure
    typer.echo(answer.text)
    raise typer.Exit(0 if answer.is_success else WRONG)


def openapi() -> None:
    """打印 OpenAPI 描述。Print the OpenAPI description."""
    schema = create_app(Settings.model_construct()).openapi()
    typer.echo(json.dumps(schema, ensure_ascii=False, indent=1))


def demo(
    units: Annotated[int, typer.Option(help="再造多少个示例单位；0 只有盐池县", min=0, max=100_000)] = 0,
    serve: Annotated[bool, typer.Option("--serve", help="装好后启动服务")] = False,
) -> None:
    """装入示例数据。Load the demonstration data into an empty database; what is there stays."""
    settings = settings_read()
    if serve:
        _require_safe(settings)
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
        _serve(settings)


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
