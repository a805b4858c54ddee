"""One sentence as it is read: what holds from clause to clause, and the figures that stand for all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from app.domain.prose.counting import kinds_counted
from app.domain.prose.grammar import DECISIONS, OBJECTS, PROCEEDINGS, STOCK, VERBS, Thread, around, clauses_of
from app.domain.prose.marks import marked
from app.domain.prose.negatives import kinds_denied
from app.domain.prose.pending import AT_START, holds_over_without_number, pending_kind
from app.domain.prose.subjects import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from app.domain.prose.grammar import Around, Clause, Lexeme
    from app.domain.prose.marks import Figure
    from app.domain.prose.sentences import Sentence
    from app.domain.prose.subjects import Subjects


class Scope(StrEnum):
    """How much of what a cell counts a figure speaks of."""

    WHOLE = "whole"
    INCLUDES_CARRIED = "includes_carried"
    OFFICE_ONLY = "office_only"


@dataclass(slots=True)
class Found:
    """A figure that was found: counts, or money in 元."""

    kind: str
    number: Decimal | int
    scope: Scope
    verb: str
    step: int


@dataclass(slots=True)
class _Part:
    """What 其中 divides: kinds that were counted before it, by whom, and in which clause it stands."""

    clause: Clause
    kinds: frozenset[str]
    subject: Subject
    is_of_strange: bool


_ROUNDED = {*DECISIONS, "fees", "processing_fee"}
_STOCK = frozenset(STOCK.values())
_PERIODS = {"time", "now"}
_NOTED = {"figure", *_PERIODS}
_PLACES = {"own", "office", "area", "foreign"}
_HOLDS = {"含", "包含", "包括"}
_TOPICS = {"bare": "request", "topic": "request"}
_GOES_ON = re.compile("已|均|其中|答复|办结|予以|结转|无|未|没有|上年|含|另|当年|年内|全部")
_SUPPOSED = re.compile("如(?<!.如)(?!期|实|下|何)|若(?<!.若)|下一步|拟(?<![^，]拟)|预计|力争|争取")
_CAUSE = re.compile(
    "因(?:行政)?(?:处罚|许可|强制|执法)|处罚类|许可类|强制类|征收类|拆迁类|工伤类|土地类|与(?:政府)?信息公开无关"
)
"""Each way of these begins with a plain character, so that the rest of a text is passed over quickly."""
_OF_OLD = re.compile("P(?:以前|之前|前)?(?:制发|印发|出台|制定|制订)的")
_ALONE = re.compile("(?<=[收转结复理年])[（(]([0-9]{1,12}[件条])[）)]")
_COMPARED = re.compile("(?:比|较|与|同|相比|对比)$")
_OWED = re.compile("未缴|未付|未交|未支付|拒缴|拒付|放弃|退还|应缴|核算|通知缴纳")
_PAID = re.compile("实际|实收|实缴|已缴|另")
_OF_OTHERS = re.compile("[均都皆]与[^，。；]{0,10}信息公开[^，。；]{0,4}无关|作为[^，。；]{0,10}复议机[构关]")
_NAMES_CASES = re.compile("复议.*其中|诉讼.*其中|涉及?(?:政府)?信息公开")


class SentenceReader:
    """Reads one sentence, given what the one before it leaves open."""

    def __init__(
        self, sentence: Sentence, subjects: Subjects, before: SentenceReader | None, *, is_open: bool
    ) -> None:
        self.sentence, self.subjects = sentence, subjects
        self.found: list[Found] = []
        self.thread = Thread(topic=_topic_of(sentence.heading), is_open=is_open)
        self.subject = Subject.WHOLE
        self.is_past = self.is_long = self.carries = False
        self.is_supposed = False
        self.may_suppose = _SUPPOSED.search(sentence.plain) is not None
        self.may_differ = _CAUSE.search(sentence.plain) is not None
        self.has_figures = self.was_strange = False
        self.part: _Part | None = None
        self.done: str | None = None
        if before is not None:
            self._take_over(before)

    def _take_over(self, before: SentenceReader) -> None:
        if self.sentence.goes_on:
            self.is_past = before.is_past and not before.found
            self.subject = before.subject if before.part is None else before.part.subject
            self.thread.topic, self.thread.cause = before.thread.topic, before.thread.cause
            self.thread.counted = set(before.thread.counted)
        else:
            self.thread.topic = before.thread.topic or self.thread.topic
            if _GOES_ON.match(self.sentence.plain):
                self.subject = before.subject

    def read(self, year: int | None) -> None:
        """Read the clauses in order."""
        text, figures = marked(_ALONE.sub(r"\1", self.sentence.plain), year)
        clauses = clauses_of(text)
        outside: bool | None = None
        for place, clause in enumerate(clauses):
            if clause.inside and outside is None:
                outside = self.is_past
                self.is_past = outside or (place > 0 and _ends_in_the_past(clauses[place - 1]))
            elif outside is not None and not clause.inside:
                self.is_past, outside = outside, None
            self._read(clause, figures, clauses[place + 1] if place + 1 < len(clauses) else None)

    def claimed(self) -> Iterator[Found]:
        """Yield what was found, without what the sentence as a whole takes back.

        受理 gives way to 收到; money asked for isn't collected; cases of somebody else's aren't ours.
        """
        plain, given_up = self.sentence.plain, set[str]()
        if _OWED.search(plain) and not _PAID.search(plain):
            given_up.add("processing_fee")
        if _OF_OTHERS.search(plain):
            given_up.update(PROCEEDINGS)
        received = any(it.kind == "received" and it.verb != "受理" for it in self.found)
        for it in self.found:
            is_taken_back = it.kind in given_up and it.number
            if not (is_taken_back or (it.verb == "受理" and received)):
                yield it

    def _read(self, clause: Clause, figures: dict[int, Figure], following: Clause | None) -> None:
        self._divide(clause)
        if self.may_differ or self.thread.cause:
            self._note_cause(clause)
        if self.may_suppose and _SUPPOSED.search(clause.said):
            self.is_supposed = True
        if holds_over_without_number(clause):
            self._hold_over(clause)
        is_supposed = self.is_supposed or "supposed" in clause.names
        for place in clause.figures if clause.names.isdisjoint(_PERIODS) else clause.places(_NOTED):
            lexeme = clause.lexemes[place]
            if lexeme.name != "figure":
                self._note_period(clause, place)
                continue
            figure = figures.get(lexeme.start)
            if figure is not None and not is_supposed:
                self._figure(around(clause, place), figure, following)
            self._note_topic(clause, place)
        self._close(clause, is_supposed=is_supposed)

    def _divide(self, clause: Clause) -> None:
        part = self.part
        if part is not None and not part.clause.names - {"part"}:
            part.clause = clause
        if "part" in clause.names:
            self.part = _Part(clause, frozenset(self.thread.counted), self.subject, self.was_strange)
            if self.done in STOCK and _STOCK.isdisjoint(self.thread.counted):
                self.thread.verb = self.done

    def _note_cause(self, clause: Clause) -> None:
        """Reconsideration of penalties is none of ours, until openness is spoken of again."""
        if _CAUSE.search(clause.said):
            self.thread.cause = True
        elif "公开" in clause.said:
            self.thread.cause = False

    def _hold_over(self, clause: Clause) -> None:
        """含上年结转 without a number makes the number before or after it one that includes those."""
        last = self.found[-1] if self.found else None
        if last is not None and last.kind == "received" and "figure" not in clause.names:
            last.scope = Scope.INCLUDES_CARRIED
        elif last is None or last.kind != "processed":
            self.carries = True

    def _note_period(self, clause: Clause, place: int) -> None:
        lexeme = clause.lexemes[place]
        letter = clause.marked[lexeme.start]
        if letter == "Y" or lexeme.name == "now":
            self.is_past = False
        elif any(at.name == "carried" for at in clause.lexemes[max(0, place - 1) : place + 3]):
            return
        elif letter == "H":
            alone = not clause.gap(clause.start, lexeme.start) and lexeme.end == clause.end
            self.is_past = self.is_past or alone
        elif not (
            _OF_OLD.match(clause.marked, lexeme.start)
            or _COMPARED.search(clause.marked[clause.start : lexeme.start])
        ):
            self.is_past = True

    def _figure(self, it: Around, figure: Figure, following: Clause | None) -> None:
        if _is_denied(it):
            return
        pending = pending_kind(it, following)
        if pending is not None:
            self._pending(pending, it, figure)
        elif not (self.is_past or _is_partial(it) or (self.is_long and "累计" in it.clause.said)):
            for kind in kinds_counted(it, self.thread, figure):
                if (figure.step == 1 or kind in _ROUNDED) and self._is_whole(kind, it):
                    self._add(kind, figure.number, it.clause, it.figure.start, it=it, step=figure.step)

    def _pending(self, kind: str, it: Around, figure: Figure) -> None:
        """Note what was carried over; what was said to be received, these among it, was that much less."""
        clause = it.clause
        last = self.found[-1] if self.found else None
        held = "part" in clause.names or any(clause.text(at) in _HOLDS for at in clause.lexemes)
        if kind == AT_START and held and last is not None and last.kind == "received":
            if figure.number > last.number:
                self.found.pop()
                return
            last.number -= figure.number
        if self._is_whole(kind, it):
            self._add(kind, figure.number, clause, it.figure.start)

    def _is_whole(self, kind: str, it: Around) -> bool:
        """Tell whether a figure is no part of one that was told before."""
        part = self.part
        if part is None:
            return True
        if self._is_another_count(kind, part.kinds):
            return False
        subject = self.subjects.change(it.clause, it.figure.start, self.subject)
        if subject is Subject.OFFICE or (self.subject is Subject.OTHERS and subject is Subject.WHOLE):
            return True
        if kind in part.kinds or (part.is_of_strange and kind in DECISIONS):
            return False
        if kind in PROCEEDINGS:
            return self.thread.topic in PROCEEDINGS or _NAMES_CASES.search(it.clause.marked) is not None
        follows = self.has_figures and self.thread.topic is not None
        return bool(part.kinds) or it.clause is not part.clause or follows or kind in _STOCK

    def _is_another_count(self, kind: str, whole: frozenset[str]) -> bool:
        """Tell whether a part is counted otherwise than the whole: 现行有效9件，其中县政府制发5件."""
        if kind in _STOCK:
            return kind not in whole and not whole.isdisjoint(_STOCK)
        return kind.startswith("pending") and self.thread.topic in PROCEEDINGS

    def _add(
        self,
        kind: str,
        number: Decimal | int,
        clause: Clause,
        at: int,
        *,
        it: Around | None = None,
        step: int = 1,
    ) -> None:
        self.subject = self.subjects.change(clause, at, self.subject)
        self.thread.counted.add(kind)
        subject = Subject.OTHERS if self.subjects.names_another(clause, at) else self.subject
        if subject is Subject.OTHERS:
            return
        scope = Scope.OFFICE_ONLY if subject is Subject.OFFICE else Scope.WHOLE
        if kind == "received" and self.carries and scope is Scope.WHOLE:
            scope, self.carries = Scope.INCLUDES_CARRIED, False
        verb = _verb(it) if it is not None and kind == "received" else ""
        self.found.append(Found(kind, number, scope, verb, step))

    def _note_topic(self, clause: Clause, upto: int) -> None:
        """Keep in mind what was named last: the next figure may count it without naming it."""
        if self.thread.is_strange or clause.names.isdisjoint(OBJECTS):
            return
        for lexeme in reversed(clause.lexemes[:upto]):
            if lexeme.name in OBJECTS:
                self.thread.topic = _TOPICS.get(lexeme.name, lexeme.name)
                return

    def _close(self, clause: Clause, *, is_supposed: bool) -> None:
        thread, names = self.thread, clause.names
        if "P" in clause.times and "以来" in clause.said:
            self.is_past, self.is_long = False, True
        self._note_topic(clause, len(clause.lexemes))
        if "negative" in names and not is_supposed:
            for kind, at in kinds_denied(clause, thread):
                if not self.is_past or kind.startswith("pending"):
                    self._add(kind, 0, clause, at)
        if not names.isdisjoint(_PLACES):
            self.subject = self.subjects.change(clause, clause.end, self.subject)
        if "figure" in names:
            self.has_figures, self.was_strange = True, thread.is_strange
        if thread.is_strange:
            thread.topic, thread.is_strange = None, False
        self._keep_verb(clause)

    def _keep_verb(self, clause: Clause) -> None:
        """A verb without a figure waits for the one of the next clause."""
        verbs = (
            [] if clause.names.isdisjoint(VERBS) else [at.name for at in clause.lexemes if at.name in VERBS]
        )
        self.done = verbs[-1] if verbs else None
        if verbs or not clause.inside:
            self.thread.verb = verbs[-1] if verbs and "figure" not in clause.names else None


def _topic_of(heading: str) -> str | None:
    if "处理费" in heading:
        return "fee"
    return "request" if "依申请" in heading or "公开申请" in heading else None


def _ends_in_the_past(clause: Clause) -> bool:
    """Tell whether a clause ends with a year gone by, so that a bracket after it is of that year."""
    last = clause.lexemes[-1] if clause.lexemes else None
    return last is not None and last.end == clause.end and clause.text(last) == "P"


def _is_denied(it: Around) -> bool:
    left = it.left
    if not left or left[-1].name not in {"negative", "received"}:
        return False
    return left[-1].name == "negative" or (len(left) > 1 and left[-2].name == "negative")


def _is_partial(it: Around) -> bool:
    """Tell whether a figure is of one channel or of a part of the year."""
    clause, names = it.clause, it.clause.names
    if "channel" in names and "every" not in names and _stands_before(clause, "channel", it.figure):
        return True
    if clause.marked.count("名义") > 1:
        return True
    if "P" in clause.times and ("分别" in clause.said or _OF_OLD.search(clause.said)):
        return True
    return "H" in clause.times and any(clause.text(at) == "H" for at in it.left)


def _stands_before(clause: Clause, name: str, figure: Lexeme) -> bool:
    return any(at.name == name and at.start < figure.start for at in clause.lexemes)


def _verb(it: Around) -> str:
    verbs = [at for at in it.clause.lexemes if at.name == "received" and at.start < it.figure.start]
    return it.clause.text(verbs[-1]) if verbs else ""
