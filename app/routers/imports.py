"""Documents read in."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import File, Query, Response, UploadFile

from app.deps import (
    AgencyInPath,
    CurrentActor,
    CurrentDatabase,
    CurrentReader,
    IfMatch,
    YearInPath,
    routes_of,
)
from app.documents.filenames import content_disposition
from app.errors import Fault, InvalidRequest
from app.routers.answers import READING, etag_of, failures
from app.schemas.imports import DocumentOut, ImportOut, StoredOut, import_out, reading_out
from app.schemas.reports import AgencyCode, Year
from app.services import imports
from app.services.document_reading import Document, Imported, read_document, read_for_agency
from app.services.filed import Filed
from app.services.imports import described_reading
from app.storage.engine import WriteSession
from app.writing import WriteOnce

router = routes_of("读入文件")

BYTES = "application/octet-stream"
ORIGINAL: dict[int | str, dict[str, Any]] = {
    200: {"content": {BYTES: {"schema": {"type": "string", "format": "binary"}}}}
}


@router.post("/imports", summary="读入文件", responses=failures(400, 409, 412, 413, 415, 422))
def import_document(
    file: Annotated[UploadFile, File(title="报告文件（.txt）")],
    response: Response,
    write: WriteOnce,
    actor: CurrentActor,
    database: CurrentDatabase,
    if_match: IfMatch,
    store: Annotated[Literal["draft"] | None, Query(description="draft 存为草稿；不写则只读不存")] = None,
    agency: Annotated[AgencyCode | None, Query(description="哪个机关的报告；存为草稿时必须写")] = None,
    year: Annotated[Year | None, Query(description="报告年度；不写则用文件标题中的")] = None,
) -> ImportOut:
    """把一份报告文件（.txt，表格以制表符分列）读成数据，说明缺了什么、哪里与格式不同、哪里不符或有疑问。

    看不准的格一律算缺，不当作 0。写明机关的，与它上一年度的报告等一并核对；没有写明、标题里也没有年度的，
    与年度有关的规则不核对。已有草稿时，带 If-Match 才替换。
    """
    document = Document(file.filename or "", file.file.read())
    if store is None and agency is not None:
        with database.reading() as session:
            return _import_out(read_for_agency(session, actor, document, agency, year), None)
    imported = read_document(document, year)
    if store is None:
        return _import_out(imported, None)
    if agency is None:
        message = "存为草稿要用参数 agency 写明机关代码"
        fault = Fault("", message, "missing", {"in": "query", "parameter": "agency"})
        raise InvalidRequest(message, [fault])

    def keep(session: WriteSession) -> ImportOut:
        filed, checked = imports.store_draft(session, actor, imported, agency, year, if_match)
        response.headers["ETag"] = etag_of(filed.report)
        return _import_out(checked, filed)

    return write(keep)


def _import_out(imported: Imported, filed: Filed | None) -> ImportOut:
    stored = None
    if filed is not None:
        stored = StoredOut(
            agency=filed.agency.code,
            year=filed.report.year,
            version=filed.report.version,
            etag=etag_of(filed.report),
            can_submit=filed.can_submit,
        )
    return import_out(described_reading(imported), stored)


@router.get(
    "/reports/{agency}/{year}/source",
    summary="报告所据的文件",
    response_model=DocumentOut,
    responses={**READING, **ORIGINAL},
)
def get_report_source(
    agency: AgencyInPath,
    year: YearInPath,
    database: CurrentDatabase,
    actor: CurrentReader,
    kind: Annotated[
        Literal["json", "original"],
        Query(alias="format", description="json 说明及读到的内容，original 原文件"),
    ] = "json",
) -> DocumentOut | Response:
    """读入时的文件：原样的字节，SHA-256，及当时读到的内容。"""
    with database.reading() as session:
        source = imports.find_source(session, actor, agency, year)
    if kind == "original":
        headers = {"Content-Disposition": content_disposition(source.file_name)}
        return Response(source.body, media_type=BYTES, headers=headers)
    return DocumentOut(
        version=source.version,
        stored_by=source.stored_by,
        stored_at=source.stored_at,
        reading=reading_out(json.loads(source.reading)),
    )
