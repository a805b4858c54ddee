from collections.abc import Iterable
from dataclasses import replace
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.judging import judge, judge_balances
from app.domain.results import Outcome, Result, blocking, not_kept
from app.domain.rules import CATALOGUE, Keeper, Level
from app.domain.totals import complete
from app.domain.values import Values
from app.forms import annual_2019
from app.forms.annual_2021 import FORM, REQUESTS
from app.forms.model import CellCode, ReportForm, Section, Sum
from tests.builders import (
    a_balanced_report,
    a_content,
    a_toy_form,
    any_values,
    balanced,
    balanced_values,
    on_any_form,
    typed_cells,
    typed_values,
)

ROWS = [row.code for row in REQUESTS.rows()]
APPLICANTS = [column.code for column in REQUESTS.columns_of("received")][:-1]
BALANCED_CELLS = sorted({code for balance in FORM.balances for code in balance.cells})
BALANCE_RULES = {"R07", "R08", "R09", "R10"}


def zeros(**values: int | None) -> dict[CellCode, int | None]:
    """Return a report of nothing but 0 (零报告), and these cells: `table__row__column`."""
    cells = {name.replace("__", "."): value for name, value in values.items()}
    assert cells.keys() <= FORM.cells.keys()
    return {**dict.fromkeys(FORM.cells, 0), **cells}


def a_form_with_a_sum_of(*rows: str) -> ReportForm:
    """Return the form with 表三 alone, and no relation but that 总计 is the sum of these rows."""
    table = replace(REQUESTS, sums=(Sum("some", "R08", "rows", ("processed",), rows),))
    return replace(FORM, sections=(Section("requests", "三", "三", table),))


def found(results: Iterable[Result], rule: str) -> list[Result]:
    return [result for result in results if result.rule.id == rule]


def the(results: Iterable[Result], code: str) -> Result:
    (result,) = [result for result in results if result.code == code]
    return result


def judged(values: Values) -> list[Result]:
    return judge(a_content(values=values))


class TestWhole:
    def test_a_sound_report_keeps_every_rule(self) -> None:
        assert not_kept(judge(a_content(year=2023))) == []

    def test_a_report_of_zeros_keeps_every_rule(self) -> None:
        assert not_kept(judged(zeros())) == []

    def test_every_mandatory_rule_that_is_judged_on_a_report_has_a_result(self) -> None:
        mandatory = {
            rule.id for rule in CATALOGUE if rule.level is Level.MANDATORY and rule.keeper is Keeper.REPORT
        }
        assert {result.rule.id for result in judge(a_content())} >= mandatory
        assert mandatory == {"R01", "R04", "R05", "R06", *BALANCE_RULES}

    @given(any_values(least=-9))
    def test_every_result_has_a_name_of_its_own_and_points_at_a_cell_that_it_speaks_of(
        self, values: Values
    ) -> None:
        results = judged(values)
        assert len({(result.rule.id, result.code) for result in results}) == len(results)
        for result in results:
            pointers = {FORM.cells[code].pointer for code in result.cells}
            assert not pointers or result.pointer in pointers

    def test_all_is_judged_not_just_up_to_the_first_broken_rule(self) -> None:
        values = zeros(
            disclosure__fees__amount=-1,
            disclosure__licensing__decisions=None,
            proceedings__reconsideration__other=-2,
            requests__received__business=1,
        )
        told = [
            (result.rule.id, result.code)
            for result in not_kept(judge(a_content(values=values, narratives={})))
        ]
        assert told == [
            ("R01", "overview"),
            ("R01", "problems"),
            ("R01", "other_matters"),
            ("R04", "disclosure.licensing.decisions"),
            ("R05", "proceedings.reconsideration.other"),
            ("R06", "disclosure.fees.amount"),
            ("R07", "requests.flow.business"),
            ("R09", "requests.applicants.received"),
            ("R10", "proceedings.outcomes.reconsideration"),
            ("R15", "all"),
            ("R34", "overview"),
            ("R17", "all"),
            ("R21", "fees"),
            ("R25", "processing_fee"),
            ("R30", "all"),
            ("R33", "notice"),
            ("R35", "all"),
            ("R36", "all"),
        ]

    def test_a_whole_report_is_judged_in_a_fraction_of_a_millisecond(self) -> None:
        """0.13 ms where this was written; the bound leaves room for slow machines and coverage's tracing."""
        content = a_content(narratives={})

        def seconds() -> float:
            start = perf_counter()
            judge(content)
            return perf_counter() - start

        assert min(seconds() for _ in range(50)) < 0.003


