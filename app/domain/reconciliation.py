"""Holding a county's own report against the sum of its units: where they differ, and what may be behind it.

Nothing is decided here.  Each guess names a slip that would account for just this difference; which of
several is right, people find out.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING

from app.domain.guessing import Search
from app.domain.reconciliation_model import (
    Cause,
    CellCompared,
    Comparison,
    Effect,
    Guess,
    Reconciled,
    Sides,
    Suspect,
)
from app.domain.values import to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from app.forms.model import CellCode

MOST_GUESSES = 10
"""How many guesses are kept of a cell; the others are counted."""

LEAST_CELLS = 2
"""From how many cells on a guess that accounts for them is told on its own."""

LEAST_SHARE = Fraction(1, 3)
"""And of the cells in which the reports that it names aren't 0, how many it must account for."""


def reconcile(sides: Sides) -> Reconciled:
    """Compare a report with a sum, cell by cell, and look for what may be behind each difference.

    What accounts for more cells comes first in each of them: a unit that was left out is found in all.
    """
    search, found = Search(sides), dict[str, list[Guess]]()
    for code in sides.form.cells:
        rolled, reported = sides.rolled.get(code), sides.reported.get(code)
        if rolled is not None and reported is not None and rolled != reported:
            found[code] = list(search.guesses(code, rolled, reported))
    weight = _weigh(found.values())
    cells = [_compared(sides, code, found.get(code, []), weight) for code in sides.form.cells]
    order, suspects = list(Comparison), list(_suspects(sides, found, weight))
    return Reconciled(
        tuple(sorted(cells, key=lambda each: order.index(each.state))),
        tuple(suspects[:MOST_GUESSES]),
        max(0, len(suspects) - MOST_GUESSES),
        tuple(search.unsearched()),
    )


def _weigh(found: Iterable[list[Guess]]) -> Counter[tuple[object, ...]]:
    """Count the cells that a guess accounts for; slips of the pen have nothing to do with each other."""
    keys = ({guess.key for guess in guesses if guess.cause is not Cause.DIGIT_SLIP} for guesses in found)
    return Counter(key for some in keys for key in some)


def _compared(
    sides: Sides, code: CellCode, guesses: list[Guess], weight: Counter[tuple[object, ...]]
) -> CellCompared:
    causes = list(Cause)
    ranked = sorted(guesses, key=lambda each: (-weight[each.key], len(each.units), causes.index(each.cause)))
    kept, omitted = tuple(ranked[:MOST_GUESSES]), max(0, len(ranked) - MOST_GUESSES)
    rolled, reported = sides.rolled.get(code), sides.reported.get(code)
    bare = CellCompared(code, rolled, reported, "", kept, omitted)
    return CellCompared(code, rolled, reported, _sentence(sides, bare, len(ranked)), kept, omitted)


def _sentence(sides: Sides, compared: CellCompared, guesses: int) -> str:
    cell, said = sides.form.cells[compared.cell], sides.said
    rolled, reported = (
        None if value is None else to_text(cell.measure, value)
        for value in (compared.rolled, compared.reported)
    )
    difference = compared.difference
    if difference is None:
        return f"{cell.label}：{_missing(rolled, reported, said)}"
    if difference == 0:
        return f"{cell.label}：汇总、{said}都是 {rolled}"
    by = f"{'多' if difference > 0 else '少'} {to_text(cell.measure, abs(difference))}"
    likeliest = f"；{compared.guesses[0].message}" if compared.guesses else "；没有找到能说明它的单位"
    others = f"；另有 {guesses - 1} 种可能" if guesses > 1 else ""
    return f"{cell.label}：汇总 {rolled}，{said} {reported}，{by}{likeliest}{others}"


def _missing(rolled: str | None, reported: str | None, said: str) -> str:
    if rolled is None and reported is None:
        return "两边都没有数"
    if reported is None:
        return f"汇总 {rolled}，{said}的报告没有填"
    return f"{said} {reported}，汇总没有数：没有单位填过这一格"


def _suspects(
    sides: Sides, found: Mapping[CellCode, list[Guess]], weight: Counter[tuple[object, ...]]
) -> Iterator[Suspect]:
    first: dict[tuple[object, ...], Guess] = {}
    for guesses in found.values():
        for guess in guesses:
            first.setdefault(guess.key, guess)
    causes = list(Cause)
    telling = [guess for key, guess in first.items() if _is_telling(sides, guess, weight[key])]
    ranked = sorted(telling, key=lambda each: (-weight[each.key], len(each.units), causes.index(each.cause)))
    names = {unit.code: unit.name for unit in sides.units}
    for guess in ranked:
        who = "、".join(f"“{names[code]}”" for code in guess.units)
        counted = f"{len(found)} 处不同里，有 {weight[guess.key]} 处"
        yield Suspect(guess, weight[guess.key], f"{counted}{_accounted(sides, guess, who)}")


def _is_telling(sides: Sides, guess: Guess, cells: int) -> bool:
    """Tell whether a guess accounts for enough cells not to be chance.

    A report that is in there once too often, or not at all, shows in every cell in which it isn't 0; other
    causes may hide it in some.
    """
    whole = [unit.values for unit in sides.units if unit.code in guess.units]
    counted = sum(any(values.get(code) for values in whole) for code in sides.form.cells)
    return cells >= LEAST_CELLS and cells >= counted * LEAST_SHARE


def _accounted(sides: Sides, guess: Guess, who: str) -> str:
    each = "之和" if len(guess.units) > 1 else "的数"
    match guess.cause:
        case Cause.MISSING_UNIT:
            return f"正好多出没有计入汇总的{who}的数，{sides.said}的报告可能计入了它"
        case Cause.OFFICE_COUNTED_TWICE:
            return f"正好多出本级{who}的数，本级可能计了两次"
        case Cause.DOUBLE_COUNTED_TOTAL:
            return "正好多出同一行或同一列的总计，可能把总计也当作一项加了进去"
        case Cause.ADJUSTMENT:
            return f"正好差第 {guess.adjustment} 项调整，{sides.said}的报告可能没有作这项调整"
        case _:
            amount = "缺" if guess.effect is Effect.LEFT_OUT else "多出"
            return f"正好{amount}{who}{each}，可能整份{guess.effect.label}"
