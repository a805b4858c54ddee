"""Documents that were read: keeping one as a draft, with all that it was read from."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.acts import Act
from app.domain.results import described, not_kept
from app.domain.roles import Right
from app.domain.rules import RULES
from app.domain.values import nest
from app.errors import Duplicate, Fault, InvalidRequest, NotFound
from app.forms import FORMS
from app.services.agencies import find_agency_named
from app.services.audit import record_report
from app.services.contents import empty_content
from app.services.document_reading import content_read, year_of
from app.services.filed import Filed, filed_as, find_form, find_report, get_report
from app.services.saving import file_content, save
from app.services.versions import BasedOn, refuse_stale, require_absent
from app.storage.models import SOURCE_DOCUMENT, SourceDocument

if TYPE_CHECKING:
    from app.auth.actor import Actor
    from app.documents.reading import Reading
    from app.domain.content import Content
    from app.forms.model import ReportForm
    from app.services.document_reading import Imported
    from app.storage.engine import ReadSession, WriteSession
    from app.storage.models import Agency


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
    content = _content_for(agency, reading, year_of(reading, year))
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


def _content_for(agency: Agency, reading: Reading, year: int) -> Content:
    form = find_form(year)
    content = content_read(reading, year)
    if content is None or content.form is not form:
        raise _other_form(reading, form, year)
    return replace(content, is_aggregate=empty_content(form, year, agency).is_aggregate)


def _other_form(reading: Reading, form: ReportForm, year: int) -> InvalidRequest:
    rule = RULES["R02"]
    refused = rule.say(
        "refused",
        table="、".join(reading.others),
        year=year,
        which=form.years_in_words,
        expected=form.full_name,
    )
    tables = [each for each in reading.findings if each.rule is rule and each.code.startswith("form.")]
    faults = [Fault("", each.message, "other-form", {"rule": rule.id}) for each in tables]
    return InvalidRequest(refused, faults)


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
