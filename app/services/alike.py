"""Finding the reports whose prose is like another's: the body's own of last year, and other bodies'."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from app.domain.content import Content, with_texts
from app.domain.context import Alike
from app.domain.similarity import Piece, compare, is_short, pieces_of, signature_of, texts_compared
from app.forms import form_of_version
from app.services.agencies import key_of
from app.storage.bands import Sharing, insert_bands, replace_bands, reports_sharing
from app.storage.surroundings import counting_reports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from app.services.filed import Filed
    from app.storage.engine import ReadSession, WriteSession
    from app.storage.models import Agency
    from app.storage.surroundings import Counting

MOST_COMPARED = 5
"""Other bodies whose reports are compared word by word."""

MOST_KEPT = 200
"""Reports whose prose is kept while many are asked about, in some twenty megabytes: those of neighbours are
mostly like the same few."""

Reader: TypeAlias = "Callable[[Sharing], list[Piece]]"


@dataclass(frozen=True, slots=True)
class Asked:
    """A report of which those that are alike are wanted.

    Attributes:
        agency: whose it is.
        content: what it says.
        last_year: the agency's report of last year, as it counts.
    """

    agency: Agency
    content: Content
    last_year: Counting | None


def find_alike(session: ReadSession, agency: Agency, content: Content) -> tuple[Alike, ...]:
    """Return reports whose prose is like that of an agency's report; see `alike_to`."""
    key = key_of(agency)
    last_year = counting_reports(session, [key], content.year - 1).get(key)
    (alike,) = alike_to(session, content.year, [Asked(agency, content, last_year)])
    return alike


def alike_to(session: ReadSession, year: int, asked: Sequence[Asked]) -> Iterator[tuple[Alike, ...]]:
    """Yield the reports whose prose is like that of each report of a year, each with how much stands there.

    The agency's own report of last year comes first, however little they share; then those of other bodies
    anywhere, of the same year or the year before, the most alike first, one of each body.  Only what was 上报
    counts; of a report that was 公布 and is being corrected, the version that was.
    """
    bands = [(key_of(each.agency), signature_of(each.content)) for each in asked]
    others = reports_sharing(session.connection(), bands, year, most=MOST_COMPARED)
    read = lru_cache(MOST_KEPT)(_prose_of)
    for each, found in zip(asked, others, strict=True):
        yield _compared(each, found, read)


def _compared(asked: Asked, others: Sequence[Sharing], read: Reader) -> tuple[Alike, ...]:
    prose, last_year = pieces_of(asked.content), asked.last_year
    if is_short(prose):
        return ()
    likest = [_alike(prose, other, read(other)) for other in others]
    likest.sort(key=lambda alike: -alike.percent)
    if last_year is None:
        return tuple(likest)
    agency, year = asked.agency, asked.content.year - 1
    own = Sharing(agency.code, agency.name, year, last_year.form, last_year.document)
    return _alike(prose, own, _prose_of(own), is_own=True), *likest


def _alike(ours: Sequence[Piece], other: Sharing, theirs: Sequence[Piece], *, is_own: bool = False) -> Alike:
    found = compare(ours, theirs)
    return Alike(other.code, other.name, other.year, is_own, found.percent, found.passages)


def _prose_of(report: Sharing) -> list[Piece]:
    form = form_of_version(report.form)
    if form is None:
        raise AssertionError(report.form)
    return pieces_of(with_texts(Content(form, report.year, None, None, {}, {}), json.loads(report.document)))


def note_prose(session: WriteSession, filed: Filed, before: Content | None = None) -> None:
    """Keep by what a report's prose is found; *before* is what the report said, if it was there."""
    content = filed.content
    if before is None:
        insert_bands(session.connection(), filed.key, content.year, signature_of(content))
    elif texts_compared(content) != texts_compared(before):
        replace_bands(session.connection(), filed.key, content.year, signature_of(content))
