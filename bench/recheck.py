"""How long `nianbao recheck` takes over a year of a nation: `python -m bench.recheck [reports] [database …]`.

With R27 and without it, on SQLite and on PostgreSQL unless one is named.  The reports are made up: whole
counties of 50 units, two years each, prose of some 1500 characters.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import insert

from app.domain.agencies import BEGINNING, AgencyKind, AgencyLevel, ReportScope
from app.domain.content import document_of
from app.domain.lifecycle import Status
from app.domain.similarity import signature_of
from app.forms.annual_2021 import FORM
from app.services.agency_details import AgencyDetails
from app.services.contents import empty_content
from app.services.demo import made_up_content
from app.storage.bands import PROSE_BAND
from app.storage.engine import open_database
from app.storage.models import AGENCY, PLACEMENT, REPORT, VERSION, Agency
from app.storage.numbers import TABLES, WORKING, column_name, path_of
from app.storage.schema import migrate
from bench.report import about_this_run
from bench.service import databases
from tests.service import COMMAND, environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.domain.content import Content
    from app.storage.engine import Database

Thing = TypeVar("Thing")
YEARS = (2024, 2025)
UNITS = 50
COUNTIES = 10
KINDS = 400
"""Reports that are truly made up; the others are theirs under other names."""
AT_ONCE = 500
NOW = datetime(2026, 1, 20, tzinfo=UTC)
WHO = (
    "办公室",
    "各村（社区）",
    "便民服务中心",
    "党政综合办",
    "各站所",
    "财政所",
    "宣传干事",
    "信息员",
    "分管领导",
)
HOW = ("按月", "逐件", "及时", "按照要求", "结合实际", "对照目录", "依托网站专栏", "通过公开栏", "会同司法所")
DID = ("更新", "梳理", "审查", "公布", "整理归档", "清理", "核对", "解读", "汇编")
WHAT = (
    "政策文件",
    "惠农补贴信息",
    "财政预决算",
    "低保救助名单",
    "重大项目进展",
    "办事指南",
    "征地信息",
    "会议纪要",
    "应急预案",
)
WHY = (
    "方便群众查阅",
    "接受社会监督",
    "没有发生泄密",
    "做到应公开尽公开",
    "没有责任追究的情形",
    "列入年度考核",
    "回应群众关切",
)
COPIED = 5
"""One report in so many has the prose of its kind; the others have their own."""
LENGTH = 1500


def main() -> None:
    """Make the reports in each kind of database and time the command on them."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40_000
    wanted = sys.argv[2:]
    with databases(*wanted) as urls:
        for name, url in urls.items():
            database = open_database(url, 1)
            migrate(database)
            started = time.monotonic()
            plant(database, count)
            database.engine.dispose()
            made = time.monotonic() - started
            print(about_this_run())
            print(f"{name}: {count} reports of a year, made in {made:.0f} s", flush=True)
            for options in (["--without-alike"], []):
                seconds, processor, said = _timed(url, options)
                print(f"{name}: {' '.join(['recheck', *options])}: {seconds:.1f} s on the clock, ", end="")
                print(f"{processor:.1f} s of processor time\n{said}", flush=True)


def _parts(things: Iterable[Thing], size: int) -> Iterator[list[Thing]]:
    rest = iter(things)
    while part := list(islice(rest, size)):
        yield part


def _timed(url: str, options: list[str]) -> tuple[float, float, str]:
    """Return how long the command took, how much of the processors, and what it said."""
    started, used = time.monotonic(), _used()
    year = str(YEARS[-1])
    done = subprocess.run(
        [COMMAND, "recheck", "--year", year, *options],
        env=environment(url),
        check=False,
        capture_output=True,
        text=True,
    )
    return time.monotonic() - started, _used() - used, done.stdout + done.stderr


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def plant(database: Database, count: int) -> None:
    """Fill an empty database with so many units, each with a report of every year."""
    units = list(_units(count))
    above = list(_above(count))
    kinds = {year: [_content(index, year) for index in range(KINDS)] for year in YEARS}
    with database.engine.begin() as connection:
        for part in _parts([*above, *units], AT_ONCE):
            connection.execute(insert(AGENCY), [row for row, _ in part])
            connection.execute(insert(PLACEMENT), [placed for _, placed in part])
    for numbered in _parts(enumerate(units), AT_ONCE):
        with database.engine.begin() as connection:
            reports = [row for index, unit in numbered for row in _reports(index, unit[0], kinds)]
            for table in (REPORT, VERSION, TABLES[FORM.version]):
                connection.execute(insert(table), [row[table.name] for row in reports])
            connection.execute(insert(PROSE_BAND), [band for row in reports for band in row["bands"]])
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")


