"""Final totals (定稿): freezing a total with all that it was made of, and reopening it with a reason."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.domain.acts import Act
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
from app.domain.rules import RULES
from app.errors import Fault, NotFound, Unavailable, WrongState
from app.forms import form_of_version
from app.services.adjustments import hold_total
from app.services.agencies import find_agency, key_of
from app.services.audit import record
from app.services.changes import note_year
from app.services.paths import get_path
from app.services.roll_ups import CoverageState, RolledUp, roll_up_subtree, sources_on, total_on
from app.services.versions import mark_of_source
from app.storage.digests import digest_of
from app.storage.engine import lock_tree, queue_batches
from app.storage.finalisation_models import Finalisation
from app.storage.finalisations import (
    Adjusted,
    adjustments_in,
    final_in_force,
    finalisations_after,
    get_finalisation,
    last_number,
    which_are_final,
)
from app.storage.tree import subtree_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.auth.actor import Actor
    from app.forms.model import ReportForm
    from app.services.roll_ups import Covered
    from app.storage.engine import ReadSession, WriteSession
    from app.storage.models import Agency
    from app.storage.numbers import Part, Source

MOST_NAMED = 5
"""How many bodies a sentence names; the list of faults names all."""

_RULE = RULES["R40"]
_READY = (CoverageState.INCLUDED, CoverageState.EXCUSED)


@dataclass(frozen=True, slots=True)
class Final:
    """A total that was made final, with what it was made of.

    Attributes:
        agency: whose it is.
        kept: as it is stored.
        frozen: what it was made of.
        differences: how the live total differs from it; None where that wasn't asked for.
        below: bodies right below that have others below them and aren't final themselves, likewise.
    """

    agency: Agency
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
        return _frozen(self.rolled, self.adjustments)

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
    return Standing(rolled, adjustments, Final(rolled.agency, kept, frozen, differences))


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
    live, basis = _frozen(rolled, adjustments), Basis(kept.basis)
    if rolled.basis is basis:
        return live
    sources = _frozen_sources(rolled, sources_on(session, rolled, basis))
    same = [each.version_added for each in sources] == [each.version_added for each in frozen.sources]
    totals = frozen.totals if same else total_on(session, rolled, basis).totals
    return replace(live, sources=sources, totals=totals)


def finalise(
    session: WriteSession,
    actor: Actor,
    key: tuple[str, int],
    note: str | None = None,
    signed_by: str | None = None,
) -> Final:
    """Make a total final: from now on its figures stay, whatever becomes of the reports.

    Raises:
        NotFound: there is no such agency that the actor reaches, or it has no roll-up of that year.
        Forbidden: they may not.
        WrongState: it is final already, or a body that owes a report has none that was accepted (R40).
        Unavailable: reports came in at this very moment.
    """
    code, year = key
    _keep_still(session)
    agency = hold_total(session, actor, code, year)
    _refuse_again(session, agency, year)
    rolled = roll_up_subtree(session, actor, code, year, Basis.ACCEPTED, to_hold=True)
    _refuse_unready(rolled)
    frozen = _frozen(rolled, adjustments_in(session, key_of(agency), year))
    kept = _keep(session, actor, rolled, frozen, note, signed_by)
    _tell(session, actor, Act.ROLLUP_FINALISE, agency, kept, {"note": note, "signed_by": signed_by})
    live = differences_since(rolled.form, frozen, frozen)
    return Final(agency, kept, frozen, live, _below(session, agency, year))


def _keep_still(session: WriteSession) -> None:
    """Keep the tree, and whoever saves many reports at once, from changing what is to be frozen."""
    lock_tree(session, to_change_it=False)
    queue_batches(session)


def _refuse_again(session: ReadSession, agency: Agency, year: int) -> None:
    final = final_in_force(session, key_of(agency), year)
    if final is not None:
        raise WrongState(
            f"“{agency.name}”{year} 年度的汇总已由{final.finalised_by}定稿（第 {final.number} 次）；"
            "要重新定稿，请先重开（finalisation/reopening）",
            members={"number": final.number, "existing": f"/api/v1{_target(agency, year)}"},
        )


def _refuse_unready(rolled: RolledUp) -> None:
    """Refuse while a body that owes a report has none that was accepted, and wasn't let off either.

    Raises:
        WrongState: one has none; all are named.
        Unavailable: what was added isn't what was listed: a report came in between.
    """
    unready = [covered for covered in rolled.expected if covered.state not in _READY]
    name = f"“{rolled.name}”{rolled.year} 年度的汇总"
    if unready:
        missing = "、".join(_in_words(covered) for covered in unready[:MOST_NAMED])
        missing += "等" if len(unready) > MOST_NAMED else ""
        whose: dict[str, str | int] = {"agency": rolled.name, "year": rolled.year}
        raise WrongState(
            _RULE.say("refused", title=_RULE.title, count=len(unready), missing=missing, **whose),
            [_fault_of(covered) for covered in unready],
            {"rule": _RULE.id, "missing": len(unready)},
        )
    if rolled.total.included != len(rolled.sources):
        raise Unavailable("正好有单位的报告在变动，请稍后再定稿一次")
    if not rolled.sources:
        raise WrongState(f"{name}没有计入任何报告，没有可以定稿的数")


def _in_words(covered: Covered) -> str:
    status = "缺报" if covered.status is None else covered.status.label
    return f"“{covered.agency.name}”（{status}）"


def _fault_of(covered: Covered) -> Fault:
    message = _RULE.say("refused.unit", agency=covered.name, reason=covered.reason or "")
    details = {
        "rule": _RULE.id,
        "agency": covered.agency.code,
        "name": covered.agency.name,
        "report_status": covered.status,
    }
    return Fault("", message, "unit-missing", details)


def _keep(
    session: WriteSession,
    actor: Actor,
    rolled: RolledUp,
    frozen: Frozen,
    note: str | None,
    signed_by: str | None,
) -> Finalisation:
    number = last_number(session, key_of(rolled.agency), rolled.year) + 1
    content = json.dumps(
        {"agency": rolled.agency.code, "year": rolled.year, "number": number, **asdict(frozen)},
        ensure_ascii=False,
    )
    kept = Finalisation(
        agency_id=key_of(rolled.agency),
        year=rolled.year,
        number=number,
        form=rolled.form.version,
        basis=rolled.basis,
        content=content,
        digest=digest_of(session.digest, content.encode()),
        algorithm=session.digest,
        note=note,
        signed_by=signed_by,
        finalised_by=actor.holder,
        finalised_at=datetime.now(UTC),
    )
    session.add(kept)
    session.flush()
    return kept


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


def _frozen(rolled: RolledUp, adjustments: Sequence[Adjusted]) -> Frozen:
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


def _below(session: ReadSession, agency: Agency, year: int) -> list[Named]:
    """Return the bodies right below that have others below them and aren't final themselves."""
    placed = subtree_on(session, key_of(agency), reference_day(year))
    parents = {place.parent for place in placed if place.depth > 1}
    children = [place.agency for place in placed if place.depth == 1 and place.agency.code in parents]
    final = which_are_final(session, [key_of(child) for child in children], year) if children else set()
    return [Named(child.code, child.name) for child in children if child.id not in final]


