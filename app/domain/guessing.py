"""Looking for the slips that would account for a difference between a report and a sum."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from app.domain.reconciliation_model import Cause, Effect, Guess
from app.domain.slips import slip_between
from app.domain.values import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.domain.reconciliation_model import Sides, UnitFigures
    from app.forms.model import CellCode, Measure, ReportForm

MOST_SEARCHED = 200
"""With more units neither pairs of them nor slips in a single one are looked for: it would take too long."""
MOST_PAIRS = 500
"""How many pairs are looked at that make up one difference; of small numbers there are very many."""


class Search:
    """Looks for guesses, cell by cell, and remembers what it didn't look for."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._added = [unit for unit in sides.units if unit.is_added]
        self._others = [unit for unit in sides.units if not unit.is_added]
        self._is_small = len(self._added) <= MOST_SEARCHED
        self._crowded: list[CellCode] = []

    def unsearched(self) -> list[str]:
        """Say in Chinese what wasn't looked for; empty where all was."""
        said = []
        if not self._is_small:
            said.append(f"计入的单位超过 {MOST_SEARCHED} 个，没有查找两个单位之和、单个单位写错的数字")
        if self._crowded:
            cells = self._sides.form.cells
            labels = "、".join(cells[code].label for code in self._crowded)
            said.append(f"{labels}：两个单位之和等于差数的超过 {MOST_PAIRS} 对，只看了前 {MOST_PAIRS} 对")
        return said

    def guesses(self, code: CellCode, rolled: int, reported: int) -> Iterator[Guess]:
        """Yield every slip that would account for this difference."""
        more = reported - rolled
        yield from self._missing_units(code, more)
        yield from self._single_units(code, more)
        yield from self._totals(code, more)
        yield from self._adjustments(code, more)
        yield from self._mistyped_sum(code, rolled, reported)
        if self._is_small:
            yield from self._mistyped_units(code, more)
            yield from self._pairs(code, more)

    def _written(self, code: CellCode, value: int) -> str:
        return to_text(self._measure(code), value)

    def _measure(self, code: CellCode) -> Measure:
        return self._sides.form.cells[code].measure

    def _missing_units(self, code: CellCode, more: int) -> Iterator[Guess]:
        for unit in self._others:
            if unit.values.get(code) == more:
                note = f"（{unit.note}）" if unit.note else ""
                message = (
                    f"与没有计入汇总的“{unit.name}”的 {self._written(code, more)}{note}相同，"
                    f"{self._sides.said}数可能计入了它"
                )
                yield Guess(Cause.MISSING_UNIT, Effect.COUNTED, (unit.code,), message)

    def _single_units(self, code: CellCode, more: int) -> Iterator[Guess]:
        for unit in self._added:
            value = unit.values.get(code)
            if not value or abs(value) != abs(more):
                continue
            is_twice = value == more
            if unit.is_office and is_twice:
                message = f"与本级“{unit.name}”的 {self._written(code, value)} 相同，可能本级计了两次"
                yield Guess(Cause.OFFICE_COUNTED_TWICE, Effect.COUNTED_TWICE, (unit.code,), message)
            else:
                effect = Effect.COUNTED_TWICE if is_twice else Effect.LEFT_OUT
                message = f"与“{unit.name}”的 {self._written(code, value)} 相同，可能{effect.label}"
                yield Guess(Cause.EQUAL_AMOUNT, effect, (unit.code,), message)

    def _totals(self, code: CellCode, more: int) -> Iterator[Guess]:
        for total in totals_beside(self._sides.form)[code]:
            if self._sides.rolled.get(total) == more:
                label = self._sides.form.cells[total].label
                message = f"与{label}的汇总数 {self._written(code, more)} 相同，可能把总计也当作一项加了进去"
                yield Guess(Cause.DOUBLE_COUNTED_TOTAL, Effect.COUNTED_TWICE, (), message, cell=total)

    def _adjustments(self, code: CellCode, more: int) -> Iterator[Guess]:
        for each in self._sides.adjustments:
            if each.lines.get(code) == -more:
                message = (
                    f"与“{each.name}”的第 {each.id} 项调整（{self._written(code, -more)}）相抵，"
                    f"{self._sides.said}数可能没有作这项调整"
                )
                yield Guess(Cause.ADJUSTMENT, Effect.LEFT_OUT, (), message, adjustment=each.id)

    def _mistyped_sum(self, code: CellCode, rolled: int, reported: int) -> Iterator[Guess]:
        slip = slip_between(self._measure(code), rolled, reported)
        if slip is not None:
            message = f"{self._sides.said}数与汇总数{slip}，可能写错"
            yield Guess(Cause.DIGIT_SLIP, Effect.MISTYPED, (), message)

    def _mistyped_units(self, code: CellCode, more: int) -> Iterator[Guess]:
        measure = self._measure(code)
        for unit in self._added:
            value = unit.values.get(code)
            slip = None if not value else slip_between(measure, value, value + more)
            if value and slip is not None:
                written = self._written(code, value + more)
                message = (
                    f"“{unit.name}”的 {self._written(code, value)} 若写成 {written}（{slip}），正好差这么多"
                )
                yield Guess(Cause.DIGIT_SLIP, Effect.MISTYPED, (unit.code,), message)

    def _pairs(self, code: CellCode, more: int) -> Iterator[Guess]:
        for target, effect in ((-more, Effect.LEFT_OUT), (more, Effect.COUNTED_TWICE)):
            found = list(islice(_pairs_making(self._added, code, target), MOST_PAIRS + 1))
            if len(found) > MOST_PAIRS:
                self._crowded.append(code)
            for one, other in found[:MOST_PAIRS]:
                parts = "、".join(
                    f"“{unit.name}”的 {self._written(code, unit.values[code] or 0)}" for unit in (one, other)
                )
                message = f"与{parts} 之和相同，可能都{effect.label}"
                yield Guess(Cause.EQUAL_AMOUNT, effect, (one.code, other.code), message)


def _pairs_making(
    units: Sequence[UnitFigures], code: CellCode, target: int
) -> Iterator[tuple[UnitFigures, UnitFigures]]:
    """Yield the pairs of units whose figures add up to a number; a unit that has 0 makes no pair."""
    before: defaultdict[int, list[UnitFigures]] = defaultdict(list)
    for unit in units:
        value = unit.values.get(code)
        if value:
            yield from ((other, unit) for other in before[target - value])
            before[value].append(unit)


@cache
def totals_beside(form: ReportForm) -> dict[CellCode, tuple[CellCode, ...]]:
    """Return, for each cell, the totals on its lines that could be taken for one more part: its own too."""
    beside: dict[CellCode, dict[CellCode, None]] = {code: {} for code in form.cells}
    for balance in form.balances:
        if balance.total is not None:
            for code in balance.cells:
                beside[code][balance.total] = None
    return {code: tuple(totals) for code, totals in beside.items()}
