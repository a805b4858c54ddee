"""Who is shut out, from when to when; the clock is the test's."""

from __future__ import annotations

import pytest

from app.auth import lockout
from app.auth.lockout import Lockout, line_of
from app.errors import TooManyAttempts
from tests.clock import Clock

MOST, SECONDS = 3, 90
HERE, THERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shut(clock: Clock) -> Lockout:
    return Lockout(MOST, SECONDS, clock)


def fail(shut: Lockout, address: str | None, times: int = MOST) -> None:
    for _ in range(times):
        shut.count(address)


def is_locked(shut: Lockout, address: str | None) -> bool:
    try:
        shut.refuse_locked(address)
    except TooManyAttempts:
        return True
    return False


def test_only_who_failed_often_enough_is_shut_out(shut: Lockout) -> None:
    fail(shut, HERE, MOST - 1)
    assert not is_locked(shut, HERE)
    fail(shut, HERE, 1)
    assert is_locked(shut, HERE)
    assert not is_locked(shut, THERE)


def test_who_is_shut_out_is_told_where_from_and_how_long(shut: Lockout, clock: Clock) -> None:
    fail(shut, HERE)
    clock.time += 30
    with pytest.raises(TooManyAttempts) as refused:
        shut.refuse_locked(HERE)
    assert refused.value.detail == f"从 {HERE} 登录失败的次数太多；请在 2 分钟后再试，并核对令牌"
    assert refused.value.retry_after == SECONDS - 30


@pytest.mark.parametrize(("seconds", "minutes"), [(1, 1), (60, 1), (61, 2), (120, 2), (121, 3)])
def test_minutes_are_rounded_up_and_so_are_seconds(clock: Clock, seconds: int, minutes: int) -> None:
    shut = Lockout(1, seconds, clock)
    fail(shut, HERE, 1)
    clock.time += seconds - 0.5
    with pytest.raises(TooManyAttempts, match=f"在 {minutes} 分钟后") as refused:
        shut.refuse_locked(HERE)
    assert refused.value.retry_after == 1


def test_of_more_failures_only_the_last_count(shut: Lockout, clock: Clock) -> None:
    """Calls that were under way when it was shut out may fail as well."""
    fail(shut, HERE, 1)
    clock.time += 50
    fail(shut, HERE, MOST)
    with pytest.raises(TooManyAttempts) as refused:
        shut.refuse_locked(HERE)
    assert refused.value.retry_after == SECONDS


def test_it_ends_when_the_first_failure_is_old_enough(shut: Lockout, clock: Clock) -> None:
    for _ in range(MOST):
        fail(shut, HERE, 1)
        clock.time += 10
    clock.time += SECONDS - 31
    assert is_locked(shut, HERE)
    clock.time += 1
    assert not is_locked(shut, HERE)
    fail(shut, HERE, 1)
    assert is_locked(shut, HERE)


def test_failures_far_apart_shut_nobody_out(shut: Lockout, clock: Clock) -> None:
    for _ in range(5):
        fail(shut, HERE, MOST - 1)
        clock.time += SECONDS
        assert not is_locked(shut, HERE)


@pytest.mark.parametrize("nobody", [None, "", "unknown", "testclient"])
def test_who_has_no_address_is_never_shut_out(shut: Lockout, nobody: str | None) -> None:
    """It stands for everybody who calls through a gateway that doesn't tell one from the other."""
    fail(shut, nobody, 2 * MOST)
    assert not is_locked(shut, nobody)


@pytest.mark.parametrize(
    ("address", "line"),
    [
        (HERE, HERE),
        ("::ffff:192.0.2.1", HERE),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", None),
        ("", None),
        (None, None),
    ],
)
def test_what_is_shut_out_is_a_line(address: str | None, line: str | None) -> None:
    """Whoever has an IPv6 line can take any of its addresses."""
    assert line_of(address) == line


def test_another_address_of_an_ipv6_line_is_shut_out_as_well(shut: Lockout) -> None:
    fail(shut, "2001:db8:1:2::1")
    assert is_locked(shut, "2001:db8:1:2:ffff::9")
    assert not is_locked(shut, "2001:db8:1:3::1")


def test_when_too_many_are_remembered_the_one_quiet_longest_is_forgotten(
    shut: Lockout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lockout, "_MOST_ADDRESSES", 2)
    fail(shut, HERE)
    fail(shut, THERE)
    fail(shut, HERE, 1)
    assert is_locked(shut, THERE)
    fail(shut, "192.0.2.3", 1)
    assert is_locked(shut, HERE)
    assert not is_locked(shut, THERE)
