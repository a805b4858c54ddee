from datetime import date

import pytest

from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.deadlines import days_late, due_on


@pytest.mark.parametrize("level", [level for level in AgencyLevel if level is not AgencyLevel.TOWNSHIP])
def test_a_government_of_a_county_or_above_has_until_the_end_of_march(level: AgencyLevel) -> None:
    assert due_on(2025, level, AgencyKind.GOVERNMENT) == date(2026, 3, 31)


@pytest.mark.parametrize("kind", [kind for kind in AgencyKind if kind is not AgencyKind.GOVERNMENT])
@pytest.mark.parametrize("level", AgencyLevel)
def test_everybody_else_has_until_the_end_of_january(level: AgencyLevel, kind: AgencyKind) -> None:
    assert due_on(2025, level, kind) == date(2026, 1, 31)


def test_a_township_s_government_is_due_with_the_departments() -> None:
    assert due_on(2025, AgencyLevel.TOWNSHIP, AgencyKind.GOVERNMENT) == date(2026, 1, 31)


@pytest.mark.parametrize(
    ("filed_on", "late"),
    [(date(2025, 12, 31), 0), (date(2026, 1, 31), 0), (date(2026, 2, 1), 1), (date(2026, 3, 1), 29)],
)
def test_a_report_is_late_from_the_day_after(filed_on: date, late: int) -> None:
    assert days_late(filed_on, date(2026, 1, 31)) == late
