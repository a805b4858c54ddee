"""The log: a JSON object on each line of standard error, of the service itself and of its parts.

What lands there must be safe to show to whoever operates the machine: of a failure its kinds and places, not
its words, since these may quote what somebody sent.  Line breaks and control characters are escaped.
"""

from __future__ import annotations

import logging
import sys
from traceback import walk_tb
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from structlog.typing import EventDict, WrappedLogger

OURS = ("app", "uvicorn")
"""Whose lines follow the setting; others are heard from warnings on: with more detail they show data."""


def log_as_json(level: str) -> None:
    """Let everything that is logged or warned of from now on be a line of JSON on standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())


def _formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _without_words,
            structlog.processors.JSONRenderer(),
        ],
    )


def _without_words(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Say of a failure what kind it is and where it happened."""
    event["event"] = str(event["event"]).partition("\n")[0]
    # what uvicorn adds for terminals
    event.pop("color_message", None)
    event.pop("stack_info", None)
    failure = event.pop("exc_info", None)
    failure = failure[1] if isinstance(failure, tuple) else failure
    if isinstance(failure, BaseException):
        event["failures"] = [
            {"type": _name_of(each), "frames": list(_frames_of(each.__traceback__))}
            for each in _chain_of(failure)
        ]
    return event


def _name_of(failure: BaseException) -> str:
    kind = type(failure)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _frames_of(trace: TracebackType | None) -> Iterator[str]:
    """Yield each place that a failure came through, the innermost last: module, line and function."""
    for frame, line in walk_tb(trace):
        yield f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_qualname}"


def _chain_of(failure: BaseException) -> Iterator[BaseException]:
    """Yield a failure and what led to it."""
    seen: list[BaseException] = []
    following: BaseException | None = failure
    while following is not None and following not in seen:
        seen.append(following)
        following = following.__cause__ or following.__context__
    yield from seen
