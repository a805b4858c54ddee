"""A sheet of SVG: shapes, patterns and text that is known to fit."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from app.documents.charts.model import Chart

Length: TypeAlias = int | Fraction
"""In units of the viewBox, and never a float, so that the bytes are the same on every machine."""

WIDTH = 480
"""On a telephone three quarters of it are left, and text can still be read."""

SIZE, SMALL = 14, 12
"""Of type."""

INK, SOFT, GRID, PAPER = "#1a1a1a", "#4d4d4d", "#c4c4c4", "#ffffff"
_FONTS = "'Microsoft YaHei', 'PingFang SC', 'Noto Sans CJK SC', sans-serif"

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7")
"""Okabe and Ito's, which everybody tells apart; patterns, markers and words say the same without colour."""

_HATCHES = (
    "",
    "M0 8L8 0M-2 2L2 -2M6 10L10 6",
    "M3 4a1 1 0 1 0 2 0a1 1 0 1 0 -2 0",
    "M0 4H8M4 0V8",
    "M0 4H8",
    "M0 0L8 8M-2 6L2 10M6 -2L10 2",
)
"""Drawn in white over a colour, one for each."""


def width_of(text: str, size: int = SIZE) -> Fraction:
    """Return about how wide text is, rather too wide: Chinese a square, other letters two thirds."""
    wide = sum(unicodedata.east_asian_width(letter) in "WFA" for letter in text)
    return Fraction(size * (3 * wide + 2 * (len(text) - wide)), 3)


def wrapped(text: str, room: Length, size: int = SIZE) -> list[str]:
    """Break text into lines that are no wider than *room*; nothing of it is lost."""
    lines = [""]
    for letter in text:
        if lines[-1] and width_of(lines[-1] + letter, size) > room:
            lines.append("")
        lines[-1] += letter
    return lines


def written(length: Length) -> str:
    """Write a length with at most two places."""
    hundredths = round(length * 100)
    whole, rest = divmod(abs(hundredths), 100)
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{whole}.{rest:02d}".rstrip("0").rstrip(".")


@dataclass(slots=True)
class Drawing:
    """Shapes, one over the other."""

    chart: Chart
    parts: list[str] = field(default_factory=list)

    def fill(self, at: int) -> str:
        """Name the fill of a series: a colour with a hatch of its own."""
        return f"url(#{self.chart.name}-{at % len(COLOURS)})"

    def text(
        self, x: Length, y: Length, words: str, *, anchor: str = "start", size: int = SIZE, ink: str = INK
    ) -> None:
        """Write a line of text on white, so that it can be read over anything."""
        if anchor == "middle":
            half = width_of(words, size) / 2
            x = max(half, min(x, WIDTH - half))
        self.parts.append(
            f'<text x="{written(x)}" y="{written(y)}" font-size="{size}" text-anchor="{anchor}" fill="{ink}"'
            f' stroke="{PAPER}" stroke-width="3" stroke-linejoin="round" paint-order="stroke">'
            f"{escape(words)}</text>"
        )

    def rect(self, x: Length, y: Length, width: Length, height: Length, fill: str, words: str) -> None:
        """Draw a rectangle that says what it stands for."""
        self.parts.append(
            f'<rect x="{written(x)}" y="{written(y)}" width="{written(width)}" height="{written(height)}"'
            f' fill="{fill}" stroke="{INK}" stroke-width="0.75"><title>{escape(words)}</title></rect>'
        )

    def line(
        self, *points: tuple[Length, Length], ink: str = INK, width: str = "1", dashes: str = ""
    ) -> None:
        """Draw a line through points."""
        way = " ".join(f"{written(x)},{written(y)}" for x, y in points)
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        self.parts.append(
            f'<polyline points="{way}" fill="none" stroke="{ink}" stroke-width="{width}"{dashed}/>'
        )

    def shape(self, way: str, x: Length, y: Length, fill: str, words: str) -> None:
        """Draw a marker around a point."""
        self.parts.append(
            f'<path d="{way}" transform="translate({written(x)} {written(y)})" fill="{fill}"'
            f' stroke="{INK}" stroke-width="0.75"><title>{escape(words)}</title></path>'
        )

    def done(self, height: Length) -> str:
        """Return the whole, with its text alternatives."""
        chart = self.chart
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {written(height)}" role="img"'
            f' aria-labelledby="{chart.name}-title {chart.name}-desc" font-family={quoteattr(_FONTS)}>'
            f'<title id="{chart.name}-title">{escape(chart.heading)}</title>'
            f'<desc id="{chart.name}-desc">{escape(chart.description)}</desc>'
        )
        return f"{head}<defs>{self._patterns()}</defs>{''.join(self.parts)}</svg>"

    def _patterns(self) -> str:
        used = list(zip(COLOURS, _HATCHES, strict=True))[: len(self.chart.series)]
        return "".join(
            f'<pattern id="{self.chart.name}-{at}" width="8" height="8" patternUnits="userSpaceOnUse">'
            f'<rect width="8" height="8" fill="{colour}"/>'
            f'<path d="{hatch}" stroke="{PAPER}" stroke-width="1.2" stroke-linecap="round" fill="none"/>'
            "</pattern>"
            for at, (colour, hatch) in enumerate(used)
        )

    def legend(self, top: Length, names: list[str]) -> Length:
        """Explain the fills, in as many lines as it takes; return where it ends."""
        x: Length = 0
        y = top
        for at, name in enumerate(names):
            room = 24 + width_of(name) + 16
            if x and x + room > WIDTH:
                x, y = 0, y + 22
            self.rect(x, y, 18, 14, self.fill(at), name)
            self.text(x + 24, y + 12, name)
            x += room
        return y + 22
