"""Roll-ups: the sum of a subtree, who is in it and who isn't, worked out live."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from app.domain.agencies import ReportScope, reference_day
from app.domain.judging import judge_balances
from app.domain.lifecycle import Basis, Status
from app.domain.roll_up import RollUp, joined
from app.errors import NotFound
from app.services.agencies import find_agency, key_of
from app.services.filed import find_form
from app.services.paths import get_path, path_in
from app.services.regrouping import regroup
from app.storage.numbers import (
    SEPARATOR,
    TABLES,
    Part,
    Source,
    Subtree,
    list_numbers,
    list_sources,
    sum_numbers,
)
from app.storage.tree import Placed, statuses_of, statuses_under, subtree_on

if TYPE_CHECKING:
    from app.auth.actor import Actor
    from app.domain.results import Result
    from app.domain.values import Values
    from app.forms.model import ReportForm
    from app.services.regrouping import Regrouped
    from app.storage.engine import ReadSession
    from app.storage.models import Agency


class CoverageState(StrEnum):
    """How an agency stands towards a roll-up."""

    INCLUDED = "included"
    DRAFT = "draft"
    MISSING = "missing"
    EXCUSED = "excused"
    EXCLUDED = "excluded"
    UNALLOCATED = "unallocated"

    @property
    def label(self) -> str:
        """As county staff call it."""
        return {
            CoverageState.INCLUDED: "已汇总",
            CoverageState.DRAFT: "未上报",
            CoverageState.MISSING: "缺报",
            CoverageState.EXCUSED: "免报",
            CoverageState.EXCLUDED: "不汇总",
            CoverageState.UNALLOCATED: "未分配",
        }[self]


class Tree(StrEnum):
    """On which tree a year's reports are added up."""

    YEAR = "year"
    CURRENT = "current"


@dataclass(frozen=True, slots=True)
class Covered:
    """An agency of the subtree and how it stands.

    Attributes:
        agency: the agency.
        name: what it was called on 31 December of the year.
        state: how it stands.
        status: the state of its report; None where it has none.
        reason: in Chinese, why it is left out, or which version is in where it is being corrected.
    """

    agency: Agency
    name: str
    state: CoverageState
    status: Status | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RolledUp:
    """The total of a subtree with all that makes it checkable.

    Attributes:
        agency: at the top of the subtree.
        name: what it was called on 31 December of the year.
        year: the report year.
        form: the year's form.
        basis: from which state on reports count.
        total: the sum.
        parts: subtotals by a property of the agency, if they were asked for.
        coverage: every agency of the subtree.
        sources: the reports that were added.
        results: the form's balances, judged on the total.
        warnings: what makes the total doubtful, in Chinese.
        as_of: when it was worked out.
    """

    agency: Agency
    name: str
    year: int
    form: ReportForm
    basis: Basis
    total: RollUp
    parts: dict[str, RollUp]
    coverage: list[Covered]
    sources: list[Source]
    results: list[Result]
    warnings: list[str]
    as_of: datetime

    def standing(self, state: CoverageState) -> list[Covered]:
        """Return the agencies that stand so."""
        return [covered for covered in self.coverage if covered.state is state]

    @property
    def expected(self) -> list[Covered]:
        """The agencies that owe a report: all but the excluded."""
        return [covered for covered in self.coverage if covered.state is not CoverageState.EXCLUDED]


def roll_up_subtree(
    session: ReadSession,
    actor: Actor,
    code: str,
    year: int,
    basis: Basis,
    part: Part | None = None,
    tree: Tree = Tree.YEAR,
) -> RolledUp:
    """Add up the reports of an agency and all below it, as the tree stood on 31 December of the year.

    On today's tree, a report of a body that was merged since follows its successor; one that nobody goes on
    with is named and not added.

    Raises:
        NotFound: there is no such agency, or it stood nowhere that day.
        InvalidRequest: the year has no form.
    """
    # on today's tree there may be reports that whoever reached it then never saw
    agency = find_agency(session, actor, code, year=year if tree is Tree.YEAR else None)
    form = find_form(year)
    if tree is Tree.CURRENT:
        return _on_todays_tree(session, agency, year, (form, basis, part))
    path = get_path(session, agency, year)
    if path is None:
        raise NotFound(f"“{agency.name}”在 {reference_day(year)} 不在机关树中，没有 {year} 年度的汇总")
    subtree = Subtree(year, path, basis.statuses)
    connection, table = session.connection(), TABLES[form.version]
    total = sum_numbers(connection, form, table, subtree).get("", RollUp(dict.fromkeys(form.cells), 0, {}))
    sources = list_sources(connection, table, subtree)
    placed = subtree_on(session, key_of(agency), reference_day(year))
    coverage = _coverage(session, agency, placed, year, sources)
    return RolledUp(
        agency,
        next(place.name for place in placed if not place.depth),
        year,
        form,
        basis,
        total,
        parts={} if part is None else sum_numbers(connection, form, table, subtree, part),
        coverage=coverage,
        sources=sources,
        results=judge_balances(form, total.totals),
        warnings=_warnings(placed, coverage),
        as_of=datetime.now(UTC),
    )


