"""What is written of a roll-up: an analysis to read, and a draft of its body's own report."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from app.deps import AgencyInPath, CurrentDatabase, CurrentReader, Export, YearInPath, routes_of
from app.domain.lifecycle import Basis
from app.routers.answers import (
    PAGE_OR_PAPER,
    READING,
    etag_of_body,
    failures,
    marks_known,
    piece_of_writing,
    skip_if_known,
)
from app.routers.roll_ups import BasisInQuery
from app.schemas.drafts import ReportDraft, draft_out
from app.services.agencies import find_agency
from app.services.analyses import draft_report
from app.services.exports import Product, Shape, Wanted
from app.storage.engine import Database

router = routes_of("汇总", "/rollups/{agency}/{year}")

FormatInQuery = Annotated[
    Shape, Query(alias="format", description="html 网页，可以打印；docx Word 文件，按公文格式")
]
_FILE = {**READING, **failures(304, 429), **PAGE_OR_PAPER}


async def _written(database: Database, export: Export, wanted: Wanted) -> Response:
    """Have a piece of writing made; whoever asks for what isn't there doesn't wait for that."""

    def refuse_unknown() -> None:
        with database.reading() as session:
            find_agency(session, wanted.actor, wanted.agency, year=wanted.year)

    await run_in_threadpool(refuse_unknown)
    return piece_of_writing(await export(wanted), wanted.shape)


@router.get("/report", summary="分析材料", response_class=Response, responses=_FILE)
async def get_roll_up_report(
    agency: AgencyInPath,
    year: YearInPath,
    request: Request,
    database: CurrentDatabase,
    actor: CurrentReader,
    export: Export,
    shape: FormatInQuery = Shape.PAGE,
    basis: BasisInQuery = Basis.SUBMITTED,
) -> Response:
    """报送进度、近五年趋势、办理结果和申请人构成、各单位排序、要核对的情况、三张汇总表，都有图有表。

    数都由汇总算出；缺的写“缺”，不当作 0。网页不含脚本，图有文字说明，黑白打印也分得清。
    """
    wanted = Wanted(actor, agency, year, basis, marks_known(request), Product.ANALYSIS, shape)
    return await _written(database, export, wanted)


@router.get("/draft", summary="代拟本级年度报告", responses={**READING, **failures(304)})
def get_draft(
    agency: AgencyInPath,
    year: YearInPath,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    basis: BasisInQuery = Basis.SUBMITTED,
) -> ReportDraft:
    """由汇总数填好的六个部分，可以原样 PUT 到 /reports/{agency}/{year}?draft=true，再由人补写。

    只写合计数说得出来的；要人写的地方标【待填写】，缺的数标【待核实】，没有单位填的格为 null。
    五、六没有写之前不能上报（R01）。只有报告由下面的单位汇总而成的机关才有。
    """
    with database.reading() as session:
        content = draft_report(session, actor, agency, year, basis)
    body = draft_out(content, agency)
    etag = etag_of_body(body.model_dump_json().encode())
    skip_if_known(request, etag)
    response.headers["ETag"] = etag
    return body


@router.get("/draft/export", summary="下载代拟的年度报告", response_class=Response, responses=_FILE)
async def export_draft_file(
    agency: AgencyInPath,
    year: YearInPath,
    request: Request,
    database: CurrentDatabase,
    actor: CurrentReader,
    export: Export,
    shape: FormatInQuery = Shape.PAPER,
    basis: BasisInQuery = Basis.SUBMITTED,
) -> Response:
    """同一份代拟稿，作为网页或 Word 文件。"""
    wanted = Wanted(actor, agency, year, basis, marks_known(request), Product.DRAFT, shape)
    return await _written(database, export, wanted)
