"""The commands `nianbao backup` and `nianbao restore`: while people write, and when somebody kills them.

NIANBAO_BACKUP_EXAMPLES asks for longer runs: that many versions of each report, and that many kills.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import func, insert, inspect, select, text

from app.auth.actor import COMMAND_LINE
from app.domain.roles import Role
from app.errors import UnreadableDocument
from app.forms.annual_2021 import FORM
from app.services.audit_trail import list_heads, verify
from app.services.backups import back_up, restore
from app.services.filed import find_report
from app.services.integrity import find_contradictions
from app.storage.backup_file import open_backup
from app.storage.models import AUDIT_ENTRY, CHANGE, REPORT, SOURCE_DOCUMENT, VERSION
from app.storage.numbers import TABLES, read_numbers
from tests.api import YEAR, a_report, address
from tests.desk import WHOLE_TREE, bearer
from tests.service import COMMAND, environment, running
from tests.services.trees import NOON, Unit, plant
from tests.whole import KEY, KINDS, contents_of, new_database, opened

if TYPE_CHECKING:
    from app.storage.engine import Database, ReadSession
    from tests.postgres import Cluster

EXAMPLES = int(os.environ.get("NIANBAO_BACKUP_EXAMPLES", "0"))
WRITERS = [f"640323{number}" for number in range(101, 105)]
DOCUMENTS = 12
"""Of a megabyte each."""

HALF_WAY = 5 << 20
EMPTY = 9 << 20
"""What PostgreSQL's own tables and ours without rows take up, in bytes."""

POLL_S = 0.01
PAUSE_S = 0.06
"""Between the writes of one of the four: together about fifty a second."""


