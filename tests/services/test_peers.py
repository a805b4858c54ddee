"""Marks of peers: worked out from all reports of a year that count, by level and kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from app.domain.agencies import AgencyKind, AgencyLevel, ReportScope
from app.domain.lifecycle import Status
from app.domain.years import FEWEST_PEERS
from app.services import peers
from app.services.peers import mark_peers
from app.storage.surroundings import marks_of
from tests.builders import a_balanced_report
from tests.services.trees import YEAR, Unit, plant

if TYPE_CHECKING:
    from app.storage.engine import Database

RECEIVED = "requests.received.total"


def a_town(number: int, **members: object) -> Unit:
    values = a_balanced_report(received=number)
    return Unit(f"{number:03}", "county", values=values, **members)  # type: ignore[arg-type]


def test_marks_are_those_of_reports_that_count_and_speak_for_one_body(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peers, "FEWEST_PEERS", 5)
    towns = [a_town(number) for number in range(100, 110)]
    others = [
        a_town(900, status=Status.DRAFT),
        a_town(901, scope=ReportScope.AGGREGATE),
        a_town(902, kind=AgencyKind.DEPARTMENT),
    ]
    plant(database, [Unit("county", None, AgencyLevel.COUNTY, status=None), *towns, *others])
    started = datetime.now(UTC)
    for _ in range(2):
        mark_peers(database, YEAR)
    with database.reading() as session:
        marks = marks_of(session, YEAR)
        assert marks_of(session, YEAR + 1) == {}
    assert marks.keys() == {("township", "government")}
    mark = marks["township", "government"]
    assert (mark.peers, mark.by_cell[RECEIVED]) == (10, towns[-1].values[RECEIVED])
    assert mark.computed_at >= started


def test_of_few_peers_nothing_is_marked(database: Database) -> None:
    assert FEWEST_PEERS == 200
    plant(database, [Unit("county", None, AgencyLevel.COUNTY, status=None), a_town(1), a_town(2)])
    mark_peers(database, YEAR)
    with database.reading() as session:
        assert marks_of(session, YEAR) == {}
