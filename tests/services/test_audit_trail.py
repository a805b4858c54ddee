"""The audit trail: whatever is changed in it, the first entry that isn't as it was written is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from app.auth.actor import COMMAND_LINE
from app.domain.acts import Act
from app.errors import InvalidRequest
from app.services import audit_trail
from app.services.audit import record
from app.services.audit_trail import KEPT_AT_LEAST, Anchor, ChainChecked
from app.storage import audit
from app.storage.audit import START, SYSTEM, append
from app.storage.digests import Digest
from app.storage.engine import open_database
from app.storage.models import AUDIT_CHECKPOINT, AUDIT_ENTRY, AUDIT_HEAD
from tests.services.trees import without_guards

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.storage.engine import Database, ReadSession

KEY = b"k" * 32
CHAIN = "640323"
LENGTH = 7
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def write_entries(
    database: Database, chain: str = CHAIN, length: int = LENGTH, start: datetime = NOW
) -> None:
    """Add entries to a chain, a day apart."""
    for number in range(length):
        with database.writing() as session:
            append(session, chain, an_entry())
            audit.write_entries(session, start + timedelta(days=number))


def an_entry() -> dict[str, object]:
    return {
        "act": Act.REPORT_SAVE.value,
        "holder": "张三",
        "credential": "token:0123456789",
        "agency": "640323101",
        "year": 2021,
        "details": '{"cells": {"requests.received.total": ["1", "2"]}}',
        "times": 1,
    }


def verify(database: Database, anchors: Iterable[Anchor] = (), key: bytes = KEY) -> dict[str, ChainChecked]:
    with database.reading() as session:
        checked = audit_trail.verify(session, COMMAND_LINE, key, anchors)
    return {chain.chain: chain for chain in checked}


def broken_at(database: Database) -> int | None:
    return verify(database)[CHAIN].broken_at


def test_what_was_written_verifies_chain_by_chain(database: Database) -> None:
    write_entries(database)
    write_entries(database, "6403", 2)
    checked = verify(database)
    assert {chain: (each.entries, each.number) for chain, each in checked.items()} == {
        CHAIN: (LENGTH, LENGTH),
        "6403": (2, 2),
    }
    assert all(each.broken_at is None and each.fault is None for each in checked.values())
    assert checked[CHAIN].hash != checked["6403"].hash != START


def test_an_entry_that_isn_t_committed_leaves_no_gap(database: Database) -> None:
    write_entries(database, length=1)
    with pytest.raises(InvalidRequest):
        append_in_vain(database)
    write_entries(database, length=1)
    assert verify(database)[CHAIN].entries == 2


def append_in_vain(database: Database) -> None:
    with database.writing() as session:
        append(session, CHAIN, an_entry())
        raise InvalidRequest("不保存")


def columns() -> list[str]:
    return [column.name for column in AUDIT_ENTRY.c]


@pytest.mark.parametrize("column", columns())
def test_a_change_in_any_column_is_found_where_it_is(database: Database, column: str) -> None:
    write_entries(database)
    kind = AUDIT_ENTRY.c[column].type.python_type
    other = 99 if kind is int else "sha512" if column == "algorithm" else "x" * 64
    with database.writing() as session, without_guards(session):
        row = update(AUDIT_ENTRY).where(AUDIT_ENTRY.c.chain == CHAIN, AUDIT_ENTRY.c.number == 4)
        session.execute(row.values({column: other}))
    assert broken_at(database) == 4


def test_any_flipped_byte_is_found_where_it_is(database: Database) -> None:
    write_entries(database)
    chance = Random(7)
    texts = [column for column in AUDIT_ENTRY.c if column.type.python_type is str and column.name != "chain"]
    for _ in range(40):
        number, column = chance.randint(1, LENGTH), chance.choice(texts)
        where = (AUDIT_ENTRY.c.chain == CHAIN, AUDIT_ENTRY.c.number == number)
        with database.writing() as session, without_guards(session):
            before = session.scalar(select(column).where(*where))
            after = flipped(before, chance)
            session.execute(update(AUDIT_ENTRY).where(*where).values({column.name: after}))
        assert broken_at(database) == number, (column.name, before, after)
        with database.writing() as session, without_guards(session):
            session.execute(update(AUDIT_ENTRY).where(*where).values({column.name: before}))
    assert broken_at(database) is None


def flipped(text_: str | None, chance: Random) -> str:
    if not text_:
        return "\x01"
    place = chance.randrange(len(text_))
    return text_[:place] + chr(ord(text_[place]) ^ 1) + text_[place + 1 :]


@pytest.mark.parametrize("number", range(1, LENGTH + 1))
def test_a_row_that_was_dropped_is_missed(database: Database, number: int) -> None:
    write_entries(database)
    with database.writing() as session, without_guards(session):
        gone = delete(AUDIT_ENTRY).where(AUDIT_ENTRY.c.chain == CHAIN, AUDIT_ENTRY.c.number == number)
        session.execute(gone)
    checked = verify(database)[CHAIN]
    assert checked.broken_at == number
    assert f"缺第 {number} 条" in str(checked.fault)


def test_a_chain_without_its_head_or_entries_is_broken(database: Database) -> None:
    write_entries(database)
    write_entries(database, "6403", 2)
    with database.writing() as session, without_guards(session):
        session.execute(delete(AUDIT_HEAD).where(AUDIT_HEAD.c.chain == CHAIN))
        session.execute(delete(AUDIT_ENTRY).where(AUDIT_ENTRY.c.chain == "6403"))
    checked = verify(database)
    assert (checked[CHAIN].broken_at, checked["6403"].broken_at) == (LENGTH + 1, 1)


def test_a_head_that_says_otherwise_is_found(database: Database) -> None:
    write_entries(database)
    with database.writing() as session, without_guards(session):
        session.execute(update(AUDIT_HEAD).values(hash="0" * 64))
    assert "链尾" in str(verify(database)[CHAIN].fault)


def test_an_entry_written_in_between_is_found(database: Database) -> None:
    write_entries(database)
    with database.writing() as session, without_guards(session):
        row = session.execute(select(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number == 3)).mappings().one()
        session.execute(insert(AUDIT_ENTRY), {**row, "number": LENGTH + 1})
    assert broken_at(database) == LENGTH + 1


def test_a_chain_that_was_rewritten_whole_is_found_by_what_was_noted_outside(database: Database) -> None:
    write_entries(database)
    with database.reading() as session:
        (noted,) = audit_trail.list_heads(session)
    with database.writing() as session, without_guards(session):
        session.execute(delete(AUDIT_ENTRY))
        session.execute(delete(AUDIT_HEAD))
    write_entries(database, start=NOW + timedelta(hours=1))
    assert broken_at(database) is None
    assert verify(database, [noted])[CHAIN].broken_at == LENGTH
    write_entries(database, length=2)
    assert verify(database, [Anchor("gone", 3, "0" * 64)])["gone"].broken_at == 1


def test_what_was_noted_outside_holds_while_a_chain_grows(database: Database) -> None:
    write_entries(database)
    with database.reading() as session:
        noted = audit_trail.list_heads(session)
    write_entries(database)
    assert verify(database, noted)[CHAIN].broken_at is None
    assert verify(database, [Anchor(CHAIN, 99, "0" * 64)])[CHAIN].broken_at == 2 * LENGTH + 1


def test_an_entry_that_can_t_even_be_read_is_named(sqlite_url: str) -> None:
    database = open_database(sqlite_url, 1)
    write_entries(database)
    with database.writing() as session, without_guards(session):
        session.execute(text("UPDATE audit_entry SET holder = CAST(x'e5bc' AS TEXT) WHERE number = 5"))
    checked = verify(database)[CHAIN]
    assert (checked.broken_at, checked.fault) == (5, "第 5 条读不出来")
    database.engine.dispose()


def test_the_algorithm_may_change_within_a_chain(database_url: str) -> None:
    for digest in (Digest.SHA256, Digest.SM3, Digest.SHA256):
        database = open_database(database_url, 2, digest)
        write_entries(database, length=2)
        database.engine.dispose()
    database = open_database(database_url, 2)
    assert verify(database)[CHAIN].entries == 6
    with database.reading() as session:
        algorithms = list(session.scalars(select(AUDIT_ENTRY.c.algorithm).order_by(AUDIT_ENTRY.c.number)))
    assert algorithms == ["sha256"] * 2 + ["sm3"] * 2 + ["sha256"] * 2
    database.engine.dispose()


# The database itself refuses


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET holder = 'x'",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_head",
    ],
)
def test_the_database_refuses_to_change_the_trail(database: Database, statement: str) -> None:
    write_entries(database)
    with pytest.raises(IntegrityError, match="history can not be changed"), database.writing() as session:
        session.execute(text(statement))
    assert broken_at(database) is None


# Pruning

OLD = datetime.now(UTC) - KEPT_AT_LEAST - timedelta(days=30)


def prune(database: Database, before: datetime, key: bytes = KEY) -> int:
    with database.writing() as session:
        return audit_trail.prune(session, COMMAND_LINE, key, before)


def test_pruning_leaves_a_signature_from_which_verification_goes_on(database: Database) -> None:
    write_entries(database, start=OLD)
    write_entries(database, "6403", 2, start=datetime.now(UTC))
    whole = verify(database)
    assert prune(database, OLD + timedelta(days=3, hours=1)) == 4
    pruned = verify(database)
    assert (pruned[CHAIN].entries, pruned[CHAIN].hash) == (LENGTH - 4, whole[CHAIN].hash)
    assert pruned["6403"] == whole["6403"]
    assert pruned[SYSTEM].entries == 1
    write_entries(database, length=2)
    assert verify(database)[CHAIN].entries == LENGTH - 2
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(AUDIT_CHECKPOINT)) == 1


def test_a_chain_that_was_pruned_whole_and_again_goes_on(database: Database) -> None:
    write_entries(database, start=OLD)
    assert prune(database, OLD + timedelta(days=2)) == 2
    assert prune(database, datetime.now(UTC) - KEPT_AT_LEAST) == LENGTH - 2
    assert (verify(database)[CHAIN].entries, broken_at(database)) == (0, None)
    write_entries(database, length=1)
    assert (verify(database)[CHAIN].entries, broken_at(database)) == (1, None)


def test_a_changed_signature_is_found(database: Database) -> None:
    write_entries(database, start=OLD)
    prune(database, OLD + timedelta(days=3))
    for column, value in (("hash", "0" * 64), ("signature", "0" * 64), ("algorithm", "md5")):
        with database.writing() as session, without_guards(session):
            before = session.scalar(select(AUDIT_CHECKPOINT.c[column]))
            session.execute(update(AUDIT_CHECKPOINT).values({column: value}))
        assert "签名不符" in str(verify(database)[CHAIN].fault)
        with database.writing() as session, without_guards(session):
            session.execute(update(AUDIT_CHECKPOINT).values({column: before}))
    assert broken_at(database) is None
    assert "NIANBAO_SECRET_KEY" in str(verify(database, key=b"")[CHAIN].fault)
    assert "签名不符" in str(verify(database, key=b"another" * 6)[CHAIN].fault)


def test_what_stands_after_a_checkpoint_can_t_be_dropped(database: Database) -> None:
    write_entries(database, start=OLD)
    prune(database, OLD + timedelta(days=3))
    with pytest.raises(IntegrityError, match="history can not be changed"), database.writing() as session:
        session.execute(text("DELETE FROM audit_entry WHERE number = 5"))


def test_entries_are_kept_for_half_a_year_and_pruned_only_under_signature(database: Database) -> None:
    write_entries(database, start=OLD)
    with pytest.raises(InvalidRequest, match="至少保留 183 天"):
        prune(database, datetime.now(UTC) - timedelta(days=182))
    with pytest.raises(InvalidRequest, match="NIANBAO_SECRET_KEY"):
        prune(database, OLD + timedelta(days=3), key=b"")
    assert verify(database)[CHAIN].entries == LENGTH
    assert prune(database, OLD - timedelta(days=1)) == 0
    assert SYSTEM not in verify(database)


def test_an_entry_of_the_system_s_chain_says_what_it_is_told(database: Database) -> None:
    with database.writing() as session:
        record(session, COMMAND_LINE, Act.TOKEN_REVOKE, "/tokens/1", agency="640323", details={"a": "年"})
    with database.reading() as session:
        (entry,) = entries_in(session)
    assert (entry["chain"], entry["number"], entry["previous"]) == (SYSTEM, 1, START)
    assert (entry["act"], entry["target"], entry["agency"]) == ("token.revoke", "/tokens/1", "640323")
    assert (entry["holder"], entry["role"], entry["credential"]) == ("命令行", None, "command-line")
    assert (entry["details"], entry["times"]) == ('{"a": "年"}', 1)


def entries_in(session: ReadSession) -> list[dict[str, object]]:
    return [dict(row) for row in session.execute(select(AUDIT_ENTRY)).mappings()]
