"""Marked sentences as clauses of lexemes, and what a figure in a clause counts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from app.domain.prose.lexicon import FILLER, LEXEME, NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.prose.marks import Figure

DECISIONS = ("licensing", "penalties", "coercion")
PROCEEDINGS = ("reconsideration", "litigation")
STOCK = {"issued": "normative_issued", "repealed": "normative_repealed", "in_force": "normative_in_force"}
OBJECTS = {"request", "bare", "topic", "normative", "fee", "charge", *DECISIONS, *PROCEEDINGS}
VERBS = {"received", "collected", "processed", "granted", *STOCK}
STRANGE = {"noise", "outcome", "less", "posted"}
_REQUESTS = {"request", "bare", "topic"}


class Lexeme(NamedTuple):
    """A piece of a marked sentence: what it is, and where it stands."""

    name: str
    start: int
    end: int


class Clause:
    """Lexemes up to a comma or a bracket.

    Attributes:
        lexemes: in order.
        names: what there is among them.
        times: the letters of its years and periods, in order.
        marked: the sentence that they stand in.
        start: where the clause begins in it.
        end: where it ends.
        inside: whether it stands in brackets.
    """

    __slots__ = ("end", "inside", "lexemes", "marked", "names", "start", "times")

    def __init__(self, lexemes: list[Lexeme], marked: str, start: int, end: int, *, inside: bool) -> None:
        self.lexemes, self.marked, self.start, self.end, self.inside = lexemes, marked, start, end, inside
        self.names = {lexeme.name for lexeme in lexemes}
        self.times = ""
        if "time" in self.names:
            self.times = "".join(marked[at.start] for at in lexemes if at.name == "time")

    @property
    def said(self) -> str:
        """The clause as it stands."""
        return self.marked[self.start : self.end]

    def text(self, lexeme: Lexeme) -> str:
        """Return a lexeme's text."""
        return self.marked[lexeme.start : lexeme.end]

    def gap(self, start: int, end: int) -> str:
        """Return what stands between two places, without words that don't matter."""
        if start >= end:
            return ""
        match = FILLER.match(self.marked, start, end)
        return self.marked[match.end() if match else start : end]


def clauses_of(marked: str) -> list[Clause]:
    """Take a marked sentence to pieces."""
    clauses: list[Clause] = []
    lexemes: list[Lexeme] = []
    start, inside = 0, False
    for match in LEXEME.finditer(marked):
        begin, end = match.span()
        name = NAMES[match.lastindex or 0]
        if name != "stop":
            lexemes.append(Lexeme(name, begin, end))
        elif marked[begin] not in "：:":
            if begin > start:
                clauses.append(Clause(lexemes, marked, start, begin, inside=inside))
            lexemes, start = [], end
            inside = marked[begin] in "（(" or (inside and marked[begin] not in "）)")
    if start < len(marked):
        clauses.append(Clause(lexemes, marked, start, len(marked), inside=inside))
    return clauses


@dataclass(slots=True)
class Thread:
    """What a clause takes over from those before it.

    Attributes:
        topic: what was last spoken of: an object, or None for something else.
        verb: a verb that still waits for its number.
        counted: kinds that the sentence has counted.
        is_open: whether openness of information is what it is about.
        cause: whether another matter is.
        is_strange: whether the last figure counted something of no concern here.
    """

    topic: str | None = None
    verb: str | None = None
    counted: set[str] = field(default_factory=set)
    is_open: bool = False
    cause: bool = False
    is_strange: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """A figure with the lexemes on either side of it, up to its neighbours."""

    clause: Clause
    figure: Lexeme
    left: Sequence[Lexeme]
    right: Sequence[Lexeme]
    begin: int
    finish: int


def around(clause: Clause, place: int) -> Around:
    """Return what stands around the lexeme at a place, which is a figure."""
    lexemes = clause.lexemes
    first, last = place, place + 1
    while first and lexemes[first - 1].name != "figure":
        first -= 1
    while last < len(lexemes) and lexemes[last].name != "figure":
        last += 1
    begin = lexemes[first - 1].end if first else clause.start
    finish = lexemes[last].start if last < len(lexemes) else clause.end
    return Around(clause, lexemes[place], lexemes[first:place], lexemes[place + 1 : last], begin, finish)


