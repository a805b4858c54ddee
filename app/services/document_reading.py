"""Documents: what was read of one as a report, and what the rules make of that; nothing is stored."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from app.documents.text import read_text
from app.domain.content import Content
from app.domain.context import Context
from app.domain.judging import judge
from app.domain.reporters import reporter_named
from app.domain.results import Outcome, Result, not_kept
from app.domain.roles import Right
from app.domain.rules import RULES
from app.errors import Fault, InvalidRequest, UnreadableDocument
from app.forms import form_of_year
from app.services.agencies import find_agency_named
from app.services.contents import empty_content
from app.services.filed import find_form
from app.services.surroundings import context_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.auth.actor import Actor
    from app.documents.reading import Reading
    from app.forms.model import ReportForm
    from app.storage.engine import ReadSession

READABLE = ".txt"
"""Ending of the files that can be read."""

_OF_A_YEAR = ("R21", "R23", "R26", "R31", "R32", "R33")
"""Rules that would say something else of the same words in another year."""


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


def read_document(document: Document, year: int | None = None) -> Imported:
    """Read a document as a report and judge it by itself.

    Args:
        document: the file.
        year: the report year; None for that of the title.

    Raises:
        UnreadableDocument: it is of a kind that can't be read, or holds no report.
        InvalidRequest: the year has no form, or the title has another one.
    """
    reading = _read(document, year)
    year = reading.year if year is None else year
    context = Context(reporter_named(reading.agency))
    return _judged(document, reading, year, lambda _: context)


def read_for_agency(
    session: ReadSession, actor: Actor, document: Document, code: str, year: int | None
) -> Imported:
    """Read a document as an agency's report, and judge it beside all that is known of that.

    Raises:
        UnreadableDocument: it is of a kind that can't be read, or holds no report.
        InvalidRequest: the agency isn't known, or the year isn't clear.
    """
    reading = _read(document, year)
    agency = find_agency_named(session, actor, code, Right.READ, year or reading.year)
    year = year_of(reading, year)
    aggregate = empty_content(find_form(year), year, agency).is_aggregate

    def beside(content: Content) -> Context:
        return context_of(session, agency, content)

    return _judged(document, reading, year, beside, is_aggregate=aggregate)


def _judged(
    document: Document,
    reading: Reading,
    year: int | None,
    beside: Callable[[Content], Context],
    *,
    is_aggregate: bool = False,
) -> Imported:
    """Judge what was read by the form of its year; where the tables are another one's, only the prose.

    Without a year that has a form, the rules that need one are left out, and that is said.
    """
    form = None if year is None else form_of_year(year)
    content = _content_judged(reading, form, year)
    found: list[Result] = []
    if content is not None:
        content = replace(content, is_aggregate=is_aggregate)
        found = not_kept(judge(content, beside(content)))
    if form is None:
        found = [result for result in found if result.rule.id not in _OF_A_YEAR]
    elif reading.form is not form:
        found = [result for result in found if not result.cells]
    unknown = [_year_unknown()] if year is None else []
    return Imported(document, reading, [*reading.findings, *unknown, *found])


def _year_unknown() -> Result:
    rule = RULES["R31"]
    message = rule.say("not_evaluated.no_year", rules="、".join(_OF_A_YEAR))
    return Result(rule, "year", Outcome.NOT_EVALUATED, message, "/title")


def _content_judged(reading: Reading, form: ReportForm | None, year: int | None) -> Content | None:
    if form is None or year is None:
        return None if reading.form is None else content_read(reading, reading.form.first_year)
    if reading.form is form:
        return content_read(reading, year)
    narratives = dict(reading.narratives)
    return Content(form, year, reading.title, reading.preface, narratives, dict.fromkeys(form.cells))


def _read(document: Document, year: int | None) -> Reading:
    if PurePath(document.name).suffix.lower() != READABLE:
        raise UnreadableDocument(
            f"现在只能读入 {READABLE} 文件，收到的是“{document.name}”；请在 Word 或 WPS 里把全文复制到记事本"
            f"，另存为纯文本（{READABLE}，UTF-8 编码），表格一行占一行、各格之间用制表符（Tab）隔开，再读入"
        )
    reading = read_text(document.body, year=year)
    if year is not None:
        find_form(year)
        year_of(reading, year)
    return reading


def year_of(reading: Reading, asked: int | None) -> int:
    """Return the report year.

    Raises:
        InvalidRequest: it is neither asked for nor in the title, or they differ.
    """
    year = reading.year if asked is None else asked
    if year is None:
        message = "文件标题里没有年度，请用参数 year 写明"
        raise InvalidRequest(message, [Fault("", message, "missing", {"in": "query", "parameter": "year"})])
    if reading.year not in (None, year):
        raise InvalidRequest(f"文件标题写的是 {reading.year} 年，不是 {year} 年；请核对文件或年度")
    return year


def content_read(reading: Reading, year: int) -> Content | None:
    """Return what was read as a report of a year; None where the tables aren't all of one form."""
    if reading.form is None:
        return None
    return Content(
        reading.form, year, reading.title, reading.preface, dict(reading.narratives), reading.values
    )
