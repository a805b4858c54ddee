"""Figures that prose states, with what they count, of whom, and where they stand.

Prose is read sentence by sentence and clause by clause: a figure belongs to its own clause, never to the next
收到 that it could reach.  Where a sentence may mean something else (one channel, one kind of applicant,
another year, an approximate number) nothing is claimed: a wrong doubt costs a clerk more than a missed one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from app.domain.prose import grammar
from app.domain.prose.grammar import PROCEEDINGS, Clause, Lexeme, Thread, around, clauses_of
from app.domain.prose.marks import marked
from app.domain.prose.negatives import kinds_denied
from app.domain.prose.sentences import LONGEST_HEADING, sentences_of
from app.domain.prose.subjects import Subject, Subjects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from app.domain.prose.marks import Figure
    from app.domain.prose.sentences import Sentence


class Scope(StrEnum):
    """How much of what a cell counts a figure speaks of."""

    WHOLE = "whole"
    INCLUDES_CARRIED = "includes_carried"
    OFFICE_ONLY = "office_only"


@dataclass(frozen=True, slots=True)
class Claim:
    """A figure that prose states.

    Attributes:
        kind: what is counted: one of `kinds.KINDS`.
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
_FEN = 100
_LONGEST_SENTENCE = 2000
"""What is longer is no sentence: a table, or text without stops; text of any length is read in linear time."""
_CUE = re.compile("申请|受理|收到|办结|答复|结转|复议|诉|规范性文件|行政许可|行政处罚|行政强制|费|收取|收缴|办理完毕|公开|跨年")
_FIGURE = re.compile("[0-9零〇一二两三四五六七八九十无未没不]")


def read_claims(text: str, year: int | None = None, agency: str | None = None) -> list[Claim]:
    """Find the figures that prose claims, in the order in which they stand.

    Args:
        text: prose; its lines are paragraphs, or pieces of one that a page has broken.
        year: the report year; figures that a sentence dates to another one are left out.
        agency: full name of the body whose report it is; figures of other bodies are left out.
    """
    subjects = Subjects.of(agency)
    claims: list[Claim] = []
    before: _Reader | None = None
    for sentence in sentences_of(text):
        if not sentence.goes_on and sentence.opens:
            before = None
        if len(sentence.plain) > _LONGEST_SENTENCE:
            continue
        if _CUE.search(sentence.plain) or sentence.goes_on or (before and before.found):
            if _FIGURE.search(sentence.plain):
                before = _Reader(sentence, year, subjects, before)
                claims += before.claims()
            continue
        before = None
    return claims


@dataclass(slots=True)
class _Found:
    kind: str
    number: Decimal | int
    scope: Scope
    verb: str = ""
    step: int = 1


