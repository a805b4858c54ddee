"""A county's own report held against the sum of its units."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from app.deps import CurrentDatabase, CurrentReader, routes_of
from app.domain.lifecycle import Basis
from app.domain.reconciliation_model import Comparison
from app.routers.answers import READING
from app.schemas.reconciliation import ReconciliationOut, ReportHeldOut, cells_out, suspects_out
from app.schemas.reports import AgencyCode, Year
from app.services import reconciliation
from app.services.reconciliation import Held

router = routes_of("汇总", "/rollups/{agency}/{year}")


@router.get("/reconciliation", summary="汇总数与公布数核对", responses=READING)
def reconcile_roll_up(
    agency: Annotated[AgencyCode, Path(description="机关代码")],
    year: Annotated[Year, Path(description="报告年度")],
    database: CurrentDatabase,
    actor: CurrentReader,
    basis: Annotated[Basis, Query(description="哪些报告计入汇总")] = Basis.SUBMITTED,
    report: Annotated[
        AgencyCode | None, Query(description="与哪个机关的报告核对；不写则是报汇总数的那个机关的")
    ] = None,
) -> ReconciliationOut:
    """汇总数（含调整）与本机关自己的汇总报告逐格比较，每处不同列出可能的原因和单位。

    报告取公布的一版；没有公布过的取现在的一版。原因只是数正好对得上，要人去核对。
    """
    with database.reading() as session:
        held = reconciliation.reconcile_roll_up(session, actor, (agency, year), basis, report)
    return _out(held)


def _out(held: Held) -> ReconciliationOut:
    rolled, filed, found = held.rolled, held.filed, held.found
    return ReconciliationOut(
        agency=rolled.agency.code,
        name=rolled.name,
        year=rolled.year,
        form=rolled.form.version,
        basis=rolled.basis,
        report=ReportHeldOut(
            agency=filed.agency.code, name=filed.name, status=filed.status, version=filed.version
        ),
        counts={state: found.count(state) for state in Comparison},
        suspects=suspects_out(held.sides, found),
        suspects_omitted=found.suspects_omitted,
        unsearched=list(found.unsearched),
        cells=cells_out(held.sides, found),
    )
