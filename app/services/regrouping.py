"""A year's reports on today's tree: those of bodies that became others follow whoever goes on with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.domain.agencies import reference_day
from app.domain.reorganisations import Operation
from app.services.agencies import key_of
from app.services.surroundings import today
from app.storage.models import Agency
from app.storage.reorganisations import passings_from, passings_to
from app.storage.tree import Placed, ended_under, standing_among, subtree_on

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.storage.engine import ReadSession

SPLIT = "已拆分，它的数分不到哪一个机关，没有计入"
DISSOLVED = "已撤销，没有承接的机关，没有计入"


@dataclass(slots=True)
class Regrouped:
    """Today's subtree of an agency, with the bodies that were there in a year and no longer stand.

    Attributes:
        placed: all of them by code, with their present or last names; whoever merged below its successor.
        owing: the row numbers of those that stood on 31 December of the year, and so owe its report.
        merged: into whom those that no longer stand were merged: the name, by row number.
        left_over: why a report is nobody's today, in Chinese, by the body's row number.
    """

    placed: list[Placed]
    owing: set[int] = field(default_factory=set)
    merged: dict[int, str] = field(default_factory=dict)
    left_over: dict[int, str] = field(default_factory=dict)


def regroup(session: ReadSession, agency: Agency, year: int) -> Regrouped:
    """Return today's subtree of an agency with whatever of a year belongs there, if it stands today.

    A body that was split and no longer stands, or that was dissolved, has no single successor: it is left
    over.
    """
    found = Regrouped(subtree_on(session, key_of(agency), today()))
    known = {key_of(place.agency): place for place in found.placed}
    waiting = set(known)
    while waiting:
        waiting = _taken_over(session, found, known, waiting, year)
    _dissolved(session, found, known, year)
    found.placed = sorted(known.values(), key=lambda place: place.agency.code)
    found.owing = standing_among(session, known, reference_day(year))
    return found


def _taken_over(
    session: ReadSession, found: Regrouped, known: dict[int, Placed], heirs: Collection[int], year: int
) -> set[int]:
    """Add whoever some bodies took over since; return those that were merged into them."""
    passings = [each.passing for each in passings_to(session, heirs, reference_day(year), today())]
    parts = {each.predecessor: each for each in passings if each.predecessor not in known}
    for key in standing_among(session, parts, today()):
        del parts[key]
    for key, passing in parts.items():
        heir = known[passing.successor]
        known[key] = _below(session, key, heir)
        if passing.operation is Operation.MERGE:
            found.merged[key] = heir.name
        else:
            found.left_over[key] = SPLIT
    return parts.keys() & found.merged.keys()


def _dissolved(session: ReadSession, found: Regrouped, known: dict[int, Placed], year: int) -> None:
    """Add whoever stood below and ended since without anybody going on with it."""
    since, until = reference_day(year), today()
    ended = {key: above for key, above in ended_under(session, known, since, until) if key not in known}
    others = {each.passing.predecessor for each in passings_from(session, ended, since, until)}
    for key in ended.keys() - others - standing_among(session, ended, until):
        known[key] = _below(session, key, known[ended[key]])
        found.left_over[key] = DISSOLVED


def _below(session: ReadSession, key: int, above: Placed) -> Placed:
    agency = session.get_one(Agency, key)
    return Placed(agency, agency.name, agency.division_code, above.agency.code, above.depth + 1)
