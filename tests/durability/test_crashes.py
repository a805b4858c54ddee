"""The short form of `make durability`: crashes once each, and controls that show that a loss is seen."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text

from app.storage.engine import open_database
from tests.durability.__main__ import with_table
from tests.durability.batches import kill_in_batches
from tests.durability.cuts import cut, record
from tests.durability.disk import compiled
from tests.durability.full import fill_disk
from tests.durability.kills import kill_postgres, kill_service
from tests.durability.ledger import Ledger
from tests.durability.migrations import Folder, differences, kill_migration, snapshot
from tests.durability.process import plant, serving
from tests.durability.stored import look
from tests.durability.trial import Trial, table
from tests.durability.writers import wait_for_more, writing


def expect_good(trial: Trial) -> None:
    assert trial.is_good, (table([trial]), trial.faults, trial.broken_chains)
    assert trial.times == 1


def test_a_killed_service_loses_nothing(tmp_path: Path) -> None:
    trial = Trial("kill")
    kill_service(trial, plant(f"sqlite:///{tmp_path}/x.db"), 1)
    expect_good(trial)
    assert trial.acknowledged


def test_a_killed_postgresql_loses_nothing_and_the_service_goes_on() -> None:
    trial = Trial("kill PostgreSQL")
    with TemporaryDirectory(prefix="nianbao-postgres-") as folder:
        kill_postgres(trial, Path(folder), 1)
    expect_good(trial)
    assert trial.acknowledged


def test_a_power_cut_loses_nothing_but_a_disk_that_lies_does(tmp_path: Path) -> None:
    recording = record(compiled(tmp_path), tmp_path, 2)
    honest, lying = Trial("power"), Trial("a disk that says that it has synced")
    cut(honest, recording, tmp_path, 1)
    cut(lying, recording, tmp_path, 1, is_honest=False)
    expect_good(honest)
    assert lying.lost > 0
    assert not lying.is_good


def test_a_full_disk_refuses_and_loses_nothing(tmp_path: Path) -> None:
    trial = Trial("full")
    fill_disk(trial, compiled(tmp_path), tmp_path, 1)
    expect_good(trial)


def test_a_killed_migration_is_done_whole_by_the_next(tmp_path: Path) -> None:
    trial = Trial("migration", acknowledged=None)
    kill_migration(trial, Folder(tmp_path), 1, is_earlier=True)
    expect_good(trial)


def test_a_batch_is_there_whole_or_not_at_all_and_is_done_once(tmp_path: Path) -> None:
    trial = Trial("batch")
    kill_in_batches(trial, plant(f"sqlite:///{tmp_path}/x.db"), 1)
    expect_good(trial)


# Controls


def test_what_is_taken_away_behind_the_clients_backs_is_seen(tmp_path: Path) -> None:
    """Reports gone, one's current version, another's audit entry, and figures in the table of numbers."""
    url, ledger, trial = plant(f"sqlite:///{tmp_path}/x.db"), Ledger(), Trial("forged")
    with serving(url) as service:
        with writing(service.address, ledger, 1):
            wait_for_more(ledger, 40)
        forge(url)
        trial.judge(ledger, look(service.address, url), service.started_in)
    assert trial.lost == 2
    assert trial.half_applied >= 1
    for said in ("can't be read", "第 1 至", "total of"):
        assert any(said in fault for fault in trial.faults)
    assert trial.broken_chains


def forge(url: str) -> None:
    database = open_database(url, 1)
    with database.writing() as session:
        guards = session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
        for statement in (
            *(f"DROP TRIGGER {guard}" for guard in guards),
            "DELETE FROM report WHERE id = (SELECT max(id) FROM report)",
            "UPDATE numbers_2021 SET disclosure__licensing__decisions = 1",
            "DELETE FROM report_version WHERE (report_id, number) = (SELECT min(id), version FROM report)",
            "DELETE FROM audit_entry WHERE number > (SELECT max(number) - 20 FROM audit_entry)",
        ):
            session.execute(text(statement))
    database.engine.dispose()


def test_a_migration_that_was_done_by_halves_is_seen(tmp_path: Path) -> None:
    url = plant(f"sqlite:///{tmp_path}/x.db")
    whole, database = snapshot(url), open_database(url, 1)
    with database.writing() as session:
        session.execute(text("DROP TABLE comment"))
        session.execute(text("DELETE FROM token WHERE role = 'reader'"))
    database.engine.dispose()
    assert differences(whole, whole) == []
    assert differences(whole, snapshot(url)) == ["(schema) differs", "comment differs", "token differs"]


def test_a_trial_says_in_a_row_what_came_of_it() -> None:
    bad = Trial("x", 3, 40, 1, 2, 5.04, ["fault"], [])
    assert bad.row == ("x", "3", "40", "1", "2", "5.0 s", "1 faults", "ok")
    assert Trial("y", acknowledged=None).row == ("y", "0", "–", "0", "0", "–", "ok", "–")
    assert (bad.is_good, bad.is_quick, Trial("y").is_good) == (False, False, True)


def test_the_table_goes_between_its_marks() -> None:
    page = "a\n<!-- durability -->\nold\n<!-- /durability -->\nb\n"
    assert with_table(page, "new") == "a\n<!-- durability -->\n\nnew\n\n<!-- /durability -->\nb\n"
