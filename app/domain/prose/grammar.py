"""Marked sentences as clauses of lexemes, and what stands around a figure in a clause."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from app.domain.prose.lexicon import FILLER, LEXEME, NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence


DECISIONS = ("licensing", "penalties", "coercion")
PROCEEDINGS = ("reconsideration", "litigation")
STOCK = {"issued": "normative_issued", "repealed": "normative_repealed", "in_force": "normative_in_force"}
OBJECTS = {"request", "bare", "topic", "normative", "fee", "charge", *DECISIONS, *PROCEEDINGS}
VERBS = {"received", "collected", "processed", "granted", *STOCK}
STRANGE = {"noise", "outcome", "less", "posted"}
REQUESTS = {"request", "bare", "topic"}


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
