"""Agencies registered or corrected many at once: a nation's divisions in a few statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from sqlalchemy import Select, select

from app.auth.rights import require, within_reach
from app.domain.acts import Act
from app.domain.roles import Right
from app.errors import Fault, InvalidRequest
from app.services.agencies import correct_if_needed, refuse_empty_interval, require_place
from app.services.agency_codes import refuse_given
from app.services.agency_details import as_json, changes_between, columns_of, details_of
from app.services.audit import record
from app.services.changes import note_registered
from app.services.freezing import hold_tree
from app.storage.models import AGENCY, PLACEMENT
from app.storage.placing import Known, NewPlace, insert_agencies, known_agencies

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from app.auth.actor import Actor
    from app.services.agency_details import AgencyDetails
    from app.storage.engine import WriteSession


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What an import changes of an agency that is there: a member as it was and as it is."""

    code: str
    field: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import did, or would do.

    Attributes:
        created: codes of the agencies that it registers, upper ones first.
        changes: what it corrects, agency by agency.
        changed: how many agencies it corrects.
        unchanged: how many were as they are.
    """

    created: Sequence[str]
    changes: Sequence[FieldChange]
    changed: int
    unchanged: int


def import_agencies(session: WriteSession, actor: Actor, rows: Sequence[AgencyDetails]) -> ImportOutcome:
    """Register or correct many agencies at once, each code but once; parents may stand anywhere in the list.

    Raises:
        Forbidden: the actor may not, or not at the top of the tree.
        Duplicate: a code is an agency's that the actor doesn't reach, or was a removed one's.
        InvalidRequest: a parent is unknown, or parents run in a circle.
    """
    require(actor, Right.MANAGE_AGENCIES, "机关")
    hold_tree(session)
    in_order = _parents_first(rows)
    reached = set(session.scalars(select(AGENCY.c.code).where(within_reach(actor))))
    _refuse_unknown_parents(session, actor, rows, reached)
    known = known_agencies(session, [details.code for details in rows], within_reach(actor))
    created = [details for details in in_order if details.code not in known]
    if created:
        _register(session, actor, created, reached)
    changed = [
        (known[details.code].agency, before, details)
        for details in in_order
        if details.code in known and (before := _details_of(known[details.code])) != details
    ]
    for agency, _, details in changed:
        correct_if_needed(session, actor, agency, details)
    codes = [details.code for details in created]
    if codes:
        record(session, actor, Act.AGENCY_IMPORT, "/agencies", details={"created": codes})
    changes = [change for _, before, after in changed for change in _changes(before, after)]
    return ImportOutcome(codes, changes, len(changed), len(rows) - len(codes) - len(changed))


def _details_of(known: Known) -> AgencyDetails:
    return details_of(known.agency, known.parent, known.valid_from, known.valid_to)


def _changes(before: AgencyDetails, after: AgencyDetails) -> Iterator[FieldChange]:
    for name, (was, since) in changes_between(before, after).items():
        yield FieldChange(after.code, name, was, since)


def _register(
    session: WriteSession, actor: Actor, created: Sequence[AgencyDetails], reached: Collection[str]
) -> None:
    """Store new agencies, upper ones first.

    Raises:
        Forbidden, Duplicate, InvalidRequest: see `import_agencies`.
    """
    for details in created:
        require_place(actor, details)
        refuse_empty_interval(details)
    codes = [details.code for details in created]
    refuse_given(session, codes)
    _refuse_unreached_parents(created, {*codes, *reached})
    now = datetime.now(UTC)
    agencies = [
        columns_of(details) | {"revision": 1, "created_at": now, "updated_at": now} for details in created
    ]
    places = [NewPlace(each.code, each.parent, each.valid_from, each.valid_to) for each in created]
    keys = insert_agencies(session, agencies, places)
    for details in created:
        note_registered(session, details.code, keys[details.code], as_json(details))


def _refuse_unreached_parents(created: Sequence[AgencyDetails], reached: Collection[str]) -> None:
    """Refuse to put a new agency where the actor doesn't reach."""
    for details in created:
        if details.parent is not None and details.parent not in reached:
            message = f"没有代码为“{details.parent}”的机关；请先登记上级"
            raise InvalidRequest(message, [Fault("/parent", message, "unknown-agency")])


def _refuse_unknown_parents(
    session: WriteSession, actor: Actor, rows: Sequence[AgencyDetails], reached: Collection[str]
) -> None:
    # the one above the agency at the top of the actor's reach may stand in the list, unchanged
    above = select(AGENCY.c.code).where(AGENCY.c.id.in_(_parents_of(actor)))
    known = {None, *reached, *session.scalars(above), *(details.code for details in rows)}
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
