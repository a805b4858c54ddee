"""The real service as a process of its own, on a free port of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from tests.postgres import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COMMAND = Path(sys.executable).with_name("nianbao")
START_TIMEOUT_S = 60


def environment(database_url: str, port: int = 0) -> dict[str, str]:
    """Return what a process is told: this database, this port, and nothing else about the service."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("NIANBAO_")}
    # the cluster of these tests doesn't wait for the disk, and a temporary folder may lie in memory
    unsafe = {"NIANBAO_ALLOW_UNSAFE_DATABASE": "true"}
    return {**others, **unsafe, "NIANBAO_DATABASE_URL": database_url, "NIANBAO_PORT": str(port)}


@contextmanager
def running(database_url: str, *command: str, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run the command (`serve` unless told otherwise) until the block ends; yield the service's address."""
    with process_of(database_url, *command, settings=settings) as (_, address):
        yield address


@contextmanager
def process_of(
    database_url: str,
    *command: str,
    log: Path | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run the command until the block ends; yield its process and the service's address.

    Args:
        database_url: of its database.
        command: `serve` unless told otherwise.
        log: where its standard error goes.
        settings: further ones, by name.
    """
    port = free_port()
    others = {f"NIANBAO_{name}": value for name, value in (settings or {}).items()}
    with Path(log or os.devnull).open("wb") as printing:
        process = subprocess.Popen(
            [COMMAND, *(command or ("serve",))],
            env=environment(database_url, port) | others,
            stdout=subprocess.DEVNULL,
            stderr=printing,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_ready(process, address)
        yield process, address
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_until_ready(process: subprocess.Popen[bytes], address: str) -> None:
    """Wait for the service's first answer.

    Raises:
        RuntimeError: it ended, or didn't answer in time.
    """
    deadline = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(f"{address}/readyz", trust_env=False, timeout=5).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the service didn't start: {process.poll()}")
