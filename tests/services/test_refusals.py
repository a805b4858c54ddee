"""Refused logins and acts in the audit trail: the first at once, repeated ones as a count."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.auth.actor import Actor
from app.domain.acts import Act
from app.services import refusals
from app.services.refusals import WINDOW_S, RefusalLog, Refused
from app.storage.engine import open_database
from app.storage.models import AUDIT_ENTRY
from tests.clock import Clock

if TYPE_CHECKING:
    from pathlib import Path

    from app.storage.engine import Database

WHERE = "/api/v1/agencies"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def refused_ones(database: Database, clock: Clock) -> RefusalLog:
    return RefusalLog(database, clock)


def a_refusal(
    holder: str = "张三",
    target: str = WHERE,
    why: str = "没有权限",
    address: str = "192.0.2.1",
    act: Act = Act.ACCESS_REFUSE,
) -> Refused:
    return Refused(Actor(holder, frozenset(), address=address, credential="token:A"), act, target, why)


def written(database: Database) -> list[tuple[str, str | None, int]]:
    """Return holder, target and number of all that was recorded."""
    entry = AUDIT_ENTRY.c
    with database.reading() as session:
        chosen = select(entry.holder, entry.target, entry.times).order_by(entry.number)
        return [(holder, target, times) for holder, target, times in session.execute(chosen)]


def test_the_first_is_recorded_at_once_with_all_that_is_known(
    database: Database, refused_ones: RefusalLog
) -> None:
    refused_ones.note(a_refusal())
    with database.reading() as session:
        entry = session.execute(select(AUDIT_ENTRY)).one()
    assert (entry.act, entry.holder, entry.target, entry.times) == ("access.refuse", "张三", WHERE, 1)
    assert (entry.credential, entry.address) == ("token:A", "192.0.2.1")
    assert json.loads(entry.details) == {"why": "没有权限"}


def test_repeated_ones_are_counted_until_the_minute_is_over(
    database: Database, refused_ones: RefusalLog, clock: Clock
) -> None:
    for _ in range(5):
        refused_ones.note(a_refusal())
    clock.time += WINDOW_S - 1
    refused_ones.note(a_refusal())
    assert written(database) == [("张三", WHERE, 1)]
    clock.time += 1
    refused_ones.note(a_refusal("李四"))
    assert written(database) == [("张三", WHERE, 1), ("张三", WHERE, 5), ("李四", WHERE, 1)]


def test_after_the_minute_the_next_is_a_first_again(
    database: Database, refused_ones: RefusalLog, clock: Clock
) -> None:
    for _ in range(3):
        refused_ones.note(a_refusal())
        clock.time += WINDOW_S
    assert written(database) == [("张三", WHERE, 1)] * 3


def test_what_is_counted_is_recorded_when_asked_and_only_once(
    database: Database, refused_ones: RefusalLog
) -> None:
    for _ in range(3):
        refused_ones.note(a_refusal())
    refused_ones.flush()
    refused_ones.flush()
    assert written(database) == [("张三", WHERE, 1), ("张三", WHERE, 2)]


@pytest.mark.parametrize(
    "other",
    [
        a_refusal("李四"),
        a_refusal(why="别的原因"),
        a_refusal(address="192.0.2.2"),
        a_refusal(act=Act.LOGIN_REFUSE),
    ],
    ids=["holder", "reason", "address", "act"],
)
def test_another_kind_is_recorded_by_itself(
    database: Database, refused_ones: RefusalLog, other: Refused
) -> None:
    refused_ones.note(a_refusal())
    refused_ones.note(other)
    refused_ones.flush()
    assert [times for _, _, times in written(database)] == [1, 1]


def test_made_up_paths_and_addresses_of_one_line_don_t_fill_the_trail(
    database: Database, refused_ones: RefusalLog
) -> None:
    for number in range(50):
        refused_ones.note(a_refusal(target=f"{WHERE}/{number}", address=f"2001:db8::{number}"))
    refused_ones.flush()
    assert written(database) == [("张三", f"{WHERE}/0", 1), ("张三", None, 49)]


def test_a_path_that_all_repeated_ones_have_is_told(database: Database, refused_ones: RefusalLog) -> None:
    refused_ones.note(a_refusal())
    for _ in range(3):
        refused_ones.note(a_refusal(target=f"{WHERE}/1"))
    refused_ones.flush()
    assert written(database) == [("张三", WHERE, 1), ("张三", f"{WHERE}/1", 3)]


def test_when_too_many_kinds_are_counted_the_oldest_is_recorded(
    database: Database, refused_ones: RefusalLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "_MOST_KINDS", 2)
    for holder in ("甲", "甲", "乙", "丙"):
        refused_ones.note(a_refusal(holder))
    assert written(database) == [("甲", WHERE, 1), ("乙", WHERE, 1), ("甲", WHERE, 1), ("丙", WHERE, 1)]


def test_what_can_t_be_recorded_now_is_kept(tmp_path: Path, clock: Clock, sqlite_url: str) -> None:
    """The database comes back in the same place, as after a moment without it."""
    place, moved = tmp_path / "nianbao.db", tmp_path / "elsewhere.db"
    assert sqlite_url.endswith(str(place))
    place.rename(moved)
    place.mkdir()
    database = open_database(sqlite_url, 1)
    refused_ones = RefusalLog(database, clock)
    for target in (WHERE, WHERE, f"{WHERE}/1"):
        refused_ones.note(a_refusal(target=target))
        refused_ones.flush()
    with pytest.raises(OperationalError):
        written(database)
    place.rmdir()
    moved.rename(place)
    refused_ones.flush()
    assert written(database) == [("张三", None, 3)]
    database.engine.dispose()
