"""A report held against the sum of its units: a slip that was made is among those that are named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain.adjusting import adjusted
from app.domain.guessing import MOST_PAIRS, MOST_SEARCHED, totals_beside
from app.domain.reconciliation import MOST_GUESSES, reconcile
from app.domain.reconciliation_model import (
    AdjustedLine,
    Cause,
    Comparison,
    Effect,
    Guess,
    Reconciled,
    Sides,
    UnitFigures,
)
from app.domain.roll_up import roll_up
from app.domain.slips import slip_between
from app.forms import FORMS
from app.forms.annual_2021 import FEE, FORM
from app.forms.model import COUNT
from tests.builders import balanced_values

if TYPE_CHECKING:
    from app.domain.values import Values
    from app.forms.model import CellCode, ReportForm

RECEIVED = "requests.received.natural_person"
NAMES = ("甲镇", "乙镇", "丙乡", "丁街道", "戊局", "己局")


def a_crowd(size: int, value: int = 5) -> list[UnitFigures]:
    """Return units that all have the same figure in one cell."""
    values = {**dict.fromkeys(FORM.cells, 0), RECEIVED: value}
    return [UnitFigures(str(place), f"单位{place}", values) for place in range(size)]


def units_of(reports: list[Values]) -> list[UnitFigures]:
    named = enumerate(zip(NAMES, reports, strict=False))
    return [UnitFigures(str(place), name, values) for place, (name, values) in named]


def sides_of(reports: list[Values], form: ReportForm = FORM) -> Sides:
    """Return a county whose report is just the sum of its units."""
    totals = roll_up(form, reports).totals
    return Sides(form, totals, totals, units_of(reports))


def plus(one: Values, other: Values, sign: int = 1) -> dict[CellCode, int | None]:
    return {code: (value or 0) + sign * (other[code] or 0) for code, value in one.items()}


def of_one_cell(value: int, others: list[int] = [], **more: int) -> Sides:  # noqa: B006 - never changed
    """Return a county of towns that have figures in one cell alone."""
    reports: list[Values] = [{**dict.fromkeys(FORM.cells, 0), RECEIVED: each, **more} for each in others]
    sides = sides_of(reports)
    return replace(sides, reported={**sides.reported, RECEIVED: value})


def the_cell(found: Reconciled, code: CellCode = RECEIVED) -> tuple[str, tuple[Guess, ...]]:
    (cell,) = [each for each in found.cells if each.cell == code]
    return cell.message, cell.guesses


many = st.lists(balanced_values(), min_size=2, max_size=len(NAMES))
REPORTS = st.sampled_from(FORMS).flatmap(
    lambda form: st.tuples(st.just(form), st.lists(balanced_values(form), min_size=2, max_size=len(NAMES)))
)


# A slip that was made is found


@given(REPORTS)
def test_a_report_that_is_the_sum_differs_nowhere(case: tuple[ReportForm, list[Values]]) -> None:
    form, reports = case
    found = reconcile(sides_of(reports, form))
    assert found.count(Comparison.EQUAL) == len(form.cells) == len(found.cells)
    assert (found.suspects, found.unsearched) == ((), ())
    assert not any(cell.guesses for cell in found.cells)


def expect_everywhere(found: Reconciled, cause: Cause, effect: Effect, *units: str) -> None:
    """Hold every difference to name the slip, and the suspects to name it as accounting for all."""
    different = [cell for cell in found.cells if cell.state is Comparison.DIFFERENT]
    for cell in different:
        assert (cause, effect, units) in [(each.cause, each.effect, each.units) for each in cell.guesses]
    if len(different) > 1:
        told = [
            (each.guess.cause, each.guess.effect, each.guess.units, each.cells) for each in found.suspects
        ]
        assert (cause, effect, units, len(different)) in told


@given(REPORTS, st.booleans())
def test_a_unit_that_was_left_out_or_counted_twice_is_named_in_every_cell(
    case: tuple[ReportForm, list[Values]],
    is_twice: bool,  # noqa: FBT001 - Hypothesis passes it
) -> None:
    form, reports = case
    sides = sides_of(reports, form)
    wrong = replace(sides, reported=plus(sides.rolled, reports[0], 1 if is_twice else -1))
    effect = Effect.COUNTED_TWICE if is_twice else Effect.LEFT_OUT
    expect_everywhere(reconcile(wrong), Cause.EQUAL_AMOUNT, effect, "0")


@given(many)
def test_two_units_that_were_left_out_are_named_in_every_cell_that_both_have(reports: list[Values]) -> None:
    sides = sides_of(reports)
    wrong = replace(sides, reported=plus(plus(sides.rolled, reports[0], -1), reports[1], -1))
    for cell in reconcile(wrong).cells:
        if reports[0][cell.cell] and reports[1][cell.cell] and not cell.omitted:
            assert (Cause.EQUAL_AMOUNT, Effect.LEFT_OUT, ("0", "1")) in [
                (each.cause, each.effect, each.units) for each in cell.guesses
            ]


@given(many)
def test_the_office_that_was_counted_twice_is_named_as_such(reports: list[Values]) -> None:
    sides = sides_of(reports)
    first, *rest = sides.units
    office = replace(first, is_office=True)
    wrong = replace(sides, units=[office, *rest], reported=plus(sides.rolled, reports[0]))
    expect_everywhere(reconcile(wrong), Cause.OFFICE_COUNTED_TWICE, Effect.COUNTED_TWICE, "0")


@given(many)
def test_a_unit_that_is_not_in_the_sum_but_in_the_report_is_named(reports: list[Values]) -> None:
    first, *rest = units_of(reports)
    totals = roll_up(FORM, reports[1:]).totals
    missing = replace(first, is_added=False, note="草稿")
    wrong = Sides(FORM, totals, plus(totals, reports[0]), [missing, *rest])
    expect_everywhere(reconcile(wrong), Cause.MISSING_UNIT, Effect.COUNTED, "0")


@given(many, st.sampled_from([(code, total) for code, some in totals_beside(FORM).items() for total in some]))
def test_a_total_that_was_taken_for_one_more_part_is_named(
    reports: list[Values], place: tuple[CellCode, CellCode]
) -> None:
    code, total = place
    sides = sides_of(reports)
    more = sides.rolled[total] or 0
    assume(more)
    wrong = replace(sides, reported={**sides.rolled, code: (sides.rolled[code] or 0) + more})
    message, guesses = the_cell(reconcile(wrong), code)
    assert (Cause.DOUBLE_COUNTED_TOTAL, total) in [(each.cause, each.cell) for each in guesses]
    assert FORM.cells[code].label in message


@given(many, st.sampled_from(list(FORM.cells)), st.integers(1, 10**6), st.booleans())
def test_an_adjustment_that_the_report_lacks_is_named(
    reports: list[Values],
    code: CellCode,
    amount: int,
    is_less: bool,  # noqa: FBT001 - Hypothesis passes it
) -> None:
    sides = sides_of(reports)
    line = {code: -amount if is_less else amount}
    wrong = replace(
        sides, rolled=adjusted(sides.rolled, [line]), adjustments=[AdjustedLine(7, "示例县", line)]
    )
    found = reconcile(wrong)
    assert [cell.cell for cell in found.cells if cell.state is Comparison.DIFFERENT] == [code]
    _, guesses = the_cell(found, code)
    assert (Cause.ADJUSTMENT, 7) in [(each.cause, each.adjustment) for each in guesses]


@given(many, st.sampled_from(list(FORM.cells)), st.data())
def test_a_slip_of_the_pen_is_named(reports: list[Values], code: CellCode, data: st.DataObject) -> None:
    sides = sides_of(reports)
    meant = sides.rolled[code] or 0
    assume(meant > 9)
    digits = str(meant)
    place = data.draw(st.integers(0, len(digits) - 2))
    slips = {
        meant * data.draw(st.sampled_from((10, 100, 10_000))),
        int(digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]),
        int(digits[: place + 1] + str(data.draw(st.integers(0, 9))) + digits[place + 1 :]),
    }
    if len(digits) > 2 and FORM.cells[code].measure is COUNT:
        slips.add(int(digits[: place + 1] + digits[place + 2 :]))
    written = data.draw(st.sampled_from(sorted(slips - {meant})))
    if FORM.cells[code].measure is COUNT:
        _, guesses = the_cell(reconcile(replace(sides, reported={**sides.rolled, code: written})), code)
        assert (Cause.DIGIT_SLIP, ()) in [(each.cause, each.units) for each in guesses]


@pytest.mark.parametrize(
    ("meant", "written", "slip"),
    [
        (128, 182, "相邻两位颠倒"),
        (128, 28, "少写一位"),
        (128, 1228, "多写一位"),
        (12, 1200, "相差 100 倍"),
        (5, 50, "相差 10 倍"),
        (5, 51, None),
        (5, 0, None),
        (0, 5, None),
        (7, 7, None),
        (128, 821, None),
        (-5, 5, "正负号相反"),
        (-12, -21, "相邻两位颠倒"),
        (-12, 21, None),
    ],
)
def test_which_numbers_are_a_slip_apart(meant: int, written: int, slip: str | None) -> None:
    assert slip_between(COUNT, meant, written) == slip


@pytest.mark.parametrize(
    ("meant", "written", "slip"),
    [
        (43_788_000, 437_880_000_000, "相差 10000 倍"),
        (43_788_000, 43_780_000, "少写一位"),
        (43_788_000, 43_788_000_000, "少写一位"),
        (437_880, 4_378_800, "相差 10 倍"),
    ],
)
def test_money_is_compared_as_it_is_written(meant: int, written: int, slip: str) -> None:
    """43.788 万元 for 43.78, or without its point."""
    assert slip_between(FEE, meant, written) == slip


# What is said


def test_a_difference_is_told_in_a_sentence() -> None:
    message, guesses = the_cell(reconcile(of_one_cell(118, [10, 118])))
    assert message == ("表三“本年新收”行“自然人”列：汇总 128，公布 118，少 10；与“甲镇”的 10 相同，可能漏加")
    assert [guess.units for guess in guesses] == [("0",)]


def test_what_nobody_can_account_for_says_so() -> None:
    message, guesses = the_cell(reconcile(of_one_cell(1000, [10, 118])))
    assert message.endswith("汇总 128，公布 1000，多 872；没有找到能说明它的单位")
    assert guesses == ()


def test_a_unit_s_own_slip_is_named_with_what_it_would_have_been() -> None:
    _, guesses = the_cell(reconcile(of_one_cell(137, [12, 116])))
    assert "“甲镇”的 12 若写成 21（相邻两位颠倒），正好差这么多" in [guess.message for guess in guesses]


def test_how_the_report_s_figures_are_called_is_told_by_its_state() -> None:
    message, _ = the_cell(reconcile(replace(of_one_cell(118, [10, 118]), said="草稿")))
    assert "草稿 118" in message


def test_cells_that_differ_come_first_and_those_that_are_equal_last() -> None:
    sides = of_one_cell(118, [10, 118])
    empty, fees, lost = (
        "disclosure.licensing.decisions",
        "disclosure.fees.amount",
        "disclosure.coercion.decisions",
    )
    wrong = replace(
        sides,
        rolled={**sides.rolled, empty: None, lost: None},
        reported={**sides.reported, fees: None, lost: None},
    )
    found = reconcile(wrong)
    assert [(cell.cell, cell.state) for cell in found.cells[:4]] == [
        (RECEIVED, Comparison.DIFFERENT),
        (fees, Comparison.NOT_REPORTED),
        (empty, Comparison.NOT_ROLLED_UP),
        (lost, Comparison.BOTH_MISSING),
    ]
    assert {cell.state for cell in found.cells[4:]} == {Comparison.EQUAL}
    assert [cell.message.partition("：")[2] for cell in found.cells[1:5]] == [
        "汇总 0，公布的报告没有填",
        "公布 0，汇总没有数：没有单位填过这一格",
        "两边都没有数",
        "汇总、公布都是 0",
    ]
    assert [cell.difference for cell in found.cells[1:4]] == [None, None, None]


# What isn't looked for is said


def test_a_guess_more_is_counted_where_there_are_many() -> None:
    crowd = a_crowd(20)
    totals = roll_up(FORM, [unit.values for unit in crowd]).totals
    found = reconcile(Sides(FORM, totals, {**totals, RECEIVED: 95}, crowd))
    (cell,) = [each for each in found.cells if each.cell == RECEIVED]
    assert (len(cell.guesses), cell.omitted) == (MOST_GUESSES, 10)
    assert cell.message.endswith("可能漏加；另有 19 种可能")


def test_pairs_beyond_a_bound_are_not_looked_at_and_that_is_said() -> None:
    crowd = a_crowd(40)
    totals = roll_up(FORM, [unit.values for unit in crowd]).totals
    found = reconcile(Sides(FORM, totals, {**totals, RECEIVED: 190}, crowd))
    (said,) = found.unsearched
    assert f"只看了前 {MOST_PAIRS} 对" in said
    assert FORM.cells[RECEIVED].label in said


def test_of_very_many_units_only_single_ones_are_looked_at_and_that_is_said() -> None:
    crowd = [
        UnitFigures(str(n), f"单位{n}", {**dict.fromkeys(FORM.cells, 0), RECEIVED: n})
        for n in range(MOST_SEARCHED + 1)
    ]
    totals = roll_up(FORM, [unit.values for unit in crowd]).totals
    found = reconcile(Sides(FORM, totals, {**totals, RECEIVED: (totals[RECEIVED] or 0) - 150}, crowd))
    assert f"超过 {MOST_SEARCHED} 个" in found.unsearched[0]
    _, guesses = the_cell(found)
    assert [guess.units for guess in guesses] == [("150",)]


def test_what_accounts_for_several_cells_is_told_on_its_own() -> None:
    other = "requests.granted.natural_person"
    reports: list[Values] = [
        {**dict.fromkeys(FORM.cells, 0), RECEIVED: 30, other: 20},
        {**dict.fromkeys(FORM.cells, 0), RECEIVED: 41, other: 27},
    ]
    sides = sides_of(reports)
    found = reconcile(replace(sides, reported=plus(sides.rolled, reports[0], -1)))
    assert [suspect.message for suspect in found.suspects] == [
        "2 处不同里，有 2 处正好缺“甲镇”的数，可能整份漏加"
    ]


def test_of_several_adjustments_and_missing_units_those_that_fit_are_named() -> None:
    other = "requests.granted.natural_person"
    report: Values = {**dict.fromkeys(FORM.cells, 0), RECEIVED: 300, other: 200}
    plain = sides_of([report])
    fits, does_not = {RECEIVED: 41, other: 27}, {RECEIVED: 2, other: 1}
    absent = UnitFigures(
        "9", "庚局", {**dict.fromkeys(FORM.cells, 0), RECEIVED: 43, other: 5}, is_added=False
    )
    sides = replace(
        plain,
        rolled=adjusted(plain.rolled, [fits, does_not]),
        reported=adjusted(plain.rolled, [does_not]),
        units=[*plain.units, absent],
        adjustments=[AdjustedLine(1, "示例县", fits), AdjustedLine(2, "示例县", does_not)],
    )
    found = reconcile(sides)
    assert [suspect.message for suspect in found.suspects] == [
        "2 处不同里，有 2 处正好差第 1 项调整，公布的报告可能没有作这项调整"
    ]
    _, guesses = the_cell(found)
    assert [guess.adjustment for guess in guesses] == [1]
    assert guesses[0].message == "与“示例县”的第 1 项调整（41）相抵，公布数可能没有作这项调整"


def test_a_unit_that_fits_two_cells_of_many_by_chance_is_not_told_to_be_in_there_twice() -> None:
    cells = list(FORM.cells)[:30]
    town: Values = {**dict.fromkeys(FORM.cells, 0), **dict.fromkeys(cells, 7)}
    sides = sides_of([town, {**dict.fromkeys(FORM.cells, 0), **dict.fromkeys(cells, 100)}])
    by_chance = {code: (sides.rolled[code] or 0) + 7 for code in cells[:2]}
    found = reconcile(replace(sides, reported={**sides.reported, **by_chance}))
    assert found.suspects == ()
    # beside the two cells it stays what it may have been
    assert all("甲镇" in the_cell(found, code)[0] for code in by_chance)
    most = {code: (sides.rolled[code] or 0) + 7 for code in cells[:10]}
    (suspect, *_) = reconcile(replace(sides, reported={**sides.reported, **most})).suspects
    assert (suspect.guess.units, suspect.cells) == (("0",), 10)
