"""The command itself, as an operator runs it: a process with its own settings."""

from __future__ import annotations

import json
import re
import secrets
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import select, update

from app.auth.actor import COMMAND_LINE
from app.auth.tokens import Hashing, read_secret
from app.domain.deadlines import CHINA
from app.domain.judging import judge
from app.domain.lifecycle import Basis, Status
from app.domain.results import Outcome, blocking
from app.domain.roles import Role
from app.errors import Unauthenticated
from app.main import create_app
from app.services.demo import MARK, YEARS, YEARS_OF_MANY, load_demo
from app.services.filed import Filed, find_report
from app.services.roll_ups import roll_up_subtree
from app.services.tokens import authenticate
from app.settings import Settings
from app.storage.engine import Database, open_database
from app.storage.models import AGENCY, REPORT
from app.storage.schema import exists
from tests.builders import a_content
from tests.desk import WHOLE_TREE, bearer
from tests.documents.text_builders import a_text
from tests.postgres import Cluster, free_port
from tests.service import COMMAND, environment, running, wait_until_ready
from tests.services.trees import Unit, plant

if TYPE_CHECKING:
    from collections.abc import Iterator

TOWNSHIP = Path(__file__).parent / "documents" / "data" / "township-2021.txt"
SOUND = "sound.txt"
ADMINISTRATOR = bearer(WHOLE_TREE[Role.ADMINISTRATOR])
STOP_WITHIN_S = 5
APPLICANTS = ("natural_person", "business", "total")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of a database in which nothing is yet, of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'fresh.db'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    name = f"fresh_{secrets.token_hex(8)}"
    cluster.create_database(name)
    yield cluster.url(name)
    cluster.drop_database(name)


