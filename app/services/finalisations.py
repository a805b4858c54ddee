"""Final totals (定稿): freezing a total with all that it was made of, and reopening it with a reason."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.domain.acts import Act
from app.domain.finalisation import Frozen, differences_since
from app.domain.lifecycle import Basis
from app.domain.rules import RULES
from app.errors import Fault, Unavailable, WrongState
from app.services.adjustments import hold_total
from app.services.agencies import key_of
from app.services.audit import record
from app.services.changes import note_year
from app.services.final_totals import Final, frozen_of, not_final_below, read_frozen
from app.services.roll_ups import CoverageState, RolledUp, roll_up_subtree
from app.storage.digests import digest_of
from app.storage.engine import lock_tree, queue_batches
from app.storage.finalisation_models import Finalisation
from app.storage.finalisations import adjustments_in, final_in_force, last_number
from app.storage.names import called_in

if TYPE_CHECKING:
    from app.auth.actor import Actor
    from app.services.roll_ups import Covered
    from app.storage.engine import ReadSession, WriteSession
    from app.storage.models import Agency

MOST_NAMED = 5
"""How many bodies a sentence names; the list of faults names all."""

_RULE = RULES["R40"]
_READY = (CoverageState.INCLUDED, CoverageState.EXCUSED)


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
    frozen = frozen_of(rolled, adjustments_in(session, key_of(agency), year))
    kept = _keep(session, actor, rolled, frozen, note, signed_by)
    _tell(session, actor, Act.ROLLUP_FINALISE, agency, kept, {"note": note, "signed_by": signed_by})
    live = differences_since(rolled.form, frozen, frozen)
    return Final(agency, rolled.name, kept, frozen, live, not_final_below(session, agency, year))


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
    return Final(agency, called_in(session, key_of(agency), year), kept, read_frozen(kept))


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
    target, year = _target(agency, kept.year), kept.year
    record(session, actor, act, target, agency=agency.code, year=year, details=known | said)
