"""A county's own report against the sum of its units: which report that is, what is known of the units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.domain.adjusting import adjusted
from app.domain.agencies import AgencyKind, ReportScope, reference_day
from app.domain.lifecycle import Status
from app.domain.reconciliation import reconcile
from app.domain.reconciliation_model import AdjustedLine, Sides, UnitFigures
from app.errors import Fault, InvalidRequest, NotFound
from app.forms import form_of_year
from app.services.agencies import key_of
from app.services.filed import find_report
from app.services.history import published
from app.services.roll_ups import CoverageState, RolledUp, numbers_of, roll_up_subtree
from app.storage.finalisations import adjustments_in
from app.storage.numbers import TABLES, working_numbers
from app.storage.surroundings import counting_numbers
from app.storage.tree import subtree_on

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.auth.actor import Actor
    from app.domain.lifecycle import Basis
    from app.domain.reconciliation_model import Reconciled
    from app.domain.values import Values
    from app.services.filed import Filed
    from app.services.roll_ups import Covered
    from app.storage.engine import ReadSession
    from app.storage.models import Agency
    from app.storage.tree import Placed


@dataclass(frozen=True, slots=True)
class Held:
    """A report held against a roll-up.

    Attributes:
        rolled: the roll-up.
        filed: the report, in the version that was held against it.
        sides: both, and the units.
        found: what came of it.
    """

    rolled: RolledUp
    filed: Filed
    sides: Sides
    found: Reconciled


def reconcile_roll_up(
    session: ReadSession, actor: Actor, key: tuple[str, int], basis: Basis, reporter: str | None = None
) -> Held:
    """Hold the report that speaks for a subtree against the sum of its units.

    Args:
        session: one moment of the database.
        actor: who asks.
        key: the agency at the top, and the year.
        basis: which reports count in the sum.
        reporter: whose report; None for the body that reports for the whole subtree.

    Raises:
        NotFound: see `roll_up_subtree`; or there is no such report.
        InvalidRequest: several bodies might report for the subtree, and none is named.
    """
    code, year = key
    return _held(session, actor, roll_up_subtree(session, actor, code, year, basis), reporter)


def get_reconciled(session: ReadSession, actor: Actor, rolled: RolledUp) -> Held | None:
    """Hold a roll-up against the report that speaks for its subtree; None where there is none, or several."""
    try:
        return _held(session, actor, rolled, None)
    except (NotFound, InvalidRequest):
        return None


def _held(session: ReadSession, actor: Actor, rolled: RolledUp, reporter: str | None) -> Held:
    placed = subtree_on(session, key_of(rolled.agency), reference_day(rolled.year))
    filed = _report(session, actor, reporter or _reporter_of(rolled, placed).code, rolled.year)
    sides = _sides(session, rolled, placed, filed)
    return Held(rolled, filed, sides, reconcile(sides))


def _reporter_of(rolled: RolledUp, placed: Sequence[Placed]) -> Agency:
    """Return the body that reports for a whole subtree: the one at the top, or one right below it.

    Raises:
        NotFound: there is none.
        InvalidRequest: there are several.
    """
    if rolled.agency.report_scope == ReportScope.AGGREGATE:
        return rolled.agency
    parents = {place.parent for place in placed}
    found = [
        place.agency
        for place in placed
        if place.depth == 1
        and place.agency.report_scope == ReportScope.AGGREGATE
        and place.agency.code not in parents
    ]
    if not found:
        raise NotFound(
            f"“{rolled.name}”自己和紧接着的下级都没有登记为报汇总数的（report_scope），"
            "请用 report= 说明与哪个机关的报告核对"
        )
    if len(found) > 1:
        message = f"报汇总数的有：{'、'.join(agency.code for agency in found)}；请用 report= 说明是哪一个"
        fault = Fault("", message, "several-reports", {"in": "query", "parameter": "report"})
        raise InvalidRequest(message, [fault])
    return found[0]


def _report(session: ReadSession, actor: Actor, code: str, year: int) -> Filed:
    """Return a report as it is published, else as it stands.

    Raises:
        NotFound: there is none.
    """
    filed = find_report(session, actor, code, year)
    return filed if filed.report.published_version is None else published(session, filed)


_SAID = {Status.PUBLISHED: "公布", Status.SUBMITTED: "上报", Status.ACCEPTED: "上报"}
"""How the figures of a report are called; of any other state they are a draft's."""


def _sides(session: ReadSession, rolled: RolledUp, placed: Sequence[Placed], filed: Filed) -> Sides:
    known = adjustments_in(session, key_of(rolled.agency), rolled.year)
    offices = {
        place.agency.code
        for place in placed
        if place.depth == 0 or (place.depth == 1 and place.agency.kind == AgencyKind.OFFICE)
    }
    units = [*_added(session, rolled), *_others(session, rolled)]
    return Sides(
        form=rolled.form,
        rolled=adjusted(rolled.total.totals, [each.lines for each in known]),
        reported=filed.content.values,
        units=[replace(unit, is_office=unit.code in offices) for unit in units],
        adjustments=[AdjustedLine(each.key, each.name, each.lines) for each in known],
        said=_SAID.get(filed.status, "草稿"),
    )


def _added(session: ReadSession, rolled: RolledUp) -> Iterator[UnitFigures]:
    numbers = numbers_of(session, rolled)
    names = {covered.agency.code: covered.agency.name for covered in rolled.coverage}
    for source in rolled.sources:
        yield UnitFigures(source.agency, names[source.agency], numbers[source.report_id])


def _others(session: ReadSession, rolled: RolledUp) -> Iterator[UnitFigures]:
    """Yield the units that owe a report and aren't in the sum, with what was last known of them."""
    waiting = [each for each in rolled.expected if each.state is not CoverageState.INCLUDED]
    keys = [covered.agency.id for covered in waiting]
    if not keys:
        return
    table = TABLES[rolled.form.version]
    now = working_numbers(session.connection(), rolled.form, table, keys, rolled.year)
    before = _last_year(session, rolled, [key for key in keys if key not in now])
    for covered, key in zip(waiting, keys, strict=True):
        figures = now.get(key) or before.get(key)
        if figures is not None:
            note = _note(covered) if key in now else f"{rolled.year - 1} 年度的数"
            yield UnitFigures(covered.agency.code, covered.agency.name, figures, is_added=False, note=note)


def _note(covered: Covered) -> str:
    return "" if covered.status is None else covered.status.label


def _last_year(session: ReadSession, rolled: RolledUp, keys: list[int]) -> dict[int, Values]:
    form, year = form_of_year(rolled.year - 1), rolled.year - 1
    if form is None or not keys:
        return {}
    found = counting_numbers(session, form, tuple(rolled.form.cells), keys, range(year, year + 1))
    return {key: values for key, _, values in found}
