"""Roll-ups."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from app.deps import LIMIT, CurrentDatabase, CurrentReader, Cursor, Export, Limit, routes_of
from app.domain.lifecycle import Basis
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
from app.schemas.pages import MOST, read_cursor
from app.schemas.reports import AgencyCode, Year
from app.schemas.results import results_out
from app.schemas.roll_ups import CoveragePage, CoveredOut, RollUpOut, roll_up_out
from app.services.agencies import find_agency
from app.services.exports import Wanted as WantedBook
from app.services.roll_ups import CoverageState, Covered, RolledUp, Tree, roll_up_subtree
from app.services.versions import mark_of_source
from app.storage.numbers import Part

router = routes_of("汇总", "/rollups/{agency}/{year}")

AgencyInPath = Annotated[AgencyCode, Path(description="机关代码")]
YearInPath = Annotated[Year, Path(description="报告年度")]
BasisInQuery = Annotated[
    Basis, Query(description="哪些报告计入：submitted 已上报（含之后各状态），accepted 审核通过（含已公布）")
]

_TREE = "按哪一天的机关树：year 该年 12 月 31 日；current 今天，已合并的机关的报告归入合并后的机关"
TreeInQuery = Annotated[Tree, Query(description=_TREE)]


@router.get("", summary="汇总", responses={**READING, **failures(304)})
def get_roll_up(
    agency: AgencyInPath,
    year: YearInPath,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    basis: BasisInQuery = Basis.SUBMITTED,
    group: Annotated[Part | None, Query(description="再按种类或层级给出小计")] = None,
    tree: TreeInQuery = Tree.YEAR,
) -> RollUpOut:
    """一个机关及其下各单位的报告逐格相加，机关树按该年 12 月 31 日。缺格不当作零。"""
    with database.reading() as session:
        rolled = roll_up_subtree(session, actor, agency, year, basis, group, tree)
    answer = _out(rolled)
    etag = etag_of_body(answer.model_dump_json(exclude={"as_of"}).encode())
    skip_if_known(request, etag)
    response.headers["ETag"] = etag
    return answer


def _out(rolled: RolledUp) -> RollUpOut:
    counts = {state.value: len(rolled.standing(state)) for state in CoverageState}
    counts["expected"] = len(rolled.expected)
    return roll_up_out(
        rolled.form,
        {
            "agency": rolled.agency.code,
            "name": rolled.name,
            "year": rolled.year,
            "form": rolled.form.version,
            "basis": rolled.basis,
            "status": "provisional",
            "totals": nest(rolled.form, rolled.total.totals),
            "parts": {name: _part(rolled, part) for name, part in rolled.parts.items()},
            "coverage": _coverage(rolled),
            "counts": counts,
            "incomplete_cells": rolled.total.incomplete,
            "sources": _sources(rolled),
            "sources_listed": {
                "total": len(rolled.sources),
                "returned": min(len(rolled.sources), MOST),
                "truncated": len(rolled.sources) > MOST,
            },
            "rates": _rates(rolled),
            "rules": results_out(rolled.form, rolled.total.totals, rolled.results, of_report=False),
            "warnings": rolled.warnings,
            "as_of": rolled.as_of,
        },
    )


def _part(rolled: RolledUp, part: RollUp) -> dict[str, object]:
    return {"included": part.included, "totals": nest(rolled.form, part.totals)}


def _coverage(rolled: RolledUp) -> dict[str, object]:
    lists = {state.value: rolled.standing(state) for state in CoverageState} | {"expected": rolled.expected}
    return {
        **{name: [_covered(each) for each in members[:MOST]] for name, members in lists.items()},
        "truncated": any(len(members) > MOST for members in lists.values()),
    }


def _covered(covered: Covered) -> CoveredOut:
    return CoveredOut(
        code=covered.agency.code, name=covered.name, status=covered.status, reason=covered.reason
    )


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
        rolled = roll_up_subtree(session, actor, agency, year, basis, tree=tree)
    everyone = rolled.standing(state) if isinstance(state, CoverageState) else rolled.expected
    rest = [covered for covered in everyone if covered.agency.code > str(after)]
    shown, page = page_of(request, response, rest, limit, lambda covered: [covered.agency.code])
    return CoveragePage(items=[_covered(covered) for covered in shown], total=len(everyone), page=page)


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
