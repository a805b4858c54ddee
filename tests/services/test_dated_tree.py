"""Any order of reports, corrections and reorganisations comes out as brute force on a dated tree has it."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.domain.agencies import BEGINNING, AgencyKind, AgencyLevel, reference_day
from app.domain.content import Content
from app.domain.lifecycle import Basis, Status
from app.domain.orders import Order
from app.errors import NotFound, Refusal
from app.services.agencies import create_agency, find_agency, key_of, replace_agency
from app.services.agency_details import AgencyDetails
from app.services.children import BY_CODE, list_child_parts
from app.services.filed import find_report
from app.services.integrity import find_contradictions
from app.services.reorganisation_details import (
    Change,
    Dissolve,
    Establish,
    Merge,
    Move,
    Rename,
    Split,
    Wanted,
)
from app.services.reorganisations import reorganise
from app.services.roll_ups import roll_up_subtree
from app.services.saving import file_content, save
from app.services.scopes import Asked, Tree
from app.services.todays_tree import roll_up_today
from app.services.versions import BasedOn
from app.storage.engine import open_database
from app.storage.tree import subtree_on
from tests.builders import a_content, a_sound_report
from tests.services.dated import TODAY, DatedTree, Report
from tests.services.trees import SOMEBODY, clear

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from app.storage.engine import Database, ReadSession, WriteSession

EXAMPLES = int(os.environ.get("NIANBAO_TREE_EXAMPLES", "5"))
"""How many histories are tried; `NIANBAO_TREE_EXAMPLES=500` takes half an hour."""

CELL = "disclosure.licensing.decisions"
YEARS = (2021, 2022, 2023, 2024)
DAYS = [date(year, month, day) for year in (2022, 2023, 2024) for month, day in ((1, 1), (7, 1), (12, 31))]
FIRST = ("64", "6403", "640323", "640324", "640323101", "640323102")
PARENTS = {"64": None, "6403": "64", "640323": "6403", "640324": "6403", "640323101": "640323"}

Choice: TypeAlias = tuple[str, int, int, int]
"""What is done, and three numbers that decide to whom, with whom and when."""

REORGANISATIONS = ("establish", "rename", "move", "merge", "split", "dissolve")
KINDS = ("file", "file", "save", "state", "correct", *REORGANISATIONS)
HISTORIES = st.lists(st.tuples(st.sampled_from(KINDS), *[st.integers(0, 2**16)] * 3), min_size=4, max_size=14)


@pytest.fixture
def both(sqlite_url: str, postgres_url: str) -> Iterator[list[Database]]:
    """Open a database of each kind."""
    databases = [open_database(url, 2) for url in (sqlite_url, postgres_url)]
    yield databases
    for database in databases:
        database.engine.dispose()


def a_report(year: int, figure: int) -> Content:
    return a_content(year=year, values=a_sound_report(**{CELL: figure}))


class History:
    """What is done to a database and, where it isn't refused, to the tree in Python."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.tree = DatedTree()
        self.codes = (f"new-{number}" for number in count())
        self.figures = (3**number for number in count(1))
        self.told: Counter[str] = Counter()
        with database.writing() as session:
            for code in FIRST:
                create_agency(session, SOMEBODY, self.details(code, PARENTS.get(code, "640323")))
                self.tree.begin(code, PARENTS.get(code, "640323"))

    def details(self, code: str, parent: str | None, since: date = BEGINNING) -> AgencyDetails:
        body = self.tree.bodies.get(code)
        return AgencyDetails(
            code,
            f"机关{code}" if body is None else body.name,
            AgencyLevel.PREFECTURE,
            AgencyKind.GOVERNMENT,
            parent,
            valid_from=since,
        )

    def do(self, choice: Choice) -> None:
        """Do one thing; what is refused changes neither side."""
        kind, *numbers = choice
        try:
            with self.database.writing() as session:
                if kind in REORGANISATIONS:
                    follow = self._reorganise(session, kind, *numbers)
                else:
                    follow = getattr(self, f"_{kind}")(session, *numbers)
        except Refusal:
            self.told[f"{kind} refused"] += 1
        else:
            follow()
            self.told[kind] += 1

    def pick(self, number: int, codes: list[str] | None = None) -> str:
        known = list(self.tree.bodies) if codes is None else codes
        return known[number % len(known)]

    def _file(self, session: WriteSession, who: int, when: int, how: int) -> Callable[[], None]:
        code, year, figure = self.pick(who), YEARS[when % len(YEARS)], next(self.figures)
        agency = find_agency(session, SOMEBODY, code)
        filed = file_content(session, SOMEBODY, agency, a_report(year, figure), draft=True)
        filed.report.status = (Status.SUBMITTED, Status.SUBMITTED, Status.DRAFT)[how % 3]
        counts = filed.report.status == Status.SUBMITTED
        session.flush()
        reports = self.tree.bodies[code].reports
        return lambda: reports.update({year: Report(figure, counts)})

    def _filed(self, which: int) -> tuple[str, int]:
        """Choose a report that there is."""
        filed = [(code, year) for code, body in self.tree.bodies.items() for year in body.reports]
        if not filed:
            raise NotFound("没有报告")
        return filed[which % len(filed)]

    def _save(self, session: WriteSession, which: int, *_: int) -> Callable[[], None]:
        (code, year), figure = self._filed(which), next(self.figures)
        filed = find_report(session, SOMEBODY, code, year, to_change=True)
        save(session, SOMEBODY, filed, a_report(year, figure), draft=filed.status.is_editable)
        report = self.tree.bodies[code].reports[year]
        return lambda: setattr(report, "figure", figure)

    def _state(self, session: WriteSession, which: int, *_: int) -> Callable[[], None]:
        code, year = self._filed(which)
        filed = find_report(session, SOMEBODY, code, year, to_change=True)
        report = self.tree.bodies[code].reports[year]
        filed.report.status = Status.DRAFT if report.counts else Status.SUBMITTED
        session.flush()
        now = not report.counts
        return lambda: setattr(report, "counts", now)

    def _correct(self, session: WriteSession, who: int, where: int, _how: int) -> Callable[[], None]:
        """Correct the parent of a body's last place, for the past as well."""
        body, parent = self.tree.bodies[self.pick(who)], self.pick(where)
        last = body.places[-1]
        details = replace(self.details(body.code, parent, last.since), valid_to=last.until)
        replace_agency(session, SOMEBODY, details, BasedOn(None))
        return lambda: setattr(last, "parent", parent)

    def _reorganise(
        self, session: WriteSession, kind: str, who: int, whom: int, when: int
    ) -> Callable[[], None]:
        day = DAYS[when % len(DAYS)]
        standing = self.tree.standing(day)
        one, other = self.pick(who, standing), self.pick(whom, standing)
        change, follow = getattr(self, f"_{kind}")(one, other, day)
        reorganise(session, SOMEBODY, Wanted(change, day, "盐政发〔2024〕1号", None, {}))
        done: Callable[[], None] = follow
        return done

    def _establish(self, one: str, _other: str, day: date) -> tuple[Change, Callable[[], None]]:
        code = next(self.codes)
        return Establish(self.details(code, one, day)), lambda: self.tree.begin(code, one, day)

    def _rename(self, one: str, _other: str, day: date) -> tuple[Change, Callable[[], None]]:
        body, name = self.tree.bodies[one], f"改名{next(self.codes)}"

        def follow() -> None:
            body.former.append((day, body.name))
            body.name = name

        return Rename(one, name), follow

    def _move(self, one: str, other: str, day: date) -> tuple[Change, Callable[[], None]]:
        return Move(one, other), lambda: self.tree.bodies[one].move(other, day)

    def _merge(self, one: str, other: str, day: date) -> tuple[Change, Callable[[], None]]:
        if len(one) % 2:
            return Merge((one, other), other), lambda: self.tree.merge([one], other, day)
        code, parent = next(self.codes), self.tree.bodies[one].places[-1].parent
        parts = [one, other]

        def follow() -> None:
            self.tree.begin(code, parent, day)
            self.tree.merge(parts, code, day)

        return Merge(tuple(parts), self.details(code, parent, day)), follow

    def _split(self, one: str, other: str, day: date) -> tuple[Change, Callable[[], None]]:
        code, parent, keeps = next(self.codes), self.tree.bodies[one].places[-1].parent, bool(len(other) % 2)

        def follow() -> None:
            if not keeps:
                self.tree.bodies[one].end(day)
            self.tree.begin(code, parent, day)

        return Split(one, (other, self.details(code, parent, day)), keeps), follow

    def _dissolve(self, one: str, _other: str, day: date) -> tuple[Change, Callable[[], None]]:
        return Dissolve(one), lambda: self.tree.bodies[one].end(day)


