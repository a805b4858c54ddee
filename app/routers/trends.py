"""Several years of roll-ups."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from app.deps import AgencyInPath, CurrentDatabase, CurrentReader, routes_of
from app.domain.lifecycle import Basis
from app.routers.answers import READING
from app.routers.roll_up_parts import CellsInQuery, CodeInQuery, cell_head, cells_out
from app.routers.roll_ups import BasisInQuery
from app.schemas.reports import Year
from app.schemas.roll_ups import RateOut
from app.schemas.trends import MOST_NAMED, MovedOut, NamedOut, TreeChangesOut, TrendOut, TrendYearOut
from app.services.trends import Trend, TrendAsked, TrendYear, read_trend
from app.storage.tree_changes import Named, TreeChanges

# before the router of a single year, whose address would match too
router = routes_of("汇总", "/rollups/{agency}")


@router.get("/trend", summary="历年", responses=READING)
def get_trend(
    agency: AgencyInPath,
    database: CurrentDatabase,
    actor: CurrentReader,
    first: Annotated[Year | None, Query(alias="from", description="从哪一年起；不写为连续五年")] = None,
    last: Annotated[Year | None, Query(alias="to", description="到哪一年；不写为去年")] = None,
    cells: CellsInQuery = [],  # noqa: B006 - FastAPI copies it
    indicators: Annotated[
        list[CodeInQuery],
        Query(max_length=20, description="哪些比率，一个写一次；不写为全部", examples=[["granted"]]),
    ] = [],  # noqa: B006 - likewise
    basis: BasisInQuery = Basis.SUBMITTED,
) -> TrendOut:
    """几年的合计与比率并排，每年按当年 12 月 31 日的机关树。表格、机关有变动的年份都注明。

    没有报告的年份是 null，不是 0；当年的表格没有的格也是 null，列在 lacking_cells。
    """
    asked = TrendAsked(agency, first, last, basis, cells, indicators)
    with database.reading() as session:
        trend = read_trend(session, actor, asked)
    return TrendOut(
        agency=trend.agency.code,
        name=trend.agency.name,
        basis=basis,
        cells=[cell_head(cell) for cell in trend.cells.values()],
        years=[_year_out(trend, year) for year in trend.years],
    )


def _year_out(trend: Trend, year: TrendYear) -> TrendYearOut:
    changes = year.changes
    return TrendYearOut(
        year=year.year,
        form=year.form.version,
        stands=year.stands,
        expected=year.expected,
        included=year.total.included,
        cells=cells_out(trend.cells, year.total.totals),
        adjusted_cells=cells_out(trend.cells, year.adjusted_totals),
        is_final=year.is_final,
        incomplete_cells={code: n for code, n in year.total.incomplete.items() if code in trend.cells},
        lacking_cells=year.lacking,
        rates=[_rate_out(trend, year, code) for code in trend.indicators],
        form_changed=year.form_changed,
        tree_changed=changes is not None and changes.is_any,
        tree=None if changes is None else _changes_out(changes),
    )


def _rate_out(trend: Trend, year: TrendYear, code: str) -> RateOut:
    rate = year.rates[code]
    return RateOut(code=code, label=trend.indicators[code].label, value=None if rate is None else str(rate))


def _changes_out(changes: TreeChanges) -> TreeChangesOut:
    return TreeChangesOut(
        joined=_moved_out(changes.joined), left=_moved_out(changes.left), moved=_moved_out(changes.moved)
    )


def _moved_out(agencies: list[Named]) -> MovedOut:
    listed = [NamedOut.model_validate(each) for each in agencies[:MOST_NAMED]]
    total = len(agencies)
    return MovedOut(total=total, returned=len(listed), truncated=total > len(listed), items=listed)
