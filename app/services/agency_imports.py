"""Agencies registered or corrected many at once."""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from sqlalchemy import Select, select

from app.auth.rights import get_within_reach, require, within_reach
from app.domain.acts import Act
from app.domain.roles import Right
from app.errors import Fault, InvalidRequest
from app.services.agencies import correct_if_needed, register, require_place
from app.services.audit import record
from app.services.freezing import hold_tree
from app.storage.models import AGENCY, PLACEMENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.auth.actor import Actor
    from app.services.agency_details import AgencyDetails
    from app.storage.engine import WriteSession


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """How many agencies an import registered, corrected and found as they were."""

    created: int
    changed: int
    unchanged: int


def import_agencies(session: WriteSession, actor: Actor, rows: Sequence[AgencyDetails]) -> ImportOutcome:
    """Register or correct many agencies at once, each code but once; parents may stand anywhere in the list.

    Raises:
        Forbidden: the actor may not, or not at the top of the tree.
        Duplicate: a code is an agency's that the actor doesn't reach.
        InvalidRequest: a parent is unknown, or parents run in a circle.
    """
    require(actor, Right.MANAGE_AGENCIES, "机关")
    hold_tree(session)
    created: list[str] = []
    changed = 0
    in_order = _parents_first(rows)
    _refuse_unknown_parents(session, actor, rows)
    for details in in_order:
        known = get_within_reach(session, actor, details.code)
        if known is None:
            require_place(actor, details)
            register(session, actor, details)
            created.append(details.code)
        else:
            changed += correct_if_needed(session, actor, known, details)
    if created:
        record(session, actor, Act.AGENCY_IMPORT, "/agencies", details={"created": created})
    return ImportOutcome(len(created), changed, len(rows) - len(created) - changed)


def _refuse_unknown_parents(session: WriteSession, actor: Actor, rows: Sequence[AgencyDetails]) -> None:
    within = select(AGENCY.c.code).where(within_reach(actor))
    # the one above the agency at the top of the actor's reach may stand in the list, unchanged
    above = select(AGENCY.c.code).where(AGENCY.c.id.in_(_parents_of(actor)))
    known = {
        None,
        *session.scalars(within),
        *session.scalars(above),
        *(details.code for details in rows),
    }
    faults = [
        Fault(
            "",
            f"“{details.name}”（{details.code}）的上级“{details.parent}”没有登记，表中也没有",
            "unknown-agency",
        )
        for details in rows
        if details.parent not in known
    ]
    if faults:
        raise InvalidRequest("有机关的上级没有登记；请先登记上级，或者写在同一张表里", faults)


def _parents_of(actor: Actor) -> Select[int | None]:
    return select(PLACEMENT.c.parent_id).where(PLACEMENT.c.agency_id == actor.under)


def _parents_first(rows: Sequence[AgencyDetails]) -> list[AgencyDetails]:
    waiting = {details.code: details for details in rows}
    order = TopologicalSorter({code: {details.parent} for code, details in waiting.items()})
    try:
        return [waiting[code] for code in order.static_order() if code in waiting]
    except CycleError as circle:
        raise InvalidRequest(f"上级关系绕成了圈：{' → '.join(map(str, circle.args[1]))}") from circle
