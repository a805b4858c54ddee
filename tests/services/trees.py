"""Agencies with reports for tests, and what a roll-up must make of them, worked out in plain Python."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from sqlalchemy import insert, text

from app.auth.actor import Actor
from app.domain.agencies import BEGINNING, AgencyKind, AgencyLevel, ReportScope, reference_day
from app.domain.lifecycle import Status
from app.domain.roles import Right
from app.forms.annual_2021 import FORM
from app.services.agencies import create_agency, find_agency
from app.services.agency_details import AgencyDetails
from app.services.saving import file_content
from app.storage.audit import SYSTEM
from app.storage.models import AGENCY, METADATA, PLACEMENT, REPORT
from app.storage.numbers import TABLES, WORKING, column_name, path_of
from tests.builders import a_balanced_report, a_content, any_values, balanced_values
from tests.desk import plant_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from starlette.testclient import TestClient

    from app.domain.values import Values
    from app.storage.engine import Database, WriteSession

YEAR = 2021
SOMEBODY = Actor("测试", frozenset(Right))
NOON = datetime(2022, 1, 31, 12, tzinfo=UTC)
ALIKE = ("64", "640", "6403", "64-", "64-03", "A", "A-1", "AA", "a", "a-1", "Z", "z", "0", "00", "-", "9")
"""Codes that begin alike, or differ in case alone."""


@dataclass(frozen=True)
class Unit:
    """An agency, where it stands, and its report of the year if it has one."""

    code: str
    parent: str | None
    level: AgencyLevel = AgencyLevel.TOWNSHIP
    kind: AgencyKind = AgencyKind.GOVERNMENT
    in_rollup: bool = True
    scope: ReportScope = ReportScope.OWN
    valid_from: date = BEGINNING
    valid_to: date | None = None
    status: Status | None = Status.SUBMITTED
    values: Values = field(default_factory=a_balanced_report)

    @property
    def details(self) -> AgencyDetails:
        return AgencyDetails(
            code=self.code,
            name=f"机关{self.code}",
            level=self.level,
            kind=self.kind,
            parent=self.parent,
            in_rollup=self.in_rollup,
            report_scope=self.scope,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
        )

    def stands_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    @property
    def is_expected(self) -> bool:
        return self.in_rollup and self.scope is ReportScope.OWN


def plant(database: Database, units: Iterable[Unit]) -> None:
    """Register agencies and put their reports into the state asked for, whatever rules they break."""
    with database.writing() as session:
        for unit in units:
            create_agency(session, SOMEBODY, unit.details)
        for unit in units:
            if unit.status is not None:
                file_as(session, unit, unit.status)


def file_as(session: WriteSession, unit: Unit, status: Status, year: int = YEAR) -> None:
    """File a unit's report in any state, as an earlier version of the service might have left it."""
    agency = find_agency(session, SOMEBODY, unit.code)
    content = a_content(year=year, agency=agency.name, values=unit.values)
    file_content(session, SOMEBODY, agency, content, draft=True).report.status = status
    session.flush()


def plant_many(database: Database, top: Unit, below: Sequence[Unit]) -> None:
    """Register a unit and many right below it, with reports, in a few statements; codes sort as listed."""
    plant(database, [top])
    with database.writing() as session:
        top_id = find_agency(session, SOMEBODY, top.code).id or 0
        rows = [(top_id + n, top_id + n, unit) for n, unit in enumerate(below, 1)]
        session.execute(insert(AGENCY), [_agency_row(key, unit) for key, _, unit in rows])
        session.execute(insert(PLACEMENT), [_placement_row(key, top_id) for key, _, _ in rows])
        filed = [row for row in rows if row[2].status is not None]
        session.execute(insert(REPORT), [_report_row(*row) for row in filed])
        session.execute(insert(TABLES[FORM.version]), [_numbers_row(top, *row) for row in filed])


def _agency_row(key: int, unit: Unit) -> dict[str, object]:
    details = asdict(unit.details)
    columns = {name: details[name] for name in AGENCY.columns.keys() & details.keys()}
    return {**columns, "id": key, "revision": 1, "created_at": NOON, "updated_at": NOON}


