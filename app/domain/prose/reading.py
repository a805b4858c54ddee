"""Figures that prose states, with what they count, of whom, and where they stand.

Prose is read sentence by sentence and clause by clause: a figure belongs to its own clause, never to the next
收到 that it could reach.  Where a sentence may mean something else (one channel, one kind of applicant,
another year, an approximate number) nothing is claimed: a wrong doubt costs a clerk more than a missed one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.prose.numerals import HAN_NUMBER
from app.domain.prose.sentence_reader import Found, Scope, SentenceReader
from app.domain.prose.sentences import LONGEST_HEADING, plain_of, sentences_of
from app.domain.prose.subjects import Subjects

if TYPE_CHECKING:
    from app.domain.prose.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Claim:
    """A figure that prose states.

    Attributes:
        kind: what is counted: one of `kinds.KINDS`, or `processing_fee`.
        number: how many, money in 分; 0 where the prose says that there was none.
        sentence: the whole sentence, as written.
        start: where the sentence begins in the text.
        end: where it ends.
        scope: whether it speaks of all that the report counts.
        step: what the number is rounded to: 1.5万 stands for anything less than 1000 from it.
    """

    kind: str
    number: int
    sentence: str
    start: int
    end: int
    scope: Scope = Scope.WHOLE
    step: int = 1


MONEY = ("fees", "processing_fee")
"""The kinds that are told in money."""

_FEN = 100
_LONGEST_SENTENCE = 2000
"""What is longer is no sentence but a table, or has no stops; so text of any length takes linear time."""
_CUE = re.compile(
    "申请|受理|收到|接收|办结|答复|结转|复议|诉讼|被诉|起诉|规范性文件|行政许可|行政处罚|行政强制|事业性?收费"
    "|处理费|收费|收取|收缴|费用|办理完毕|予以公开|跨年"
)
_FIGURE = re.compile(f"[0-9零〇未没无]|不存在|[{HAN_NUMBER}](?:[{HAN_NUMBER}]|[件条份宗项次起例个封元])")


def read_claims(text: str, year: int | None = None, agency: str | None = None) -> list[Claim]:
    """Find the figures that prose claims, in the order in which they stand.

    Args:
        text: prose; its lines are paragraphs, or pieces of one that a page has broken.
        year: the report year; figures that a sentence dates to another one are left out.
        agency: full name of the body whose report it is; figures of other bodies are left out.
    """
    claims: list[Claim] = []
    if not _may_claim(plain_of(text)):
        return claims
    subjects = Subjects.of(agency)
    before: SentenceReader | None = None
    opened = was_short = False
    for sentence in sentences_of(text):
        before = None if sentence.opens else before
        follows = before if before is not None and (sentence.goes_on or before.found) else None
        is_open = (opened and not sentence.opens and (bool(follows) or was_short)) or _opens(sentence)
        before = None
        if (follows or _CUE.search(sentence.plain)) and _is_worth_reading(sentence.plain):
            before = SentenceReader(sentence, subjects, follows, is_open=is_open)
            before.read(year)
            claims += [_claim(found, before) for found in before.claimed()]
        opened, was_short = is_open, len(sentence.plain) <= LONGEST_HEADING
    return claims


def _opens(sentence: Sentence) -> bool:
    return "公开" in sentence.plain or "公开" in sentence.heading


def _may_claim(plain: str) -> bool:
    """Tell whether any sentence of a text may claim anything; many, like the fifth section, can't."""
    return _CUE.search(plain) is not None and _FIGURE.search(plain) is not None


def _is_worth_reading(plain: str) -> bool:
    return len(plain) <= _LONGEST_SENTENCE and _FIGURE.search(plain) is not None


def _claim(found: Found, reader: SentenceReader) -> Claim:
    unit = _FEN if found.kind in MONEY else 1
    at = reader.sentence
    number = int(found.number * unit)
    return Claim(found.kind, number, at.text, at.start, at.end, found.scope, found.step * unit)
