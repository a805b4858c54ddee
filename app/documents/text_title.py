"""A report's title, which may run over several lines or stand there twice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.documents.spellings import TITLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.documents.text_lines import Line

_MOST_LINES = 4
_LONGEST_TITLE = 120
_ENDINGS = ("报告", "年报", "）", ")")
_SPACE = re.compile(r"\s+")
_NAME = re.compile(r"[\u3400-\u9fff0-9·（）()]{2,}")
_WIDE_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
_HAN_DIGITS = {digit: value for value, digit in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0}


@dataclass(frozen=True, slots=True)
class Title:
    """A title that was found.

    Attributes:
        text: without spaces.
        agency: as it names the agency; None where it names none.
        year: the report year.
        start: index of its first line.
        end: index after its last line.
    """

    text: str
    agency: str | None
    year: int
    start: int
    end: int


def find_title(lines: list[Line]) -> Title | None:
    """Find the title among the lines above the first section: the last one, with its agency if it has one."""
    found = list(_titles_in(lines))
    if not found:
        return None
    last = max(title.end for title in found)
    ending = [title for title in found if title.end == last]
    return next((title for title in ending if title.agency), ending[0])


def _titles_in(lines: list[Line]) -> Iterator[Title]:
    """Yield every run of lines that reads as a title; of those with one end the shorter first."""
    texts = [_SPACE.sub("", line.text).translate(_WIDE_DIGITS) for line in lines]
    for end, last in enumerate(texts, start=1):
        if last.endswith(_ENDINGS):
            for start in range(end - 1, max(end - _MOST_LINES, 0) - 1, -1):
                title = _title_of(texts[start:end], start, end)
                if title is not None:
                    yield title


def _title_of(texts: list[str], start: int, end: int) -> Title | None:
    text = "".join(texts) if sum(map(len, texts)) <= _LONGEST_TITLE else ""
    for pattern in TITLES:
        match = pattern.fullmatch(text)
        if match:
            agency = match["agency"]
            if agency and not _NAME.fullmatch(agency):
                return None
            return Title(text, agency or None, _year(match["year"]), start, end)
    return None


def _year(digits: str) -> int:
    if digits.isascii():
        return int(digits)
    return int("".join(str(_HAN_DIGITS[digit]) for digit in digits))
