"""A backup holds all that the database does, and comes back whole or not at all, on either kind of database.

NIANBAO_BACKUP_EXAMPLES asks for that many flipped bits, others each time; without it they are few and always
the same.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, insert, inspect, select, text

from app.auth.actor import COMMAND_LINE
from app.errors import Duplicate, Refusal, UnreadableDocument, WrongState
from app.main import create_app
from app.services.audit_trail import ChainChecked, list_heads, verify
from app.services.backups import back_up, restore
from app.settings import Settings
from app.storage.backup_file import MANIFEST, open_backup
from app.storage.models import AUDIT_ENTRY, METADATA, RETIRED_CODE
from app.storage.rows import tables
from app.storage.schema import is_current, migrate
from tests.api import API, COUNTY, TOWN, address, file_report, register
from tests.conftest import TEMPLATE
from tests.county import OTHER_TOWN, PROVINCE
from tests.desk import Desk
from tests.sealed import forge, lines_of
from tests.whole import KEY, KINDS, contents_of, counters_in, fill, new_database, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.storage.engine import Database
    from tests.postgres import Cluster

EXAMPLES = int(os.environ.get("NIANBAO_BACKUP_EXAMPLES", "0"))
BITS = EXAMPLES or 200


@pytest.fixture(scope="module")
def whole(
    sqlite_county: Path, postgres: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Return the addresses of two databases with something in every table, by their kinds."""
    folder = tmp_path_factory.mktemp("whole")
    with (
        new_database("sqlite", folder, postgres, str(sqlite_county)) as file,
        new_database("postgresql", folder, postgres, TEMPLATE) as other,
    ):
        fill(file, has_county=True)
        fill(other, has_county=False)
        yield {"sqlite": file, "postgresql": other}


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest, tmp_path: Path, postgres: Cluster) -> Iterator[Database]:
    """Open a database in which nothing is yet, of each kind in turn."""
    with new_database(request.param, tmp_path, postgres) as url, opened(url) as database:
        yield database


