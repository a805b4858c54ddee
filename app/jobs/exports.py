"""Exports in a lane of their own: workbooks are made in other processes, so that nobody else waits for them.

Writing a workbook is a second of pure Python.  In the service's own process it would hold the interpreter's
lock, and every other request would queue for that at each of its statements.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.errors import Unavailable
from app.jobs.lane import Lane, Limits
from app.jobs.worker import Failed, Opening, Worker
from app.services.exports import Exported, Wanted, export
from app.storage.engine import Database

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

MOST_JOBS = 100
"""After so many a worker is replaced: what it has come to hold of the system's memory goes back."""

log = logging.getLogger(__name__)


class ExportError(Exception):
    """Something unforeseen happened in a worker; the log says what and where."""


@dataclass(frozen=True, slots=True)
class ExportLimits:
    """How much may be exported at once.

    Attributes:
        workers: how many processes make workbooks; 0 has a thread of the service make them.
        waiting: how many exports may wait for one.
        wait_seconds: how long each of them may.
        seconds: how long a worker may take for one.
    """

    workers: int
    waiting: int
    wait_seconds: float
    seconds: float

    @property
    def lane(self) -> Limits:
        """How many are made at once, and how many wait; half of them for one client at most."""
        running = max(1, self.workers)
        of_one_client = running + max(1, self.waiting // 2)
        return Limits(running, self.waiting, self.wait_seconds, of_one_client)


class Exports:
    """Makes workbooks, a few at a time; it belongs to one event loop."""

    def __init__(self, database: Database, opening: Opening, limits: ExportLimits) -> None:
        self._database = database
        self._opening = opening
        self._limits = limits
        self._lane = Lane(limits.lane)
        self._idle: list[Worker] = []

    async def make(
        self, wanted: Wanted, client: Hashable | None, is_gone: Callable[[], Awaitable[bool]]
    ) -> Exported:
        """Return a workbook when its turn has come.

        Args:
            wanted: which.
            client: whom it counts against; None where nobody knows.
            is_gone: tells whether the caller has hung up, and the workbook needn't be made any more.

        Raises:
            TooManyRequests: that client has too many in line.
            Unavailable: too many wait, or it took too long, or the worker was lost.
            NotFound: there is no such report or roll-up any more.
            ExportError: the worker didn't foresee something.
        """
        place = await self._lane.enter(client)
        try:
            if await is_gone():
                raise Unavailable("请求方已经断开")
            if self._limits.workers == 0:
                return await asyncio.to_thread(export, self._database, wanted)
            return await self._have_made(wanted)
        finally:
            place.leave()

    async def _have_made(self, wanted: Wanted) -> Exported:
        worker = await self._worker()
        is_answered = False
        try:
            async with asyncio.timeout(self._limits.seconds):
                result = await worker.make(wanted)
            is_answered = True
        except (TimeoutError, EOFError, OSError) as lost:
            log.warning("an export worker was lost: %s", type(lost).__name__)
            raise Unavailable("工作簿没有做成，请稍后再试") from lost
        finally:
            await (self._keep(worker) if is_answered else worker.kill())
        if isinstance(result, Failed):
            log.error("an export failed: %s", result.where)
            raise ExportError
        if isinstance(result, Exported):
            return result
        raise result

    async def _worker(self) -> Worker:
        """Return a worker that lives: one that is idle, or a new one.

        Raises:
            Unavailable: the system has no room for another process.
        """
        while self._idle:
            worker = self._idle.pop()
            if worker.is_alive:
                return worker
            await worker.kill()
        try:
            return await Worker.start(self._opening)
        except OSError as failure:
            log.warning("no export worker can be started: %s", type(failure).__name__)
            raise Unavailable("现在不能生成工作簿，请稍后再试") from failure

    async def _keep(self, worker: Worker) -> None:
        if worker.made < MOST_JOBS:
            self._idle.append(worker)
        else:
            await worker.dismiss()

    async def end(self) -> None:
        """Let the workers go."""
        while self._idle:
            await self._idle.pop().dismiss()
