"""The file of a backup: a zip with a part for each table and a manifest, sealed with a digest of all of it.

A part holds a row in a line, as a JSON array; what JSON has no word for is an object with one member.  The
zip's comment, and with it the file, ends with the SHA-256 of all that comes before: nothing in the file can
change, go or be added without being noticed.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from app.errors import Duplicate, UnreadableDocument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

FORMAT = 1
MANIFEST = "manifest.json"

_SEAL = b"nianbao backup sha256:"
_DIGEST_LENGTH = 64
_TAIL = re.compile(re.escape(_SEAL) + rb"([0-9a-f]{64})")
_CHUNK = 1 << 20

_LABELS = {"agency": "机关", "report": "报告", "report_version": "版本", "audit_entry": "审计记录"}
"""The tables that a person knows."""

_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError, NotImplementedError)
"""What reading can end with where the seal is right and what is sealed isn't."""


@dataclass(frozen=True, slots=True)
class Part:
    """A table in a backup.

    Attributes:
        table: its name.
        columns: in the order of the values of a row.
        rows: how many there are.
        sha256: of its lines, uncompressed.
    """

    table: str
    columns: list[str]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in a backup.

    Attributes:
        nianbao: version of the program that made it.
        schema: revision of the database's schema.
        database: kind of the database that it was made from.
        created_at: ISO 8601, UTC.
        parts: the tables, those that others point to first.
        counters: the last number given to a row, by table.
        heads: the end of every audit chain: its name, number and hash.
    """

    nianbao: str
    schema: str
    database: str
    created_at: str
    parts: list[Part]
    counters: dict[str, int]
    heads: list[tuple[str, int, str]]

    def __str__(self) -> str:
        """Say in a line what there is."""
        rows = {part.table: part.rows for part in self.parts}
        counts = "，".join(f"{label} {rows[table]}" for table, label in _LABELS.items())
        return f"{counts}；{len(rows)} 张表共 {sum(rows.values())} 行（{self.created_at}）"


class BackupWriter:
    """Writes the parts of a backup, then its manifest and the seal."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._zip = zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED)

    def add(self, table: str, columns: list[str], rows: Iterable[Sequence[object]]) -> Part:
        """Write a table, holding no more than a row at a time."""
        tally = Tally()
        with self._zip.open(_name_of(table), "w", force_zip64=True) as part:
            for row in rows:
                part.write(tally.count(row))
        return Part(table, columns, tally.rows, tally.sha256)

    def seal(self, manifest: Manifest) -> None:
        """Write the manifest, and at the end the digest of everything."""
        self._zip.writestr(MANIFEST, json.dumps({"format": FORMAT, **asdict(manifest)}, ensure_ascii=False))
        self._zip.comment = _SEAL + b"0" * _DIGEST_LENGTH
        self._zip.close()
        size = self._stream.seek(0, io.SEEK_END) - _DIGEST_LENGTH
        digest = _digest_of(self._stream, size)
        self._stream.seek(size)
        self._stream.write(digest.encode())

    def close(self) -> None:
        """Let go of the file, whether it was sealed or not."""
        self._zip.close()


class Tally:
    """Counts and digests the rows of a table, whether they come from a file or from a database."""

    def __init__(self) -> None:
        self.rows = 0
        self._digest = hashlib.sha256()

    def count(self, row: Sequence[object]) -> bytes:
        """Count a row and return its line."""
        line = json.dumps(list(row), ensure_ascii=False, separators=(",", ":"), default=_tagged) + "\n"
        return self.count_line(line.encode())

    def count_line(self, line: bytes) -> bytes:
        """Count a row by its line, and return it."""
        self.rows += 1
        self._digest.update(line)
        return line

    @property
    def sha256(self) -> str:
        """The digest of all lines."""
        return self._digest.hexdigest()


def _tagged(value: object) -> dict[str, str]:
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    raise TypeError(f"a backup can't hold {type(value).__name__}")


_FROM_TEXT: dict[str, Callable[[str], object]] = {
    "bytes": base64.b64decode,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
}


def _untagged(tagged: dict[str, str]) -> object:
    ((tag, value),) = tagged.items()
    return _FROM_TEXT[tag](value)


