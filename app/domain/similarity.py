"""How much of one report's prose stands in another's (R27), and by what such reports are found among many.

Prose is reduced to its Chinese characters first: without numbers, punctuation, headings, the phrases that
every report has, and the names of the body whose it is.  So a template that was filled in with other figures
and names is still the same text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from heapq import nsmallest
from typing import TYPE_CHECKING
from zlib import crc32

from app.domain.content import pointer_of_text
from app.domain.context import Alike
from app.domain.prose.texts import OVERVIEW, PROBLEMS, unjudged, written
from app.domain.results import Outcome, Result
from app.domain.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from app.domain.content import Content
    from app.domain.context import Context

SECTIONS = (OVERVIEW, PROBLEMS)
"""The sections that are compared; the third is short, and much the same in every report."""

OWN = "own"
"""The code of a result that compares a report with the body's own of last year."""

GRAM = 8
"""How many characters in a row count as the same text."""

FEWEST = 200
"""Reduced prose that is shorter than this isn't judged: there is little to say in other words."""

MOST_COMPARED = 10_000
"""Characters of a section; what comes after them isn't compared, so that it never takes long."""

BANDS = 16
MOST_PASSAGES = 3
SHORTEST_PASSAGE = 20
LONGEST_QUOTE = 200

_SENTENCE_ENDS = "。！？；：!?;:"
_NUMBER = "(?:[（(]?[一二三四五六七八九十0-9]{1,3}[）)、.．](?![0-9])|第[一二三四五六七八九十]{1,3})"
_BEGINS_ANEW = re.compile(_NUMBER)
_STANDS_ALONE = re.compile(
    f"{_NUMBER}[^，。；]{{1,20}}|[^，。；]{{0,15}}(?:情况|工作|方面|管理|建设|保障|问题|措施|事项|打算)"
)
"""A line that stands above others, though it doesn't end as a sentence does."""
_HEADING = re.compile("^[^，。；！？;!?\n]{1,20}$", re.MULTILINE)
_NUMBERED = "[一二三四五六七八九十0-9]{1,3}[）)][^。：:，,；;\n]{1,20}[。：:]"
_BOILERPLATE = re.compile(
    rf"""
    （{_NUMBERED} | \({_NUMBERED}                               # a heading at the head of a paragraph
  | 《[^《》\n]{{1,60}}》(?:[（(][^（）()\n]{{1,30}}[）)])?       # what is cited
  | 国务院办公厅政府信息与政务公开办公室
  | 政府信息公开(?:工作|申请|指南|目录|年度报告)*
  | 公民、法人[和或者及]{{1,2}}其他组织
  | 以公开为常态、不公开为例外(?:的?原则)?
  | 习近平新时代中国特色社会主义思想
  | 党的[一二三四五六七八九十]{{1,3}}大(?:和[一二三四五六七八九十届]{{1,5}}[中历]次?全会)?精神
    """,
    re.VERBOSE,
)
"""Each way begins with a plain character, so that the rest of a text is passed over quickly."""

_WIDTH = 2
"""Bytes of a character that counts, in UTF-16: to cut n-grams from bytes is quicker than from text."""
_WINDOWS = tuple(slice(_WIDTH * start, _WIDTH * (start + GRAM)) for start in range(MOST_COMPARED))


def _is_kept(code: int) -> bool:
    """Tell whether a character stays: Chinese, and no numeral."""
    return chr(code) not in "一二三四五六七八九十百千万亿零两〇"


def _class_of(codes: Iterable[int]) -> str:
    """Write characters as the inside of a class of a pattern; those in a row as a range."""
    runs: list[list[int]] = []
    for code in codes:
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in runs)


_CHINESE = range(0x3400, 0xA000)
_KEPT = re.compile(f"[{_class_of(filter(_is_kept, _CHINESE))}]+")

# A quarter of all n-grams, by the character that they begin with: enough to find a text by, in half the time.
_FIRST = _class_of(code for code in _CHINESE if not code & 0b110000)
_SOME_GRAMS = re.compile(f"(?=([{_FIRST}].{{{GRAM - 1}}}))")