def expect_agreement(history: History) -> None:
    """Hold totals on both trees, sums of children, parents and names of every day, to brute force."""
    tree = history.tree
    with history.database.reading() as session:
        for code in tree.bodies:
            for year in YEARS:
                expect_totals(session, tree, code, year)
        for day in (*DAYS, *map(reference_day, YEARS), TODAY):
            for top in ("64", "640323"):
                placed = subtree_on(session, key_of(find_agency(session, SOMEBODY, top)), day)
                assert [each.agency.code for each in placed] == tree.under(top, day)
                for each in placed:
                    body = tree.bodies[each.agency.code]
                    assert each.name == body.name_on(day)
                    place = body.place_on(day)
                    assert place is not None
                    assert each.parent == place.parent
        # reports were put into states by no steps: where they count is what is of interest
        assert [each for each in find_contradictions(session) if "记在" in each.fault] == []


def total_of(session: ReadSession, code: str, year: int, tree: Tree) -> int | None:
    """Return a total; None where there is none, or no such roll-up."""
    try:
        add_up = roll_up_subtree if tree is Tree.YEAR else roll_up_today
        rolled = add_up(session, SOMEBODY, code, year, Basis.SUBMITTED)
    except NotFound:
        return None
    return rolled.total.totals[CELL]


def parts_of(session: ReadSession, code: str, year: int, tree: Tree) -> int | None:
    """Return what the parts of the next level come to; None where there is none, or no such roll-up."""
    asked = Asked(code, year, Basis.SUBMITTED, tree)
    try:
        found = list_child_parts(session, SOMEBODY, asked, [CELL], Order(BY_CODE, of_text=True))
    except NotFound:
        return None
    known = [value for part in found.parts if (value := part.total.totals[CELL]) is not None]
    return sum(known) if known else None


