"""The service's end of a process that makes workbooks; `app.jobs.workshop` is the other.

Over two pipes: a pickled job in, a length and a pickled result out.  The process ends when the pipe to it
closes, so it never outlives the service, however that ends.
"""

from __future__ import annotations

import asyncio
import pickle
import struct
import sys
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from dataclasses import dataclass
from typing import Self, TypeAlias, cast

from app.errors import Refusal
from app.services.exports import Exported, Wanted
from app.storage.digests import Digest
from app.storage.engine import Patience

LENGTH = struct.Struct(">Q")
PATIENCE_S = 5
"""How long a worker that is dismissed may take to end."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How a worker reaches the database."""

    database_url: str
    digest: Digest
    patience: Patience


@dataclass(frozen=True, slots=True)
class Failed:
    """Something unforeseen happened: the kind of exception and the lines that it came through."""

    where: str


Result: TypeAlias = Exported | Refusal | Failed


class Worker:
    """The service's end of a worker."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.made = 0

    @classmethod
    async def start(cls, opening: Opening) -> Self:
        """Start a process; it takes its first job as soon as it has come up."""
        # -P: a folder `app` in the working directory isn't ours
        process = await create_subprocess_exec(
            sys.executable, "-P", "-m", "app.jobs.workshop", stdin=PIPE, stdout=PIPE
        )
        worker = cls(process)
        worker._send(opening)
        return worker

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.returncode is None

    def _send(self, message: Opening | Wanted) -> None:
        self._stdin.write(pickle.dumps(message))

    @property
    def _stdin(self) -> asyncio.StreamWriter:
        return cast("asyncio.StreamWriter", self._process.stdin)

    @property
    def _stdout(self) -> asyncio.StreamReader:
        return cast("asyncio.StreamReader", self._process.stdout)

    async def make(self, wanted: Wanted) -> Result:
        """Return what came of a job.

        Raises:
            EOFError: the process ended.
            OSError: it had ended before.
        """
        self._send(wanted)
        await self._stdin.drain()
        (length,) = LENGTH.unpack(await self._stdout.readexactly(LENGTH.size))
        result = await self._stdout.readexactly(length)
        self.made += 1
        return cast("Result", pickle.loads(result))  # noqa: S301 - our own process wrote it

    async def dismiss(self) -> None:
        """Let it end; one that takes too long is ended."""
        self._stdin.close()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._ended()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End it at once, whatever it is doing."""
        self._stdin.close()
        if self.is_alive:
            self._process.kill()
        await self._ended()

    async def _ended(self) -> None:
        # what it said last is in the way of its end
        await self._stdout.read()
        await self._process.wait()
