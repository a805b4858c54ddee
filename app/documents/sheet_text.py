"""Text as a sheet can hold it: what XML takes, what a cell takes, what a sheet's name may be."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_IN_CELL = 32_700
"""UTF-16 units that we put into one cell; Excel holds 32 767 and drops the rest without a word."""

MOST_IN_NAME = 31
"""UTF-16 units of a sheet's name."""

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_SENTENCE_ENDS = "。；！？\n"


def clean(text: str) -> str:
    """Return text that a workbook can hold; what looks like Excel's own escape (`_x0041_`) is escaped."""
    return _LOOKS_ESCAPED.sub("_x005F_", fit_for_xml(text))


def fit_for_xml(text: str) -> str:
    """Return text that an XML file can hold.

    Characters that XML can't hold (control characters, lone surrogates) become U+FFFD, so that a reader
    sees that something stood there; line ends become one kind.
    """
    return _NOT_IN_XML.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def paragraphs_of(text: str) -> list[str]:
    """Return the paragraphs of a section, cleaned, without the empty ones, each short enough for one cell."""
    return [
        piece for paragraph in clean(text).split("\n") if paragraph.strip() for piece in _pieces(paragraph)
    ]


def cell_text(text: str) -> str:
    """Return cleaned text that one cell holds; where it is longer, its end says that it was cut."""
    first, *rest = _pieces(clean(text))
    return f"{first}……（此处未全部列出）" if rest else first


def _pieces(text: str, most: int = MOST_IN_CELL) -> list[str]:
    """Cut text where it is too long for a cell, at the end of a sentence where there is one."""
    pieces = []
    while utf16_length(text) > most:
        cut = len(_first_units(text, most))
        end = 1 + max(text.rfind(mark, cut // 2, cut) for mark in _SENTENCE_ENDS)
        pieces.append(text[: end or cut])
        text = text[end or cut :]
    return [*pieces, text]


def utf16_length(text: str) -> int:
    """Count text as Excel does."""
    return len(text.encode("utf-16-le")) // 2


def _first_units(text: str, most: int) -> str:
    return text.encode("utf-16-le")[: 2 * most].decode("utf-16-le", errors="ignore")


def display_width(text: str) -> int:
    """Say how wide text is, in the width of a digit: a Chinese character is two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WFA" else 1 for letter in text)


def lines_needed(text: str, width: int, size: int) -> int:
    """Say how many lines text of *size* points takes in a column of this width.

    A unit of width is 7 pixels; a digit takes two thirds of a pixel for each point of its size.
    """
    room = max(2, width * 21 // (2 * size))
    return sum(max(1, -(-display_width(line) // room)) for line in text.split("\n"))


_FORBIDDEN_IN_NAME = frozenset("[]:*?/\\")
_RESERVED_NAMES = ("History",)


def sheet_names(names: Iterable[str], taken: Iterable[str]) -> list[str]:
    """Return a legal sheet name for each of *names*, all different from each other and from *taken*.

    Excel compares names without regard to case or width, refuses some characters in either width, an
    apostrophe at an end, and one name that it keeps for itself.
    """
    used = {_compared(name) for name in (*taken, *_RESERVED_NAMES)}
    found = []
    for name in names:
        free = _first_free(_legal_name(name), used)
        used.add(_compared(free))
        found.append(free)
    return found


def _compared(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _legal_name(name: str) -> str:
    letters = ("_" if _is_forbidden_in_name(letter) else letter for letter in name)
    return _first_units("".join(letters), MOST_IN_NAME).strip("'＇ \u3000") or "_"


def _is_forbidden_in_name(letter: str) -> bool:
    folded = unicodedata.normalize("NFKC", letter)
    return not _FORBIDDEN_IN_NAME.isdisjoint(folded) or unicodedata.category(letter) in ("Cc", "Cs", "Cn")


def _first_free(name: str, used: set[str]) -> str:
    number, free = 1, name
    while _compared(free) in used:
        number += 1
        mark = f"({number})"
        free = f"{_first_units(name, MOST_IN_NAME - len(mark))}{mark}"
    return free
