from decimal import ROUND_UP, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.judging import judge_balances
from app.domain.results import Outcome
from app.domain.roll_up import RollUp, joined, rate_of, roll_up
from app.domain.values import Values
from app.forms.annual_2021 import FORM
from app.forms.model import Indicator, ReportForm
from tests.builders import a_balanced_report, any_values, balanced_values, on_any_form

INDICATORS = {indicator.code: indicator for indicator in FORM.indicators}


def rolled(**totals: int) -> RollUp:
    """Return the roll-up of one report of zeros but for these cells: `table__row__column`."""
    cells = {name.replace("__", "."): value for name, value in totals.items()}
    assert cells.keys() <= FORM.cells.keys()
    return roll_up(FORM, [{**dict.fromkeys(FORM.cells, 0), **cells}])


@given(on_any_form(lambda form: st.lists(any_values(form), max_size=4)))
def test_a_roll_up_is_the_sum_of_what_is_there_and_counts_what_is_not(
    case: tuple[ReportForm, list[Values]],
) -> None:
    form, reports = case
    result = roll_up(form, reports)
    assert result.included == len(reports)
    for code in form.cells:
        total, missing = None, 0
        for report in reports:
            value = report[code]
            if value is None:
                missing += 1
            else:
                total = value if total is None else total + value
        assert result.totals[code] == total
        assert result.incomplete.get(code, 0) == missing


@given(on_any_form(lambda form: st.lists(balanced_values(form), min_size=1, max_size=4)))
def test_balanced_reports_roll_up_to_a_balanced_total(case: tuple[ReportForm, list[Values]]) -> None:
    form, reports = case
    result = roll_up(form, reports)
    assert result.incomplete == {}
    assert {r.outcome for r in judge_balances(form, result.totals)} == {Outcome.KEPT}


@given(st.lists(any_values(), max_size=2), st.lists(any_values(), max_size=2))
def test_the_roll_up_of_two_groups_is_the_sum_of_their_roll_ups(
    one: list[Values], other: list[Values]
) -> None:
    halves = roll_up(FORM, [roll_up(FORM, one).totals, roll_up(FORM, other).totals])
    assert halves.totals == roll_up(FORM, one + other).totals


def test_nothing_rolls_up_to_nothing_not_to_zero() -> None:
    result = roll_up(FORM, [])
    assert result == RollUp(dict.fromkeys(FORM.cells), 0, {})


def test_a_cell_that_no_report_has_is_missing_in_the_total() -> None:
    code = "requests.granted.business"
    result = roll_up(FORM, [a_balanced_report() | {code: None}, {}])
    assert result.totals[code] is None
    assert result.incomplete[code] == 2


def test_sums_pass_32_bits() -> None:
    report = dict.fromkeys(FORM.cells, 11_398_889)
    assert roll_up(FORM, [report] * 342).totals["disclosure.licensing.decisions"] == 3_898_420_038


@pytest.mark.parametrize("code", INDICATORS)
def test_a_rate_over_a_denominator_of_zero_is_unknown(code: str) -> None:
    assert rate_of(INDICATORS[code], rolled()) is None


def test_the_share_granted_is_of_all_processed() -> None:
    result = rolled(requests__granted__total=2, requests__processed__total=3)
    assert rate_of(INDICATORS["granted"], result) == Decimal("0.6667")
    assert rate_of(INDICATORS["partially_granted"], result) == Decimal("0.0000")


def test_the_share_denied_counts_all_eight_grounds() -> None:
    result = rolled(
        requests__denied_state_secret__total=1,
        requests__denied_administrative_query__total=2,
        requests__unavailable_not_held__total=1,
        requests__processed__total=8,
    )
    assert rate_of(INDICATORS["denied"], result) == Decimal("0.3750")
    assert len(INDICATORS["denied"].numerator) == 8


def test_cases_still_pending_are_not_counted_as_decided() -> None:
    result = rolled(
        proceedings__reconsideration__reversed=1,
        proceedings__reconsideration__pending=6,
        proceedings__reconsideration__total=10,
    )
    assert rate_of(INDICATORS["reconsideration_reversed"], result) == Decimal("0.2500")


