"""What was adjusted in the totals of a subtree, and which totals are final."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, exists, func, select

from app.domain.agencies import reference_day
from app.storage.finalisation_models import (
    ADJUSTMENT,
    ADJUSTMENT_LINE,
    FINALISATION,
    Adjustment,
    Finalisation,
)
from app.storage.models import AGENCY, Agency
from app.storage.names import name_in
from app.storage.tree import down_from

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Select

    from app.forms.model import CellCode
    from app.storage.engine import ReadSession


@dataclass(frozen=True, slots=True)
class Adjusted:
    """An adjustment with whose it is and what it changes.

    Attributes:
        adjustment: the adjustment.
        agency: who made it.
        name: what it was called on 31 December of the year.
        lines: by how much, by cell, in the form's smallest unit.
    """

    adjustment: Adjustment
    agency: Agency
    name: str
    lines: Mapping[CellCode, int] = field(default_factory=dict)

    @property
    def key(self) -> int:
        """The adjustment's number."""
        if self.adjustment.id is None:
            raise AssertionError(self.adjustment)
        return self.adjustment.id


def adjustments_in(session: ReadSession, agency_id: int, year: int) -> list[Adjusted]:
    """Return what holds of all that was adjusted in a subtree of 31 December, the oldest first."""
    under = _under(agency_id, year)
    # to go through a subtree takes a province as long as its sum does, and few years have any
    return _with_lines(session, _that_hold(), under) if session.scalar(_any_holds(), under) else []


def adjustments_after(
    session: ReadSession, agency_id: int, year: int, after: int, limit: int
) -> list[Adjusted]:
    """Return up to *limit* of all that was ever adjusted in a subtree, from behind one, the oldest first."""
    chosen = _adjustments().where(ADJUSTMENT.c.id > after).limit(limit)
    return _with_lines(session, chosen, _under(agency_id, year))


def get_adjustment(session: ReadSession, agency: Agency, year: int, number: int) -> Adjusted | None:
    """Return an adjustment of an agency's own total; None where there is none of this number."""
    of_this = ADJUSTMENT.c.id == number, ADJUSTMENT.c.agency_id == agency.id, ADJUSTMENT.c.year == year
    found = _with_lines(session, _with_whose().where(*of_this), {})
    return found[0] if found else None


def _under(agency_id: int, year: int) -> dict[str, object]:
    return {"top": agency_id, "of_year": year, "day": reference_day(year)}


def _with_whose() -> Select[Adjustment, Agency, str]:
    chosen = select(Adjustment, Agency, name_in(ADJUSTMENT.c.year))
    return chosen.join(Agency, AGENCY.c.id == ADJUSTMENT.c.agency_id)


@cache
def _adjustments() -> Select[Adjustment, Agency, str]:
    down = down_from(bindparam("top"), bindparam("day"))
    under = ADJUSTMENT.c.agency_id.in_(select(down.c.agency_id))
    return _with_whose().where(ADJUSTMENT.c.year == bindparam("of_year"), under).order_by(ADJUSTMENT.c.id)


@cache
def _that_hold() -> Select[Adjustment, Agency, str]:
    return _adjustments().where(ADJUSTMENT.c.withdrawn_at.is_(None))


@cache
def _any_holds() -> Select[bool]:
    columns = ADJUSTMENT.c
    return select(exists().where(columns.year == bindparam("of_year"), columns.withdrawn_at.is_(None)))


def _with_lines(
    session: ReadSession, chosen: Select[Adjustment, Agency, str], parameters: Mapping[str, object]
) -> list[Adjusted]:
    found = [Adjusted(*row) for row in session.execute(chosen, parameters)]
    if not found:
        return []
    line = ADJUSTMENT_LINE.c
    rows = session.execute(
        select(line.adjustment_id, line.cell, line.amount)
        .where(line.adjustment_id.in_([each.key for each in found]))
        .order_by(line.adjustment_id, line.cell)
    )
    lines: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for number, cell, amount in rows:
        lines[number][cell] = amount
    return [replace(each, lines=lines[each.key]) for each in found]


def final_in_force(session: ReadSession, agency_id: int, year: int) -> Finalisation | None:
    """Return the total of a year that is final; None where none is."""
    return session.scalars(_in_force(), {"of_agency": agency_id, "of_year": year}).one_or_none()


@cache
def _in_force() -> Select[Finalisation]:
    own = FINALISATION.c.agency_id == bindparam("of_agency"), FINALISATION.c.year == bindparam("of_year")
    return select(Finalisation).where(*own, FINALISATION.c.reopened_at.is_(None))


def finalisations_after(
    session: ReadSession, agency_id: int, year: int, after: int, limit: int
) -> list[Finalisation]:
    """Return up to *limit* of all totals of a year that were ever made final, from behind one, in order."""
    chosen = _of(agency_id, year).where(FINALISATION.c.number > after)
    return list(session.scalars(chosen.order_by(FINALISATION.c.number).limit(limit)))


def get_finalisation(session: ReadSession, agency_id: int, year: int, number: int) -> Finalisation | None:
    """Return a total that was made final; None where there is none of this number."""
    return session.scalars(_of(agency_id, year).where(FINALISATION.c.number == number)).one_or_none()


def last_number(session: ReadSession, agency_id: int, year: int) -> int:
    """Return how often a total was made final."""
    own = FINALISATION.c.agency_id == agency_id, FINALISATION.c.year == year
    return session.scalar(select(func.max(FINALISATION.c.number)).where(*own)) or 0


def _of(agency_id: int, year: int) -> Select[Finalisation]:
    return select(Finalisation).where(FINALISATION.c.agency_id == agency_id, FINALISATION.c.year == year)


def which_are_final(session: ReadSession, agency_ids: Collection[int], year: int) -> set[int]:
    """Return those of some agencies whose total of a year is final."""
    own = FINALISATION.c.year == year, FINALISATION.c.reopened_at.is_(None)
    chosen = select(FINALISATION.c.agency_id).where(*own, FINALISATION.c.agency_id.in_(agency_ids))
    return set(session.scalars(chosen))