def _on_todays_tree(
    session: ReadSession, agency: Agency, year: int, asked: tuple[ReportForm, Basis, Part | None]
) -> RolledUp:
    (form, basis, part), regrouped = asked, regroup(session, agency, year)
    if not regrouped.placed:
        raise NotFound(f"“{agency.name}”今天不在机关树中；按 {year} 年的机关树汇总，请去掉 tree=current")
    table, connection = TABLES[form.version], session.connection()
    counted = sorted(regrouped.owing - regrouped.left_over.keys())
    parts = [
        Subtree(year, SEPARATOR, basis.statuses, tuple(counted[start : start + _AT_ONCE]))
        for start in range(0, len(counted), _AT_ONCE)
    ]
    groups: dict[str, list[RollUp]] = defaultdict(list)
    for some in parts:
        for name, rolled in (sum_numbers(connection, form, table, some, part) if part else {}).items():
            groups[name].append(rolled)
    sums = [sum_numbers(connection, form, table, some).get("") for some in parts]
    total = joined(form, (each for each in sums if each is not None))
    sources = [source for some in parts for source in list_sources(connection, table, some)]
    coverage = _regrouped(session, regrouped, year, sources)
    return RolledUp(
        agency,
        agency.name,
        year,
        form,
        basis,
        total,
        parts={name: joined(form, rolled) for name, rolled in sorted(groups.items())},
        coverage=coverage,
        sources=sorted(sources, key=lambda source: source.agency),
        results=judge_balances(form, total.totals),
        warnings=[*_warnings(regrouped.placed, coverage), *_left_over(coverage)],
        as_of=datetime.now(UTC),
    )


_AT_ONCE = 1000


def _regrouped(session: ReadSession, regrouped: Regrouped, year: int, sources: list[Source]) -> list[Covered]:
    statuses = statuses_of(session, regrouped.owing, year)
    added = {source.agency_id: source for source in sources}
    coverage = []
    for place in regrouped.placed:
        key = key_of(place.agency)
        if key in regrouped.owing:
            covered = _covered(place, statuses.get(key), added.get(key))
            coverage.append(_become(covered, regrouped, key))
    return coverage


def _become(covered: Covered, regrouped: Regrouped, key: int) -> Covered:
    """Say of a body that no longer stands what became of it."""
    if covered.state is not CoverageState.EXCLUDED and key in regrouped.left_over:
        return replace(covered, state=CoverageState.UNALLOCATED, reason=regrouped.left_over[key])
    if key in regrouped.merged:
        into = f"已并入“{regrouped.merged[key]}”"
        return replace(covered, reason=f"{into}；{covered.reason}" if covered.reason else into)
    return covered


def _left_over(coverage: list[Covered]) -> list[str]:
    return [
        f"“{covered.name}”{covered.reason}"
        for covered in coverage
        if covered.state is CoverageState.UNALLOCATED and covered.status is not None
    ]


def numbers_of(session: ReadSession, rolled: RolledUp) -> dict[int, Values]:
    """Return the numbers of every report in a roll-up, by the report's row number."""
    subtree = Subtree(rolled.year, path_in(session, rolled.agency, rolled.year), rolled.basis.statuses)
    return list_numbers(session.connection(), rolled.form, TABLES[rolled.form.version], subtree)


def _coverage(
    session: ReadSession, agency: Agency, placed: list[Placed], year: int, sources: list[Source]
) -> list[Covered]:
    statuses = statuses_under(session, key_of(agency), reference_day(year), year)
    added = {source.agency_id: source for source in sources}
    keys = [key_of(place.agency) for place in placed]
    return [
        _covered(place, statuses.get(key), added.get(key)) for key, place in zip(keys, placed, strict=True)
    ]


def _covered(place: Placed, stored: str | None, source: Source | None) -> Covered:
    agency, name = place.agency, place.name
    status = None if stored is None else Status(stored)
    if not agency.in_rollup:
        return Covered(agency, name, CoverageState.EXCLUDED, status, "不在本级汇总范围内")
    if agency.report_scope == ReportScope.AGGREGATE:
        return Covered(agency, name, CoverageState.EXCLUDED, status, "它的报告本身就是汇总数，再加就重复了")
    if source is not None:
        # of a report that is being corrected, what was published is added, whatever its own state
        is_corrected = source.status != stored
        reason = "正在更正；计入的是已公布的那一版" if is_corrected else None
        return Covered(agency, name, CoverageState.INCLUDED, status, reason)
    if status is None:
        return Covered(agency, name, CoverageState.MISSING, None, "没有报告")
    return Covered(agency, name, CoverageState.DRAFT, status, f"报告的状态是“{status.label}”，还不能计入")


def _warnings(placed: list[Placed], coverage: list[Covered]) -> list[str]:
    """Name aggregates that are left out although nothing below them was added."""
    parent_of = {place.agency.code: place.parent for place in placed}
    fed: set[str] = set()
    for covered in coverage:
        above = parent_of[covered.agency.code]
        while covered.state is CoverageState.INCLUDED and above is not None and above not in fed:
            fed.add(above)
            above = parent_of.get(above)
    return [
        f"“{covered.name}”的报告是汇总数，没有计入；它下面也没有计入任何单位，合计可能偏小"
        for covered in coverage
        if covered.agency.report_scope == ReportScope.AGGREGATE
        and covered.status is not None
        and covered.agency.code not in fed
    ]
