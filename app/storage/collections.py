"""Who owes a report of a year, by when, and what was granted: worked out on the tree of its 31 December.

Of all collections that an agency stands under, the nearest holds for it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import (
    CTE,
    BigInteger,
    BindParameter,
    ColumnElement,
    FromClause,
    Label,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    select,
)

from app.domain.agencies import AgencyKind, AgencyLevel, ReportScope, reference_day
from app.domain.collections import Dates, ExceptionKind, Reporters, Terms
from app.domain.progress import Branches
from app.storage.collection_models import (
    COLLECTION,
    COLLECTION_DATES,
    COLLECTION_EXCEPTION,
    COLLECTION_UNIT,
    Collection,
)
from app.storage.models import AGENCY, CHANGE, PLACEMENT
from app.storage.names import name_on
from app.storage.numbers import SEPARATOR
from app.storage.tree import above_each_on, above_on, holds_on

if TYPE_CHECKING:
    from collections.abc import Collection as Group
    from collections.abc import Mapping
    from datetime import date, datetime

    from app.storage.engine import ReadSession, WriteSession

Statement: TypeAlias = "Select[*tuple[Any, ...]]"


def get_collection(
    session: ReadSession, agency_id: int, year: int, *, to_change: bool = False
) -> Collection | None:
    """Return the collection that an agency opened for a year; *to_change* holds it until the end."""
    chosen = select(Collection).where(COLLECTION.c.agency_id == agency_id, COLLECTION.c.year == year)
    return session.scalars(chosen.with_for_update() if to_change else chosen).one_or_none()


def dates_of(session: ReadSession, collection_id: int) -> dict[Reporters, Dates]:
    """Return the dates of a collection, in the order in which they are shown."""
    columns = COLLECTION_DATES.c
    chosen = select(columns.reporters, columns.due_on, columns.opens_on, columns.locks_on)
    rows = session.execute(chosen.where(columns.collection_id == collection_id))
    found = {Reporters(row[0]): Dates(*row[1:]) for row in rows}
    return {each: found[each] for each in Reporters if each in found}


def set_dates(session: WriteSession, collection_id: int, dates: Mapping[Reporters, Dates]) -> None:
    """Give a collection its dates, in the place of those that it had."""
    session.execute(delete(COLLECTION_DATES).where(COLLECTION_DATES.c.collection_id == collection_id))
    rows = [
        {"collection_id": collection_id, "reporters": reporters.value, **asdict(each)}
        for reporters, each in dates.items()
    ]
    session.execute(insert(COLLECTION_DATES), rows)


def find_terms(session: ReadSession, code: str, year: int, reporters: Reporters) -> Terms | None:
    """Return what the collection nearest to an agency says of its report; None where it stands under none."""
    known = {"code": code, "of_year": year, "day": reference_day(year), "reporters": reporters.value}
    row = session.connection().execute(_terms(), known).one_or_none()
    if row is None:
        return None
    due_on, opens_on, locks_on, holder, holder_code, extended_to, unlocked_to = row
    return Terms(year, Dates(due_on, opens_on, locks_on), holder, holder_code, extended_to, unlocked_to)


@cache
def _terms() -> Statement:
    near, own = _nearest(), AGENCY.alias("own")
    holder = AGENCY.alias("holder")
    extension, unlock = (
        COLLECTION_EXCEPTION.alias(kind.value) for kind in (ExceptionKind.EXTENSION, ExceptionKind.UNLOCK)
    )
    dates = COLLECTION_DATES.c
    return (
        select(
            *(dates.due_on, dates.opens_on, dates.locks_on, holder.c.name, holder.c.code),
            *(extension.c.until, unlock.c.until),
        )
        .select_from(near)
        .join(own, own.c.code == bindparam("code"))
        .join(holder, holder.c.id == near.c.agency_id)
        .join(
            COLLECTION_DATES,
            and_(dates.collection_id == near.c.id, dates.reporters == bindparam("reporters")),
        )
        .outerjoin(extension, granted(extension, near.c.id, own.c.id, ExceptionKind.EXTENSION))
        .outerjoin(unlock, granted(unlock, near.c.id, own.c.id, ExceptionKind.UNLOCK))
    )


def _nearest() -> Subquery:
    """Return a query of the collection nearest to the agency `code`."""
    up = above_on(bindparam("code"), bindparam("day"))
    columns = COLLECTION.c
    chosen = select(columns.id, columns.agency_id).join(up, columns.agency_id == up.c.agency_id)
    return chosen.where(columns.year == bindparam("of_year")).order_by(up.c.height).limit(1).subquery("near")


def granted(
    table: FromClause, collection_id: ColumnElement[int], agency_id: ColumnElement[int], kind: ExceptionKind
) -> ColumnElement[bool]:
    """Tell of an exception whether it is in force for an agency in the collection that is nearest to it."""
    return and_(
        table.c.collection_id == collection_id,
        table.c.agency_id == agency_id,
        table.c.kind == literal(kind.value),
        table.c.revoked_at.is_(None),
    )


def nearest_collection(session: ReadSession, code: str, year: int) -> int | None:
    """Return the row number of the collection nearest to an agency: its own, or one of those above it."""
    known = {"code": code, "of_year": year, "day": reference_day(year)}
    return session.scalar(_nearest_id(), known)


@cache
def _nearest_id() -> Select[int]:
    return select(_nearest().c.id)


def owing(branches: Branches | None = None) -> CTE:
    """Return a query of the agencies below `top`: agency_id, collection_id, branch_id.

    The collection is the one that is nearest; `near` is the one nearest to `top` itself.  The branch is what
    heads the part of the subtree, where parts are asked for and it stands in one.
    """
    own, below = COLLECTION.alias("own"), COLLECTION.alias("below")
    near: BindParameter[int | None] = bindparam("near", type_=BigInteger)
    down = (
        select(
            PLACEMENT.c.agency_id,
            func.coalesce(own.c.id, near).label("collection_id"),
            _no_branch(),
        )
        .outerjoin(own, opened_by(own, PLACEMENT.c.agency_id))
        .where(PLACEMENT.c.agency_id == bindparam("top"), holds_on(bindparam("day")))
        .cte("owing", recursive=True)
    )
    nearer = func.coalesce(below.c.id, down.c.collection_id)
    step = select(PLACEMENT.c.agency_id, nearer, _branch(down, branches)).select_from(down)
    step = step.join(PLACEMENT, PLACEMENT.c.parent_id == down.c.agency_id)
    step = step.outerjoin(below, opened_by(below, PLACEMENT.c.agency_id))
    return down.union_all(step.where(holds_on(bindparam("day"))))


def _no_branch() -> Label[Any]:
    return cast(null(), BigInteger).label("branch_id")


def _branch(down: CTE, branches: Branches | None) -> ColumnElement[Any]:
    if branches is None:
        return _no_branch()
    if branches.level is None:
        return func.coalesce(down.c.branch_id, PLACEMENT.c.agency_id)
    # a list to look up in; joined in, each agency would be read
    heading = [literal(kind.value) for kind in (AgencyKind.GOVERNMENT, AgencyKind.DEVELOPMENT_ZONE)]
    heads = select(AGENCY.c.id).where(
        AGENCY.c.level == literal(branches.level.value), AGENCY.c.kind.in_(heading)
    )
    is_head = PLACEMENT.c.agency_id.in_(heads)
    return func.coalesce(down.c.branch_id, case((is_head, PLACEMENT.c.agency_id)))


def opened_by(table: FromClause, agency_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Tell of a collection whether an agency opened it for the year."""
    return and_(table.c.agency_id == agency_id, table.c.year == bindparam("of_year"))


