"""The parts of a roll-up: the next level's subtrees, what each report gave to a cell, single reports."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sqlalchemy import (
    CTE,
    BigInteger,
    BindParameter,
    ColumnElement,
    FunctionElement,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    null,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles

from app.domain.agencies import ReportScope
from app.domain.roll_up import RollUp
from app.storage.models import AGENCY, PLACEMENT
from app.storage.names import name_in, name_on
from app.storage.numbers import column_name
from app.storage.sums import Adding, Subtree, add_up, adding_by, counted
from app.storage.tree import holds_on

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import Connection
    from sqlalchemy.sql.compiler import SQLCompiler

    from app.domain.orders import Mark
    from app.forms.model import CellCode
    from app.storage.engine import ReadSession

Statement: TypeAlias = "Select[*tuple[Any, ...]]"


class _StepBelow(FunctionElement[str]):
    """The agency's code in a path from a place on, up to the next separator; empty at the path's end."""

    inherit_cache = True
    type = Text()


@compiles(_StepBelow)
def _step_below(element: _StepBelow, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    rest = func.substr(*element.clauses)
    return str(compiler.process(func.split_part(rest, "/", 1), **options))


@compiles(_StepBelow, "sqlite")
def _step_below_sqlite(element: _StepBelow, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - likewise
    rest = func.substr(*element.clauses)
    return str(compiler.process(func.substr(rest, 1, func.instr(rest, "/") - 1), **options))


class Child(NamedTuple):
    """An agency right below another one, or that one by itself.

    Attributes:
        id: its row number.
        code: its code.
        name: its name.
        level: on which level it stands.
        kind: what sort of body it is.
        expected: how many agencies owe a report: it and those below it; of the upper one, it alone.
    """

    id: int
    code: str
    name: str
    level: str
    kind: str
    expected: int


def list_children(session: ReadSession, agency_id: int, day: date) -> list[Child]:
    """Return an agency, by itself, and those right below it on a day; each once."""
    rows = session.connection().execute(_children(), {"top": agency_id, "day": day}).all()
    return [Child._make(row) for row in rows]


@cache
def _children() -> Statement:
    down = _down(bindparam("top"), bindparam("day"))
    owes = and_(AGENCY.c.in_rollup, AGENCY.c.report_scope == ReportScope.OWN)
    expected = func.sum(case((owes, 1), else_=0)).label("expected")
    child = func.coalesce(down.c.child_id, down.c.agency_id).label("part")
    counts = select(child, expected).join(AGENCY, AGENCY.c.id == down.c.agency_id).group_by("part").subquery()
    of_agency = {name: AGENCY.c[name] for name in Child._fields if name not in {"name", "expected"}}
    columns = {**of_agency, "name": name_on(bindparam("day")).label("name"), "expected": counts.c.expected}
    return select(*(columns[name] for name in Child._fields)).join(counts, AGENCY.c.id == counts.c.part)


def _down(top: BindParameter[int], day: BindParameter[date]) -> CTE:
    """Return a query of an agency and all below it, each with the one of the next level that it is under."""
    nobody = cast(null(), BigInteger).label("child_id")
    down = (
        select(PLACEMENT.c.agency_id, nobody)
        .where(PLACEMENT.c.agency_id == top, holds_on(day))
        .cte("below", recursive=True)
    )
    return down.union_all(
        select(PLACEMENT.c.agency_id, func.coalesce(down.c.child_id, PLACEMENT.c.agency_id))
        .join(down, PLACEMENT.c.parent_id == down.c.agency_id)
        .where(holds_on(day))
    )


def sum_children(
    connection: Connection, table: Table, subtree: Subtree, cells: tuple[CellCode, ...]
) -> dict[str, RollUp]:
    """Add cells up in one statement, by the code of the agency right below the subtree's top.

    The top's own report has the empty string; who has nothing to add is absent.
    """
    return add_up(connection, _by_child(table, cells), _bound(subtree))


def sum_cells(connection: Connection, table: Table, subtree: Subtree, cells: tuple[CellCode, ...]) -> RollUp:
    """Add some cells up."""
    nothing = RollUp(dict.fromkeys(cells), 0, {})
    adding = _of_cells(table, cells, subtree.names_bodies)
    return add_up(connection, adding, subtree.parameters()).get("", nothing)


@lru_cache(maxsize=50)
def _of_cells(table: Table, cells: tuple[CellCode, ...], of_bodies: bool) -> Adding:  # noqa: FBT001 - a cache's key
    return adding_by(None, table, cells, of_bodies=of_bodies)


def sum_each(
    connection: Connection, table: Table, subtree: Subtree, cells: tuple[CellCode, ...]
) -> dict[str, RollUp]:
    """Return what each of the bodies that a subtree names adds to some cells, by the agency's code."""
    return add_up(connection, _by_body(table, cells), subtree.parameters())


