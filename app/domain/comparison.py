"""Two reports beside each other, of any body and any year: the cells that both have, and their prose."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from fractions import Fraction
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from app.domain.content import TITLES
from app.domain.prose.sentences import plain_of, sentences_of
from app.domain.roll_up import share_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from app.domain.content import Content
    from app.forms.model import Cell

MOST_SENTENCES = 500
"""Sentences of a text that are told apart; what comes after counts as one, so that it never takes long."""

LOOK_AHEAD = 5
"""Among how many sentences that stand in the place of others the one is looked for that an old one became."""

ALIKE = Fraction(1, 2)
"""From what share of characters in a row in common on a sentence is another one changed."""


@dataclass(frozen=True, slots=True)
class CellCompared:
    """A cell that both forms have.

    Attributes:
        cell: as the right one's form has it.
        left: what the left report has, in the smallest unit; None where it is missing.
        right: likewise.
    """

    cell: Cell
    left: int | None
    right: int | None

    @property
    def difference(self) -> int | None:
        """Right less left; None where one of them is missing."""
        return None if self.left is None or self.right is None else self.right - self.left


class Fate(StrEnum):
    """What became of a passage on the way from the left text to the right one."""

    KEPT = "kept"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Passage:
    """Some sentences in a row with the same fate; one that was changed stands by itself.

    Attributes:
        fate: what became of it.
        left: as the left text has it; None where it was added.
        right: as the right text has it; None where it was removed.
    """

    fate: Fate
    left: str | None
    right: str | None


@dataclass(frozen=True, slots=True)
class TextCompared:
    """One of the texts.

    Attributes:
        code: `preface` or a section's code.
        name: as people call it.
        passages: in the order in which they stand.
        kept: how many characters of the right text stand unchanged in the left one; space isn't counted.
        length: how many characters the right text has.
    """

    code: str
    name: str
    passages: list[Passage]
    kept: int
    length: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two reports have in common and what they haven't.

    Attributes:
        cells: that both forms have, in the right one's order.
        only_left: cells that the right one's form lacks, with what the left report has.
        only_right: cells that the left one's form lacks, likewise.
        texts: preface and sections, those that either has.
    """

    cells: list[CellCompared]
    only_left: list[tuple[Cell, int | None]]
    only_right: list[tuple[Cell, int | None]]
    texts: list[TextCompared]

    @property
    def share_kept(self) -> Decimal | None:
        """How much of the right one's prose stands unchanged in the left one's, to four places."""
        return share_kept(self.texts)


def share_kept(texts: Sequence[TextCompared]) -> Decimal | None:
    """Return how much of texts was kept, to four places; None where there is no text on the right."""
    length = sum(text.length for text in texts)
    return share_of(sum(text.kept for text in texts), length) if length else None


def compare_reports(left: Content, right: Content) -> Comparison:
    """Compare two reports, on whichever forms: a cell of the same code means the same."""
    ours, theirs = left.form.cells, right.form.cells
    return Comparison(
        cells=[
            CellCompared(cell, left.values.get(code), right.values.get(code))
            for code, cell in theirs.items()
            if code in ours
        ],
        only_left=[(cell, left.values.get(code)) for code, cell in ours.items() if code not in theirs],
        only_right=[(cell, right.values.get(code)) for code, cell in theirs.items() if code not in ours],
        texts=list(_texts(left, right)),
    )


def _texts(left: Content, right: Content) -> Iterator[TextCompared]:
    names = {"preface": TITLES["preface"]} | {each.code: each.heading for each in right.form.narratives}
    for code, name in names.items():
        one, other = _text(left, code), _text(right, code)
        if one.strip() or other.strip():
            yield compare_text(code, name, one, other)


def _text(content: Content, code: str) -> str:
    return (content.preface if code == "preface" else content.narratives.get(code)) or ""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence: where it stands in its text, and what is compared of it."""

    start: int
    end: int
    plain: str


def compare_text(code: str, name: str, left: str, right: str) -> TextCompared:
    """Compare two texts sentence by sentence; space, page numbers and the width of digits don't matter."""
    ours, theirs = _pieces(left), _pieces(right)
    steps = list(_steps(ours, theirs))
    kept = sum(len(two.plain) for fate, _, two in steps if fate is Fate.KEPT and two is not None)
    passages = list(_passages(steps, left, right))
    return TextCompared(code, name, passages, kept, sum(len(piece.plain) for piece in theirs))


def _pieces(text: str) -> list[_Piece]:
    pieces = [_Piece(each.start, each.end, each.plain) for each in sentences_of(text)]
    if len(pieces) <= MOST_SENTENCES:
        return pieces
    start, end = pieces[MOST_SENTENCES].start, pieces[-1].end
    return [*pieces[:MOST_SENTENCES], _Piece(start, end, plain_of(text[start:end]))]


_Step = tuple[Fate, "_Piece | None", "_Piece | None"]


def _steps(ours: list[_Piece], theirs: list[_Piece]) -> Iterator[_Step]:
    """Yield every sentence of both texts once, with its fate."""
    # where many sentences are the same over and over, those aren't taken as anchors: it would take long
    matcher = SequenceMatcher(None, [piece.plain for piece in ours], [piece.plain for piece in theirs])
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            yield from ((Fate.KEPT, *pair) for pair in zip(ours[i1:i2], theirs[j1:j2], strict=True))
        else:
            yield from _replaced(ours[i1:i2], theirs[j1:j2])


def _replaced(ours: list[_Piece], theirs: list[_Piece]) -> Iterator[_Step]:
    """Yield sentences and those in their place: each was changed into one that is like it, or removed."""
    place = 0
    for piece in ours:
        found = _became(piece, theirs[place : place + LOOK_AHEAD])
        if found is None:
            yield Fate.REMOVED, piece, None
            continue
        yield from ((Fate.ADDED, None, each) for each in theirs[place : place + found])
        yield Fate.CHANGED, piece, theirs[place + found]
        place += found + 1
    yield from ((Fate.ADDED, None, each) for each in theirs[place:])


def _became(piece: _Piece, others: list[_Piece]) -> int | None:
    """Return which of others a sentence is most like; None where it is like none."""
    likeness = [_likeness(piece.plain, other.plain) for other in others]
    best = max(likeness, default=Fraction(0))
    return likeness.index(best) if best >= ALIKE else None


def _likeness(one: str, other: str) -> Fraction:
    """Return the share of pairs of characters in a row that two sentences have in common (Dice)."""
    ours, theirs = (Counter(pairwise(text)) for text in (one, other))
    total = ours.total() + theirs.total()
    return Fraction(2 * (ours & theirs).total(), total) if total else Fraction(0)


def _passages(steps: list[_Step], left: str, right: str) -> Iterator[Passage]:
    """Yield steps of one fate in a row as one passage, as the texts have it."""
    numbered = enumerate(steps)
    # those that were changed are kept apart by their numbers
    for (fate, _), run in groupby(
        numbered, lambda each: (each[1][0], each[1][0] is Fate.CHANGED and each[0])
    ):
        members = [step for _, step in run]
        ours, theirs = [one for _, one, _ in members if one], [two for _, _, two in members if two]
        yield Passage(fate, _between(left, ours), _between(right, theirs))


def _between(text: str, pieces: list[_Piece]) -> str | None:
    return text[pieces[0].start : pieces[-1].end] if pieces else None
