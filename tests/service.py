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
    from collections.abc import Iterator

COMMAND = Path(sys.executable).with_name("nianbao")
START_TIMEOUT_S = 60


def environment(database_url: str, port: int = 0) -> dict[str, str]:
    """Return what a process is told: this database, this port, and nothing else about the service."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("NIANBAO_")}
    # the cluster of these tests doesn't wait for the disk, and a temporary folder may lie in memory
    unsafe = {"NIANBAO_ALLOW_UNSAFE_DATABASE": "true"}
    return {**others, **unsafe, "NIANBAO_DATABASE_URL": database_url, "NIANBAO_PORT": str(port)}


@contextmanager
def running(database_url: str, *command: str) -> Iterator[str]:
    """Run the command (`serve` unless told otherwise) until the block ends; yield the service's address."""
    port = free_port()
    process = subprocess.Popen(
        [COMMAND, *(command or ("serve",))],
        env=environment(database_url, port),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_ready(process, address)
        yield address
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