def is_expected() -> ColumnElement[bool]:
    """Tell of an agency whether it owes a report of its own that counts."""
    return and_(AGENCY.c.in_rollup, AGENCY.c.report_scope == literal(ReportScope.OWN.value))


def reporters() -> ColumnElement[str]:
    """Name those with whom an agency has its dates in common, as `domain.collections.reporters_of` does."""
    kind, level = AGENCY.c.kind, AGENCY.c.level
    is_township = and_(
        kind == literal(AgencyKind.GOVERNMENT.value), level == literal(AgencyLevel.TOWNSHIP.value)
    )
    return case((is_township, literal(Reporters.TOWNSHIP.value)), else_=kind)


def bound_to(session: ReadSession, agency_id: int, code: str, year: int) -> dict[str, object]:
    """Return what queries over `owing` are bound to."""
    near = nearest_collection(session, code, year)
    return {"top": agency_id, "near": near, "day": reference_day(year), "of_year": year}


@dataclass(frozen=True, slots=True)
class OwingRow:
    """A unit that owes a report.

    Attributes:
        agency_id: its row number.
        code: its code.
        name: its name.
        level: its level.
        kind: its kind.
        collection_id: of the collection that holds for it; None where none does.
        due_on: the day that its collection sets for its kind.
        extended_to: the day to which it was given longer.
        excused: why it is excused.
        is_frozen: whether who is expected there is frozen.
    """

    agency_id: int
    code: str
    name: str
    level: str
    kind: str
    collection_id: int | None
    due_on: date | None
    extended_to: date | None
    excused: str | None
    is_frozen: bool


