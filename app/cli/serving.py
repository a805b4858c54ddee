"""Serving, and describing what is served."""

from __future__ import annotations

import gc
import json
import signal
import sys

import typer
import uvicorn

from app.cli.running import migrated_database, require_safe, settings_read
from app.edge.connections import connections_of
from app.edge.logs import log_as_json
from app.main import create_app
from app.settings import Settings


def serve() -> None:
    """启动服务。Bring the database up to date and serve."""
    settings = settings_read()
    log_as_json(settings.log_level)
    require_safe(settings)
    migrated_database(settings).engine.dispose()
    serve_with(settings)


def serve_with(settings: Settings) -> None:
    """Serve until a signal ends it; the database is up to date."""
    # uvicorn stops in good order and then ends by the signal that asked for it, as if it had been killed
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    app = create_app(settings)
    # what it is made of stays as long as it serves: to look for garbage among it is in vain
    gc.freeze()
    uvicorn.run(
        app,
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


def openapi() -> None:
    """打印 OpenAPI 描述。Print the OpenAPI description."""
    schema = create_app(Settings.model_construct()).openapi()
    typer.echo(json.dumps(schema, ensure_ascii=False, indent=1))


COMMANDS = {"serve": serve, "openapi": openapi}