@lru_cache(maxsize=50)
def _by_body(table: Table, cells: tuple[CellCode, ...]) -> Adding:
    return adding_by(AGENCY.c.code, table, cells, of_bodies=True)


def _bound(subtree: Subtree) -> dict[str, object]:
    return subtree.parameters() | {"start": len(subtree.path) + 1}


@lru_cache(maxsize=50)
def _by_child(table: Table, cells: tuple[CellCode, ...]) -> Adding:
    return adding_by(_StepBelow(table.c.path, bindparam("start")), table, cells)


class Figures(NamedTuple):
    """Some cells of a report that counts.

    Attributes:
        agency_id: row number of the agency whose it is.
        code: the agency's code.
        name: its name.
        values: of the cells that were asked for, in that order; None where missing.
    """

    agency_id: int
    code: str
    name: str
    values: tuple[int | None, ...]


def list_figures(
    connection: Connection,
    table: Table,
    subtree: Subtree,
    cells: Sequence[CellCode],
    level: str | None = None,
) -> list[Figures]:
    """Return some cells of each report of a subtree that counts, of bodies of one level if one is named."""
    chosen = _figures(table, cells, subtree)
    if level is not None:
        chosen = chosen.where(AGENCY.c.level == level)
    rows = connection.execute(chosen.order_by(AGENCY.c.code), subtree.parameters()).all()
    return [Figures(row[0], row[1], row[2], tuple(row[3:])) for row in rows]


def list_largest(
    connection: Connection, table: Table, subtree: Subtree, cell: CellCode, after: Mark | None, limit: int
) -> list[Figures]:
    """Return the reports of a subtree that count by what they have in a cell, the largest first.

    Those that lack it come last; the same values by code.

    Args:
        connection: where to look.
        table: of the form.
        subtree: whose reports.
        cell: which.
        after: the value and code that they come after.
        limit: how many at most.
    """
    column = table.c[column_name(cell)]
    chosen = _figures(table, [cell], subtree)
    if after is not None:
        chosen = chosen.where(_comes_after(column, after))
    ordered = chosen.order_by(column.is_(None), column.desc(), AGENCY.c.code).limit(limit)
    rows = connection.execute(ordered, subtree.parameters()).all()
    return [Figures(row[0], row[1], row[2], tuple(row[3:])) for row in rows]


def _comes_after(column: ColumnElement[int], after: Mark) -> ColumnElement[bool]:
    later = AGENCY.c.code > after.code
    if after.key is None:
        return and_(column.is_(None), later)
    return or_(column < after.key, and_(column == after.key, later), column.is_(None))


def _figures(table: Table, cells: Sequence[CellCode], subtree: Subtree) -> Statement:
    columns = (table.c[column_name(code)] for code in cells)
    # bodies are named on today's tree, which calls them as they are called today
    name = AGENCY.c.name if subtree.names_bodies else name_in(table.c.year)
    chosen = select(AGENCY.c.id, AGENCY.c.code, name, *columns)
    return counted(chosen, table, of_bodies=subtree.names_bodies)
