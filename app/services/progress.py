"""How far an agency's year has come: counted, by parts of its subtree, and unit by unit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import reduce
from typing import TYPE_CHECKING

from app.domain.agencies import AgencyKind, AgencyLevel, reference_day
from app.domain.collections import Reporters, usual_dates
from app.domain.deadlines import CHINA, days_late
from app.domain.lifecycle import Status
from app.domain.progress import NOBODY, Branches, ProgressState, Tally
from app.domain.roles import Right
from app.services.agencies import key_of
from app.services.collections import find_collector
from app.services.filed import find_form
from app.services.open_explanations import NOTHING_OPEN, Open, open_explanations
from app.storage.collections import bound_to
from app.storage.expected_changes import ExpectedChanges, count_expected_changes
from app.storage.names import called_in
from app.storage.progress import (
    LastStep,
    StandingRow,
    count_reminders,
    last_steps,
    list_heads,
    list_standing,
    prefer_indexes,
    tally,
    zeros_stated,
)

if TYPE_CHECKING:
    from app.auth.actor import Actor
    from app.storage.engine import ReadSession
    from app.storage.models import Agency

EVERYBODY = frozenset(ProgressState)
_ALL = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Branch:
    """A part of a subtree.

    Attributes:
        code: of the agency that heads it; None of what stands in no part.
        name: of that agency.
        tally: who stands where.
    """

    code: str | None
    name: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class UnitProgress:
    """A unit that owes a report, and how far that has come.

    Attributes:
        code: its code.
        name: its name.
        level: its level.
        kind: its kind.
        state: where it stands.
        is_corrected: whether what is published is being corrected.
        filled: how many cells of its report hold a number.
        is_zero: whether every one does, and it is 0 (零报告).
        zeros_stated_by: who stated last that missing cells are zero.
        due_on: the last day on which its report is in time.
        days_late: by how many days it came late, or is late today; 0 of what is in time or excused.
        excuse: why it is excused.
        open: the findings that wait for an explanation, or for a review of one.
        last_step: the step that its report took last; None of a draft that took none.
        reminders: how often it was reminded.
        reminded_at: when it was lastly.
    """

    code: str
    name: str
    level: AgencyLevel
    kind: AgencyKind
    state: ProgressState
    is_corrected: bool
    filled: int
    is_zero: bool
    zeros_stated_by: str | None
    due_on: date
    days_late: int
    excuse: str | None
    open: Open
    last_step: LastStep | None
    reminders: int
    reminded_at: datetime | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an agency's year has come.

    Attributes:
        agency: at the top of the subtree.
        name: what it was called on 31 December of the year.
        year: the report year.
        cells: how many cells a report has.
        tally: who stands where.
        adjusted: what became of those expected since that was frozen; None where it isn't, or wasn't asked.
        branches: the parts that were asked for, by code; what stands in none comes first.
        as_of: when it was worked out.
    """

    agency: Agency
    name: str
    year: int
    cells: int
    tally: Tally
    adjusted: ExpectedChanges | None
    branches: list[Branch]
    as_of: datetime

    @property
    def today(self) -> date:
        """The day that it was in China."""
        return self.as_of.astimezone(CHINA).date()


def find_progress(
    session: ReadSession, actor: Actor, code: str, year: int, branches: Branches | None = None
) -> Progress:
    """Count how far an agency's year has come, by parts of its subtree where they are asked for.

    Raises:
        NotFound, InvalidRequest: see `find_collector`.
    """
    agency = find_collector(session, actor, code, year, Right.READ)
    as_of, cells = datetime.now(UTC), len(find_form(year).cells)
    bound = _bound(session, agency, year, as_of)
    counted = tally(session, bound, branches)
    total = reduce(Tally.with_more, counted.values(), NOBODY)
    parts = [] if branches is None else _branches(session, agency, year, counted)
    adjusted = count_expected_changes(session, code, bound) if branches is None else None
    name = called_in(session, key_of(agency), year)
    return Progress(agency, name, year, cells, total, adjusted, parts, as_of)


def _bound(session: ReadSession, agency: Agency, year: int, as_of: datetime) -> dict[str, object]:
    usual = usual_dates(year)
    if agency.level != AgencyLevel.NATION:
        prefer_indexes(session)
    return bound_to(session, key_of(agency), agency.code, year) | {
        "cells": len(find_form(year).cells),
        "today": as_of.astimezone(CHINA).date(),
        "due_government": usual[Reporters.GOVERNMENT].due_on,
        "due_others": usual[Reporters.DEPARTMENT].due_on,
    }


def _branches(
    session: ReadSession, agency: Agency, year: int, counted: dict[int | None, Tally]
) -> list[Branch]:
    parts = {key: each for key, each in counted.items() if key is not None}
    heads = list_heads(session, parts.keys(), reference_day(year))
    found = [Branch(code, name, parts[key]) for key, code, name in heads]
    own, name = counted.get(None), called_in(session, key_of(agency), year)
    return found if own is None else [Branch(None, f"{name}（本级）", own), *found]


def list_units(
    session: ReadSession,
    progress: Progress,
    states: Collection[ProgressState] = EVERYBODY,
    after: str = "",
    limit: int = 1,
) -> list[UnitProgress]:
    """Return up to *limit* units of a year that stand so, by code, from after *after*."""
    bound = _bound(session, progress.agency, progress.year, progress.as_of)
    rows = list_standing(session, bound, states, after, limit)
    return _with_details(session, progress, rows)


def rows_of(session: ReadSession, agency: Agency, year: int) -> list[StandingRow]:
    """Return where every unit of an agency's year stands, by code."""
    bound = _bound(session, agency, year, datetime.now(UTC))
    return list_standing(session, bound, EVERYBODY, "", _ALL)


def _with_details(session: ReadSession, progress: Progress, rows: list[StandingRow]) -> list[UnitProgress]:
    reported = [row.report_id for row in rows if row.report_id is not None]
    steps, zeros = last_steps(session, reported), zeros_stated(session, reported)
    reminded = count_reminders(session, [row.agency_id for row in rows], progress.year)
    unsettled = [row.report_id for row in rows if row.report_id is not None and _may_wait(row)]
    waiting = open_explanations(session, progress.year, unsettled)
    return [
        UnitProgress(
            code=row.code,
            name=row.name,
            level=AgencyLevel(row.level),
            kind=AgencyKind(row.kind),
            state=ProgressState(row.state),
            is_corrected=bool(row.is_corrected),
            filled=row.filled or 0,
            is_zero=row.filled == progress.cells and row.nonzero == 0,
            zeros_stated_by=zeros.get(row.report_id or 0),
            due_on=row.due_on,
            days_late=_late(row, progress.today),
            excuse=row.excuse,
            open=waiting.get(row.report_id or 0, NOTHING_OPEN),
            last_step=steps.get(row.report_id or 0),
            reminders=reminded.get(row.agency_id, (0, None))[0],
            reminded_at=reminded.get(row.agency_id, (0, None))[1],
        )
        for row in rows
    ]


def _late(row: StandingRow, today: date) -> int:
    state = ProgressState(row.state)
    if state.is_received:
        return row.days_late or 0
    return days_late(today, row.due_on) if state.is_missing else 0


def _may_wait(row: StandingRow) -> bool:
    """Tell whether findings of a report may wait for an explanation: an accepted one's were all accepted."""
    return row.status is not None and not Status(row.status).is_closed and bool(row.filled)
