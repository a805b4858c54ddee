"""A disk between SQLite and the real one: it can lose its power, lie about syncs, and be full.

What stands in between is `disk.c`, loaded into the service; here is what becomes of what it noted.
"""

from __future__ import annotations

import struct
import subprocess
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from random import Random

SOURCE = Path(__file__).with_name("disk.c")
SUFFIXES = ("", "-wal", "-journal")
SECTOR = 512
_RECORD = struct.Struct("=QQQQQ")


def compiled(folder: Path) -> Path:
    """Compile what is loaded into the service; it takes a C compiler."""
    library = folder / "disk.so"
    options = ("-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC")
    subprocess.run(["cc", *options, "-o", library, SOURCE, "-ldl"], check=True)
    return library


@dataclass(frozen=True, slots=True)
class Disk:
    """A database's files on a disk of ours.

    Attributes:
        library: as `compiled` made it.
        database: the database's file.
    """

    library: Path
    database: Path

    @property
    def journal(self) -> Path:
        """Where it is noted what the service did to the files."""
        return self.database.with_suffix(".noted")

    @property
    def _limit(self) -> Path:
        return self.database.with_suffix(".limit")

    @property
    def environment(self) -> dict[str, str]:
        """What puts a service on this disk."""
        return {
            "LD_PRELOAD": str(self.library),
            "DISK_DATABASE": str(self.database),
            "DISK_JOURNAL": str(self.journal),
            "DISK_LIMIT": str(self._limit),
        }

    def fill(self, room: int) -> None:
        """Leave room for so many more bytes in the largest file; the others may grow up to there."""
        files = [self.database.with_name(self.database.name + suffix) for suffix in SUFFIXES]
        largest = max(file.stat().st_size for file in files if file.exists())
        ready = self._limit.with_suffix(".next")
        ready.write_text(str(largest + room))
        ready.rename(self._limit)

    def make_room(self) -> None:
        """Let the disk be empty enough again."""
        self._limit.unlink()


class Operation(IntEnum):
    """What was done to a file, as `disk.c` numbers it."""

    WRITE = 1
    TRUNCATE = 2
    SYNC = 3
    REMOVE = 4


@dataclass(frozen=True, slots=True)
class Noted:
    """Something that was done to a file of the database.

    Attributes:
        moment: when; before it was begun, but of a sync when it was done.
        operation: what.
        suffix: of the file's name.
        offset: where, or the length that the file was cut to.
        data: what was written.
    """

    moment: int
    operation: Operation
    suffix: str
    offset: int
    data: bytes


def noted_in(journal: Path) -> Iterator[Noted]:
    """Read what was noted; the last note may have been cut off by a kill."""
    with journal.open("rb") as file:
        while len(head := file.read(_RECORD.size)) == _RECORD.size:
            moment, operation, kind, offset, length = _RECORD.unpack(head)
            data = file.read(length if operation == Operation.WRITE else 0)
            if len(data) == length:
                yield Noted(moment, Operation(operation), SUFFIXES[kind], offset, data)


@dataclass(slots=True)
class _File:
    """A file as it is on the disk for certain, and what was done to it since its last sync."""

    certain: bytearray = field(default_factory=bytearray)
    pending: list[Noted] = field(default_factory=list)

    def add(self, noted: Noted, *, is_honest: bool) -> None:
        if noted.operation is not Operation.SYNC:
            self.pending.append(noted)
        elif is_honest:
            self.settle(self.pending)

    def settle(self, chosen: Iterable[Noted]) -> None:
        """Let what is chosen reach the disk; what else was pending is gone."""
        for noted in chosen:
            _apply(self.certain, noted)
        self.pending = []


def _apply(content: bytearray, noted: Noted) -> None:
    if noted.operation is Operation.TRUNCATE:
        del content[noted.offset :]
        content.extend(bytes(noted.offset - len(content)))
    else:
        end = noted.offset + len(noted.data)
        content.extend(bytes(max(0, noted.offset - len(content))))
        content[noted.offset : end] = noted.data


def cut_power(
    disk: Disk, before: bytes, moment: int, target: Path, chance: Random, *, is_honest: bool = True
) -> None:
    """Write down what the disk would hold if the power had gone at a moment.

    Of what was written since a file's last sync, nothing is there, or some of it in any order, whole or only
    its first sectors.  *before* is the database file as it was at first.  A disk that isn't honest says that
    it has synced, and keeps nothing.
    """
    files = {"": _File(bytearray(before))}
    for noted in noted_in(disk.journal):
        if noted.moment > moment:
            break
        if noted.operation is Operation.REMOVE:
            # SQLite empties the log into the database, syncs that, and removes the log only then
            files.pop(noted.suffix, None)
        else:
            files.setdefault(noted.suffix, _File()).add(noted, is_honest=is_honest)
    share = chance.choice((0.0, 0.5, 0.9)) if is_honest else 0.0
    for suffix, file in files.items():
        file.settle(_survivors(file.pending, share, chance))
        if file.certain:
            target.with_name(target.name + suffix).write_bytes(file.certain)


def _survivors(pending: list[Noted], share: float, chance: Random) -> Iterator[Noted]:
    for noted in pending:
        if chance.random() < share:
            whole = noted.operation is not Operation.WRITE or chance.random() < 0.5
            yield noted if whole else _torn(noted, chance)


def _torn(noted: Noted, chance: Random) -> Noted:
    sectors = chance.randint(0, len(noted.data) // SECTOR)
    return Noted(noted.moment, noted.operation, noted.suffix, noted.offset, noted.data[: sectors * SECTOR])