def nianbao(url: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command on a database until it ends."""
    env = environment(url)
    return subprocess.run(
        [COMMAND, *arguments], env=env, check=False, capture_output=True, text=True, timeout=120
    )


def plant_writers(url: str) -> None:
    with opened(url) as database:
        plant(database, [Unit("640323", None, status=None)])
        plant(database, [Unit(code, "640323", status=None) for code in WRITERS])


# As an operator uses them


def test_a_backup_is_told_of_and_moves_from_sqlite_to_postgresql(
    sqlite_url: str, tmp_path: Path, postgres: Cluster
) -> None:
    with opened(sqlite_url) as database:
        plant(database, [Unit("1", None)])
    file = tmp_path / "backup.zip"
    done = nianbao(sqlite_url, "backup", file)
    assert (done.returncode, done.stderr) == (0, "")
    assert "已备份：机关 1，报告 1，版本 1，审计记录 " in done.stdout
    assert f"{file.stat().st_size} 字节，用时 " in done.stdout
    with new_database("postgresql", tmp_path, postgres) as url:
        done = nianbao(url, "restore", file)
        assert (done.returncode, done.stderr) == (0, "")
        assert "已恢复：机关 1，报告 1，版本 1，审计记录 " in done.stdout
        with opened(url) as restored, opened(sqlite_url) as original:
            assert contents_of(restored) == contents_of(original)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("restore", "damaged.zip"), 1, "不是 nianbao 的备份"),
        (("backup", "no/such/folder.zip"), 2, "文件用不了"),
    ],
    ids=["refused", "can't be tried"],
)
def test_what_can_t_be_done_is_said_with_a_status(
    sqlite_url: str, tmp_path: Path, arguments: tuple[str, str], status: int, said: str
) -> None:
    (tmp_path / "damaged.zip").write_bytes(b"no backup")
    done = nianbao(sqlite_url, arguments[0], tmp_path / arguments[1])
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


# While people write


def test_a_backup_that_is_taken_while_people_write_is_of_one_moment(
    database_url: str, tmp_path: Path
) -> None:
    plant_writers(database_url)
    file, stop = tmp_path / "backup.zip", Event()
    with running(database_url) as service, ThreadPoolExecutor(len(WRITERS)) as pool:
        acknowledged: dict[str, int] = dict.fromkeys(WRITERS, 0)
        writers = [pool.submit(write, service, code, acknowledged, stop) for code in WRITERS]
        try:
            wait_for_writes(acknowledged)
            before = dict(acknowledged)
            with opened(database_url) as database, database.reading() as session:
                back_up(session, file)
            wait_for_writes(acknowledged)
        finally:
            stop.set()
        for writer in writers:
            writer.result()
    with opened(f"sqlite:///{tmp_path / 'restored.db'}") as restored:
        with open_backup(file) as found, restored.writing() as session:
            restore(session, found, KEY.encode())
        stored = versions_in(restored)
    assert all(before[code] <= stored[code] <= acknowledged[code] + 1 for code in WRITERS)


def wait_for_writes(acknowledged: dict[str, int]) -> None:
    """Wait until everybody has saved a few versions more."""
    enough = {code: version + (EXAMPLES or 5) for code, version in acknowledged.items()}
    deadline = time.monotonic() + 60 + EXAMPLES
    while any(acknowledged[code] < version for code, version in enough.items()):
        assert time.monotonic() < deadline, acknowledged
        time.sleep(POLL_S)


def write(service: str, code: str, acknowledged: dict[str, int], stop: Event) -> None:
    """Save a draft again and again, each time with another number; note the last version acknowledged."""
    body, headers = a_report(), bearer(WHOLE_TREE[Role.SYSTEM])
    with httpx.Client(base_url=service, trust_env=False, timeout=60, headers=headers) as client:
        etag: dict[str, str] = {}
        while not stop.wait(PAUSE_S):
            body["disclosure"]["licensing"]["decisions"] = acknowledged[code]
            answer = client.put(address(code), params={"draft": True}, json=body, headers=etag)
            assert answer.is_success, answer.text
            acknowledged[code], etag = acknowledged[code] + 1, {"If-Match": answer.headers["etag"]}


def versions_in(database: Database) -> dict[str, int]:
    """Return each writer's version, having held everything that tells of it to the same."""
    with database.reading() as session:
        assert all(chain.fault is None for chain in verify(session, COMMAND_LINE, b"", list_heads(session)))
        assert [*find_contradictions(session)] == []
        told = session.scalars(select(CHANGE.c.number).order_by(CHANGE.c.number)).all()
        assert told == [*range(1, len(told) + 1)]
        return {code: version_of(session, code) for code in WRITERS}


def version_of(session: ReadSession, code: str) -> int:
    filed = find_report(session, COMMAND_LINE, code, YEAR)
    report = filed.report
    assert report.id is not None
    versions = session.scalars(select(VERSION.c.number).where(VERSION.c.report_id == report.id))
    assert sorted(versions) == list(range(1, report.version + 1))
    assert read_numbers(session.connection(), FORM, TABLES[FORM.version], report.id) == filed.content.values
    assert filed.content.values["disclosure.licensing.decisions"] == report.version - 1
    told = (
        select(func.count())
        .select_from(AUDIT_ENTRY)
        .where(AUDIT_ENTRY.c.agency == code, AUDIT_ENTRY.c.year == YEAR)
    )
    assert session.scalar(told) == report.version
    return report.version


# When it is killed


@pytest.fixture
def heavy_url(sqlite_url: str) -> str:
    """Return the address of a database whose backup, and restoring it, takes a while."""
    with opened(sqlite_url) as database:
        plant(database, [Unit("1", None)])
        with database.writing() as session:
            document = {"version": 1, "file_name": "大文件", "sha256": "", "reading": "{}", "stored_by": "某"}
            report = session.scalar(select(REPORT.c.id))
            for _ in range(DOCUMENTS):
                more = {"report_id": report, "body": os.urandom(1 << 20), "stored_at": NOON}
                session.execute(insert(SOURCE_DOCUMENT), document | more)
    return sqlite_url


def test_a_backup_that_is_killed_leaves_nothing_that_could_be_restored(
    heavy_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    for number in range(EXAMPLES or 1):
        target = folder / f"{number}.zip"
        process = subprocess.Popen([COMMAND, "backup", target], env=environment(heavy_url))
        while process.poll() is None and largest_in(folder, f".{number}.zip") <= (number % 10) << 20:
            time.sleep(POLL_S)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert not target.exists()
    left = list(folder.iterdir())
    assert left
    for file in left:
        with pytest.raises(UnreadableDocument), open_backup(file):
            pytest.fail(f"{file} could be restored")


def largest_in(folder: Path, start: str) -> int:
    return max((file.stat().st_size for file in folder.glob(f"{start}*")), default=0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_restore_that_is_killed_leaves_an_empty_database_that_can_be_filled(
    heavy_url: str, kind: str, tmp_path: Path, postgres: Cluster
) -> None:
    file = tmp_path / "backup.zip"
    with opened(heavy_url) as database, database.reading() as session:
        back_up(session, file)
    with new_database(kind, tmp_path, postgres) as url:
        process = subprocess.Popen([COMMAND, "restore", file], env=environment(url))
        wait_until_half_way(url, process)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        with opened(url) as database:
            assert inspect(database.engine).get_table_names() == []
            with open_backup(file) as found, database.writing() as session:
                restore(session, found, KEY.encode())
            assert len(contents_of(database)["source_document"]) == DOCUMENTS


def wait_until_half_way(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until documents are being written, though nothing is committed: the files have grown."""
    with opened(url) as database:
        while process.poll() is None and not is_half_way(database):
            time.sleep(POLL_S)


def is_half_way(database: Database) -> bool:
    if database.engine.dialect.name == "sqlite":
        journal = Path(f"{database.engine.url.database}-wal")
        return journal.exists() and journal.stat().st_size > HALF_WAY
    with database.reading() as session:
        return bool(session.scalar(text(f"SELECT pg_database_size(current_database()) > {EMPTY + HALF_WAY}")))