class TestProse:
    def test_written(self) -> None:
        results = found(
            judge(a_content(narratives={"overview": "甲", "problems": "乙", "other_matters": "丙"})), "R01"
        )
        assert [result.outcome for result in results] == [Outcome.KEPT] * 3
        assert results[0].message == "“一、总体情况”已写"

    @pytest.mark.parametrize("text", [None, "", "  \n\u3000"])
    def test_blank(self, text: str | None) -> None:
        result = the(
            judge(a_content(narratives={"overview": "甲", "problems": text, "other_matters": "丙"})),
            "problems",
        )
        assert result.outcome is Outcome.BROKEN
        assert result.message == "“五、存在的主要问题及改进情况”没有写，请补上这一部分的文字"
        assert result.pointer == "/narratives/problems"

    def test_absent(self) -> None:
        assert len([r for r in found(judge(a_content(narratives={})), "R01") if r.blocks]) == 3

    def test_a_section_that_holds_only_places_still_to_be_filled_is_not_written(self) -> None:
        open_places = "【待填写：由撰写人写】\n 【待填写】"
        half = {"overview": "甲【待填写】", "problems": open_places, "other_matters": "丙"}
        broken = [result for result in judge(a_content(narratives=half)) if result.rule.id == "R01"]
        assert [result.code for result in broken if result.blocks] == ["problems"]


class TestMissing:
    def test_every_cell_filled(self) -> None:
        (result,) = found(judge(a_content()), "R04")
        assert (result.code, result.outcome, result.message) == ("all", Outcome.KEPT, "200 格都已填")
        assert (result.pointer, result.cells) == ("", ())

    def test_a_missing_cell_is_one_finding_that_says_how_to_state_zero(self) -> None:
        (result,) = found(judged(zeros(requests__received__business=None)), "R04")
        assert result.outcome is Outcome.BROKEN
        assert result.code == "requests.received.business"
        assert result.cells == ("requests.received.business",)
        assert result.pointer == "/requests/received/business"
        assert result.message == "表三“本年新收”行“商业企业”列没有填；数为零请填 0"

    def test_a_rule_over_a_missing_cell_is_not_evaluated(self) -> None:
        """Were the missing cell taken as 0, all of these would be kept."""
        results = judged(zeros(requests__received__business=None))
        open_ = [(r.rule.id, r.code) for r in results if r.outcome is Outcome.NOT_EVALUATED]
        assert open_ == [
            ("R05", "all"),
            ("R07", "requests.flow.business"),
            ("R09", "requests.applicants.received"),
            ("R18", "requests.pending.business"),
        ]
        flow = the(results, "requests.flow.business")
        assert flow.left is flow.right is flow.difference is None
        assert flow.message == (
            "表三“商业企业”列：“本年新收”没有填，没法核对“本年新收 + 上年结转 = （七）总计 + 结转下年度”"
        )

    def test_a_cell_that_values_lack_is_missing_too(self) -> None:
        assert [(r.rule.id, r.code, r.outcome, r.message) for r in judged({})] == [
            (r.rule.id, r.code, r.outcome, r.message) for r in judged(dict.fromkeys(FORM.cells))
        ]

    def test_an_empty_report_has_200_findings_of_missing_cells_and_no_balance_evaluated(self) -> None:
        results = judged({})
        assert [result.code for result in found(results, "R04")] == list(FORM.cells)
        balances = [result for result in results if result.rule.id in BALANCE_RULES]
        assert {result.outcome for result in balances} == {Outcome.NOT_EVALUATED}
        assert len(balances) == 42

    def test_up_to_three_missing_cells_are_named(self) -> None:
        values = zeros() | {f"requests.received.{column}": None for column in APPLICANTS[:3]}
        result = the(judged(values), "requests.applicants.received")
        assert result.message.startswith(
            "表三“本年新收”行：“自然人”“商业企业”“科研机构”没有填，没法核对“总计 = "
        )

    def test_many_missing_cells_are_counted_after_the_first_three(self) -> None:
        values = zeros() | {f"requests.received.{column}": None for column in APPLICANTS[:4]}
        result = the(judged(values), "requests.applicants.received")
        assert result.message == (
            "表三“本年新收”行：“自然人”“商业企业”“科研机构”等 4 格没有填，没法核对"
            "“总计 = 自然人 + 商业企业 + 科研机构 + 社会公益组织 + 法律服务机构 + 其他”"
        )

    @given(any_values())
    def test_one_finding_per_missing_cell_and_exactly_the_balances_over_it_not_evaluated(
        self, values: Values
    ) -> None:
        missing = {code for code, value in values.items() if value is None}
        results = judged(values)
        assert {r.code for r in found(results, "R04") if r.outcome is Outcome.BROKEN} == missing
        for balance in FORM.balances:
            unknown = the(results, balance.code).outcome is Outcome.NOT_EVALUATED
            assert unknown is not missing.isdisjoint(balance.cells)


