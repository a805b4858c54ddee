"""Bodies of documents that are read in."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from pydantic import Field, create_model

from app.forms import form_of_version
from app.schemas.fields import DescribedAs, Out, one_of
from app.schemas.other_forms import IN_FORCE
from app.schemas.parts import NEWEST_FIRST, form_member, named, narratives_model, table_model
from app.schemas.results import ResultOut

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.forms.model import ReportForm


class FileOut(Out):
    """读入的文件。"""

    name: Annotated[str, Field(title="文件名")]
    sha256: Annotated[str, Field(title="SHA-256")]
    bytes: Annotated[int, Field(title="字节数")]


class CellReadOut(Out):
    """一格是怎么读的。"""

    state: Annotated[Literal["read", "missing", "unclear"], Field(title="读到、缺、看不准")]
    raw: Annotated[str, Field(title="原文")]
    where: Annotated[str, Field(title="在文件中的位置")]


class StoredOut(Out):
    """存成的草稿。"""

    agency: Annotated[str, Field(title="机关代码")]
    year: Annotated[int, Field(title="报告年度")]
    version: Annotated[int, Field(title="版本号")]
    etag: Annotated[str, Field(title="草稿的 ETag 点号之前的部分，可以用作 If-Match")]
    can_submit: Annotated[bool, Field(title="这份草稿是否可以上报")]


class ReadingHead(Out):
    """从文件读到的内容，表格之外。"""

    file: Annotated[FileOut, Field(title="文件")]
    form: Annotated[str | None, Field(title="报告格式；null 表示不是所知的格式")]
    agency: Annotated[str | None, Field(title="标题中的机关名称")]
    year: Annotated[int | None, Field(title="标题中的年度")]
    title: Annotated[str | None, Field(title="标题")]
    preface: Annotated[str | None, Field(title="前言")]
    missing: Annotated[list[str], Field(title="没有读到数的格；它们不当作 0")]
    cells: Annotated[dict[str, CellReadOut], Field(title="每一格是怎么读的")]
    findings: Annotated[list[ResultOut], Field(title="文件与格式不同之处，及不符、没法核对或有疑问之处")]
    confidence: Annotated[int, Field(title="读到的格占百分之几")]


@cache
def reading_model(form: ReportForm) -> type[ReadingHead]:
    """Return the model of what is read from a document on a form."""
    tables: dict[str, Any] = {
        section.code: (
            table_model(section.table, form.version, out=True) | None,
            Field(None, title=section.heading),
        )
        for section in form.sections
        if section.table is not None
    }
    tables["narratives"] = (narratives_model(form, out=True), Field(title="文字部分"))
    if form is not IN_FORCE:
        tables["form"] = form_member(form)
    return create_model(named("ReadingOut", form), __base__=ReadingHead, __doc__="从文件读到的内容", **tables)


@cache
def import_model(form: ReportForm) -> type[ReadingHead]:
    """Return the model of what is read from a document that may be stored."""
    return create_model(
        named("ImportOut", form),
        __base__=reading_model(form),
        __doc__="读入的结果",
        stored=(StoredOut | None, Field(title="存成的草稿；没有要求存则为 null")),
    )


if TYPE_CHECKING:

    class ReadingOut(ReadingHead):
        """What was read from a document; its tables are derived from the form."""

    class ImportOut(ReadingHead):
        """What was read from a document that may be stored."""
else:
    ReadingOut = Annotated[object, DescribedAs(one_of(map(reading_model, NEWEST_FIRST)))]
    ImportOut = Annotated[object, DescribedAs(one_of(map(import_model, NEWEST_FIRST)))]


class DocumentOut(Out):
    """报告所据的文件。"""

    version: Annotated[int, Field(title="由它读入的版本")]
    stored_by: Annotated[str, Field(title="存入的人")]
    stored_at: Annotated[datetime, Field(title="存入时间")]
    reading: Annotated[ReadingOut, Field(title="当时读到的内容")]


def reading_out(reading: Mapping[str, Any]) -> ReadingOut:
    """Give out what was read from a document."""
    form = _form_of(reading)
    return cast("type[ReadingOut]", reading_model(form)).model_validate(_members(reading, form))


def import_out(reading: Mapping[str, Any], stored: StoredOut | None) -> ImportOut:
    """Give out what was read from a document, and what it was stored as."""
    form = _form_of(reading)
    members = _members(reading, form) | {"stored": stored}
    return cast("type[ImportOut]", import_model(form)).model_validate(members)


def _form_of(reading: Mapping[str, Any]) -> ReportForm:
    return form_of_version(str(reading["form"])) or IN_FORCE


def _members(reading: Mapping[str, Any], form: ReportForm) -> dict[str, Any]:
    """Put a reading's tables where a report has them; sections that were not found are null."""
    members = dict(reading)
    narratives = {section.code: None for section in form.narratives} | members["narratives"]
    return {**members, **members.pop("tables"), "narratives": narratives}
