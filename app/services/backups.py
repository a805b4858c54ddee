"""Backing up the whole database into a file, and getting it back, into a database of either kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError, StatementError

from app import __version__
from app.auth.actor import COMMAND_LINE
from app.errors import UnreadableDocument, WrongState
from app.services.audit_trail import Anchor, list_heads, verify
from app.storage.backup_file import Manifest, Tally, new_backup, row_in
from app.storage.rows import (
    advance_counters,
    find_orphans,
    insert_rows,
    is_empty,
    read_counters,
    read_rows,
    tables,
)
from app.storage.schema import migrate_within, newest_revision, revision_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from app.storage.backup_file import Backup
    from app.storage.engine import ReadSession, WriteSession

_ROWS_AT_ONCE = 500
_BYTES_AT_ONCE = 8 << 20


def back_up(session: ReadSession, target: Path) -> Manifest:
    """Write every row, as it stands at the session's one moment, into a new file.

    Raises:
        Duplicate: there is a file of this name.
        WrongState: the database's schema isn't this version's.
        OSError: the file can't be written.
    """
    connection = session.connection()
    schema = revision_of(connection)
    if schema is None or schema != newest_revision(connection):
        raise WrongState("数据库的结构不是这一版程序的；请用平时运行的那一版程序备份")
    with new_backup(target) as writer:
        manifest = Manifest(
            nianbao=__version__,
            schema=schema,
            database=connection.dialect.name,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            parts=[
                writer.add(table.name, table.columns.keys(), read_rows(session, table)) for table in tables()
            ],
            counters=read_counters(session),
            heads=[(head.chain, head.number, head.hash) for head in list_heads(session)],
        )
        writer.seal(manifest)
    return manifest


def restore(session: WriteSession, backup: Backup, key: bytes, *, despite_audit: bool = False) -> None:
    """Put a backup into an empty database, making its schema; what was stored is verified before it counts.

    Args:
        session: the transaction in which all of it happens.
        backup: was verified whole.
        key: with which checkpoints of the audit trail are signed.
        despite_audit: whether a trail that was broken when it was backed up may be restored.

    Raises:
        WrongState: the database isn't empty, or the backup has another schema than this version.
        UnreadableDocument: what was stored isn't what the backup says.
    """
    manifest = backup.manifest
    connection = session.connection()
    if manifest.schema != newest_revision(connection):
        raise WrongState(
            f"备份来自 nianbao {manifest.nianbao}（结构 {manifest.schema}），"
            f"与现在的程序 {__version__} 不同；请用那一版程序恢复，再升级"
        )
    migrate_within(connection)
    if not is_empty(session):
        raise WrongState("数据库里已经有数据；只能恢复到空的数据库")
    _store(session, backup)
    _require_equal(session, manifest)
    if not despite_audit:
        _require_sound_trail(session, manifest, key)
    advance_counters(session, manifest.counters)


def _store(session: WriteSession, backup: Backup) -> None:
    parts = {part.table: part for part in backup.manifest.parts}
    columns = {table.name: table.columns.keys() for table in tables()}
    if {name: part.columns for name, part in parts.items()} != columns:
        raise UnreadableDocument("备份里的表和列，与它自己说的结构不符")
    for table in tables():
        try:
            for lines in _some_at_once(backup.lines(parts[table.name])):
                insert_rows(session, table, map(row_in, lines))
        except OperationalError:
            raise
        except StatementError as wrong:
            raise UnreadableDocument(f"备份里 {table.name} 有一行存不进这个数据库：{wrong.orig}") from wrong


def _some_at_once(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield lines in lists that are neither long nor large."""
    some: list[bytes] = []
    size = 0
    for line in lines:
        some.append(line)
        size += len(line)
        if len(some) == _ROWS_AT_ONCE or size > _BYTES_AT_ONCE:
            yield some
            some, size = [], 0
    yield some


def _require_equal(session: WriteSession, manifest: Manifest) -> None:
    """Read everything back and hold it to the backup, row for row."""
    expected = {part.table: (part.rows, part.sha256) for part in manifest.parts}
    for table in tables():
        tally = Tally()
        for row in read_rows(session, table):
            tally.count(row)
        if (tally.rows, tally.sha256) != expected[table.name]:
            raise UnreadableDocument(f"恢复后 {table.name} 的 {tally.rows} 行与备份里的不符；什么也没有恢复")
    orphans = find_orphans(session)
    if orphans:
        raise UnreadableDocument(f"备份里 {'、'.join(orphans)} 有的行指向不存在的行；什么也没有恢复")


def _require_sound_trail(session: WriteSession, manifest: Manifest, key: bytes) -> None:
    heads = [Anchor(*head) for head in manifest.heads]
    for chain in verify(session, COMMAND_LINE, key, heads):
        if chain.fault is not None:
            raise UnreadableDocument(f"备份里的审计记录不完好，链 {chain.chain}：{chain.fault}")