class TestRange:
    @pytest.mark.parametrize("value", [0, 10**12 - 1])
    def test_a_count_up_to_its_bound(self, value: int) -> None:
        (result,) = found(judged(zeros(disclosure__licensing__decisions=value)), "R05")
        assert (result.code, result.outcome) == ("all", Outcome.KEPT)
        assert (result.message, result.pointer) == ("件数是大于等于 0 的整数", "")

    @pytest.mark.parametrize("value", [-1, 10**12])
    def test_a_count_out_of_bounds(self, value: int) -> None:
        (result,) = found(judged(zeros(disclosure__licensing__decisions=value)), "R05")
        assert (result.code, result.outcome) == ("disclosure.licensing.decisions", Outcome.BROKEN)
        assert result.message == (
            f"表二“行政许可”行“本年处理决定数量”列填的是 {value}，应在 0 到 999999999999 件之间"
        )

    def test_counts_of_which_one_is_missing_are_not_evaluated(self) -> None:
        (result,) = found(judged(zeros(disclosure__licensing__decisions=None)), "R05")
        assert (result.code, result.outcome) == ("all", Outcome.NOT_EVALUATED)
        assert result.cells == ("disclosure.licensing.decisions",)
        assert result.message == "还有 1 格没有填，没法核对“件数是大于等于 0 的整数”"

    def test_a_count_out_of_bounds_breaks_the_rule_whatever_is_missing(self) -> None:
        values = zeros(disclosure__licensing__decisions=None, disclosure__penalties__decisions=-1)
        (result,) = found(judged(values), "R05")
        assert (result.code, result.outcome) == ("disclosure.penalties.decisions", Outcome.BROKEN)

    def test_a_fee_out_of_bounds_is_shown_in_wan_yuan(self) -> None:
        (result,) = found(judged(zeros(disclosure__fees__amount=10**13 + 1)), "R06")
        assert result.outcome is Outcome.BROKEN
        assert result.message == (
            "表二“行政事业性收费”行“本年收费金额”列填的是 10000000.000001，应在 0 到 10000000 万元之间"
        )

    def test_a_negative_fee(self) -> None:
        (result,) = found(judged(zeros(disclosure__fees__amount=-43788000)), "R06")
        assert "填的是 -43.788，" in result.message

    def test_a_missing_fee_is_not_evaluated(self) -> None:
        (result,) = found(judged(zeros(disclosure__fees__amount=None)), "R06")
        assert (result.code, result.outcome) == ("all", Outcome.NOT_EVALUATED)
        assert result.pointer == "/disclosure/fees/amount"

    def test_a_report_for_a_whole_county_may_state_larger_money(self) -> None:
        values = zeros(disclosure__fees__amount=10**15)
        (result,) = found(judge(a_content(values=values, is_aggregate=True)), "R06")
        assert result.outcome is Outcome.KEPT


