"""How long a nation's progress takes: `python -m bench.progress [counties] [sqlite] [postgresql]`.

Whole counties of 50 units are made up, most units with a report in some state and its 200 numbers, some
counties with dates, extensions and excuses of their own.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import insert, literal, select
from starlette.testclient import TestClient

from app.auth.actor import COMMAND_LINE
from app.domain.agencies import BEGINNING, AgencyKind, AgencyLevel, ReportScope
from app.domain.collections import freezes_on, usual_dates
from app.domain.content import document_of
from app.domain.lifecycle import Status
from app.forms.annual_2021 import FORM
from app.main import create_app
from app.services.agencies import find_agency
from app.services.agency_details import AgencyDetails
from app.services.contents import empty_content
from app.services.demo import made_up_content
from app.services.obligations import obligations_of
from app.settings import Settings
from app.storage.collection_models import COLLECTION, COLLECTION_DATES, COLLECTION_EXCEPTION
from app.storage.engine import open_database
from app.storage.models import AGENCY, PLACEMENT, REPORT, VERSION, Agency
from app.storage.numbers import TABLES, WORKING
from app.storage.schema import migrate
from bench.report import about_this_run
from bench.service import databases
from tests.desk import Desk, plant_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection

    from app.storage.engine import Database

YEAR, UNITS, COUNTIES, PREFECTURES = 2025, 50, 9, 11
CELLS = len(FORM.cells)
TIMES = 9
AT_ONCE = 10_000
COLLECTING = 10
"""One county in so many has dates of its own."""
NOW = datetime(2026, 1, 20, tzinfo=UTC)
KINDS = (AgencyKind.DEPARTMENT, AgencyKind.DEPARTMENT, AgencyKind.GOVERNMENT, AgencyKind.SUBDISTRICT)
STATES = (None, Status.DRAFT, Status.DRAFT, Status.RETURNED, *([Status.SUBMITTED] * 4), Status.ACCEPTED)


def main() -> None:
    """Make a nation in each kind of database and time the progress of its counties."""
    wanted = sys.argv[1:]
    counties = int(wanted.pop(0)) if wanted and wanted[0].isdigit() else 3000
    print(about_this_run())
    with databases(*wanted) as urls:
        for name, url in urls.items():
            database = open_database(url, 5)
            migrate(database)
            plant_tokens(database)
            started = time.monotonic()
            plant(database, counties)
            made = time.monotonic() - started
            print(f"{name}: {counties} counties of {UNITS} units, made in {made:.0f} s")
            with Desk(create_app(Settings(database_url=url, export_workers=0))) as desk:
                report(name, desk, database)
            database.engine.dispose()


def report(name: str, desk: TestClient, database: Database) -> None:
    """Time what is asked of a nation, a province and a county."""
    for code, params in (
        ("N", {"by": "county"}),
        ("N", {"by": "children"}),
        ("P000", {"by": "county"}),
        ("D00000", {}),
        ("D00000", {"format": "html"}),
        ("D00000", {"format": "xlsx"}),
    ):
        path = f"/api/v1/collections/{code}/{YEAR}/progress"
        timed(f"{name}: {path} {params}", partial(_get, desk, path, params))
    for code in ("N", "P000", "D00000"):
        timed(f"{name}: obligations_of {code}", partial(_owed, database, code))


def _get(desk: TestClient, path: str, params: Mapping[str, str]) -> str:
    answer = desk.get(path, params=params)
    if answer.status_code != 200:  # noqa: PLR2004 - all is well
        return answer.text
    shown = answer.json() if params.get("format") is None else {}
    return f"{len(shown.get('branches', []))} rows, {shown.get('counts', {}).get('expected')} expected"


def _owed(database: Database, code: str) -> str:
    with database.reading() as session:
        return f"{len(obligations_of(session, find_agency(session, COMMAND_LINE, code), YEAR).units)} units"


def timed(what: str, call: Callable[[], str]) -> None:
    """Say how long a call takes, the median of some and the longest."""
    said, took, used = call(), [], []
    for _ in range(TIMES):
        started, busy = time.perf_counter(), time.process_time()
        call()
        took.append((time.perf_counter() - started) * 1000)
        used.append((time.process_time() - busy) * 1000)
    own = f"{statistics.median(used):.0f} ms of processor time in this process"
    print(f"{what}: {statistics.median(took):.0f} ms, at most {max(took):.0f} ms, {own} ({said})")


def plant(database: Database, counties: int) -> None:
    """Fill an empty database with a nation of so many counties."""
    chance = random.Random(1)
    with database.engine.begin() as connection:
        _insert(connection, list(_above(counties)))
        units = [_unit(chance, number) for number in range(counties * UNITS)]
        _insert(connection, units)
        rows = [row for number in range(len(units)) if (row := _reported(chance, number)) is not None]
        for start in range(0, len(rows), AT_ONCE):
            connection.execute(insert(REPORT), rows[start : start + AT_ONCE])
        _number(connection)
        _write(connection)
        _collect(connection, counties)
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")


def _insert(connection: Connection, rows: list[tuple[dict[str, object], dict[str, object]]]) -> None:
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        connection.execute(insert(AGENCY), [row for row, _ in part])
        connection.execute(insert(PLACEMENT), [placed for _, placed in part])


def _above(counties: int) -> Iterator[tuple[dict[str, object], dict[str, object]]]:
    government = AgencyKind.GOVERNMENT
    yield _agency(1, "N", "示例国", AgencyLevel.NATION, government, None)
    prefectures = -(-counties // COUNTIES)
    for province in range(-(-prefectures // PREFECTURES)):
        yield _agency(
            100 + province, f"P{province:03}", f"示例{province}省", AgencyLevel.PROVINCE, government, 1
        )
    for prefecture in range(prefectures):
        above = 100 + prefecture // PREFECTURES
        name = f"示例{prefecture}市"
        yield _agency(1000 + prefecture, f"C{prefecture:04}", name, AgencyLevel.PREFECTURE, government, above)
    for county in range(counties):
        above, name = 1000 + county // COUNTIES, f"示例{county}县人民政府"
        yield _agency(10_000 + county, f"D{county:05}", name, AgencyLevel.COUNTY, government, above)


def _unit(chance: random.Random, number: int) -> tuple[dict[str, object], dict[str, object]]:
    kind = chance.choice(KINDS)
    level = AgencyLevel.COUNTY if kind is AgencyKind.DEPARTMENT else AgencyLevel.TOWNSHIP
    name = f"示例{number // UNITS}县第{number % UNITS}单位"
    return _agency(100_000 + number, f"U{number:06}", name, level, kind, 10_000 + number // UNITS)


def _agency(
    number: int, code: str, name: str, level: AgencyLevel, kind: AgencyKind, parent: int | None
) -> tuple[dict[str, object], dict[str, object]]:
    scope = ReportScope.OWN if code.startswith("U") else ReportScope.AGGREGATE
    row = {"id": number, "code": code, "name": name, "level": level, "kind": kind, "in_rollup": True}
    row |= {"report_scope": scope, "revision": 1, "created_at": NOW, "updated_at": NOW}
    placed: dict[str, object] = {
        "agency_id": number,
        "parent_id": parent,
        "valid_from": BEGINNING,
        "valid_to": None,
    }
    return row, placed


def _reported(chance: random.Random, number: int) -> dict[str, object] | None:
    status = chance.choice(STATES)
    if status is None:
        return None
    filled = CELLS if status not in {Status.DRAFT, Status.RETURNED} else chance.choice((0, 90, CELLS))
    return {
        "id": number + 1,
        "agency_id": 100_000 + number,
        "year": YEAR,
        "form": FORM.version,
        "status": status,
        "revision": 2,
        "version": 1,
        "was_submitted": status is not Status.DRAFT,
        "filled": filled,
        "nonzero": chance.choice((0, filled)),
        "days_late": None if status is Status.DRAFT else chance.choice((0, 0, 3)),
        "chain": f"D{number // UNITS:05}",
        "created_at": NOW,
        "updated_at": NOW,
    }


def _write(connection: Connection) -> None:
    """Give the reports of the first province what they say, which its counties' pages are judged by."""
    level, kind = AgencyLevel.TOWNSHIP, AgencyKind.DEPARTMENT
    details = AgencyDetails("K", "＃", level, kind, None)
    agency = Agency(
        code="K",
        name="＃",
        level=level,
        kind=kind,
        report_scope=ReportScope.OWN,
        created_at=NOW,
        updated_at=NOW,
    )
    content = made_up_content(empty_content(FORM, YEAR, agency), details)
    said = json.dumps(document_of(content), ensure_ascii=False)
    columns = (REPORT.c.id, literal(1), literal(said), literal("示例"), REPORT.c.created_at)
    chosen = select(*columns).where(REPORT.c.id <= COUNTIES * PREFECTURES * UNITS)
    connection.execute(insert(VERSION).from_select(list(VERSION.columns), chosen))


