from dataclasses import replace

import pytest

from app.forms.annual_2021 import FORM, REQUESTS
from app.forms.model import COUNT, Axis
from app.forms.since_2019 import PROCEEDINGS
from tests.builders import a_toy_form


def test_a_heading_without_children_is_its_own_only_leaf() -> None:
    axis = Axis("granted", "（一）予以公开", "予以公开")
    assert axis.leaves() == (axis,)


def test_a_heading_is_spoken_by_its_short_name_if_it_has_one() -> None:
    assert Axis("granted", "（一）予以公开", "予以公开").spoken == "予以公开"
    assert Axis("natural_person", "自然人").spoken == "自然人"


def test_a_table_knows_no_columns_of_a_row_that_it_lacks() -> None:
    with pytest.raises(KeyError, match="reconsideration"):
        REQUESTS.columns_of("reconsideration")


def test_a_cell_says_where_it_stands() -> None:
    cell = FORM.cells["requests.received.natural_person"]
    assert cell.code == "requests.received.natural_person"
    assert cell.pointer == "/requests/received/natural_person"
    assert cell.label == "表三“本年新收”行“自然人”列"


def test_a_row_may_have_a_measure_of_its_own_and_the_column_s_comes_first() -> None:
    hours, money = replace(COUNT, code="hours", unit="小时"), replace(COUNT, code="money", unit="元")
    cell = FORM.cells["requests.received.natural_person"]
    by_row = replace(cell, row=replace(cell.row, measure=hours))
    assert cell.measure is COUNT
    assert by_row.measure is hours
    assert replace(by_row, column=replace(cell.column, measure=money)).measure is money


def test_a_balance_with_one_cell_on_the_left_defines_it_as_a_total() -> None:
    flow, outcomes, applicants = (
        next(balance for balance in FORM.balances if balance.rule == rule) for rule in ("R07", "R08", "R09")
    )
    assert flow.total is None
    assert outcomes.total == "requests.processed.natural_person"
    assert applicants.total == "requests.received.total"


def test_a_balance_in_words() -> None:
    flow = FORM.balances[0]
    assert flow.place == "表三“自然人”列"
    assert flow.expression == "本年新收 + 上年结转 = （七）总计 + 结转下年度"
    last = FORM.balances[-1]
    assert last.place == "表四“复议后起诉”行"
    assert last.expression == "总计 = 结果维持 + 结果纠正 + 其他结果 + 尚未审结"
    assert last.cells == last.left + last.right


def test_a_side_of_more_than_six_terms_is_told_by_its_first_and_last() -> None:
    outcomes = next(balance for balance in FORM.balances if balance.rule == "R08")
    assert outcomes.short_expression == "（七）总计 = 予以公开 + … + （六）其他处理之其他（21 项）"
    six = replace(outcomes, right_names=("甲", "乙", "丙", "丁", "戊", "己"))
    assert six.short_expression == "（七）总计 = 甲 + 乙 + 丙 + 丁 + 戊 + 己"
    seven = replace(six, right_names=(*six.right_names, "庚"))
    assert seven.short_expression == "（七）总计 = 甲 + … + 庚（7 项）"


def test_where_two_balances_define_a_total_the_first_holds() -> None:
    """（七）总计's own 总计 is the sum of the outcomes' 总计, and also of its row."""
    parts = FORM.totals["requests.processed.total"]
    assert parts[0] == "requests.granted.total"
    assert len(parts) == 21


def test_a_form_covers_its_years_alone() -> None:
    toy = a_toy_form()
    assert [year for year in range(1990, 2030) if toy.covers(year)] == [1999, 2000, 2001, 2002, 2003]
    assert [year for year in range(2015, 2031) if FORM.covers(year)] == list(range(2021, 2031))


def test_a_table_is_found_by_its_code() -> None:
    assert FORM.table("proceedings") is PROCEEDINGS
    assert FORM.table("disclosures") is None


def test_forms_are_told_apart_by_identity() -> None:
    one, other = a_toy_form(), a_toy_form()
    assert one != other
    assert len({one, other}) == 2
