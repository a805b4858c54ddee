"""A process that makes workbooks, one by one; the service starts it: `python -m app.jobs.workshop`."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import traceback
from typing import TYPE_CHECKING, BinaryIO, cast

from sqlalchemy.exc import OperationalError

from app.errors import Refusal, Unavailable
from app.jobs.worker import LENGTH, Failed
from app.services.exports import export
from app.storage.engine import Database, open_database

if TYPE_CHECKING:
    from types import TracebackType

    from app.jobs.worker import Opening, Result
    from app.services.exports import Wanted

KINDNESS = 10
"""How far it steps back behind the service where both want the processor (nice): nine parts to one."""


def work(jobs: BinaryIO, results: BinaryIO) -> None:
    """Do jobs until no more can come."""
    opening = cast("Opening", pickle.load(jobs))  # noqa: S301 - the service wrote it
    database = open_database(opening.database_url, 1, opening.digest, opening.patience)
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
