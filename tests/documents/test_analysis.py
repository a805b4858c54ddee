"""What an analysis says of facts that are given to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from app.documents.analysis import Facts, write_analysis
from app.documents.analysis_trend import YearTotal
from app.documents.analysis_units import MOST_BARS, MOST_ROWS, Unit
from app.documents.charts.model import MISSING
from app.documents.draft import draft_content, write_draft
from app.documents.figures import FLOW, outcomes_of
from app.documents.html import write_page
from app.documents.memo import Matrix, Memo, Note, Paragraph, Picture
from app.documents.memo_paper import write_paper
from app.domain.judging import judge_balances
from app.domain.plausibility import RECEIVED
from app.domain.roll_up import RollUp, roll_up
from app.forms import FORMS, annual_2019
from app.forms.annual_2021 import FORM
from tests.builders import a_balanced_report, a_modest_report, a_toy_form, any_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.values import Values
    from app.forms.model import ReportForm

AS_OF = datetime(2026, 1, 31, 1, 30, tzinfo=UTC)
YEAR = 2025


def facts_of(
    *reports: Values, form: ReportForm = FORM, missing: int = 0, before: Sequence[YearTotal] = ()
) -> Facts:
    """Return the facts of a county whose units have these numbers."""
    units = [
        Unit(f"{at:03}", f"第{at}镇", "已汇总", "", values) for at, values in enumerate(reports, start=1)
    ]
    units += [Unit(f"9{at:03}", f"缺报{at}镇", "缺报", "没有报告", None) for at in range(missing)]
    total = roll_up(form, reports)
    this = YearTotal(YEAR, form, total if reports else None, frozenset(unit.code for unit in units))
    first = before[0].form if before else form
    earlier = [YearTotal(year, first, None, frozenset()) for year in range(YEAR - 4, YEAR - len(before))]
    return Facts(
        agency="示例县人民政府",
        year=YEAR,
        form=form,
        basis="已上报的报告",
        status="临时",
        counts=(("已汇总", len(reports)), ("缺报", missing)),
        units=tuple(units),
        left_out=0,
        total=total,
        years=(*earlier, *before, this),
        results=tuple(judge_balances(form, total.totals)),
        warnings=(),
        adjusted=(),
        as_of=AS_OF,
    )


def said_in(memo: Memo) -> str:
    parts = [part for chapter in memo.chapters for part in chapter.parts]
    return "\n".join(part.text for part in parts if isinstance(part, Paragraph | Note))


def matrices(memo: Memo) -> list[Matrix]:
    return [part for chapter in memo.chapters for part in chapter.parts if isinstance(part, Matrix)]


def row_of(memo: Memo, label: str) -> tuple[str, ...]:
    return next(row for matrix in matrices(memo) for row in matrix.rows if row[0] == label)


def pictures(memo: Memo) -> dict[str, Picture]:
    parts = [part for chapter in memo.chapters for part in chapter.parts]
    return {part.chart.name: part for part in parts if isinstance(part, Picture)}


def test_the_groups_of_outcomes_add_up_to_what_was_processed() -> None:
    for form in FORMS:
        values = a_balanced_report(form)
        groups = [sum(values[code] or 0 for code in group.cells) for group in outcomes_of(form)]
        assert len(groups) == 6
        assert sum(groups) == values[FLOW["办结"]]


def test_both_forms_have_the_same_groups_of_outcomes() -> None:
    names = [[group.name for group in outcomes_of(form)] for form in FORMS]
    assert names[0] == names[1] == ["予以公开", "部分公开", "不予公开", "无法提供", "不予处理", "其他处理"]


def test_a_sum_that_some_units_lack_says_so_everywhere() -> None:
    whole = a_modest_report()
    memo = write_analysis(facts_of(whole, {**whole, RECEIVED: None}))
    known = whole[RECEIVED]
    assert f"收到政府信息公开申请{known}件（另有1个单位缺此数）" in said_in(memo)
    assert row_of(memo, "收到申请（件）")[-1] == f"{known}*"
    assert "有1格不是每个单位都填了，合计不全：表三“本年新收”行“总计”列缺1个单位" in said_in(memo)
    assert all(row[2] == "—" for row in matrices(memo)[-3].rows)
    assert f"{known}*" in write_page(memo)


def test_a_missing_sum_is_a_gap_and_is_never_0() -> None:
    nothing = dict.fromkeys(FORM.cells)
    memo = write_analysis(facts_of(nothing))
    assert f"收到政府信息公开申请{MISSING}" in said_in(memo)
    assert pictures(memo)["trend"].chart.series[0].values == (None,) * 5
    assert pictures(memo)["received"].chart.series[0].values == (None,)
    assert "公开率无法计算" in said_in(memo)


def a_year(year: int, *reports: Values, form: ReportForm = FORM, units: str = "12") -> YearTotal:
    return YearTotal(year, form, roll_up(form, reports), frozenset(f"{int(unit):03}" for unit in units))


def test_a_year_is_compared_with_the_last_only_where_both_are_whole() -> None:
    values = a_modest_report()
    grown = {**values, RECEIVED: (values[RECEIVED] or 0) + 12}
    whole = facts_of(grown, values, before=[a_year(2024, values, values)])
    assert f"（上年{2 * (values[RECEIVED] or 0)}件，增加12件）" in said_in(write_analysis(whole))
    same = facts_of(values, values, before=[a_year(2024, values, values)])
    assert "（与上年持平）" in said_in(write_analysis(same))
    partial = facts_of(grown, missing=1, before=[a_year(2024, values, values)])
    assert "两年汇总的单位不全，不比较增减" in said_in(write_analysis(partial))


def test_marks_say_where_the_form_and_the_units_changed() -> None:
    former = a_year(2024, a_modest_report(annual_2019.FORM), form=annual_2019.FORM, units="13")
    memo = write_analysis(facts_of(a_modest_report(), a_modest_report(), before=[former]))
    marks = pictures(memo)["trend"].chart.marks
    assert [(mark.at, mark.words) for mark in marks] == [
        (4, "报告改用国办公开办函〔2021〕30号的格式"),
        (4, "机构有调整，应报单位增加1个、减少1个"),
    ]
    assert "前一格式没有的格写“缺”" in said_in(memo)


def test_what_was_left_last_year_and_not_taken_over_is_named() -> None:
    last = a_year(2024, a_modest_report(pending_at_end=9), units="1")
    memo = write_analysis(facts_of(a_modest_report(pending_at_start=7), before=[last]))
    taken, left = row_of(memo, "上年结转（件）")[-1], row_of(memo, "结转下年度（件）")[-2]
    assert f"“上年结转”合计{taken}件，2024年“结转下年度”合计{left}件" in said_in(memo)


def test_a_total_that_breaks_a_balance_is_named() -> None:
    memo = write_analysis(facts_of({**a_modest_report(), "proceedings.reconsideration.total": 99}))
    assert "1.表四“行政复议”行" in said_in(memo)


def test_nothing_to_check_is_said_too() -> None:
    values = a_modest_report()
    memo = write_analysis(facts_of(values, before=[a_year(2024, values, units="1")]))
    assert "没有其他要核对的情况" in said_in(memo)


def test_units_stand_in_the_order_of_their_numbers_and_none_is_forgotten() -> None:
    reports = [{**a_modest_report(), RECEIVED: at} for at in range(MOST_ROWS + 30)]
    memo = write_analysis(facts_of(*reports))
    bars = pictures(memo)["received"].chart
    assert len(bars.labels) == MOST_BARS
    ranked = [value for value in bars.series[0].values if value is not None]
    assert ranked == sorted(ranked, reverse=True)
    assert f"其余{len(reports) - MOST_BARS}个见下表" in said_in(memo)
    table = next(matrix for matrix in matrices(memo) if matrix.caption.startswith("各单位，按收到"))
    assert len(table.rows) == MOST_ROWS
    assert f"表中列出{MOST_ROWS}个，还有30个没有列出" in said_in(memo)


@settings(max_examples=6, deadline=None)
@given(st.lists(any_values(), max_size=3))
def test_whatever_the_figures_a_page_and_a_document_are_made(reports: list[Values]) -> None:
    memo = write_analysis(facts_of(*reports, missing=1))
    assert write_page(memo) == write_page(memo)
    assert Document(BytesIO(write_paper(memo))).tables


@pytest.mark.parametrize("form", [*FORMS, a_toy_form()])
def test_every_form_has_an_analysis_and_a_draft(form: ReportForm) -> None:
    facts = facts_of(a_balanced_report(form), form=form)
    for memo in (
        write_analysis(replace(facts, years=tuple(replace(each, form=form) for each in facts.years))),
        write_draft(draft_content(form, "示例县人民政府", YEAR, facts.total)),
    ):
        assert "<!DOCTYPE html>" in write_page(memo)
        assert Document(BytesIO(write_paper(memo))).tables


def test_heads_of_tables_are_repeated_on_every_page() -> None:
    paper = Document(BytesIO(write_paper(write_analysis(facts_of(a_modest_report())))))
    heads = [table._tbl.xml.count("<w:tblHeader/>") for table in paper.tables]  # noqa: SLF001 - no name for it
    assert heads[-2:] == [3, 3]
    assert all(heads[:-3])


def test_nobody_at_all_is_said_and_not_drawn() -> None:
    memo = write_analysis(facts_of())
    assert "这一年没有应报单位" in said_in(memo)
    assert "progress" not in pictures(memo)


def test_a_draft_says_what_the_sums_say_and_marks_the_rest() -> None:
    rolled = roll_up(FORM, [a_modest_report(), {**a_modest_report(), RECEIVED: None}])
    content = draft_content(FORM, "示例县人民政府", YEAR, rolled)
    overview = content.narratives["overview"] or ""
    assert len(overview.split("\n")) == 5
    assert overview.count("【待填写：") == 5
    assert f"收到政府信息公开申请{rolled.totals[RECEIVED]}件（另有1个单位缺此数）" in overview
    assert content.values == rolled.totals
    empty = draft_content(FORM, "示例县人民政府", YEAR, RollUp(dict.fromkeys(FORM.cells), 0, {}))
    assert "收到政府信息公开申请【待核实】" in (empty.narratives["overview"] or "")