def _number(connection: Connection) -> None:
    """Give every report its 200 numbers."""
    table = TABLES[FORM.version]
    path = literal("/N/") + AGENCY.c.code + literal("/")
    chosen = select(
        *(REPORT.c.id, literal(WORKING), REPORT.c.year, path),
        *(literal(place) for place in range(CELLS)),
    ).join(AGENCY, AGENCY.c.id == REPORT.c.agency_id)
    connection.execute(insert(table).from_select(list(table.columns), chosen))


def _collect(connection: Connection, counties: int) -> None:
    usual = usual_dates(YEAR)
    for number, county in enumerate(range(0, counties, COLLECTING), 1):
        row = {"id": number, "agency_id": 10_000 + county, "year": YEAR, "freezes_on": freezes_on(usual)}
        row |= {"revision": 1, "opened_by": "示例", "opened_at": NOW, "updated_at": NOW}
        connection.execute(insert(COLLECTION), row)
        dates = [
            {"collection_id": number, "reporters": key, "due_on": each.due_on - timedelta(days=10)}
            for key, each in usual.items()
        ]
        connection.execute(insert(COLLECTION_DATES), dates)
        granted = {"collection_id": number, "reason": "示例", "granted_by": "示例", "granted_at": NOW}
        until = date(YEAR + 1, 2, 28)
        first = 100_000 + county * UNITS
        rows = [
            {**granted, "agency_id": first, "kind": "excuse", "until": None},
            {**granted, "agency_id": first + 1, "kind": "extension", "until": until},
        ]
        connection.execute(insert(COLLECTION_EXCEPTION), rows)


if __name__ == "__main__":
    main()
