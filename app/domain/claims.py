"""Figures that the prose claims, held against the tables (R26).

Prose is read sentence by sentence and clause by clause: a figure belongs to its own clause, never to the next
收到 that it could reach.  Where a sentence may mean something else (one channel, one kind of applicant,
another year, an approximate number) nothing is claimed: a wrong doubt costs a clerk more than a missed one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.claim_patterns import (
    ACT,
    ANOTHER_PERIOD,
    CARRIED,
    CLAUSE,
    CUES,
    KINDS,
    MENTIONS_CARRIED,
    PART,
    PERIOD,
    QUALIFIED,
    SUPPOSED,
)
from app.domain.results import Outcome, Result
from app.domain.rules import RULES
from app.domain.values import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.claim_patterns import Kind
    from app.domain.content import Content
    from app.forms.model import CellCode, Measure, ReportForm


@dataclass(frozen=True, slots=True)
class Claim:
    """A figure that prose states.

    Attributes:
        kind: what is counted: `received`, `reconsideration`, `litigation`.
        number: how many; 0 where the prose says that there was none.
        sentence: the whole sentence, as written.
        start: where the sentence begins in the text.
        end: where it ends.
    """

    kind: str
    number: int
    sentence: str
    start: int
    end: int


# How far back a clause may look, and how long a heading may be: text of any length is read in linear time.
_LOOK_BACK = 200
_LOOK_AHEAD = 60
_LONGEST_HEADING = 40

_SAME_WIDTH = str.maketrans("０１２３４５６７８９○", "0123456789〇")
_WRAPPED = re.compile(
    r"\n(?<=[^\n]{20}\n)(?<=[^\s。！？；：!?;:]\n)(?![（(]?[一二三四五六七八九十0-9]{1,3}[）)、.．]|\s)"
)
_SENTENCE = re.compile(r"[^。！？；!?;]++[。！？；!?;]?")


def read_claims(text: str, year: int | None = None) -> list[Claim]:
    """Find the figures that prose claims, in the order in which they stand.

    Args:
        text: prose; its lines are paragraphs, or pieces of one that a page has broken.
        year: the report year; figures that a sentence dates to another one are left out.
    """
    claims: list[Claim] = []
    above, start = "", 0
    for paragraph in _WRAPPED.sub(" ", text).split("\n"):
        if _mentions(paragraph, CUES):
            claims += _claims_of_paragraph(text, start, paragraph, above, year)
        above = paragraph if len(paragraph) <= _LONGEST_HEADING else ""
        start += len(paragraph) + 1
    return claims


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence with the heading that it stands under."""

    text: str
    heading: str
    year: int | None


def _mentions(text: str, cues: tuple[str, ...]) -> bool:
    """Look for one of a few words: a loop of substring searches takes half the time of one pattern."""
    for cue in cues:  # noqa: SIM110 - any() over a generator takes three times as long
        if cue in text:
            return True
    return False


def _claims_of_paragraph(
    text: str, start: int, paragraph: str, above: str, year: int | None
) -> Iterator[Claim]:
    heading = above
    for found in _SENTENCE.finditer(paragraph):
        if _mentions(found[0], CUES):
            sentence = _Sentence(found[0].translate(_SAME_WIDTH), heading, year)
            begin, end = start + found.start(), start + found.end()
            yield from _claims_of(sentence, text[begin:end], begin)
        if found.start() == 0 and len(found[0]) <= _LONGEST_HEADING:
            heading += found[0]


def _claims_of(sentence: _Sentence, written: str, start: int) -> Iterator[Claim]:
    stripped = written.strip()
    start += written.index(stripped)
    for kind in KINDS:
        if _mentions(sentence.text, kind.cues):
            for number in _numbers_in(sentence, kind):
                yield Claim(kind.code, number, stripped, start, start + len(stripped))