def nianbao(url: str, *arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command on a database until it ends."""
    env = environment(url) | {f"NIANBAO_{name}": value for name, value in settings.items()}
    return subprocess.run(
        [COMMAND, *arguments], env=env, check=False, capture_output=True, text=True, timeout=120
    )


def ran(url: str, *arguments: str | Path) -> str:
    """Run the command, which must succeed and have nothing to complain about; return what it printed."""
    done = nianbao(url, *arguments)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout


def tokens_in(printed: str) -> dict[str, str]:
    """Return the tokens that a reader would copy, by the names of their variables."""
    return dict(re.findall(r"export (\w+)=(\S+)", printed))


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = open_database(url, 1)
    yield database
    database.engine.dispose()


# What needs no database


def test_openapi_prints_the_description_of_the_api(tmp_path: Path) -> None:
    nowhere = f"sqlite:///{tmp_path}/none.db"
    printed = json.loads(ran(nowhere, "openapi"))
    assert printed == json.loads(json.dumps(create_app(Settings.model_construct()).openapi()))
    assert not (tmp_path / "none.db").exists()


def test_every_command_is_listed_and_a_wrong_one_refused(sqlite_url: str) -> None:
    listed = nianbao(sqlite_url, "--help").stdout
    names = (
        "serve",
        "migrate",
        "verify",
        "recheck",
        "health",
        "openapi",
        "check",
        "conformance",
        "import",
        "demo",
        "backup",
        "restore",
    )
    for name in names:
        assert re.search(rf"^\W*{name}\b", listed, re.MULTILINE), name
    assert nianbao(sqlite_url, "sreve").returncode == 2


def test_a_wrong_setting_is_named_before_anything_happens() -> None:
    wrong = {"PORT": "70000", "POOL_SIZE": "many", "MAX_BODY_BYTES": "1"}
    done = nianbao("mysql://x", "serve", **wrong)
    assert done.returncode == 2
    assert done.stdout == ""
    for name in ("DATABASE_URL", *wrong):
        assert f"NIANBAO_{name}: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("command", "url"),
    [
        ("serve", "sqlite:////proc/no/such.db"),
        ("serve", "postgresql+psycopg://postgres@127.0.0.1:1/x"),
        ("demo", "sqlite:////proc/no/such.db"),
    ],
)
def test_a_database_that_can_t_be_used_is_said_so(command: str, url: str) -> None:
    done = nianbao(url, command)
    assert done.returncode == 2
    assert "nianbao can't use its database" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("verify",),
        ("recheck", "--year", "2021"),
        ("backup", "backup.zip"),
        ("audit", "verify"),
        ("audit", "head"),
        ("audit", "prune", "--before", "2026-01-01"),
        ("token", "list"),
        ("token", "revoke", "nobody"),
        ("import", TOWNSHIP, "--agency", "1"),
    ],
)
def test_what_needs_data_makes_no_database_where_there_is_none(
    tmp_path: Path, command: tuple[str | Path, ...]
) -> None:
    done = nianbao(f"sqlite:///{tmp_path}/typo.db", *command)
    assert (done.returncode, done.stdout) == (2, "")
    assert "typo.db" in done.stderr
    assert "没有这个数据库" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_nor_does_it_fill_an_empty_one(empty_url: str) -> None:
    done = nianbao(empty_url, "verify")
    assert (done.returncode, "或者它是空的" in done.stderr) == (2, True)
    with opened(empty_url) as database:
        assert not exists(database)


# Verifying


def test_verify_says_that_all_is_well_or_what_is_not(database_url: str) -> None:
    with opened(database_url) as database:
        plant(database, [Unit("1", None, status=Status.DRAFT)])
        assert ran(database_url, "verify") == "核对 1 份报告，完好\n"
        with database.writing() as session:
            session.execute(update(REPORT).values(version=2))
    done = nianbao(database_url, "verify")
    assert done.returncode == 1
    assert "1 2021 年度：应有第 1 至 2 版，现有：1\n" in done.stdout
    assert done.stdout.endswith("处不对\n")


# Reading documents


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """Return a report's text that nothing is wrong with."""
    file = tmp_path / SOUND
    file.write_bytes(a_text(a_content(year=2021, agency="盐池县大水坑镇人民政府")))
    return file


def test_check_says_what_is_wrong_and_stores_nothing(tmp_path: Path) -> None:
    done = nianbao(f"sqlite:///{tmp_path}/none.db", "check", TOWNSHIP)
    assert done.returncode == 1
    assert done.stderr == ""
    assert "机关：盐池县大水坑镇　年度：2021" in done.stdout
    for said in ("缺少“其他”列", "缺少“总计”列", "（三）不予公开", "不分公开", "规范性文件", "[R26 "):
        assert said in done.stdout
    assert not (tmp_path / "none.db").exists()


def test_check_of_a_document_without_a_title_takes_the_year_from_the_option(tmp_path: Path) -> None:
    file = tmp_path / SOUND
    file.write_bytes(a_text(replace(a_content(year=2021), title=None)))
    untold = nianbao(f"sqlite:///{tmp_path}/none.db", "check", file)
    assert "不知道是哪一年度的报告" in untold.stdout
    told = nianbao(f"sqlite:///{tmp_path}/none.db", "check", file, "--year", "2021")
    assert (told.returncode, "R31" in told.stdout) == (0, False)
    assert (nianbao(f"sqlite:///{tmp_path}/none.db", "check", file, "--year", "2018")).returncode == 1


def test_check_of_a_sound_report_succeeds(tmp_path: Path, sound: Path) -> None:
    printed = ran(f"sqlite:///{tmp_path}/none.db", "check", sound)
    assert "读到 200 格，缺 0 格" in printed
    assert "强制性" not in printed


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("report.pdf", b"%PDF-1.7"),
        ("binary.txt", bytes(range(256)) * 40),
    ],
    ids=["pdf", "binary"],
)
def test_what_is_no_report_is_refused_in_a_sentence(
    sqlite_url: str, tmp_path: Path, name: str, body: bytes
) -> None:
    (tmp_path / name).write_bytes(body)
    done = nianbao(sqlite_url, "check", tmp_path / name)
    assert done.returncode == 1
    assert done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_a_file_that_isn_t_there_is_said_so(sqlite_url: str, tmp_path: Path) -> None:
    assert nianbao(sqlite_url, "check", tmp_path / "none.txt").returncode == 2


