"""Reading one cell: a number of the form's measure, nothing, or something that can't be told."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from app.documents.reading import CellRead, CellState
from app.documents.spellings import NOTHING
from app.domain.values import from_text
from app.forms.model import Measure

_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_IN_YUAN = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,2})?)元")
_IN_MYRIADS = re.compile(r"([0-9]{1,11}(?:\.[0-9]{1,6})?)万元")
_YUAN, _MYRIAD = "元", "万元"
_CHANGE = re.compile(r"(\+|增加?|-|−|减少?)\s*([0-9,]+)")
_FEWER = "-−减"
_ZERO = frozenset("零〇")
_LONGEST_CELL = 40


@dataclass(frozen=True, slots=True)
class CellValue:
    """A cell that was read: how, and its number in the measure's smallest unit if there is one."""

    read: CellRead
    value: int | None = None


def read_cell(measure: Measure, raw: str, where: str) -> CellValue:
    """Read a cell's text; blanks and strokes are missing, never 0."""
    text = unicodedata.normalize("NFKC", raw[: _LONGEST_CELL + 1]).strip()
    if NOTHING.fullmatch(text):
        return CellValue(CellRead(CellState.MISSING, raw, where))
    value = _number(measure, text)
    if value is None:
        return CellValue(CellRead(CellState.UNCLEAR, raw, where))
    return CellValue(CellRead(CellState.READ, raw, where), value)


def _number(measure: Measure, text: str) -> int | None:
    """Read a number, with or without the form's own unit, its thousands grouped or not."""
    bare = text.removesuffix(measure.unit).rstrip()
    change = _CHANGE.fullmatch(bare) if measure.is_signed else None
    if change:
        size = _size(measure, change[2])
        return -size if size is not None and change[1][0] in _FEWER else size
    return _size(measure, bare)


def _size(measure: Measure, bare: str) -> int | None:
    if bare in _ZERO:
        return 0
    digits = bare.replace(",", "") if _GROUPED.fullmatch(bare) else bare
    if not measure.is_count and "." in digits:
        whole, _, decimals = digits.partition(".")
        shorter = decimals[: measure.places] + decimals[measure.places :].rstrip("0")
        digits = f"{whole}.{shorter}" if decimals else digits
    value = from_text(measure, digits)
    return value if value is not None and value <= measure.most_in_aggregate else None


def slip_behind(measure: Measure, raw: str) -> str | None:
    """Say what a cell that can't be told may mean; None where nothing suggests itself."""
    text = unicodedata.normalize("NFKC", raw[: _LONGEST_CELL + 1]).strip()
    yuan = _IN_YUAN.fullmatch(text)
    if measure.unit == _MYRIAD and yuan:
        amount = Decimal(yuan[1]) / 10_000
        return f"看起来是以元为单位的，折合 {amount.normalize():f} {_MYRIAD}；请核对后按{_MYRIAD}填写"
    myriads = _IN_MYRIADS.fullmatch(text)
    if measure.unit == _YUAN and myriads:
        amount = Decimal(myriads[1]) * 10_000
        return f"看起来是以{_MYRIAD}为单位的，折合 {amount.normalize():f} {_YUAN}；请核对后按{_YUAN}填写"
    signed = re.fullmatch(r"(?:\+|增加?)\s*([0-9]{1,12})", text)
    if signed:
        return f"如果是 {signed[1]} {measure.unit}，请只写数"
    return None


def glued(raw: str, columns: int) -> bool:
    """Tell whether one field may hold the figures of several columns run together: 141414, 000."""
    text = unicodedata.normalize("NFKC", raw[: _LONGEST_CELL + 1]).strip()
    return text.isdecimal() and columns > 1 and len(text) >= columns
