"""Dates of a county's year: what is wrong with them, when a report is locked, who has theirs in common."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.collections import (
    Dates,
    ExceptionKind,
    Reporters,
    Standing,
    Terms,
    freezes_on,
    reporters_of,
    usual_dates,
    wrong_dates,
)
from app.domain.deadlines import due_on

DUE, LOCK = date(2022, 1, 31), date(2022, 2, 28)
LOCKED = Terms(2021, Dates(DUE, date(2022, 1, 1), LOCK), "盐池县人民政府", "640323")


@pytest.mark.parametrize("level", AgencyLevel)
@pytest.mark.parametrize("kind", AgencyKind)
def test_the_usual_dates_are_the_deadlines_of_the_regulation(level: AgencyLevel, kind: AgencyKind) -> None:
    assert usual_dates(2021)[reporters_of(level, kind)] == Dates(due_on(2021, level, kind))


def test_only_the_governments_of_townships_are_apart_from_their_kind() -> None:
    assert reporters_of(AgencyLevel.TOWNSHIP, AgencyKind.GOVERNMENT) is Reporters.TOWNSHIP
    assert reporters_of(AgencyLevel.COUNTY, AgencyKind.GOVERNMENT) is Reporters.GOVERNMENT
    assert reporters_of(AgencyLevel.TOWNSHIP, AgencyKind.OFFICE) is Reporters.OFFICE
    assert [each.label for each in Reporters][:3] == ["县级以上人民政府", "乡镇人民政府", "政府办公室"]


def test_it_freezes_on_the_first_day_that_is_due() -> None:
    assert freezes_on(usual_dates(2021)) == DUE


@given(st.dates(date(2021, 1, 1), date(2023, 1, 1)), *[st.none() | st.dates(date(2021, 1, 1))] * 2)
def test_dates_are_in_order_or_named(due: date, opens: date | None, locks: date | None) -> None:
    named = {wrong.name for wrong in wrong_dates(2021, Dates(due, opens, locks))}
    assert ("due_on" in named) == (due <= date(2021, 12, 31))
    assert ("opens_on" in named) == (opens is not None and opens > due)
    assert ("locks_on" in named) == (locks is not None and locks < due)


@pytest.mark.parametrize(
    ("extended_to", "unlocked_to", "last_day"),
    [
        (None, None, date(2022, 2, 28)),
        (date(2022, 2, 10), None, date(2022, 2, 28)),
        (date(2022, 3, 10), None, date(2022, 3, 10)),
        (None, date(2022, 4, 1), date(2022, 4, 1)),
        (date(2022, 3, 10), date(2022, 3, 5), date(2022, 3, 10)),
    ],
)
def test_a_report_is_locked_from_the_day_after_the_last(
    extended_to: date | None, unlocked_to: date | None, last_day: date
) -> None:
    terms = Terms(2021, LOCKED.dates, "盐池县人民政府", "640323", extended_to, unlocked_to)
    assert terms.lock_refusal(last_day) is None
    refusal = terms.lock_refusal(date.fromordinal(last_day.toordinal() + 1))
    assert refusal is not None
    assert "“盐池县人民政府”" in refusal
    assert "/api/v1/collections/640323/2021/exceptions，kind=unlock" in refusal


def test_without_a_lock_it_is_never_locked_and_without_an_opening_always_open() -> None:
    terms = Terms(2021, Dates(DUE))
    assert terms.lock_refusal(date.max) is None
    assert terms.opening_refusal(date.min) is None
    assert terms.due_on == DUE


def test_it_may_be_submitted_from_the_first_day_on() -> None:
    assert LOCKED.opening_refusal(date(2022, 1, 1)) is None
    refusal = LOCKED.opening_refusal(date(2021, 12, 31))
    assert refusal == "“盐池县人民政府”定的 2021 年度报告从 2022-01-01 起上报，现在可以先存草稿"


def test_what_is_granted_and_how_one_stands_have_names() -> None:
    assert [kind.label for kind in ExceptionKind] == ["延期", "解锁", "免报"]
    assert [standing.label for standing in Standing] == ["未冻结", "冻结名单内", "冻结后增加", "冻结后减少"]