class TestBalances:
    def test_a_kept_balance_says_so(self) -> None:
        result = the(judged(zeros()), "requests.flow.natural_person")
        assert result.outcome is Outcome.KEPT
        assert (result.left, result.right, result.difference) == (0, 0, 0)
        assert result.message == "表三“自然人”列：本年新收 + 上年结转 = （七）总计 + 结转下年度，相符"

    def test_applications_that_are_neither_closed_nor_carried_over(self) -> None:
        values = zeros(
            requests__received__natural_person=5,
            requests__pending_at_start__natural_person=1,
            requests__processed__natural_person=4,
            requests__pending_at_end__natural_person=1,
        )
        result = the(judged(values), "requests.flow.natural_person")
        assert (result.rule.id, result.outcome) == ("R07", Outcome.BROKEN)
        assert (result.left, result.right, result.difference) == (6, 5, 1)
        assert result.pointer == "/requests/received/natural_person"
        assert result.cells == (
            "requests.received.natural_person",
            "requests.pending_at_start.natural_person",
            "requests.processed.natural_person",
            "requests.pending_at_end.natural_person",
        )
        assert result.message == (
            "表三“自然人”列：本年新收 5 + 上年结转 1 = 6，应等于 （七）总计 4 + 结转下年度 1 = 5，相差 1"
        )

    def test_outcomes_that_do_not_add_up_are_told_without_the_many_zeros(self) -> None:
        values = zeros(
            requests__granted__business=3, requests__closed_other__business=2, requests__processed__business=7
        )
        result = the(judged(values), "requests.outcomes.business")
        assert (result.rule.id, result.outcome) == ("R08", Outcome.BROKEN)
        assert result.message == (
            "表三“商业企业”列：（七）总计 7，应等于 予以公开 3 + （六）其他处理之其他 2 = 5，相差 2"
        )

    def test_seven_parts_are_many_and_six_are_not(self) -> None:
        values = zeros(requests__granted__business=3, requests__partially_granted__business=2)
        form = a_form_with_a_sum_of(*ROWS[2:9])
        (result,) = not_kept(judge_balances(form, values))
        assert result.message.endswith("应等于 予以公开 3 + 部分公开 2 = 5，相差 5")
        form = a_form_with_a_sum_of(*ROWS[2:8])
        (result,) = not_kept(judge_balances(form, values))
        assert " + 属于国家秘密 0 + " in result.message

    def test_a_sum_of_which_one_part_is_not_zero_is_that_part(self) -> None:
        values = zeros(requests__granted__business=3, requests__processed__business=4)
        result = the(judged(values), "requests.outcomes.business")
        assert result.message == "表三“商业企业”列：（七）总计 4，应等于 予以公开 3，相差 1"

    def test_a_total_over_nothing_but_zeros(self) -> None:
        result = the(judged(zeros(requests__processed__business=4)), "requests.outcomes.business")
        assert result.message == (
            "表三“商业企业”列：（七）总计 4，应等于 予以公开至（六）其他处理之其他各项之和 0，相差 4"
        )

    def test_applicants_that_do_not_add_up(self) -> None:
        values = zeros(requests__received__natural_person=2, requests__received__total=3)
        result = the(judged(values), "requests.applicants.received")
        assert (result.rule.id, result.outcome) == ("R09", Outcome.BROKEN)
        assert result.message == (
            "表三“本年新收”行：总计 3，应等于 自然人 2 + 商业企业 0 + 科研机构 0 + 社会公益组织 0"
            " + 法律服务机构 0 + 其他 0 = 2，相差 1"
        )

    def test_proceedings_with_a_total_of_zero_over_parts_that_are_not(self) -> None:
        """As 洪泽区 and 金湖县 printed it in 2023."""
        values = zeros(proceedings__reconsideration__affirmed=2, proceedings__reconsideration__other=1)
        result = the(judged(values), "proceedings.outcomes.reconsideration")
        assert (result.rule.id, result.outcome) == ("R10", Outcome.BROKEN)
        assert result.message == (
            "表四“行政复议”行：总计 0，应等于 结果维持 2 + 结果纠正 0 + 其他结果 1 + 尚未审结 0 = 3，相差 3"
        )
        assert result.hint == "“总计”填的是 0，请看是不是忘了合计"

    def test_money_in_a_balance_is_told_as_people_write_it(self) -> None:
        toy = a_toy_form()
        values = a_balanced_report(toy) | {
            "loans.adults.deposit": 1050,
            "loans.children.deposit": 200,
            "loans.everyone.deposit": 1150,
        }
        result = the(judge_balances(toy, values), "loans.readers.deposit")
        assert result.message == "表乙“押金”列：全体 11.5，应等于 成人 10.5 + 儿童 2 = 12.5，相差 1"

    def test_one_broken_balance_for_each_line_that_is_wrong(self) -> None:
        values = a_balanced_report()
        values["proceedings.litigation_direct.total"] = 10**6
        assert [result.code for result in not_kept(judge_balances(FORM, values))] == [
            "proceedings.outcomes.litigation_direct"
        ]


