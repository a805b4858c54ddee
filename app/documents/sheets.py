"""A sheet being written: text and numbers, each put into its cells in one way."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

from openpyxl.worksheet.cell_range import CellRange, MultiCellRange

from app.documents.sheet_styles import Look, Styles
from app.documents.sheet_text import cell_text, lines_needed
from app.domain.values import to_text
from app.forms.layout import column_letters

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from app.forms.model import Measure

_LINE_GAP = 2
LEAST_HEIGHT = 22
MOST_HEIGHT = 400
"""Points; Excel draws no row higher than 409."""

MOST_DIGITS = 15
"""Significant digits that Excel keeps of a number; a longer one is written as text."""

_READ_AS_FORMULA = ("=", "+", "-", "@")


class Area(NamedTuple):
    """A rectangle of a sheet, counted from 1."""

    row: int
    column: int
    height: int = 1
    width: int = 1

    @property
    def rows(self) -> range:
        """Its rows."""
        return range(self.row, self.row + self.height)

    @property
    def columns(self) -> range:
        """Its columns."""
        return range(self.column, self.column + self.width)


@dataclass(frozen=True, slots=True)
class Words:
    """Text, where it stands and how it looks."""

    area: Area
    text: str
    look: Look


class Canvas:
    """A sheet being written.

    openpyxl keeps its columns, styles, merged ranges and print set-up.  The cells are written here, as XML,
    since openpyxl takes 40 µs for each: 6 s for a county of 100 units.

    Attributes:
        sheet: openpyxl's sheet; its own cells stay empty.
        least_height: of a row, in points.
    """

    def __init__(self, sheet: Worksheet, styles: Styles) -> None:
        self.sheet = sheet
        self.least_height = LEAST_HEIGHT
        self._styles = styles
        self._widths: list[int] = []
        self._rows: defaultdict[int, dict[int, str]] = defaultdict(dict)
        self._heights: dict[int, int] = {}
        self._merged: list[CellRange] = []

    def set_widths(self, widths: Iterable[int]) -> None:
        """Set the widths of the columns from A on, in digits."""
        self._widths = list(widths)
        for column, width in enumerate(self._widths):
            self.sheet.column_dimensions[column_letters(column)].width = width

    def height_of(self, words: Words) -> int:
        """Return how high text stands in its columns, in points."""
        area, size = words.area, words.look.size
        width = sum(self._widths[area.column - 1 : area.column - 1 + area.width])
        return lines_needed(words.text, width, size) * size * 3 // 2 + _LINE_GAP

    def put_words(self, words: Sequence[Words]) -> None:
        """Write texts, in rows high enough to show them whole."""
        for piece in words:
            self.put_text(piece)
        for piece in sorted(words, key=lambda piece: piece.area.height):
            self._make_room(piece.area.rows, self.height_of(piece))

    def put_text(self, words: Words) -> None:
        """Write text that stays text, whatever it begins with."""
        if not words.text:
            self.put_blank(words.area, words.look)
            return
        style = self._styles.number(words.look, quoted=words.text.startswith(_READ_AS_FORMULA))
        self._put(words.area, style, _inline(cell_text(words.text)))

    def put_number(self, area: Area, measure: Measure, stored: int | None, *, marked: bool = False) -> None:
        """Write a stored number in the unit that people write; None leaves a marked empty cell, never 0."""
        if stored is None:
            self.put_blank(area, Look.COUNT, marked=True)
            return
        text = to_text(measure, stored)
        look = look_of(text)
        content = _inline(text) if look is Look.LONG_NUMBER else f"><v>{text}</v></c>"
        self._put(area, self._styles.number(look, marked=marked), content)

    def put_blank(self, area: Area, look: Look, *, marked: bool = False) -> None:
        """Give empty cells their style."""
        self._put(area, self._styles.number(look, marked=marked), "/>")

    def _put(self, area: Area, style: int, content: str) -> None:
        if area.height * area.width > 1:
            self._merge(area, f' s="{style}"/>')
        self._rows[area.row][area.column] = f' s="{style}"{content}'

    def _merge(self, area: Area, content: str) -> None:
        for row in area.rows:
            self._rows[row].update(dict.fromkeys(area.columns, content))
        last_row, last_column = area.rows[-1], area.columns[-1]
        self._merged.append(
            CellRange(min_row=area.row, min_col=area.column, max_row=last_row, max_col=last_column)
        )

    def _make_room(self, rows: range, height: int) -> None:
        """Make rows high enough in all: Excel itself does so for no merged cell."""
        lacking = height - sum(self._heights.get(row, self.least_height) for row in rows)
        share = -(-max(0, lacking) // len(rows))
        for row in rows:
            self._heights[row] = min(MOST_HEIGHT, self._heights.get(row, self.least_height) + share)

    def finish(self) -> None:
        """Tell openpyxl which cells are merged."""
        self.sheet.merged_cells = MultiCellRange(self._merged)

    def xml(self) -> str:
        """Return the rows as a worksheet's XML has them."""
        letters = [column_letters(at) for at in range(self._width)]
        return "".join(self._row(row, letters) for row in sorted(self._rows))

    def _row(self, row: int, letters: list[str]) -> str:
        line = self._rows[row]
        height = self._heights.get(row, self.least_height)
        cells = "".join([f'<c r="{letters[column - 1]}{row}"{line[column]}' for column in sorted(line)])
        return f'<row r="{row}" ht="{height}" customHeight="1">{cells}</row>'

    @property
    def _width(self) -> int:
        return max(max(line) for line in self._rows.values())

    @property
    def reach(self) -> str:
        """The range of all cells: `A1:J31`."""
        return f"A1:{column_letters(self._width - 1)}{max(self._rows)}"


def _inline(text: str) -> str:
    return f' t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def look_of(number: str) -> Look:
    """Return how a number is shown: with four places or more if it has any; as text if Excel would round."""
    if len(number) > MOST_DIGITS and len(number.replace(".", "").lstrip("-0")) > MOST_DIGITS:
        return Look.LONG_NUMBER
    return Look.DECIMAL if "." in number else Look.COUNT
