"""Personal data in text: found by check digits, and never shown whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_DASHES, _DOTS, _SPACES = "－—–―‐‑", "·．•", "\u00a0\u2002\u2003\u2009\u202f\u3000\t"
_PLAIN = str.maketrans(
    f"０１２３４５６７８９ＸｘⅩ{_DASHES}{_DOTS}{_SPACES}",
    f"0123456789XxX{'-' * len(_DASHES)}{'.' * len(_DOTS)}{' ' * len(_SPACES)}",
)
_CLUSTER = re.compile(f"[0-9０-９](?:[ .\n{_DASHES}{_DOTS}{_SPACES}-]{{0,6}}[0-9０-９]){{10,}}")
"""Digits that may be one number, or several side by side."""
_GROUP = re.compile(r"([0-9]+)([ .\n-]*)", re.ASCII)
_CHECK_X = re.compile("[ -]?[Xx](?![0-9A-Za-z])", re.ASCII)
_WIDEST_GAP = 3
_MOST_GROUPS = 6
_MOBILE = re.compile(r"(?:(?:00)?86)?1[3-9][0-9]{9}", re.ASCII)
_MOBILE_SHAPES = {(11,), (3, 4, 4), (3, 8), (7, 4), (13,), (15,)}
_IDENTITY = re.compile(r"[1-9][0-9]{16}[0-9X]", re.ASCII)
_IDENTITY_SHAPES = {(18,), (6, 8, 4), (17,), (6, 8, 3)}
_FORMER_IDENTITY = re.compile(r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5])[0-9]{13}", re.ASCII)
_FORMER_SHAPES = {(15,), (6, 6, 3)}
_SHAPES = _MOBILE_SHAPES | _IDENTITY_SHAPES | _FORMER_SHAPES
_CARD = re.compile(r"(?:62|9558)[0-9]{12,17}", re.ASCII)
_FORMER_CARD = re.compile(r"(?:4|5[1-5]|3[4-7]|60)[0-9]{13,17}", re.ASCII)
"""Cards of the days before 62: so many other numbers look like them that one must be called a card."""
_CARD_LENGTHS = range(16, 20)
_LENGTHS = range(11, 20)
_FOURS = 4
_WORD_BEFORE = re.compile("([A-Za-z]+)$", re.ASCII)
_WORDS_OF_PERSONS = {"tel", "phone", "mobile", "mob", "cell", "id", "no", "wx", "vx"}
_OF_A_PERSON = re.compile("身份|手机|电话|联系|卡号|银行|账[号户]|帐[号户]")
_CALLED_A_CARD = re.compile("卡|账[号户]|帐[号户]|开户|户名")
_OF_A_THING = re.compile(
    "(?:编[号码]|代码|条码|[证可书单案档批文流水]号|许可证|决定书|工单|订单|登字|字第|项目|合同|备案|注册|面积|金额)[^人员士长任]{0,8}$"
    "|(?<![0-9])0[.]$"
)
_UNIT_AFTER = re.compile(
    "[.][0-9]| ?(?:[元次件]|人次|平方)|[条份亩吨户米万亿]|号(?!码)|人(?!员)|千[米克瓦]|公[里斤]"
)
_BEFORE = 16
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_KEPT_AHEAD, _KEPT_BEHIND = 3, 2


@dataclass(frozen=True, slots=True)
class PersonalDatum:
    """Something personal that stands in a text.

    Attributes:
        kind: `identity_number`, `bank_card` or `mobile_number`.
        start: where it begins.
        end: where it ends.
    """

    kind: str
    start: int
    end: int


def personal_data(text: str) -> Iterator[PersonalDatum]:
    """Yield identity numbers (GB 11643 check digit), bank cards (Luhn) and mobile numbers, in order."""
    if _CLUSTER.search(text) is None:
        return
    plain = text.translate(_PLAIN)
    for cluster in _CLUSTER.finditer(plain):
        groups = list(_GROUP.finditer(plain, *cluster.span()))
        at = 0
        while at < len(groups):
            found = _datum_at(plain, groups[at : at + _MOST_GROUPS])
            at += 1 if found is None else found[1]
            if found is not None:
                yield found[0]


def masked(text: str) -> str:
    """Return a text in which of every personal datum only the first digits and the last can be read."""
    pieces: list[str] = []
    done = 0
    for datum in personal_data(text):
        pieces += (text[done : datum.start], _hidden(text[datum.start : datum.end]))
        done = datum.end
    return "".join((*pieces, text[done:])) if pieces else text


def _hidden(text: str) -> str:
    stars = "*" * (len(text) - _KEPT_AHEAD - _KEPT_BEHIND)
    return f"{text[:_KEPT_AHEAD]}{stars}{text[-_KEPT_BEHIND:]}"


def _datum_at(plain: str, groups: list[re.Match[str]]) -> tuple[PersonalDatum, int] | None:
    """Return what begins with the first of some groups of digits, and how many of them it takes."""
    start = groups[0].start()
    word = _WORD_BEFORE.search(plain, max(0, start - _BEFORE), start)
    if word and word[1].lower() not in _WORDS_OF_PERSONS:
        return None
    for count in reversed(_joined(groups)):
        end = groups[count - 1].end(1)
        checked = _CHECK_X.match(plain, end)
        kind = _kind_of(plain, _number_of(groups[:count], checked[0][-1] if checked else ""))
        if kind is not None:
            end = checked.end() if checked and kind == "identity_number" else end
            return PersonalDatum(kind, start, end), count
    return None


def _joined(groups: list[re.Match[str]]) -> list[int]:
    """Return how many groups may be one number, each way: gaps are narrow, or one line's end."""
    ways, digits = [], 0
    for count, group in enumerate(groups, start=1):
        digits += len(group[1])
        if digits in _LENGTHS:
            ways.append(count)
        if len(group[2].strip("\n")) > _WIDEST_GAP or group[2].count("\n") > 1:
            break
    return ways