def test_import_keeps_a_draft_and_replaces_it_when_told_to(database_url: str, sound: Path) -> None:
    with opened(database_url) as database:
        plant(database, [Unit("1", None, status=None)])
    assert "已存为草稿：机关1（1）2021 年度" in ran(database_url, "import", TOWNSHIP, "--agency", "1")
    again = nianbao(database_url, "import", sound, "--agency", "1")
    assert again.returncode == 1
    assert "已经有了" in again.stderr
    assert missing_cells(database_url) == 105
    ran(database_url, "import", sound, "--agency", "1", "--replace")
    assert missing_cells(database_url) == 0


def missing_cells(url: str) -> int:
    with opened(url) as database, database.reading() as session:
        filed = find_report(session, COMMAND_LINE, "1", 2021)
        assert filed.status is Status.DRAFT
        return list(filed.content.values.values()).count(None)


def test_import_for_an_unknown_agency_or_another_year_is_refused(sqlite_url: str) -> None:
    with opened(sqlite_url) as database:
        plant(database, [Unit("1", None, status=None)])
    unknown = nianbao(sqlite_url, "import", TOWNSHIP, "--agency", "nobody")
    assert (unknown.returncode, "没有代码为“nobody”的机关" in unknown.stderr) == (1, True)
    other = nianbao(sqlite_url, "import", TOWNSHIP, "--agency", "1", "--year", "2022")
    assert (other.returncode, "2021" in other.stderr) == (1, True)
    for refused in (unknown, other):
        assert len(refused.stderr.splitlines()) == 1
    with opened(sqlite_url) as database, database.reading() as session:
        assert session.scalars(select(REPORT.c.id)).all() == []


# Schema


def test_migrate_makes_the_schema_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/fresh.db"
    assert ran(url, "migrate") == ""
    with opened(url) as database:
        plant(database, [Unit("1", None)])
    assert ran(url, "migrate") == ""
    with opened(url) as database, database.reading() as session:
        assert session.scalars(select(AGENCY.c.code)).all() == ["1"]


# Tokens


def test_a_token_is_issued_alone_on_standard_output_listed_and_revoked(database_url: str) -> None:
    with opened(database_url) as database:
        plant(database, [Unit("1", None, status=None)])
    wanted = ("--role", "reviewer", "--holder", "张三", "--under", "1", "--network", "10.0.0.0/8")
    printed = ran(database_url, "token", "issue", *wanted, "--days", "7")
    secret = read_secret(printed.removesuffix("\n"))
    assert secret
    assert ran(database_url, "token", "revoke", secret.id) == ""
    listed = ran(database_url, "token", "list")
    until = (datetime.now(CHINA) + timedelta(days=7)).date()
    assert f"{secret.id}  已失效  reviewer  1  张三  至 {until}\n" in listed
    assert f"{WHOLE_TREE[Role.READER].id}  有效  reader  全部机关  测试查阅员" in listed
    assert len(listed.splitlines()) == 1 + len(Role)
    assert secret.text.split("_")[2] not in listed


def test_a_token_that_can_t_be_issued_is_refused_in_a_sentence(sqlite_url: str) -> None:
    wrong = {
        ("--holder", "张三", "--under", "nobody"): ["没有代码为“nobody”的机关"],
        ("--holder", " ", "--network", "10.0.0.1/8"): ["应是不空的一行文字", "应是地址或网段，例如 10.1.2.3"],
    }
    for options, said in wrong.items():
        done = nianbao(sqlite_url, "token", "issue", "--role", "reader", *options)
        assert (done.returncode, done.stdout) == (1, "")
        assert all(each in done.stderr for each in said)
        assert "Traceback" not in done.stderr
    unknown = nianbao(sqlite_url, "token", "revoke", "nobody")
    assert (unknown.returncode, "没有编号为“nobody”的令牌" in unknown.stderr) == (1, True)


# The demonstration


def test_the_demonstration_is_loaded_once_and_then_left_alone(empty_url: str) -> None:
    assert "13 个机关，49 份报告" in ran(empty_url, "demo")
    with opened(empty_url) as database, database.writing() as session:
        session.execute(update(AGENCY).where(AGENCY.c.code == "640323101").values(name="改了名"))
    assert "份报告" not in ran(empty_url, "demo")
    with opened(empty_url) as database, database.reading() as session:
        names = session.scalars(select(AGENCY.c.name).where(AGENCY.c.code.startswith("640323"))).all()
        assert len(names) == 11
        assert "改了名" in names


