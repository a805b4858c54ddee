"""A county's year: by when which bodies report, and what is granted to single ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.domain.agencies import AgencyKind, AgencyLevel, reference_day
from app.domain.deadlines import due_on


class Reporters(StrEnum):
    """Bodies that have their dates in common: those of a kind, and the governments of townships apart."""

    GOVERNMENT = "government"
    TOWNSHIP = "township"
    OFFICE = "office"
    DEPARTMENT = "department"
    SUBDISTRICT = "subdistrict"
    DEVELOPMENT_ZONE = "development_zone"
    AUTHORISED_ORGANISATION = "authorised_organisation"

    @property
    def label(self) -> str:
        """As county staff call them."""
        if self is Reporters.GOVERNMENT:
            return "县级以上人民政府"
        return "乡镇人民政府" if self is Reporters.TOWNSHIP else AgencyKind(self).label


def reporters_of(level: AgencyLevel, kind: AgencyKind) -> Reporters:
    """Return with whom a body has its dates in common."""
    if kind is AgencyKind.GOVERNMENT and level is AgencyLevel.TOWNSHIP:
        return Reporters.TOWNSHIP
    return Reporters(kind)


@dataclass(frozen=True, slots=True)
class Dates:
    """Between which days a report is written and 上报; each of them is the last or first that will do.

    Attributes:
        due_on: the last day on which it is in time.
        opens_on: the first day on which it may be 上报; None for any.
        locks_on: the last day on which it may be written; None for ever.
    """

    due_on: date
    opens_on: date | None = None
    locks_on: date | None = None


@dataclass(frozen=True, slots=True)
class WrongDate:
    """What is wrong with a date: which one of them, and why, in Chinese."""

    name: str
    message: str


def wrong_dates(year: int, dates: Dates) -> Iterable[WrongDate]:
    """Yield all that is wrong with the dates of reports of a year; nothing where they are in order."""
    if dates.due_on <= reference_day(year):
        yield WrongDate("due_on", f"报送期限应在 {reference_day(year)} 之后，现为 {dates.due_on}")
    if dates.opens_on is not None and dates.opens_on > dates.due_on:
        yield WrongDate("opens_on", f"开始上报的日期不能晚于报送期限 {dates.due_on}，现为 {dates.opens_on}")
    if dates.locks_on is not None and dates.locks_on < dates.due_on:
        yield WrongDate("locks_on", f"锁定日期不能早于报送期限 {dates.due_on}，现为 {dates.locks_on}")


def usual_dates(year: int) -> dict[Reporters, Dates]:
    """Return the dates of reports of a year where nobody has set any: never locked, open at any time."""
    level = {Reporters.TOWNSHIP: AgencyLevel.TOWNSHIP}
    kind = {Reporters.TOWNSHIP: AgencyKind.GOVERNMENT}
    return {
        each: Dates(due_on(year, level.get(each, AgencyLevel.COUNTY), kind.get(each) or AgencyKind(each)))
        for each in Reporters
    }


def freezes_on(dates: Mapping[Reporters, Dates]) -> date:
    """Return after which day it no longer changes who is expected: the earliest of those that are due."""
    return min(each.due_on for each in dates.values())


class Standing(StrEnum):
    """Whether who is expected was frozen, and how a unit stands to that."""

    OPEN = "open"
    FROZEN = "frozen"
    ADDED = "added"
    REMOVED = "removed"

    @property
    def label(self) -> str:
        """As county staff call it."""
        labels = {"open": "未冻结", "frozen": "冻结名单内", "added": "冻结后增加", "removed": "冻结后减少"}
        return labels[self.value]


class ExceptionKind(StrEnum):
    """What may be granted to a single unit."""

    EXTENSION = "extension"
    UNLOCK = "unlock"
    EXCUSE = "excuse"

    @property
    def label(self) -> str:
        """As county staff call it."""
        return {"extension": "延期", "unlock": "解锁", "excuse": "免报"}[self.value]


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a unit's report of a year, by the collection that is nearest to it.

    Attributes:
        year: the report year.
        dates: those of its kind.
        holder: name of the agency whose collection it is; None where there is none.
        holder_code: its code.
        extended_to: the day to which it was given longer.
        unlocked_to: the last day on which it may be written in spite of the lock.
    """

    year: int
    dates: Dates
    holder: str | None = None
    holder_code: str | None = None
    extended_to: date | None = None
    unlocked_to: date | None = None

    @property
    def due_on(self) -> date:
        """The last day on which the report is in time."""
        return self.extended_to or self.dates.due_on

    @property
    def locks_on(self) -> date | None:
        """The last day on which it may be written; what was given longer is never locked before."""
        if self.dates.locks_on is None:
            return None
        return max(self.dates.locks_on, self.extended_to or self.dates.locks_on)

    def lock_refusal(self, today: date) -> str | None:
        """Say in Chinese why it may no longer be written, and what to ask whom for; None where it may."""
        locked = self.locks_on
        if locked is None or today <= max(locked, self.unlocked_to or locked):
            return None
        return (
            f"{self.year} 年度报告已于 {locked} 截止后锁定，不能再改；需要修改的，请“{self.holder}”开具解锁"
            f"（POST /api/v1/collections/{self.holder_code}/{self.year}/exceptions，kind=unlock）"
        )

    def opening_refusal(self, today: date) -> str | None:
        """Say in Chinese why it may not be 上报 yet; None where it may."""
        opens = self.dates.opens_on
        if opens is None or opens <= today:
            return None
        return f"“{self.holder}”定的 {self.year} 年度报告从 {opens} 起上报，现在可以先存草稿"
