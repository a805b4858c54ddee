"""The audit trail: who did what to what, written in the transaction of the deed itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app.domain.acts import Act
from app.domain.agencies import AgencyLevel
from app.services.changes import note_report
from app.storage.audit import SYSTEM, append

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.auth.actor import Actor
    from app.storage.engine import WriteSession
    from app.storage.models import Agency, Report
    from app.storage.tree import Rung

_COUNTY_UP = (AgencyLevel.COUNTY, AgencyLevel.PREFECTURE, AgencyLevel.PROVINCE, AgencyLevel.NATION)


def record(  # noqa: PLR0913 - what an entry has
    session: WriteSession,
    actor: Actor,
    act: Act,
    target: str | None = None,
    *,
    agency: str | None = None,
    year: int | None = None,
    reason: str | None = None,
    details: Mapping[str, object] | None = None,
    times: int = 1,
) -> None:
    """Add an entry to the system's chain: of what belongs to no county.

    Args:
        session: the transaction of the deed.
        actor: who did it.
        act: what it was.
        target: to what, as a path below /api/v1.
        agency: code of the agency that it is about, for those who look for it.
        year: the report year that it is about, likewise.
        reason: why.
        details: whatever else must be known, JSON values only.
        times: how often, where repeated refusals are told of once.
    """
    about = {"target": target, "agency": agency, "year": year, "reason": reason, "times": times}
    append(session, SYSTEM, _said_of(actor, act, details) | about)


def record_report(
    session: WriteSession,
    actor: Actor,
    act: Act,
    whose: tuple[Agency, Report],
    *,
    reason: str | None = None,
    details: Mapping[str, object] | None = None,
) -> None:
    """Add an entry on a report to its county's chain, and let the feed of changes tell of it."""
    agency, report = whose
    told = details if act is Act.REPORT_REJUDGE else None
    note_report(session, act, agency, report, is_gone=act is Act.REPORT_DELETE, details=told)
    entry = _said_of(actor, act, details)
    entry |= {"agency": agency.code, "year": report.year, "reason": reason, "times": 1}
    append(session, report.chain, entry | {"target": f"/reports/{agency.code}/{report.year}"})


def _said_of(actor: Actor, act: Act, details: Mapping[str, object] | None) -> dict[str, object]:
    return {
        "act": act.value,
        "holder": actor.holder,
        "role": actor.role.value if actor.role else None,
        "credential": actor.credential,
        "details": None if details is None else json.dumps(details, ensure_ascii=False),
        "request_id": actor.request_id,
        "address": actor.address,
    }


def chain_in(lineage: Sequence[Rung]) -> str:
    """Return the chain of a lineage: its county's, or that of the lowest level above townships it has."""
    for level in _COUNTY_UP:
        for rung in lineage:
            if rung.level == level:
                return rung.code
    return lineage[0].code