class TestFormerForm:
    """国办公开办函〔2019〕60号: changes may be below 0, and money is in 元."""

    FORM = annual_2019.FORM

    def results(self, rule: str, **cells: int | None) -> list[Result]:
        values = dict.fromkeys(self.FORM.cells, 0) | {k.replace("__", "."): v for k, v in cells.items()}
        return found(judge(a_content(self.FORM, values=values)), rule)

    @pytest.mark.parametrize("value", [-(10**12 - 1), -4, 0, 10**12 - 1])
    def test_a_change_within_its_bounds(self, value: int) -> None:
        (result,) = self.results("R05", disclosure__licensing__items_change=value)
        assert (result.code, result.outcome) == ("all", Outcome.KEPT)
        assert result.message == "件数是大于等于 0 的整数（本年增/减可以小于 0）"

    def test_a_change_out_of_bounds(self) -> None:
        (result,) = self.results("R05", disclosure__licensing__items_change=-(10**12))
        assert result.message == (
            "表二“行政许可”行“本年增/减”列填的是 -1000000000000，应在 -999999999999 到 999999999999 项之间"
        )

    def test_all_other_counts_are_not_below_0(self) -> None:
        (result,) = self.results("R05", disclosure__licensing__items_before=-1)
        assert "应在 0 到 999999999999 项之间" in result.message

    def test_money_is_bounded_in_yuan(self) -> None:
        (kept,) = self.results("R06", disclosure__procurement__spent=10**13)
        assert (kept.outcome, kept.message) == (
            Outcome.KEPT,
            "采购总金额以元为单位，大于等于 0，最多 2 位小数",
        )
        (broken,) = self.results("R06", disclosure__procurement__spent=10**13 + 1)
        assert "填的是 100000000000.01，应在 0 到 100000000000 元之间" in broken.message


