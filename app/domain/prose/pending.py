"""Figures of what one year leaves to the next: 上年结转, 结转下年, 剩余……正在办理."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.domain.prose.grammar import Around, Clause, Lexeme

AT_START, AT_END = "pending_at_start", "pending_at_end"
_SURELY_CARRIED = ("结转", "转结", "跨年", "顺延")
_TO_THIS_YEAR = re.compile("[至到]?(?:Y|今年|本年|P)")
_TO_A_MONTH = re.compile("[至到]?H")
_LED_BY = {"processed", "received"}


def pending_kind(it: Around, following: Clause | None) -> str | None:
    """Tell whether a figure is of those carried over, and which way."""
    names = it.clause.names
    if not ("carried" in names or "left" in names):
        return None
    left = [at.name for at in it.left]
    side = [*it.left, *(() if _LED_BY.intersection(left) else it.right)]
    remains = "left" in left
    carried = next((at for at in side if at.name == "carried"), None)
    if carried is not None and _TO_A_MONTH.match(it.clause.marked, carried.end):
        return None
    if carried is not None and _is_sure(it, carried, side, remains=remains):
        return _direction(it.clause, side, carried)
    return _left_over(it, following, remains=remains)


def _is_sure(it: Around, carried: Lexeme, side: list[Lexeme], *, remains: bool) -> bool:
    return remains or any(at.name == "time" for at in side) or it.clause.text(carried) in _SURELY_CARRIED


def _left_over(it: Around, following: Clause | None, *, remains: bool) -> str | None:
    clause = it.clause
    goes_on = following is not None and (
        "F" in following.times or not following.names.isdisjoint({"carried", "left"})
    )
    left_after = any(at.name == "left" for at in it.right)
    if remains and any(clause.text(at) == "P" for at in it.left):
        return AT_START
    if left_after and not it.left:
        return AT_END
    if remains and (goes_on or left_after or any(clause.text(at) == "F" for at in it.right)):
        return AT_END
    return None


def _direction(clause: Clause, side: list[Lexeme], carried: Lexeme) -> str:
    if any(at.name == "time" and at.start < carried.start and clause.text(at) == "P" for at in side):
        return AT_START
    return AT_START if _TO_THIS_YEAR.match(clause.marked, carried.end) else AT_END


def holds_over_without_number(clause: Clause) -> bool:
    """Tell whether a clause says 含上年结转 and not how many."""
    names = clause.names
    if "P" not in clause.times or not ("includes" in names or "part" in names):
        return False
    carried = [at.end for at in clause.lexemes if at.name == "carried"]
    near = 12
    return not carried or not any(
        clause.text(at) == "N" and at.start - carried[-1] < near for at in clause.lexemes
    )
