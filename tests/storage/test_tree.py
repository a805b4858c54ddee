"""The agency tree on a day, on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from app.auth.actor import COMMAND_LINE
from app.domain.agencies import BEGINNING, reference_day
from app.domain.lifecycle import Status
from app.services.agencies import find_agency, key_of
from app.storage.engine import open_database
from app.storage.members import members_on
from app.storage.models import AgencyPlacement
from app.storage.numbers import TABLES, path_of
from app.storage.sums import Subtree, list_filed
from app.storage.tree import (
    Span,
    ids_below,
    last_placement,
    lineage_on,
    placement_on,
    subtree_on,
    would_circle,
)
from tests.services.trees import YEAR, Unit, clear, file_as, forests, plant, standing_under

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.storage.engine import Database, ReadSession

DAY = reference_day(YEAR)
MERGER = date(2022, 7, 1)


def key(session: ReadSession, code: str) -> int:
    return key_of(find_agency(session, COMMAND_LINE, code))


@pytest.fixture
def both(sqlite_url: str, postgres_url: str) -> Iterator[list[Database]]:
    """Open a database of each kind."""
    databases = [open_database(url, 2) for url in (sqlite_url, postgres_url)]
    yield databases
    for database in databases:
        database.engine.dispose()


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(units=forests())
def test_what_stands_above_and_below_is_what_walking_the_tree_finds(
    both: list[Database], units: list[Unit]
) -> None:
    for database in both:
        clear(database)
        plant(database, units)
        with database.reading() as session:
            for unit in units:
                expect_subtree(session, units, unit.code)
                expect_lineage(session, units, unit)


def expect_subtree(session: ReadSession, units: list[Unit], code: str) -> None:
    under = standing_under(units, code)
    placed = subtree_on(session, key(session, code), DAY)
    assert [(place.agency.code, place.parent) for place in placed] == [(u.code, u.parent) for u in under]
    depths = {place.agency.code: place.depth for place in placed}
    for unit in under:
        assert depths[unit.code] == (0 if unit.code == code else depths[str(unit.parent)] + 1)
    members = members_on(session, key(session, code), DAY)
    assert [(each.code, each.is_expected) for each in members] == [(u.code, u.is_expected) for u in under]
    parents = {each.code: each.parent_id for each in members}
    assert parents == {u.code: None if u.parent is None else key(session, u.parent) for u in under}


def expect_lineage(session: ReadSession, units: list[Unit], unit: Unit) -> None:
    lineage = codes_above(session, unit.code, DAY)
    above = [other.code for other in units if unit in standing_under(units, other.code)]
    assert sorted(lineage) == sorted(above)
    assert lineage[-1:] == above[-1:]
    for upper, lower in pairwise(lineage):
        assert next(u.parent for u in units if u.code == lower) == upper


def codes_above(session: ReadSession, code: str, day: date) -> list[str]:
    return [rung.code for rung in lineage_on(session, code, day)]


def a_town_that_moved(database: Database) -> None:
    """Let a town pass from one county to another on the day of their merger."""
    plant(database, [Unit(code, None, status=None) for code in ("C1", "C2")])
    plant(database, [Unit("town", "C1", status=None, valid_to=MERGER), Unit("village", "town", status=None)])
    with database.writing() as session:
        town, county = key(session, "town"), key(session, "C2")
        session.add(AgencyPlacement(agency_id=town, parent_id=county, valid_from=MERGER))


def test_a_place_holds_from_its_first_day_to_the_day_before_its_end(database: Database) -> None:
    a_town_that_moved(database)
    eve = MERGER - timedelta(days=1)
    with database.reading() as session:
        town = key(session, "town")
        found = {day: codes_above(session, "town", day) for day in (BEGINNING, eve, MERGER)}
        assert found == {BEGINNING: ["C1", "town"], eve: ["C1", "town"], MERGER: ["C2", "town"]}
        assert codes_above(session, "town", BEGINNING - timedelta(days=1)) == []
        assert placement_on(session, town, BEGINNING - timedelta(days=1)) is None
        on_merger = placement_on(session, town, MERGER)
        assert on_merger is not None
        assert on_merger.parent_id == key(session, "C2")
        assert last_placement(session, town).id == on_merger.id


def test_what_stands_below_a_unit_that_moved_went_with_it(database: Database) -> None:
    a_town_that_moved(database)
    with database.reading() as session:
        assert codes_above(session, "village", reference_day(2021)) == ["C1", "town", "village"]
        assert codes_above(session, "village", reference_day(2022)) == ["C2", "town", "village"]
        for county, year, below in (("C1", 2021, 2), ("C1", 2022, 0), ("C2", 2021, 0), ("C2", 2022, 2)):
            assert len(subtree_on(session, key(session, county), reference_day(year))) == 1 + below


def test_whatever_ever_stood_below_is_found_for_filing_again(database: Database) -> None:
    a_town_that_moved(database)
    with database.reading() as session:
        below = {key(session, "town"), key(session, "village")}
        for county in ("C1", "C2"):
            found = ids_below(session, key(session, county))
            assert sorted(found) == sorted({key(session, county), *below})
        assert ids_below(session, key(session, "village")) == [key(session, "village")]


@pytest.mark.parametrize(
    ("span", "above_town"),
    [
        (Span(BEGINNING, None), {"C1", "C2"}),
        (Span(BEGINNING, MERGER), {"C1"}),
        (Span(MERGER, None), {"C2"}),
        (Span(MERGER - timedelta(days=1), MERGER + timedelta(days=1)), {"C1", "C2"}),
    ],
)
def test_a_unit_can_t_stand_below_itself_on_any_day(
    database: Database, span: Span, above_town: set[str]
) -> None:
    a_town_that_moved(database)
    with database.writing() as session:
        keys = {code: key(session, code) for code in ("C1", "C2", "town", "village")}
        circles = {
            (above, below)
            for above, above_key in keys.items()
            for below, below_key in keys.items()
            if would_circle(session, above_key, below_key, span)
        }
    proper = {(county, below) for county in above_town for below in ("town", "village")}
    assert circles == proper | {("town", "village")} | {(code, code) for code in keys}


def test_reports_of_other_years_are_not_this_year_s(database: Database) -> None:
    unit = Unit("C1", None, status=None)
    plant(database, [unit])
    with database.writing() as session:
        file_as(session, unit, Status.DRAFT, 2022)
    with database.reading() as session:
        subtrees = {year: Subtree(year, path_of(["C1"]), ("submitted",)) for year in (2021, 2022)}
        filed = {
            year: list_filed(session.connection(), TABLES["2021"], subtree)
            for year, subtree in subtrees.items()
        }
    assert filed[2021] == []
    assert [(each.agency, each.own_status, each.counts) for each in filed[2022]] == [("C1", "draft", False)]
