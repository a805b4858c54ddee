"""The disk of ours: what was synced is there after a cut, the rest may be, and a lying one has nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.durability.disk import SECTOR, Disk, Operation, compiled, cut_power, noted_in

if TYPE_CHECKING:
    from pathlib import Path

BEFORE = b"before"
WRITTEN = """
import os, sys
log = os.open(sys.argv[1] + "-wal", os.O_RDWR | os.O_CREAT)
os.write(log, b"S" * 1000)
os.write(log, b"s" * 24)
os.fsync(log)
os.pwrite(log, b"P" * 1024, 1024)
os.ftruncate(os.open(sys.argv[1], os.O_RDWR), 3)
os.write(os.open(sys.argv[1] + "-else", os.O_RDWR | os.O_CREAT), b"not ours")
"""
GROWN = """
import os, sys
file = os.open(sys.argv[1], os.O_RDWR)
os.lseek(file, 0, os.SEEK_END)
print(os.write(file, b"x" * 20))
"""
SYNCED = b"S" * 1000 + b"s" * 24


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("library"))


@pytest.fixture
def disk(library: Path, tmp_path: Path) -> Disk:
    disk = Disk(library, tmp_path / "x.db")
    disk.database.write_bytes(BEFORE)
    return disk


def run(disk: Disk, program: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **disk.environment}
    command = [sys.executable, "-c", program, str(disk.database)]
    return subprocess.run(command, env=env, check=False, capture_output=True, text=True)


def test_it_is_noted_what_was_done_to_the_files_of_the_database(disk: Disk) -> None:
    assert run(disk, WRITTEN).stderr == ""
    assert [
        (each.operation, each.suffix, each.offset, len(each.data)) for each in noted_in(disk.journal)
    ] == [
        (Operation.WRITE, "-wal", 0, 1000),
        (Operation.WRITE, "-wal", 1000, 24),
        (Operation.SYNC, "-wal", 0, 0),
        (Operation.WRITE, "-wal", 1024, 1024),
        (Operation.TRUNCATE, "", 3, 0),
    ]
    log = disk.database.with_name("x.db-wal")
    assert log.read_bytes() == SYNCED + b"P" * 1024


def test_after_a_cut_what_was_synced_is_there_and_of_the_rest_anything(disk: Disk, tmp_path: Path) -> None:
    run(disk, WRITTEN)
    logs, databases = set(), set()
    for seed in range(200):
        target = tmp_path / f"cut-{seed}.db"
        cut_power(disk, BEFORE, time.monotonic_ns(), target, Random(seed))
        logs.add(target.with_name(f"{target.name}-wal").read_bytes())
        databases.add(target.read_bytes())
    assert logs == {SYNCED, SYNCED + b"P" * SECTOR, SYNCED + b"P" * 1024}
    assert databases == {BEFORE, BEFORE[:3]}


def test_before_the_sync_nothing_is_certain(disk: Disk, tmp_path: Path) -> None:
    run(disk, WRITTEN)
    synced = next(each.moment for each in noted_in(disk.journal) if each.operation is Operation.SYNC)
    target = tmp_path / "cut.db"
    cut_power(disk, BEFORE, synced - 1, target, Random(7), is_honest=False)
    assert target.read_bytes() == BEFORE
    assert not target.with_name("cut.db-wal").exists()


def test_a_disk_that_lies_keeps_nothing(disk: Disk, tmp_path: Path) -> None:
    run(disk, WRITTEN)
    target = tmp_path / "cut.db"
    cut_power(disk, BEFORE, time.monotonic_ns(), target, Random(1), is_honest=False)
    assert target.read_bytes() == BEFORE
    assert not target.with_name("cut.db-wal").exists()


def test_a_note_that_a_kill_cut_off_is_left_out(disk: Disk) -> None:
    run(disk, WRITTEN)
    whole = disk.journal.read_bytes()
    disk.journal.write_bytes(whole[: 2 * 40 + 1000 + 23])
    assert len(list(noted_in(disk.journal))) == 1


def test_a_full_disk_takes_what_fits_then_nothing_and_again_when_there_is_room(disk: Disk) -> None:
    disk.fill(10)
    assert run(disk, GROWN).stdout == "10\n"
    assert "No space left on device" in run(disk, GROWN).stderr
    disk.make_room()
    assert run(disk, GROWN).stdout == "20\n"
    assert disk.database.read_bytes() == BEFORE + b"x" * 30
