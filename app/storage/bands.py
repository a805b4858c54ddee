"""By what reports of alike prose are found among many: a few hashes of each report's prose, with its year."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
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
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

Statement: TypeAlias = "Select[*tuple[Any, ...]]"

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


def reports_sharing(
    connection: Connection, bands: Sequence[int], year: int, *, but: int, most: int
) -> list[Sharing]:
    """Return other agencies' reports that share bands and count, one of each agency, the likeliest first.

    Args:
        connection: where to look.
        bands: at most as many as a report has.
        year: of the reports; those of the year before come after them.
        but: the agency whose reports don't matter.
        most: how many to return.
    """
    bound: dict[str, object] = {f"band_{n}": band for n, band in enumerate(bands)}
    bound |= {"year": year, "last_year": year - 1, "but": but}
    reports: dict[int, int] = {}
    for report_id, agency_id in connection.execute(_sharing(len(bands)), bound):
        reports.setdefault(agency_id, report_id)
    likeliest = list(reports.values())[:most]
    rows = {row[0]: Sharing(*row[1:]) for row in connection.execute(_documents(), {"reports": likeliest})}
    return [rows[report_id] for report_id in likeliest]


@cache
def _sharing(count: int) -> Statement:
    """Return the statement for so many bands; it looks at a bounded number of rows, whatever they are.

    It is mostly text: one of so many parts takes longer to be looked up as compiled than to be executed.
    """
    few = (
        "SELECT report_id FROM (SELECT report_id FROM prose_band"  # noqa: S608 - a number of our own
        f" WHERE band = :band_{n} AND year BETWEEN :last_year AND :year"
        f" ORDER BY year DESC, report_id DESC LIMIT {MOST_OF_A_BAND}) AS few_{n}"
        for n in range(count)
    )
    enough = text(
        f"SELECT report_id, count(*) AS shared FROM ({' UNION ALL '.join(few)}) AS found"  # noqa: S608 - likewise
        f" GROUP BY report_id HAVING count(*) >= {min(FEWEST_SHARED, count)}"
    )
    found = enough.columns(report_id=Key, shared=BigInteger).subquery()
    chosen = select(REPORT.c.id, REPORT.c.agency_id).join(found, found.c.report_id == REPORT.c.id)
    chosen = chosen.where(REPORT.c.agency_id != bindparam("but"), report_counts())
    return chosen.order_by(found.c.shared.desc(), REPORT.c.year.desc(), REPORT.c.id).limit(MOST_FOUND)


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
