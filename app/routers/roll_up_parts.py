"""What roll-ups are made of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import Path, Query, Request, Response
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from app.deps import LIMIT, AgencyInPath, CurrentDatabase, CurrentReader, Cursor, Limit, YearInPath, routes_of
from app.domain.adjusting import adjusted
from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.lifecycle import Basis
from app.domain.orders import Order
from app.domain.values import Values, to_json
from app.forms.model import Cell, CellCode, Indicator
from app.routers.answers import READING, page_of
from app.routers.finalisations import listed
from app.routers.roll_ups import BasisInQuery, TreeInQuery
from app.schemas.fields import SAID
from app.schemas.pages import MOST, PageOut, read_mark, written_mark
from app.schemas.results import Number
from app.schemas.roll_up_parts import (
    CellAdjustmentOut,
    CellHeadOut,
    ChildOut,
    ChildrenOut,
    ContributionOut,
    ContributionsOut,
    RankCountsOut,
    RankedOut,
    RankingOut,
)
from app.services.children import (
    BY_CODE,
    BY_NAME,
    ChildPart,
    ChildParts,
    list_child_parts,
    mark_of_part,
)
from app.services.rankings import Measured, Of, Rankable, Ranked, Ranking, mark_of_ranked, rank_parts
from app.services.roll_up_parts import LARGEST_FIRST, Contribution, list_contributions, mark_of_contribution
from app.services.scopes import Asked, Scope, Tree
from app.storage.finalisations import Adjusted

router = routes_of("汇总", "/rollups/{agency}/{year}")

CODE_LIMIT, MOST_CODES = 60, 60
"""So that an address with as many codes as there may be isn't too long."""

_CODE = re.compile("[0-9A-Za-z_.]+")


def _code(text: str) -> str:
    if not _CODE.fullmatch(text):
        message = "不是一个代码；有几个就写几次这个参数，不要用逗号连起来"
        raise PydanticCustomError(SAID, message)
    return text


CodeInQuery = Annotated[
    str,
    Query(max_length=CODE_LIMIT, json_schema_extra={"pattern": f"^{_CODE.pattern}$"}),
    AfterValidator(_code),
]
CellsInQuery = Annotated[
    list[CodeInQuery],
    Query(
        max_length=MOST_CODES,
        description=f"哪些格，最多 {MOST_CODES} 个，一个写一次；不写为主要的格，all 为所有的格",
        examples=[["requests.received.total"]],
    ),
]