@dataclass(frozen=True, slots=True)
class _Number:
    """Groups of digits taken as one number.

    Attributes:
        digits: of all of them.
        shape: how many digits each has; those that a line's end parts are one.
        check: an X behind them, or nothing.
        start: where they begin.
        end: where they end.
    """

    digits: str
    shape: tuple[int, ...]
    check: str
    start: int
    end: int


def _number_of(groups: list[re.Match[str]], check: str) -> _Number:
    parts = "".join(f"{group[1]}{'' if chr(10) in group[2] else ' '}" for group in groups).split()
    digits, shape = "".join(parts), tuple(map(len, parts))
    return _Number(digits, shape, check.upper(), groups[0].start(), groups[-1].end(1))


def _kind_of(plain: str, number: _Number) -> str | None:
    digits, shape = number.digits, number.shape
    if not (shape in _SHAPES or _is_card(digits, shape)):
        return None
    before = _just_before(plain, number.start)
    if shape in _IDENTITY_SHAPES and _is_identity((digits + number.check)[:18]):
        return None if "代码" in before else "identity_number"
    if _is_of_a_thing(plain, number.end, before):
        return None
    if shape in _MOBILE_SHAPES and _MOBILE.fullmatch(digits):
        return "mobile_number"
    if shape in _FORMER_SHAPES and _FORMER_IDENTITY.fullmatch(digits) and _is_date(f"19{digits[6:12]}"):
        return "identity_number"
    is_called = _CARD.fullmatch(digits) or _CALLED_A_CARD.search(before)
    return "bank_card" if is_called and _is_card(digits, shape) else None


def _is_of_a_thing(plain: str, end: int, before: str) -> bool:
    """Tell whether what stands around a number says that it counts or names something."""
    after = plain[end : end + 1]
    if (after.isascii() and after.isalpha()) or _UNIT_AFTER.match(plain, end):
        return True
    return bool(_OF_A_THING.search(before)) and not _OF_A_PERSON.search(before)


def _just_before(plain: str, start: int) -> str:
    """Return what is said of a number: the words of the same clause in front of it."""
    return re.split("[，。；、,;\n]", plain[max(0, start - _BEFORE) : start])[-1]


def _is_card(digits: str, shape: tuple[int, ...]) -> bool:
    fours = all(size == _FOURS for size in shape[:-1]) and shape[-1] <= _FOURS
    if len(digits) not in _CARD_LENGTHS or not (len(shape) == 1 or fours or shape[0] == len("622202")):
        return False
    return bool(_CARD.fullmatch(digits) or _FORMER_CARD.fullmatch(digits)) and _keeps_luhn(digits)


def _is_identity(digits: str) -> bool:
    if not _IDENTITY.fullmatch(digits):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False))
    return digits[-1] == _CHECKS[total % 11] and _is_date(digits[6:14])


def _is_date(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def _keeps_luhn(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(int(digit) for digit in digits[::-2])) % 10 == 0
