"""Agencies: register, correct, remove, find."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from sqlalchemy import Select, delete, exists, select

from app.auth.rights import get_within_reach, require, require_everything, within_reach
from app.domain.acts import Act
from app.domain.agencies import BEGINNING, AgencyKind, AgencyLevel, ReportScope
from app.domain.roles import Right
from app.errors import Duplicate, Fault, InvalidRequest, NotFound, WrongState
from app.services.audit import record
from app.services.changes import note_agency, note_agency_gone
from app.services.paths import file_again
from app.services.versions import BasedOn, require_absent, require_current
from app.storage.engine import lock_tree
from app.storage.models import (
    AGENCY,
    LINK,
    PLACEMENT,
    REPORT,
    RETIRED_CODE,
    TOKEN,
    WEBHOOK,
    Agency,
    AgencyPlacement,
    RetiredCode,
)
from app.storage.tree import (
    Placed,
    ids_below,
    last_placement,
    placement_on,
    subtree_on,
    would_circle,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.auth.actor import Actor
    from app.storage.engine import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class AgencyDetails:
    """Everything that callers say of an agency.

    Attributes:
        code: opaque, given once.
        name: its full name.
        level: of government.
        kind: what sort of body.
        parent: code of the agency above; None at the top.
        division_code: 统计用区划代码, if known.
        credit_code: 统一社会信用代码, if known.
        in_rollup: whether its reports count in the roll-up (bodies under vertical management don't).
        report_scope: whether its report speaks for itself or adds up others.
        valid_from: first day on which it stands where it stands.
        valid_to: first day on which it no longer does; None while it does.
    """

    code: str
    name: str
    level: AgencyLevel
    kind: AgencyKind
    parent: str | None
    division_code: str | None = None
    credit_code: str | None = None
    in_rollup: bool = True
    report_scope: ReportScope = ReportScope.OWN
    valid_from: date = BEGINNING
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class AgencyFound:
    """An agency with its details, as stored."""

    agency: Agency
    details: AgencyDetails


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
    return AgencyFound(agency, _details(session, agency, placement))


def key_of(thing: Agency) -> int:
    """Return the row number of a stored agency."""
    if thing.id is None:
        raise AssertionError(thing)
    return thing.id


def _details(session: ReadSession, agency: Agency, placement: AgencyPlacement) -> AgencyDetails:
    parent = None if placement.parent_id is None else session.get_one(Agency, placement.parent_id).code
    return details_of(agency, parent, placement.valid_from, placement.valid_to)


def details_of(agency: Agency, parent: str | None, valid_from: date, valid_to: date | None) -> AgencyDetails:
    """Return a stored agency's details with its place."""
    return AgencyDetails(
        code=agency.code,
        name=agency.name,
        level=AgencyLevel(agency.level),
        kind=AgencyKind(agency.kind),
        parent=parent,
        division_code=agency.division_code,
        credit_code=agency.credit_code,
        in_rollup=agency.in_rollup,
        report_scope=ReportScope(agency.report_scope),
        valid_from=valid_from,
        valid_to=valid_to,
    )


def create_agency(session: WriteSession, actor: Actor, details: AgencyDetails) -> AgencyFound:
    """Register an agency.

    Raises:
        Forbidden: the actor may not, or there not.
        Duplicate: the code is taken.
        InvalidRequest: there is no such parent, or the dates don't fit.
    """
    _require_place(actor, details)
    lock_tree(session, to_change_it=True)
    found = _register(session, actor, details)
    record(session, actor, Act.AGENCY_CREATE, _target(details), agency=details.code, details=_said(details))
    return found


def _require_place(actor: Actor, details: AgencyDetails) -> None:
    """Refuse whoever may not register or correct agencies, or none at the top of the tree."""
    require(actor, Right.MANAGE_AGENCIES, "机关")
    if details.parent is None:
        require_everything(actor, Right.MANAGE_AGENCIES, "没有上级的机关")


def _target(details: AgencyDetails) -> str:
    return f"/agencies/{details.code}"


def _said(details: AgencyDetails) -> dict[str, object]:
    """Return an agency's details as JSON values."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(details).items()
    }


def _register(session: WriteSession, actor: Actor, details: AgencyDetails) -> AgencyFound:
    if session.scalar(select(exists().where(RETIRED_CODE.c.code == details.code))):
        raise Duplicate(f"代码“{details.code}”曾给过一个已删除的机关，不再使用；请另取代码")
    if session.scalar(select(exists().where(AGENCY.c.code == details.code))):
        raise Duplicate(
            f"代码“{details.code}”已经有机关用了", members={"existing": f"/api/v1/agencies/{details.code}"}
        )
    _refuse_empty_interval(details)
    parent_id = _parent_id(session, actor, details)
    agency = Agency(
        code=details.code,
        name=details.name,
        level=details.level,
        kind=details.kind,
        report_scope=details.report_scope,
        created_at=_now(),
        updated_at=_now(),
    ).sqlmodel_update(_columns(details))
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
    note_agency(session, Act.AGENCY_CREATE, agency, _said(details))
    return AgencyFound(agency, details)


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
    lock_tree(session, to_change_it=True)
    # to whoever may register nothing, what isn't there is the same as what they don't reach
    if Right.MANAGE_AGENCIES in actor.rights and not _is_there(session, details.code):
        require_absent(based_on)
        return create_agency(session, actor, details), True
    agency = find_agency(session, actor, details.code, Right.MANAGE_AGENCIES)
    session.refresh(agency, with_for_update=True)
    require_current(based_on, agency)
    _correct_if_needed(session, actor, agency, details)
    return AgencyFound(agency, details), False


def _is_there(session: ReadSession, code: str) -> bool:
    return bool(session.scalar(select(exists().where(AGENCY.c.code == code))))


def _correct_if_needed(session: WriteSession, actor: Actor, agency: Agency, details: AgencyDetails) -> bool:
    """Correct an agency; tell whether anything differed."""
    placement = last_placement(session, key_of(agency))
    before = _details(session, agency, placement)
    if details == before:
        return False
    _correct(session, actor, agency, placement, details)
    note_agency(session, Act.AGENCY_REPLACE, agency, _said(details))
    changed = {name: [was, now] for name, was, now in _changes(before, details)}
    record(session, actor, Act.AGENCY_REPLACE, _target(details), agency=agency.code, details=changed)
    return True


def _changes(before: AgencyDetails, after: AgencyDetails) -> Iterator[tuple[str, object, object]]:
    old, new = _said(before), _said(after)
    return ((name, old[name], new[name]) for name in old if old[name] != new[name])


def _correct(
    session: WriteSession,
    actor: Actor,
    agency: Agency,
    placement: AgencyPlacement,
    details: AgencyDetails,
) -> None:
    _refuse_empty_interval(details)
    # whoever may not see the agency above must leave it where it is
    is_moved = _details(session, agency, placement).parent != details.parent
    if is_moved:
        _require_place(actor, details)
    parent_id = _parent_id(session, actor, details) if is_moved else placement.parent_id
    agency.sqlmodel_update(_columns(details))
    agency.revision += 1
    agency.updated_at = _now()
    if parent_id is not None and would_circle(session, key_of(agency), parent_id):
        raise InvalidRequest(
            f"“{details.parent}”在“{agency.name}”之下，不能又做它的上级",
            [Fault("/parent", "上级不能是自己或者自己的下级", "circle")],
        )
    placement.parent_id = parent_id
    placement.valid_from = details.valid_from
    placement.valid_to = details.valid_to
    session.flush()
    file_again(session, ids_below(session, key_of(agency)))


def delete_agency(session: WriteSession, actor: Actor, code: str, based_on: BasedOn | None) -> None:
    """Remove an agency that was registered by mistake.

    Raises:
        NotFound: there is none.
        Forbidden: the actor may not.
        WrongState: it has reports, or others stand below it.
        PreconditionRequired, StaleVersion: see `require_current`.
    """
    lock_tree(session, to_change_it=True)
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
    session.execute(delete(LINK).where(LINK.c.agency_id == agency.id))
    placement = last_placement(session, key_of(agency))
    note_agency_gone(session, Act.AGENCY_DELETE, code, placement.parent_id)
    session.delete(placement)
    session.flush()
    session.delete(agency)
    session.add(RetiredCode(code=code))
    session.flush()
    record(session, actor, Act.AGENCY_DELETE, f"/agencies/{code}", agency=code)


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
        name: a part of the name.
        level: which level, if not any.
        kind: which kind, if not any.
    """
    chosen = select(Agency).where(AGENCY.c.code > after, within_reach(actor))
    chosen = chosen.order_by(AGENCY.c.code).limit(limit)
    if name is not None:
        chosen = chosen.where(AGENCY.c.name.icontains(name, autoescape=True))
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


def _columns(details: AgencyDetails) -> dict[str, object]:
    names = ("code", "name", "level", "kind", "division_code", "credit_code", "in_rollup", "report_scope")
    return {name: getattr(details, name) for name in names}


def _refuse_empty_interval(details: AgencyDetails) -> None:
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
    lock_tree(session, to_change_it=True)
    created: list[str] = []
    changed = 0
    in_order = _parents_first(rows)
    _refuse_unknown_parents(session, actor, rows)
    for details in in_order:
        known = get_within_reach(session, actor, details.code)
        if known is None:
            _require_place(actor, details)
            _register(session, actor, details)
            created.append(details.code)
        else:
            changed += _correct_if_needed(session, actor, known, details)
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
