"""How far a year has come, counted and listed: where each unit stands is worked out in the database."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    func,
    literal,
    select,
    text,
)

from app.domain.collections import ExceptionKind, Reporters
from app.domain.lifecycle import Basis
from app.domain.progress import ProgressState, Tally
from app.storage.collection_models import COLLECTION_DATES, COLLECTION_EXCEPTION, REMINDER
from app.storage.collections import granted, is_expected, owing, reporters
from app.storage.columns import Code
from app.storage.models import AGENCY, REPORT, STEP, ZERO_STATEMENT
from app.storage.names import name_on
from app.storage.sums import is_revised

if TYPE_CHECKING:
    from collections.abc import Collection as Group
    from collections.abc import Mapping
    from datetime import date, datetime

    from app.domain.progress import Branches
    from app.storage.engine import ReadSession

Statement: TypeAlias = "Select[*tuple[Any, ...]]"

_AT_ONCE = 1000
"""How many row numbers a query is given."""
_EXTENSION, _EXCUSE = (
    COLLECTION_EXCEPTION.alias(kind.value) for kind in (ExceptionKind.EXTENSION, ExceptionKind.EXCUSE)
)
_RECEIVED = tuple(literal(status) for status in Basis.SUBMITTED.statuses)


def _state() -> ColumnElement[str]:
    """Name the state of a unit, one of `ProgressState`."""
    state = {each: literal(each.value) for each in ProgressState}
    has_cells = REPORT.c.filled > 0
    is_received = is_revised() | and_(REPORT.c.status.in_(_RECEIVED), has_cells)
    is_missing = ~func.coalesce(is_received, literal(value=False))
    return case(
        (and_(_EXCUSE.c.id.is_not(None), is_missing), state[ProgressState.EXCUSED]),
        (REPORT.c.id.is_(None), state[ProgressState.NOT_STARTED]),
        (is_revised(), state[ProgressState.PUBLISHED]),
        (~has_cells, state[ProgressState.EMPTY]),
        else_=REPORT.c.status,
    )


def _due_on() -> ColumnElement[date]:
    """Name the day on which a unit's report is due: `due_government` and `due_others` are the usual ones."""
    usual = case(
        (reporters() == literal(Reporters.GOVERNMENT.value), bindparam("due_government", type_=Date)),
        else_=bindparam("due_others", type_=Date),
    )
    return func.coalesce(_EXTENSION.c.until, COLLECTION_DATES.c.due_on, usual)


def _standing(branches: Branches | None, *more: ColumnElement[Any]) -> Subquery:
    """Return a query of every unit that owes a report, and where it stands."""
    down, dates = owing(branches), COLLECTION_DATES.c
    near = down.c.collection_id
    reported = and_(REPORT.c.agency_id == down.c.agency_id, REPORT.c.year == bindparam("of_year"))
    return (
        select(
            down.c.branch_id,
            _state().label("state"),
            _due_on().label("due_on"),
            is_revised().label("is_corrected"),
            *(REPORT.c.filled, REPORT.c.nonzero, REPORT.c.days_late),
            *more,
        )
        .select_from(down)
        .join(AGENCY, AGENCY.c.id == down.c.agency_id)
        .outerjoin(REPORT, reported)
        .outerjoin(COLLECTION_DATES, and_(dates.collection_id == near, dates.reporters == reporters()))
        .outerjoin(_EXTENSION, granted(_EXTENSION, near, down.c.agency_id, ExceptionKind.EXTENSION))
        .outerjoin(_EXCUSE, granted(_EXCUSE, near, down.c.agency_id, ExceptionKind.EXCUSE))
        .where(is_expected())
        .subquery("standing")
    )


