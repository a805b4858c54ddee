"""What is asked of a reorganisation, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypeAlias

from app.domain.reorganisations import Operation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.values import Values
    from app.services.agency_details import AgencyDetails
    from app.storage.models import Agency, Report
    from app.storage.reorganisation_models import Reorganisation

Body: TypeAlias = "str | AgencyDetails"
"""A body: the code of one that is there, or a new one."""


@dataclass(frozen=True, slots=True)
class Rename:
    """A body gets another name, another 统计用区划代码, or both; None leaves the latter as it is."""

    agency: str
    name: str
    division_code: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A body comes under another one, with all that stands below it."""

    agency: str
    parent: str


@dataclass(frozen=True, slots=True)
class Merge:
    """Bodies become one: one of them, another one, or a new one; what stands below them comes along."""

    agencies: tuple[str, ...]
    into: Body


@dataclass(frozen=True, slots=True)
class Split:
    """A body is split into others; it may keep a part.

    Attributes:
        agency: the body.
        into: who gets a part.
        keeps: whether it stands on with a part of its own.
        allocation: which of its figures of last year go to whom, by code and cell; None where nobody said.
    """

    agency: str
    into: tuple[Body, ...]
    keeps: bool
    allocation: Mapping[str, Values] | None = None


@dataclass(frozen=True, slots=True)
class Dissolve:
    """A body ends; nobody goes on with what it had."""

    agency: str


@dataclass(frozen=True, slots=True)
class Establish:
    """A new body begins."""

    body: AgencyDetails


Change: TypeAlias = Rename | Move | Merge | Split | Dissolve | Establish

_OPERATIONS: dict[type, Operation] = {
    Rename: Operation.RENAME,
    Move: Operation.MOVE,
    Merge: Operation.MERGE,
    Split: Operation.SPLIT,
    Dissolve: Operation.DISSOLVE,
    Establish: Operation.ESTABLISH,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A reorganisation that somebody wants recorded.

    Attributes:
        change: what happens.
        effective_on: the first day of the new state.
        document: number of the document that decided it (文号).
        reason: why, if it is said.
        sent: all of it as JSON has it, to be kept.
    """

    change: Change
    effective_on: date
    document: str
    reason: str | None
    sent: Mapping[str, object]

    @property
    def operation(self) -> Operation:
        """What it does."""
        return _OPERATIONS[type(self.change)]


@dataclass(frozen=True, slots=True)
class Touched:
    """A body that a reorganisation changed.

    Attributes:
        agency: the body.
        before: its details, JSON values; None where it is new.
        after: its details since.
    """

    agency: Agency
    before: Mapping[str, object] | None
    after: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A report that counts in no roll-up any more: its body doesn't stand on 31 December of its year."""

    agency: Agency
    report: Report


@dataclass(frozen=True, slots=True)
class Affected:
    """A body whose roll-ups of some years are others since."""

    code: str
    name: str
    years: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reorganised:
    """What came of a reorganisation.

    Attributes:
        entry: as it was recorded.
        touched: the bodies that it changed, by code.
        uncounted: the reports that count nowhere any more.
        affected: whose roll-ups are others.
    """

    entry: Reorganisation
    touched: Sequence[Touched]
    uncounted: Sequence[Uncounted] = ()
    affected: Sequence[Affected] = ()
