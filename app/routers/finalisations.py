"""What is adjusted in totals, and totals that are made final."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Path, Request, Response

from app.deps import (
    LIMIT,
    AgencyInPath,
    CurrentActor,
    CurrentDatabase,
    CurrentReader,
    Cursor,
    Limit,
    YearInPath,
    routes_of,
)
from app.domain.values import nest, to_json
from app.routers.answers import READING, failures, page_of
from app.schemas.finalisations import (
    AdjustmentBody,
    AdjustmentOut,
    AdjustmentPage,
    FinalisationBody,
    FinalisationOut,
    FinalisationPage,
    FrozenSourceOut,
    FrozenSourcePage,
    UndoingBody,
    finalisation_out,
)
from app.schemas.pages import MOST, read_cursor
from app.services import adjustments, final_totals, finalisations
from app.services.adjustments import AdjustmentWanted, LineWanted
from app.services.filed import find_form
from app.services.final_totals import Final
from app.storage.engine import WriteSession
from app.storage.finalisations import Adjusted
from app.writing import WriteOnce

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.finalisation import Differences, FrozenAdjustment
    from app.forms.model import CellCode, ReportForm

router = routes_of("汇总", "/rollups/{agency}/{year}")

NumberInPath = Annotated[int, Path(description="编号", ge=1, le=2**31 - 1)]
_WRITING = failures(400, 404, 409, 413, 415, 422)


@router.get("/adjustments", summary="历次调整", responses=READING)
def list_adjustments(
    agency: AgencyInPath,
    year: YearInPath,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> AdjustmentPage:
    """这个机关及其下各机关对汇总数作过的调整，撤销了的也在。"""
    form = find_form(year)
    (after,) = read_cursor(cursor, [0])
    with database.reading() as session:
        found = adjustments.list_adjustments(session, actor, (agency, year), int(after), limit + 1)
    shown, page = page_of(request, response, found, limit, lambda each: [each.key])
    return AdjustmentPage(items=[adjustment_out(form, each) for each in shown], page=page)


@router.post("/adjustments", status_code=201, summary="调整汇总数", responses=_WRITING)
def adjust_roll_up(
    agency: AgencyInPath, year: YearInPath, body: AdjustmentBody, write: WriteOnce, actor: CurrentActor
) -> AdjustmentOut:
    """在各单位的数之外另记一项调整，写明原因；单位的数不动，合计仍是各单位之和。

    调整数可以为负。一次调整里各格要一起符合勾稽关系；没有写的总计随之算出，写了的以所写为准。
    没有合计的格不能调整。已经定稿的要先重开。
    """
    lines = [LineWanted(line.cell, line.amount) for line in body.lines]
    wanted = AdjustmentWanted(lines, body.reason, body.document)

    def adjust(session: WriteSession) -> AdjustmentOut:
        return adjustment_out(find_form(year), adjustments.adjust(session, actor, (agency, year), wanted))

    return write(adjust)


@router.post("/adjustments/{number}/withdrawal", summary="撤销一项调整", responses=_WRITING)
def withdraw_adjustment(
    agency: AgencyInPath,
    year: YearInPath,
    number: NumberInPath,
    body: UndoingBody,
    write: WriteOnce,
    actor: CurrentActor,
) -> AdjustmentOut:
    """撤销这个机关自己作的一项调整，写明原因；记录留着。"""

    def withdraw(session: WriteSession) -> AdjustmentOut:
        key = (agency, year)
        found = adjustments.withdraw_adjustment(session, actor, key, number, body.reason)
        return adjustment_out(find_form(year), found)

    return write(withdraw)


@router.get("/finalisation", summary="定稿", responses=READING)
def get_finalisation(
    agency: AgencyInPath, year: YearInPath, database: CurrentDatabase, actor: CurrentReader
) -> FinalisationOut:
    """现在有效的定稿：定下的数、计入的报告和调整，以及定稿之后有哪些变动。没有定稿为 404。"""
    with database.reading() as session:
        return _final_out(final_totals.find_final(session, actor, (agency, year)))


@router.post("/finalisation", status_code=201, summary="汇总定稿", responses=_WRITING)
def finalise_roll_up(
    agency: AgencyInPath, year: YearInPath, body: FinalisationBody, write: WriteOnce, actor: CurrentActor
) -> FinalisationOut:
    """按审核通过的报告把汇总数定下来，以后报告更正、单位变动都不改变它，只列为变动。

    应报的单位还有没有审核通过、也没有免报的（R40），或者已经定稿，为 409，缺的单位全部列出。
    下级是否定稿不影响上级；没有定稿的下级列在 children_not_final。
    """

    def finalise(session: WriteSession) -> FinalisationOut:
        key = (agency, year)
        return _final_out(finalisations.finalise(session, actor, key, body.note, body.signed_by))

    return write(finalise)


@router.post("/finalisation/reopening", summary="重开定稿", responses=_WRITING)
def reopen_roll_up(
    agency: AgencyInPath, year: YearInPath, body: UndoingBody, write: WriteOnce, actor: CurrentActor
) -> FinalisationOut:
    """使定稿的汇总又成为临时的，写明原因；原来定的稿留着。"""

    def reopen(session: WriteSession) -> FinalisationOut:
        return _final_out(finalisations.reopen(session, actor, (agency, year), body.reason))

    return write(reopen)


@router.get("/finalisations", summary="历次定稿", responses=READING)
def list_finalisations(
    agency: AgencyInPath,
    year: YearInPath,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> FinalisationPage:
    """这个机关这个年度的汇总历次定的稿，重开了的也在，数都照当时的。"""
    (after,) = read_cursor(cursor, [0])
    with database.reading() as session:
        found = final_totals.list_finals(session, actor, (agency, year), int(after), limit + 1)
    shown, page = page_of(request, response, found, limit, lambda final: [final.kept.number])
    return FinalisationPage(items=[_final_out(final) for final in shown], page=page)


@router.get("/finalisations/{number}/sources", summary="一次定稿所计入的报告", responses=READING)
def list_frozen_sources(
    agency: AgencyInPath,
    year: YearInPath,
    number: NumberInPath,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> FrozenSourcePage:
    """一次定稿所计入的全部报告，各是哪一版，按机关代码排序。"""
    (after,) = read_cursor(cursor, [""])
    with database.reading() as session:
        sources = final_totals.find_numbered(session, actor, (agency, year), number).frozen.sources
    rest = [source for source in sources if source.agency > str(after)]
    shown, page = page_of(request, response, rest, limit, lambda source: [source.agency])
    items = [FrozenSourceOut.model_validate(source) for source in shown]
    return FrozenSourcePage(items=items, total=len(sources), page=page)


def adjustment_out(form: ReportForm, found: Adjusted) -> AdjustmentOut:
    """Give an adjustment out."""
    adjustment = found.adjustment
    return AdjustmentOut.model_validate(
        {
            **adjustment.model_dump(),
            "agency": found.agency.code,
            "name": found.name,
            "lines": _lines(form, found.lines),
        }
    )


def _lines(form: ReportForm, lines: Mapping[CellCode, int]) -> list[dict[str, object]]:
    return [
        {"cell": code, "label": cell.label, "amount": to_json(cell.measure, lines[code])}
        for code, cell in form.cells.items()
        if code in lines
    ]


def listed(everything: Sequence[object]) -> dict[str, object]:
    """Say how much of a list is shown."""
    total = len(everything)
    return {"total": total, "returned": min(total, MOST), "truncated": total > MOST}


def final_in_roll_up(final: Final) -> dict[str, object]:
    """Return a final total as the roll-up shows it."""
    kept, form = final.kept, final.form
    return {
        "number": kept.number,
        "finalised_by": kept.finalised_by,
        "finalised_at": kept.finalised_at,
        "digest": kept.digest,
        "totals": nest(form, final.frozen.totals),
        "adjusted_totals": nest(form, final.frozen.adjusted_totals),
        "differences": None if final.differences is None else _differences(form, final.differences),
    }


def _differences(form: ReportForm, found: Differences) -> dict[str, object]:
    return {
        "sources": found.sources[:MOST],
        "sources_listed": listed(found.sources),
        "units": found.units[:MOST],
        "units_listed": listed(found.units),
        "adjustments": found.adjustments,
        "cells": [
            {
                "cell": each.cell,
                "label": cell.label,
                "frozen": to_json(cell.measure, each.frozen),
                "now": to_json(cell.measure, each.now),
                "difference": to_json(cell.measure, each.difference),
            }
            for each in found.cells
            for cell in [form.cells[each.cell]]
        ],
    }


def _final_out(final: Final) -> FinalisationOut:
    kept, form, frozen = final.kept, final.form, final.frozen
    names = (
        "year",
        "form",
        "basis",
        "algorithm",
        "note",
        "signed_by",
        "reopened_by",
        "reopened_at",
        "reopening",
    )
    return finalisation_out(
        form,
        {
            **{name: getattr(kept, name) for name in names},
            **final_in_roll_up(final),
            "agency": final.agency.code,
            "name": final.name,
            "adjustments": [_frozen_adjustment(form, each) for each in frozen.adjustments[:MOST]],
            "adjustments_listed": listed(frozen.adjustments),
            "sources": frozen.sources[:MOST],
            "sources_listed": listed(frozen.sources),
            "expected": len(frozen.expected),
            "excused": frozen.excused[:MOST],
            "excused_listed": listed(frozen.excused),
            "children_not_final": final.below,
        },
    )


def _frozen_adjustment(form: ReportForm, each: FrozenAdjustment) -> dict[str, object]:
    names = ("id", "agency", "name", "reason", "document", "made_by", "made_at")
    return {**{name: getattr(each, name) for name in names}, "lines": _lines(form, each.lines)}
