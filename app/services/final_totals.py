"""Final totals as they are kept, beside the live ones."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.domain.adjusting import adjusted
from app.domain.agencies import reference_day
from app.domain.finalisation import (
    Differences,
    Frozen,
    FrozenAdjustment,
    FrozenSource,
    Named,
    differences_since,
)
from app.domain.lifecycle import Basis
from app.domain.roll_up import RollUp
from app.errors import NotFound
from app.forms import form_of_version
from app.services.agencies import find_agency, key_of
from app.services.paths import get_path
from app.services.roll_ups import CoverageState, RolledUp, roll_up_subtree, sources_on, total_on
from app.services.versions import mark_of_source
from app.storage.finalisation_models import Finalisation
from app.storage.finalisations import (
    Adjusted,
    adjustments_in,
    final_in_force,
    finalisations_after,
    get_finalisation,
    which_are_final,
)
from app.storage.names import called_in
from app.storage.tree import subtree_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.auth.actor import Actor
    from app.forms.model import ReportForm
    from app.storage.engine import ReadSession
    from app.storage.models import Agency
    from app.storage.sums import Part, Source


@dataclass(frozen=True, slots=True)
class Final:
    """A total that was made final, with what it was made of.

    Attributes:
        agency: whose it is.
        name: what that was called on 31 December of the year.
        kept: as it is stored.
        frozen: what it was made of.
        differences: how the live total differs from it; None where that wasn't asked for.
        below: bodies right below that have others below them and aren't final themselves, likewise.
    """

    agency: Agency
    name: str
    kept: Finalisation
    frozen: Frozen
    differences: Differences | None = None
    below: Sequence[Named] | None = None

    @property
    def form(self) -> ReportForm:
        """The form on which the reports were made."""
        form = form_of_version(self.kept.form)
        if form is None:
            raise AssertionError(self.kept.form)
        return form


@dataclass(frozen=True, slots=True)
class Standing:
    """A roll-up with what was adjusted in it, and the final total where there is one.

    Attributes:
        rolled: the sum as it is now.
        adjustments: what holds of all that was adjusted in the subtree.
        final: the total that is final, with how the present one differs; None while it is provisional.
    """

    rolled: RolledUp
    adjustments: Sequence[Adjusted]
    final: Final | None

    @property
    def frozen(self) -> Frozen:
        """The roll-up as it would be made final."""
        return frozen_of(self.rolled, self.adjustments)

    @property
    def adjusted_totals(self) -> dict[str, int | None]:
        """The sum with all adjustments."""
        return adjusted(self.rolled.total.totals, [each.lines for each in self.adjustments])


def standing_of(
    session: ReadSession, actor: Actor, code: str, year: int, basis: Basis, part: Part | None = None
) -> Standing:
    """Return a roll-up with its adjustments, and what it was made final as.

    Raises:
        NotFound, InvalidRequest: see `roll_up_subtree`.
    """
    rolled = roll_up_subtree(session, actor, code, year, basis, part)
    adjustments = adjustments_in(session, key_of(rolled.agency), year)
    kept = final_in_force(session, key_of(rolled.agency), year)
    if kept is None:
        return Standing(rolled, adjustments, None)
    frozen = read_frozen(kept)
    live = _live_beside(session, rolled, adjustments, kept, frozen)
    differences = differences_since(rolled.form, frozen, live)
    return Standing(rolled, adjustments, Final(rolled.agency, rolled.name, kept, frozen, differences))


def _live_beside(
    session: ReadSession,
    rolled: RolledUp,
    adjustments: Sequence[Adjusted],
    kept: Finalisation,
    frozen: Frozen,
) -> Frozen:
    """Return a roll-up on the basis on which it was made final.

    Nothing is added up where the same versions are in it: they would come to the same.
    """
    live, basis = frozen_of(rolled, adjustments), Basis(kept.basis)
    if rolled.basis is basis:
        return live
    sources = _frozen_sources(rolled, sources_on(session, rolled, basis))
    same = [each.version_added for each in sources] == [each.version_added for each in frozen.sources]
    totals = frozen.totals if same else total_on(session, rolled, basis).totals
    return replace(live, sources=sources, totals=totals)


def find_final(session: ReadSession, actor: Actor, key: tuple[str, int]) -> Final:
    """Return the total that is final, and how the live one differs from it.

    Raises:
        NotFound: there is no such agency that the actor reaches, or its total isn't final.
    """
    code, year = key
    agency = find_agency(session, actor, code, year=year)
    kept = final_in_force(session, key_of(agency), year)
    if kept is None:
        raise NotFound(f"“{agency.name}”{year} 年度的汇总还没有定稿")
    frozen = read_frozen(kept)
    final = Final(agency, called_in(session, key_of(agency), year), kept, frozen)
    differences = differences_since(final.form, frozen, _live(session, actor, final))
    return replace(final, differences=differences, below=not_final_below(session, agency, year))


def _live(session: ReadSession, actor: Actor, final: Final) -> Frozen:
    """Return what would be made final now; nothing, where the agency stands in that year's tree no more."""
    agency, year = final.agency, final.kept.year
    if get_path(session, agency, year) is None:
        empty = RollUp(dict.fromkeys(final.form.cells), 0, {})
        return Frozen(empty.totals, (), (), (), ())
    rolled = roll_up_subtree(session, actor, agency.code, year, Basis(final.kept.basis))
    return frozen_of(rolled, adjustments_in(session, key_of(agency), year))


