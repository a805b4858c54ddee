"""Tallies: the states add up, and no share passes the whole."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.agencies import AgencyLevel
from app.domain.progress import NOBODY, Branches, ProgressState, Tally, percent, share

TALLIES = st.builds(
    Tally, st.dictionaries(st.sampled_from(ProgressState), st.integers(min_value=0, max_value=200_000))
)


@given(TALLIES)
def test_the_received_the_missing_and_the_excused_are_all(tally: Tally) -> None:
    assert tally.received + tally.missing + tally.of(ProgressState.EXCUSED) == tally.expected
    assert sum(tally.of(state) for state in ProgressState) == tally.expected


@given(TALLIES)
def test_rates_are_within_0_and_1_and_1_only_if_nothing_is_missing(tally: Tally) -> None:
    rates = (tally.received_rate, tally.accepted_rate)
    if tally.owing == 0:
        assert rates == (None, None)
    for rate in rates:
        assert rate is None or 0 <= rate <= 1
    if tally.received_rate == 1:
        assert tally.missing == 0


@given(TALLIES, TALLIES)
def test_two_together_are_as_many_as_both(one: Tally, other: Tally) -> None:
    both = one.with_more(other)
    assert both.expected == one.expected + other.expected
    assert both.received == one.received + other.received
    assert one.with_more(NOBODY).received == one.received


def test_all_but_one_is_not_all() -> None:
    assert share(149_999, 150_000) == Decimal("0.9999")
    assert (percent(share(3, 3)), percent(share(1, 3)), percent(None)) == ("100.00%", "33.33%", "—")


@pytest.mark.parametrize("state", ProgressState)
def test_a_state_is_received_missing_or_excused(state: ProgressState) -> None:
    assert [state.is_received, state.is_missing, state is ProgressState.EXCUSED].count(True) == 1
    assert state.label


def test_a_part_is_headed_by_what_is_right_below_or_of_a_level() -> None:
    assert [branches.level for branches in Branches] == [
        None,
        AgencyLevel.PROVINCE,
        AgencyLevel.PREFECTURE,
        AgencyLevel.COUNTY,
    ]
