"""Where units stand, as the database says it, against the same in plain Python; any tree, any mixture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, update

from app.domain.collections import freezes_on, usual_dates
from app.domain.lifecycle import Status
from app.domain.progress import Branches, ProgressState
from app.services.agencies import find_agency
from app.services.progress import Progress, UnitProgress, find_progress, list_units
from app.storage.collection_models import COLLECTION, COLLECTION_EXCEPTION
from app.storage.collections import set_dates
from app.storage.models import REPORT
from tests.services.trees import NOON, SOMEBODY, YEAR, Unit, clear, forests, plant, standing_under

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.storage.engine import Database, WriteSession

FEW = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
RECEIVED = (Status.SUBMITTED, Status.ACCEPTED, Status.PUBLISHED)


@dataclass(frozen=True)
class Case:
    """How a unit's report stands, and what its unit was granted."""

    filled: int
    was_published: bool
    is_excused: bool


CASES = st.builds(Case, st.sampled_from((0, 1, 200)), st.booleans(), st.booleans())


def state_of(unit: Unit, case: Case) -> ProgressState:
    """Say in plain Python where a unit stands."""
    is_corrected = case.was_published and unit.status not in {None, Status.PUBLISHED}
    is_received = is_corrected or (unit.status in RECEIVED and case.filled > 0)
    if case.is_excused and not is_received:
        return ProgressState.EXCUSED
    if unit.status is None:
        return ProgressState.NOT_STARTED
    if is_corrected:
        return ProgressState.PUBLISHED
    return ProgressState(unit.status) if case.filled else ProgressState.EMPTY


def prepare(database: Database, units: Sequence[Unit], cases: dict[str, Case]) -> None:
    """Register units, let the first collect the year, and let each stand as its case says."""
    plant(database, units)
    with database.writing() as session:
        keys = {unit.code: find_agency(session, SOMEBODY, unit.code).id or 0 for unit in units}
        _collect(session, keys[units[0].code])
        for unit in units:
            case = cases[unit.code]
            counted = {"filled": case.filled, "nonzero": 0, "days_late": None}
            stands = update(REPORT).where(REPORT.c.agency_id == keys[unit.code]).values(**counted)
            session.execute(stands.values(published_version=1 if case.was_published else None))
            if case.is_excused:
                _excuse(session, keys[unit.code])


def _collect(session: WriteSession, agency_id: int) -> None:
    usual = usual_dates(YEAR)
    row = {"id": 1, "agency_id": agency_id, "year": YEAR, "freezes_on": freezes_on(usual), "revision": 1}
    session.execute(insert(COLLECTION), [row | {"opened_by": "测试", "opened_at": NOON, "updated_at": NOON}])
    set_dates(session, 1, usual)


def _excuse(session: WriteSession, agency_id: int) -> None:
    row = {"collection_id": 1, "agency_id": agency_id, "kind": "excuse", "reason": "撤销"}
    session.execute(insert(COLLECTION_EXCEPTION), [row | {"granted_by": "测试", "granted_at": NOON}])


def all_of(database: Database, code: str, by: Branches | None = None) -> tuple[Progress, list[UnitProgress]]:
    with database.reading() as session:
        found = find_progress(session, SOMEBODY, code, YEAR, by)
        return found, list_units(session, found, limit=100)


@FEW
@given(units=forests(), data=st.data())
def test_any_mixture_stands_as_plain_python_says_and_adds_up(
    database: Database, units: list[Unit], data: st.DataObject
) -> None:
    clear(database)
    # of a collection only what stands below it can be excused
    below = {unit.code for unit in standing_under(units, units[0].code)}
    cases = {unit.code: data.draw(CASES) for unit in units}
    cases |= {
        code: Case(case.filled, case.was_published, is_excused=False)
        for code, case in cases.items()
        if code not in below
    }
    prepare(database, units, cases)
    for top in units:
        expected = [unit for unit in standing_under(units, top.code) if unit.is_expected]
        if not standing_under(units, top.code):
            continue
        found, listed = all_of(database, top.code)
        states = {unit.code: state_of(unit, cases[unit.code]) for unit in expected}
        assert {unit.code: unit.state for unit in listed} == states
        assert found.tally.expected == len(expected)
        for rate in (found.tally.received_rate, found.tally.accepted_rate):
            assert rate is None or 0 <= rate <= 1
        for by in Branches:
            parts, _ = all_of(database, top.code, by)
            assert sum(branch.tally.expected for branch in parts.branches) == len(expected)
            assert parts.tally == found.tally


@pytest.mark.parametrize(("due", "late"), [(-1, 1), (0, 0), (1, 0)])
def test_what_is_missing_is_late_from_the_day_after(database: Database, due: int, late: int) -> None:
    prepare(database, [Unit("1", None, status=None)], {"1": Case(0, was_published=False, is_excused=False)})
    with database.reading() as session:
        today = find_progress(session, SOMEBODY, "1", YEAR).today
    with database.writing() as session:
        until = {
            "kind": "extension",
            "until": today + timedelta(days=due),
            "collection_id": 1,
            "agency_id": 1,
        }
        granted = {"reason": "换人", "granted_by": "测试", "granted_at": datetime.now(UTC)}
        session.execute(insert(COLLECTION_EXCEPTION), [until | granted])
    found, (unit,) = all_of(database, "1")
    assert (unit.days_late, found.tally.overdue) == (late, late)
    assert unit.due_on == today + timedelta(days=due) > date(2022, 1, 31)
