"""Numbers as prose writes them: digits, 12,345, 一百零三, 1.2万, 1万2千零8; exact, never binary fractions."""

from __future__ import annotations

import re
from decimal import Decimal

HAN_NUMBER = "零〇一二两三四五六七八九十百千万亿"
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = (("亿", 10**8), ("万", 10**4))
_SIZES = dict(_MYRIADS) | {"千": 1000, "百": 100}
_MOST_DIGITS = 12
_DECIMAL = re.compile(rf"([0-9]{{1,{_MOST_DIGITS}}}(?:\.[0-9]{{1,8}})?)([千百]?[万亿]?)", re.ASCII)
_MIXED = re.compile(rf"(?:[0-9](?![0-9.])|[{HAN_NUMBER}])+", re.ASCII)
_TO_HAN = str.maketrans("0123456789", "零一二三四五六七八九")


def parse_number(text: str) -> int | None:
    """Read a whole number ≥ 0 in digits or Chinese numerals; None where it is neither, or loosely said.

    两百五 is None: it may be 250 or a slip for 205.
    """
    if text[:1].isdigit() and text.isascii():
        return int(text.replace(",", ""))
    if text and all(digit in _DIGITS for digit in text):
        return int("".join(str(_DIGITS[digit]) for digit in text))
    for unit, size in _MYRIADS:
        head, found, tail = text.partition(unit)
        if found:
            return _sum_of(head, tail, size)
    return _below_myriad(text)


def _sum_of(head: str, tail: str, size: int) -> int | None:
    high = parse_number(head)
    low = parse_number(tail.removeprefix("零")) if tail else 0
    loose = len(tail) == 1
    return None if high is None or low is None or loose or low >= size else high * size + low


def _below_myriad(text: str) -> int | None:
    """Read 十 百 千 in falling order: 一百零三, 十二, 两千三百四十."""
    ten = 10
    total, limit, gap = 0, 10**4, True
    for part in re.findall("零|[^零十百千]?[十百千]|.", text):
        size = _TENS.get(part[-1], 1)
        digit = _DIGITS.get(part[0], 1 if part == "十" else -1)
        loose = size == 1 and limit > ten and not gap
        if part == "零":
            gap = True
            continue
        if digit < 0 or size >= limit or loose:
            return None
        total, limit, gap = total + digit * size, size, False
    return total if text else None


def parse_amount(text: str) -> Decimal | None:
    """Read a number that may have a fraction and end in 万 or 亿, or mix digits with 万 and 千; else None."""
    if len(text) <= _MOST_DIGITS and text.isascii() and text.isdigit():
        return Decimal(text)
    plain = text.replace(",", "")
    match = _DECIMAL.fullmatch(plain)
    if match:
        size = Decimal(1)
        for unit in match[2]:
            size *= _SIZES[unit]
        return Decimal(match[1]) * size
    whole = parse_number(plain.translate(_TO_HAN)) if _MIXED.fullmatch(plain) else None
    return None if whole is None else Decimal(whole)


def step_of(text: str) -> int:
    """Return what a number is rounded to: 1000 for 1.5万, which may stand for 15 243; else 1."""
    match = _DECIMAL.fullmatch(text.replace(",", "")) if "." in text else None
    if match is None or not match[2]:
        return 1
    size = 1
    for unit in match[2]:
        size *= _SIZES[unit]
    return max(1, size // int("1" + "0" * len(match[1].partition(".")[2])))