@dataclass(frozen=True)
class Piece:
    """A section's prose.

    Attributes:
        text: as written.
        masked: the text without the line breaks inside paragraphs, with spaces for what doesn't count.
        breaks: before which places of that a line break was taken out.
    """

    text: str
    masked: str
    breaks: tuple[int, ...] = ()

    @cached_property
    def letters(self) -> str:
        """The characters that count."""
        return "".join(_KEPT.findall(self.masked))

    @cached_property
    def grams(self) -> list[bytes]:
        """Its n-grams, one for each of those characters but the last few."""
        count = max(len(self.letters) - GRAM + 1, 0)
        return list(map(self.letters.encode("utf-16-le").__getitem__, _WINDOWS[:count]))

    @cached_property
    def places(self) -> list[int]:
        """Where each of the characters that count stands in the text."""
        breaks = self.breaks
        return [
            place + bisect_right(breaks, place)
            for run in _KEPT.finditer(self.masked)
            for place in range(*run.span())
        ]


def texts_compared(content: Content) -> list[str | None]:
    """Return all that similarity rests on; where it is the same, so are the bands."""
    return [content.title, *(content.narratives.get(code) for code in SECTIONS)]


def pieces_of(content: Content) -> list[Piece]:
    """Return the prose that is compared."""
    names = names_in(content.title or "")
    texts = ((content.narratives.get(code) or "")[:MOST_COMPARED] for code in SECTIONS)
    return [_piece(text, names) for text in texts]


def is_short(prose: Sequence[Piece]) -> bool:
    """Tell whether there is too little to judge."""
    return sum(len(piece.letters) for piece in prose) < FEWEST


def _piece(text: str, names: list[str]) -> Piece:
    joined, breaks = _joined(text)
    return Piece(text, _masked(joined, names), breaks)


def _joined(text: str) -> tuple[str, tuple[int, ...]]:
    """Put lines together that are pieces of a paragraph; return where breaks were, as places of the result.

    Prose that was copied from a narrow page is broken every few characters, and is the same text.  How lines
    are joined belongs to what bands are made of: whoever changes it, derives the stored ones anew.
    """
    if "\n" not in text:
        return text, ()
    pieces, breaks, length, goes_on = [""], [], 0, False
    for line in text.split("\n"):
        bare = line.strip()
        is_rest = goes_on and bool(bare) and not line[0].isspace() and not _BEGINS_ANEW.match(bare)
        if is_rest:
            breaks.append(length)
        else:
            pieces.append("\n")
            length += 1
        pieces.append(line)
        length += len(line)
        is_closed = not bare or bare[-1] in _SENTENCE_ENDS
        goes_on = not is_closed and (is_rest or not _STANDS_ALONE.fullmatch(bare))
    return "".join(pieces[2:]), tuple(place - 1 for place in breaks)


def _masked(text: str, names: list[str]) -> str:
    masked = _BOILERPLATE.sub(_blank, _HEADING.sub(_blank, text))
    for name in names:
        masked = masked.replace(name, " " * len(name))
    return masked


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


_LONGEST_NAME = 40
_AFTER_NAME = re.compile(
    "(?:19|20|１９|２０)[0-9０-９]{2}|二[〇○零][〇○零一二三四五六七八九]{2}|政府信息公开|关于"
)
"""A year, and no other number: 第八师143团 is a name."""
_PLACE = re.compile(r".{1,12}?(?:自治[区州县旗]|[省市县区州盟旗镇乡]|街道)")
_RANKS = re.compile(r"自治[区州县旗]$|[省市县区州盟旗镇乡]$|街道$")
_OFFICES = ("人民政府", "政府", "办公室", "办事处", "委员会")


def names_in(title: str) -> list[str]:
    """Return what a body may call itself, by its report's title: the long forms first.

    By the title, since that belongs to the version: a body that is named otherwise later changes nothing.
    """
    whole = _AFTER_NAME.split(title.strip()[:_LONGEST_NAME], maxsplit=1)[0].strip()
    places = _PLACE.findall(whole)
    office = whole.removeprefix("".join(places))
    names = {whole, *places, *(_RANKS.sub("", place) for place in places)}
    if office not in _OFFICES:
        names.add(office)
    shortest = 2
    return sorted((name for name in names if len(name) >= shortest), key=lambda name: (-len(name), name))