def expect_totals(session: ReadSession, tree: DatedTree, code: str, year: int) -> None:
    day = reference_day(year)
    for either in Tree:
        assert parts_of(session, code, year, either) == total_of(session, code, year, either)
    total = total_of(session, code, year, Tree.YEAR)
    assert total == tree.total(code, year)
    assert total_of(session, code, year, Tree.CURRENT) == tree.total_now(code, year)
    if total is not None:
        own = tree.bodies[code].reports.get(year)
        parts = [total_of(session, each, year, Tree.YEAR) for each in tree.children(code, day)]
        assert total == sum(part or 0 for part in parts) + (own.figure if own and own.counts else 0)


def expect_guarded(history: History) -> None:
    """Whatever became of the tree, raw SQL can't make it none."""
    with history.database.reading() as session:
        keys = {code: key_of(find_agency(session, SOMEBODY, code)) for code in history.tree.bodies}
    body = history.tree.bodies["640323101"]
    row = {"agency": keys[body.code], "day": body.places[-1].since - timedelta(days=1)}
    twice = (
        "INSERT INTO agency_placement (agency_id, valid_from) VALUES (:agency, '1900-01-01')",
        "INSERT INTO agency_placement (agency_id, valid_from) VALUES (:agency, :day)",
    )
    for statement in twice:
        with pytest.raises(IntegrityError):
            alter(history.database, statement, row)
    for code in history.tree.under("64", TODAY)[1:3]:
        with pytest.raises(IntegrityError):
            alter(
                history.database,
                "UPDATE agency_placement SET parent_id = :below WHERE agency_id = :top",
                {"top": keys["64"], "below": keys[code]},
            )


def alter(database: Database, statement: str, row: Mapping[str, object]) -> None:
    """Change the tree past the service."""
    with database.writing() as session:
        session.execute(text(statement), row)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(choices=HISTORIES)
def test_any_order_of_changes_comes_out_as_brute_force_has_it(
    both: list[Database], choices: list[Choice]
) -> None:
    told = []
    for database in both:
        clear(database)
        history = History(database)
        for choice in choices:
            history.do(choice)
        expect_agreement(history)
        expect_guarded(history)
        told.append(history.told)
    assert told[0] == told[1]
