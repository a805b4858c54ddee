"""What is stored after a crash: every report as the service shows it, and all that must agree with it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import httpx
from sqlalchemy import select

from app.auth.actor import COMMAND_LINE
from app.domain.lifecycle import Basis
from app.domain.roles import Role
from app.domain.values import flatten
from app.forms.annual_2021 import FORM
from app.services import audit_trail
from app.services.integrity import find_contradictions
from app.storage.engine import faults_of_file, open_database
from app.storage.models import AGENCY, AUDIT_ENTRY, REPORT, STEP
from tests.api import API, COUNTY, address, state_in
from tests.desk import WHOLE_TREE, bearer
from tests.durability.ledger import State
from tests.durability.writers import YEARS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.domain.values import Values
    from app.storage.engine import Database
    from tests.durability.ledger import Key

Histories: TypeAlias = "defaultdict[Key, tuple[str, ...]]"


@dataclass(frozen=True, slots=True)
class Stored:
    """What was found.

    Attributes:
        reports: every report as it stands; what can't be read isn't there.
        faults: where the database contradicts itself, or a total isn't the sum of its reports.
        broken_chains: of the audit trail.
    """

    reports: dict[Key, State]
    faults: list[str]
    broken_chains: list[str]


def look(service: str, url: str) -> Stored:
    """Read the reports and their totals from the service, and the rest from the database behind it."""
    with httpx.Client(base_url=service, trust_env=False, timeout=60) as client:
        listed = _get(client, f"{API}/reports", params={"limit": 200}).json()["items"]
        keys = [(item["agency"], item["year"]) for item in listed]
        answers = {key: _get(client, address(*key)) for key in keys}
        shown = {key: answer for key, answer in answers.items() if answer.is_success}
        faults = [f"{key} can't be read: {answers[key].text}" for key in answers.keys() - shown.keys()]
        faults += [fault for year in YEARS for fault in _faults_of_total(client, year, shown)]
    database = open_database(url, 1)
    try:
        acts, steps = _histories(database)
        reports = {key: _state(answer, acts[key], steps[key]) for key, answer in shown.items()}
        return Stored(reports, faults + _contradictions(database), _broken_chains(database))
    finally:
        database.engine.dispose()


def _get(
    client: httpx.Client, path: str, role: Role = Role.SYSTEM, params: dict[str, Any] | None = None
) -> httpx.Response:
    return client.get(path, params=params, headers=bearer(WHOLE_TREE[role]))


def _state(answer: httpx.Response, acts: tuple[str, ...], steps: tuple[str, ...]) -> State:
    shown = answer.json()
    number = shown["disclosure"]["licensing"]["decisions"]
    return State(shown["status"], shown["version"], number, acts, steps, state_in(answer.headers["etag"]))


def _histories(database: Database) -> tuple[Histories, Histories]:
    """Return what the audit trail tells of each report, and the steps that it took."""
    acts = select(AUDIT_ENTRY.c.agency, AUDIT_ENTRY.c.year, AUDIT_ENTRY.c.act)
    steps = select(AGENCY.c.code, REPORT.c.year, STEP.c.action).select_from(STEP)
    steps = steps.join(REPORT, REPORT.c.id == STEP.c.report_id).join(
        AGENCY, AGENCY.c.id == REPORT.c.agency_id
    )
    with database.reading() as session:
        acted = session.execute(acts.where(AUDIT_ENTRY.c.year.is_not(None)).order_by(AUDIT_ENTRY.c.number))
        taken = session.execute(steps.order_by(STEP.c.id))
        return _by_report(acted.all()), _by_report(taken.all())


def _by_report(rows: Iterable[Any]) -> Histories:
    histories: Histories = defaultdict(tuple)
    for code, year, done in rows:
        histories[code, year] += (done,)
    return histories


def _contradictions(database: Database) -> list[str]:
    with database.reading() as session:
        return faults_of_file(session) + [str(found) for found in find_contradictions(session)]


def _broken_chains(database: Database) -> list[str]:
    with database.reading() as session:
        checked = audit_trail.verify(session, COMMAND_LINE, b"")
    return [f"{chain.chain}: {chain.fault}" for chain in checked if chain.broken_at is not None]


def _faults_of_total(client: httpx.Client, year: int, keys: Iterable[Key]) -> Iterator[str]:
    """Hold a county's total to the sum of its reports as the public sees them, added up here."""
    seen = [_get(client, address(*key), Role.READER).json() for key in keys if key[1] == year]
    counted = [flatten(FORM, report) for report in seen if report["status"] in Basis.SUBMITTED.statuses]
    answer = _get(client, f"{API}/rollups/{COUNTY}/{year}").json()
    totals = flatten(FORM, answer["totals"]) if answer["totals"] else {}
    for code in FORM.cells:
        if totals.get(code) != _sum_of(counted, code):
            yield f"total of {year}: {code} is {totals.get(code)}, the reports say {_sum_of(counted, code)}"


def _sum_of(reports: Iterable[Values], code: str) -> int | None:
    values = [value for report in reports if (value := report[code]) is not None]
    return sum(values) if values else None
