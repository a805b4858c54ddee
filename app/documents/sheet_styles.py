"""How our sheets look: the styles that Excel lists, by name."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openpyxl.workbook import Workbook

SONG, HEI = "仿宋", "黑体"
"""Fonts by the names that Chinese Excel knows them by."""


class Look(StrEnum):
    """The styles of our sheets, under the names that Excel lists them by."""

    TITLE = "年报标题"
    SUBTITLE = "年报副标题"
    SECTION = "年报分节标题"
    HEAD = "年报表头"
    LABEL = "年报栏目"
    CENTRED = "年报居中文字"
    PROSE = "年报正文"
    NOTE = "年报说明"
    COUNT = "年报件数"
    DECIMAL = "年报金额"
    LONG_NUMBER = "年报长数字"

    @property
    def size(self) -> int:
        """Height of its letters, in points."""
        return _SIZES.get(self, 10)


_SIZES = {Look.TITLE: 16, Look.SECTION: 14, Look.PROSE: 12, Look.SUBTITLE: 11}

_MARK = PatternFill("solid", fgColor="FFF2CC")


def _named_styles() -> Iterator[NamedStyle]:
    """Make the styles anew: a workbook keeps those that it is given."""
    line = Side("thin")
    box = Border(left=line, right=line, top=line, bottom=line)
    fonts = {look: Font(SONG, look.size) for look in Look}
    fonts |= {look: Font(HEI, look.size) for look in (Look.TITLE, Look.SECTION, Look.HEAD)}
    middle = Alignment("center", "center", wrap_text=True)
    left = Alignment("left", "center", wrap_text=True)
    top = Alignment("left", "top", wrap_text=True)
    for look, alignment in (
        (Look.TITLE, middle),
        (Look.SUBTITLE, middle),
        (Look.SECTION, left),
        (Look.PROSE, top),
        (Look.NOTE, left),
    ):
        yield NamedStyle(look, fonts[look], alignment=alignment)
    for look, alignment in ((Look.HEAD, middle), (Look.LABEL, left), (Look.CENTRED, middle)):
        yield NamedStyle(look, fonts[look], border=box, alignment=alignment)
    number = Alignment("center", "center", shrink_to_fit=True)
    for look, shown in ((Look.COUNT, "0"), (Look.DECIMAL, "0.0000##"), (Look.LONG_NUMBER, "@")):
        yield NamedStyle(look, fonts[look], border=box, alignment=number, number_format=shown)


class Styles:
    """A workbook's styles and the numbers under which its cells name them."""

    def __init__(self, workbook: Workbook) -> None:
        for style in _named_styles():
            workbook.add_named_style(style)
        self._sheet = workbook.worksheets[0]
        self.number = cache(self._number)

    def _number(self, look: Look, *, marked: bool = False, quoted: bool = False) -> int:
        """Return a style's number.

        Args:
            look: the style.
            marked: with the fill of a cell that nobody filled, or of a total that lacks some units.
            quoted: as text that Excel won't calculate when somebody edits it.
        """
        cell = Cell(self._sheet, row=1, column=1)
        cell.style = look
        if marked:
            cell.fill = _MARK
        if quoted:
            cell.quotePrefix = True
        return cell.style_id
