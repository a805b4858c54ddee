"""Prose as it is searched for what it speaks of: without space, places to fill and headings over nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.prose.sentences import plain_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LINE_END = "¶"
_QUOTATION = re.compile("[“”‘’\"'「」『』]")
_OPEN = re.compile(r"[^，。；！？¶]{0,60}【待填写[^】]{0,300}】")
_HAN = "一二三四五六七八九十"
_BREAK = re.compile(
    rf"([¶（({_HAN}①-⑳●•◆■—0-9]"
    rf"(?:(?<=¶)|(?<=[①-⑳●•◆■])|(?<=[（(])[{_HAN}0-9]{{1,3}}[）)]"
    rf"|(?<=[{_HAN}])(?:[{_HAN}]{{0,2}}、|是)"
    "|(?<=—)—|(?<=[0-9])(?<![0-9][0-9])[0-9]?[.、)）](?![0-9])))"
)
"""A line's end, or what numbers an item: （一） 一、 1. ① 一是; its first character is looked for alone."""
_HEAD = re.compile("[^。：:；，]{2,24}")
_NAME = (
    "(?:主动公开(?:政府信息)?|依申请公开(?:政府信息)?|监督[与和]?保障|公开平台建设|平台建设|政府信息公开平台建设|政务公开平台建设"
    "|政府信息(?:资源)?(?:规范化?)?管理|政务信息(?:资源)?(?:规范化?)?管理|信息(?:资源)?(?:规范化?)?管理)"
)
_ONLY_NAME = re.compile(f"{_NAME}(?:工作)?(?:情况|方面)?[。：:；]*")
_LIST = re.compile(f"{_NAME}[、，和与及以]{{1,2}}(?:{_NAME}[、，和与及以]{{1,2}}){{1,3}}{_NAME}")
_PUNCTUATION = "。：:；，、"


@dataclass(frozen=True, slots=True)
class Bare:
    """What a section says.

    Attributes:
        said: its prose in one piece; what marks an item of a list is a ；.
        heads: what stands over something, and each paragraph's first words, one a line.
    """

    said: str
    heads: str = ""


def bare_text(text: str, names: Iterable[str] = ()) -> Bare:
    """Take away what says nothing by itself.

    That is: clauses that somebody is still to fill, headings with nothing beneath, an enumeration of the five
    parts, and the body's own names, which may have 监督 or 管理 in them.
    """
    lined = _LIST.sub("", _QUOTATION.sub("", plain_of(text.replace("\n", _LINE_END))))
    if "【" in lined:
        lined = _OPEN.sub("", lined)
    for name in names:
        lined = lined.replace(name, "")
    pieces, heads = [], []
    for mark, item, has_more in _items(lined):
        if not has_more and _ONLY_NAME.fullmatch(item):
            continue
        pieces.append(item if mark == _LINE_END else f"；{item}")
        head = _HEAD.match(item)
        if head and (has_more or item[head.end() :].strip(_PUNCTUATION)):
            heads.append(head[0])
    return Bare(_LIST.sub("", "".join(pieces)), "\n".join(heads))


def _items(lined: str) -> Iterator[tuple[str, str, bool]]:
    """Yield what begins an item, the item, and whether the next line goes on with it."""
    parts = _BREAK.split(lined)
    marks, items = [_LINE_END, *parts[1::2]], parts[::2]
    for at, (mark, item) in enumerate(zip(marks, items, strict=True)):
        goes_on = at + 1 < len(items) and marks[at + 1] == _LINE_END and bool(items[at + 1])
        yield mark, item, goes_on