@contextmanager
def new_backup(target: Path) -> Iterator[BackupWriter]:
    """Write a backup that stands under its name only when it is whole and on the disk.

    Raises:
        Duplicate: there is a file of this name.
        OSError: it can't be written.
    """
    if target.exists():
        raise _taken(target)
    with tempfile.NamedTemporaryFile(
        "w+b", dir=target.parent, prefix=f".{target.name}.", suffix=".part", delete=False
    ) as stream:
        temporary, writer = Path(stream.name), BackupWriter(stream)
        try:
            yield writer
            stream.flush()
            os.fsync(stream.fileno())
            _name(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
            writer.close()
    _sync_folder(target.parent)


def _name(temporary: Path, target: Path) -> None:
    """Give a file its name unless another has it: a link is refused then, renaming would replace it."""
    try:
        target.hardlink_to(temporary)
    except FileExistsError as taken:
        raise _taken(target) from taken
    except OSError:
        # some drives, such as those formatted for Windows, have no links
        if target.exists():
            raise _taken(target) from None
        temporary.rename(target)


def _taken(target: Path) -> Duplicate:
    return Duplicate(f"{target} 已经有了；备份不覆盖已有的文件，请换一个名字")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Backup:
    """A backup that was verified whole."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self._zip = archive
        self.manifest = manifest

    def lines(self, part: Part) -> Iterator[bytes]:
        """Yield a table's rows as they are written."""
        with self._zip.open(_name_of(part.table)) as stream:
            # a line with a document is long, and the zip alone reads it in small pieces
            yield from io.BufferedReader(cast("io.RawIOBase", stream), _CHUNK)


def row_in(line: bytes) -> list[object]:
    """Return the values of a row."""
    row: list[object] = json.loads(line, object_hook=_untagged)
    return row


@contextmanager
def open_backup(file: Path) -> Iterator[Backup]:
    """Open a backup, having read and verified all of it.

    Raises:
        UnreadableDocument: it isn't a whole backup, or one that this version can't read.
        OSError: it can't be read.
    """
    with file.open("rb") as stream:
        _require_seal(stream)
        try:
            archive = zipfile.ZipFile(stream)
            backup = Backup(archive, _manifest_in(archive))
            for part in backup.manifest.parts:
                _require_part(backup, part)
        except _UNREADABLE as wrong:
            raise UnreadableDocument(f"备份的内容读不出来：{wrong!r}") from wrong
        with archive:
            yield backup


def _require_seal(stream: IO[bytes]) -> None:
    size = stream.seek(0, io.SEEK_END) - _DIGEST_LENGTH
    stream.seek(max(size - len(_SEAL), 0))
    sealed = _TAIL.fullmatch(stream.read())
    if sealed is None:
        raise UnreadableDocument(
            "文件结尾没有校验码：备份没有写完或被截断，后面多了别的内容，或者这不是 nianbao 的备份"
        )
    if _digest_of(stream, size) != sealed[1].decode():
        raise UnreadableDocument("文件的内容与结尾的校验码不符：备份已经损坏，请用另一份")


def _digest_of(stream: IO[bytes], size: int) -> str:
    """Return the SHA-256 of the beginning of a file."""
    stream.seek(0)
    digest = hashlib.sha256()
    while size > 0:
        chunk = stream.read(min(size, _CHUNK))
        digest.update(chunk)
        size -= len(chunk)
    return digest.hexdigest()


def _manifest_in(archive: zipfile.ZipFile) -> Manifest:
    found = json.loads(archive.read(MANIFEST))
    if found.pop("format") != FORMAT:
        raise UnreadableDocument(
            f"备份的格式这一版程序不认识；它由 nianbao {found['nianbao']} 写成，请用那一版恢复"
        )
    parts = [Part(**part) for part in found.pop("parts")]
    return Manifest(parts=parts, heads=[(*head,) for head in found.pop("heads")], **found)


def _require_part(backup: Backup, part: Part) -> None:
    tally = Tally()
    for line in backup.lines(part):
        tally.count_line(line)
        if len(row_in(line)) != len(part.columns):
            raise UnreadableDocument(f"备份里 {part.table} 第 {tally.rows} 行的列数不对")
    if (tally.rows, tally.sha256) != (part.rows, part.sha256):
        raise UnreadableDocument(
            f"备份里 {part.table} 有 {tally.rows} 行，应有 {part.rows} 行，或内容与校验码不符"
        )


def _name_of(table: str) -> str:
    return f"{table}.jsonl"
