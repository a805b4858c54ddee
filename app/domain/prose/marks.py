"""A sentence with its figures and years made single letters, so that the grammar needs no numerals.

`N` is a count, `M` money, `A` any other or approximate number; `Y` the report year, `P` an earlier one, `F`
a later one, `H` a period that isn't the year.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.prose.numerals import HAN_NUMBER, parse_amount, parse_number, step_of

if TYPE_CHECKING:
    from decimal import Decimal


# not frozen: they are made by the hundred, and freezing makes that slow
@dataclass(slots=True)
class Figure:
    """A number of a sentence: a count, or an amount in 元; with what it is rounded to."""

    number: Decimal
    step: int = 1


_DIGITS = r"(?:[0-9]{1,3}(?:,[0-9]{3})++|[0-9]{1,12}+)(?:\.[0-9]{1,8}+)?"
_UNIT = "件次|件|条|份|宗|项|次|起|例|个|封"
_LOOSE = "[多余几]|左右|上下|以上|以内|以下|部分"
_YEAR = rf"(?P<year>20[0-9]{{2}}|二[〇零][{HAN_NUMBER[:13]}]{{2}})年(?:度|底|末|初)?"
_RELATIVE = (
    "(?P<past>上一?个?年度?[末底]?|上一个?年度|去年度?[末底]?|往年|历年|前年|以前年度|年初)"
    "|(?P<future>下一?个?年度?|下一个?年度|次年度?|明年度?|来年|翌年)"
    "|(?P<part>同期|[上下]半年|次月|[上下]个?月|[一二三四]季度|第[一二三四]季度|近[一二两三四五六七八九十几0-9]{1,2}年[来间内]?"
    "|[两三四五六七八九十几0-9]{1,2}年来)"
)
_FIGURE = (
    rf"(?P<about>近|约|逾|超过?|大约|将近|不足|不到|数|几|第|每|不少于|不超过|不低于|[0-9]+[-~至到])?"
    rf"(?P<number>(?:{_DIGITS}|[{HAN_NUMBER}])[{HAN_NUMBER}0-9]{{0,20}}+)"
    rf"(?P<loose>{_LOOSE})?"
    rf"(?:(?P<unit>{_UNIT})(?![性工月年日人])|(?P<money>元)|(?P<other>人次|[%％年月日])|(?P<bare>(?=$|[，。；、）),;!！?？]|的?[均各])))?"
    rf"(?P<after>{_LOOSE})?"
)
_BEGINS = f"[0-9{HAN_NUMBER}上下去往历前以年次明来翌同第近约逾超大将不数几每]"
_MARK = re.compile(f"(?={_BEGINS})(?:{_YEAR}|{_RELATIVE}|{_FIGURE})")
"""Most characters begin none of these; to look at them first passes over them in a third of the time."""
_LETTERS = {"past": "P", "future": "F", "part": "H"}
_OF_A_FIGURE = ("about", "number", "loose", "unit", "money", "other", "bare", "after")
_SAYS = re.compile("(?:为|是|：|:|有|共|计|各|[数量费])$")


def marked(plain: str, year: int | None) -> tuple[str, dict[int, Figure]]:
    """Return a sentence with letters for its numbers, and the figures by the places of `N` and `M` in it."""
    pieces: list[str] = []
    figures: dict[int, Figure] = {}
    done, length = 0, 0
    for match in _MARK.finditer(plain):
        letter, figure = _letter_of(match, plain, year)
        if letter is None:
            continue
        pieces += (plain[done : match.start()], letter)
        length += match.start() - done + 1
        done = match.end()
        if figure is not None:
            figures[length - 1] = figure
    return "".join((*pieces, plain[done:])), figures


def _letter_of(match: re.Match[str], plain: str, year: int | None) -> tuple[str | None, Figure | None]:
    kind = match.lastgroup or ""
    if kind == "year":
        return _letter_of_year(parse_number(match["year"]), year), None
    if kind in _LETTERS:
        return _LETTERS[kind], None
    about, text, loose, unit, money, other, bare, after = match.group(*_OF_A_FIGURE)
    if not (text[0].isascii() or unit or money or other or about):
        says = bare is not None and _SAYS.search(plain[max(0, match.start() - 1) : match.start()])
        if not says:
            return None, None
    if about == "第" and not unit:
        return None, None
    if about or loose or after or other:
        return "A", None
    return _figure(text, is_money=money is not None, is_counted=unit is not None or bare is not None)


def _letter_of_year(stated: int | None, year: int | None) -> str:
    if year is None or stated is None or stated == year:
        return "Y"
    return "P" if stated < year else "F"


def _figure(text: str, *, is_money: bool, is_counted: bool) -> tuple[str, Figure | None]:
    number = parse_amount(text)
    if number is None or not (is_money or (is_counted and _is_whole(text, number))):
        return "A", None
    return "M" if is_money else "N", Figure(number, step_of(text))


def _is_whole(text: str, number: Decimal) -> bool:
    return "." not in text or number == number.to_integral_value()
