"""`nianbao recheck`: a year's reports judged anew."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from app.jobs import rechecks
from app.jobs.rechecks import recheck_parts
from app.jobs.worker import Opening
from app.services.rechecking import Depth, recheck, reports_to_recheck
from app.storage.digests import Digest
from app.storage.engine import Patience
from tests.service import COMMAND, environment
from tests.services.test_surroundings import YEAR, plant

if TYPE_CHECKING:
    from app.storage.engine import Database


def nianbao(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "recheck", *arguments],
        env=environment(url),
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def planted(database: Database) -> Database:
    """Return a database with reports in every state, some of which break rules."""
    plant(database, 7)
    return database


def test_each_doubtful_report_is_a_line_of_json_and_a_broken_one_ends_in_1(
    planted: Database, database_url: str
) -> None:
    done = nianbao(database_url, "--year", str(YEAR), "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    with planted.reading() as session:
        (part,) = reports_to_recheck(session, YEAR, None)
    expected = [one for one in recheck(planted, YEAR, part, Depth(in_full=True)) if one.counts]
    assert [(line["agency"], line["findings"]) for line in lines] == [
        (one.agency, one.findings) for one in expected
    ]
    assert {line["year"] for line in lines} == {YEAR}
    breaking = sum(one.breaks for one in expected)
    assert breaking
    assert f"已上报而不符合强制性规则的 {breaking} 份" in done.stderr
    assert done.returncode == 1


def test_without_json_each_rule_is_summed_up(planted: Database, database_url: str) -> None:
    done = nianbao(database_url, "--year", str(YEAR), "--under", "05")
    with planted.reading() as session:
        parts = reports_to_recheck(session, YEAR, "05")
    found = [one for part in parts for one in recheck(planted, YEAR, part, Depth())]
    rules = {rule for one in found for rule, _ in one.counts}
    assert {line.split()[0] for line in done.stdout.splitlines()[:-1]} == rules
    assert f"核对 {len(found)} 份报告" in done.stdout
    assert done.returncode == int(any(one.breaks for one in found))


def test_a_year_without_reports_is_in_order_and_an_unknown_agency_is_named(database_url: str) -> None:
    done = nianbao(database_url, "--year", str(YEAR))
    assert (done.returncode, "核对 0 份报告" in done.stdout) == (0, True)
    unknown = nianbao(database_url, "--year", str(YEAR), "--under", "nowhere")
    assert (unknown.returncode, "nowhere" in unknown.stderr) == (1, True)


def test_several_processes_find_the_same_in_the_same_order(
    planted: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with planted.reading() as session:
        (whole,) = reports_to_recheck(session, YEAR, None)
    parts = [whole[start : start + 3] for start in range(0, len(whole), 3)]
    opening = Opening(database_url, Digest.SHA256, Patience())
    monkeypatch.setattr(rechecks, "FEW", len(parts))
    alone = list(recheck_parts(opening, YEAR, parts, Depth(in_full=True)))
    monkeypatch.setattr(rechecks, "FEW", 0)
    assert list(recheck_parts(opening, YEAR, parts, Depth(in_full=True))) == alone
    assert sum(map(len, alone)) == len(whole)
