"""A nation's reports, made in bulk: numbers straight into the wide table, without prose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, islice
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import BigInteger, Column, MetaData, Table, Text, insert, literal, select, text

from app.domain.agencies import BEGINNING, AgencyKind, AgencyLevel, ReportScope
from app.forms.annual_2021 import FORM
from app.services.agency_details import AgencyDetails
from app.services.contents import empty_content
from app.services.demo import made_up_content
from app.storage.models import AGENCY, PLACEMENT, REPORT, Agency
from app.storage.numbers import TABLES, WORKING, column_name, path_of
from app.storage.schema import migrate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.storage.engine import Database, WriteSession

Thing = TypeVar("Thing")
YEAR = 2025
NOW = datetime(2026, 1, 31, tzinfo=UTC)
PROVINCES, PREFECTURES, COUNTIES, UNITS = 31, 11, 9, 50
SMALL_PROVINCE, SMALL_PREFECTURES, SMALL_COUNTIES, SMALL_UNITS = "P00", 2, 11, 59
"""One province has about as many units as 宁夏: 22 counties, 1 298 units."""
A_COUNTY = "P010101"
SAMPLES = 300
"""So many different sets of figures there are."""
AT_ONCE = 5000
NUMBERS = TABLES[FORM.version]


@dataclass(frozen=True, slots=True)
class Place:
    """An agency to be made.

    Attributes:
        id: its row number.
        code: its code.
        level: on which level it stands.
        lineage: the codes from the top down to it.
        parent_id: row number of the one above it.
    """

    id: int
    code: str
    level: AgencyLevel
    lineage: tuple[str, ...]
    parent_id: int | None

    @property
    def reports(self) -> bool:
        """Whether it owes a report: the others' reports would be aggregates."""
        return self.level is AgencyLevel.TOWNSHIP

    @property
    def state(self) -> str | None:
        """The state of this year's report; a few are missing or drafts."""
        if not self.reports or self.id % 50 == 0:
            return None
        return "draft" if self.id % 50 == 1 else ("submitted", "accepted", "published")[self.id % 3]


def nation() -> Iterator[Place]:
    """Yield every agency, those above first."""
    numbers = count(1)
    top = Place(next(numbers), "N", AgencyLevel.NATION, ("N",), None)
    yield top
    for province in range(PROVINCES):
        is_small = f"P{province:02}" == SMALL_PROVINCE
        shape = (
            (SMALL_PREFECTURES, SMALL_COUNTIES, SMALL_UNITS) if is_small else (PREFECTURES, COUNTIES, UNITS)
        )
        levels = (AgencyLevel.PREFECTURE, AgencyLevel.COUNTY, AgencyLevel.TOWNSHIP)
        above = [_below(next(numbers), top, f"P{province:02}", AgencyLevel.PROVINCE)]
        yield from above
        for level, many in zip(levels, shape, strict=True):
            width = 3 if level is AgencyLevel.TOWNSHIP else 2
            above = [
                _below(next(numbers), upper, f"{upper.code}{each:0{width}}", level)
                for upper in above
                for each in range(many)
            ]
            yield from above


def _below(number: int, above: Place, code: str, level: AgencyLevel) -> Place:
    return Place(number, code, level, (*above.lineage, code), above.id)


def load_nation(database: Database, reports: int) -> None:
    """Store the nation with so many reports: this year's, then last year's until there are enough."""
    migrate(database)
    places = list(nation())
    with database.writing() as session:
        _store_agencies(session, places)
    this_year = [(place, YEAR) for place in places if place.state is not None]
    rest = [(place, YEAR - 1) for place, _ in this_year][: max(reports - len(this_year), 0)]
    with database.writing() as session:
        _store_reports(session, [*this_year, *rest][:reports])
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _batches(things: Iterable[Thing]) -> Iterator[list[Thing]]:
    rest = iter(things)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def _store_agencies(session: WriteSession, places: list[Place]) -> None:
    for some in _batches(places):
        session.execute(insert(AGENCY), [_agency_row(place) for place in some])
        session.execute(insert(PLACEMENT), [_placement_row(place) for place in some])


def _agency_row(place: Place) -> dict[str, object]:
    scope = ReportScope.OWN if place.reports else ReportScope.AGGREGATE
    kind = AgencyKind.DEPARTMENT if place.reports else AgencyKind.GOVERNMENT
    name = f"示例{place.code[:3]}省{place.code[3:5]}市{place.code[5:7]}县第{place.code[7:]}单位"
    who = {"id": place.id, "code": place.code, "name": name, "level": place.level.value, "kind": kind.value}
    rest = {"in_rollup": True, "report_scope": scope.value, "revision": 1}
    return who | rest | {"created_at": NOW, "updated_at": NOW}


def _placement_row(place: Place) -> dict[str, object]:
    return {"agency_id": place.id, "parent_id": place.parent_id, "valid_from": BEGINNING, "valid_to": None}


def _store_reports(session: WriteSession, filed: list[tuple[Place, int]]) -> None:
    """Store reports; the databases copy the figures by themselves, which takes a tenth of the time."""
    cells = [column_name(code) for code in FORM.cells]
    sample = Table("sample", MetaData(), *(Column(name, BigInteger) for name in ("number", *cells)))
    plan = Table(
        "plan",
        MetaData(),
        *(Column(name, BigInteger) for name in ("report_id", "year", "number")),
        Column("path", Text),
    )
    for each in (sample, plan):
        each.create(session.connection())
    session.execute(insert(sample), list(_samples()))
    for some in _batches(enumerate(filed, 1)):
        session.execute(insert(REPORT), [_report_row(number, *each) for number, each in some])
        session.execute(insert(plan), [_plan_row(number, *each) for number, each in some])
    chosen = select(
        plan.c.report_id, literal(WORKING), plan.c.year, plan.c.path, *(sample.c[name] for name in cells)
    ).join(sample, sample.c.number == plan.c.number)
    names = ["report_id", "slot", "year", "path", *cells]
    session.execute(insert(NUMBERS).from_select(names, chosen.order_by(plan.c.report_id)))
    for each in (sample, plan):
        each.drop(session.connection())


def _plan_row(number: int, place: Place, year: int) -> dict[str, object]:
    return {
        "report_id": number,
        "year": year,
        "path": path_of(place.lineage),
        "number": number % SAMPLES,
    }


def _samples() -> Iterator[dict[str, int | None]]:
    for number in range(SAMPLES):
        level = AgencyLevel.TOWNSHIP if number % 3 else AgencyLevel.COUNTY
        details = AgencyDetails(f"K{number}", "示例", level, AgencyKind.DEPARTMENT, None)
        agency = Agency(
            code=details.code,
            name=details.name,
            level=level,
            kind=details.kind,
            report_scope=details.report_scope,
            created_at=NOW,
            updated_at=NOW,
        )
        values = made_up_content(empty_content(FORM, YEAR, agency), details).values
        figures = {column_name(code): value for code, value in values.items()}
        yield {"number": number, **figures}


def _report_row(number: int, place: Place, year: int) -> dict[str, object]:
    status = place.state if year == YEAR else "published"
    is_published = status == "published"
    whose = {"id": number, "agency_id": place.id, "year": year, "form": FORM.version, "status": status}
    state: dict[str, object] = {"revision": 2, "version": 1, "was_submitted": status != "draft"}
    state |= {"published_version": 1 if is_published else None, "chain": place.lineage[-2]}
    return whose | state | {"created_at": NOW, "updated_at": NOW}
