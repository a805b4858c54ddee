"""What agencies were called: on a day, or on the day that counts for a report's year."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, ScalarSelect, Select, bindparam, case, extract, func, or_, select

from app.domain.agencies import reference_day
from app.storage.models import AGENCY
from app.storage.reorganisation_models import FORMER_NAME

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import BindParameter, Column

    from app.storage.engine import ReadSession


def name_on(day: date | BindParameter[date]) -> ColumnElement[str]:
    """Return what an agency of the statement was called on a day; a look at an index that is mostly empty."""
    return func.coalesce(_first(FORMER_NAME.c.name, FORMER_NAME.c.valid_to > day), AGENCY.c.name)


def name_in(year: Column[int]) -> ColumnElement[str]:
    """Return what an agency of the statement was called on 31 December of a year that is a column too."""
    later = extract("year", FORMER_NAME.c.valid_to) > year
    return func.coalesce(_first(FORMER_NAME.c.name, later), AGENCY.c.name)


def division_on(day: date | BindParameter[date]) -> ColumnElement[str | None]:
    """Return which 统计用区划代码 an agency of the statement had on a day."""
    later = FORMER_NAME.c.valid_to > day
    was_another = _first(FORMER_NAME.c.id, later).is_not(None)
    return case((was_another, _first(FORMER_NAME.c.division_code, later)), else_=AGENCY.c.division_code)


def _first(column: Column[str] | Column[int], later: ColumnElement[bool]) -> ScalarSelect[str]:
    """Return a column of the former name that was the next to end."""
    chosen = select(column).where(FORMER_NAME.c.agency_id == AGENCY.c.id, later)
    return chosen.order_by(FORMER_NAME.c.valid_to).limit(1).correlate_except(FORMER_NAME).scalar_subquery()


def naming_on(session: ReadSession, agency_id: int, day: date) -> tuple[str, str | None]:
    """Return an agency's name and 统计用区划代码 on a day."""
    chosen = select(name_on(day), division_on(day)).where(AGENCY.c.id == agency_id)
    name, division_code = session.execute(chosen).one()
    return name, division_code


def called_in(session: ReadSession, agency_id: int, year: int) -> str:
    """Return what an agency was called on 31 December of a year."""
    rows = session.connection().execute(_called(), {"body": agency_id, "day": reference_day(year)})
    name: str = rows.scalar_one()
    return name


@cache
def _called() -> Select[str]:
    return select(name_on(bindparam("day"))).where(AGENCY.c.id == bindparam("body"))


def is_or_was_called(part: str) -> ColumnElement[bool]:
    """Tell of an agency whether its name, or one that it had, has this part."""
    was = select(FORMER_NAME.c.agency_id).where(FORMER_NAME.c.name.icontains(part, autoescape=True))
    return or_(AGENCY.c.name.icontains(part, autoescape=True), AGENCY.c.id.in_(was))
