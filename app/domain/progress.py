"""How far a year has come: every unit that owes a report stands in one state; they add up to all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from app.domain.agencies import AgencyLevel


class ProgressState(StrEnum):
    """Where a unit stands with its report of a year."""

    EXCUSED = "excused"
    NOT_STARTED = "not_started"
    EMPTY = "empty"
    DRAFT = "draft"
    RETURNED = "returned"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    PUBLISHED = "published"

    @property
    def label(self) -> str:
        """As county staff call it."""
        return _LABELS[self]

    @property
    def is_received(self) -> bool:
        """Whether its report is there: 上报 or later, and not returned."""
        return self in {ProgressState.SUBMITTED, ProgressState.ACCEPTED, ProgressState.PUBLISHED}

    @property
    def is_missing(self) -> bool:
        """Whether its report is still owed."""
        return not self.is_received and self is not ProgressState.EXCUSED


_LABELS = {
    ProgressState.EXCUSED: "免报",
    ProgressState.NOT_STARTED: "未填报",
    ProgressState.EMPTY: "空表",
    ProgressState.DRAFT: "草稿",
    ProgressState.RETURNED: "已退回",
    ProgressState.SUBMITTED: "已上报",
    ProgressState.ACCEPTED: "审核通过",
    ProgressState.PUBLISHED: "已公布",
}


class Branches(StrEnum):
    """By what the units of a subtree are counted apart."""

    CHILDREN = "children"
    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"

    @property
    def level(self) -> AgencyLevel | None:
        """The level of the governments that head a part; None where it is all right below the top."""
        return None if self is Branches.CHILDREN else AgencyLevel(self)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many units stand where.

    Attributes:
        states: units by state; those that are absent have none.
        zero: reports that were received with every cell filled, and filled with 0 (零报告).
        corrected: published reports that are being corrected (更正).
        late: reports that were received after their day.
        overdue: units whose report is owed and whose day is over.
    """

    states: Mapping[ProgressState, int]
    zero: int = 0
    corrected: int = 0
    late: int = 0
    overdue: int = 0

    def of(self, state: ProgressState) -> int:
        """Return how many stand so."""
        return self.states.get(state, 0)

    @property
    def expected(self) -> int:
        """All that owe a report, the excused among them."""
        return sum(self.states.values())

    @property
    def received(self) -> int:
        """Those whose report is there."""
        return sum(count for state, count in self.states.items() if state.is_received)

    @property
    def missing(self) -> int:
        """Those whose report is still owed."""
        return sum(count for state, count in self.states.items() if state.is_missing)

    @property
    def owing(self) -> int:
        """All but the excused."""
        return self.expected - self.of(ProgressState.EXCUSED)

    @property
    def received_rate(self) -> Decimal | None:
        """The share of those not excused whose report is there; None where there are none."""
        return share(self.received, self.owing)

    @property
    def accepted_rate(self) -> Decimal | None:
        """The share of those not excused whose report was 审核通过; None where there are none."""
        return share(self.of(ProgressState.ACCEPTED) + self.of(ProgressState.PUBLISHED), self.owing)

    def with_more(self, other: Tally) -> Tally:
        """Return these units and others together."""
        return Tally(
            {state: self.of(state) + other.of(state) for state in ProgressState},
            self.zero + other.zero,
            self.corrected + other.corrected,
            self.late + other.late,
            self.overdue + other.overdue,
        )


NOBODY = Tally({})


def share(part: int, whole: int) -> Decimal | None:
    """Return a share to four places, cut off: only what is complete is 1.0000; None of nothing."""
    if whole == 0:
        return None
    return (Decimal(part) / whole).quantize(Decimal("0.0001"), ROUND_DOWN)


def percent(rate: Decimal | None) -> str:
    """Write a share as people read it: 96.77%; a dash where there is none."""
    return "—" if rate is None else f"{rate * 100:.2f}%"