def kinds_counted(it: Around, thread: Thread, figure: Figure) -> list[str]:
    """Return what a figure counts: nothing, one kind, or several of which there are as many each."""
    objects, verb, blocked = _heads(it, thread)
    if blocked:
        thread.is_strange = bool({"noise", "posted", *VERBS}.intersection(at.name for at in it.left))
        thread.is_strange &= not any(at.name in {"less", "outcome"} for at in it.left)
        return []
    if it.clause.text(it.figure) == "M" or (not figure.number and objects[0] in {"fee", "charge"}):
        return _money(objects[0], verb, it)
    if objects[0] in _REQUESTS and _BOTH.search(it.clause.marked[it.begin : it.figure.start]):
        return ["received", "processed"]
    found = [
        kind for name in objects if (kind := _kind(name, verb, it, thread, is_zero=not figure.number)) is not None
    ]
    together = len(found) > 1 and figure.number and not any(at.name == "each" for at in it.left)
    return [] if together else found


_BOTH = re.compile("(?:收到|新收|接收|受理)[并及和、](?:依法|按时|及时|全部)*(?:办结|答复|回复)")


def _heads(it: Around, thread: Thread) -> tuple[list[str], str | None, bool]:
    """Return the objects that a figure may count, its verb, and whether it counts something else."""
    left = [at for at in it.left if at.name in OBJECTS or at.name in VERBS or at.name in STRANGE]
    near = left[-1].end if left else it.begin
    if it.clause.gap(near, it.figure.start) and not _says_total(it, near):
        return [], None, True
    if left and left[-1].name in STRANGE:
        return [], None, True
    objects, verb = _from_left(it, left)
    if objects is None:
        return [], None, True
    if not objects or _is_fronted(it, objects[0]):
        fronted = objects
        objects, late = _from_right(it)
        if objects is None:
            return [], None, True
        verb = verb or late
        objects = objects or fronted
    if objects and verb is None and objects[0] == "request" and thread.is_strange:
        verb = _earlier_verb(it)
    return objects or [_topic(it, thread, verb)], verb or thread.verb, False


def _is_fronted(it: Around, name: str) -> bool:
    """Tell whether an object stands before its verb, so that another may follow the figure."""
    last = it.left[-1].name if it.left else ""
    return name == "topic" or last in VERBS


def _earlier_verb(it: Around) -> str | None:
    earlier = [at.name for at in it.clause.lexemes if at.start < it.begin and at.name in VERBS]
    return earlier[-1] if earlier else None


def _topic(it: Around, thread: Thread, verb: str | None) -> str:
    """Return what a figure counts that names nothing: of cases, only where it says that these are all."""
    topic = thread.topic or ""
    if topic not in {*PROCEEDINGS, *DECISIONS} or (verb == "processed" and topic in DECISIONS):
        return topic
    return topic if _COUNT_OF.search(it.clause.marked[it.begin : it.figure.start]) else ""


_TOTAL = re.compile("(?:.{0,6}(?:本年度?|全年|Y|共|合计|总计|总数|数量|为)){1,4}$")


def _says_total(it: Around, near: int) -> bool:
    return bool(_TOTAL.match(it.clause.marked[near : it.figure.start]))


def _from_left(it: Around, left: list[Lexeme]) -> tuple[list[str] | None, str | None]:
    """Read back from a figure: objects in a list, then the verb; None where something strange stands between."""
    objects: list[str] = []
    verb: str | None = None
    for place in range(len(left) - 1, -1, -1):
        name = left[place].name
        if name in STRANGE:
            strange = not objects and verb is not None and left[place].end == left[place + 1].start
            if strange or (objects and verb is None and not _is_listed(it, left[place])):
                return None, None
            break
        if name in VERBS:
            verb = verb or name
            if objects and objects[-1] == "bare" and it.clause.gap(left[place].end, left[place + 1].start):
                return None, None
        elif verb is None or not objects:
            if not objects or _is_listed(it, left[place], left[place + 1]):
                objects.append(name)
    if objects[-1:] == ["bare"] and verb is None and it.clause.gap(it.begin, left[0].start):
        return (None, None) if not left[0].name == "bare" else (objects, verb)
    return objects, verb


