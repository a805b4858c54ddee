"""A database with something in every table, and all that is in one."""

from __future__ import annotations

import secrets
import shutil
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.auth.actor import COMMAND_LINE
from app.domain.lifecycle import Status
from app.forms import FORMS
from app.main import create_app
from app.services.audit_trail import prune
from app.settings import Settings
from app.storage.audit import append, write_entries
from app.storage.backup_file import open_backup
from app.storage.engine import open_database
from app.storage.models import METADATA
from app.storage.rule_models import PeerMark
from tests.api import API, COUNTY, TOWN, a_report, address, based_on, register
from tests.county import OTHER_TOWN, YEARS, plant_county
from tests.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.storage.engine import Database
    from tests.postgres import Cluster

KEY = "k" * 32
LONG_AGO = datetime(2020, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
LONG_PROSE = "每季度核对公开目录并张贴在村务公开栏。" * 20
KINDS = ("sqlite", "postgresql")


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Open a database and let go of it afterwards."""
    database = open_database(url, 5)
    try:
        yield database
    finally:
        database.engine.dispose()


@contextmanager
def new_database(kind: str, folder: Path, postgres: Cluster, template: str | None = None) -> Iterator[str]:
    """Make a database, empty or a copy of *template*, a file or a database's name; yield its address."""
    name = f"whole_{secrets.token_hex(8)}"
    if kind == "sqlite":
        path = folder / f"{name}.db"
        if template is not None:
            shutil.copyfile(template, path)
        yield f"sqlite:///{path}"
        return
    postgres.create_database(name, template)
    yield postgres.url(name)
    postgres.drop_database(name)


def fill(url: str, *, has_county: bool) -> None:
    """Put something into every table of a migrated database; plant a county in it unless it has one."""
    # it tells nobody: webhooks are made, and what they would be told stays
    chosen = {"database_url": url, "secret_key": KEY, "pool_size": 5, "webhook_workers": 0}
    app = create_app(Settings.model_validate(chosen))
    with Desk(app) as desk:
        database: Database = app.state.database
        if not has_county:
            plant_county(desk, database)
        _remark(desk)
        _look_back(desk)
        _come_and_go(desk)
        _set_rules(desk, database)
        _collect(desk)
        _prune(database)
        assert {name for name, rows in contents_of(database).items() if not rows} == set()


def _remark(desk: TestClient) -> None:
    """Let a webhook be told, comment, state zeros, correct what was published, and make an address.

    The prose of the correction is long enough to be compared with others'.
    """
    succeed(desk.post(f"{API}/webhooks", json={"url": "https://hooks.example/nianbao", "agency": None}))
    remark = {"cell": "title", "text": "标题\n𠮷 '\"\\"}
    key = {"Idempotency-Key": secrets.token_hex(16)}
    succeed(desk.post(address(rest="/comments"), json=remark, headers=key))
    succeed(desk.post(address(rest="/zeros"), json={"cells": "all"}, headers=based_on(desk.get(address()))))
    published = address(TOWN, YEARS[Status.PUBLISHED])
    succeed(desk.post(f"{published}/transitions", json={"action": "revise", "reason": "更正"}))
    change = {"disclosure": {"licensing": {"decisions": 10**12 - 1}}, "narratives": {"overview": LONG_PROSE}}
    succeed(desk.patch(published, json=change, headers=based_on(desk.get(published))))
    once = {"Idempotency-Key": secrets.token_hex(8)}
    succeed(desk.post(f"{API}/links", json={"path": f"{API}/agencies?limit=7"}, headers=once))


def _look_back(desk: TestClient) -> None:
    """Make a report on the form before the one in force."""
    former = FORMS[0]
    body = a_report(form=former) | {"title": None}
    succeed(desk.put(address(TOWN, former.first_year), params={"draft": True}, json=body))


def _collect(desk: TestClient) -> None:
    """Freeze who is expected in a county's year, and remind them."""
    year = f"{API}/collections/{COUNTY}/{YEARS[Status.DRAFT]}"
    succeed(desk.put(year, json={"dates": {}}))
    register(desk, "640323998")
    succeed(desk.post(f"{year}/reminders", json={"units": "missing", "note": "请于周五前上报"}))


def _set_rules(desk: TestClient, database: Database) -> None:
    """Set a rule, and let the peers of a report have been looked at."""
    setting = {"rule": "R34", "level": "W", "thresholds": {"characters": 2000}, "reason": "县里的要求"}
    succeed(desk.post(f"{API}/agencies/{COUNTY}/rule-settings", json=setting))
    mark = PeerMark(
        year=2024, level="county", kind="government", peers=200, marks="{}", computed_at=datetime.now(UTC)
    )
    with database.writing() as session:
        session.add(mark)


def _come_and_go(desk: TestClient) -> None:
    """Make a report and an agency whose numbers are never given again."""
    body = a_report() | {"title": None}
    draft = succeed(desk.put(address(OTHER_TOWN), params={"draft": True}, json=body))
    succeed(desk.delete(address(OTHER_TOWN), headers=based_on(draft)))
    register(desk, "gone", COUNTY)
    known = based_on(desk.get(f"{API}/agencies/gone"))
    succeed(desk.delete(f"{API}/agencies/gone", headers=known))


def succeed(answer: Response) -> Response:
    """Hold an answer to be no refusal."""
    assert answer.is_success, answer.text
    return answer


def _prune(database: Database) -> None:
    """Let old entries go, so that a signed checkpoint stands in for them."""
    entry = {"act": "agency.create", "holder": "某", "credential": "token:x", "times": 1}
    with database.writing() as session:
        for _ in range(3):
            append(session, "old", entry)
        write_entries(session, LONG_AGO)
    with database.writing() as session:
        assert prune(session, COMMAND_LINE, KEY.encode(), datetime(2021, 1, 1, tzinfo=UTC)) == 3


def contents_of(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table, as Python sees its values."""
    with database.reading() as session:
        found = {table.name: session.execute(select(table)).all() for table in METADATA.sorted_tables}
    return {name: sorted(map(tuple, rows), key=repr) for name, rows in found.items()}


def counters_in(file: Path) -> dict[str, int]:
    """Return the last number that was given to a row, by table, as a backup tells."""
    with open_backup(file) as backup:
        return backup.manifest.counters