@pytest.fixture(scope="module")
def backup(whole: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a backup of a database with something in every table."""
    file = tmp_path_factory.mktemp("backup") / "whole.zip"
    save(whole["sqlite"], file)
    return file


@pytest.fixture(scope="module")
def small_backup(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the bytes of a backup that holds a few tokens."""
    file = tmp_path_factory.mktemp("backup") / "small.zip"
    save(f"sqlite:///{sqlite_template}", file)
    return file.read_bytes()


def save(url: str, file: Path) -> None:
    with opened(url) as database, database.reading() as session:
        back_up(session, file)


def load(file: Path, database: Database, *, despite_audit: bool = False) -> None:
    """Restore a backup as the command does."""
    with open_backup(file) as found, database.writing() as session:
        restore(session, found, KEY.encode(), despite_audit=despite_audit)


def assert_untouched(database: Database) -> None:
    """Hold a database to have no table, as before."""
    assert inspect(database.engine).get_table_names() == []


# There and back


@pytest.mark.parametrize("source", KINDS)
def test_what_was_backed_up_comes_back_row_for_row_on_either_database(
    whole: dict[str, str], source: str, empty: Database, tmp_path: Path
) -> None:
    """Also what follows from the rows, and the numbers that were given to rows which are gone."""
    file = tmp_path / "backup.zip"
    save(whole[source], file)
    load(file, empty)
    assert is_current(empty)
    with opened(whole[source]) as original:
        before = contents_of(original)
        assert contents_of(empty) == before
        assert answers_of(original) == answers_of(empty)
        assert trail_of(original) == trail_of(empty)
    assert all(before.values())
    again = tmp_path / "again.zip"
    save(empty.engine.url.render_as_string(hide_password=False), again)
    assert lines_of(again) == lines_of(file)
    assert_counts_on(empty, counters_in(file))


def answers_of(database: Database) -> list[Any]:
    """Return what the service says about the county and its parts."""
    url = database.engine.url.render_as_string(hide_password=False)
    rolled = [f"{API}/rollups/{code}/{year}" for code in (PROVINCE, COUNTY) for year in (2021, 2022, 2024)]
    with Desk(create_app(Settings(database_url=url, pool_size=5))) as desk:
        paths = [
            *rolled,
            f"{API}/reports?limit=200",
            address(TOWN, 2024, "/versions"),
            address(rest="/audit"),
        ]
        answers = [desk.get(path) for path in paths]
    assert all(answer.is_success for answer in answers)
    # a roll-up tells when it was worked out
    return [{**answer.json(), "as_of": None} for answer in answers]


def trail_of(database: Database) -> list[ChainChecked]:
    with database.reading() as session:
        checked = verify(session, COMMAND_LINE, KEY.encode(), list_heads(session))
    assert all(chain.fault is None for chain in checked)
    return checked


def assert_counts_on(database: Database, counters: dict[str, int]) -> None:
    """Hold new rows to numbers that no row ever had, though some of these rows are gone."""
    url = database.engine.url.render_as_string(hide_password=False)
    with Desk(create_app(Settings(database_url=url, pool_size=5))) as desk:
        register(desk, "new", COUNTY)
        file_report(desk, OTHER_TOWN, draft=True)
    newest = contents_of(database)
    for name in ("agency", "agency_placement", "report"):
        assert max(row[0] for row in newest[name]) == counters[name] + 1
    assert counters["agency"] > len(newest["agency"]) - 1


def test_every_table_is_backed_up(backup: Path) -> None:
    with open_backup(backup) as found:
        assert [part.table for part in found.manifest.parts] == [table.name for table in tables()]
        assert {part.table for part in found.manifest.parts} == set(METADATA.tables)
        numbered = {table.name for table in tables() if table.dialect_options["sqlite"]["autoincrement"]}
        assert {table for table, last in found.manifest.counters.items() if last} == numbered


def test_a_schema_that_was_made_before_is_filled(backup: Path, empty: Database) -> None:
    migrate(empty)
    load(backup, empty)
    assert contents_of(empty)["report"]


# A backup is written whole or not at all


def test_a_backup_never_replaces_a_file(database: Database, tmp_path: Path) -> None:
    (tmp_path / "taken.zip").write_bytes(b"precious")
    with database.reading() as session, pytest.raises(Duplicate, match="已经有了"):
        back_up(session, tmp_path / "taken.zip")
    assert (tmp_path / "taken.zip").read_bytes() == b"precious"


def test_a_backup_that_fails_leaves_nothing_behind(database: Database, tmp_path: Path) -> None:
    with database.writing() as session:
        session.execute(text("DROP TABLE zero_statement"))
    folder = tmp_path / "backups"
    folder.mkdir()
    with database.reading() as session, pytest.raises(Exception, match="zero_statement"):
        back_up(session, folder / "new.zip")
    assert list(folder.iterdir()) == []


def test_a_database_of_another_version_is_not_backed_up(empty: Database, tmp_path: Path) -> None:
    with empty.reading() as session, pytest.raises(WrongState, match="结构不是这一版"):
        back_up(session, tmp_path / "new.zip")
    migrate(empty)
    with empty.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'unknown'"))
    with empty.reading() as session, pytest.raises(WrongState, match="结构不是这一版"):
        back_up(session, tmp_path / "new.zip")
    assert list(tmp_path.glob("*.zip")) == []


def test_only_its_owner_may_read_a_backup(backup: Path) -> None:
    assert backup.stat().st_mode & 0o077 == 0


# What isn't whole is refused, and nothing is touched


def test_what_is_cut_off_is_refused(small_backup: bytes, empty: Database, tmp_path: Path) -> None:
    file = tmp_path / "cut.zip"
    size = len(small_backup)
    for length in {*range(0, size, max(size // 100, 1)), *range(size - 150, size)}:
        file.write_bytes(small_backup[:length])
        with pytest.raises(UnreadableDocument):
            load(file, empty)
    assert_untouched(empty)


def test_a_flipped_bit_is_noticed_wherever_it_is(
    small_backup: bytes, empty: Database, tmp_path: Path
) -> None:
    chance = random.Random() if EXAMPLES else random.Random(1)
    file = tmp_path / "flipped.zip"
    for _ in range(BITS):
        place = chance.randrange(len(small_backup) * 8)
        flipped = bytearray(small_backup)
        flipped[place // 8] ^= 1 << place % 8
        file.write_bytes(flipped)
        with pytest.raises(UnreadableDocument):
            load(file, empty)
    assert_untouched(empty)


@pytest.mark.parametrize("more", [b"\0", b"\n", b"more", b"PK\x05\x06" + b"\0" * 18])
def test_what_has_something_behind_it_is_refused(
    small_backup: bytes, sqlite_url: str, tmp_path: Path, more: bytes
) -> None:
    file = tmp_path / "more.zip"
    file.write_bytes(small_backup + more)
    with opened(sqlite_url) as database, pytest.raises(UnreadableDocument, match="结尾没有校验码"):
        load(file, database)


@pytest.mark.parametrize("body", [b"", b"PK", b"x" * 100_000])
def test_what_is_no_backup_is_refused(sqlite_url: str, tmp_path: Path, body: bytes) -> None:
    file = tmp_path / "none.zip"
    file.write_bytes(body)
    with opened(sqlite_url) as database, pytest.raises(UnreadableDocument, match="不是 nianbao 的备份"):
        load(file, database)


def without(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda files: files.pop(name)


def in_manifest(**members: object) -> Callable[[dict[str, Any]], None]:
    return lambda files: files[MANIFEST].update(members)


def replacing(table: str, old: bytes, new: bytes) -> Callable[[dict[str, Any]], None]:
    def replace(files: dict[str, Any]) -> None:
        assert old in files[f"{table}.jsonl"]
        files[f"{table}.jsonl"] = files[f"{table}.jsonl"].replace(old, new, 1)

    return replace


def losing_a_row(table: str) -> Callable[[dict[str, Any]], None]:
    def lose(files: dict[str, Any]) -> None:
        files[f"{table}.jsonl"] = files[f"{table}.jsonl"].partition(b"\n")[2]

    return lose


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        (in_manifest(format=2), UnreadableDocument, "格式"),
        (in_manifest(schema="another"), WrongState, "结构 another"),
        (in_manifest(unknown=1), UnreadableDocument, "读不出来"),
        (in_manifest(parts=[]), UnreadableDocument, "表和列"),
        (without(MANIFEST), UnreadableDocument, "读不出来"),
        (without("step.jsonl"), UnreadableDocument, "读不出来"),
        (replacing("report", b'"2021"', b'"2022"'), UnreadableDocument, "report"),
        (losing_a_row("step"), UnreadableDocument, "step"),
    ],
    ids=["format", "schema", "manifest", "no parts", "no manifest", "no part", "changed", "lost"],
)
def test_what_is_sealed_but_wrong_is_refused(
    backup: Path,
    empty: Database,
    tmp_path: Path,
    change: Callable[[dict[str, Any]], None],
    kind: type[Refusal],
    said: str,
) -> None:
    file = tmp_path / "forged.zip"
    forge(backup, file, change)
    with pytest.raises(kind, match=said):
        load(file, empty)
    assert_untouched(empty)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (losing_a_row("agency"), "存不进|指向不存在"),
        (losing_a_row("audit_entry"), "审计记录不完好"),
        (losing_a_row("audit_checkpoint"), "审计记录不完好"),
        (replacing("audit_entry", "测试".encode(), "别人".encode()), "审计记录不完好"),
        (replacing("comment", b'"title"', b"null"), "存不进"),
        (replacing("comment", b'"title"', b'{"what":"title"}'), "读不出来"),
        (replacing("comment", b'"title"', b'"title",1'), "列数不对"),
        (replacing("comment", b'{"datetime":', b'{"date":'), "读不出来"),
        (replacing("comment", b'{"datetime":"2', b'{"bytes":"2'), "读不出来|存不进"),
    ],
    ids=["orphans", "cut", "no checkpoint", "changed", "null", "unknown", "more", "no date", "bytes"],
)
def test_what_agrees_with_itself_but_not_with_our_rules_is_undone(
    backup: Path, empty: Database, tmp_path: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    """The manifest tells of the changed rows; the database and the trail refuse them."""
    file = tmp_path / "forged.zip"
    forge(backup, file, change, agreeing=True)
    with pytest.raises(UnreadableDocument, match=said):
        load(file, empty)
    assert_untouched(empty)


def test_a_trail_that_was_broken_before_comes_back_when_told_to(
    whole: dict[str, str], empty: Database, tmp_path: Path
) -> None:
    """A disaster isn't the moment to lose everything over an entry that somebody changed a year ago."""
    file = tmp_path / "forged.zip"
    save(whole["sqlite"], tmp_path / "whole.zip")
    forge(
        tmp_path / "whole.zip",
        file,
        replacing("audit_entry", b"report.submit", b"report.return"),
        agreeing=True,
    )
    with pytest.raises(UnreadableDocument, match="审计记录不完好"):
        load(file, empty)
    assert_untouched(empty)
    load(file, empty, despite_audit=True)
    with empty.reading() as session:
        assert any(chain.fault for chain in verify(session, COMMAND_LINE, KEY.encode()))


def test_only_an_empty_database_is_filled(backup: Path, database: Database) -> None:
    before = contents_of(database)
    with pytest.raises(WrongState, match="已经有数据"):
        load(backup, database)
    assert contents_of(database) == before


def test_one_row_in_any_table_is_enough_to_be_not_empty(backup: Path, empty: Database) -> None:
    migrate(empty)
    with empty.writing() as session:
        session.execute(insert(RETIRED_CODE), {"code": "1"})
    with pytest.raises(WrongState, match="已经有数据"):
        load(backup, empty)
    with empty.reading() as session:
        assert session.scalar(select(func.count()).select_from(AUDIT_ENTRY)) == 0
