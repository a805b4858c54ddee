"""What is said of an agency: by callers, in the database and in the audit trail."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING

from app.domain.agencies import BEGINNING, AgencyKind, AgencyLevel, ReportScope

if TYPE_CHECKING:
    from app.storage.models import Agency


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


def columns_of(details: AgencyDetails) -> dict[str, object]:
    """Return the details that stand in the agency's own row, not in that of its place."""
    names = ("code", "name", "level", "kind", "division_code", "credit_code", "in_rollup", "report_scope")
    return {name: getattr(details, name) for name in names}


def as_json(details: AgencyDetails) -> dict[str, object]:
    """Return details as JSON values."""
    said = ((field.name, getattr(details, field.name)) for field in fields(details))
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in said}


def changes_between(before: AgencyDetails, after: AgencyDetails) -> dict[str, list[object]]:
    """Return the details that differ, each as it was and as it is, as JSON values."""
    old, new = as_json(before), as_json(after)
    return {name: [old[name], new[name]] for name in old if old[name] != new[name]}