def _numbers_in(sentence: _Sentence, kind: Kind) -> list[int]:
    """Return what the clauses claim; 受理 gives way to 收到 in the same sentence."""
    found: list[tuple[str | None, int]] = []
    for clause in CLAUSE.finditer(sentence.text):
        if _mentions(clause[0], kind.cues):
            match, before = _match(sentence, clause, kind)
            if match is not None and _stands_for_all(match, before, sentence, kind):
                number = _net_number(match, sentence.text[clause.end() : clause.end() + _LOOK_AHEAD])
                found += [] if number is None else [(match.groupdict().get("verb"), number)]
    received = any(verb != "受理" for verb, _ in found)
    return [number for verb, number in found if verb != "受理" or not received]


def _match(sentence: _Sentence, clause: re.Match[str], kind: Kind) -> tuple[re.Match[str] | None, str]:
    """Return the first shape that fits the clause, and what stands before it."""
    before = sentence.text[max(0, clause.start() - _LOOK_BACK) : clause.start()]
    compact = re.sub(r"\s|，|,(?![0-9]{3})", "", clause[0])
    for shape in kind.shapes:
        match = shape.pattern.search(compact) if _mentions(compact, shape.cues) else None
        if match and (shape.needs is None or shape.needs.search(f"{sentence.heading}{before}")):
            return match, before
    return None, before


def _stands_for_all(match: re.Match[str], before: str, sentence: _Sentence, kind: Kind) -> bool:
    """Tell whether a figure is of the whole, of this year, and of this report."""
    ahead = match.string[: match.start()]
    said = match.string[: match.end()]
    if kind.partial.search(said) or PART.search(said) or SUPPOSED.search(ahead):
        return False
    if "bare" in match.re.groupindex and re.search(f"{ACT}|{QUALIFIED}|投诉|其他", ahead):
        return False
    part = before.rfind("其中")
    if part >= 0 and _mentions(before[:part], kind.cues):
        return False
    if kind.context and _number(match) != 0:
        about = f"{sentence.heading}{before}{match.string[: match.end() + _LOOK_AHEAD]}"
        if not kind.context.search(about):
            return False
    return not _of_another_period(before, said, sentence.year)


def _of_another_period(before: str, said: str, year: int | None) -> bool:
    if ANOTHER_PERIOD.search(said):
        return True
    stated, past = None, None
    for period in PERIOD.finditer(before + said):
        stated, past = period[1], period[2]
    return past is not None or (stated is not None and year is not None and int(stated) != year)


def _number(match: re.Match[str]) -> int | None:
    digits = match.groupdict().get("n")
    return 0 if digits is None else parse_number(digits)


def _net_number(match: re.Match[str], after: str) -> int | None:
    """Return the number; less what it says to hold over from last year; None where that isn't clear."""
    number = _number(match)
    if number is None or ("joint" in match.re.groupindex and number != 0):
        return None
    carried = CARRIED.search(re.sub(r"\s", "", after))
    if carried is None:
        return None if MENTIONS_CARRIED.search(after) else number
    part = parse_number(carried["n"])
    return None if part is None or part > number else number - part


_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = (("亿", 10**8), ("万", 10**4))


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


def doubts_about(content: Content) -> Iterator[Result]:
    """Hold the prose's figures to the tables (R26): one result for each kind of figure that it claims.

    Where the cell is missing nothing can be evaluated, but both sides are shown.
    """
    claims = list(_claims_in(content))
    for kind in KINDS:
        found = [(pointer, claim) for pointer, claim in claims if claim.kind == kind.code]
        if found and all(code in content.form.cells for code in kind.cells):
            yield _compare(content, kind, found)


def _claims_in(content: Content) -> Iterator[tuple[str, Claim]]:
    """Yield every claim with the JSON pointer of the text that makes it."""
    texts = [("/title", content.title), ("/preface", content.preface)]
    texts += [
        (f"/narratives/{part.code}", content.narratives.get(part.code)) for part in content.form.narratives
    ]
    for pointer, text in texts:
        if text:
            yield from ((pointer, claim) for claim in read_claims(text, content.year))