@dataclass(slots=True)
class _Reader:
    """One sentence as it is read, and what holds from clause to clause."""

    sentence: Sentence
    year: int | None
    subjects: Subjects
    before: _Reader | None
    thread: Thread = field(default_factory=Thread)
    subject: Subject = Subject.WHOLE
    found: list[_Found] = field(default_factory=list)
    is_past: bool = False
    is_supposed: bool = False
    is_long: bool = False
    is_part: bool = False
    part_of: frozenset[str] = frozenset()
    carries: bool = False
    of_all: Subject | None = None
    part_clause: Clause | None = None
    has_figures: bool = False
    was_strange: bool = False
    is_part_of_strange: bool = False

    @property
    def is_short(self) -> bool:
        """Whether the sentence is no longer than a heading."""
        return self.sentence.end - self.sentence.start <= LONGEST_HEADING

    def claims(self) -> Iterator[Claim]:
        """Read the clauses in order."""
        self._take_over()
        text, figures = marked(self.sentence.plain, self.year)
        clauses = clauses_of(text)
        for place, clause in enumerate(clauses):
            following = clauses[place + 1] if place + 1 < len(clauses) else None
            self._read(clause, figures, following)
        received = any(it.verb not in {"", "受理"} for it in self.found)
        for it in self.found:
            if it.verb != "受理" or not received:
                sentence = self.sentence
                yield Claim(it.kind, _in_units(it), sentence.text, sentence.start, sentence.end, it.scope, it.step)

    def _take_over(self) -> None:
        heading = self.sentence.heading
        self.thread.is_open = "公开" in heading or "公开" in self.sentence.plain
        self.thread.topic = _topic_of(heading)
        before = self.before
        if before is None:
            return
        is_near = self.sentence.goes_on or bool(before.found) or before.is_short
        self.thread.is_open = self.thread.is_open or (is_near and before.thread.is_open)
        if self.sentence.goes_on:
            self.is_past = before.is_past and not before.found
            self.subject = before.subject if before.of_all is None else before.of_all
            self.thread.cause = before.thread.cause
            self.thread.topic = before.thread.topic
            self.thread.counted = set(before.thread.counted)
        elif before.found:
            self.thread.topic = before.thread.topic or self.thread.topic
            if _GOES_ON.match(self.sentence.plain):
                self.subject = before.subject

    def _read(self, clause: Clause, figures: dict[int, Figure], following: Clause | None) -> None:
        names = clause.names()
        if self.part_clause is not None and not self.part_clause.names() - {"part"}:
            self.part_clause = clause
        if "part" in names:
            self.part_clause = clause
            self.is_part, self.part_of, self.of_all = True, frozenset(self.thread.counted), self.subject
            self.is_part_of_strange = self.was_strange
        self._note_supposition(clause)
        self._note_cause(clause, names)
        self._note_carried(clause, names)
        is_supposed = self.is_supposed or "supposed" in names
        for place, lexeme in enumerate(clause.lexemes):
            if lexeme.name in {"time", "now"}:
                self._note_period(clause, place)
            elif lexeme.name == "figure":
                self._figure(clause, place, figures.get(lexeme.start), following, is_supposed=is_supposed)
                named = [at.name for at in clause.lexemes[:place] if at.name in grammar.OBJECTS]
                if named and not self.thread.is_strange:
                    self.thread.topic = _TOPICS.get(named[-1], named[-1])
        if "以来" in clause.marked[clause.start : clause.end]:
            self.is_past, self.is_long = False, self.is_long or "P" in clause.marked[clause.start : clause.end]
        self.has_figures = self.has_figures or _has_number(clause)
        named = [at.name for at in clause.lexemes if at.name in grammar.OBJECTS]
        if named and not self.thread.is_strange:
            self.thread.topic = _TOPICS.get(named[-1], named[-1])
        for kind, at in kinds_denied(clause, self.thread):
            if not is_supposed and not (self.is_past and not kind.startswith("pending")):
                self._add(kind, 0, clause, at)
        self._note_topic(clause)

    def _note_supposition(self, clause: Clause) -> None:
        text = clause.marked[clause.start : clause.end]
        if _SUPPOSED.search(text):
            self.is_supposed = True

    def _note_cause(self, clause: Clause, names: set[str]) -> None:
        """Reconsideration of penalties is none of ours, until openness is spoken of again."""
        text = clause.marked[clause.start : clause.end]
        if _CAUSE.search(text):
            self.thread.cause = True
        elif "公开" in text or "topic" in names:
            self.thread.cause = False

    def _note_period(self, clause: Clause, place: int) -> None:
        letter = clause.text(clause.lexemes[place])
        start, end = clause.lexemes[place].start, clause.lexemes[place].end
        carried = any(at.name == "carried" for at in clause.lexemes[max(0, place - 1) : place + 3])
        if letter == "Y" or clause.lexemes[place].name == "now":
            self.is_past = False
        elif carried or _COMPARED.search(clause.marked[clause.start : start]):
            return
        elif letter in "PF" or (letter == "H" and not clause.gap(clause.start, start) and end == clause.end):
            self.is_past = True

    def _note_carried(self, clause: Clause, names: set[str]) -> None:
        """含上年结转 without a number makes the number before or after it one that includes those."""
        says = "includes" in names or ("part" in names and "P" in clause.marked[clause.start : clause.end])
        has_past = any(at.name == "time" and clause.text(at) == "P" for at in clause.lexemes)
        if not says or not has_past or any(clause.text(at) == "N" and self._is_carried(clause, at) for at in clause.lexemes):
            return
        last = self.found[-1] if self.found else None
        if last and last.kind == "received" and not _has_number(clause):
            last.scope = Scope.INCLUDES_CARRIED
        elif last is None or last.kind != "processed":
            self.carries = True

    def _is_carried(self, clause: Clause, figure: Lexeme) -> bool:
        near = [at for at in clause.lexemes if at.name == "carried"]
        return bool(near) and figure.name == "figure" and (figure.start - near[-1].end) < _NEAR

    def _figure(
        self, clause: Clause, place: int, figure: Figure | None, following: Clause | None, *, is_supposed: bool
    ) -> None:
        lexeme = clause.lexemes[place]
        if figure is None or is_supposed or _is_denied_one(clause, place):
            return
        pending = _pending_kind(clause, place, following)
        if pending is not None:
            self._pending(pending, figure, clause, lexeme)
            return
        said = clause.marked[clause.start : lexeme.start]
        if self.is_past or _of_channel(clause, place) or (self.is_long and "累计" in said):
            return
        it = around(clause, place)
        if any(clause.text(at) == "H" for at in it.left):
            return
        for kind in grammar.kinds_counted(it, self.thread, figure):
            if figure.step > 1 and kind not in grammar.DECISIONS and kind not in MONEY:
                continue
            if self._is_whole(kind, clause, lexeme):
                verb = _verb_text(clause, place) if kind == "received" else ""
                self._add(kind, figure.number, clause, lexeme.start, verb)
                self._mark_step(kind, figure)

    def _pending(self, kind: str, figure: Figure, clause: Clause, lexeme: Lexeme) -> None:
        names = clause.names()
        last = self.found[-1] if self.found else None
        held = "part" in names or any(clause.text(at) in _HOLDS for at in clause.lexemes)
        if kind == "pending_at_start" and held and last and last.kind == "received":
            if figure.number > last.number:
                self.found.pop()
                return
            last.number -= figure.number
        if self._is_whole(kind, clause, lexeme):
            self._add(kind, figure.number, clause, lexeme.start)

    def _is_whole(self, kind: str, clause: Clause, lexeme: Lexeme) -> bool:
        """Tell whether a figure is no part of one that was told before."""
        if not self.is_part:
            return True
        subject = self.subjects.change(clause, lexeme.start, self.subject)
        if subject is Subject.OFFICE or (self.subject is Subject.OTHERS and subject is Subject.WHOLE):
            return True
        if kind in PROCEEDINGS and not (self.thread.topic in PROCEEDINGS or _NAMES_CASES.search(clause.marked)):
            return False
        if kind in self.part_of or (self.is_part_of_strange and kind in grammar.DECISIONS):
            return False
        return bool(self.part_of) or clause is not self.part_clause or (self.has_figures and self.thread.topic is not None)

    def _add(self, kind: str, number: Decimal | int, clause: Clause, at: int, verb: str = "") -> None:
        self.subject = self.subjects.change(clause, at, self.subject)
        self.thread.counted.add(kind)
        if self.subject is Subject.OTHERS:
            return
        scope = Scope.OFFICE_ONLY if self.subject is Subject.OFFICE else Scope.WHOLE
        if kind == "received" and self.carries and scope is Scope.WHOLE:
            scope, self.carries = Scope.INCLUDES_CARRIED, False
        self.found.append(_Found(kind, number, scope, verb))

    def _mark_step(self, kind: str, figure: Figure) -> None:
        if self.found and self.found[-1].kind == kind:
            self.found[-1].step = figure.step * (_FEN if kind in MONEY else 1)

    def _note_topic(self, clause: Clause) -> None:
        """What the next clause may speak of without naming it."""
        self.subject = self.subjects.change(clause, clause.end, self.subject)
        thread = self.thread
        if _has_number(clause):
            self.was_strange = thread.is_strange
        if thread.is_strange:
            thread.topic, thread.is_strange = None, False
        ends = clause.lexemes[-1].name if clause.lexemes else ""
        verbs = [at.name for at in clause.lexemes if at.name in grammar.VERBS]
        if not clause.inside or verbs:
            thread.verb = verbs[-1] if verbs and ends != "figure" and not _has_number(clause) else None