def list_owing(session: ReadSession, bound: dict[str, object]) -> list[OwingRow]:
    """Return all that owe a report in a subtree, by code; see `bound_to`."""
    return [OwingRow(*row) for row in session.connection().execute(_list_owing(), bound)]


@cache
def _list_owing() -> Statement:
    down = owing()
    extension, excuse = (
        COLLECTION_EXCEPTION.alias(kind.value) for kind in (ExceptionKind.EXTENSION, ExceptionKind.EXCUSE)
    )
    dates, near = COLLECTION_DATES.c, down.c.collection_id
    return (
        select(
            *(AGENCY.c.id, AGENCY.c.code, name_on(bindparam("day")), AGENCY.c.level, AGENCY.c.kind, near),
            *(dates.due_on, extension.c.until, excuse.c.reason),
            COLLECTION.c.frozen_at.is_not(None),
        )
        .select_from(down)
        .join(AGENCY, AGENCY.c.id == down.c.agency_id)
        .outerjoin(COLLECTION, COLLECTION.c.id == near)
        .outerjoin(COLLECTION_DATES, and_(dates.collection_id == near, dates.reporters == reporters()))
        .outerjoin(extension, granted(extension, near, AGENCY.c.id, ExceptionKind.EXTENSION))
        .outerjoin(excuse, granted(excuse, near, AGENCY.c.id, ExceptionKind.EXCUSE))
        .where(is_expected())
        .order_by(AGENCY.c.code)
    )


def list_excuses(session: ReadSession, agency_id: int, code: str, year: int) -> dict[int, str]:
    """Return why units of a subtree are excused, by the agency's row number."""
    if not session.scalar(_any_excuse(), {"of_year": year}):
        return {}
    rows = session.connection().execute(_excuses(), bound_to(session, agency_id, code, year))
    return {row[0]: row[1] for row in rows}


@cache
def _any_excuse() -> Select[bool]:
    columns = COLLECTION_EXCEPTION.c
    chosen = exists().where(
        COLLECTION.c.year == bindparam("of_year"),
        columns.collection_id == COLLECTION.c.id,
        columns.kind == literal(ExceptionKind.EXCUSE.value),
        columns.revoked_at.is_(None),
    )
    return select(chosen)


