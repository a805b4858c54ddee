"""The command `nianbao`."""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HELP = "政府信息公开工作年度报告：收报告、核对、汇总。Takes in, checks and rolls up the yearly reports."

MODULES: Mapping[str, str] = {
    "serve": "serving",
    "migrate": "schema",
    "verify": "keeping",
    "recheck": "rechecking",
    "health": "asking",
    "openapi": "serving",
    "check": "documents",
    "conformance": "conformance",
    "import": "documents",
    "demo": "demonstration",
    "backup": "keeping",
    "restore": "keeping",
    "token": "access",
    "audit": "trail",
}
"""The module of each command, whose `COMMANDS` hold it by its name."""


def main() -> None:
    """Run the command; what the others need isn't loaded, and takes most of a short one's time."""
    # hardly anything of what is loaded goes again: looking for it is in vain, now and later
    gc.disable()
    named = sys.argv[1:2]
    run = command_line(named if named and named[0] in MODULES else MODULES)
    gc.freeze()
    gc.enable()
    run()


def command_line(names: Iterable[str]) -> typer.Typer:
    """Return the command with those of its commands that are named."""
    cli = typer.Typer(
        name="nianbao",
        help=HELP,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    # with it a command goes by its name also where it is the only one
    cli.callback()(_nothing)
    for name in names:
        command = import_module(f"{__name__}.{MODULES[name]}").COMMANDS[name]
        if isinstance(command, typer.Typer):
            cli.add_typer(command, name=name)
        else:
            cli.command(name)(command)
    return cli


def _nothing() -> None:
    pass
