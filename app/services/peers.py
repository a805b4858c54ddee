"""What 99 of 100 peers of a body don't exceed: worked out for a whole year at once, and kept until then."""

from __future__ import annotations

from array import array
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.domain.years import FEWEST_PEERS, mark_of, watched_cells
from app.services.filed import find_form
from app.storage.peers import numbers_of_peers, replace_marks
from app.storage.surroundings import Marks

if TYPE_CHECKING:
    from app.storage.engine import Database


def mark_peers(database: Database, year: int) -> None:
    """Work out anew what most reports of a year don't exceed, by the level and the kind of their bodies.

    Raises:
        InvalidRequest: the year has no form.
    """
    form = find_form(year)
    cells = watched_cells(form)
    # whole numbers side by side: a nation's take some megabytes
    groups: dict[tuple[str, str], list[array[int]]] = defaultdict(lambda: [array("q") for _ in cells])
    sizes: dict[tuple[str, str], int] = defaultdict(int)
    with database.reading() as session:
        for level, kind, values in numbers_of_peers(session, form, cells, year):
            sizes[level, kind] += 1
            for known, value in zip(groups[level, kind], values, strict=True):
                if value is not None:
                    known.append(value)
    now = datetime.now(UTC)
    marks = {
        key: Marks(
            {
                code: mark_of(known)
                for code, known in zip(cells, group, strict=True)
                if len(known) >= FEWEST_PEERS
            },
            sizes[key],
            now,
        )
        for key, group in groups.items()
        if sizes[key] >= FEWEST_PEERS
    }
    with database.writing() as session:
        replace_marks(session, year, marks)
