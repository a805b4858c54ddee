"""What a roll-up is of: which reports of a year, on the year's tree or on today's."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from app.domain.agencies import AgencyLevel, reference_day
from app.errors import NotFound
from app.services.agencies import find_agency, key_of
from app.services.filed import find_form
from app.services.paths import get_path
from app.services.regrouping import regroup
from app.storage.engine import plan_for_few
from app.storage.names import called_in
from app.storage.numbers import SEPARATOR, TABLES
from app.storage.sums import Subtree

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Table

    from app.auth.actor import Actor
    from app.domain.lifecycle import Basis
    from app.forms.model import ReportForm
    from app.services.regrouping import Regrouped
    from app.storage.engine import ReadSession
    from app.storage.models import Agency

_AT_ONCE = 1000
"""Bodies that a statement names."""


class Tree(StrEnum):
    """On which tree a year's reports are added up."""

    YEAR = "year"
    CURRENT = "current"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which roll-up somebody asks about: of which agency and year, which reports count, on which tree."""

    agency: str
    year: int
    basis: Basis
    tree: Tree = Tree.YEAR


@dataclass(frozen=True, slots=True)
class Scope:
    """What is to be added up.

    Attributes:
        agency: at the top of the subtree.
        name: what it is called on that tree.
        form: the year's form.
        asked: the roll-up.
        path: under which the reports of the year's tree lie; None on today's.
        regrouped: today's subtree with whatever of the year belongs there; None on the year's.
    """

    agency: Agency
    name: str
    form: ReportForm
    asked: Asked
    path: str | None
    regrouped: Regrouped | None

    @property
    def table(self) -> Table:
        """Where the reports' numbers stand."""
        return TABLES[self.form.version]

    @property
    def has_adjustments(self) -> bool:
        """Whether anything may be adjusted in it: adjustments and final totals are of the year's tree."""
        return self.regrouped is None

    @property
    def subtree(self) -> Subtree:
        """Whose reports count, on the year's tree."""
        if self.path is None:
            raise AssertionError(self.asked)
        return Subtree(self.asked.year, self.path, self.asked.basis.statuses)

    def subtrees(self) -> list[Subtree]:
        """Return whose reports count, on either tree, none of them in two."""
        if self.regrouped is None:
            return [self.subtree]
        return list(self.reports_of(self.regrouped.owing - self.regrouped.left_over.keys()))

    def reports_of(self, bodies: Collection[int]) -> Iterator[Subtree]:
        """Yield what names the reports of some bodies, as many at once as a statement takes."""
        keys, asked = sorted(bodies), self.asked
        for start in range(0, len(keys), _AT_ONCE):
            some = tuple(keys[start : start + _AT_ONCE])
            yield Subtree(asked.year, SEPARATOR, asked.basis.statuses, some)


def find_scope(session: ReadSession, actor: Actor, asked: Asked) -> Scope:
    """Return what lies under an agency, as the tree stood on 31 December of the year or stands today.

    Raises:
        NotFound: there is no such agency, or it stands nowhere on that tree.
        InvalidRequest: the year has no form.
    """
    find = _of_today if asked.tree is Tree.CURRENT else _of_year
    scope = find(session, actor, asked)
    if scope.agency.level != AgencyLevel.NATION:
        plan_for_few(session)
    return scope


def _of_year(session: ReadSession, actor: Actor, asked: Asked) -> Scope:
    year = asked.year
    agency = find_agency(session, actor, asked.agency, year=year)
    form, path = find_form(year), get_path(session, agency, year)
    if path is None:
        raise NotFound(f"“{agency.name}”在 {reference_day(year)} 不在机关树中，没有 {year} 年度的汇总")
    return Scope(agency, called_in(session, key_of(agency), year), form, asked, path, None)


def _of_today(session: ReadSession, actor: Actor, asked: Asked) -> Scope:
    # on today's tree there may be reports that whoever reached it then never saw
    agency, form = find_agency(session, actor, asked.agency), find_form(asked.year)
    regrouped = regroup(session, agency, asked.year)
    if not regrouped.placed:
        raise NotFound(
            f"“{agency.name}”今天不在机关树中；按 {asked.year} 年的机关树汇总，请去掉 tree=current"
        )
    return Scope(agency, agency.name, form, asked, None, regrouped)
