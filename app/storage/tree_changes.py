"""What came, went and moved in a subtree between two days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import CTE, Exists, and_, except_, exists, or_, select

from app.storage.models import AGENCY, PLACEMENT
from app.storage.tree import down_from

if TYPE_CHECKING:
    from datetime import date

    from app.storage.engine import ReadSession


@dataclass(frozen=True, slots=True)
class Named:
    """An agency by its code and name."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class TreeChanges:
    """How a subtree differs from what it was, by code; the agency at its top isn't looked at.

    Attributes:
        joined: what stands in it now and didn't before.
        left: what stood in it and doesn't any more.
        moved: what stands in it under another agency.
    """

    joined: list[Named]
    left: list[Named]
    moved: list[Named]

    @property
    def is_any(self) -> bool:
        """Whether anything changed."""
        return bool(self.joined or self.left or self.moved)


NOTHING_CHANGED = TreeChanges([], [], [])


def changes_between(session: ReadSession, agency_id: int, before: date, after: date) -> TreeChanges:
    """Return how a subtree differs between two days, the earlier one first."""
    if not session.scalar(select(_anything_changed(before, after))):
        return NOTHING_CHANGED
    old, new = down_from(agency_id, before, "old"), down_from(agency_id, after, "new")
    gone, come = _only_in(session, old, new), _only_in(session, new, old)
    return TreeChanges(
        joined=[named for key, named in come.items() if key not in gone],
        left=[named for key, named in gone.items() if key not in come],
        moved=[named for key, named in come.items() if key in gone],
    )


def _anything_changed(before: date, after: date) -> Exists:
    """Tell whether any place began or ended in between: most years nothing does, and trees are large."""
    begun = and_(PLACEMENT.c.valid_from > before, PLACEMENT.c.valid_from <= after)
    ended = and_(PLACEMENT.c.valid_to > before, PLACEMENT.c.valid_to <= after)
    return exists().where(or_(begun, ended))


def _only_in(session: ReadSession, one: CTE, other: CTE) -> dict[int, Named]:
    """Return the agencies that stand in one subtree and not, or under another agency, in the other."""
    places = (select(each.c.agency_id, each.c.parent_id).where(each.c.depth > 0) for each in (one, other))
    only = except_(*places).subquery()
    chosen = select(AGENCY.c.id, AGENCY.c.code, AGENCY.c.name).join(only, AGENCY.c.id == only.c.agency_id)
    rows = session.connection().execute(chosen.order_by(AGENCY.c.code))
    return {row[0]: Named(row[1], row[2]) for row in rows}
