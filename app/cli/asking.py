"""Asking a service that runs."""

from __future__ import annotations

import httpx
import typer

from app.cli.running import WRONG, settings_read


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


COMMANDS = {"health": health}
