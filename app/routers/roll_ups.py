"""Roll-ups."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from fastapi import Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from app.deps import (
    LIMIT,
    AgencyInPath,
    CurrentDatabase,
    CurrentReader,
    Cursor,
    Export,
    Limit,
    YearInPath,
    routes_of,
)
from app.domain.lifecycle import Basis
from app.domain.results import described
from app.domain.roll_up import RollUp, rate_of
from app.domain.values import nest
from app.routers.answers import (
    READING,
    WORKBOOK,
    download,
    etag_of_body,
    failures,
    marks_known,
    page_of,
    skip_if_known,
)
from app.routers.finalisations import adjustment_out, final_in_roll_up, listed
from app.schemas.pages import MOST, read_cursor
from app.schemas.roll_ups import CoveragePage, CoveredOut, RollUpOut, roll_up_out
from app.services.agencies import find_agency
from app.services.exports import Wanted as WantedBook
from app.services.final_totals import Standing, standing_of
from app.services.roll_ups import CoverageState, Covered, RolledUp, roll_up_subtree
from app.services.scopes import Tree
from app.services.todays_tree import roll_up_today
from app.services.versions import mark_of_source
from app.storage.sums import Part

router = routes_of("汇总", "/rollups/{agency}/{year}")

BasisInQuery = Annotated[
    Basis, Query(description="哪些报告计入：submitted 已上报（含之后各状态），accepted 审核通过（含已公布）")
]

_TREE = "按哪一天的机关树：year 该年 12 月 31 日；current 今天，已合并的机关的报告归入合并后的机关"
TreeInQuery = Annotated[Tree, Query(description=_TREE)]


@router.get("", summary="汇总", response_model=RollUpOut, responses={**READING, **failures(304)})
def get_roll_up(
    agency: AgencyInPath,
    year: YearInPath,
    request: Request,
    database: CurrentDatabase,
    actor: CurrentReader,
    basis: BasisInQuery = Basis.SUBMITTED,
    group: Annotated[Part | None, Query(description="再按种类或层级给出小计")] = None,
    tree: TreeInQuery = Tree.YEAR,
) -> Response:
    """一个机关及其下各单位的报告逐格相加，机关树按该年 12 月 31 日。缺格不当作零。

    `totals` 总是现在各单位之和，调整另列，`adjusted_totals` 是加上调整的数；已定稿的，定下的数在 `final`。
    调整和定稿属于该年的机关树，`tree=current` 时不列。
    """
    with database.reading() as session:
        if tree is Tree.YEAR:
            standing = standing_of(session, actor, agency, year, basis, group)
        else:
            standing = Standing(roll_up_today(session, actor, agency, year, basis, group), (), None)
    body = _out(standing, tree).model_dump_json().encode()
    etag = etag_of_body(_MOMENT.sub(b"", body, count=1))
    skip_if_known(request, etag)
    return Response(body, media_type="application/json", headers={"ETag": etag})


_MOMENT = re.compile(rb'"as_of":"[^"]*"')
"""Text that holds such a name would have its quotation marks escaped."""


def _out(standing: Standing, tree: Tree) -> RollUpOut:
    rolled, adjustments, final = standing.rolled, standing.adjustments, standing.final
    adjusted = nest(rolled.form, standing.adjusted_totals) if tree is Tree.YEAR else None
    lists = {state.value: rolled.standing(state) for state in CoverageState} | {"expected": rolled.expected}
    return roll_up_out(
        rolled.form,
        {
            "agency": rolled.agency.code,
            "name": rolled.name,
            "year": rolled.year,
            "form": rolled.form.version,
            "basis": rolled.basis,
            "status": "provisional" if final is None else "final",
            "final": None if final is None else final_in_roll_up(final),
            "totals": nest(rolled.form, rolled.total.totals),
            "adjustments": [adjustment_out(rolled.form, each) for each in adjustments[:MOST]],
            "adjustments_listed": listed(adjustments),
            "adjusted_totals": adjusted,
            "parts": {name: _part(rolled, part) for name, part in rolled.parts.items()},
            "coverage": _coverage(lists),
            "counts": {name: len(members) for name, members in lists.items()},
            "incomplete_cells": rolled.total.incomplete,
            "sources": _sources(rolled),
            "sources_listed": listed(rolled.sources),
            "rates": _rates(rolled),
            "rules": [
                described(rolled.form, rolled.total.totals, result, of_report=False)
                for result in rolled.results
            ],
            "warnings": rolled.warnings,
            "as_of": rolled.as_of,
        },
    )


def _part(rolled: RolledUp, part: RollUp) -> dict[str, object]:
    return {"included": part.included, "totals": nest(rolled.form, part.totals)}


def _coverage(lists: Mapping[str, Sequence[Covered]]) -> dict[str, object]:
    return {
        **{name: [_covered(each) for each in members[:MOST]] for name, members in lists.items()},
        "truncated": any(len(members) > MOST for members in lists.values()),
    }


def _covered(covered: Covered) -> dict[str, object]:
    whose = {"code": covered.agency.code, "name": covered.agency.name}
    return {**whose, "status": covered.status, "reason": covered.reason}


def _sources(rolled: RolledUp) -> list[dict[str, object]]:
    return [
        {"agency": source.agency, "version": source.version, "etag": f'"{mark_of_source(source)}"'}
        for source in rolled.sources[:MOST]
    ]


def _rates(rolled: RolledUp) -> list[dict[str, str | None]]:
    rates = [(indicator, rate_of(indicator, rolled.total)) for indicator in rolled.form.indicators]
    return [
        {"code": indicator.code, "label": indicator.label, "value": None if rate is None else str(rate)}
        for indicator, rate in rates
    ]


@router.get("/coverage", summary="名单", responses=READING)
def list_coverage(
    agency: AgencyInPath,
    year: YearInPath,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    state: Annotated[Literal["expected"] | CoverageState, Query(description="要哪个名单")] = "expected",
    basis: BasisInQuery = Basis.SUBMITTED,
    tree: TreeInQuery = Tree.YEAR,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> CoveragePage:
    """应报、已汇总、未上报、缺报、免报、不汇总的单位，按代码排序。"""
    (after,) = read_cursor(cursor, [""])
    with database.reading() as session:
        add_up = roll_up_subtree if tree is Tree.YEAR else roll_up_today
        rolled = add_up(session, actor, agency, year, basis)
    everyone = rolled.standing(state) if isinstance(state, CoverageState) else rolled.expected
    rest = [covered for covered in everyone if covered.agency.code > str(after)]
    shown, page = page_of(request, response, rest, limit, lambda covered: [covered.agency.code])
    items = [CoveredOut.model_validate(_covered(covered)) for covered in shown]
    return CoveragePage(items=items, total=len(everyone), page=page)


@router.get(
    "/export",
    summary="下载汇总工作簿",
    response_class=Response,
    responses={**READING, **failures(304, 429), **WORKBOOK},
)
async def export_roll_up_file(
    agency: AgencyInPath,
    year: YearInPath,
    request: Request,
    database: CurrentDatabase,
    actor: CurrentReader,
    export: Export,
    basis: BasisInQuery = Basis.SUBMITTED,
    _format: Annotated[Literal["xlsx"], Query(alias="format", description="文件格式")] = "xlsx",
) -> Response:
    """汇总表、每个单位一张（100 个以内）、明细、缺报、校验。除生成时刻外没有变化的，ETag 不变。"""

    def refuse_unknown() -> None:
        with database.reading() as session:
            find_agency(session, actor, agency, year=year)

    await run_in_threadpool(refuse_unknown)
    exported = await export(WantedBook(actor, agency, year, basis, marks_known(request)))
    return download(exported, f'W/"{exported.mark}"')
