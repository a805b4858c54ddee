"""Batches beside other writers: nobody waits for somebody who waits for them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from app.domain.content import texts_of
from app.domain.lifecycle import Status
from app.errors import Refusal, StaleVersion
from app.forms.annual_2021 import FORM
from app.services.batches import Item, save_batch
from app.services.filed import find_report
from app.services.reports import Sent, replace_report
from app.services.versions import BasedOn, mark_of
from app.storage.engine import Database, open_database
from tests.builders import a_content, a_modest_report
from tests.services.trees import SOMEBODY, Unit, file_as, plant

if TYPE_CHECKING:
    from collections.abc import Iterator

TOWN = Unit("640323101", None, status=None)
YEARS = (2021, 2022, 2023, 2024)
CHANGED = "disclosure.licensing.decisions"


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    """Open a database in which a town has drafts of several years; on SQLite writers queue anyway."""
    opened = open_database(postgres_url, 5)
    plant(opened, [TOWN])
    with opened.writing() as session:
        for year in YEARS:
            file_as(session, TOWN, Status.DRAFT, year)
    yield opened
    opened.engine.dispose()


def marks(database: Database) -> dict[int, BasedOn]:
    """Return what somebody says who has read all of them."""
    with database.reading() as session:
        reports = {year: find_report(session, SOMEBODY, TOWN.code, year).report for year in YEARS}
        return {year: BasedOn(frozenset({mark_of(report)})) for year, report in reports.items()}


def sent(year: int, figure: int) -> Sent:
    """Return a report that may be 上报, with this figure in it."""
    content = a_content(
        year=year, agency=TOWN.details.name, values=a_modest_report(FORM, **{CHANGED: figure})
    )
    return Sent(content.values, texts_of(content))


def wait_until_somebody_waits(database: Database) -> None:
    """Return when a transaction waits for another one's lock."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    ends_at = time.monotonic() + 30
    while time.monotonic() < ends_at:
        with database.reading() as session:
            if session.scalar(waiting):
                return
        time.sleep(0.01)
    pytest.fail("nobody waits")


@pytest.mark.parametrize(
    ("of_batch", "alone"),
    [((2022, 2021), 2021), ((2024, 2021, 2022), 2022), ((2023, 2021), 2022), ((2023, 2022, 2021), 2021)],
)
def test_a_batch_with_the_later_year_first_and_a_report_of_it_alone_both_get_through(
    database: Database, of_batch: tuple[int, ...], alone: int
) -> None:
    known, key = marks(database), (TOWN.code, alone)
    items = [Item((TOWN.code, year), sent(year, 7), known[year]) for year in of_batch]

    def save_alone() -> Refusal | None:
        try:
            with database.writing() as session:
                replace_report(session, SOMEBODY, key, sent(alone, 9), known[alone], draft=False)
        except Refusal as refusal:
            return refusal
        return None

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            batch = save_batch(session, SOMEBODY, items, draft=True)
            done = [next(batch)]
            other = pool.submit(save_alone)
            wait_until_somebody_waits(database)
            done += batch
        refused = other.result()
    assert not [each for each in done if isinstance(each, Refusal)]
    assert type(refused) is (StaleVersion if alone in of_batch else type(None))