def test_a_rate_over_nothing_but_pending_cases_is_unknown() -> None:
    result = rolled(proceedings__reconsideration__pending=6, proceedings__reconsideration__total=6)
    assert rate_of(INDICATORS["reconsideration_reversed"], result) is None


def test_lawsuits_lost_are_of_both_kinds_together() -> None:
    result = rolled(
        proceedings__litigation_direct__reversed=1,
        proceedings__litigation_direct__total=2,
        proceedings__litigation_after_reconsideration__total=6,
    )
    assert rate_of(INDICATORS["litigation_reversed"], result) == Decimal("0.1250")


def test_the_share_carried_over_is_of_all_that_there_was_to_process() -> None:
    result = rolled(
        requests__received__total=6, requests__pending_at_start__total=2, requests__pending_at_end__total=3
    )
    assert rate_of(INDICATORS["carried_over"], result) == Decimal("0.3750")


def test_the_share_of_each_kind_of_applicant_is_of_what_was_received() -> None:
    received = {"requests__received__business": 1, "requests__received__research": 2}
    result = rolled(**received, requests__received__total=3)
    shares = {code: rate_of(each, result) for code, each in INDICATORS.items() if "applicant" in code}
    assert shares.pop("applicant_business") == Decimal("0.3333")
    assert shares.pop("applicant_research") == Decimal("0.6667")
    assert set(shares.values()) == {Decimal("0.0000")}
    assert len(shares) == 4


@given(on_any_form(lambda form: st.lists(balanced_values(form), max_size=3)))
def test_the_rates_of_balanced_reports_lie_between_0_and_1(case: tuple[ReportForm, list[Values]]) -> None:
    form, reports = case
    rates = [rate_of(indicator, roll_up(form, reports)) for indicator in form.indicators]
    assert all(rate is None or 0 <= rate <= 1 for rate in rates)


def test_a_rate_is_worked_out_from_sums_not_averaged() -> None:
    reports = [
        a_balanced_report() | {"requests.granted.total": 1, "requests.processed.total": 1},
        a_balanced_report() | {"requests.granted.total": 0, "requests.processed.total": 99},
    ]
    assert rate_of(INDICATORS["granted"], roll_up(FORM, reports)) == Decimal("0.0100")


@pytest.mark.parametrize(
    "lost",
    [
        "proceedings.reconsideration.reversed",
        "proceedings.reconsideration.total",
        "proceedings.reconsideration.pending",
    ],
)
def test_a_rate_over_a_cell_that_one_report_lacks_is_unknown(lost: str) -> None:
    result = roll_up(FORM, [a_balanced_report(), a_balanced_report() | {lost: None}])
    assert rate_of(INDICATORS["reconsideration_reversed"], result) is None
    assert rate_of(INDICATORS["litigation_reversed"], result) is not None


@pytest.mark.parametrize("column", ["reversed", "total", "pending"])
def test_a_rate_over_a_sum_that_is_not_known_is_unknown(column: str) -> None:
    known = rolled(proceedings__reconsideration__reversed=1, proceedings__reconsideration__total=9)
    unknown = RollUp({**known.totals, f"proceedings.reconsideration.{column}": None}, 1, {})
    assert rate_of(INDICATORS["reconsideration_reversed"], unknown) is None


def test_a_rate_over_no_reports_is_unknown() -> None:
    assert rate_of(INDICATORS["granted"], roll_up(FORM, [])) is None


def test_half_a_ten_thousandth_is_rounded_to_the_even_neighbour() -> None:
    indicator = Indicator("x", "x", ("disclosure.licensing.decisions",), ("disclosure.penalties.decisions",))

    def rate(number: int) -> Decimal | None:
        result = rolled(disclosure__licensing__decisions=number, disclosure__penalties__decisions=20_000)
        return rate_of(indicator, result)

    assert [rate(1), rate(3)] == [Decimal("0.0000"), Decimal("0.0002")]
    with localcontext(rounding=ROUND_UP):
        assert rate(1) == Decimal("0.0000")


@given(st.lists(any_values(FORM), max_size=4), st.integers(0, 4))
def test_sums_of_parts_join_to_the_sum_of_all(reports: list[Values], place: int) -> None:
    parts = [roll_up(FORM, some) for some in (reports[:place], reports[place:])]
    assert joined(FORM.cells, parts) == roll_up(FORM, reports)
