"""The comparison of two reports."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from fastapi import Query

from app.deps import CurrentDatabase, CurrentReader, routes_of
from app.domain.comparison import CellCompared, TextCompared, share_kept
from app.domain.values import to_json
from app.forms.model import Cell
from app.routers.answers import READING
from app.schemas.comparisons import (
    CellComparedOut,
    CellOfOneOut,
    ComparisonOut,
    PassageOut,
    SideOut,
    TextComparedOut,
)
from app.schemas.reports import AgencyCode, Year
from app.services.comparisons import compare_seen
from app.services.filed import Filed

router = routes_of("年度报告", "/comparisons")


@router.get("", summary="比较两份报告", responses=READING)
def compare_two_reports(
    left_agency: Annotated[AgencyCode, Query(description="左边的报告是哪个机关的")],
    left_year: Annotated[Year, Query(description="左边的报告年度")],
    right_agency: Annotated[AgencyCode, Query(description="右边的报告是哪个机关的；可以是同一个")],
    right_year: Annotated[Year, Query(description="右边的报告年度；可以是别的年度")],
    database: CurrentDatabase,
    actor: CurrentReader,
) -> ComparisonOut:
    """任何两份您能查阅的报告：逐格的数和差，逐句的文字去留。

    表格不同的年度，代码相同的格相比，其余的分别列出。正在更正的报告，按您读取它时看到的那一版。
    """
    with database.reading() as session:
        found = compare_seen(session, actor, (left_agency, left_year), (right_agency, right_year))
    compared = found.comparison
    return ComparisonOut(
        left=_side_out(found.left),
        right=_side_out(found.right),
        cells=[_cell_out(each) for each in compared.cells],
        only_left=[_one_out(*each) for each in compared.only_left],
        only_right=[_one_out(*each) for each in compared.only_right],
        share_kept=_share_out(compared.share_kept),
        texts=[_text_out(each) for each in compared.texts],
    )


def _side_out(filed: Filed) -> SideOut:
    return SideOut(
        agency=filed.agency.code,
        name=filed.name,
        year=filed.content.year,
        form=filed.content.form.version,
        version=filed.version,
        status=filed.status,
    )


def _cell_out(compared: CellCompared) -> CellComparedOut:
    cell, measure = compared.cell, compared.cell.measure
    return CellComparedOut(
        cell=cell.code,
        label=cell.label,
        unit=measure.unit,
        left=to_json(measure, compared.left),
        right=to_json(measure, compared.right),
        difference=to_json(measure, compared.difference),
    )


def _one_out(cell: Cell, value: int | None) -> CellOfOneOut:
    measure = cell.measure
    return CellOfOneOut(cell=cell.code, label=cell.label, unit=measure.unit, value=to_json(measure, value))


def _text_out(text: TextCompared) -> TextComparedOut:
    return TextComparedOut(
        section=text.code,
        label=text.name,
        share_kept=_share_out(share_kept([text])),
        passages=[PassageOut.model_validate(passage) for passage in text.passages],
    )


def _share_out(share: Decimal | None) -> str | None:
    return None if share is None else str(share)
