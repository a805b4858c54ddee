"""Agencies: register, correct, remove, find."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, select

from app.auth.rights import get_within_reach, require, require_everything, within_reach
from app.domain.acts import Act
from app.domain.roles import Right
from app.errors import Fault, InvalidRequest, NotFound, WrongState
from app.services.agency_codes import refuse_given
from app.services.agency_details import (
    AgencyDetails,
    AgencyFound,
    as_json,
    changes_between,
    columns_of,
    details_of,
)
from app.services.audit import record
from app.services.changes import note_agency, note_agency_gone
from app.services.freezing import hold_tree
from app.services.paths import file_again
from app.services.versions import BasedOn, require_absent, require_current
from app.storage.finalisation_models import ADJUSTMENT, FINALISATION
from app.storage.models import (
    AGENCY,
    LINK,
    PLACEMENT,
    REPORT,
    TOKEN,
    WEBHOOK,
    Agency,
    AgencyPlacement,
    RetiredCode,
)
from app.storage.names import is_or_was_called, naming_on
from app.storage.reorganisation_models import REORGANISED
from app.storage.tree import (
    Placed,
    Span,
    ids_below,
    last_placement,
    overlapping,
    placement_on,
    subtree_on,
    would_circle,
)

if TYPE_CHECKING:
    from app.auth.actor import Actor
    from app.storage.engine import ReadSession, WriteSession


def find_agency(
    session: ReadSession, actor: Actor, code: str, right: Right = Right.READ, year: int | None = None
) -> Agency:
    """Return the agency of this code for somebody who may do something with it.

    Args:
        session: where to look.
        actor: who asks.
        code: the agency.
        right: what they mean to do.
        year: of the reports that it is about, if it is about reports.

    Raises:
        NotFound: there is none that the actor reaches.
        Forbidden: they reach it, but haven't the right.
    """
    agency = get_within_reach(session, actor, code, year)
    if agency is None:
        raise NotFound(f"没有代码为“{code}”的机关")
    require(actor, right, f"“{agency.name}”")
    return agency


def find_agency_named(
    session: ReadSession, actor: Actor, code: str, right: Right, year: int | None = None
) -> Agency:
    """Return the agency that a body or a parameter names, for somebody who may do something with it.

    Raises:
        Forbidden: the actor hasn't the right, whatever is named.
        InvalidRequest: there is none that they reach.
    """
    agency = get_within_reach(session, actor, code, year)
    require(actor, right, f"“{code if agency is None else agency.name}”")
    if agency is None:
        message = f"没有代码为“{code}”的机关"
        raise InvalidRequest(message, [Fault("/agency", message, "unknown-agency")])
    return agency


def get_agency(session: ReadSession, actor: Actor, code: str, as_of: date | None = None) -> AgencyFound:
    """Return an agency where it stood on a day, or where it stands last.

    Raises:
        NotFound: there is none, or it stood nowhere on that day.
    """
    agency = find_agency(session, actor, code)
    agency_id = key_of(agency)
    placement = (
        last_placement(session, agency_id) if as_of is None else placement_on(session, agency_id, as_of)
    )
    if placement is None:
        raise NotFound(f"“{agency.name}”在 {as_of} 不在机关树中")
    details = _details(session, agency, placement)
    if as_of is not None:
        name, division_code = naming_on(session, agency_id, as_of)
        details = replace(details, name=name, division_code=division_code)
    return AgencyFound(agency, details)


def key_of(thing: Agency) -> int:
    """Return the row number of a stored agency."""
    if thing.id is None:
        raise AssertionError(thing)
    return thing.id


def _details(session: ReadSession, agency: Agency, placement: AgencyPlacement) -> AgencyDetails:
    parent = None if placement.parent_id is None else session.get_one(Agency, placement.parent_id).code
    return details_of(agency, parent, placement.valid_from, placement.valid_to)


def details_lastly(session: ReadSession, agency: Agency) -> AgencyDetails:
    """Return what is known of an agency where it stands now, stood last, or will stand first."""
    return _details(session, agency, last_placement(session, key_of(agency)))


def create_agency(session: WriteSession, actor: Actor, details: AgencyDetails) -> AgencyFound:
    """Register an agency.

    Raises:
        Forbidden: the actor may not, or there not.
        Duplicate: the code is taken.
        InvalidRequest: there is no such parent, or the dates don't fit.
    """
    require_place(actor, details)
    hold_tree(session)
    found = register(session, actor, details)
    record(
        session,
        actor,
        Act.AGENCY_CREATE,
        _target(details.code),
        agency=details.code,
        details=as_json(details),
    )
    return found


def require_place(actor: Actor, details: AgencyDetails) -> None:
    """Refuse whoever may not register or correct agencies, or none at the top of the tree.

    Raises:
        Forbidden: they may not.
    """
    require(actor, Right.MANAGE_AGENCIES, "机关")
    if details.parent is None:
        require_everything(actor, Right.MANAGE_AGENCIES, "没有上级的机关")


def _target(code: str) -> str:
    return f"/agencies/{code}"


def register(session: WriteSession, actor: Actor, details: AgencyDetails) -> AgencyFound:
    """Store a new agency and its place, which the actor may give it; nothing is recorded in the audit trail.

    Raises:
        Duplicate, InvalidRequest: see `create_agency`.
    """
    refuse_given(session, [details.code])
    refuse_empty_interval(details)
    parent_id = _parent_id(session, actor, details)
    agency = Agency(
        code=details.code,
        name=details.name,
        level=details.level,
        kind=details.kind,
        report_scope=details.report_scope,
        created_at=_now(),
        updated_at=_now(),
    ).sqlmodel_update(columns_of(details))
    session.add(agency)
    session.flush()
    placement = AgencyPlacement(
        agency_id=key_of(agency),
        parent_id=parent_id,
        valid_from=details.valid_from,
        valid_to=details.valid_to,
    )
    session.add(placement)
    session.flush()
    note_agency(session, Act.AGENCY_CREATE, agency, as_json(details))
    return AgencyFound(agency, details)


def _is_there(session: ReadSession, code: str) -> bool:
    return bool(session.scalar(select(exists().where(AGENCY.c.code == code))))


def replace_agency(
    session: WriteSession, actor: Actor, details: AgencyDetails, based_on: BasedOn | None
) -> tuple[AgencyFound, bool]:
    """Correct an agency's details, its present place included, or register it; tell whether it is new.

    A corrected place holds for the past as well: reports filed meanwhile count where they now belong.

    Raises:
        NotFound: it is there, but not where the actor reaches; or it isn't, and they may register nothing.
        Forbidden: see `create_agency`.
        PreconditionRequired, StaleVersion: see `require_current`.
        InvalidRequest: there is no such parent, or it stands below this agency.
    """
    hold_tree(session)
    # to whoever may register nothing, what isn't there is the same as what they don't reach
    if Right.MANAGE_AGENCIES in actor.rights and not _is_there(session, details.code):
        require_absent(based_on)
        return create_agency(session, actor, details), True
    agency = find_agency(session, actor, details.code, Right.MANAGE_AGENCIES)
    session.refresh(agency, with_for_update=True)
    require_current(based_on, agency)
    correct_if_needed(session, actor, agency, details)
    return AgencyFound(agency, details), False


def correct_if_needed(session: WriteSession, actor: Actor, agency: Agency, details: AgencyDetails) -> bool:
    """Correct an agency that is there, and record it; tell whether anything differed.

    Raises:
        Forbidden, InvalidRequest: see `replace_agency`.
    """
    placement = last_placement(session, key_of(agency))
    before = _details(session, agency, placement)
    if details == before:
        return False
    refuse_empty_interval(details)
    # whoever may not see the agency above must leave it where it is
    is_moved = details.parent != before.parent
    parent_id = _new_parent_id(session, actor, details) if is_moved else placement.parent_id
    _correct(session, agency, placement, details, parent_id)
    note_agency(session, Act.AGENCY_REPLACE, agency, as_json(details))
    changed = changes_between(before, details)
    record(session, actor, Act.AGENCY_REPLACE, _target(agency.code), agency=agency.code, details=changed)
    return True


def _new_parent_id(session: WriteSession, actor: Actor, details: AgencyDetails) -> int | None:
    require_place(actor, details)
    return _parent_id(session, actor, details)


def _correct(
    session: WriteSession,
    agency: Agency,
    placement: AgencyPlacement,
    details: AgencyDetails,
    parent_id: int | None,
) -> None:
    agency.sqlmodel_update(columns_of(details))
    agency.revision += 1
    agency.updated_at = _now()
    span = Span(details.valid_from, details.valid_to)
    if parent_id is not None and would_circle(session, key_of(agency), parent_id, span):
        raise InvalidRequest(
            f"“{details.parent}”在“{agency.name}”之下，不能又做它的上级",
            [Fault("/parent", "上级不能是自己或者自己的下级", "circle")],
        )
    _refuse_two_places(session, agency, placement, span)
    placement.parent_id = parent_id
    placement.valid_from = details.valid_from
    placement.valid_to = details.valid_to
    session.flush()
    file_again(session, ids_below(session, key_of(agency)))


def _refuse_two_places(session: WriteSession, agency: Agency, placement: AgencyPlacement, span: Span) -> None:
    other = overlapping(session, placement, span)
    if other is not None:
        message = (
            f"“{agency.name}”从 {other.valid_from} 到 {other.valid_to} 在另一个位置；"
            f"现在的位置的起始日期不能早于 {other.valid_to}"
        )
        raise InvalidRequest(message, [Fault("/valid_from", message, "two-places")])


def delete_agency(session: WriteSession, actor: Actor, code: str, based_on: BasedOn | None) -> None:
    """Remove an agency that was registered by mistake.

    Raises:
        NotFound: there is none.
        Forbidden: the actor may not.
        WrongState: it has reports, or others stand below it.
        PreconditionRequired, StaleVersion: see `require_current`.
    """
    hold_tree(session)
    agency = find_agency(session, actor, code, Right.MANAGE_AGENCIES)
    require_current(based_on, agency)
    if session.scalar(select(exists().where(REPORT.c.agency_id == agency.id))):
        raise WrongState(f"“{agency.name}”已有报告，不能删除")
    if session.scalar(select(exists().where(PLACEMENT.c.parent_id == agency.id))):
        raise WrongState(f"“{agency.name}”之下还有机关，不能删除")
    if session.scalar(select(exists().where(TOKEN.c.agency_id == agency.id))):
        raise WrongState(f"“{agency.name}”发放过令牌，不能删除")
    if session.scalar(select(exists().where(WEBHOOK.c.agency_id == agency.id))):
        raise WrongState(f"“{agency.name}”还有推送（/webhooks），不能删除；请先删除推送")
    for table in (ADJUSTMENT, FINALISATION):
        if session.scalar(select(exists().where(table.c.agency_id == agency.id))):
            raise WrongState(f"“{agency.name}”的汇总作过调整或者定稿，不能删除")
    if session.scalar(select(exists().where(REORGANISED.c.agency_id == agency.id))):
        raise WrongState(f"“{agency.name}”有机构沿革（/agencies/{code}/history），不能删除")
    session.execute(delete(LINK).where(LINK.c.agency_id == agency.id))
    placement = last_placement(session, key_of(agency))
    note_agency_gone(session, Act.AGENCY_DELETE, key_of(agency), code, placement.parent_id)
    session.delete(placement)
    session.flush()
    session.delete(agency)
    session.add(RetiredCode(code=code))
    session.flush()
    record(session, actor, Act.AGENCY_DELETE, _target(code), agency=code)


def list_agencies(
    session: ReadSession,
    actor: Actor,
    *,
    after: str,
    limit: int,
    name: str | None,
    level: str | None,
    kind: str | None,
) -> list[Agency]:
    """Return up to *limit* agencies that the actor reaches, by code, from after *after*.

    Args:
        session: where to look.
        actor: who asks.
        after: code that they come after.
        limit: how many at most.
        name: a part of the name that it has or ever had.
        level: which level, if not any.
        kind: which kind, if not any.
    """
    chosen = select(Agency).where(AGENCY.c.code > after, within_reach(actor))
    chosen = chosen.order_by(AGENCY.c.code).limit(limit)
    if name is not None:
        chosen = chosen.where(is_or_was_called(name))
    if level is not None:
        chosen = chosen.where(AGENCY.c.level == level)
    if kind is not None:
        chosen = chosen.where(AGENCY.c.kind == kind)
    return list(session.scalars(chosen))


def list_subtree(session: ReadSession, actor: Actor, code: str, as_of: date) -> list[Placed]:
    """Return an agency and all below it on a day, by code.

    Raises:
        NotFound: there is no such agency.
    """
    return subtree_on(session, key_of(find_agency(session, actor, code)), as_of)


def refuse_empty_interval(details: AgencyDetails) -> None:
    """Refuse a place that ends before it begins.

    Raises:
        InvalidRequest: it does.
    """
    if details.valid_to is not None and details.valid_to <= details.valid_from:
        raise InvalidRequest(
            "截止日期应晚于起始日期", [Fault("/valid_to", f"应晚于 {details.valid_from}", "empty-interval")]
        )


def _parent_id(session: WriteSession, actor: Actor, details: AgencyDetails) -> int | None:
    if details.parent is None:
        return None
    parent = get_within_reach(session, actor, details.parent)
    if details.parent == details.code:
        message = "上级不能是自己"
        raise InvalidRequest(message, [Fault("/parent", message, "circle")])
    if parent is None:
        message = f"没有代码为“{details.parent}”的机关；请先登记上级"
        raise InvalidRequest(message, [Fault("/parent", message, "unknown-agency")])
    return key_of(parent)


def _now() -> datetime:
    return datetime.now(UTC)
