"""What a chart shows, however it is drawn: here as SVG, in Word as a chart of Word's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

Number: TypeAlias = int | Decimal
"""Counts and rates, exactly."""

MISSING = "—（缺）"
"""What stands for a number that nobody knows; it is never 0."""


class Kind(StrEnum):
    """How a chart is drawn."""

    BARS = "bars"
    STACKS = "stacks"
    LINES = "lines"


@dataclass(frozen=True, slots=True)
class Series:
    """A row of numbers, one for each of the chart's labels; None where it is missing."""

    name: str
    values: tuple[Number | None, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that changed between a label and the one before it, so that the two compare badly."""

    at: int
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Numbers to look at.

    Attributes:
        name: an id of its own on its page: letters and hyphens.
        kind: how it is drawn.
        title: what it shows.
        unit: of all its numbers: 件, 个, %.
        labels: of bars, in their order, of any length; of stacks, or of points from left to right, as short
            as a year.
        series: one for bars; the parts of each stack; a line each.  No number is negative.
        marks: for lines.
    """

    name: str
    kind: Kind
    title: str
    unit: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    marks: tuple[Mark, ...] = ()

    def printed(self, value: Number | None) -> str:
        """Return a number as it is read in the chart."""
        if value is None:
            return MISSING
        return f"{value}%" if self.unit == "%" else str(value)

    @property
    def heading(self) -> str:
        """The title with the unit."""
        return f"{self.title}（单位：{self.unit}）"

    @property
    def known(self) -> Iterator[Number]:
        """The numbers that there are."""
        return (value for series in self.series for value in series.values if value is not None)

    @property
    def description(self) -> str:
        """All of it in words, for whoever can't see it."""
        said = [
            f"{label}：{'，'.join(self._said(series, at) for series in self.series)}"
            for at, label in enumerate(self.labels)
        ]
        return "。".join([*said, *(f"{self.labels[mark.at]}起：{mark.words}" for mark in self.marks)]) + "。"

    def _said(self, series: Series, at: int) -> str:
        value = series.values[at]
        unit = "" if value is None or self.unit == "%" else self.unit
        return f"{series.name} {self.printed(value)}{unit}"