_NEAR = 12
_HOLDS = ("含", "包含", "包括")
_SURELY_CARRIED = ("结转", "转结", "跨年", "顺延")
_TOPICS = {"bare": "request", "topic": "request"}
_GOES_ON = re.compile("已|均|其中|答复|办结|予以|结转|无|未|没有|上年|含|另|当年|年内|全部")
_SUPPOSED = re.compile("^(?:下一步)?如(?!期|实|下|何)|^若|下一步|^拟|，拟|预计|力争|争取")
_CAUSE = re.compile("因(?:行政)?(?:处罚|许可|强制|执法)|(?:处罚|许可|强制|征收|拆迁|工伤|土地)类|与(?:政府)?信息公开无关")
_COMPARED = re.compile("(?:比|较|与|同|相比|对比)$")
_NAMES_CASES = re.compile("复议.*其中|诉讼.*其中|涉及?(?:政府)?信息公开")


def _topic_of(heading: str) -> str | None:
    if not heading:
        return None
    if "处理费" in heading:
        return "fee"
    if "依申请" in heading or "公开申请" in heading:
        return "request"
    return None


def _in_units(it: _Found) -> int:
    return int(it.number * _FEN) if it.kind in MONEY else int(it.number)


def _has_number(clause: Clause) -> bool:
    return any(clause.text(at) in "NMA" for at in clause.lexemes)


