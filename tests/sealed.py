"""Backups that somebody made up: sealed as they should be, and wrong inside."""

from __future__ import annotations

import hashlib
import json
import zipfile
from typing import TYPE_CHECKING, Any

from app.storage.backup_file import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEAL = b"nianbao backup sha256:"


def lines_of(file: Path) -> dict[str, bytes]:
    """Return the parts of a backup as they are written."""
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != MANIFEST}


def forge(
    source: Path, target: Path, change: Callable[[dict[str, Any]], None], *, agreeing: bool = False
) -> None:
    """Write a backup with changed parts or a changed manifest.

    If *agreeing*, the manifest tells of the parts as they are now.
    """
    files: dict[str, Any] = dict(lines_of(source))
    with zipfile.ZipFile(source) as archive:
        files[MANIFEST] = json.loads(archive.read(MANIFEST))
    change(files)
    if agreeing:
        for part in files[MANIFEST]["parts"]:
            lines = files[f"{part['table']}.jsonl"]
            part |= {"rows": lines.count(b"\n"), "sha256": hashlib.sha256(lines).hexdigest()}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body if isinstance(body, bytes) else json.dumps(body))
        archive.comment = SEAL + b"0" * 64
    seal(target)


def seal(file: Path) -> None:
    """Put the right digest at the end of a file."""
    body = file.read_bytes()[:-64]
    file.write_bytes(body + hashlib.sha256(body).hexdigest().encode())
