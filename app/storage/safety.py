"""Whether a database keeps what it acknowledged, through a power cut too: how it is set, where it lies."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.storage.engine import Database, ReadSession

MOUNTS = Path("/proc/self/mountinfo")

NETWORK = re.compile(
    r"9p|afs|beegfs|ceph|cifs|coda|glusterfs|gpfs|lustre|ncpfs|nfs4?|orangefs|prl_fs|smb[23]|smbfs|vboxsf"
    r"|fuse\.(ceph|davfs|gcsfuse|glusterfs|goofys|grpcfuse|juicefs|osxfs|rclone|s3fs|sshfs|vmhgfs-fuse)"
)
"""File systems of other machines: SQLite's locks and its shared memory don't hold there."""

MEMORY = frozenset(("devtmpfs", "ramfs", "tmpfs"))

_SQLITE = {"journal_mode": ("wal",), "synchronous": ("FULL", "EXTRA"), "foreign_keys": ("ON",)}
"""What is safe on SQLite; the first of each is what it should be."""

_NAMES = {"synchronous": ("OFF", "NORMAL", "FULL", "EXTRA"), "foreign_keys": ("OFF", "ON")}

_TRUE = ("on", "true", "yes", "1")
_POSTGRESQL = {
    "fsync": _TRUE,
    "full_page_writes": _TRUE,
    "synchronous_commit": (*_TRUE, "local", "remote_write", "remote_apply"),
}
"""What is safe on PostgreSQL, as it writes it itself or as somebody may have typed it."""

_SOURCES = {
    "configuration file": "配置文件 postgresql.conf 或 postgresql.auto.conf",
    "command line": "PostgreSQL 的启动参数",
    "client": "连接地址 NIANBAO_DATABASE_URL 的 options，或环境变量 PGOPTIONS",
}
_STORED = {"global", "database", "user", "database user"}
"""Sources that stand in pg_db_role_setting."""


@dataclass(frozen=True, slots=True)
class Danger:
    """Something by which a database can lose what it acknowledged.

    Attributes:
        setting: as the database calls it.
        value: what it is.
        place: where that comes from, in Chinese.
        expected: what it should be.
    """

    setting: str
    value: str
    place: str
    expected: str

    def __str__(self) -> str:
        """Say it in a sentence."""
        return f"{self.setting} 现为 {self.value}（{self.place}），应为 {self.expected}"


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted file system."""

    point: Path
    kind: str


def find_dangers(database: Database) -> list[Danger]:
    """Return all by which the database can lose what it acknowledged, on new connections as well."""
    with database.reading() as session:
        if database.engine.dialect.name == "sqlite":
            return [*_dangers_of_sqlite(session)]
        return [*_dangers_of_postgresql(session)]


def _dangers_of_sqlite(session: ReadSession) -> Iterator[Danger]:
    for setting, safe in _SQLITE.items():
        found = session.scalar(text(f"PRAGMA {setting}"))
        value = _NAMES[setting][found] if setting in _NAMES else str(found)
        if value not in safe:
            yield Danger(setting, value, "SQLite 的连接", safe[0])
    file = session.execute(text("PRAGMA database_list")).all()[0][2]
    danger = judge_place(Path(file).resolve(), mounts())
    if danger is not None:
        yield danger


def mounts() -> str:
    """Return Linux's list of mounted file systems; nothing is known of other systems."""
    return os.fsdecode(MOUNTS.read_bytes()) if MOUNTS.exists() else ""


def judge_place(file: Path, mountinfo: str) -> Danger | None:
    """Tell what is wrong with where a SQLite file lies; None where nothing is, or nothing is known.

    Args:
        file: without symbolic links.
        mountinfo: as Linux writes it (proc_pid_mountinfo(5)).
    """
    mount = mount_of(file, mountinfo)
    if mount is None:
        return None
    if NETWORK.fullmatch(mount.kind):
        why = "在网络盘上，SQLite 的锁和预写日志不可靠"
    elif mount.kind in MEMORY:
        why = "内存里的文件，断电后什么也不剩"
    else:
        return None
    place = f"{file} 在挂载点 {mount.point}"
    return Danger("文件系统", mount.kind, place, f"本机磁盘上的文件系统：{why}")


def mount_of(file: Path, mountinfo: str) -> Mount | None:
    """Return the file system on which a file lies: the deepest, and of several in one place the last."""
    found = None
    for mount in map(_mount_in, mountinfo.splitlines()):
        deeper = found is None or len(mount.point.parts) >= len(found.point.parts)
        if file.is_relative_to(mount.point) and deeper:
            found = mount
    return found


def _mount_in(line: str) -> Mount:
    fields = line.split(" ")
    # blanks and the like are written as three octal digits
    point = re.sub(r"\\([0-7]{3})", lambda digits: chr(int(digits[1], 8)), fields[4])
    return Mount(Path(point), fields[fields.index("-") + 1])


def _dangers_of_postgresql(session: ReadSession) -> Iterator[Danger]:
    stored = [*_stored_dangers(session)]
    yield from stored
    named = {danger.setting for danger in stored}
    chosen = text(
        "SELECT name, setting, reset_val, source, sourcefile FROM pg_settings WHERE name = ANY(:names)"
        " ORDER BY name"
    )
    for name, setting, reset, source, file in session.execute(chosen, {"names": list(_POSTGRESQL)}):
        unsafe = [value for value in (setting, reset) if not _is_safe(name, value)]
        if unsafe and not (source in _STORED and name in named):
            yield Danger(name, unsafe[0], _place_of(source, file), "on")


def _place_of(source: str, file: str | None) -> str:
    if source in _STORED:
        return "已经建立的连接；新的连接用新的设置"
    return file or _SOURCES.get(source, f"来源 {source}")


def _is_safe(name: str, value: str) -> bool:
    return value.lower() in _POSTGRESQL[name]


def _stored_dangers(session: ReadSession) -> Iterator[Danger]:
    """Yield what new connections of this role to this database will get, from each place that says so."""
    chosen = text("""
        SELECT s.setrole <> 0, s.setdatabase <> 0, session_user, current_database(), unnest(s.setconfig)
        FROM pg_db_role_setting s
        WHERE s.setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = session_user))
        AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
        ORDER BY s.setrole, s.setdatabase
    """)
    for of_role, in_database, role, name, assignment in session.execute(chosen):
        setting, _, value = assignment.partition("=")
        if setting in _POSTGRESQL and not _is_safe(setting, value):
            yield Danger(
                setting, value, _statement(role if of_role else None, name if in_database else None), "on"
            )


def _statement(role: str | None, database: str | None) -> str:
    """Return by which statement such a setting is made."""
    if role is None:
        return "ALTER ROLE ALL SET" if database is None else f"ALTER DATABASE {database} SET"
    return f"ALTER ROLE {role} SET" if database is None else f"ALTER ROLE {role} IN DATABASE {database} SET"