def signature_of(content: Content) -> tuple[int, ...]:
    """Return the bands by which reports of alike prose are found: 16 at most, none where it is too short.

    They are the smallest hashes of the prose's n-grams (a bottom-k sketch): of two texts that have a share of
    all their n-grams in common, about that share of the bands is the same.
    """
    prose = pieces_of(content)
    if is_short(prose):
        return ()
    grams = (gram for piece in prose for gram in _SOME_GRAMS.findall(piece.letters))
    return tuple(nsmallest(BANDS, set(map(crc32, map(str.encode, grams)))))


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much of a text stands in another one.

    Attributes:
        percent: of its n-grams, whole per cents.
        passages: the longest that both have, as they stand in it; long ones are cut; none unless wanted.
    """

    percent: int
    passages: tuple[str, ...]


def compare(ours: Sequence[Piece], others: Sequence[Piece], beyond: int = -1) -> Likeness:
    """Return how much of a report's prose stands in another's.

    Args:
        ours: the report's, as `pieces_of` returns it.
        others: the other one's, likewise.
        beyond: a share, in per cent, up to which no passages are wanted: to look for them takes time.
    """
    grams = set().union(*(piece.grams for piece in others))
    standing = [bytes(map(grams.__contains__, piece.grams)) for piece in ours]
    share = 100 * sum(map(sum, standing)) // max(sum(map(len, standing)), 1)
    return Likeness(share, _passages(ours, others, standing) if share > beyond else ())


def _passages(ours: Sequence[Piece], others: Sequence[Piece], standing: Sequence[bytes]) -> tuple[str, ...]:
    """Return the longest passages that both have, as they stand in ours.

    Args:
        ours: what a report says.
        others: what another one says.
        standing: of each n-gram of ours, by piece, whether it stands there.
    """
    theirs = "\n".join(piece.letters for piece in others)
    shared = [
        (piece, *span)
        for piece, found in zip(ours, standing, strict=True)
        for span in _shared(piece.letters, theirs, found)
    ]
    longest = sorted(shared, key=lambda each: -each[2])
    return tuple(_quoted(*each) for each in longest[:MOST_PASSAGES])


_LONG_RUN = re.compile(b"\x01{%d,}" % (SHORTEST_PASSAGE - GRAM + 1))


def _shared(ours: str, theirs: str, standing: bytes) -> Iterator[tuple[int, int]]:
    """Yield the passages that both have and that are worth showing: where one begins in ours, how long it is.

    Args:
        ours: a text.
        theirs: another one.
        standing: of each n-gram of ours, whether it stands in theirs.
    """
    for run in _LONG_RUN.finditer(standing):
        start, end = run.span()
        while start < end:
            place = theirs.index(ours[start : start + GRAM])
            length = GRAM + _same(ours, start + GRAM, theirs, place + GRAM)
            if length >= SHORTEST_PASSAGE:
                yield start, length
            start += length - GRAM + 1


def _same(ours: str, at: int, theirs: str, there: int) -> int:
    """Return how many characters are the same from two places on, by halves."""
    least, most = 0, min(len(ours) - at, len(theirs) - there)
    while least < most:
        middle = (least + most + 1) // 2
        if ours[at + least : at + middle] == theirs[there + least : there + middle]:
            least = middle
        else:
            most = middle - 1
    return least


def _quoted(piece: Piece, start: int, length: int) -> str:
    first, last = piece.places[start], piece.places[start + length - 1]
    return piece.text[first : last + 1][:LONGEST_QUOTE]


def liken_to_own(content: Content, last_year: Content | None, agency: str) -> tuple[Alike, ...]:
    """Return how much of a report's prose stands in last year's of the same agency.

    Nothing where there is none of last year, or too little to judge.
    """
    prose = pieces_of(content)
    if last_year is None or is_short(prose):
        return ()
    found = compare(prose, pieces_of(last_year))
    own = Alike("", agency, last_year.year, is_own=True, percent=found.percent, passages=found.passages)
    return (own,)


def judge_alike(content: Content, context: Context) -> Iterator[Result]:
    """R27: the prose isn't that of last year, nor somebody else's, with other numbers in it."""
    most = context.settings.threshold(RULES["R27"], "percent")
    beyond = [alike for alike in context.alike if alike.percent > most]
    if beyond and not is_short(pieces_of(content)):
        for alike in beyond:
            yield _is_alike(content, alike, most)
    elif context.last_year is not None and not any(written(content, code) for code in SECTIONS):
        yield from unjudged(content, RULES["R27"], OWN, SECTIONS)


def _is_alike(content: Content, alike: Alike, most: int) -> Result:
    headings = [section.heading for section in content.form.narratives if section.code in SECTIONS]
    where = "".join(f"“{heading}”" for heading in headings)
    message = RULES["R27"].say(
        "broken.own" if alike.is_own else "broken.other",
        place=where,
        percent=alike.percent,
        agency=alike.agency,
        before=alike.year,
        most=most,
        year=content.year,
    )
    code = OWN if alike.is_own else f"other.{alike.code}"
    pointer = pointer_of_text(SECTIONS[0])
    return Result(RULES["R27"], code, Outcome.BROKEN, message, pointer, quotes=alike.passages)
