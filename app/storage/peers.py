"""What most reports of a year don't exceed, by level and kind of the bodies."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import Select, bindparam, delete, insert, select, text

from app.domain.agencies import ReportScope
from app.storage.models import AGENCY, REPORT
from app.storage.numbers import TABLES, column_name
from app.storage.rule_models import PEER_MARK
from app.storage.sums import slot_that_counts
from app.storage.surroundings import report_counts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.forms.model import CellCode, ReportForm
    from app.storage.engine import ReadSession, WriteSession
    from app.storage.surroundings import Marks

Statement: TypeAlias = "Select[*tuple[Any, ...]]"
_AT_ONCE = 1000


def numbers_of_peers(
    session: ReadSession, form: ReportForm, cells: Sequence[CellCode], year: int
) -> Iterator[tuple[str, str, Sequence[int | None]]]:
    """Yield level, kind and some cells of each report of a year that counts and speaks for its body alone."""
    rows = session.execute(
        _numbers(form, tuple(cells)), {"year": year}, execution_options={"yield_per": _AT_ONCE}
    )
    for level, kind, *values in rows:
        yield level, kind, values


@cache
def _numbers(form: ReportForm, cells: tuple[CellCode, ...]) -> Statement:
    table = TABLES[form.version]
    columns = (table.c[column_name(code)] for code in cells)
    return (
        select(AGENCY.c.level, AGENCY.c.kind, *columns)
        .join(REPORT, REPORT.c.agency_id == AGENCY.c.id)
        .join(table, REPORT.c.id == table.c.report_id)
        .where(
            table.c.year == bindparam("year"),
            table.c.slot == slot_that_counts(),
            report_counts(),
            AGENCY.c.report_scope == ReportScope.OWN,
        )
    )


def replace_marks(session: WriteSession, year: int, marks: Mapping[tuple[str, str], Marks]) -> None:
    """Let these be the marks of a year, whatever they were."""
    if session.get_bind().dialect.name == "postgresql":
        # two who work them out at once would both add them
        session.execute(text("LOCK TABLE peer_mark IN SHARE ROW EXCLUSIVE MODE"))
    session.execute(delete(PEER_MARK).where(PEER_MARK.c.year == year))
    rows = [
        {
            "year": year,
            "level": level,
            "kind": kind,
            "peers": each.peers,
            "marks": json.dumps(each.by_cell),
            "computed_at": each.computed_at,
        }
        for (level, kind), each in marks.items()
    ]
    if rows:
        session.execute(insert(PEER_MARK), rows)
