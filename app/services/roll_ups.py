"""Roll-ups: the sum of a subtree, who is in it and who isn't, worked out live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from app.domain.agencies import ReportScope, reference_day
from app.domain.judging import judge_balances
from app.domain.lifecycle import Basis, Status
from app.domain.roll_up import RollUp
from app.services.agencies import key_of
from app.services.obligations import excuses_under
from app.services.paths import path_in
from app.services.scopes import Asked, find_scope
from app.storage.members import Member, members_on
from app.storage.numbers import TABLES
from app.storage.sums import (
    Part,
    Source,
    Subtree,
    hold_reports,
    list_filed,
    list_numbers,
    list_sources,
    sum_numbers,
)

if TYPE_CHECKING:
    from app.auth.actor import Actor
    from app.domain.results import Result
    from app.domain.values import Values
    from app.forms.model import ReportForm
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


class Covered(NamedTuple):
    """An agency of the subtree and how it stands; by the ten thousand, so it is a tuple.

    Attributes:
        agency: the agency, by its name on 31 December of the year.
        state: how it stands.
        status: the state of its report; None where it has none.
        reason: in Chinese, why it is left out, or which version is in where it is being corrected.
    """

    agency: Member
    state: CoverageState
    status: Status | None
    reason: str | None = None

    @property
    def name(self) -> str:
        """What the agency is called."""
        return self.agency.name


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
    *,
    to_hold: bool = False,
) -> RolledUp:
    """Add up the reports of an agency and all below it, as the tree stood on 31 December of the year.

    With *to_hold* the reports that are added stay as they are until the transaction ends.

    Raises:
        NotFound: there is no such agency, or it stood nowhere that day.
        InvalidRequest: the year has no form.
    """
    scope = find_scope(session, actor, Asked(code, year, basis))
    agency, form, subtree, table = scope.agency, scope.form, scope.subtree, scope.table
    connection = session.connection()
    if to_hold:
        hold_reports(connection, table, subtree)
    filed = list_filed(connection, table, subtree)
    total = sum_numbers(connection, form, table, subtree).get("", RollUp(dict.fromkeys(form.cells), 0, {}))
    members = members_on(session, key_of(agency), reference_day(year))
    coverage = _coverage(members, filed, excuses_under(session, agency, year))
    return RolledUp(
        agency,
        scope.name,
        year,
        form,
        basis,
        total,
        parts={} if part is None else sum_numbers(connection, form, table, subtree, part),
        coverage=coverage,
        sources=[source for source in filed if source.counts],
        results=judge_balances(form, total.totals),
        warnings=warnings_of(coverage),
        as_of=datetime.now(UTC),
    )


def numbers_of(session: ReadSession, rolled: RolledUp) -> dict[int, Values]:
    """Return the numbers of every report in a roll-up, by the report's row number."""
    subtree = _subtree_of(session, rolled, rolled.basis)
    return list_numbers(session.connection(), rolled.form, TABLES[rolled.form.version], subtree)


def sources_on(session: ReadSession, rolled: RolledUp, basis: Basis) -> list[Source]:
    """Return the reports that a roll-up would add on another basis."""
    subtree = _subtree_of(session, rolled, basis)
    return list_sources(session.connection(), TABLES[rolled.form.version], subtree)


def total_on(session: ReadSession, rolled: RolledUp, basis: Basis) -> RollUp:
    """Return the sum that a roll-up would have on another basis."""
    subtree = _subtree_of(session, rolled, basis)
    sums = sum_numbers(session.connection(), rolled.form, TABLES[rolled.form.version], subtree)
    return sums.get("", RollUp(dict.fromkeys(rolled.form.cells), 0, {}))


def _subtree_of(session: ReadSession, rolled: RolledUp, basis: Basis) -> Subtree:
    return Subtree(rolled.year, path_in(session, rolled.agency, rolled.year), basis.statuses)


def _coverage(members: list[Member], filed: list[Source], excuses: dict[int, str]) -> list[Covered]:
    by_agency = {source.agency_id: source for source in filed}
    return [covered_as(member, by_agency.get(member.id), excuses.get(member.id)) for member in members]


def covered_as(agency: Member, source: Source | None, excuse: str | None) -> Covered:
    status = None if source is None else Status(source.own_status)
    if not agency.in_rollup:
        return Covered(agency, CoverageState.EXCLUDED, status, "不在本级汇总范围内")
    if agency.report_scope == ReportScope.AGGREGATE:
        return Covered(agency, CoverageState.EXCLUDED, status, "它的报告本身就是汇总数，再加就重复了")
    if source is not None and source.counts:
        # of a report that is being corrected, what was published is added, whatever its own state
        is_corrected = source.status != source.own_status
        reason = "正在更正；计入的是已公布的那一版" if is_corrected else None
        return Covered(agency, CoverageState.INCLUDED, status, reason)
    if excuse is not None:
        return Covered(agency, CoverageState.EXCUSED, status, excuse)
    if status is None:
        return Covered(agency, CoverageState.MISSING, None, "没有报告")
    return Covered(agency, CoverageState.DRAFT, status, f"报告的状态是“{status.label}”，还不能计入")


def warnings_of(coverage: list[Covered]) -> list[str]:
    """Name aggregates that are left out although nothing below them was added."""
    parent_of = {covered.agency.id: covered.agency.parent_id for covered in coverage}
    fed: set[int] = set()
    for covered in coverage:
        above = covered.agency.parent_id if covered.state is CoverageState.INCLUDED else None
        while above is not None and above not in fed:
            fed.add(above)
            above = parent_of.get(above)
    return [
        f"“{covered.name}”的报告是汇总数，没有计入；它下面也没有计入任何单位，合计可能偏小"
        for covered in coverage
        if covered.agency.report_scope == ReportScope.AGGREGATE
        and covered.status is not None
        and covered.agency.id not in fed
    ]
