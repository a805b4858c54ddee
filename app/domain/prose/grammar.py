"""Marked sentences as clauses of lexemes, and what stands around a figure in a clause."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.domain.prose.lexicon import FILLER, LEXEME, NAMES, USUAL

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


DECISIONS = ("licensing", "penalties", "coercion")
PROCEEDINGS = ("reconsideration", "litigation")
STOCK = {"issued": "normative_issued", "repealed": "normative_repealed", "in_force": "normative_in_force"}
OBJECTS = {"request", "bare", "topic", "normative", "fee", "charge", *DECISIONS, *PROCEEDINGS}
VERBS = {"received", "collected", "processed", "granted", *STOCK}
STRANGE = {"noise", "outcome", "less", "posted"}
_FIGURES = {"figure"}
REQUESTS = {"request", "bare", "topic"}


# not frozen, nor is what is around a figure: they are made by the hundred, and freezing makes that slow
@dataclass(slots=True)
class Lexeme:
    """A piece of a marked sentence: what it is, and where it stands."""

    name: str
    start: int
    end: int


class Clause:
    """Lexemes up to a comma or a bracket.

    Attributes:
        lexemes: in order.
        names: what there is among them.
        figures: where the figures stand among them.
        times: the letters of its years and periods, in order.
        marked: the sentence that they stand in.
        start: where the clause begins in it.
        end: where it ends.
        inside: whether it stands in brackets.
    """

    __slots__ = ("end", "figures", "inside", "lexemes", "marked", "names", "start", "times")

    def __init__(self, lexemes: list[Lexeme], marked: str, start: int, end: int, *, inside: bool) -> None:
        self.lexemes, self.marked, self.start, self.end, self.inside = lexemes, marked, start, end, inside
        self.names = {lexeme.name for lexeme in lexemes}
        self.figures = self.places(_FIGURES) if "figure" in self.names else []
        self.times = ""
        if "time" in self.names:
            self.times = "".join(marked[at.start] for at in lexemes if at.name == "time")

    @property
    def said(self) -> str:
        """The clause as it stands."""
        return self.marked[self.start : self.end]

    def places(self, names: Collection[str]) -> list[int]:
        """Return where lexemes of some names stand among all of them."""
        return [place for place, lexeme in enumerate(self.lexemes) if lexeme.name in names]

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
        name = NAMES[match.lastindex] if match.lastindex else USUAL[marked[begin]]
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


@dataclass(slots=True)
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
    lexemes, figures = clause.lexemes, clause.figures
    nth = figures.index(place)
    first, begin = 0, clause.start
    if nth:
        first, begin = figures[nth - 1] + 1, lexemes[figures[nth - 1]].end
    last, finish = len(lexemes), clause.end
    if nth + 1 < len(figures):
        last, finish = figures[nth + 1], lexemes[figures[nth + 1]].start
    return Around(clause, lexemes[place], lexemes[first:place], lexemes[place + 1 : last], begin, finish)