def not_final_below(session: ReadSession, agency: Agency, year: int) -> list[Named]:
    """Return the bodies right below that have others below them and aren't final themselves."""
    placed = subtree_on(session, key_of(agency), reference_day(year))
    parents = {place.parent for place in placed if place.depth > 1}
    children = [place for place in placed if place.depth == 1 and place.agency.code in parents]
    keys = [key_of(place.agency) for place in children]
    final = which_are_final(session, keys, year) if keys else set()
    return [Named(place.agency.code, place.name) for place in children if place.agency.id not in final]


def find_numbered(session: ReadSession, actor: Actor, key: tuple[str, int], number: int) -> Final:
    """Return a total that was made final, whether or not it still is.

    Raises:
        NotFound: there is no such agency that the actor reaches, or none of this number.
    """
    code, year = key
    agency = find_agency(session, actor, code, year=year)
    kept = get_finalisation(session, key_of(agency), year, number)
    if kept is None:
        raise NotFound(f"“{agency.name}”{year} 年度的汇总没有第 {number} 次定稿")
    return Final(agency, called_in(session, key_of(agency), year), kept, read_frozen(kept))


def list_finals(
    session: ReadSession, actor: Actor, key: tuple[str, int], after: int, limit: int
) -> list[Final]:
    """Return up to *limit* of all the totals of a year that were ever made final, from behind one, in order.

    Raises:
        NotFound: there is no such agency that the actor reaches.
    """
    code, year = key
    agency = find_agency(session, actor, code, year=year)
    found = finalisations_after(session, key_of(agency), year, after, limit)
    name = called_in(session, key_of(agency), year)
    return [Final(agency, name, kept, read_frozen(kept)) for kept in found]


def read_frozen(kept: Finalisation) -> Frozen:
    """Return what a total was made of when it was made final."""
    content = json.loads(kept.content)
    return Frozen(
        totals=content["totals"],
        adjustments=[FrozenAdjustment(**each) for each in content["adjustments"]],
        sources=[FrozenSource(**each) for each in content["sources"]],
        expected=[Named(**each) for each in content["expected"]],
        excused=[Named(**each) for each in content["excused"]],
    )


def frozen_of(rolled: RolledUp, adjustments: Sequence[Adjusted]) -> Frozen:
    """Return a roll-up as it would be made final."""
    return Frozen(
        totals=dict(rolled.total.totals),
        adjustments=[_frozen_adjustment(each) for each in adjustments],
        sources=_frozen_sources(rolled, rolled.sources),
        expected=[Named(covered.agency.code, covered.agency.name) for covered in rolled.expected],
        excused=[
            Named(covered.agency.code, covered.agency.name, covered.reason)
            for covered in rolled.standing(CoverageState.EXCUSED)
        ],
    )


def _frozen_sources(rolled: RolledUp, sources: Sequence[Source]) -> list[FrozenSource]:
    names = {covered.agency.code: covered.agency.name for covered in rolled.coverage}
    return [
        FrozenSource(source.agency, names[source.agency], source.version, f'"{mark_of_source(source)}"')
        for source in sources
    ]


def _frozen_adjustment(each: Adjusted) -> FrozenAdjustment:
    adjustment, agency = each.adjustment, each.agency
    return FrozenAdjustment(
        id=each.key,
        agency=agency.code,
        name=agency.name,
        reason=adjustment.reason,
        document=adjustment.document,
        made_by=adjustment.made_by,
        made_at=adjustment.made_at.isoformat(),
        lines=dict(each.lines),
    )
