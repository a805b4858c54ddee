"""Final totals (定稿): what one is made of, and how the live total has come to differ from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from app.domain.adjusting import adjusted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.domain.values import Values
    from app.forms.model import CellCode, ReportForm


@dataclass(frozen=True, slots=True)
class Named:
    """A body by its code, with the name that it had, and why it is listed where that must be said."""

    code: str
    name: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class FrozenSource:
    """A report that was added to a final total, in the version that was.

    Attributes:
        agency: code of the agency.
        name: the name that it had.
        version: number of the version whose figures were added.
        etag: the report's mark on that day.
    """

    agency: str
    name: str
    version: int
    etag: str

    @property
    def version_added(self) -> tuple[str, int]:
        """Which figures were added: a version never changes."""
        return self.agency, self.version


@dataclass(frozen=True, slots=True)
class FrozenAdjustment:
    """An adjustment that a final total holds.

    Attributes:
        id: its number.
        agency: code of the agency that made it.
        name: the name that this had.
        reason: why.
        document: on which document it rests.
        made_by: who made it.
        made_at: when, as RFC 3339 writes it.
        lines: by how much, by cell, in the form's smallest unit.
    """

    id: int
    agency: str
    name: str
    reason: str
    document: str | None
    made_by: str
    made_at: str
    lines: Mapping[CellCode, int]


@dataclass(frozen=True, slots=True)
class Frozen:
    """All that a total was made of when it was made final.

    Attributes:
        totals: the plain sum of the sources.
        adjustments: what was adjusted beside it, in the whole subtree.
        sources: the reports that were added, by agency code.
        expected: the bodies that owed a report.
        excused: those of them that were let off (免报), with the reason.
    """

    totals: Values
    adjustments: Sequence[FrozenAdjustment]
    sources: Sequence[FrozenSource]
    expected: Sequence[Named]
    excused: Sequence[Named]

    @property
    def adjusted_totals(self) -> dict[CellCode, int | None]:
        """The totals with all adjustments: the final figures."""
        return adjusted(self.totals, [each.lines for each in self.adjustments])


class SourceChange(StrEnum):
    """What became of a source since a total was made final."""

    CHANGED = "changed"
    GONE = "gone"
    NEW = "new"

    @property
    def label(self) -> str:
        """As county staff call it."""
        return {"changed": "有更正", "gone": "不再计入", "new": "新计入"}[self.value]


@dataclass(frozen=True, slots=True)
class SourceDifference:
    """A report that is not in the live total as it is in the final one.

    Attributes:
        agency: code of the agency.
        name: its name.
        change: what became of it.
        frozen: the version in the final total; None where it wasn't in there.
        now: the version in the live total; None where it isn't in there.
    """

    agency: str
    name: str
    change: SourceChange
    frozen: int | None
    now: int | None


class UnitChange(StrEnum):
    """What became of who owes a report since a total was made final."""

    JOINED = "joined"
    LEFT = "left"
    EXCUSED = "excused"
    OWES = "owes"

    @property
    def label(self) -> str:
        """As county staff call it."""
        return {"joined": "新增应报", "left": "不再应报", "excused": "新免报", "owes": "不再免报"}[self.value]


@dataclass(frozen=True, slots=True)
class UnitDifference:
    """A body that doesn't owe a report as it did when the total was made final."""

    agency: str
    name: str
    change: UnitChange


@dataclass(frozen=True, slots=True)
class CellDifference:
    """A cell whose final figure isn't what the live total would be."""

    cell: CellCode
    frozen: int | None
    now: int | None

    @property
    def difference(self) -> int | None:
        """By how much the live total is more; None where one of them is missing."""
        return None if self.frozen is None or self.now is None else self.now - self.frozen


@dataclass(frozen=True, slots=True)
class Differences:
    """How the live total differs from the final one; empty where it doesn't.

    Attributes:
        sources: by agency code.
        units: of who owes a report, likewise.
        adjustments: numbers of those made since, or withdrawn since, by agencies below.
        cells: in the form's order, with adjustments.
    """

    sources: Sequence[SourceDifference]
    units: Sequence[UnitDifference]
    adjustments: Sequence[int]
    cells: Sequence[CellDifference]

    @property
    def is_empty(self) -> bool:
        """Whether the final total still is what would come out."""
        return not (self.sources or self.units or self.adjustments or self.cells)


def differences_since(form: ReportForm, frozen: Frozen, live: Frozen) -> Differences:
    """Compare a final total with what would be made final now."""
    then = {each.id for each in frozen.adjustments}
    now = {each.id for each in live.adjustments}
    return Differences(
        sorted(_source_differences(frozen.sources, live.sources), key=lambda each: each.agency),
        sorted(_unit_differences(frozen, live), key=lambda each: each.agency),
        sorted(then ^ now),
        list(_cell_differences(form, frozen.adjusted_totals, live.adjusted_totals)),
    )


def _source_differences(
    frozen: Iterable[FrozenSource], live: Iterable[FrozenSource]
) -> Iterable[SourceDifference]:
    before, after = ({each.agency: each for each in some} for some in (frozen, live))
    for code, source in before.items():
        now = after.get(code)
        if now is None:
            yield SourceDifference(code, source.name, SourceChange.GONE, source.version, None)
        elif now.version != source.version:
            yield SourceDifference(code, now.name, SourceChange.CHANGED, source.version, now.version)
    for code, source in after.items():
        if code not in before:
            yield SourceDifference(code, source.name, SourceChange.NEW, None, source.version)


def _unit_differences(frozen: Frozen, live: Frozen) -> Iterable[UnitDifference]:
    owed, owe = ({each.code: each.name for each in some.expected} for some in (frozen, live))
    were, are = ({each.code for each in some.excused} for some in (frozen, live))
    # whoever was excused and reports all the same is a source that is new
    are |= were & {each.agency for each in live.sources}
    for code in owed.keys() | owe.keys():
        name = owe.get(code) or owed[code]
        if code not in owe:
            yield UnitDifference(code, name, UnitChange.LEFT)
        elif code not in owed:
            yield UnitDifference(code, name, UnitChange.JOINED)
        elif (code in were) is not (code in are):
            yield UnitDifference(code, name, UnitChange.EXCUSED if code in are else UnitChange.OWES)


def _cell_differences(form: ReportForm, frozen: Values, now: Values) -> Iterable[CellDifference]:
    for code in form.cells:
        if frozen.get(code) != now.get(code):
            yield CellDifference(code, frozen.get(code), now.get(code))
