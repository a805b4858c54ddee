"""By when a report is due, where the county hasn't said otherwise."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from app.domain.agencies import AgencyKind, AgencyLevel

CHINA = ZoneInfo("Asia/Shanghai")
"""By whose clock the days of reports begin and end."""


def due_on(year: int, level: AgencyLevel, kind: AgencyKind) -> date:
    """Return the last day on which a report of *year* is in time.

    《政府信息公开条例》第四十九条、第五十条: departments by 31 January; the government of a county or
    above by 31 March.  Townships aren't named there and take the departments' day.
    """
    is_government = kind is AgencyKind.GOVERNMENT and level is not AgencyLevel.TOWNSHIP
    return date(year + 1, 3, 31) if is_government else date(year + 1, 1, 31)


def days_late(filed_on: date, due: date) -> int:
    """Return by how many days a report is late; 0 where it isn't."""
    return max(0, (filed_on - due).days)
