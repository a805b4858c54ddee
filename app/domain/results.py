"""What came of a rule: the shape that every check, reader and roll-up answers in."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from app.domain.explanations import NOTHING_EXPLAINED, described_explanation
from app.domain.rules import Level, Rule
from app.domain.values import to_json
from app.forms.layout import addresses_of
from app.forms.model import COUNT

if TYPE_CHECKING:
    from app.domain.explanations import Explanations
    from app.domain.values import Values
    from app.forms.model import Cell, CellCode, ReportForm


class Outcome(StrEnum):
    """What came of a rule."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_EVALUATED = "not_evaluated"

    @property
    def label(self) -> str:
        """As county staff call it."""
        return {"kept": "符合", "broken": "不符合", "not_evaluated": "未能核对"}[self.value]


ALL = "all"
"""The code of a result that is about no place in particular."""


class CellShown(NamedTuple):
    """A cell as a result shows it: value in its smallest unit, address in the report's workbook."""

    cell: Cell
    value: int | None
    excel: str


@dataclass(slots=True)
class Result:
    """What came of one rule at one place.

    Attributes:
        rule: the rule.
        code: names the place; with the rule it identifies the result.
        outcome: kept, broken, or not evaluated because cells are missing.
        message: a sentence for the clerk.
        pointer: where to look first in the report's JSON (RFC 6901).
        cells: the cells that it speaks of.
        left: what the left side adds up to, if it is a sum.
        right: likewise.
        hint: a likely slip behind it.
        quotes: sentences of the prose that it rests on, personal data in them masked.
        withheld: what it rests on and never shows, such as what is masked in the quotes.
    """

    rule: Rule
    code: str
    outcome: Outcome
    message: str
    pointer: str
    cells: tuple[CellCode, ...] = ()
    left: int | None = None
    right: int | None = None
    hint: str | None = None
    quotes: tuple[str, ...] = ()
    withheld: tuple[str, ...] = field(default=(), repr=False)

    @property
    def difference(self) -> int | None:
        """Left less right; None where one of them isn't known."""
        if self.left is None or self.right is None:
            return None
        return self.left - self.right

    @property
    def blocks(self) -> bool:
        """Whether a report with this result can't be 上报: a mandatory rule that isn't known to be kept."""
        return self.rule.level is Level.MANDATORY and self.outcome is not Outcome.KEPT

    @property
    def needs_explanation(self) -> bool:
        """Whether a report with this result is 上报 only with a written explanation (出错说明)."""
        return self.rule.level is Level.TO_EXPLAIN and self.outcome is Outcome.BROKEN

    def basis(self, values: Values) -> str:
        """Return a digest of all that an explanation of this result speaks of.

        As long as it is the same, the explanation holds; other cells and texts may change as they like.
        What is withheld is in it too.  Whoever gets at the digest could find a number by trying, but
        it is kept only where the report's own text lies beside it, and is never given out.
        """
        cells = {code: values.get(code) for code in self.cells}
        said = [self.rule.id, self.rule.version, self.code, cells, self.left, self.right, self.quotes]
        if self.withheld:
            said.append(self.withheld)
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def cells_shown(form: ReportForm, values: Values, result: Result) -> list[CellShown]:
    """Return the cells that a result speaks of, with what stands in them."""
    addresses = addresses_of(form)
    return [CellShown(form.cells[code], values.get(code), addresses[code]) for code in result.cells]


def not_kept(results: list[Result]) -> list[Result]:
    """Return the results that somebody should look at."""
    return [result for result in results if result.outcome is not Outcome.KEPT]


def blocking(results: list[Result]) -> list[Result]:
    """Return the results with which a report can't be 上报."""
    return [result for result in results if result.blocks]


def described(
    form: ReportForm,
    values: Values,
    result: Result,
    explanations: Explanations = NOTHING_EXPLAINED,
    *,
    of_report: bool = True,
) -> dict[str, object]:
    """Return a result as JSON has it: with the cells that it speaks of, and the explanation that holds.

    One on a sum has no place in the workbook of a report.
    """
    measure = form.cells[result.cells[0]].measure if result.cells else COUNT
    return {
        "rule": result.rule.id,
        "rule_version": result.rule.version,
        "code": result.code,
        "level": result.rule.level.value,
        "outcome": result.outcome.value,
        "message": result.message,
        "hint": result.hint,
        "left": to_json(measure, result.left),
        "right": to_json(measure, result.right),
        "difference": to_json(measure, result.difference),
        "cells": [
            {
                "pointer": shown.cell.pointer,
                "label": shown.cell.label,
                "value": to_json(shown.cell.measure, shown.value),
                "excel": shown.excel if of_report else None,
            }
            for shown in cells_shown(form, values, result)
        ],
        "pointer": result.pointer,
        "quotes": list(result.quotes),
        "explanation": described_explanation(explanations.of(values, result)),
    }
