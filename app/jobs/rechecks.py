"""Judging a year's reports in several processes, which share nothing but the database."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

from app.services.rechecking import recheck
from app.storage.engine import Database, open_database

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    from app.jobs.worker import Opening
    from app.services.rechecking import Depth, Rechecked

FEW = 4
"""With no more parts than this, starting processes would take longer than it saves."""
AHEAD = 2
"""Parts that are given out for each process, so that none waits and no more than these are held."""

_opened: list[Database] = []
"""In a process that judges: the database."""


def recheck_parts(
    opening: Opening, year: int, parts: Sequence[list[int]], depth: Depth
) -> Iterator[list[Rechecked]]:
    """Yield what came of each part, in order."""
    if len(parts) <= FEW:
        _open(opening)
        yield from (_recheck(year, part, depth) for part in parts)
        _close()
        return
    processes = min(len(parts), os.cpu_count() or 1)
    # not forked: connections and threads of this process are none of theirs
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=_open, initargs=(opening,)) as pool:
        given: deque[Future[list[Rechecked]]] = deque()
        for part in parts:
            given.append(pool.submit(_recheck, year, part, depth))
            if len(given) >= processes * AHEAD:
                yield given.popleft().result()
        while given:
            yield given.popleft().result()


def _open(opening: Opening) -> None:
    _opened.append(open_database(opening.database_url, 1, opening.digest, opening.patience))


def _close() -> None:
    _opened.pop().engine.dispose()


def _recheck(year: int, part: list[int], depth: Depth) -> list[Rechecked]:
    return recheck(_opened[-1], year, part, depth)
