"""Measures finding reports of alike prose among a province of 20 000, on both databases.

`python -m bench.alike [--units N] [--asked N]`: two years of made-up prose are loaded in bulk: phrases that
all have, templates of counties and one of the province filled in with other numbers, and sentences of each
body's own.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, text

from app.domain.content import Content, texts_of
from app.domain.context import RuleSettings
from app.domain.similarity import signature_of
from app.forms.annual_2021 import FORM
from app.services.alike import find_alike
from app.storage.audit import SYSTEM
from app.storage.bands import PROSE_BAND
from app.storage.engine import open_database
from app.storage.models import AGENCY, REPORT, VERSION, Agency
from app.storage.schema import migrate
from tests.postgres import cluster

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.storage.engine import Database

YEAR = 2024
YEARS = (YEAR - 1, YEAR)
NOW = datetime(2025, 1, 31, tzinfo=UTC)
UNITS_IN_A_COUNTY = 50
AT_ONCE = 1000
LIMIT_MS = 100

COMMON = (
    "坚持以习近平新时代中国特色社会主义思想为指导，深入贯彻落实党中央、国务院关于全面推进政务公开工作的决策部署",
    "严格按照《中华人民共和国政府信息公开条例》的规定，坚持以公开为常态、不公开为例外",
    "及时、准确、全面地公开群众关心的信息，保障人民群众的知情权、参与权和监督权",
    "进一步规范依申请公开办理流程，做好登记、审核、办理、答复、归档各个环节的工作",
    "建立健全信息发布审核机制，严格执行先审查、后公开的程序，确保公开的信息不涉密",
    "公开的内容与群众的需求还有一定差距，信息更新还不够及时，工作人员的业务能力有待进一步提高",
    "下一步将加强业务培训，拓宽公开渠道，完善工作制度，不断提高政府信息公开工作的质量和水平",
    "全年共主动公开政府信息{}条，其中通过政府网站公开{}条，通过政务新媒体公开{}条",
    "全年收到政府信息公开申请{}件，均在法定期限内答复，没有引起行政复议和行政诉讼",
)
WORDS = (
    *("群众", "村务", "账目", "清单", "栏目", "窗口", "补贴", "招标", "工程", "账户", "台账", "公示", "审查"),
    *("会议", "站所", "网格", "大厅", "热线", "信箱", "广播", "培训", "检查", "考核", "通报", "整改", "核对"),
    *("更新", "归档", "解读", "回应", "征集", "座谈", "走访", "评议", "督办", "联络", "值守", "预算", "采购"),
    *("征地", "教育", "医保", "养老", "低保", "饮水", "道路", "住房", "环保", "安全", "农技", "巡查", "档案"),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """How long finding took, in ms; of how many something beyond 80 % was found, and should have been."""

    name: str
    p50: float
    p95: float
    longest: float
    found: int
    copied: int


def sentences(chance: random.Random, count: int) -> list[str]:
    """Make sentences up, with places for numbers."""
    return ["".join(chance.choices(WORDS, k=chance.randrange(8, 16))) + "{}件" for _ in range(count)]


def filled(chance: random.Random, parts: Sequence[str]) -> str:
    """Fill in the numbers of a template."""
    return re.sub("{}", lambda _: str(chance.randrange(200)), "。\n".join(parts)) + "。"


HABITS = ("province", "county {county}", "own {unit}", "anew {unit} {year}")
"""By what the sentences of a report are made: its province, its county, its body, or its body each year."""


def writes_anew(unit: int) -> bool:
    """Tell whether a body's report is like no other."""
    return HABITS[unit % len(HABITS)] == HABITS[-1]