def _placement_row(key: int, above: int) -> dict[str, object]:
    return {"agency_id": key, "parent_id": above, "valid_from": BEGINNING, "valid_to": None}


def _report_row(key: int, report: int, unit: Unit) -> dict[str, object]:
    times = {"created_at": NOON, "updated_at": NOON}
    state = {"status": unit.status, "revision": 1, "version": 1, "was_submitted": True}
    whose = {"id": report, "agency_id": key, "year": YEAR, "form": FORM.version, "chain": SYSTEM}
    return {**whose, **state, **times}


def _numbers_row(top: Unit, _key: int, report: int, unit: Unit) -> dict[str, object]:
    place = {"report_id": report, "slot": WORKING, "year": YEAR, "path": path_of([top.code, unit.code])}
    return place | {column_name(code): value for code, value in unit.values.items()}


def database_of(client: TestClient) -> Database:
    """Return the database of the application that is called."""
    database: Database = client.app.state.database  # type: ignore[attr-defined]  # the application's
    return database


def clear(database: Database) -> None:
    """Empty every table, let row numbers begin at 1 again, and let the database know the tokens again."""
    names = [table.name for table in reversed(METADATA.sorted_tables)]
    with database.writing() as session, without_guards(session):
        if database.engine.dialect.name == "postgresql":
            session.execute(text(f"TRUNCATE {', '.join(names)} RESTART IDENTITY"))
        else:
            for name in (*names, "sqlite_sequence"):
                session.execute(text(f"DELETE FROM {name}"))  # noqa: S608 - our own tables' names
    plant_tokens(database)


@contextmanager
def without_guards(session: WriteSession) -> Iterator[None]:
    """Let history be changed, as somebody might who has the database to themselves."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL session_replication_role = replica"))
        yield
        session.execute(text("SET LOCAL session_replication_role = origin"))
        return
    guards = session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for name, _ in guards:
        session.execute(text(f"DROP TRIGGER {name}"))
    yield
    for _, definition in guards:
        session.connection().exec_driver_sql(definition)


def standing_under(units: Sequence[Unit], code: str, year: int = YEAR) -> list[Unit]:
    """Return the unit of this code and all below it on 31 December, by code; empty where it doesn't stand."""
    day = reference_day(year)
    standing = {unit.code: unit for unit in units if unit.stands_on(day)}

    def is_under(unit: Unit) -> bool:
        return unit.code == code or (unit.parent in standing and is_under(standing[str(unit.parent)]))

    return sorted((unit for unit in standing.values() if is_under(unit)), key=lambda unit: unit.code)


_PERIODS = (
    *[(BEGINNING, None)] * 6,
    (date(YEAR, 12, 31), None),
    (date(YEAR + 1, 1, 1), None),
    (BEGINNING, date(YEAR, 12, 31)),
    (BEGINNING, date(YEAR + 1, 1, 1)),
)
_STATES = (None, Status.DRAFT, Status.RETURNED, Status.ACCEPTED, Status.PUBLISHED, *[Status.SUBMITTED] * 4)


@st.composite
def forests(draw: st.DrawFn, most: int = 9) -> list[Unit]:
    """Generate agencies, upper ones first, in one tree or several, with reports balanced or not."""
    codes = draw(st.lists(st.sampled_from(ALIKE), min_size=1, max_size=most, unique=True))
    units: list[Unit] = []
    for code in codes:
        above = [unit.code for unit in units]
        valid_from, valid_to = draw(st.sampled_from(_PERIODS))
        unit = Unit(
            code,
            draw(st.sampled_from([*above, *above[:1] * 3, None])),
            draw(st.sampled_from(AgencyLevel)),
            draw(st.sampled_from(AgencyKind)),
            draw(st.sampled_from((True, True, True, False))),
            draw(st.sampled_from((ReportScope.OWN, ReportScope.OWN, ReportScope.AGGREGATE))),
            valid_from,
            valid_to,
            draw(st.sampled_from(_STATES)),
            draw(balanced_values(FORM, 10**9) | any_values(FORM)),
        )
        # an agency that stood nowhere that day has no report of the year
        stands = unit.stands_on(reference_day(YEAR))
        units.append(unit if stands else replace(unit, status=None))
    return units