def list_excused(session: ReadSession, year: int) -> list[tuple[int, str]]:
    """Return row number and code of every body that was ever excused in a year and wasn't told otherwise."""
    rows = session.connection().execute(_list_excused(), {"of_year": year})
    return [(row[0], row[1]) for row in rows]


@cache
def _list_excused() -> Statement:
    columns = COLLECTION_EXCEPTION.c
    return (
        select(AGENCY.c.id, AGENCY.c.code)
        .join(COLLECTION_EXCEPTION, columns.agency_id == AGENCY.c.id)
        .join(COLLECTION, columns.collection_id == COLLECTION.c.id)
        .where(
            COLLECTION.c.year == bindparam("of_year"),
            columns.kind == literal(ExceptionKind.EXCUSE.value),
            columns.revoked_at.is_(None),
        )
        .distinct()
        .order_by(AGENCY.c.code)
    )


@cache
def _excuses() -> Statement:
    down, excuse = owing(), COLLECTION_EXCEPTION.alias("excuse")
    in_force = granted(excuse, down.c.collection_id, down.c.agency_id, ExceptionKind.EXCUSE)
    return select(down.c.agency_id, excuse.c.reason).join(excuse, in_force)


@dataclass(frozen=True, slots=True)
class FrozenRow:
    """A unit that was expected when that was frozen."""

    agency_id: int
    code: str
    name: str
    path: str
    since: int


def list_frozen(session: ReadSession, code: str, bound: dict[str, object]) -> list[FrozenRow]:
    """Return all that were expected in a subtree when that was frozen there; see `bound_to`."""
    known = {**bound, "within": within(code)}
    return [FrozenRow(*row) for row in session.connection().execute(_list_frozen(), known)]


def within(code: str) -> str:
    """Return what stands in the path of whatever stands below an agency."""
    return f"{SEPARATOR}{code}{SEPARATOR}"


@cache
def _list_frozen() -> Statement:
    unit = COLLECTION_UNIT.c
    return (
        select(unit.agency_id, unit.code, unit.name, unit.path, COLLECTION.c.frozen_change)
        .join(COLLECTION, COLLECTION.c.id == unit.collection_id)
        .where(was_within(owing()))
        .order_by(unit.code)
    )


def was_within(down: CTE) -> ColumnElement[bool]:
    """Tell of a unit that was frozen whether it stood in a subtree, by its collection and `within`."""
    near = select(down.c.collection_id).where(down.c.collection_id.is_not(None))
    # of a collection above the subtree only what stood within it; those below have it whole
    path = COLLECTION_UNIT.c.path
    stood_within = func.replace(path, bindparam("within"), "") != path
    is_above = COLLECTION.c.id == bindparam("near", type_=BigInteger)
    return and_(COLLECTION.c.id.in_(near), is_above.is_not(True) | stood_within)


def lineages_on(session: ReadSession, agency_ids: Group[int], year: int) -> dict[int, list[str]]:
    """Return the code of each agency and of all above it, from itself up."""
    known = {"bodies": list(agency_ids), "day": reference_day(year)}
    found: dict[int, list[str]] = defaultdict(list)
    for body, code in session.connection().execute(_lineages(), known):
        found[body].append(code)
    return found


@cache
def _lineages() -> Statement:
    up = above_each_on(bindparam("bodies", expanding=True), bindparam("day"))
    chosen = select(up.c.body, AGENCY.c.code).join(up, AGENCY.c.id == up.c.agency_id)
    return chosen.order_by(up.c.body, up.c.height)


def first_changes(session: ReadSession, codes: Group[str], since: int) -> dict[str, datetime]:
    """Return when each of some agencies itself first changed after a change of this number."""
    change = CHANGE.c
    chosen = select(change.agency, func.min(change.at)).where(
        change.number > since, change.year.is_(None), change.agency.in_(codes)
    )
    return {row[0]: row[1] for row in session.execute(chosen.group_by(change.agency))}
