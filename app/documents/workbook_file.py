"""A workbook as bytes: the same content at the same moment gives the same file."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl.workbook import Workbook
from openpyxl.writer.excel import ExcelWriter

from app.documents.sheet_styles import Styles
from app.documents.sheets import Canvas

if TYPE_CHECKING:
    from os import PathLike

    from _typeshed import SizedBuffer

CREATOR = "nianbao"

_NO_CELLS = re.compile(rb"<sheetData\s*/>|<sheetData></sheetData>")
_NO_REACH = re.compile(rb'<dimension ref="[^"]*"')


class WorkbookFile:
    """A workbook being written, sheet after sheet."""

    def __init__(self) -> None:
        self._workbook = Workbook()
        self._styles = Styles(self._workbook)
        self._workbook.remove(self._workbook.worksheets[0])
        self._canvases: list[Canvas] = []

    def add(self, name: str) -> Canvas:
        """Add a sheet behind those that are there."""
        canvas = Canvas(self._workbook.create_sheet(name), self._styles)
        self._canvases.append(canvas)
        return canvas

    def to_bytes(self, title: str, as_of: datetime) -> bytes:
        """Return the file, dated *as_of*."""
        moment = as_of.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        properties = self._workbook.properties
        properties.creator = properties.lastModifiedBy = CREATOR
        properties.title = title
        properties.created = properties.modified = moment
        for canvas in self._canvases:
            canvas.finish()
        file = BytesIO()
        ExcelWriter(self._workbook, _Archive(file, moment, self._canvases)).save()
        return file.getvalue()


class _Archive(ZipFile):
    """A zip file whose entries all bear the same moment, and whose sheets get their cells."""

    def __init__(self, file: BytesIO, moment: datetime, canvases: list[Canvas]) -> None:
        super().__init__(file, "w", ZIP_DEFLATED)
        self._moment = moment
        self._canvases = {f"xl/worksheets/sheet{at}.xml": canvas for at, canvas in enumerate(canvases, 1)}

    def writestr(
        self,
        zinfo_or_arcname: str | ZipInfo,
        data: SizedBuffer | str,
        compress_type: int | None = None,
        compresslevel: int | None = None,
    ) -> None:
        """Add an entry under our own moment instead of now."""
        name = zinfo_or_arcname if isinstance(zinfo_or_arcname, str) else zinfo_or_arcname.filename
        entry = ZipInfo(name, self._moment.timetuple()[:6])
        super().writestr(entry, data, compress_type or ZIP_DEFLATED, compresslevel)

    def write(
        self,
        filename: str | PathLike[str],
        arcname: str | PathLike[str] | None = None,
        compress_type: int | None = None,
        compresslevel: int | None = None,
    ) -> None:
        """Add a sheet that openpyxl wrote without cells, which is all that it adds in this way."""
        name = str(arcname)
        xml = _with_cells(Path(filename).read_bytes(), self._canvases[name])
        self.writestr(name, xml, compress_type, compresslevel)


def _with_cells(xml: bytes, canvas: Canvas) -> bytes:
    above, below = _NO_CELLS.split(_NO_REACH.sub(f'<dimension ref="{canvas.reach}"'.encode(), xml))
    return b"".join((above, b"<sheetData>", canvas.xml().encode(), b"</sheetData>", below))
