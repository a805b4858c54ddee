"""Parts of a report: a table, a row, a section of prose."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from fastapi import Body, Path, Request, Response
from pydantic import BaseModel

from app.auth.actor import Actor
from app.deps import (
    MERGE_PATCH,
    AgencyInPath,
    CurrentActor,
    CurrentDatabase,
    CurrentReader,
    IfMatch,
    YearInPath,
    routes_of,
)
from app.domain.values import Row, Values, flatten, nest
from app.errors import NotFound
from app.forms.model import CellCode, Table
from app.routers.answers import READING, WRITING, etag_of_filed, failures, skip_if_known
from app.routers.reports import Draft, answer
from app.schemas.other_forms import form_meant, form_with, hold
from app.schemas.parts import (
    NEWEST_FIRST,
    NarrativeBody,
    NarrativeOut,
    NarrativePatch,
    row_model,
    table_model,
)
from app.schemas.problems import unknown_member
from app.schemas.reports import ReportOut
from app.services import reports
from app.services.filed import Filed
from app.services.history import find_seen
from app.services.reports import Sent
from app.storage.engine import WriteSession
from app.writing import Write

router = routes_of("年度报告的一部分", "/reports/{agency}/{year}")

SECTIONS = list(dict.fromkeys(part.code for form in NEWEST_FIRST for part in form.narratives))
TABLES = list(dict.fromkeys(table.code for form in NEWEST_FIRST for table in form.tables))
ROWS = list(dict.fromkeys(row.code for form in NEWEST_FIRST for table in form.tables for row in table.rows()))

TableInPath: TypeAlias = Annotated[str, Path(description="表的代码", json_schema_extra={"enum": TABLES})]
RowInPath: TypeAlias = Annotated[str, Path(description="行的代码", json_schema_extra={"enum": ROWS})]
SectionInPath: TypeAlias = Annotated[
    str, Path(description="部分的代码", json_schema_extra={"enum": SECTIONS})
]
JsonObject: TypeAlias = dict[str, Any]
Patch: TypeAlias = Annotated[JsonObject, Body(media_type=MERGE_PATCH)]
TABLE, ROW, SECTION = "/tables/{table}", "/tables/{table}/rows/{row}", "/narratives/{section}"


def _refs(*models: type[BaseModel]) -> list[dict[str, str]]:
    return [{"$ref": f"#/components/schemas/{name}"} for name in dict.fromkeys(m.__name__ for m in models)]


def _body(*models: type[BaseModel], kind: str = "application/json") -> dict[str, Any]:
    """Describe a body that is one of several objects, by the path."""
    return {"requestBody": {"content": {kind: {"schema": {"anyOf": _refs(*models)}}}}}


def _answer(*models: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {"application/json": {"schema": {"anyOf": _refs(*models)}}}}}


def _table_models(*, out: bool = False) -> list[type[BaseModel]]:
    return [table_model(table, form.version, out=out) for form in NEWEST_FIRST for table in form.tables]


def _row_models(*, out: bool = False) -> list[type[BaseModel]]:
    return [
        row_model(table, row.code, form.version, out=out)
        for form in NEWEST_FIRST
        for table in form.tables
        for row in table.rows()
    ]


def _find_table(year: int, code: str) -> Table:
    form = form_meant(year)
    table = form.table(code)
    if table is None:
        known = [each.code for each in form.tables]
        raise NotFound(f"报告中{unknown_member(code, known)}")
    return table


def _find_row(year: int, code: str, row: str) -> Table:
    table = _find_table(year, code)
    known = [leaf.code for leaf in table.rows()]
    if row not in known:
        other = form_with(form_meant(year), code, row)
        told = f"；那是{other.full_name}的一行，{year} 年度的报告没有" if other else ""
        raise NotFound(f"{table.name}中{unknown_member(row, known)}{told}")
    return table


def _find_section(code: str) -> str:
    if code not in SECTIONS:
        raise NotFound(f"报告的文字部分中{unknown_member(code, SECTIONS)}")
    return code


def _values_of_table(year: int, code: str, sent: JsonObject) -> Values:
    form = form_meant(year)
    model = table_model(_find_table(year, code), form.version)
    held = hold(model, sent, year, code).model_dump(exclude_unset=True)
    return flatten(form, {code: held})


def _values_of_row(year: int, code: str, row: str, sent: JsonObject) -> Values:
    form = form_meant(year)
    model = row_model(_find_row(year, code, row), row, form.version)
    held = hold(model, sent, year, code, row).model_dump(exclude_unset=True)
    return flatten(form, {code: {row: held}})


def _cells(year: int, *names: str) -> list[CellCode]:
    start = ".".join([*names, ""])
    return [code for code in form_meant(year).cells if code.startswith(start)]


def _read(database: CurrentDatabase, actor: Actor, agency: str, year: int) -> Filed:
    with database.reading() as session:
        return find_seen(session, actor, agency, year)


@router.get(
    TABLE, summary="一张表", responses={**READING, **failures(304), **_answer(*_table_models(out=True))}
)
def get_report_table(
    agency: AgencyInPath,
    year: YearInPath,
    table: TableInPath,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
) -> dict[str, Row]:
    """一张表的所有行。ETag 与整份报告共用。"""
    code = _find_table(year, table).code
    filed = _read(database, actor, agency, year)
    response.headers["ETag"] = etag = etag_of_filed(filed)
    skip_if_known(request, etag)
    return nest(filed.content.form, filed.content.values)[code]


@router.put(TABLE, summary="整张替换", responses=WRITING, openapi_extra=_body(*_table_models()))
def replace_report_table(
    agency: AgencyInPath,
    year: YearInPath,
    table: TableInPath,
    body: JsonObject,
    response: Response,
    write: Write,
    actor: CurrentActor,
    if_match: IfMatch,
    draft: Draft = False,
) -> ReportOut:
    """没有写的格成为缺格，没有写的总计由各项算出。草稿仍是草稿；已上报的要仍然符合规则。"""
    values, key = _values_of_table(year, table, body), (agency, year)

    def replace(session: WriteSession) -> ReportOut:
        filed = reports.replace_cells(session, actor, key, _cells(year, table), values, if_match, draft=draft)
        return answer(filed, response)

    return write(replace)


@router.patch(
    TABLE, summary="修改几格", responses=WRITING, openapi_extra=_body(*_table_models(), kind=MERGE_PATCH)
)
def patch_report_table(
    agency: AgencyInPath,
    year: YearInPath,
    table: TableInPath,
    body: Patch,
    response: Response,
    write: Write,
    actor: CurrentActor,
    if_match: IfMatch,
    draft: Draft = False,
) -> ReportOut:
    """写了的改，没写的不动；涉及的总计重新算出。"""
    sent, key = Sent(_values_of_table(year, table, body)), (agency, year)

    def patch(session: WriteSession) -> ReportOut:
        return answer(reports.patch_report(session, actor, key, sent, if_match, draft=draft), response)

    return write(patch)


@router.get(ROW, summary="一行", responses={**READING, **failures(304), **_answer(*_row_models(out=True))})
def get_report_row(
    agency: AgencyInPath,
    year: YearInPath,
    table: TableInPath,
    row: RowInPath,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
) -> Row:
    """一行的所有格。ETag 与整份报告共用。"""
    code = _find_row(year, table, row).code
    filed = _read(database, actor, agency, year)
    response.headers["ETag"] = etag = etag_of_filed(filed)
    skip_if_known(request, etag)
    return nest(filed.content.form, filed.content.values)[code][row]


@router.put(ROW, summary="整行替换", responses=WRITING, openapi_extra=_body(*_row_models()))
def replace_report_row(
    agency: AgencyInPath,
    year: YearInPath,
    table: TableInPath,
    row: RowInPath,
    body: JsonObject,
    response: Response,
    write: Write,
    actor: CurrentActor,
    if_match: IfMatch,
    draft: Draft = False,
) -> ReportOut:
    """没有写的格成为缺格，没有写的总计由各项算出。"""
    values, key = _values_of_row(year, table, row, body), (agency, year)

    def replace(session: WriteSession) -> ReportOut:
        part = _cells(year, table, row)
        filed = reports.replace_cells(session, actor, key, part, values, if_match, draft=draft)
        return answer(filed, response)

    return write(replace)


@router.patch(
    ROW, summary="修改一行中的几格", responses=WRITING, openapi_extra=_body(*_row_models(), kind=MERGE_PATCH)
)
def patch_report_row(
    agency: AgencyInPath,
    year: YearInPath,
    table: TableInPath,
    row: RowInPath,
    body: Patch,
    response: Response,
    write: Write,
    actor: CurrentActor,
    if_match: IfMatch,
    draft: Draft = False,
) -> ReportOut:
    """写了的改，没写的不动；涉及的总计重新算出。"""
    sent, key = Sent(_values_of_row(year, table, row, body)), (agency, year)

    def patch(session: WriteSession) -> ReportOut:
        return answer(reports.patch_report(session, actor, key, sent, if_match, draft=draft), response)

    return write(patch)


@router.get(SECTION, summary="一个部分的文字", responses={**READING, **failures(304)})
def get_report_narrative(
    agency: AgencyInPath,
    year: YearInPath,
    section: SectionInPath,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
) -> NarrativeOut:
    """一个部分的文字；没有写为 null。ETag 与整份报告共用。"""
    code = _find_section(section)
    filed = _read(database, actor, agency, year)
    response.headers["ETag"] = etag = etag_of_filed(filed)
    skip_if_known(request, etag)
    return NarrativeOut(text=filed.content.narratives.get(code))


@router.put(SECTION, summary="替换一个部分的文字", responses=WRITING)
def replace_report_narrative(
    agency: AgencyInPath,
    year: YearInPath,
    section: SectionInPath,
    body: NarrativeBody,
    response: Response,
    write: Write,
    actor: CurrentActor,
    if_match: IfMatch,
    draft: Draft = False,
) -> ReportOut:
    """整段替换；null 使它成为没有写。"""
    sent = Sent(texts={"narratives": {_find_section(section): body.text}})

    def patch(session: WriteSession) -> ReportOut:
        key = (agency, year)
        return answer(reports.patch_report(session, actor, key, sent, if_match, draft=draft), response)

    return write(patch)


@router.patch(SECTION, summary="修改一个部分的文字", responses=WRITING)
def patch_report_narrative(
    agency: AgencyInPath,
    year: YearInPath,
    section: SectionInPath,
    body: Annotated[NarrativePatch, Body(media_type=MERGE_PATCH)],
    response: Response,
    write: Write,
    actor: CurrentActor,
    if_match: IfMatch,
    draft: Draft = False,
) -> ReportOut:
    """写了 text 则替换，null 使它成为没有写；没写则不动。"""
    code = _find_section(section)
    sent = Sent(texts={"narratives": {code: body.text}} if "text" in body.model_fields_set else {})

    def patch(session: WriteSession) -> ReportOut:
        key = (agency, year)
        return answer(reports.patch_report(session, actor, key, sent, if_match, draft=draft), response)

    return write(patch)
