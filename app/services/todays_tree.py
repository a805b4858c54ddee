"""Roll-ups of a year on today's tree: reports of bodies that were merged since follow their successors."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.domain.judging import judge_balances
from app.domain.roll_up import joined
from app.services.agencies import key_of
from app.services.obligations import excuses_among
from app.services.roll_ups import CoverageState, RolledUp, covered_as, warnings_of
from app.services.scopes import Asked, Tree, find_scope
from app.storage.members import Member
from app.storage.numbers import TABLES
from app.storage.sums import Part, Subtree, list_filed, sum_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from app.auth.actor import Actor
    from app.domain.lifecycle import Basis
    from app.domain.roll_up import RollUp
    from app.forms.model import ReportForm
    from app.services.regrouping import Regrouped
    from app.services.roll_ups import Covered
    from app.storage.engine import ReadSession
    from app.storage.sums import Source
    from app.storage.tree import Placed


def roll_up_today(
    session: ReadSession, actor: Actor, code: str, year: int, basis: Basis, part: Part | None = None
) -> RolledUp:
    """Add up the year's reports of an agency and of all that stand below it today.

    A report of a body that was merged since follows its successor; one that nobody goes on with is named and
    not added.

    Raises:
        NotFound: there is no such agency, or it stands nowhere today.
        InvalidRequest: the year has no form.
    """
    scope = find_scope(session, actor, Asked(code, year, basis, Tree.CURRENT))
    agency, form, regrouped = scope.agency, scope.form, scope.regrouped
    if regrouped is None:
        raise AssertionError(scope)
    connection = session.connection()
    added = regrouped.owing - regrouped.left_over.keys()
    owed, counted = scope.reports_of(regrouped.owing), scope.subtrees()
    filed = [source for some in owed for source in list_filed(connection, TABLES[form.version], some)]
    filed.sort(key=lambda source: source.agency)
    sums = _sums(connection, form, counted, None)
    total = sums.get("") or joined(form.cells, [])
    excuses = excuses_among(session, agency, year, regrouped.owing)
    coverage = _coverage(regrouped, filed, excuses)
    return RolledUp(
        agency,
        agency.name,
        year,
        form,
        basis,
        total,
        parts={} if part is None else _sums(connection, form, counted, part),
        coverage=coverage,
        sources=[source for source in filed if source.counts and source.agency_id in added],
        results=judge_balances(form, total.totals),
        warnings=[*warnings_of(coverage), *_left_over(coverage)],
        as_of=datetime.now(UTC),
    )


def _sums(
    connection: Connection, form: ReportForm, counted: Sequence[Subtree], part: Part | None
) -> dict[str, RollUp]:
    """Add up what is counted, by the parts that are asked for."""
    found: dict[str, list[RollUp]] = defaultdict(list)
    for some in counted:
        for name, rolled in sum_numbers(connection, form, TABLES[form.version], some, part).items():
            found[name].append(rolled)
    return {name: joined(form.cells, rolled) for name, rolled in sorted(found.items())}


def _coverage(regrouped: Regrouped, filed: Sequence[Source], excuses: Mapping[int, str]) -> list[Covered]:
    by_agency = {source.agency_id: source for source in filed}
    keys = {place.agency.code: key_of(place.agency) for place in regrouped.placed}
    members = [_member(place, keys.get(place.parent or "")) for place in regrouped.placed]
    return [
        _become(covered_as(member, by_agency.get(member.id), excuses.get(member.id)), regrouped)
        for member in members
        if member.id in regrouped.owing
    ]


def _member(place: Placed, parent_id: int | None) -> Member:
    agency = place.agency
    return Member(
        key_of(agency),
        agency.code,
        place.name,
        agency.level,
        agency.kind,
        agency.in_rollup,
        agency.report_scope,
        parent_id,
    )


def _become(covered: Covered, regrouped: Regrouped) -> Covered:
    """Say of a body that no longer stands what became of it."""
    key = covered.agency.id
    if covered.state is not CoverageState.EXCLUDED and key in regrouped.left_over:
        return covered._replace(state=CoverageState.UNALLOCATED, reason=regrouped.left_over[key])
    if key in regrouped.merged:
        into = f"已并入“{regrouped.merged[key]}”"
        return covered._replace(reason=f"{into}；{covered.reason}" if covered.reason else into)
    return covered


def _left_over(coverage: Sequence[Covered]) -> list[str]:
    return [
        f"“{covered.name}”{covered.reason}"
        for covered in coverage
        if covered.state is CoverageState.UNALLOCATED and covered.status is not None
    ]
