"""Reorganisations that were recorded, and what became of a body."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import and_, true

from app.auth.rights import within_reach
from app.services.agencies import find_agency, key_of
from app.storage.reorganisation_models import REORGANISATION, Reorganisation
from app.storage.reorganisations import (
    Kin,
    former_names,
    has_touched,
    predecessors_of,
    reorganisations_after,
    successors_of,
    touched_by,
    touched_in,
)
from app.storage.tree import Placing, placings_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.auth.actor import Actor
    from app.storage.engine import ReadSession
    from app.storage.models import Agency


@dataclass(frozen=True, slots=True)
class Recorded:
    """A reorganisation as it was recorded.

    Attributes:
        entry: when, by which document, by whom.
        touched: code, details before (None: new) and since, of each body that it changed and the reader
            reaches, by code.
    """

    entry: Reorganisation
    touched: Sequence[tuple[str, Mapping[str, object] | None, Mapping[str, object]]]


def list_reorganisations(
    session: ReadSession, actor: Actor, after: int, limit: int, *, agency: str | None, year: int | None
) -> list[Recorded]:
    """Return up to *limit* reorganisations that touched a body which the actor reaches, as recorded.

    Args:
        session: where to look.
        actor: who asks.
        after: number that they come after.
        limit: how many at most.
        agency: code of a body that they touched, if not any.
        year: in which they took effect, if not any.

    Raises:
        NotFound: there is no agency of this code that the actor reaches.
    """
    reached = within_reach(actor)
    conditions = [true() if actor.under is None else has_touched(reached)]
    if agency is not None:
        conditions.append(touched_in(key_of(find_agency(session, actor, agency))))
    if year is not None:
        day = REORGANISATION.c.effective_on
        conditions.append(and_(day >= date(year, 1, 1), day <= date(year, 12, 31)))
    entries = reorganisations_after(session, after, limit, *conditions)
    touched = defaultdict(list)
    for code, row in touched_by(session, [entry.id or 0 for entry in entries], reached):
        before = None if row.before is None else json.loads(row.before)
        touched[row.reorganisation_id].append((code, before, json.loads(row.after)))
    return [Recorded(entry, touched[entry.id or 0]) for entry in entries]


@dataclass(frozen=True, slots=True)
class Called:
    """What a body was called, from a day on (None: from its beginning) up to a day; None: to this day."""

    name: str
    division_code: str | None
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class Life:
    """What became of a body.

    Attributes:
        agency: the body.
        names: what it was called, the oldest name first.
        places: where it stood, the oldest place first.
        predecessors: whom it came out of.
        successors: who goes on with what it had.
    """

    agency: Agency
    names: Sequence[Called]
    places: Sequence[Placing]
    predecessors: Sequence[Kin]
    successors: Sequence[Kin]


def find_life(session: ReadSession, actor: Actor, code: str) -> Life:
    """Return what became of a body: names, places, predecessors and successors.

    Raises:
        NotFound: there is none that the actor reaches.
    """
    agency = find_agency(session, actor, code)
    key = key_of(agency)
    return Life(
        agency,
        _names(session, agency),
        placings_of(session, key),
        predecessors_of(session, key),
        successors_of(session, key),
    )


def _names(session: ReadSession, agency: Agency) -> list[Called]:
    since: date | None = None
    called = []
    for former in former_names(session, key_of(agency)):
        called.append(Called(former.name, former.division_code, since, former.valid_to))
        since = former.valid_to
    return [*called, Called(agency.name, agency.division_code, since, None)]
