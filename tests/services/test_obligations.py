"""Who owes a report: by the tree of 31 December, by the nearest collection, frozen from a day on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.domain.agencies import AgencyKind, AgencyLevel, ReportScope
from app.domain.collections import Dates, Reporters, Standing
from app.services.agencies import create_agency, delete_agency, find_agency, replace_agency
from app.services.collections import put_collection
from app.services.obligations import Obligations, obligations_of
from app.services.versions import BasedOn
from app.storage.collection_models import COLLECTION_UNIT
from tests.services.trees import SOMEBODY, YEAR, Unit, plant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.storage.engine import Database, ReadSession, WriteSession

FAR = Dates(date(2999, 1, 31))
LATER = dict.fromkeys(Reporters, FAR)
ANY = BasedOn(None)
COUNTY = Unit("c", "p", AgencyLevel.COUNTY, scope=ReportScope.AGGREGATE, status=None)
OFFICE = Unit("c-office", "c", AgencyLevel.COUNTY, AgencyKind.OFFICE, status=None)
TOWN, OTHER = Unit("c-1", "c", status=None), Unit("c-2", "c", status=None)
TAXES = Unit("c-tax", "c", AgencyLevel.COUNTY, AgencyKind.DEPARTMENT, in_rollup=False, status=None)
TREE = [
    Unit("p", None, AgencyLevel.PREFECTURE, status=None),
    COUNTY,
    OFFICE,
    TOWN,
    OTHER,
    TAXES,
    Unit("d", "p", AgencyLevel.COUNTY, scope=ReportScope.AGGREGATE, status=None),
    Unit("d-1", "d", status=None),
]


def owed(session: ReadSession, code: str) -> Obligations:
    return obligations_of(session, find_agency(session, SOMEBODY, code), YEAR)


def collect(session: WriteSession, code: str, dates: Mapping[Reporters, Dates]) -> None:
    put_collection(session, SOMEBODY, (code, YEAR), dates, None)


def codes(found: Obligations) -> list[str]:
    return [unit.code for unit in found.units]


def standings(found: Obligations) -> dict[str, Standing]:
    return {unit.code: unit.standing for unit in found.units}


def test_without_a_collection_the_usual_days_hold_and_nobody_is_excused(database: Database) -> None:
    plant(database, TREE)
    with database.reading() as session:
        found = owed(session, "p")
    assert {unit.code: unit.due_on for unit in found.units} == {
        "p": date(2022, 3, 31),
        "c-office": date(2022, 1, 31),
        "c-1": date(2022, 1, 31),
        "c-2": date(2022, 1, 31),
        "d-1": date(2022, 1, 31),
    }
    assert found.expected == found.units
    assert (found.frozen, found.removed, {*standings(found).values()}) == (None, [], {Standing.OPEN})


def test_the_nearest_collection_holds(database: Database) -> None:
    plant(database, TREE)
    with database.writing() as session:
        collect(session, "p", {Reporters.TOWNSHIP: Dates(date(2022, 1, 20))})
        collect(session, "c", {Reporters.TOWNSHIP: Dates(date(2022, 1, 15))})
    with database.reading() as session:
        found = {unit.code: unit.due_on.day for unit in owed(session, "p").units}
        assert found == {"p": 31, "c-office": 31, "c-1": 15, "c-2": 15, "d-1": 20}
        assert [unit.due_on.day for unit in owed(session, "d").units] == [20]


def test_who_is_expected_is_frozen_before_the_tree_first_changes_after_the_first_due_day(
    database: Database,
) -> None:
    plant(database, TREE)
    with database.writing() as session:
        collect(session, "c", {})
        collect(session, "d", LATER)
    with database.reading() as session:
        assert owed(session, "c").frozen is None
    with database.writing() as session:
        create_agency(session, SOMEBODY, Unit("c-3", "c").details)
        create_agency(session, SOMEBODY, Unit("d-2", "d").details)
        delete_agency(session, SOMEBODY, "c-2", ANY)
    with database.reading() as session:
        county, other, above = (owed(session, code) for code in ("c", "d", "p"))
    assert standings(county) == {
        "c-1": Standing.FROZEN,
        "c-3": Standing.ADDED,
        "c-office": Standing.FROZEN,
    }
    assert county.frozen == 3
    assert [(gone.code, gone.name) for gone in county.removed] == [("c-2", "机关c-2")]
    assert (other.frozen, standings(other)) == (None, {"d-1": Standing.OPEN, "d-2": Standing.OPEN})
    assert (above.frozen, above.removed) == (3, county.removed)


def test_an_adjustment_says_since_when(database: Database) -> None:
    """Since the agency itself changed, or else the nearest above it."""
    plant(database, TREE)
    with database.writing() as session:
        collect(session, "c", {})
        collect(session, "d", {})
    with database.writing() as session:
        create_agency(session, SOMEBODY, Unit("c-3", "c").details)
    with database.writing() as session:
        moved = replace(TOWN, parent="d").details
        replace_agency(session, SOMEBODY, moved, ANY)
        delete_agency(session, SOMEBODY, "c-2", ANY)
    with database.reading() as session:
        county, other, above = (owed(session, code) for code in ("c", "d", "p"))
    (added,) = [unit for unit in county.units if unit.standing is Standing.ADDED]
    assert added.adjusted_on is not None
    assert [(gone.code, gone.removed_on) for gone in county.removed] == [
        ("c-1", added.adjusted_on),
        ("c-2", added.adjusted_on),
    ]
    assert [unit.adjusted_on for unit in other.units if unit.code == "c-1"] == [added.adjusted_on]
    # to the prefecture it is expected as before, only elsewhere
    assert standings(above)["c-1"] is Standing.FROZEN
    assert [gone.code for gone in above.removed] == ["c-2"]


def test_it_is_frozen_once_and_later_dates_don_t_undo_it(database: Database) -> None:
    plant(database, TREE)
    with database.writing() as session:
        collect(session, "c", {})
    with database.writing() as session:
        put_collection(session, SOMEBODY, ("c", YEAR), LATER, ANY)
        create_agency(session, SOMEBODY, Unit("c-3", "c").details)
        create_agency(session, SOMEBODY, Unit("c-4", "c").details)
    with database.reading() as session:
        assert owed(session, "c").frozen == 3
        assert session.scalar(select(func.count()).select_from(COLLECTION_UNIT)) == 3


def test_frozen_with_added_and_without_removed_is_who_is_expected(database: Database) -> None:
    plant(database, TREE)
    with database.writing() as session:
        for code in ("p", "c", "d"):
            collect(session, code, {})
    changes = [
        replace(TOWN, parent="d").details,
        replace(OFFICE, in_rollup=False).details,
        replace(TAXES, in_rollup=True).details,
        replace(OTHER, parent="p").details,
        replace(COUNTY, scope=ReportScope.OWN).details,
        Unit("c-9", "c").details,
    ]
    for details in changes:
        with database.writing() as session:
            replace_agency(session, SOMEBODY, details, None if details.code == "c-9" else ANY)
        with database.reading() as session:
            for code in ("p", "c", "d"):
                found = owed(session, code)
                added = sum(standing is Standing.ADDED for standing in standings(found).values())
                assert found.frozen is not None
                assert found.frozen + added - len(found.removed) == len(codes(found)), (code, details)
