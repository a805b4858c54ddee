"""Agencies: register, correct, remove, find."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from app.domain.agencies import BEGINNING, AgencyKind, AgencyLevel, ReportScope
from app.errors import Duplicate, Fault, InvalidRequest, NotFound, WrongState
from app.services.paths import file_again
from app.services.versions import BasedOn, require_absent, require_current
from app.storage.engine import lock_tree
from app.storage.models import AGENCY, PLACEMENT, REPORT, RETIRED_CODE, Agency, AgencyPlacement, RetiredCode
from app.storage.tree import (
    Placed,
    ids_below,
    last_placement,
    placement_on,
    subtree_on,
    would_circle,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def find_agency(session: ReadSession, code: str) -> Agency:
    """Return the agency of this code.

    Raises:
        NotFound: there is none.
    """
    agency = session.scalars(select(Agency).where(AGENCY.c.code == code)).one_or_none()
    if agency is None:
        raise NotFound(f"没有代码为“{code}”的机关")
    return agency


def get_agency(session: ReadSession, code: str, as_of: date | None = None) -> AgencyFound:
    """Return an agency where it stood on a day, or where it stands last.

    Raises:
        NotFound: there is none, or it stood nowhere on that day.
    """
    agency = find_agency(session, code)
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


def create_agency(session: WriteSession, details: AgencyDetails) -> AgencyFound:
    """Register an agency.

    Raises:
        Duplicate: the code is taken.
        InvalidRequest: there is no such parent, or the dates don't fit.
    """
    lock_tree(session, to_change_it=True)
    if session.scalar(select(exists().where(RETIRED_CODE.c.code == details.code))):
        raise Duplicate(f"代码“{details.code}”曾给过一个已删除的机关，不再使用；请另取代码")
    if session.scalar(select(exists().where(AGENCY.c.code == details.code))):
        raise Duplicate(
            f"代码“{details.code}”已经有机关用了", members={"existing": f"/api/v1/agencies/{details.code}"}
        )
    _refuse_empty_interval(details)
    parent_id = _parent_id(session, details)
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
    return AgencyFound(agency, details)


def replace_agency(
    session: WriteSession, details: AgencyDetails, based_on: BasedOn | None
) -> tuple[AgencyFound, bool]:
    """Correct an agency's details, its present place included, or register it; tell whether it is new.

    A corrected place holds for the past as well: reports filed meanwhile count where they now belong.

    Raises:
        PreconditionRequired, StaleVersion: see `require_current`.
        InvalidRequest: there is no such parent, or it stands below this agency.
    """
    lock_tree(session, to_change_it=True)
    chosen = select(Agency).where(AGENCY.c.code == details.code).with_for_update()
    agency = session.scalars(chosen).one_or_none()
    if agency is None:
        require_absent(based_on)
        return create_agency(session, details), True
    require_current(based_on, agency)
    placement = last_placement(session, key_of(agency))
    if details != _details(session, agency, placement):
        _correct(session, agency, placement, details)
    return AgencyFound(agency, details), False


def _correct(
    session: WriteSession, agency: Agency, placement: AgencyPlacement, details: AgencyDetails
) -> None:
    _refuse_empty_interval(details)
    agency.sqlmodel_update(_columns(details))
    agency.revision += 1
    agency.updated_at = _now()
    parent_id = _parent_id(session, details)
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


def delete_agency(session: WriteSession, code: str, based_on: BasedOn | None) -> None:
    """Remove an agency that was registered by mistake.

    Raises:
        NotFound: there is none.
        WrongState: it has reports, or others stand below it.
        PreconditionRequired, StaleVersion: see `require_current`.
    """
    lock_tree(session, to_change_it=True)
    agency = find_agency(session, code)
    require_current(based_on, agency)
    if session.scalar(select(exists().where(REPORT.c.agency_id == agency.id))):
        raise WrongState(f"“{agency.name}”已有报告，不能删除")
    if session.scalar(select(exists().where(PLACEMENT.c.parent_id == agency.id))):
        raise WrongState(f"“{agency.name}”之下还有机关，不能删除")
    session.delete(last_placement(session, key_of(agency)))
    session.flush()
    session.delete(agency)
    session.add(RetiredCode(code=code))
    session.flush()


def list_agencies(
    session: ReadSession, *, after: str, limit: int, name: str | None, level: str | None, kind: str | None
) -> list[Agency]:
    """Return up to *limit* agencies whose code comes after *after*, by code; *name* is a part of the name."""
    chosen = select(Agency).where(AGENCY.c.code > after).order_by(AGENCY.c.code).limit(limit)
    if name is not None:
        chosen = chosen.where(AGENCY.c.name.icontains(name, autoescape=True))
    if level is not None:
        chosen = chosen.where(AGENCY.c.level == level)
    if kind is not None:
        chosen = chosen.where(AGENCY.c.kind == kind)
    return list(session.scalars(chosen))


def list_subtree(session: ReadSession, code: str, as_of: date) -> list[Placed]:
    """Return an agency and all below it on a day, by code.

    Raises:
        NotFound: there is no such agency.
    """
    return subtree_on(session, key_of(find_agency(session, code)), as_of)


def _columns(details: AgencyDetails) -> dict[str, object]:
    names = ("code", "name", "level", "kind", "division_code", "credit_code", "in_rollup", "report_scope")
    return {name: getattr(details, name) for name in names}


def _refuse_empty_interval(details: AgencyDetails) -> None:
    if details.valid_to is not None and details.valid_to <= details.valid_from:
        raise InvalidRequest(
            "截止日期应晚于起始日期", [Fault("/valid_to", f"应晚于 {details.valid_from}", "empty-interval")]
        )


def _parent_id(session: WriteSession, details: AgencyDetails) -> int | None:
    if details.parent is None:
        return None
    parent = session.scalars(select(Agency).where(AGENCY.c.code == details.parent)).one_or_none()
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


def import_agencies(session: WriteSession, rows: Sequence[AgencyDetails]) -> ImportOutcome:
    """Register or correct many agencies at once, each code but once; parents may stand anywhere in the list.

    Raises:
        InvalidRequest: a parent is unknown, or parents run in a circle.
    """
    lock_tree(session, to_change_it=True)
    created = changed = 0
    in_order = _parents_first(rows)
    _refuse_unknown_parents(session, rows)
    for details in in_order:
        known = session.scalars(select(Agency).where(AGENCY.c.code == details.code)).one_or_none()
        if known is None:
            create_agency(session, details)
            created += 1
            continue
        placement = last_placement(session, key_of(known))
        if details != _details(session, known, placement):
            _correct(session, known, placement, details)
            changed += 1
    return ImportOutcome(created, changed, len(rows) - created - changed)


def _refuse_unknown_parents(session: WriteSession, rows: Sequence[AgencyDetails]) -> None:
    known = {None, *session.scalars(select(AGENCY.c.code)), *(details.code for details in rows)}
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


def _parents_first(rows: Sequence[AgencyDetails]) -> list[AgencyDetails]:
    waiting = {details.code: details for details in rows}
    order = TopologicalSorter({code: {details.parent} for code, details in waiting.items()})
    try:
        return [waiting[code] for code in order.static_order() if code in waiting]
    except CycleError as circle:
        raise InvalidRequest(f"上级关系绕成了圈：{' → '.join(map(str, circle.args[1]))}") from circle
