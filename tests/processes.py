"""Processes of this machine, as Linux tells of them."""

from __future__ import annotations

import os
from pathlib import Path


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started and that still run."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def rss_of(pid: int) -> int:
    """Return the memory that a process holds, in bytes; 0 where it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def is_running(pid: int) -> bool:
    """Tell whether there is such a process, and it hasn't ended unnoticed by whoever started it."""
    return rss_of(pid) > 0