_LIST = re.compile("(?:、|和|及|与|或|以及|案件|决定|被?提起|被?申请)*")


def _is_listed(it: Around, lexeme: Lexeme, following: Lexeme | None = None) -> bool:
    if following is None:
        return it.clause.marked[lexeme.end : lexeme.end + 1] in "、和及"
    return bool(_LIST.fullmatch(it.clause.marked[lexeme.end : following.start]))


def _from_right(it: Around) -> tuple[list[str] | None, str | None]:
    """Read on from a figure, up to where a list goes on; None where it counts something strange."""
    end = next((at.start for at in it.right if at.name == "list"), it.finish)
    right = [at for at in it.right if at.start < end and at.name in OBJECTS | VERBS | STRANGE]
    until = right[0].start if right else end
    text = it.clause.marked[it.figure.end : until]
    if it.clause.gap(it.figure.end, until) and text[0] not in _GOES_ELSEWHERE:
        return None, None
    if not right or text[:1] in tuple(_GOES_ELSEWHERE):
        return [], None
    if right[0].name in STRANGE:
        return None, None
    if right[0].name in OBJECTS:
        if _OF_ITS_OWN.match(it.clause.marked[right[0].end : it.finish]):
            return None, None
        verb = right[1].name if len(right) > 1 and right[1].name == "processed" else None
        return [right[0].name], verb
    return [], right[0].name if _ALL.search(text) else None


_OF_ITS_OWN = re.compile("的?(?:答复[的后]|引发|引起|工作|投诉|举报|行政|复议|诉讼|咨询|补正|材料|渠道|制度|流程)")
_GOES_ELSEWHERE = "占比较同"
_ALL = re.compile("均|已|都|全")


def _money(name: str, verb: str | None, it: Around) -> list[str]:
    is_named = name in it.clause.names
    if name == "charge" and (verb == "collected" or is_named):
        return ["fees"]
    return ["processing_fee"] if name == "fee" and (verb in {"collected", "received"} or is_named) else []


def _kind(name: str, verb: str | None, it: Around, thread: Thread, *, is_zero: bool) -> str | None:
    if name in DECISIONS:
        return None if verb in {"received", "granted"} else name
    if name in PROCEEDINGS:
        return name if is_zero or (thread.is_open and not thread.cause and _is_own_case(it)) else None
    if name == "normative":
        return STOCK.get(verb or "")
    if verb == "granted":
        return "granted"
    if name in _REQUESTS:
        if name == "bare" and verb == "received" and not thread.is_open:
            return None
        if verb in {"received", "processed"}:
            return verb
        return None if "received" in thread.counted else _received_by_total(it, is_zero=is_zero)
    return None


_OTHERS_CASE = re.compile("办结|审结|审理|受理|应诉|参加|办理|裁决")


def _is_own_case(it: Around) -> bool:
    return not _OTHERS_CASE.search(it.clause.marked[it.begin : it.figure.start])


_COUNT_OF = re.compile("(?:总数量|总数|总量|数量|件数|量|数)(?:共|为|是|有|达|仅|均)*(?:共计|合计)?[:：]?$|^(?:本年度?|全年|年度|Y|，)*(?:共计|合计|总计|共|为|均为|是)+$|(?:均为|为)$")


def _received_by_total(it: Around, *, is_zero: bool) -> str | None:
    text = it.clause.marked[it.begin : it.figure.start]
    if not (is_zero or _COUNT_OF.search(text)) or re.search("其他|其它|处理|办理", text):
        return None
    return "received"