class TestLaws:
    @given(on_any_form(balanced_values))
    def test_a_balanced_report_breaks_no_rule(self, case: tuple[ReportForm, Values]) -> None:
        form, values = case
        assert blocking(judge(a_content(form, values=values))) == []

    @given(typed_values())
    def test_totals_worked_out_from_cells_that_keep_the_flow_keep_all_42_balances(
        self, typed: dict[CellCode, int]
    ) -> None:
        """The flow of the 总计 column follows from those of the applicants' columns."""
        for column in APPLICANTS:
            processed = sum(typed[f"requests.{row}.{column}"] for row in ROWS[2:-2])
            out = processed + typed[f"requests.pending_at_end.{column}"]
            pending = min(out, typed[f"requests.pending_at_start.{column}"])
            typed[f"requests.pending_at_start.{column}"] = pending
            typed[f"requests.received.{column}"] = out - pending
        results = judge_balances(FORM, complete(FORM, typed))
        assert [result.outcome for result in results] == [Outcome.KEPT] * 42

    @given(balanced_values(most=99), st.data())
    def test_any_other_value_in_a_cell_that_stands_in_a_balance_breaks_a_mandatory_rule(
        self, values: Values, data: st.DataObject
    ) -> None:
        code = data.draw(st.sampled_from(BALANCED_CELLS))
        other = data.draw(
            (st.none() | st.integers(0, 10**12 - 1)).filter(lambda value: value != values[code])
        )
        results = judged({**values, code: other})
        assert [r for r in results if r.blocks and r.outcome is Outcome.BROKEN and code in r.cells]

    @pytest.mark.parametrize("code", BALANCED_CELLS)
    def test_one_more_or_one_less_in_any_of_the_190_cells_breaks_every_balance_over_it(
        self, code: str
    ) -> None:
        values = a_balanced_report()
        for change in (-1, 1):
            changed = {**values, code: (values[code] or 0) + change}
            broken = {r.code for r in judge_balances(FORM, changed) if r.outcome is Outcome.BROKEN}
            assert broken == {balance.code for balance in FORM.balances if code in balance.cells}

    @given(any_values(most=30), st.permutations(APPLICANTS))
    def test_findings_move_with_the_applicants_columns(self, values: Values, order: list[str]) -> None:
        moves = dict(zip(APPLICANTS, order, strict=True))

        def moved(code: str) -> str:
            table, middle, last = code.split(".")
            return f"{table}.{middle}.{moves.get(last, last)}"

        def essence(results: list[Result]) -> set[tuple[str, str, Outcome, int | None, int | None]]:
            return {(r.rule.id, r.code, r.outcome, r.left, r.right) for r in results if r.code != "all"}

        expected = {
            (rule, moved(code), *rest)
            for rule, code, *rest in essence(not_kept(judged(values)))
            if rule != "R01"
        }
        permuted = {moved(code): value for code, value in values.items()}
        assert essence(not_kept(judged(permuted))) == expected

    @given(any_values(most=30))
    def test_doubling_every_number_changes_no_balance_s_outcome(self, values: Values) -> None:
        doubled = {code: None if value is None else 2 * value for code, value in values.items()}
        before, after = judge_balances(FORM, values), judge_balances(FORM, doubled)
        assert [r.outcome for r in after] == [r.outcome for r in before]
        assert [r.difference for r in after] == [r.difference and 2 * r.difference for r in before]

    @given(any_values(most=30))
    def test_a_balance_is_kept_just_when_both_its_sides_add_up_to_the_same(self, values: Values) -> None:
        for balance, result in zip(FORM.balances, judge_balances(FORM, values), strict=True):
            sides = [[values[code] for code in side] for side in (balance.left, balance.right)]
            if None in sides[0] + sides[1]:
                assert result.outcome is Outcome.NOT_EVALUATED
            else:
                left, right = (sum(value or 0 for value in side) for side in sides)
                assert (result.left, result.right) == (left, right)
                assert (result.outcome is Outcome.KEPT) is (left == right)


class TestBuilders:
    """The builders that other tests stand on."""

    def test_an_override_is_kept_and_the_rest_fitted_to_it(self) -> None:
        values = a_balanced_report(received=3, pending_at_end=0)
        assert values["requests.received.natural_person"] == 3
        assert not_kept(judge_balances(FORM, values)) == []

    def test_no_two_typed_cells_of_the_balanced_report_are_alike(self) -> None:
        values = a_balanced_report()
        assert len({values[code] for code in typed_cells()}) == 166

    def test_overrides_that_leave_nothing_to_fit_are_refused(self) -> None:
        fixed = {f"requests.{row}.natural_person": 0 for row in ROWS if row != "processed"}
        fixed["requests.pending_at_end.natural_person"] = 1
        with pytest.raises(ValueError, match=r"requests\.flow\.natural_person"):
            balanced(FORM, dict.fromkeys(typed_cells(), 0) | fixed, fixed)
