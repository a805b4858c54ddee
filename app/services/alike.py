"""Finding the reports whose prose is like another's: the body's own of last year, and other bodies'."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app.domain.content import Content, with_texts
from app.domain.similarity import Piece, is_short, liken, pieces_of, signature_of, texts_compared
from app.forms import form_of_version
from app.services.agencies import key_of
from app.storage.bands import Sharing, insert_bands, replace_bands, reports_sharing
from app.storage.surroundings import counting_reports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.context import Alike
    from app.services.filed import Filed
    from app.storage.engine import ReadSession, WriteSession
    from app.storage.models import Agency
    from app.storage.surroundings import Counting

MOST_COMPARED = 5
"""Other bodies whose reports are compared word by word."""


def find_alike(session: ReadSession, agency: Agency, content: Content) -> tuple[Alike, ...]:
    """Return reports whose prose is like that of an agency's report; see `alike_to`."""
    key = key_of(agency)
    last_year = counting_reports(session, [key], content.year - 1).get(key)
    return alike_to(session, agency, content, last_year)


def alike_to(
    session: ReadSession, agency: Agency, content: Content, last_year: Counting | None
) -> tuple[Alike, ...]:
    """Return reports whose prose is like that of an agency's report, each with how much of it stands there.

    The agency's own report of last year comes first, however little they share; then those of other bodies
    anywhere, of the same year or the year before, the most alike first, one of each body.  Only what was 上报
    counts; of a report that was 公布 and is being corrected, the version that was.
    """
    prose = pieces_of(content)
    if is_short(prose):
        return ()
    own = [] if last_year is None else [_of_last_year(agency, content.year - 1, last_year)]
    others = _of_others(session, agency, content)
    likest = sorted((_compared(prose, other) for other in others), key=lambda alike: -alike.percent)
    return (*(_compared(prose, report, is_own=True) for report in own), *likest)


def _of_last_year(agency: Agency, year: int, own: Counting) -> Sharing:
    return Sharing(agency.code, agency.name, year, own.form, own.document)


def _of_others(session: ReadSession, agency: Agency, content: Content) -> list[Sharing]:
    bands = signature_of(content)
    connection, key = session.connection(), key_of(agency)
    return reports_sharing(connection, bands, content.year, but=key, most=MOST_COMPARED) if bands else []


def _compared(prose: Sequence[Piece], other: Sharing, *, is_own: bool = False) -> Alike:
    return liken(prose, _texts_in(other), code=other.code, agency=other.name, is_own=is_own)


def _texts_in(report: Sharing) -> Content:
    """Return what a report says, but for its numbers."""
    form = form_of_version(report.form)
    if form is None:
        raise AssertionError(report.form)
    return with_texts(Content(form, report.year, None, None, {}, {}), json.loads(report.document))


def note_prose(session: WriteSession, filed: Filed, before: Content | None = None) -> None:
    """Keep by what a report's prose is found; *before* is what the report said, if it was there."""
    content = filed.content
    if before is None:
        insert_bands(session.connection(), filed.key, content.year, signature_of(content))
    elif texts_compared(content) != texts_compared(before):
        replace_bands(session.connection(), filed.key, content.year, signature_of(content))
