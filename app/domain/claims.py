"""Figures that the prose claims, held against the tables (R26)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.content import places_of_text, pointer_of_text, text_at
from app.domain.context import ALONE
from app.domain.prose.kinds import KINDS
from app.domain.prose.personal import masked
from app.domain.prose.reading import Claim, read_claims
from app.domain.prose.sentence_reader import Scope
from app.domain.results import Outcome, Result
from app.domain.rules import RULES
from app.domain.values import to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.domain.content import Content
    from app.domain.context import Context
    from app.domain.prose.kinds import Kind
    from app.forms.model import CellCode, Measure, ReportForm

_LAWFUL = "如果文字与表格说的范围不同（例如只算已办结的、只算本机关的，或者含上年结转），可以不改"
_LONGEST_QUOTE = 80
_RULE = RULES["R26"]
PlacedClaim = tuple[str, Claim]
"""A claim with the JSON pointer of the text that makes it."""


def doubts_about(content: Content, context: Context = ALONE) -> Iterator[Result]:
    """Hold the prose's figures to the tables (R26): one result for each kind of figure that it claims.

    Where the cell is missing nothing can be evaluated, but both sides are shown.
    """
    yield from compared(content, placed_claims(content, context))


def compared(content: Content, claims: Iterable[PlacedClaim]) -> Iterator[Result]:
    """Hold claims to the tables (R26)."""
    by_kind: dict[str, list[PlacedClaim]] = {}
    for placed in claims:
        by_kind.setdefault(placed[1].kind, []).append(placed)
    for kind in KINDS:
        found = by_kind.get(kind.code)
        if found and all(code in content.form.cells for code in (*kind.cells, *kind.carried)):
            yield _compare(content, kind, found)


def placed_claims(content: Content, context: Context) -> Iterator[PlacedClaim]:
    """Yield every claim with the JSON pointer of the text that makes it."""
    for code in places_of_text(content.form):
        text = text_at(content, code)
        if text:
            found = read_claims(text, content.year, context.reporter.name)
            yield from ((pointer_of_text(code), claim) for claim in found)


@dataclass(frozen=True, slots=True)
class _Sides:
    """What cells say to a kind of claim: their sum, and what was carried over beside it."""

    value: int
    carried: int | None

    def agrees(self, claim: Claim) -> bool:
        """Tell whether a claim can be true; where that depends on a missing cell, it can."""
        if claim.scope is Scope.OFFICE_ONLY:
            return claim.number <= self.value
        expected = self.expected(claim)
        return expected is None or abs(claim.number - expected) < claim.step

    def expected(self, claim: Claim) -> int | None:
        """Return the number that a claim should have; None where a missing cell leaves that open."""
        if claim.scope is not Scope.INCLUDES_CARRIED:
            return self.value
        return None if self.carried is None else self.value + self.carried


def _compare(content: Content, kind: Kind, found: list[PlacedClaim]) -> Result:
    form, values = content.form, content.values
    claims = [claim for _, claim in found]
    known = [value for code in kind.cells if (value := values.get(code)) is not None]
    shown = [masked(claim.sentence) for claim in claims]
    said = _as_said(form, kind, claims, shown)
    quotes = tuple(dict.fromkeys(shown))
    if len(known) < len(kind.cells):
        message, cells = _as_missing(content, kind, said), _with_parts(form, kind)
        return Result(_RULE, kind.code, Outcome.NOT_EVALUATED, message, found[0][0], cells, quotes=quotes)
    return _against(content, kind, found, sum(known), said, quotes)


def _against(
    content: Content,
    kind: Kind,
    found: list[PlacedClaim],
    value: int,
    said: str,
    quotes: tuple[str, ...],
) -> Result:
    """Hold claims to the sum of the cells, which are all there."""
    form = content.form
    place = "、".join(form.cells[code].label for code in kind.cells)
    sides = _Sides(value, _carried(content, kind))
    other = [(pointer, claim) for pointer, claim in found if not sides.agrees(claim)]
    pointer, claim = (other or found)[0]
    name = "part.shown_together" if len(kind.cells) > 1 else "part.shown"
    shown = _RULE.say(name, cell=place, found=to_text(_measure(form, kind), value))
    shown += _beside(content, kind, [claim for _, claim in found])
    if other:
        outcome, hint = Outcome.BROKEN, _LAWFUL
        differences = "、".join(_differences(_measure(form, kind), sides, other))
        message = _RULE.say("broken", said=said, shown=shown, difference=differences)
    else:
        outcome, hint = Outcome.KEPT, None
        message = _RULE.say(_agreement(sides, found), said=said, shown=shown)
    right = sides.expected(claim)
    cells = (*kind.cells, *(kind.carried if claim.scope is Scope.INCLUDES_CARRIED else ()))
    return Result(_RULE, kind.code, outcome, message, pointer, cells, claim.number, right, hint, quotes)


def _carried(content: Content, kind: Kind) -> int | None:
    known = [value for code in kind.carried if (value := content.values.get(code)) is not None]
    return sum(known) if len(known) == len(kind.carried) else None


def _beside(content: Content, kind: Kind, claims: list[Claim]) -> str:
    """Name the cell of those carried over, where a claim includes them."""
    if not any(claim.scope is Scope.INCLUDES_CARRIED for claim in claims):
        return ""
    cells = content.form.cells
    return "".join(
        _RULE.say("part.beside_missing", cell=cells[code].label)
        if value is None
        else _RULE.say("part.beside", cell=cells[code].label, found=value)
        for code in kind.carried
        for value in (content.values.get(code),)
    )


def _agreement(sides: _Sides, found: list[PlacedClaim]) -> str:
    """Return which of the messages tells how prose and cells agree."""
    scopes = {claim.scope for _, claim in found}
    if scopes == {Scope.OFFICE_ONLY}:
        return "kept.office"
    open_ = any(sides.expected(claim) is None for _, claim in found)
    return "kept.open" if open_ else "kept"


def _differences(measure: Measure, sides: _Sides, other: list[PlacedClaim]) -> list[str]:
    gaps = (abs(claim.number - (sides.expected(claim) or 0)) for _, claim in other)
    return list(dict.fromkeys(to_text(measure, gap) for gap in gaps))


def _measure(form: ReportForm, kind: Kind) -> Measure:
    return form.cells[kind.cells[0]].measure


def _as_said(form: ReportForm, kind: Kind, claims: list[Claim], shown: list[str]) -> str:
    """Write down what the prose says, number by number: 1 件（“…”“…”），又说 2 件（“…”）."""
    sentences: dict[int, dict[str, None]] = {}
    for claim, sentence in zip(claims, shown, strict=True):
        sentences.setdefault(claim.number, {})[sentence] = None
    measure = _measure(form, kind)
    return "".join(
        _RULE.say(
            "part.said_again" if place else "part.said",
            number=to_text(measure, number),
            unit=measure.unit,
            quotes="".join(f"“{_shortened(each)}”" for each in quoted),
        )
        for place, (number, quoted) in enumerate(sentences.items())
    )


def _shortened(sentence: str) -> str:
    return sentence if len(sentence) <= _LONGEST_QUOTE else f"{sentence[:_LONGEST_QUOTE]}……"


def _as_missing(content: Content, kind: Kind, said: str) -> str:
    """Say which cells are missing beside *said*, and what stands in those that would add up to them."""
    form, values = content.form, content.values
    missing = [code for code in kind.cells if values.get(code) is None]
    labels = "、".join(form.cells[code].label for code in missing)
    parts = {code: values.get(code) for total in missing for code in form.totals.get(total, ())}
    known = {code: value for code, value in parts.items() if value is not None}
    if not known:
        return _RULE.say("not_evaluated", said=said, missing=labels)
    return _RULE.say(
        "not_evaluated.parts" if any(known.values()) else "not_evaluated.parts_are_zero",
        said=said,
        missing=labels,
        count=len(known),
        names="、".join(form.cells[code].column.spoken for code in known),
        sum=sum(known.values()),
    )


def _with_parts(form: ReportForm, kind: Kind) -> tuple[CellCode, ...]:
    return (*kind.cells, *(part for code in kind.cells for part in form.totals.get(code, ())))
