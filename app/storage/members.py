"""The agencies of a subtree as a roll-up looks at them: by the ten thousand, so none becomes an entity."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sqlalchemy import Select, bindparam, select

from app.domain.agencies import ReportScope
from app.storage.models import AGENCY
from app.storage.names import name_on
from app.storage.tree import down_from

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from sqlalchemy import Connection

    from app.storage.engine import ReadSession

Statement: TypeAlias = "Select[*tuple[Any, ...]]"


class Member(NamedTuple):
    """An agency of a subtree.

    Attributes:
        id: its row number.
        code: its code.
        name: what it was called on that day.
        level: on which level it stands.
        kind: what sort of body it is.
        in_rollup: whether its report counts in the roll-ups above it.
        report_scope: whether its report speaks for itself or adds up others.
        parent_id: row number of the one above it; None at the top of the tree.
    """

    id: int
    code: str
    name: str
    level: str
    kind: str
    in_rollup: bool
    report_scope: str
    parent_id: int | None

    @property
    def is_expected(self) -> bool:
        """Whether it owes a report that counts."""
        return self.in_rollup and self.report_scope == ReportScope.OWN


def members_on(session: ReadSession, agency_id: int, day: date) -> list[Member]:
    """Return an agency and all below it on a day, sorted by code; none where it stands nowhere then."""
    rows = session.connection().execute(_members(), {"top": agency_id, "day": day}).all()
    return [Member._make(row) for row in rows]


def expected_among(connection: Connection, agency_ids: Collection[int]) -> set[int]:
    """Return those of some agencies, not very many, that owe a report that counts."""
    if not agency_ids:
        return set()
    owes = AGENCY.c.in_rollup, AGENCY.c.report_scope == ReportScope.OWN
    return set(connection.scalars(select(AGENCY.c.id).where(AGENCY.c.id.in_(agency_ids), *owes)))


@cache
def _members() -> Statement:
    down = down_from(bindparam("top"), bindparam("day"))
    name = name_on(bindparam("day")).label("name")
    of_agency = {column: AGENCY.c[column] for column in Member._fields if column not in {"name", "parent_id"}}
    columns = {**of_agency, "name": name, "parent_id": down.c.parent_id}
    return (
        select(*(columns[field] for field in Member._fields))
        .join(down, AGENCY.c.id == down.c.agency_id)
        .order_by(AGENCY.c.code)
    )