@router.get("/children", summary="下一级并排", responses=READING)
def list_roll_up_children(
    agency: AgencyInPath,
    year: YearInPath,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    cells: CellsInQuery = [],  # noqa: B006 - FastAPI copies it
    sort: Annotated[
        str, Query(max_length=CODE_LIMIT, description="按什么排：code 代码，name 名称，或一格的代码")
    ] = "code",
    order: Annotated[Literal["asc", "desc"], Query(description="asc 小的在前，desc 大的在前")] = "asc",
    basis: BasisInQuery = Basis.SUBMITTED,
    tree: TreeInQuery = Tree.YEAR,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> ChildrenOut:
    """下一级每个机关一行，是它和它下面各单位的合计；上级机关自己的报告另占一行（本级）。

    各行相加，每一格都等于上级的合计。按一格排时，缺的排在最后，相同的按代码排。
    """
    by = Order(sort, descending=order == "desc", of_text=sort in (BY_CODE, BY_NAME))
    after = read_mark(cursor, by)
    with database.reading() as session:
        found = list_child_parts(session, actor, Asked(agency, year, basis, tree), cells, by)
    rest = [part for part in found.parts if after is None or by.comes_after(mark_of_part(part, by), after)]
    shown, page = page_of(
        request, response, rest, limit, lambda part: written_mark(by, mark_of_part(part, by))
    )
    form = found.scope.form
    return ChildrenOut.model_validate(
        {
            **_head(found.scope, basis),
            "cells": [cell_head(form.cells[code]) for code in found.cells],
            "other_adjustments": _other_adjustments(found),
            "total": len(found.parts),
            "items": [_child_out(found, part) for part in shown],
            "page": page,
        }
    )


def _head(scope: Scope, basis: Basis) -> dict[str, object]:
    whose = {"agency": scope.agency.code, "name": scope.name, "year": scope.asked.year}
    return {**whose, "form": scope.form.version, "basis": basis}


def cell_head(cell: Cell) -> CellHeadOut:
    """Tell which cell is meant."""
    return CellHeadOut(code=cell.code, label=cell.label, unit=cell.measure.unit)


def cells_out(cells: Mapping[CellCode, Cell], values: Values) -> dict[str, Number | None]:
    """Give values of some cells out; null where there is none."""
    return {code: to_json(cell.measure, values.get(code)) for code, cell in cells.items()}


def _other_adjustments(found: ChildParts) -> dict[str, Number | None]:
    lines, cells = found.other_lines, found.scope.form.cells
    touched = [code for code in found.cells if any(code in each for each in lines)]
    amounts = adjusted(dict.fromkeys(touched, 0), lines)
    return cells_out({code: cells[code] for code in touched}, amounts)


def _child_out(found: ChildParts, part: ChildPart) -> ChildOut:
    child, total, beside = part.child, part.total, found.beside[part.child.code]
    cells = {code: found.scope.form.cells[code] for code in total.totals}
    return ChildOut(
        agency=child.code,
        name=child.name,
        level=AgencyLevel(child.level),
        kind=AgencyKind(child.kind),
        is_own=part.is_own,
        expected=child.expected,
        included=total.included,
        excused=beside.excused,
        is_final=beside.is_final,
        cells=cells_out(cells, total.totals),
        adjusted_cells=cells_out(cells, adjusted(total.totals, found.lines_of(part))),
        incomplete_cells=total.incomplete,
    )


@router.get("/cells/{cell}", summary="一格由谁的数组成", responses=READING)
def list_roll_up_cell(
    agency: AgencyInPath,
    year: YearInPath,
    cell: Annotated[
        str, Path(max_length=CODE_LIMIT, description="格的代码", examples=["requests.received.total"])
    ],
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    basis: BasisInQuery = Basis.SUBMITTED,
    tree: TreeInQuery = Tree.YEAR,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> ContributionsOut:
    """计入的每份报告在这一格的数，大的在前，缺这一格的也列出，在最后。"""
    after = read_mark(cursor, LARGEST_FIRST)
    with database.reading() as session:
        found = list_contributions(session, actor, Asked(agency, year, basis, tree), cell, after, limit + 1)
    shown, page = page_of(
        request,
        response,
        found.items,
        limit,
        lambda item: written_mark(LARGEST_FIRST, mark_of_contribution(item)),
    )
    total, meant = found.total, found.cell
    return ContributionsOut.model_validate(
        {
            **_head(found.scope, basis),
            "cell": cell_head(meant),
            "sum": to_json(meant.measure, total.totals[meant.code]),
            "adjusted_sum": to_json(meant.measure, found.adjusted_sum),
            "adjustments": [_adjustment_out(meant, each) for each in found.adjustments[:MOST]],
            "adjustments_listed": listed(found.adjustments),
            "included": total.included,
            "lacking": total.incomplete.get(meant.code, 0),
            "items": [_contribution_out(meant, item) for item in shown],
            "page": page,
        }
    )


def _contribution_out(cell: Cell, item: Contribution) -> ContributionOut:
    return ContributionOut(
        agency=item.code,
        name=item.name,
        value=to_json(cell.measure, item.value),
        share=None if item.share is None else str(item.share),
        last_year=to_json(cell.measure, item.last_year),
    )


def _adjustment_out(cell: Cell, found: Adjusted) -> CellAdjustmentOut:
    return CellAdjustmentOut.model_validate(
        {
            "id": found.key,
            "agency": found.agency.code,
            "name": found.name,
            "amount": to_json(cell.measure, found.lines[cell.code]),
            "reason": found.adjustment.reason,
        }
    )


@router.get("/rankings", summary="名次", responses=READING)
def list_rankings(
    agency: AgencyInPath,
    year: YearInPath,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    indicator: Annotated[
        str | None,
        Query(max_length=CODE_LIMIT, description="按哪个比率：汇总里 rates 的代码", examples=["granted"]),
    ] = None,
    cell: Annotated[
        str | None,
        Query(max_length=CODE_LIMIT, description="或者按哪一格", examples=["requests.received.total"]),
    ] = None,
    minimum: Annotated[int, Query(ge=1, le=10**9, description="比率的分母至少几件才排名次")] = 10,
    of: Annotated[
        Of, Query(description="排什么：units 各份报告，children 下一级各机关连同下面的合计")
    ] = Of.UNITS,
    level: Annotated[AgencyLevel | None, Query(description="只排这一层级的机关")] = None,
    standing: Annotated[
        Rankable, Query(description="要哪个名单：ranked 有名次的，below 件数太少的，unknown 有缺格的")
    ] = Rankable.RANKED,
    basis: BasisInQuery = Basis.SUBMITTED,
    tree: TreeInQuery = Tree.YEAR,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> RankingOut:
    """按一个比率或一格从大到小排。比率由各自的合计数算出，取四位小数，相同的并列。没有计入报告的不排。"""
    asked, measured = Asked(agency, year, basis, tree), Measured(indicator, cell, minimum)
    after = read_mark(cursor, LARGEST_FIRST)
    with database.reading() as session:
        found = rank_parts(session, actor, asked, measured, of=of, level=level)
    rest = [
        item
        for item in found.lists[standing]
        if after is None or LARGEST_FIRST.comes_after(mark_of_ranked(item), after)
    ]
    shown, page = page_of(
        request, response, rest, limit, lambda item: written_mark(LARGEST_FIRST, mark_of_ranked(item))
    )
    return _ranking_out(found, minimum, shown, page)


def _ranking_out(found: Ranking, minimum: int, shown: Sequence[Ranked], page: PageOut) -> RankingOut:
    return RankingOut.model_validate(
        {
            **_head(found.scope, found.scope.asked.basis),
            "code": found.by.code,
            "label": found.by.label,
            "minimum": minimum if isinstance(found.by, Indicator) else None,
            "counts": RankCountsOut(**{kind.value: len(items) for kind, items in found.lists.items()}),
            "items": [_ranked_out(found.by, item) for item in shown],
            "page": page,
        }
    )


def _ranked_out(by: Indicator | Cell, item: Ranked) -> RankedOut:
    value: Number | None = None
    if isinstance(item.value, Decimal):
        value = str(item.value)
    elif isinstance(by, Cell):
        value = to_json(by.measure, item.value)
    return RankedOut(rank=item.rank, agency=item.code, name=item.name, value=value, cases=item.cases)
