"""Reorganisations: what may happen to bodies, and what of last year's figures passes to whom by it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.domain.values import Values
    from app.forms.model import CellCode


class Operation(StrEnum):
    """What a reorganisation does."""

    RENAME = "rename"
    MOVE = "move"
    MERGE = "merge"
    SPLIT = "split"
    DISSOLVE = "dissolve"
    ESTABLISH = "establish"

    @property
    def label(self) -> str:
        """As county staff call it."""
        return _LABELS[self]


_LABELS = {
    Operation.RENAME: "更名",
    Operation.MOVE: "改变隶属关系",
    Operation.MERGE: "合并",
    Operation.SPLIT: "拆分",
    Operation.DISSOLVE: "撤销",
    Operation.ESTABLISH: "新设",
}

CARRIED_ROWS = ("pending_at_end",)
"""Rows of 表三 that next year's report begins with."""

CARRIED_COLUMNS = ("in_force", "items_before", "items_change")
"""Columns of 表二 that next year's report goes on from."""


def carried_cells(cells: Iterable[CellCode]) -> list[CellCode]:
    """Return the cells of a report that next year's is held to: what can be allocated in a split."""
    found = []
    for code in cells:
        _, row, column = code.split(".")
        if row in CARRIED_ROWS or column in CARRIED_COLUMNS:
            found.append(code)
    return found


@dataclass(frozen=True, slots=True)
class Holding:
    """What a body has of last year's figures: its own report's, or its predecessors'.

    Attributes:
        values: by cell; None, or absent, where nobody knows.
        said: who it came from, in Chinese: 由甲、乙合并; empty where it is the body's own.
        lacking: why figures aren't known that no report states, in Chinese; empty where that is all.
        parts: the names of the bodies whose figures it is the sum of, with each one's own figures.
    """

    values: Values = field(default_factory=dict)
    said: str = ""
    lacking: str = ""
    parts: tuple[tuple[str, Values], ...] = ()

    def lacking_in(self, code: CellCode) -> str:
        """Say why nobody knows a cell."""
        if self.lacking:
            return self.lacking
        without = "、".join(name for name, values in self.parts if values.get(code) is None)
        return f"{self.said}，{without}没有这一格" if without else self.said


@dataclass(frozen=True, slots=True)
class Passing:
    """That figures pass from a body to another.

    Attributes:
        operation: by which.
        number: of the reorganisation.
        predecessor: who had them.
        successor: who has them since; itself where it was split and keeps a part.
        allocation: how many of them, by cell; None where nobody said.
    """

    operation: Operation
    number: int
    predecessor: int
    successor: int
    allocation: Values | None = None


def hold_on(
    holdings: Mapping[int, Holding], names: Mapping[int, str], passings: Sequence[Passing]
) -> dict[int, Holding]:
    """Return who has which figures after some reorganisations.

    Args:
        holdings: who had which before: the bodies that stood; one without a report has no values.
        names: what the bodies are called in messages.
        passings: in the order in which they took effect; those of one reorganisation side by side.
    """
    now = dict(holdings)
    for number in dict.fromkeys(passing.number for passing in passings):
        together = [passing for passing in passings if passing.number == number]
        now |= _passed(now, names, together)
        for gone in {each.predecessor for each in together} - {each.successor for each in together}:
            now.pop(gone, None)
    return now


def _passed(
    before: Mapping[int, Holding], names: Mapping[int, str], together: Sequence[Passing]
) -> dict[int, Holding]:
    """Return what each successor of one reorganisation has by it."""
    after: dict[int, Holding] = {}
    for successor in dict.fromkeys(each.successor for each in together):
        coming = [each for each in together if each.successor == successor]
        gained = [_gained(before, names, each) for each in coming]
        keeps_all = successor in before and successor not in {each.predecessor for each in together}
        own = [(names[successor], before[successor])] if keeps_all else []
        after[successor] = _combined([*own, *gained], coming[0].operation)
    return after


def _gained(before: Mapping[int, Holding], names: Mapping[int, str], passing: Passing) -> tuple[str, Holding]:
    name = names[passing.predecessor]
    if passing.operation is not Operation.SPLIT:
        return name, before.get(passing.predecessor, Holding())
    if passing.allocation is None:
        return name, Holding(lacking=f"由{name}拆分，没有分配方案")
    return name, Holding(passing.allocation)


def _combined(parts: Sequence[tuple[str, Holding]], operation: Operation) -> Holding:
    """Add figures up cell by cell; one that any part lacks is lacking."""
    said = f"由{'、'.join(name for name, _ in parts)}{operation.label}"
    if operation is Operation.SPLIT and len(parts) == 1:
        said += "，按分配方案"
    lacking = next((held.lacking for _, held in parts if held.lacking), "")
    known = {code for _, held in parts for code in held.values}
    values: dict[CellCode, int | None] = {}
    for code in known:
        each = [held.values.get(code) for _, held in parts]
        whole = [value for value in each if value is not None]
        values[code] = sum(whole) if len(whole) == len(each) else None
    each_part = tuple((name, held.values) for name, held in parts)
    return replace(Holding(values, said, lacking), parts=each_part)