def test_the_demonstration_gives_new_tokens_each_time_and_ends_the_former(empty_url: str) -> None:
    former, newer = (tokens_in(ran(empty_url, "demo")) for _ in range(2))
    assert former.keys() == newer.keys() == {role.name for role in Role}
    with opened(empty_url) as database:
        for role in Role:
            with pytest.raises(Unauthenticated, match="吊销"):
                authenticate(database, Hashing(), former[role.name], "")
            assert authenticate(database, Hashing(), newer[role.name], "").role is role


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Open a demonstration with 60 units more."""
    url = f"sqlite:///{tmp_path_factory.mktemp('demo') / 'demo.db'}"
    loaded = ran(url, "demo", "--units", "60")
    # 60 units, two counties, a prefecture and a province
    assert f"{13 + 60 + 4} 个机关，{49 + 2 * 60} 份报告" in loaded
    with opened(url) as database:
        yield database


def filed_reports(database: Database) -> dict[tuple[str, int], Filed]:
    with database.reading() as session:
        chosen = select(AGENCY.c.code, REPORT.c.year).join(REPORT, REPORT.c.agency_id == AGENCY.c.id)
        return {
            (code, year): find_report(session, COMMAND_LINE, code, year)
            for code, year in session.execute(chosen)
        }


def test_every_made_up_report_passes_the_gate(demo: Database) -> None:
    reports = filed_reports(demo)
    made_up = {key: filed for key, filed in reports.items() if key != ("640323101", 2021)}
    assert len(made_up) == 48 + 120
    for filed in made_up.values():
        assert blocking(judge(filed.content)) == []
        assert MARK in str(filed.content.title)
    drafts = {key for key, filed in reports.items() if filed.status is Status.DRAFT}
    assert drafts == {("640323101", 2021), ("640323202", 2025)}


def test_what_is_pending_at_the_end_of_a_year_is_pending_at_the_start_of_the_next(demo: Database) -> None:
    reports = filed_reports(demo)
    pairs = [
        (filed, reports[code, year + 1])
        for (code, year), filed in reports.items()
        if (code, year + 1) in reports and (code, year) != ("640323101", 2021)
    ]
    assert len(pairs) == 10 * (len(YEARS) - 1) - 2 + 60 * (len(YEARS_OF_MANY) - 1)
    for this, following in pairs:
        for applicant in APPLICANTS:
            end = this.content.values[f"requests.pending_at_end.{applicant}"]
            assert following.content.values[f"requests.pending_at_start.{applicant}"] == end


def test_documents_in_force_follow_from_those_issued_and_repealed(demo: Database) -> None:
    reports = filed_reports(demo)
    for (code, year), filed in reports.items():
        before = reports.get((code, year - 1))
        if before is not None and (code, year - 1) != ("640323101", 2021):
            row = "disclosure.normative_documents"
            now, then = filed.content.values, before.content.values
            change = (now[f"{row}.issued"] or 0) - (now[f"{row}.repealed"] or 0)
            assert now[f"{row}.in_force"] == (then[f"{row}.in_force"] or 0) + change


def test_the_demonstration_rolls_up_to_balanced_totals(demo: Database) -> None:
    with demo.reading() as session:
        rolled = roll_up_subtree(session, COMMAND_LINE, "S", 2025, Basis.SUBMITTED)
        assert len(rolled.sources) == len(rolled.expected) == 60
        assert {result.outcome for result in rolled.results} == {Outcome.KEPT}
        county = roll_up_subtree(session, COMMAND_LINE, "640323", 2025, Basis.SUBMITTED)
    assert [len(county.expected), len(county.sources)] == [10, 8]


def test_the_same_data_are_made_up_each_time(demo: Database, sqlite_url: str) -> None:
    with opened(sqlite_url) as database:
        load_demo(database, 0)
        again = filed_reports(database)
    first = filed_reports(demo)
    assert {key: filed.content for key, filed in again.items()} == {key: first[key].content for key in again}


# The service


def test_it_serves_tells_its_health_and_stops_when_asked(empty_url: str) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    env = environment(empty_url, port)
    issued = nianbao(empty_url, "token", "issue", "--role", "reader", "--holder", "测试").stdout.strip()
    process = subprocess.Popen([COMMAND, "serve"], env=env, stderr=subprocess.PIPE)
    try:
        wait_until_ready(process, address)
        health = subprocess.run([COMMAND, "health"], env=env, check=False, capture_output=True, text=True)
        assert (health.returncode, json.loads(health.stdout)["status"]) == (0, "ok")
        listed = httpx.get(f"{address}/api/v1/agencies", headers=bearer(issued), trust_env=False)
        assert listed.json()["items"] == []
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert time.monotonic() - asked < STOP_WITHIN_S
    assert process.returncode == 0, told
    assert b"Traceback" not in told


def test_the_log_of_accesses_holds_no_secret(sqlite_url: str, tmp_path: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    log = tmp_path / "log"
    with log.open("wb") as printing:
        process = subprocess.Popen(
            [COMMAND, "serve"], env=environment(sqlite_url, port), stdout=printing, stderr=printing
        )
    try:
        wait_until_ready(process, address)
        body = {"path": "/api/v1/agencies?limit=7"}
        made = httpx.post(f"{address}/api/v1/links", json=body, headers=ADMINISTRATOR, trust_env=False)
        href = made.json()["href"]
        statuses = [httpx.get(f"{address}{href}", trust_env=False).status_code for _ in range(2)]
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    finally:
        process.kill()
        process.wait()
    printed = log.read_text()
    assert statuses == [200, 401]
    asked = [line for line in map(json.loads, printed.splitlines()) if line.get("path") == "/api/v1/agencies"]
    assert [(line["status"], line["parameters"]) for line in asked] == [
        (status, ["limit", "link"]) for status in statuses
    ]
    assert "nb_" not in printed


def test_without_a_service_there_is_no_health(sqlite_url: str) -> None:
    done = nianbao(sqlite_url, "health", PORT=str(free_port()))
    assert done.returncode == 1
    assert "no answer" in done.stderr


def test_it_serves_the_demonstration_and_says_where(tmp_path: Path) -> None:
    port = free_port()
    env = environment(f"sqlite:///{tmp_path}/demo.db", port)
    log = tmp_path / "log"
    with log.open("wb") as printing:
        process = subprocess.Popen([COMMAND, "demo", "--serve"], env=env, stdout=printing)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(process, address)
        tokens = tokens_in(log.read_text())
        shown = bearer(tokens["READER"])
        rolled = httpx.get(f"{address}/api/v1/rollups/640323/2022", headers=shown, trust_env=False).json()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    finally:
        process.kill()
        process.wait()
    printed = log.read_text()
    assert tokens.keys() == {role.name for role in Role}
    assert rolled["counts"]["included"] == 10
    assert "49 份报告" in printed
    assert f'curl -H "Authorization: Bearer $READER" {address}/api/v1/rollups/640323/2021' in printed


def test_a_port_in_use_is_said_so(sqlite_url: str, tmp_path: Path) -> None:
    with running(sqlite_url) as address:
        done = nianbao(f"sqlite:///{tmp_path}/other.db", "serve", PORT=address.rpartition(":")[2])
    assert done.returncode != 0
    assert "in use" in done.stderr


def test_acknowledged_work_survives_a_kill(sqlite_url: str) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [COMMAND, "serve"], env=environment(sqlite_url, port), stderr=subprocess.DEVNULL
    )
    try:
        wait_until_ready(process, address)
        body = {"code": "1", "name": "甲", "level": "county", "kind": "government"}
        where = f"{address}/api/v1/agencies"
        answer = httpx.post(where, json=body, headers=ADMINISTRATOR, trust_env=False)
        assert answer.status_code == 201
    finally:
        process.kill()
        process.wait()
    with opened(sqlite_url) as database, database.reading() as session:
        assert session.scalars(select(AGENCY.c.code)).all() == ["1"]
