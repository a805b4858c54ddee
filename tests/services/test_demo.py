"""The demonstration: what is made up is sound, and the one real report isn't."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.documents.text import read_text
from app.forms import form_of_version
from app.services.contents import read_content
from app.services.demo import IMPORTED, YEARS, load_demo
from app.services.rechecking import Depth, recheck, reports_to_recheck
from app.storage.yearly import current_documents
from tests.documents.text_builders import a_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.content import Content
    from app.storage.engine import Database


def test_nothing_is_found_in_what_is_made_up(database: Database) -> None:
    load_demo(database, units=60)
    found = set()
    for year in YEARS:
        with database.reading() as session:
            parts = reports_to_recheck(session, year, None)
        rechecked = [one for part in parts for one in recheck(database, year, part, Depth(in_full=True))]
        found |= {(one.agency, year) for one in rechecked if one.findings}
    assert found == {IMPORTED}


def test_every_report_reads_back_from_its_text_as_it_was_written(database: Database) -> None:
    """On both forms, title and note included; a cell that nobody filled is missing again."""
    load_demo(database, units=0)
    read = []
    for year, agency, content in reported(database):
        reading = read_text(a_text(content, content.form))
        assert reading.form is content.form, (agency, year)
        assert (reading.title, reading.year) == (content.title, year)
        # the one real report calls itself by less than its name
        assert reading.agency
        assert agency.startswith(reading.agency)
        assert reading.values == content.values, (agency, year)
        assert reading.narratives == content.narratives, (agency, year)
        read.append(year)
    assert set(read) == set(YEARS)


def reported(database: Database) -> Iterator[tuple[int, str, Content]]:
    """Yield what every report says, with its year and its agency's name."""
    with database.reading() as session:
        for year in YEARS:
            for part in reports_to_recheck(session, year, None):
                for _, agency, version, _, document in current_documents(session, part):
                    form = form_of_version(version)
                    assert form
                    yield year, agency.name, read_content(form, year, agency, document)
