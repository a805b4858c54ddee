"""What a county's own report is held against, and what comes of it: see `app.domain.reconciliation`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.values import Values
    from app.forms.model import CellCode, ReportForm


class Comparison(StrEnum):
    """How a cell of the report stands to the sum."""

    DIFFERENT = "different"
    NOT_REPORTED = "not_reported"
    NOT_ROLLED_UP = "not_rolled_up"
    BOTH_MISSING = "both_missing"
    EQUAL = "equal"

    @property
    def label(self) -> str:
        """As county staff call it."""
        return _COMPARISONS[self]


_COMPARISONS = {
    Comparison.DIFFERENT: "不同",
    Comparison.NOT_REPORTED: "报告缺数",
    Comparison.NOT_ROLLED_UP: "汇总缺数",
    Comparison.BOTH_MISSING: "两边都缺数",
    Comparison.EQUAL: "相同",
}


class Cause(StrEnum):
    """What may be behind a difference, the more telling first."""

    MISSING_UNIT = "missing_unit"
    OFFICE_COUNTED_TWICE = "office_counted_twice"
    DOUBLE_COUNTED_TOTAL = "double_counted_total"
    ADJUSTMENT = "adjustment"
    EQUAL_AMOUNT = "equal_amount"
    DIGIT_SLIP = "digit_slip"

    @property
    def label(self) -> str:
        """As county staff call it."""
        return _CAUSES[self]


_CAUSES = {
    Cause.MISSING_UNIT: "计入了没有汇总的单位",
    Cause.OFFICE_COUNTED_TWICE: "本级计了两次",
    Cause.DOUBLE_COUNTED_TOTAL: "总计重复相加",
    Cause.ADJUSTMENT: "没有反映调整",
    Cause.EQUAL_AMOUNT: "单位漏加或多加",
    Cause.DIGIT_SLIP: "数字写错",
}


class Effect(StrEnum):
    """What would have been done with the units that a guess names."""

    LEFT_OUT = "left_out"
    COUNTED_TWICE = "counted_twice"
    COUNTED = "counted"
    MISTYPED = "mistyped"

    @property
    def label(self) -> str:
        """As county staff call it."""
        return _EFFECTS[self]


_EFFECTS = {
    Effect.LEFT_OUT: "漏加",
    Effect.COUNTED_TWICE: "多加了一次",
    Effect.COUNTED: "计入了",
    Effect.MISTYPED: "写错",
}


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """A unit with the figures that it has reported, or that are known of it.

    Attributes:
        code: the agency's code.
        name: its name.
        values: its numbers.
        is_added: whether they are in the sum.
        is_office: whether it is the county's own office (本级).
        note: where the figures are from, if they aren't in the sum: 草稿, 上年数.
    """

    code: str
    name: str
    values: Values
    is_added: bool = True
    is_office: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class AdjustedLine:
    """By how much an adjustment changed cells of the sum."""

    id: int
    name: str
    lines: Mapping[CellCode, int]


@dataclass(frozen=True, slots=True)
class Guess:
    """A slip that would account for a difference.

    Attributes:
        cause: its kind.
        effect: what would have been done with the units.
        units: codes of the units that it names; none where it is about the sum itself.
        message: in Chinese, to follow the difference.
        cell: the total that would have been added once more, if it is about one.
        adjustment: number of the adjustment that isn't reflected, if it is about one.
    """

    cause: Cause
    effect: Effect
    units: tuple[str, ...]
    message: str
    cell: CellCode | None = None
    adjustment: int | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What guesses of several cells have in common that say the same."""
        return self.cause, self.effect, self.units, self.adjustment


@dataclass(frozen=True, slots=True)
class CellCompared:
    """A cell of the report held against the sum.

    Attributes:
        cell: its code.
        rolled: the sum with its adjustments; None where no unit has the cell.
        reported: what the report says; None where it says nothing.
        message: the comparison in a sentence, with the likeliest guess.
        guesses: what may be behind it, the likeliest first.
        omitted: how many further guesses there are.
    """

    cell: CellCode
    rolled: int | None
    reported: int | None
    message: str
    guesses: tuple[Guess, ...] = ()
    omitted: int = 0

    @property
    def state(self) -> Comparison:
        """How they stand to each other."""
        if self.rolled is None or self.reported is None:
            if self.rolled == self.reported:
                return Comparison.BOTH_MISSING
            return Comparison.NOT_REPORTED if self.reported is None else Comparison.NOT_ROLLED_UP
        return Comparison.EQUAL if self.rolled == self.reported else Comparison.DIFFERENT

    @property
    def difference(self) -> int | None:
        """By how much the report says more; None where one of them is missing."""
        return None if self.rolled is None or self.reported is None else self.reported - self.rolled


@dataclass(frozen=True, slots=True)
class Suspect:
    """A guess that accounts for several cells at once, which chance seldom does.

    Attributes:
        guess: as it is of the first of these cells.
        cells: for how many it does.
        message: in Chinese.
    """

    guess: Guess
    cells: int
    message: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A report held against a sum.

    Attributes:
        cells: all cells of the form: those that differ first, those that are equal last.
        suspects: what accounts for several cells, the most first.
        suspects_omitted: how many more of them there are.
        unsearched: in Chinese, what wasn't looked for, and why; empty where all was.
    """

    cells: tuple[CellCompared, ...]
    suspects: tuple[Suspect, ...] = ()
    suspects_omitted: int = 0
    unsearched: tuple[str, ...] = ()

    def count(self, state: Comparison) -> int:
        """Return how many cells stand so."""
        return sum(each.state is state for each in self.cells)


@dataclass(frozen=True, slots=True)
class Sides:
    """What is to be reconciled.

    Attributes:
        form: of both.
        rolled: the sum of the units, with adjustments.
        reported: what the county's own report says.
        units: in the sum, or expected in it.
        adjustments: that are in *rolled*.
        said: how the report's figures are called in a sentence: 公布, 上报, 草稿.
    """

    form: ReportForm
    rolled: Values
    reported: Values
    units: Sequence[UnitFigures]
    adjustments: Sequence[AdjustedLine] = ()
    said: str = "公布"
