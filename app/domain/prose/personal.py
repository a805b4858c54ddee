"""Personal data in text: found by check digits, and never shown whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDE = str.maketrans("０１２３４５６７８９ＸｘⅩ－　", "0123456789XxX- ")
_IS_WIDE = re.compile("[０-９]")
_RUN = re.compile(r"[0-9](?<![0-9A-Za-z][0-9])(?:[ -]?[0-9]){10,18}(?:[ -]?[Xx])?(?![0-9A-Za-z])", re.ASCII)
_SEPARATOR = re.compile("[ -]")
_MOBILE = re.compile(r"1[3-9][0-9]{9}", re.ASCII)
_MOBILE_ABROAD = re.compile(r"861[3-9][0-9]{9}", re.ASCII)
_IDENTITY = re.compile(r"[1-9][0-9]{16}[0-9X]", re.ASCII)
_CARD = re.compile(r"[2-9][0-9]{15,18}", re.ASCII)
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
    """Yield identity numbers (GB 11643 check digit), bank cards (Luhn) and mobile numbers."""
    plain = text.translate(_WIDE) if _IS_WIDE.search(text) else text
    for match in _RUN.finditer(plain):
        kind = _kind_of(_SEPARATOR.sub("", match[0]).upper())
        if kind is not None:
            yield PersonalDatum(kind, match.start(), match.end())


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


def _kind_of(digits: str) -> str | None:
    if _MOBILE.fullmatch(digits) or _MOBILE_ABROAD.fullmatch(digits):
        return "mobile_number"
    if _IDENTITY.fullmatch(digits) and _is_identity(digits):
        return "identity_number"
    return "bank_card" if _CARD.fullmatch(digits) and _keeps_luhn(digits) else None


def _is_identity(digits: str) -> bool:
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
