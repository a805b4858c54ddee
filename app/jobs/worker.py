"""A process that makes workbooks, and how the service talks to it.

Over two pipes: a pickled job in, a length and a pickled result out.  It ends when the pipe to it closes,
so it never outlives the service, however that ends.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import struct
import sys
import traceback
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Self, TypeAlias, cast

from sqlalchemy.exc import OperationalError

from app.errors import Refusal, Unavailable
from app.services.exports import Exported, Wanted, export
from app.storage.digests import Digest
from app.storage.engine import Database, open_database

if TYPE_CHECKING:
    from types import TracebackType

LENGTH = struct.Struct(">Q")
KINDNESS = 19
"""How far a worker steps back behind the service where both want the processor (nice)."""
PATIENCE_S = 5
"""How long a worker that is dismissed may take to end."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How a worker reaches the database."""

    database_url: str
    digest: Digest


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
            sys.executable, "-P", "-m", "app.jobs.worker", stdin=PIPE, stdout=PIPE
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

    async def make(self, wanted: Wanted) -> Result:
        """Return what came of a job.

        Raises:
            EOFError: the process ended.
            OSError: it had ended before.
        """
        self._send(wanted)
        await self._stdin.drain()
        stdout = cast("asyncio.StreamReader", self._process.stdout)
        (length,) = LENGTH.unpack(await stdout.readexactly(LENGTH.size))
        result = await stdout.readexactly(length)
        self.made += 1
        return cast("Result", pickle.loads(result))  # noqa: S301 - our own process wrote it

    def dismiss(self) -> None:
        """Let it end as soon as it likes."""
        self._stdin.close()

    def kill(self) -> None:
        """End it at once."""
        self.dismiss()
        if self.is_alive:
            self._process.kill()

    async def ended(self) -> None:
        """Wait until it has ended; one that doesn't is ended."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()


def work(jobs: BinaryIO, results: BinaryIO) -> None:
    """Do jobs until no more can come."""
    opening = cast("Opening", pickle.load(jobs))  # noqa: S301 - the service wrote it
    database = open_database(opening.database_url, 1, opening.digest)
    while True:
        try:
            wanted = cast("Wanted", pickle.load(jobs))  # noqa: S301 - the service wrote it
        except EOFError:
            return
        result = pickle.dumps(_result_of(database, wanted))
        results.write(LENGTH.pack(len(result)) + result)
        results.flush()


def _result_of(database: Database, wanted: Wanted) -> Result:
    try:
        return export(database, wanted)
    except Refusal as refusal:
        return refusal
    except OperationalError:
        return Unavailable("数据库现在没有回应，请稍后再试")
    except Exception as failure:  # noqa: BLE001 - the job loop: the next job is none the worse for it
        return Failed(_where(type(failure), failure.__traceback__))


def _where(kind: type[Exception], trace: TracebackType | None) -> str:
    """Say what failed where; the exception's own words may hold what nobody should read in a log."""
    frames = traceback.extract_tb(trace)
    return " ".join([kind.__name__, *(f"{frame.filename}:{frame.lineno}" for frame in frames)])


def main() -> None:
    """Be a worker."""
    # whoever ends the service lets it finish what it has begun; it then closes the pipe
    for sent_to_all in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sent_to_all, signal.SIG_IGN)
    os.nice(KINDNESS)
    # nothing that anybody prints may come between the results
    results = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        work(sys.stdin.buffer, results)
    except BrokenPipeError:
        # the service is gone; what is left in the buffer has nowhere to go
        os._exit(1)


if __name__ == "__main__":
    main()