def prefer_indexes(session: ReadSession) -> None:
    """Let PostgreSQL look the reports of a small subtree up one by one, until the transaction ends.

    It can't foresee how small the part of a tree is that a query goes down, and reads those of all others.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL enable_hashjoin = off"))
        session.execute(text("SET LOCAL enable_mergejoin = off"))


def tally(
    session: ReadSession, bound: Mapping[str, object], branches: Branches | None
) -> dict[int | None, Tally]:
    """Count the units of a subtree, by what heads the part of it that they stand in; see `bound_to`.

    None stands for those that stand in no part.
    """
    states: dict[int | None, dict[ProgressState, int]] = defaultdict(dict)
    others: dict[int | None, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for branch, name, count, *sums in session.connection().execute(_tally(branches), bound):
        state = STATES[name]
        states[branch][state] = count
        for place, tells in enumerate(_TELLING[state]):
            if tells:
                others[branch][place] += sums[place]
    return {branch: Tally(counts, *others[branch]) for branch, counts in states.items()}


STATES = {state.value: state for state in ProgressState}
_TELLING = {
    state: (state.is_received, state is ProgressState.PUBLISHED, state.is_received, state.is_missing)
    for state in ProgressState
}
"""In which states it is counted what is 零报告, corrected, late, overdue."""


@cache
def _tally(branches: Branches | None) -> Statement:
    unit = _standing(branches).c
    # which of these tell something in a state is known when they come: asked of each unit, they take longer
    conditions = (
        and_(unit.filled == bindparam("cells"), unit.nonzero == 0),
        unit.is_corrected,
        unit.days_late > 0,
        unit.due_on < bindparam("today"),
    )
    sums = (func.sum(case((condition, 1), else_=0)) for condition in conditions)
    chosen = select(unit.branch_id, unit.state, func.count(), *sums)
    return chosen.group_by(unit.branch_id, unit.state)


def list_heads(session: ReadSession, agency_ids: Group[int], day: date) -> list[tuple[int, str, str]]:
    """Return row number, code and name on a day of agencies, by their codes."""
    found: list[tuple[int, str, str]] = []
    keys = list(agency_ids)
    for start in range(0, len(keys), _AT_ONCE):
        some = {"keys": keys[start : start + _AT_ONCE], "day": day}
        found += [(row[0], row[1], row[2]) for row in session.connection().execute(_heads(), some)]
    return sorted(found, key=lambda head: head[1])


@cache
def _heads() -> Statement:
    chosen = select(AGENCY.c.id, AGENCY.c.code, name_on(bindparam("day")))
    return chosen.where(AGENCY.c.id.in_(bindparam("keys", expanding=True)))


@dataclass(frozen=True, slots=True)
class StandingRow:
    """A unit that owes a report, and where it stands.

    Attributes:
        state: one of `ProgressState`.
        due_on: the last day on which its report is in time.
        is_corrected: whether what is published is being corrected.
        filled: how many cells of its report hold a number; None where it has none.
        nonzero: how many hold another than 0.
        days_late: by how many days its last 上报 was late.
        agency_id: its row number.
        code: its code.
        name: its name.
        level: its level.
        kind: its kind.
        excuse: why it is excused, if it was, though it may have reported all the same.
        report_id: its report's row number.
        status: its report's state.
    """

    state: str
    due_on: date
    is_corrected: bool | None
    filled: int | None
    nonzero: int | None
    days_late: int | None
    agency_id: int
    code: str
    name: str
    level: str
    kind: str
    excuse: str | None
    report_id: int | None
    status: str | None


def list_standing(
    session: ReadSession,
    bound: Mapping[str, object],
    states: Group[ProgressState],
    after: str,
    limit: int,
) -> list[StandingRow]:
    """Return up to *limit* units of a subtree that stand so, by code, from after *after*; see `bound_to`."""
    wanted = {"states": [state.value for state in states], "after": after, "limit": limit}
    rows = session.connection().execute(_list_standing(), {**bound, **wanted})
    return [StandingRow(*row) for row in rows]


@cache
def _list_standing() -> Statement:
    called = name_on(bindparam("day")).label("name")
    about = (AGENCY.c.id, AGENCY.c.code, called, AGENCY.c.level, AGENCY.c.kind)
    reported = (_EXCUSE.c.reason, REPORT.c.id.label("report_id"), REPORT.c.status)
    unit = _standing(None, *about, *reported).c
    columns = [column for name, column in unit.items() if name != "branch_id"]
    chosen = select(*columns).where(
        unit.state.in_(bindparam("states", expanding=True)), unit.code > bindparam("after", type_=Code)
    )
    return chosen.order_by(unit.code).limit(bindparam("limit"))


@dataclass(frozen=True, slots=True)
class LastStep:
    """The step that a report took last."""

    action: str
    taken_by: str
    taken_at: datetime


def last_steps(session: ReadSession, report_ids: Group[int]) -> dict[int, LastStep]:
    """Return the step that each of some reports took last; those that took none are absent."""
    last = select(func.max(STEP.c.id)).where(STEP.c.report_id.in_(report_ids)).group_by(STEP.c.report_id)
    columns = (STEP.c.report_id, STEP.c.action, STEP.c.taken_by, STEP.c.taken_at)
    rows = session.execute(select(*columns).where(STEP.c.id.in_(last)))
    return {row[0]: LastStep(*row[1:]) for row in rows}


def zeros_stated(session: ReadSession, report_ids: Group[int]) -> dict[int, str]:
    """Return who stated last that cells of reports are zero; where nobody did, the report is absent."""
    stated = ZERO_STATEMENT.c
    last = select(func.max(stated.id)).where(stated.report_id.in_(report_ids)).group_by(stated.report_id)
    rows = session.execute(select(stated.report_id, stated.stated_by).where(stated.id.in_(last)))
    return {row[0]: row[1] for row in rows}


def count_reminders(
    session: ReadSession, agency_ids: Group[int], year: int
) -> dict[int, tuple[int, datetime]]:
    """Return how often agencies were reminded of their report of a year, and when lastly."""
    sent = REMINDER.c
    chosen = select(sent.agency_id, func.max(sent.number), func.max(sent.sent_at))
    chosen = chosen.where(sent.agency_id.in_(agency_ids), sent.year == year).group_by(sent.agency_id)
    return {row[0]: (row[1], row[2]) for row in session.execute(chosen)}