def _compare(content: Content, kind: Kind, found: list[tuple[str, Claim]]) -> Result:
    form, values = content.form, content.values
    claims = [claim for _, claim in found]
    known = [value for code in kind.cells if (value := values.get(code)) is not None]
    said = _as_said(form, kind, claims)
    quotes = tuple(dict.fromkeys(claim.sentence for claim in claims))
    if len(known) < len(kind.cells):
        message = f"{said}；{_as_missing(content, kind)}，没法核对"
        cells = _with_parts(form, kind)
        return Result(
            RULES["R26"], kind.code, Outcome.NOT_EVALUATED, message, found[0][0], cells, quotes=quotes
        )
    return _against(content, kind, found, sum(known), said, quotes)


def _against(
    content: Content,
    kind: Kind,
    found: list[tuple[str, Claim]],
    value: int,
    said: str,
    quotes: tuple[str, ...],
) -> Result:
    """Hold claims to the sum of the cells, which are all there."""
    form = content.form
    place = "、".join(form.cells[code].label for code in kind.cells)
    other = [(pointer, claim) for pointer, claim in found if claim.number != value]
    pointer, claim = (other or found)[0]
    shown = f"{place}{'合计' if len(kind.cells) > 1 else '填的是'} {to_text(_measure(form, kind), value)}"
    if other:
        outcome, hint = Outcome.BROKEN, _LAWFUL
        message = f"{said}；{shown}，相差 {'、'.join(_differences(other, value))}"
    else:
        outcome, hint, message = Outcome.KEPT, None, f"{said}；{shown}，相符"
    return Result(
        RULES["R26"], kind.code, outcome, message, pointer, kind.cells, claim.number, value, hint, quotes
    )


_LAWFUL = "如果文字与表格说的范围不同（例如只算已办结的、只算本机关的，或者含上年结转），可以不改"
_LONGEST_QUOTE = 80


def _differences(other: list[tuple[str, Claim]], value: int) -> list[str]:
    return list(dict.fromkeys(str(abs(claim.number - value)) for _, claim in other))


def _measure(form: ReportForm, kind: Kind) -> Measure:
    return form.cells[kind.cells[0]].measure


def _as_said(form: ReportForm, kind: Kind, claims: list[Claim]) -> str:
    """Write down what the prose says, number by number: 文字里说 1 件（“…”“…”）."""
    sentences: dict[int, dict[str, None]] = {}
    for claim in claims:
        sentences.setdefault(claim.number, {})[claim.sentence] = None
    unit = _measure(form, kind).unit
    return "文字里说 " + "，又说 ".join(
        f"{number} {unit}（{''.join(f'“{_shortened(sentence)}”' for sentence in quoted)}）"
        for number, quoted in sentences.items()
    )


def _shortened(sentence: str) -> str:
    return sentence if len(sentence) <= _LONGEST_QUOTE else f"{sentence[:_LONGEST_QUOTE]}……"


def _as_missing(content: Content, kind: Kind) -> str:
    """Say which cells are missing, and what stands in those that would add up to them."""
    form, values = content.form, content.values
    missing = [code for code in kind.cells if values.get(code) is None]
    labels = "、".join(form.cells[code].label for code in missing)
    parts = {code: values.get(code) for total in missing for code in form.totals.get(total, ())}
    known = {code: value for code, value in parts.items() if value is not None}
    if not known:
        return f"{labels}没有填"
    names = "、".join(form.cells[code].column.spoken for code in known)
    sums = "都是 0" if not any(known.values()) else f"合计 {sum(known.values())}"
    return f"{labels}没有填，已填的 {len(known)} 格（{names}）{sums}"


def _with_parts(form: ReportForm, kind: Kind) -> tuple[CellCode, ...]:
    return (*kind.cells, *(part for code in kind.cells for part in form.totals.get(code, ())))