def prose_of(unit: int, year: int) -> dict[str, str | None]:
    """Return a body's prose; what it says follows from its number and the year alone."""
    year_s = random.Random(f"{unit} {year}")
    habit = HABITS[unit % len(HABITS)].format(county=unit // UNITS_IN_A_COUNTY, unit=unit, year=year)
    parts = sentences(random.Random(habit), 20)
    mixed = [*COMMON, *parts[:-3], *sentences(year_s, 3)]
    return {"overview": filled(year_s, mixed[:-6]), "problems": filled(year_s, mixed[-6:])}


def content_of(unit: int, year: int) -> Content:
    """Return a report without numbers."""
    title = FORM.title.format(agency=name_of(unit), year=year)
    return Content(FORM, year, title, None, prose_of(unit, year), {})


def name_of(unit: int) -> str:
    """Return what a body is called."""
    return f"示例{unit // UNITS_IN_A_COUNTY}县第{unit}乡人民政府"


def load(database: Database, units: int) -> None:
    """Store so many bodies, each with a report of this year and of the last."""
    for start in range(0, units, AT_ONCE):
        some = range(start, min(start + AT_ONCE, units))
        reports = [(unit, year) for unit in some for year in YEARS]
        with database.writing() as session:
            session.execute(insert(AGENCY), [_agency_row(unit) for unit in some])
            session.execute(insert(REPORT), [_report_row(*each) for each in reports])
            contents = {_key(*each): content_of(*each) for each in reports}
            session.execute(insert(VERSION), [_version_row(*each) for each in contents.items()])
            session.execute(insert(PROSE_BAND), list(_band_rows(contents)))


def _key(unit: int, year: int) -> int:
    return 2 * unit + YEARS.index(year) + 1


def _agency_row(unit: int) -> dict[str, object]:
    kind = {"level": "township", "kind": "government", "in_rollup": True, "report_scope": "own"}
    times = {"revision": 1, "created_at": NOW, "updated_at": NOW}
    return {"id": unit + 1, "code": f"S{unit:05}", "name": name_of(unit), **kind, **times}


def _report_row(unit: int, year: int) -> dict[str, object]:
    whose = {"id": _key(unit, year), "agency_id": unit + 1, "year": year, "form": FORM.version}
    state = {"status": "submitted", "revision": 1, "version": 1, "was_submitted": True, "chain": SYSTEM}
    return {**whose, **state, "created_at": NOW, "updated_at": NOW}


def _version_row(key: int, content: Content) -> dict[str, object]:
    document = json.dumps(texts_of(content), ensure_ascii=False)
    return {"report_id": key, "number": 1, "content": document, "saved_by": "bench", "saved_at": NOW}


def _band_rows(contents: dict[int, Content]) -> Iterator[dict[str, object]]:
    for key, content in contents.items():
        for band in signature_of(content):
            yield {"report_id": key, "band": band, "year": content.year}


def measure(name: str, database: Database, units: int, asked: int) -> Figures:
    """Look for what is like the reports of some bodies, each in a transaction of its own."""
    took, found, asked_about = [], 0, random.Random(name).sample(range(units), asked)
    for unit in asked_about:
        content = content_of(unit, YEAR)
        with database.reading() as session:
            agency = session.get_one(Agency, unit + 1)
            started = time.perf_counter()
            alike = find_alike(session, agency, content, RuleSettings())
            took.append(1000 * (time.perf_counter() - started))
        found += any(each.percent > 80 for each in alike)  # noqa: PLR2004 - the threshold of R27
    cuts = quantiles(took, n=20)
    copied = sum(not writes_anew(unit) for unit in asked_about)
    return Figures(name, cuts[9], cuts[18], max(took), found, copied)


def bench(name: str, url: str, units: int, asked: int) -> Figures:
    """Load a database and measure it."""
    database = open_database(url, 1)
    migrate(database)
    load(database, units)
    if database.engine.dialect.name == "postgresql":
        with database.writing() as session:
            session.execute(text("ANALYZE"))
    with database.reading() as session:
        bands = session.scalar(select(func.count()).select_from(PROSE_BAND))
    print(f"{name}: {len(YEARS) * units} reports, {bands} bands")
    return measure(name, database, units, asked)


def main() -> None:
    """Measure both databases, print a table, and fail where it takes too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=20_000, help="bodies of the made-up province")
    parser.add_argument("--asked", type=int, default=400, help="how many of them are asked about")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, cluster() as postgres:
        postgres.create_database("alike")
        urls = {"SQLite": f"sqlite:///{Path(folder) / 'alike.db'}", "PostgreSQL": postgres.url("alike")}
        rows = [bench(name, url, chosen.units, chosen.asked) for name, url in urls.items()]
    print("| database | p50 ms | p95 ms | longest ms | found, of those copied |\n|---|---|---|---|---|")
    for row in rows:
        share = f"{row.found} of {row.copied}"
        print(f"| {row.name} | {row.p50:.1f} | {row.p95:.1f} | {row.longest:.1f} | {share} |")
    if any(row.p95 > LIMIT_MS for row in rows):
        raise SystemExit(f"p95 is over {LIMIT_MS} ms")


if __name__ == "__main__":
    main()
