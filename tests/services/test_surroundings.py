"""What reports are judged beside, asked for many at once and one by one, on a tree that was reorganised."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select

from app.domain.agencies import BEGINNING
from app.domain.content import document_of
from app.domain.context import RuleSettings
from app.domain.judging import judge
from app.domain.lifecycle import Basis, Status
from app.domain.results import blocking, described, not_kept
from app.domain.rules import Level
from app.forms.annual_2021 import FORM
from app.services.filed import content_of, get_report
from app.services.rechecking import Depth, recheck, reports_to_recheck
from app.services.surroundings import context_of, contexts_of
from app.storage.models import AGENCY, Agency, AgencyPlacement, Report, ReportVersion
from app.storage.numbers import PUBLIC, TABLES, WORKING, column_name, path_of
from app.storage.rule_models import PeerMark, RuleSetting
from tests.builders import a_balanced_report, a_content

if TYPE_CHECKING:
    from app.domain.content import Content
    from app.storage.engine import Database, ReadSession, WriteSession

YEAR = 2025
MOVED = date(2025, 7, 1)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TODAY = datetime.now(UTC).date()
COUNTIES, BODIES = 6, 30
TO_SET: tuple[tuple[str, str | None, dict[str, int]], ...] = (
    ("R13", "I", {}),
    ("R28", None, {"received_township": 7}),
    ("R29", "W", {"ratio": 9}),
    ("R29", None, {"difference": 1}),
    ("R13", None, {}),
)


@dataclass
class World:
    """A tree as Python sees it on 31 December: whose parent is whose, their names, and what each has set."""

    parents: dict[str, str | None] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    settings: dict[str, dict[str, tuple[str | None, dict[str, int]]]] = field(default_factory=dict)

    def lineage(self, code: str) -> list[str]:
        above = self.parents[code]
        return [code, *([] if above is None else self.lineage(above))]

    def above(self, code: str) -> tuple[str, ...]:
        return tuple(self.names[each] for each in self.lineage(code)[1:])

    def beside(self, code: str) -> tuple[str, ...]:
        above = self.parents[code]
        others = sorted(each for each, parent in self.parents.items() if parent == above)
        return () if above is None else tuple(self.names[each] for each in others if each != code)

    def settings_for(self, code: str) -> RuleSettings:
        levels: dict[str, Level] = {}
        thresholds: dict[str, int] = {}
        for each in reversed(self.lineage(code)):
            for rule, (level, values) in self.settings.get(each, {}).items():
                levels |= {rule: Level(level)} if level else {}
                thresholds |= {f"{rule}.{name}": value for name, value in values.items()}
        return RuleSettings(levels, thresholds)


def plant(database: Database, seed: int) -> World:
    """Fill a database with a tree, reports of four years in any state, settings and marks."""
    chance, world = Random(seed), World()
    with database.writing() as session:
        keys: dict[str, int] = {}
        for number in range(BODIES):
            _place(session, chance, world, keys, number)
        for code, key in keys.items():
            for year in range(YEAR - 3, YEAR + 1):
                if chance.random() < 0.8:
                    _report(session, chance, (code, key), year, path_of(reversed(world.lineage(code))))
            _set_rules(session, chance, world, code, key)
        marks = json.dumps({"requests.received.total": 5})
        mark = {"year": YEAR, "level": "township", "kind": "government", "peers": 300, "marks": marks}
        session.add(PeerMark.model_validate({**mark, "computed_at": NOW}))
    return world


def _place(session: WriteSession, chance: Random, world: World, keys: dict[str, int], number: int) -> None:
    code = f"{number:02}"
    level = "county" if number < COUNTIES else "township"
    above: list[str | None] = [f"{one:02}" for one in range(min(number, COUNTIES))] or [None]
    first, second = chance.choice(above), chance.choice(above)
    kind = chance.choice(["government", "department"])
    agency = Agency(
        code=code,
        name=f"机关{code}",
        level=level,
        kind=kind,
        report_scope="own",
        created_at=NOW,
        updated_at=NOW,
    )
    session.add(agency)
    session.flush()
    keys[code] = agency.id or 0
    has_moved = chance.random() < 0.4
    places = [(first, BEGINNING, MOVED if has_moved else None)]
    places += [(second, MOVED, None)] if has_moved else []
    for parent, since, until in places:
        parent_id = None if parent is None else keys[parent]
        placed = AgencyPlacement(agency_id=keys[code], parent_id=parent_id, valid_from=since, valid_to=until)
        session.add(placed)
    world.parents[code], world.names[code] = second if has_moved else first, agency.name


def _report(session: WriteSession, chance: Random, whose: tuple[str, int], year: int, path: str) -> None:
    status = chance.choice(list(Status))
    published = 1 if status is Status.PUBLISHED or chance.random() < 0.3 else None
    report = Report(
        agency_id=whose[1],
        year=year,
        form=FORM.version,
        status=status,
        version=2,
        published_version=published,
        chain="_system",
        created_at=NOW,
        updated_at=NOW,
    )
    session.add(report)
    session.flush()
    slots = [WORKING] if published is None or status is Status.PUBLISHED else [WORKING, PUBLIC]
    for number in (1, 2):
        content = _content(chance, year)
        document = json.dumps(document_of(content), ensure_ascii=False)
        version = ReportVersion(
            report_id=report.id or 0, number=number, content=document, saved_by="某", saved_at=NOW
        )
        session.add(version)
        slot = WORKING if number == 2 else PUBLIC
        if slot in slots:
            row = {"report_id": report.id, "slot": slot, "year": year, "path": path}
            row |= {column_name(code): value for code, value in content.values.items()}
            session.execute(insert(TABLES[FORM.version]), [row])


def _content(chance: Random, year: int) -> Content:
    values = a_balanced_report(received=chance.randrange(900))
    spoilt = chance.choice([*FORM.cells]) if chance.random() < 0.3 else None
    if spoilt is not None:
        values[spoilt] = chance.choice([None, 3])
    return a_content(year=year, values=values)


def _set_rules(session: WriteSession, chance: Random, world: World, code: str, key: int) -> None:
    for rule, level, values in chance.sample(TO_SET, chance.randrange(4)):
        is_later = chance.random() < 0.3
        since = TODAY + timedelta(days=30) if is_later else TODAY - timedelta(days=1)
        setting = RuleSetting(
            agency_id=key,
            rule=rule,
            level=level,
            thresholds=json.dumps(values),
            reason="要求",
            set_by="某",
            set_at=NOW,
            valid_from=since,
        )
        session.add(setting)
        session.flush()
        if not is_later:
            world.settings.setdefault(code, {})[rule] = (level, values)


def _reported(session: ReadSession) -> list[tuple[Agency, Content]]:
    found = []
    for agency in session.scalars(select(Agency).order_by(AGENCY.c.code)):
        report = get_report(session, agency, YEAR)
        if report is not None:
            found.append((agency, content_of(session, agency, report)))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_what_many_are_judged_beside_is_what_each_is_judged_beside(database: Database, seed: int) -> None:
    world = plant(database, seed)
    with database.reading() as session:
        reported = _reported(session)
        alone = [context_of(session, agency, content) for agency, content in reported]
        assert contexts_of(session, YEAR, reported) == alone
        assert sum(context.last_year is not None for context in alone) > 5
        assert sum(len(context.earlier) > 1 for context in alone) > 5
        for (agency, _), context in zip(reported, alone, strict=True):
            assert context.reporter.above == world.above(agency.code)
            assert context.reporter.neighbours == world.beside(agency.code)
            assert context.settings == world.settings_for(agency.code)
            is_marked = (agency.level, agency.kind) == ("township", "government")
            assert context.marks == ({"requests.received.total": 5} if is_marked else {})


def test_a_recheck_finds_of_each_report_what_its_own_judgement_does(database: Database) -> None:
    plant(database, 7)
    with database.reading() as session:
        expected = {}
        for agency, content in _reported(session):
            results = judge(content, context_of(session, agency, content))
            expected[agency.code] = (
                [described(FORM, content.values, result) for result in not_kept(results)],
                bool(blocking(results)),
            )
        (part,) = reports_to_recheck(session, YEAR, None)
        (below,) = reports_to_recheck(session, YEAR, "00")
    found = recheck(database, YEAR, part, Depth(in_full=True))
    assert {one.agency: one.findings for one in found} == {code: each[0] for code, each in expected.items()}
    counted = {one.agency: one.breaks for one in found}
    late = {one.agency: one.status in Basis.SUBMITTED.statuses for one in found}
    assert counted == {code: each[1] and late[code] for code, each in expected.items()}
    assert sum(one.breaks for one in found) > 0
    assert below == part
    assert all(not one.findings for one in recheck(database, YEAR, part, Depth()))
