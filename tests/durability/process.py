"""The service as a process that can be killed, and how long it takes to be back."""

from __future__ import annotations

import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.main import create_app
from app.settings import Settings
from app.storage.engine import open_database
from app.storage.schema import migrate
from tests.api import register_county
from tests.desk import Desk, plant_tokens
from tests.durability.writers import AGENCIES
from tests.postgres import free_port
from tests.service import COMMAND, environment, wait_until_ready

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Service:
    """A service that answers.

    Attributes:
        address: where it is.
        process: what to kill.
        started_in: seconds from its start to the first good /readyz.
    """

    address: str
    process: subprocess.Popen[bytes]
    started_in: float

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.process.kill()
        self.process.wait()


@contextmanager
def serving(url: str, more: Mapping[str, str] | None = None) -> Iterator[Service]:
    """Start `nianbao serve`, with more in its environment; kill it at the end of the block."""
    port = free_port()
    started = time.monotonic()
    process = start(environment(url, port) | dict(more or {}), "serve")
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_ready(process, address)
        yield Service(address, process, time.monotonic() - started)
    finally:
        process.kill()
        process.wait()


def start(env: Mapping[str, str], *command: str) -> subprocess.Popen[bytes]:
    """Start a command of ours; which lines it runs isn't measured, since one that is killed tells nobody."""
    unmeasured = {name: value for name, value in env.items() if not name.startswith("COVERAGE_")}
    return subprocess.Popen(
        [COMMAND, *command], env=unmeasured, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def plant(url: str) -> str:
    """Give an empty database its schema, the clients' agencies and the tokens of this run; return *url*."""
    database = open_database(url, 2)
    migrate(database)
    plant_tokens(database)
    database.engine.dispose()
    with Desk(create_app(Settings(database_url=url))) as desk:
        register_county(desk, *AGENCIES)
    return url