def _above(count: int) -> Iterator[tuple[dict[str, object], dict[str, object]]]:
    yield _agency(1, "N", "示例国", AgencyLevel.PROVINCE, None)
    counties = -(-count // UNITS)
    for city in range(-(-counties // COUNTIES)):
        yield _agency(2 + city, f"C{city:04}", f"示例{city}市人民政府", AgencyLevel.PREFECTURE, 1)
    for county in range(counties):
        name = f"示例{county}县人民政府"
        yield _agency(10_000 + county, f"D{county:05}", name, AgencyLevel.COUNTY, 2 + county // COUNTIES)


def _units(count: int) -> Iterator[tuple[dict[str, object], dict[str, object]]]:
    for unit in range(count):
        name = f"示例{unit // UNITS}县第{unit % UNITS}镇人民政府"
        yield _agency(100_000 + unit, f"U{unit:06}", name, AgencyLevel.TOWNSHIP, 10_000 + unit // UNITS)


def _agency(
    number: int, code: str, name: str, level: AgencyLevel, parent: int | None
) -> tuple[dict[str, object], dict[str, object]]:
    scope = ReportScope.OWN if level is AgencyLevel.TOWNSHIP else ReportScope.AGGREGATE
    row = {"id": number, "code": code, "name": name, "level": level, "kind": AgencyKind.GOVERNMENT}
    row |= {"in_rollup": True, "report_scope": scope, "revision": 1, "created_at": NOW, "updated_at": NOW}
    placed: dict[str, object] = {
        "agency_id": number,
        "parent_id": parent,
        "valid_from": BEGINNING,
        "valid_to": None,
    }
    return row, placed


def _content(index: int, year: int) -> Content:
    details = AgencyDetails(f"K{index}", "＃", AgencyLevel.TOWNSHIP, AgencyKind.GOVERNMENT, None)
    agency = Agency(
        code=details.code,
        name="＃",
        level=details.level,
        kind=details.kind,
        report_scope=details.report_scope,
        created_at=NOW,
        updated_at=NOW,
    )
    content = made_up_content(empty_content(FORM, year, agency), details)
    chance = random.Random(f"{index} {year}")
    narratives = dict(content.narratives)
    narratives["overview"] = f"{narratives['overview']}\n{_prose(chance)}"
    return replace(content, narratives=narratives)


def _prose(chance: random.Random) -> str:
    said = ""
    while len(said) < LENGTH:
        who, how, did, what, why = (chance.choice(words) for words in (WHO, HOW, DID, WHAT, WHY))
        said += f"{who}{how}{did}{what}，全年{chance.randrange(500)}件，{why}。"
    return said


def _reports(
    index: int, agency: dict[str, object], kinds: dict[int, list[Content]]
) -> Iterator[dict[str, Any]]:
    for place, year in enumerate(YEARS):
        content, number = kinds[year][index % KINDS], index * len(YEARS) + place + 1
        content = _own(content, index, str(agency["name"]))
        document = json.dumps(document_of(content), ensure_ascii=False)
        county = index // UNITS
        path = path_of(["N", f"C{county // COUNTIES:04}", f"D{county:05}", str(agency["code"])])
        yield {
            "report": {
                "id": number,
                "agency_id": agency["id"],
                "year": year,
                "form": FORM.version,
                "status": Status.SUBMITTED,
                "revision": 2,
                "version": 1,
                "was_submitted": True,
                "chain": f"D{county:05}",
                "created_at": NOW,
                "updated_at": NOW,
            },
            "report_version": {
                "report_id": number,
                "number": 1,
                "content": document,
                "saved_by": "示例",
                "saved_at": NOW,
            },
            TABLES[FORM.version].name: {"report_id": number, "slot": WORKING, "year": year, "path": path}
            | {column_name(code): value for code, value in content.values.items()},
            "bands": [{"report_id": number, "band": band, "year": year} for band in signature_of(content)],
        }


def _own(content: Content, index: int, name: str) -> Content:
    """Return a report of a kind under a body's own name, mostly with its own prose."""
    narratives = dict(content.narratives)
    if index % COPIED:
        aspects = (narratives["overview"] or "").rpartition("\n")[0]
        narratives["overview"] = f"{aspects}\n{_prose(random.Random(f'{index} {content.year}'))}"
    title = (content.title or "").replace("＃", name)
    return replace(content, title=title, narratives=narratives)


if __name__ == "__main__":
    main()
