"""The demonstration: what is made up is sound, and the one real report isn't."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.services.demo import IMPORTED, YEARS, load_demo
from app.services.rechecking import Depth, recheck, reports_to_recheck

if TYPE_CHECKING:
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
