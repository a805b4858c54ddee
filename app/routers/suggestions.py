"""Last year's figures, offered to whoever writes this year's report."""

from __future__ import annotations

from app.deps import AgencyInPath, CurrentDatabase, CurrentReader, YearInPath, routes_of
from app.routers.answers import READING
from app.routers.reports import ONE
from app.schemas.suggestions import SuggestionsOut, suggested_out
from app.services.suggestions import find_suggestions

router = routes_of("年度报告", "/reports")


@router.get(f"{ONE}/suggestions", summary="缺格可以参考的数", responses=READING)
def list_suggestions(
    agency: AgencyInPath, year: YearInPath, database: CurrentDatabase, actor: CurrentReader
) -> SuggestionsOut:
    """上一年度报告里可供参考的数：结转下年度、现行有效件数。只列现在缺的格；还没有报告时全部列出。

    系统不会替人填上。
    """
    with database.reading() as session:
        found = find_suggestions(session, actor, agency, year)
    return SuggestionsOut(
        agency=agency,
        year=year,
        form=found.form.version,
        from_year=found.from_year,
        suggested=suggested_out(found.form, found.from_year, found.values),
    )
