"""Documents: read one as a report, judge it, and keep it as a draft with all that it was read from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.documents.text import read_text
from app.domain.acts import Act
from app.domain.content import Content
from app.domain.context import Context
from app.domain.judging import judge
from app.domain.reporters import reporter_named
from app.domain.results import Result, described, not_kept
from app.domain.roles import Right
from app.domain.rules import RULES
from app.domain.values import nest
from app.errors import Duplicate, Fault, InvalidRequest, NotFound, UnreadableDocument
from app.forms import FORMS
from app.services.agencies import find_agency_named
from app.services.audit import record_report
from app.services.contents import empty_content
from app.services.filed import Filed, filed_as, find_form, find_report, get_report
from app.services.saving import file_content, save
from app.services.versions import BasedOn, refuse_stale, require_absent
from app.storage.models import SOURCE_DOCUMENT, SourceDocument

if TYPE_CHECKING:
    from app.auth.actor import Actor
    from app.documents.reading import Reading
    from app.forms.model import ReportForm
    from app.storage.engine import ReadSession, WriteSession
    from app.storage.models import Agency

READABLE = (".txt",)
"""Endings of the files that can be read."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it was handed over."""

    name: str
    body: bytes

    @property
    def sha256(self) -> str:
        """Its digest, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Imported:
    """A document, what was read from it, and what the rules make of that.

    Attributes:
        document: the file.
        reading: what was read.
        findings: what the document lacks or has otherwise than the form, then what the rules say.
    """

    document: Document
    reading: Reading
    findings: list[Result]


def read_document(document: Document) -> Imported:
    """Read a document as a report and judge it; nothing is stored.

    Raises:
        UnreadableDocument: it is of a kind that can't be read, or holds no report.
    """
    if PurePath(document.name).suffix.lower() not in READABLE:
        raise UnreadableDocument(f"现在只能读入 {'、'.join(READABLE)} 文件，收到的是“{document.name}”")
    reading = read_text(document.body)
    findings = list(reading.findings)
    if reading.form is not None:
        content = _content_read(reading, reading.year or reading.form.first_year)
        findings += not_kept(judge(content, Context(reporter_named(reading.agency))))
    return Imported(document, reading, findings)


def _content_read(reading: Reading, year: int) -> Content:
    if reading.form is None:
        raise InvalidRequest("文件里的表格不是这个年度的报告格式，不能存成草稿")
    return Content(
        reading.form, year, reading.title, reading.preface, dict(reading.narratives), reading.values
    )


def store_draft(
    session: WriteSession,
    actor: Actor,
    read: Imported,
    code: str,
    year: int | None,
    based_on: BasedOn | None,
) -> tuple[Filed, Imported]:
    """Keep what was read as the agency's draft, with the document itself.

    A draft that is there already is replaced where the caller says which version it read.  The findings that
    are kept and returned are those of the agency's own report: where the title names another body, R32 says
    so.

    Raises:
        InvalidRequest: the agency isn't known, the year isn't clear, or the tables are another form's.
        Duplicate: there is a report, and the caller doesn't say which version it means to replace.
        StaleVersion: the caller read another version.
        WrongState: the report is no draft.
    """
    agency = find_agency_named(session, actor, code, Right.FILE, year or read.reading.year)
    reading = read.reading
    content = _content_for(agency, reading, _year_of(reading, year))
    report = get_report(session, agency, content.year, to_change=True)
    if report is None:
        require_absent(based_on)
        filed = file_content(session, actor, agency, content, draft=True)
    elif based_on is None:
        raise Duplicate(
            RULES["R37"].say("refused.document", agency=agency.name, year=content.year),
            members={"existing": f"/api/v1/reports/{agency.code}/{content.year}"},
        )
    else:
        refuse_stale(based_on, report)
        stored = filed_as(session, agency, report)
        filed = save(session, actor, stored, content, draft=True)
    imported = replace(read, findings=[*reading.findings, *not_kept(filed.results)])
    _keep_document(session, actor, filed, imported)
    return filed, imported


def _year_of(reading: Reading, asked: int | None) -> int:
    year = reading.year if asked is None else asked
    if year is None:
        message = "文件标题里没有年度，请用参数 year 写明"
        raise InvalidRequest(message, [Fault("", message, "missing", {"in": "query", "parameter": "year"})])
    if reading.year not in (None, year):
        raise InvalidRequest(f"文件标题写的是 {reading.year} 年，要存成 {year} 年的报告；请核对文件或年度")
    return year


def _content_for(agency: Agency, reading: Reading, year: int) -> Content:
    form = find_form(year)
    if reading.form is not form:
        message = _other_form(reading.form, year, form)
        raise InvalidRequest(message, [Fault("", message, "other-form", {"rule": RULES["R02"].id})])
    read = _content_read(reading, year)
    return replace(read, is_aggregate=empty_content(form, year, agency).is_aggregate)


def _other_form(found: ReportForm | None, year: int, needed: ReportForm) -> str:
    rule, expected = RULES["R02"], needed.full_name
    if found is None:
        return rule.say("refused.no_form", year=year, expected=expected)
    return rule.say("refused", found=found.full_name, year=year, expected=expected)


def _keep_document(session: WriteSession, actor: Actor, filed: Filed, imported: Imported) -> None:
    session.add(
        SourceDocument(
            report_id=filed.key,
            version=filed.report.version,
            file_name=imported.document.name,
            sha256=imported.document.sha256,
            body=imported.document.body,
            reading=json.dumps(described_reading(imported), ensure_ascii=False),
            stored_by=actor.holder,
            stored_at=datetime.now(UTC),
        )
    )
    session.flush()
    document = imported.document
    said = {"version": filed.report.version, "file": document.name, "sha256": document.sha256}
    record_report(session, actor, Act.REPORT_IMPORT, (filed.agency, filed.report), details=said)


def described_reading(imported: Imported) -> dict[str, object]:
    """Return what was read as JSON has it; without a form there are no tables."""
    reading, document = imported.reading, imported.document
    form, values = reading.form, reading.values
    return {
        "file": {"name": document.name, "sha256": document.sha256, "bytes": len(document.body)},
        "form": None if form is None else form.version,
        "agency": reading.agency,
        "year": reading.year,
        "title": reading.title,
        "preface": reading.preface,
        "narratives": dict(reading.narratives),
        "tables": {} if form is None else nest(form, values),
        "missing": reading.missing,
        "cells": {
            code: {"state": cell.state.value, "raw": cell.raw, "where": cell.where}
            for code, cell in reading.cells.items()
        },
        "findings": [described(form or FORMS[-1], values, result) for result in imported.findings],
        "confidence": reading.confidence,
    }


def find_source(session: ReadSession, actor: Actor, code: str, year: int) -> SourceDocument:
    """Return the document that a report was last read from.

    Raises:
        NotFound: there is no such report, or it wasn't read from a document.
    """
    filed = find_report(session, actor, code, year)
    chosen = select(SourceDocument).where(SOURCE_DOCUMENT.c.report_id == filed.report.id)
    source = session.scalars(chosen.order_by(SOURCE_DOCUMENT.c.id.desc()).limit(1)).one_or_none()
    if source is None:
        raise NotFound(f"“{filed.agency.name}”{year} 年度的报告不是从文件读入的")
    return source
