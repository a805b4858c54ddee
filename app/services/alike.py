"""Finding the reports whose prose is like another's: the body's own of last year, and other bodies'."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from app.domain.content import Content, with_texts
from app.domain.context import Alike
from app.domain.rules import RULES
from app.domain.similarity import Piece, compare, is_short, pieces_of, signature_of, texts_compared
from app.forms import form_of_version
from app.services.agencies import key_of
from app.storage.bands import Sharing, insert_bands, replace_bands, reports_sharing
from app.storage.surroundings import counting_reports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from app.domain.context import RuleSettings
    from app.domain.similarity import Likeness
    from app.services.filed import Filed
    from app.storage.engine import ReadSession, WriteSession
    from app.storage.models import Agency

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
        last_year: what the agency's report of last year says, as it counts; the prose is enough.
        settings: what its county has set, by which R27 is kept or broken.
    """

    agency: Agency
    content: Content
    last_year: Content | None
    settings: RuleSettings


def find_alike(
    session: ReadSession, agency: Agency, content: Content, settings: RuleSettings
) -> tuple[Alike, ...]:
    """Return reports whose prose is like that of an agency's report; see `alike_to`."""
    key, year = key_of(agency), content.year - 1
    counting = counting_reports(session, [key], year).get(key)
    last_year = None if counting is None else _texts_in(counting.form, year, counting.document)
    (alike,) = alike_to(session, content.year, [Asked(agency, content, last_year, settings)])
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
    prose, agency, last_year = pieces_of(asked.content), asked.agency, asked.last_year
    if is_short(prose):
        return ()
    most = asked.settings.threshold(RULES["R27"], "percent")
    likest = [
        _alike(compare(prose, read(other), most), other.code, other.name, other.year, is_own=False)
        for other in others
    ]
    likest.sort(key=lambda alike: -alike.percent)
    if last_year is None:
        return tuple(likest)
    found = compare(prose, pieces_of(last_year), most)
    return _alike(found, agency.code, agency.name, last_year.year, is_own=True), *likest


def _alike(found: Likeness, code: str, agency: str, year: int, *, is_own: bool) -> Alike:
    return Alike(code, agency, year, is_own, found.percent, found.passages)


def _prose_of(report: Sharing) -> list[Piece]:
    return pieces_of(_texts_in(report.form, report.year, report.document))


def _texts_in(version: str, year: int, document: str) -> Content:
    """Return what a stored version says, but for its numbers."""
    form = form_of_version(version)
    if form is None:
        raise AssertionError(version)
    return with_texts(Content(form, year, None, None, {}, {}), json.loads(document))


def note_prose(session: WriteSession, filed: Filed, before: Content | None = None) -> None:
    """Keep by what a report's prose is found; *before* is what the report said, if it was there."""
    content = filed.content
    if before is None:
        insert_bands(session.connection(), filed.key, content.year, signature_of(content))
    elif texts_compared(content) != texts_compared(before):
        replace_bands(session.connection(), filed.key, content.year, signature_of(content))