def _is_denied_one(clause: Clause, place: int) -> bool:
    before = [at.name for at in clause.lexemes[max(0, place - 2) : place]]
    return before[-1:] == ["negative"] or before == ["negative", "received"]


def _verb_text(clause: Clause, place: int) -> str:
    verbs = [at for at in clause.lexemes[:place] if at.name == "received"]
    return clause.text(verbs[-1]) if verbs else ""


def _of_channel(clause: Clause, place: int) -> bool:
    names = [at.name for at in clause.lexemes[:place]]
    return "channel" in names and "every" not in names


def _pending_kind(clause: Clause, place: int, following: Clause | None) -> str | None:
    """Tell whether a figure is of those carried over, and which way."""
    it = around(clause, place)
    is_led = any(at.name in {"processed", "received"} for at in it.left)
    side = [*it.left, *(() if is_led else it.right)]
    names = [at.name for at in side]
    remains = "left" in [at.name for at in it.left]
    times = any(at.name == "time" for at in side)
    carried = next((at for at in side if at.name == "carried"), None)
    if carried is not None and (times or remains or clause.text(carried) in _SURELY_CARRIED):
        return _direction(clause, side, carried)
    later = {at.name for at in following.lexemes} if following else set()
    after = {following.marked[at.start : at.end] for at in following.lexemes if at.name == "time"} if following else set()
    goes_on = "carried" in later or "F" in after or "left" in later
    if remains and "P" in [clause.text(at) for at in it.left]:
        return "pending_at_start"
    if "left" in [at.name for at in it.right] and not it.left:
        return "pending_at_end"
    if remains and (goes_on or "left" in [at.name for at in it.right] or "F" in [clause.text(at) for at in it.right]):
        return "pending_at_end"
    return None


def _direction(clause: Clause, side: list[Lexeme], carried: Lexeme) -> str:
    before = [clause.text(at) for at in side if at.name == "time" and at.start < carried.start]
    after = clause.marked[carried.end : carried.end + 4]
    if "P" in before or re.match("[至到]?(?:Y|今年|本年|P)", after):
        return "pending_at_start"
    return "pending_at_end"
