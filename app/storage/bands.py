"""By what reports of alike prose are found among many: a few hashes of each report's prose, with its year."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from heapq import nsmallest
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    Select,
    Table,
    TextClause,
    and_,
    bindparam,
    delete,
    select,
    text,
)

from app.storage.columns import Key
from app.storage.models import AGENCY, METADATA, REPORT, VERSION
from app.storage.names import name_in
from app.storage.surroundings import report_counts, version_that_counts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

Statement: TypeAlias = "Select[*tuple[Any, ...]]"
_Asked: TypeAlias = "Sequence[tuple[int, Sequence[int]]]"
"""The agency of each report that is asked about, whose own don't matter, and its bands."""

PROSE_BAND = Table(
    "prose_band",
    METADATA,
    Column(
        "report_id", Key, ForeignKey("report.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    Column("band", BigInteger, primary_key=True, autoincrement=False),
    Column("year", Integer, nullable=False),
    # holds all that is asked, so that the rows themselves are never looked up
    Index(None, "band", "year", "report_id"),
    sqlite_with_rowid=False,
)
"""The bands of each report's current version, also while it is being corrected."""

_TAKE_AWAY = delete(PROSE_BAND).where(PROSE_BAND.c.report_id == bindparam("of_report"))
_READ = select(PROSE_BAND.c.year, PROSE_BAND.c.band).where(PROSE_BAND.c.report_id == bindparam("of_report"))

MOST_OF_A_BAND = 200
"""Reports that are looked at for a band: one that thousands share tells little, and would take long."""

FEWEST_SHARED = 3
"""Of texts that have two thirds of their n-grams in common, about eleven of sixteen bands are the same."""

MOST_FOUND = 10

AT_ONCE = 500
"""Reports that are asked about in one statement."""

BANDS_AT_ONCE = 64
"""Bands likewise: each is a query of its own within it."""


def insert_bands(connection: Connection, report_id: int, year: int, bands: Iterable[int]) -> None:
    """Store a report's bands, of which none are there."""
    bound = {f"band_{n}": band for n, band in enumerate(bands)}
    if bound:
        connection.execute(_adding(len(bound)), bound | {"report": report_id, "year": year})


@cache
def _adding(count: int) -> TextClause:
    """Return one statement for so many rows: PostgreSQL takes twice as long where each is sent by itself."""
    rows = ", ".join(f"(:report, :band_{n}, :year)" for n in range(count))
    return text(f"INSERT INTO {PROSE_BAND.name} (report_id, band, year) VALUES {rows}")  # noqa: S608 - our own


def replace_bands(connection: Connection, report_id: int, year: int, bands: Iterable[int]) -> None:
    """Store a report's bands in the place of those that are there."""
    connection.execute(_TAKE_AWAY, {"of_report": report_id})
    insert_bands(connection, report_id, year, bands)


def read_bands(connection: Connection, report_id: int) -> set[tuple[int, int]]:
    """Return the years and bands that are stored for a report."""
    return {(row[0], row[1]) for row in connection.execute(_READ, {"of_report": report_id})}


@dataclass(frozen=True, slots=True)
class Sharing:
    """A report of another agency that shares bands, as it counts.

    Attributes:
        code: of the agency.
        name: of the agency.
        year: of the report.
        form: of the report.
        document: what the version that counts says, as JSON.
    """

    code: str
    name: str
    year: int
    form: str
    document: str


def reports_sharing(connection: Connection, asked: _Asked, year: int, *, most: int) -> list[list[Sharing]]:
    """Return, for each of some reports, others that share bands with it and count, the likeliest first.

    Args:
        connection: where to look.
        asked: the reports: one, when it is saved, or many.
        year: of the reports; those of the year before come after them.
        most: how many to return, one of each agency.
    """
    choose = _chosen_of_one if len(asked) == 1 else _chosen_of_many
    chosen = [ids[:most] for ids in choose(connection, asked, year)]
    rows: dict[int, Sharing] = {}
    for part in _parts(sorted({report_id for ids in chosen for report_id in ids})):
        found = connection.execute(_documents(), {"reports": part})
        rows |= {row[0]: Sharing(*row[1:]) for row in found}
    return [[rows[report_id] for report_id in ids] for ids in chosen]


def _chosen_of_one(connection: Connection, asked: _Asked, year: int) -> list[list[int]]:
    """Return the reports that share bands with one report, counted by the database: few rows come back."""
    ((but, bands),) = asked
    if not bands:
        return [[]]
    bound: dict[str, object] = {f"band_{n}": band for n, band in enumerate(bands)}
    bound |= {"year": year, "last_year": year - 1, "but": but}
    of_agencies: dict[int, int] = {}
    for report_id, agency_id in connection.execute(_sharing(len(bands)), bound):
        of_agencies.setdefault(agency_id, report_id)
    return [list(of_agencies.values())]


@cache
def _sharing(count: int) -> Statement:
    enough = text(
        f"SELECT report_id, count(*) AS shared FROM ({_few(count)}) AS found"  # noqa: S608 - our own
        f" GROUP BY report_id HAVING count(*) >= {min(FEWEST_SHARED, count)}"
    )
    found = enough.columns(report_id=Key, shared=BigInteger).subquery()
    chosen = select(REPORT.c.id, REPORT.c.agency_id).join(found, found.c.report_id == REPORT.c.id)
    chosen = chosen.where(REPORT.c.agency_id != bindparam("but"), report_counts())
    return chosen.order_by(found.c.shared.desc(), REPORT.c.year.desc(), REPORT.c.id).limit(MOST_FOUND)


def _few(count: int) -> str:
    """Return a query for the reports of so many bands; it looks at a bounded number of rows, popular or not.

    It is text: one of so many parts takes longer to be looked up as compiled than to be executed.
    """
    return " UNION ALL ".join(
        "SELECT band, report_id FROM (SELECT band, report_id FROM prose_band"  # noqa: S608 - a number of our own
        f" WHERE band = :band_{n} AND year BETWEEN :last_year AND :year"
        f" ORDER BY year DESC, report_id DESC LIMIT {MOST_OF_A_BAND}) AS few_{n}"
        for n in range(count)
    )


def _chosen_of_many(connection: Connection, asked: _Asked, year: int) -> list[list[int]]:
    """Return the same for each of many reports, counted here: a band that several have is sought once."""
    holders = _holders(connection, sorted({band for _, bands in asked for band in bands}), year)
    shared = [_shared(bands, holders) for _, bands in asked]
    known = _known(connection, sorted(set().union(*shared)))
    return [_likeliest(counts, known, but) for (but, _), counts in zip(asked, shared, strict=True)]


def _parts(numbers: Sequence[int], size: int = AT_ONCE) -> Iterator[Sequence[int]]:
    return (numbers[start : start + size] for start in range(0, len(numbers), size))


def _holders(connection: Connection, bands: Sequence[int], year: int) -> dict[int, list[int]]:
    """Return the reports that have each band: of one that many have, the newest."""
    holders: dict[int, list[int]] = defaultdict(list)
    for part in _parts(bands, BANDS_AT_ONCE):
        bound = {f"band_{n}": band for n, band in enumerate(part)} | {"year": year, "last_year": year - 1}
        for band, report_id in connection.execute(_holding(len(part)), bound):
            holders[band].append(report_id)
    return holders


@cache
def _holding(count: int) -> TextClause:
    return text(_few(count))


def _shared(bands: Sequence[int], holders: Mapping[int, list[int]]) -> dict[int, int]:
    """Return how many of some bands each report has, of those that have enough of them."""
    counts = Counter(chain.from_iterable(holders.get(band, ()) for band in bands))
    fewest = min(FEWEST_SHARED, len(bands))
    return {report_id: count for report_id, count in counts.items() if count >= fewest}


def _known(connection: Connection, report_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return the agency and the year of those reports that count."""
    found = (connection.execute(_counting(), {"reports": part}) for part in _parts(report_ids))
    return {row[0]: (row[1], row[2]) for rows in found for row in rows}


@cache
def _counting() -> Statement:
    chosen = select(REPORT.c.id, REPORT.c.agency_id, REPORT.c.year)
    return chosen.where(REPORT.c.id.in_(bindparam("reports", expanding=True)), report_counts())


def _likeliest(counts: Mapping[int, int], known: Mapping[int, tuple[int, int]], but: int) -> list[int]:
    """Return the reports that share most bands, the newest first, one of each agency but that one."""
    others = (
        (-count, -known[report_id][1], report_id)
        for report_id, count in counts.items()
        if report_id in known and known[report_id][0] != but
    )
    of_agencies: dict[int, int] = {}
    for _, _, report_id in nsmallest(MOST_FOUND, others):
        of_agencies.setdefault(known[report_id][0], report_id)
    return list(of_agencies.values())


@cache
def _documents() -> Statement:
    of_report = and_(VERSION.c.report_id == REPORT.c.id, VERSION.c.number == version_that_counts())
    name, columns = name_in(REPORT.c.year), (REPORT.c.year, REPORT.c.form, VERSION.c.content)
    chosen = (
        select(REPORT.c.id, AGENCY.c.code, name, *columns)
        .join(AGENCY, AGENCY.c.id == REPORT.c.agency_id)
        .join(VERSION, of_report)
    )
    return chosen.where(REPORT.c.id.in_(bindparam("reports", expanding=True)))
