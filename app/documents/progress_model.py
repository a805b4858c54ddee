"""What a sheet or a page of a year's progress is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.progress import ProgressState, percent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from app.domain.progress import Tally

COUNTS = ("应报", *(state.label for state in ProgressState), "已收到", "收到率", "过期未收到")
"""Headings of what is counted."""


def counts_of(tally: Tally) -> list[str]:
    """Return what is counted under `COUNTS`, as people read it."""
    states = [str(tally.of(state)) for state in ProgressState]
    rate = percent(tally.received_rate)
    return [str(tally.expected), *states, str(tally.received), rate, str(tally.overdue)]


@dataclass(frozen=True, slots=True)
class PartLine:
    """A part of the subtree.

    Attributes:
        code: of the agency that heads it; None of what stands in no part.
        name: of that agency.
        tally: who stands where.
    """

    code: str | None
    name: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit, in words.

    Attributes:
        code: its code.
        name: its name.
        kind: its kind.
        state: where it stands.
        remark: what is to be known of that: 零报告, 更正中, why it is excused.
        filled: how many cells of its report are filled: 200/200; empty where there is none.
        due_on: the last day on which its report is in time.
        late: by how many days it is late; 0 where it isn't.
        waiting: how many findings wait for an explanation or a review.
        last: the step that was taken last, by whom and when.
        reminders: how often it was reminded.
    """

    code: str
    name: str
    kind: str
    state: ProgressState
    remark: str
    filled: str
    due_on: date
    late: int
    waiting: int
    last: str
    reminders: int


@dataclass(frozen=True, slots=True)
class ProgressBook:
    """A year's progress.

    Attributes:
        agency: name of the agency whose year it is.
        year: the report year.
        as_of: when it was worked out.
        tally: who stands where.
        adjusted: what became of those expected since that was frozen, in words; empty where nothing did.
        parts: by what heads them; none where they weren't asked for.
        states: which units are listed; empty for all.
        units: those that are listed; None where they are too many.
        most: how many are listed at most.
    """

    agency: str
    year: int
    as_of: datetime
    tally: Tally
    adjusted: str
    parts: Sequence[PartLine]
    states: Sequence[ProgressState]
    units: Sequence[UnitLine] | None
    most: int

    @property
    def title(self) -> str:
        """What it is called."""
        return f"{self.agency}{self.year}年政府信息公开工作年度报告收报进度"

    @property
    def summary(self) -> str:
        """How far it has come, in a sentence."""
        tally = self.tally
        said = f"应报 {tally.expected} 个"
        if tally.of(ProgressState.EXCUSED):
            said += f"（其中免报 {tally.of(ProgressState.EXCUSED)} 个）"
        said += (
            f"，已收到 {tally.received} 个，收到率 {percent(tally.received_rate)}；未收到 {tally.missing} 个"
        )
        return f"{said}，其中已过期 {tally.overdue} 个。" if tally.overdue else f"{said}。"

    @property
    def remarks(self) -> str:
        """What else is to be known of the numbers; empty where nothing is."""
        tally = self.tally
        counted = (
            (tally.late, "已收到的里面，迟报 {} 个"),
            (tally.zero, "零报告 {} 个"),
            (tally.corrected, "已公布、正在更正的 {} 个"),
        )
        said = "，".join(text.format(count) for count, text in counted if count)
        return "".join(f"{each}。" for each in (said, self.adjusted) if each)

    @property
    def listed(self) -> str:
        """Which units are listed, or why none are."""
        if self.units is None:
            return f"单位超过 {self.most} 个，这里不逐个列出；请看下级的进度，或用 JSON 分页取。"
        which = "、".join(state.label for state in self.states) or "全部"
        return f"{which}：{len(self.units)} 个单位"
