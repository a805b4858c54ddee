"""Prose as sentences: pieces of paragraphs that a page broke are put together, and headings kept in mind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_HEADING = 40
_FULL_LINE = 20
_WIDE = re.compile("[０-９○．％Ａ-Ｚ]")
_SAME_WIDTH = str.maketrans(
    "０１２３４５６７８９○．％ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ",
    "0123456789〇.%abcdefghijklmnopqrstuvwxyz",
)
_PAGE_NUMBER = re.compile(r"[^\S\n]*(?:[-—–－]\s?[0-9]{1,4}\s?[-—–－]|[0-9]{1,4})[^\S\n]*")
_NUMBERED = re.compile(
    r"[（(]?[一二三四五六七八九十0-9]{1,3}[）)、.．](?![0-9])|[一二三四五六七八九十]是|第[一二三四五六七八九十]"
)
_HEADING_END = re.compile(r"(?:情况|工作|方面|公开|管理|建设|保障|问题|措施|事项|打算|申请|报告|费用?)$")
_VERB = re.compile("收到|受理|新收|办结|答复|收取|作出|制发")
_ENDS = "。！？；：!?;:"
_SENTENCE = re.compile(r"[^。！？；!?;]++[。！？；!?;]?")


# not frozen: they are made by the hundred, and freezing makes that slow
@dataclass(slots=True)
class Sentence:
    """A sentence, up to 。 or ；.

    Attributes:
        text: as written, without the space around it.
        start: where that begins in the prose.
        end: where it ends.
        plain: without any space, page numbers and full-width digits.
        heading: what it stands under, likewise; empty where that isn't known.
        goes_on: whether the sentence before it ended in ；, so that its subject may be this one's too.
        opens: whether it is its paragraph's first.
    """

    text: str
    start: int
    end: int
    plain: str
    heading: str
    goes_on: bool
    opens: bool


def sentences_of(text: str) -> Iterator[Sentence]:
    """Yield the sentences of prose in order; lines are paragraphs, or pieces of one that a page broke."""
    above = ""
    for start, end in _paragraphs(text):
        paragraph = _without_page_numbers(text[start:end])
        bare = paragraph.strip()
        if not bare:
            continue
        if _NUMBERED.match(bare):
            above = ""
        yield from _sentences(text, start, paragraph, above)
        if len(bare) <= LONGEST_HEADING and (not above or _is_heading(bare)):
            above = plain_of(bare)


def plain_of(text: str) -> str:
    """Return text without space, with digits of one width; capitals are made small."""
    bare = "".join(text.split())
    return (bare.translate(_SAME_WIDTH) if _WIDE.search(bare) else bare).lower()


def _sentences(text: str, start: int, paragraph: str, above: str) -> Iterator[Sentence]:
    heading, goes_on = above, False
    for found in _SENTENCE.finditer(paragraph):
        piece, place = found[0], found.start()
        stripped = piece.strip()
        if not stripped:
            continue
        begin = start + place + piece.index(stripped)
        end = begin + len(stripped)
        plain = plain_of(stripped)
        opens = place == 0
        yield Sentence(text[begin:end], begin, end, plain, heading, goes_on, opens)
        goes_on = piece[-1] in "；;"
        if opens and len(piece) <= LONGEST_HEADING:
            heading += plain


def _without_page_numbers(paragraph: str) -> str:
    if "\n" not in paragraph:
        return paragraph
    lines = paragraph.split("\n")
    return "\n".join(" " * len(line) if _PAGE_NUMBER.fullmatch(line) else line for line in lines)


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each paragraph begins and ends."""
    start, place, last = 0, 0, ""
    is_rest = False
    for line in text.split("\n"):
        is_page_number = bool(_PAGE_NUMBER.fullmatch(line)) and bool(last)
        is_gap = is_page_number or (not line.strip() and len(last) >= _FULL_LINE)
        if not is_gap or _is_closed(last):
            is_rest = place > 0 and _goes_on(last, line, is_rest=is_rest)
            if place and not is_rest:
                yield start, place - 1
                start = place
            last = line.strip()
        place += len(line) + 1
    yield start, len(text)


def _is_closed(line: str) -> bool:
    return not line or line[-1] in _ENDS


def _goes_on(last: str, line: str, *, is_rest: bool) -> bool:
    """Tell whether a line is the rest of the one before it, which may be such a rest itself."""
    if _is_closed(last) or not line.strip() or line[0].isspace() or _NUMBERED.match(line):
        return False
    return is_rest or len(last) >= _FULL_LINE or last[-1] in "，、,（(" or not _is_heading(last)


def _is_heading(line: str) -> bool:
    """Tell whether a short line stands over others: it is numbered, or names something and says nothing."""
    bare = line.rstrip("。：:")
    if "，" in bare or "。" in bare:
        return False
    if _NUMBERED.match(bare) and _HEADING_END.search(bare):
        return True
    return not _VERB.search(bare) and bool(_NUMBERED.match(bare) or _HEADING_END.search(bare))
