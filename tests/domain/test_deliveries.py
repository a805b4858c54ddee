"""Retries of webhooks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.deliveries import (
    LONGEST_REST,
    PAUSES,
    DeliveryState,
    Hindrance,
    Reply,
    pause_after,
    rest_after,
)

CHANCES = st.floats(0, 1)
REFUSED = Reply(500)


def test_a_message_is_sent_ten_times_over_three_days_then_given_up() -> None:
    pauses = [pause_after(attempt, REFUSED, 0) for attempt in range(1, 10)]
    assert [str(pause) for pause in pauses[:4]] == ["0:00:05", "0:05:00", "0:30:00", "2:00:00"]
    assert timedelta(days=3) < sum(PAUSES, timedelta()) < timedelta(days=4)
    assert pauses == list(PAUSES)
    assert pause_after(10, REFUSED, 0) is None


@given(st.integers(1, len(PAUSES)), CHANCES)
def test_a_pause_is_longer_by_chance_by_a_fifth_at_most_and_never_shorter(
    attempt: int, chance: float
) -> None:
    pause = pause_after(attempt, REFUSED, chance)
    assert pause is not None
    assert PAUSES[attempt - 1] <= pause <= PAUSES[attempt - 1] * 1.2
    assert chance < 0.01 or pause > PAUSES[attempt - 1]


@pytest.mark.parametrize(
    ("asked", "pause"),
    [
        (None, 5),
        (-10, 5),
        (0, 5),
        (4, 5),
        (60, 60),
        (86_400, 86_400),
        (10**9, 86_400),
        (1e300, 86_400),
        (float("inf"), 86_400),
    ],
)
def test_a_receiver_may_put_a_message_off_by_a_day_at_most(asked: float | None, pause: int) -> None:
    assert pause_after(1, Reply(503, retry_after=asked), 0) == timedelta(seconds=pause)


def test_who_is_away_is_called_ever_more_seldom_but_every_five_minutes_at_least() -> None:
    away = Reply(hindrance=Hindrance.TIMEOUT)
    rests = [rest_after(failures, away, 0).total_seconds() for failures in range(1, 9)]
    assert rests == [5, 10, 20, 40, 80, 160, 300, 300]
    assert rest_after(10_000, away, 1) == LONGEST_REST * 1.2
    assert rest_after(1, Reply(429, retry_after=3600), 0) == LONGEST_REST
    assert rest_after(1, Reply(429, retry_after=60), 0) == timedelta(minutes=1)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_means_that_it_is_taken(status: int) -> None:
    reply = Reply(status)
    assert (reply.is_taken, reply.is_farewell, reply.is_of_all) == (True, False, False)


@pytest.mark.parametrize(
    ("reply", "is_farewell", "is_of_all"),
    [
        (Reply(199), False, False),
        (Reply(301), False, False),
        (Reply(400), False, False),
        (Reply(404), False, False),
        (Reply(500), False, False),
        (Reply(410), True, False),
        (Reply(429), False, True),
        (Reply(502), False, True),
        (Reply(503), False, True),
        (Reply(504), False, True),
        *((Reply(hindrance=hindrance), False, True) for hindrance in Hindrance),
    ],
)
def test_anything_else_means_that_it_is_not(reply: Reply, is_farewell: bool, is_of_all: bool) -> None:  # noqa: FBT001
    assert (reply.is_taken, reply.is_farewell, reply.is_of_all) == (False, is_farewell, is_of_all)


def test_states_and_hindrances_have_their_names_in_chinese() -> None:
    for named in (*DeliveryState, *Hindrance):
        assert not named.label.isascii()
