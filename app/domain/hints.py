"""Likely slips behind a sum that doesn't balance: a line left out, counted twice, or a digit mistyped."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from app.domain.values import to_text

if TYPE_CHECKING:
    from app.forms.model import Balance, Measure

SMALLEST_TELLING = 2
"""A difference of 1 equals too many cells to tell anything."""


def hint_for(balance: Balance, measure: Measure, left: list[int], right: list[int]) -> str | None:
    """Guess what went wrong in a broken balance, in one sentence; None where nothing stands out.

    Args:
        balance: the relation that is broken.
        measure: what its cells count.
        left: the values of its left cells, in order.
        right: those of its right cells.
    """
    return (
        _one_side_empty(balance, left, right)
        or _mistyped(balance, measure, left, right)
        or _left_out(balance, measure, left, right)
    )


def _one_side_empty(balance: Balance, left: list[int], right: list[int]) -> str | None:
    if len(left) == 1 and left[0] == 0 and sum(right) > 0:
        return f"“{balance.left_names[0]}”填的是 0，请看是不是忘了合计"
    return None


def _mistyped(balance: Balance, measure: Measure, left: list[int], right: list[int]) -> str | None:
    """Look for one cell that balances once two neighbouring digits are swapped or a 0 is added or dropped.

    Either slip changes a number by a multiple of 9, so any other difference needs no search.
    """
    difference = sum(left) - sum(right)
    if difference % 9:
        return None
    suspects = [
        f"“{name}”填的是 {to_text(measure, value)}，若应为 {to_text(measure, meant)}，就相符了"
        for sign, names, values in ((-1, balance.left_names, left), (1, balance.right_names, right))
        for name, value in zip(names, values, strict=True)
        for meant in (value + sign * difference,)
        if _is_likely_slip(value, meant)
    ]
    return suspects[0] if len(suspects) == 1 else None


def _is_likely_slip(typed: int, meant: int) -> bool:
    ten = 10
    if typed < ten:
        return typed > 0 and meant == typed * ten
    return meant in (typed * ten, typed // ten if typed % ten == 0 else None) or meant in swaps(typed)


def swaps(number: int) -> set[int]:
    """Return what a number becomes when two neighbouring digits of it are swapped."""
    digits = str(number)
    return {
        int(digits[:place] + second + first + digits[place + 2 :])
        for place, (first, second) in enumerate(pairwise(digits))
    }


def _left_out(balance: Balance, measure: Measure, left: list[int], right: list[int]) -> str | None:
    """Look for one part whose value is just the difference; a total is no part of itself."""
    difference = abs(sum(left) - sum(right))
    if difference < SMALLEST_TELLING:
        return None
    parts = list(zip(balance.right_names, right, strict=True))
    if balance.total is None:
        parts += zip(balance.left_names, left, strict=True)
    equal = [name for name, value in parts if value == difference]
    if len(equal) != 1:
        return None
    return f"相差的 {to_text(measure, difference)} 正好等于“{equal[0]}”，请看这一项是不是漏加或者多加了"
