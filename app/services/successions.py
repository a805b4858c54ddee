"""Whose figures of last year a report carries on from, where its body was merged or split meanwhile."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import Select, bindparam, select

from app.domain.agencies import reference_day
from app.domain.reorganisations import Holding, hold_on
from app.domain.values import flatten
from app.forms import form_of_version
from app.storage.models import AGENCY, PLACEMENT
from app.storage.names import name_on
from app.storage.reorganisations import Dated, passings_from, passings_to
from app.storage.surroundings import Counting, counting_reports
from app.storage.tree import holds_on

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from app.domain.values import Values
    from app.storage.engine import ReadSession

Statement: TypeAlias = "Select[*tuple[Any, ...]]"


def changes_since(
    session: ReadSession, agency_ids: Collection[int], year: int, years: int
) -> dict[int, list[date]]:
    """Return when each of these agencies took others over or was split, in a year or some years before it.

    Args:
        session: where to look.
        agency_ids: row numbers.
        year: the last year.
        years: how many there are before it.
    """
    found: dict[int, list[date]] = {}
    since = reference_day(year - 1 - years)
    for dated in passings_to(session, agency_ids, since, reference_day(year)):
        found.setdefault(dated.passing.successor, []).append(dated.effective_on)
    return found


def holdings_on(session: ReadSession, agency_ids: Collection[int], day: date) -> dict[int, Holding]:
    """Return which figures of the year before each agency has on a day, by mergers and splits of that year.

    A part without a report that counts makes its sum lacking; an agency that nothing came to is absent.
    """
    last = reference_day(day.year - 1)
    dated = _all_passings(session, agency_ids, last, day)
    if not dated:
        return {}
    passings = [each.passing for each in dated]
    bodies = {body for passing in passings for body in (passing.predecessor, passing.successor)}
    known = session.connection().execute(_bodies(), {"bodies": list(bodies), "day": last}).all()
    counting = counting_reports(session, bodies, last.year)
    before = {row.id: Holding(_figures(counting.get(row.id))) for row in known if row.stood is not None}
    after = hold_on(before, {row.id: row.name for row in known}, passings)
    heirs = {passing.successor for passing in passings}
    return {key: after[key] for key in agency_ids if key in heirs and key in after}


def figures_held(session: ReadSession, agency_id: int, day: date) -> Values:
    """Return which figures of the year before an agency has on a day: its own, or what it came to."""
    held = holdings_on(session, [agency_id], day).get(agency_id)
    if held is not None:
        return held.values
    return _figures(counting_reports(session, [agency_id], day.year - 1).get(agency_id))


def _all_passings(session: ReadSession, agency_ids: Collection[int], after: date, until: date) -> list[Dated]:
    """Return what came to some agencies, and to those that it came from, in the order in which it did."""
    found: list[Dated] = []
    asked: set[int] = set()
    waiting = set(agency_ids)
    while waiting:
        some = passings_to(session, waiting, after, until)
        asked |= waiting
        waiting = {each.passing.predecessor for each in some} - asked
        found += some
    return sorted(found, key=lambda each: (each.effective_on, each.passing.number))


@cache
def _bodies() -> Statement:
    """Return the query of some agencies, what they were called, and whether they stood on a day."""
    standing = select(PLACEMENT.c.id).where(PLACEMENT.c.agency_id == AGENCY.c.id, holds_on(bindparam("day")))
    stood = standing.limit(1).correlate(AGENCY).scalar_subquery().label("stood")
    chosen = select(AGENCY.c.id, name_on(bindparam("day")).label("name"), stood)
    return chosen.where(AGENCY.c.id.in_(bindparam("bodies", expanding=True))).order_by(AGENCY.c.code)


def _figures(counting: Counting | None) -> dict[str, int | None]:
    form = None if counting is None else form_of_version(counting.form)
    if counting is None or form is None:
        return {}
    return dict(flatten(form, json.loads(counting.document)))


def heirs_of(session: ReadSession, agency_id: int, year: int) -> list[int]:
    """Return the bodies that went on, by reorganisations of a year, with what an agency had before it."""
    found: set[int] = set()
    waiting: Iterable[int] = [agency_id]
    while waiting:
        some = passings_from(session, list(waiting), reference_day(year - 1), reference_day(year))
        waiting = {each.passing.successor for each in some} - found - {agency_id}
        found |= waiting
    return sorted(found)