def reopen(session: WriteSession, actor: Actor, key: tuple[str, int], reason: str) -> Final:
    """Let a final total be provisional again; what it was stays on record.

    Raises:
        NotFound: there is no such agency that the actor reaches.
        Forbidden: they may not.
        WrongState: the total isn't final.
    """
    code, year = key
    agency = hold_total(session, actor, code, year)
    kept = final_in_force(session, key_of(agency), year)
    if kept is None:
        raise WrongState(f"“{agency.name}”{year} 年度的汇总没有定稿，不用重开")
    kept.reopened_by, kept.reopened_at, kept.reopening = actor.holder, datetime.now(UTC), reason
    session.flush()
    _tell(session, actor, Act.ROLLUP_REOPEN, agency, kept, {"reason": reason})
    return Final(agency, kept, read_frozen(kept))


def _target(agency: Agency, year: int) -> str:
    return f"/rollups/{agency.code}/{year}/finalisation"


def _tell(
    session: WriteSession,
    actor: Actor,
    act: Act,
    agency: Agency,
    kept: Finalisation,
    said: dict[str, object],
) -> None:
    known = {"number": kept.number, "digest": kept.digest}
    note_year(session, act, agency, kept.year, known)
    record(session, actor, act, _target(agency, kept.year), agency=agency.code, details=known | said)


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
    final = Final(agency, kept, frozen)
    live = _live(session, actor, final)
    return Final(
        agency, kept, frozen, differences_since(final.form, frozen, live), _below(session, agency, year)
    )


def _live(session: ReadSession, actor: Actor, final: Final) -> Frozen:
    """Return what would be made final now; nothing, where the agency stands in that year's tree no more."""
    agency, year = final.agency, final.kept.year
    if get_path(session, agency, year) is None:
        empty = RollUp(dict.fromkeys(final.form.cells), 0, {})
        return Frozen(empty.totals, (), (), (), ())
    rolled = roll_up_subtree(session, actor, agency.code, year, Basis(final.kept.basis))
    return _frozen(rolled, adjustments_in(session, key_of(agency), year))


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
    return Final(agency, kept, read_frozen(kept))


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
    return [Final(agency, kept, read_frozen(kept)) for kept in found]
