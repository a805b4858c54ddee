"""Slips of the pen by which one number becomes another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.hints import swaps
from app.domain.values import to_text

if TYPE_CHECKING:
    from app.forms.model import Measure

FACTORS = (10, 100, 10_000)
"""By how much a number is off with a nought too many, with two, and in 元 where 万元 is meant."""

LEAST_DIGITS = 2
"""A digit more or less tells something where so many are the same."""


def slip_between(measure: Measure, meant: int, written: int) -> str | None:
    """Say in Chinese by which slip one number was written for another; None where it is none.

    0 is never taken for a slip: nothing can be told from it.
    """
    if meant == written or not meant or not written:
        return None
    if meant == -written:
        return "正负号相反"
    if (meant < 0) is not (written < 0):
        return None
    return _slip_of_digits(measure, abs(meant), abs(written))


def _slip_of_digits(measure: Measure, meant: int, written: int) -> str | None:
    for factor in FACTORS:
        if max(meant, written) == min(meant, written) * factor:
            return f"相差 {factor} 倍"
    if written in swaps(meant):
        return "相邻两位颠倒"
    one, other = to_text(measure, meant), to_text(measure, written)
    if _lost_one(one, other):
        return "少写一位"
    return "多写一位" if _lost_one(other, one) else None


def _lost_one(longer: str, shorter: str) -> bool:
    """Tell whether a number lost one of its digits, or its point."""
    if len(longer) != len(shorter) + 1 or len(shorter) < LEAST_DIGITS:
        return False
    return any(longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer)))
