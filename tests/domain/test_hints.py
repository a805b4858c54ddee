import pytest

from app.domain.hints import hint_for
from app.forms.annual_2021 import FORM
from app.forms.model import COUNT, Measure

BALANCES = {balance.code: balance for balance in FORM.balances}
RECONSIDERATION = BALANCES["proceedings.outcomes.reconsideration"]
FLOW = BALANCES["requests.flow.natural_person"]


def hint(total: int, *parts: int) -> str | None:
    """Return the hint for a total over 结果维持, 结果纠正, 其他结果, 尚未审结."""
    return hint_for(RECONSIDERATION, COUNT, [total], list(parts))


def test_two_digits_swapped_in_the_total() -> None:
    assert hint(21, 8, 4, 0, 0) == "“总计”填的是 21，若应为 12，就相符了"


def test_two_digits_swapped_in_a_part() -> None:
    assert hint(125, 112, 4, 0, 0) == "“结果维持”填的是 112，若应为 121，就相符了"


def test_a_digit_swapped_with_a_leading_zero_to_be() -> None:
    assert hint(4, 10, 3, 0, 0) == "“结果维持”填的是 10，若应为 1，就相符了"


@pytest.mark.parametrize(("typed", "meant"), [(5, 50), (50, 5), (34, 340), (340, 34)])
def test_a_zero_dropped_or_added(typed: int, meant: int) -> None:
    assert hint(meant + 2, typed, 1, 1, 0) == f"“结果维持”填的是 {typed}，若应为 {meant}，就相符了"


def test_a_digit_dropped_that_is_no_zero_is_not_guessed() -> None:
    """39 for 3 is off by a multiple of 9, as 30 for 3 would be."""
    assert hint(5, 39, 1, 1, 0) is None


def test_a_part_left_out_of_the_total() -> None:
    assert hint(7, 3, 4, 5, 0) == "相差的 5 正好等于“其他结果”，请看这一项是不是漏加或者多加了"


def test_a_part_counted_twice_in_the_total() -> None:
    assert hint(17, 3, 4, 5, 0) == "相差的 5 正好等于“其他结果”，请看这一项是不是漏加或者多加了"


def test_a_total_of_zero_over_parts_that_are_not() -> None:
    assert hint(0, 1, 0, 0, 0) == "“总计”填的是 0，请看是不是忘了合计"


def test_a_total_is_no_part_of_itself() -> None:
    """The difference equals the total wherever the parts are all 0 or come to twice as much."""
    assert hint(5, 0, 0, 0, 0) is None
    assert hint(5, 3, 7, 0, 0) is None


def test_a_line_of_the_flow_left_out_on_either_side() -> None:
    left_out = "相差的 {} 正好等于“{}”，请看这一项是不是漏加或者多加了"
    assert hint_for(FLOW, COUNT, [20, 4], [20, 0]) == left_out.format(4, "上年结转")
    assert hint_for(FLOW, COUNT, [20, 0], [20, 3]) == left_out.format(3, "结转下年度")


def test_a_flow_of_which_one_side_is_zero_has_no_total_to_have_been_forgotten() -> None:
    assert hint_for(FLOW, COUNT, [0, 0], [3, 4]) is None


@pytest.mark.parametrize("parts", [(3, 5, 5, 0), (4, 4, 5, 9)])
def test_no_hint_where_two_parts_fit(parts: tuple[int, ...]) -> None:
    difference = 5 if parts[0] == 3 else 4
    assert hint(sum(parts) - difference, *parts) is None


def test_no_hint_where_two_cells_may_be_mistyped() -> None:
    assert hint(10, 1, 0, 0, 0) is None
    assert hint(32, 12, 11, 0, 0) is None


def test_a_difference_of_one_tells_nothing() -> None:
    assert hint(5, 1, 2, 1, 0) is None
    assert hint(5, 1, 2, 3, 0) is None


def test_a_difference_of_two_may_tell() -> None:
    assert hint(7, 3, 4, 2, 0) == "相差的 2 正好等于“其他结果”，请看这一项是不是漏加或者多加了"


@pytest.mark.parametrize(
    ("left", "right"),
    [([20], [8, 3]), ([20, 4], [20]), ([30], [10, 2]), ([30, 2, 1], [10, 2]), ([20, 5], [10, 2, 1])],
)
def test_no_guess_is_made_about_values_of_other_cells_than_the_balance_s(
    left: list[int], right: list[int]
) -> None:
    with pytest.raises(ValueError, match="zip"):
        hint_for(FLOW, COUNT, left, right)


def test_no_hint_where_nothing_fits() -> None:
    assert hint(40, 11, 12, 0, 0) is None


def test_negative_numbers_are_never_suggested_nor_suspected() -> None:
    assert hint(0, -5, 0, 0, 0) is None
    assert hint(-5, -50, 0, 0, 0) is None
    assert hint(3, 12, 9, 0, 0) is None


def test_money_is_told_as_people_write_it() -> None:
    fee = Measure("fee", "万元", places=6, most=10**13, most_in_aggregate=10**15)
    assert hint_for(RECONSIDERATION, fee, [21_000_000], [8_000_000, 4_000_000, 0, 0]) == (
        "“总计”填的是 21，若应为 12，就相符了"
    )
    assert hint_for(RECONSIDERATION, fee, [1_000_000], [1_000_000, 500_000, 0, 0]) == (
        "相差的 0.5 正好等于“结果纠正”，请看这一项是不是漏加或者多加了"
    )
