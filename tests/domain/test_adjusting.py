"""Adjustments: how they are read, completed and added, whatever is adjusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.adjusting import adjusted, amount_from, below_least, broken_by, complete_lines
from app.domain.judging import judge_balances
from app.domain.results import Outcome
from app.domain.values import to_json
from app.forms.annual_2019 import FORM as FORMER
from app.forms.annual_2021 import FEE, FORM
from app.forms.model import COUNT, Measure
from tests.builders import a_balanced_report, balanced_values

if TYPE_CHECKING:
    from app.domain.values import Values

RECEIVED, TOTAL = "requests.received.natural_person", "requests.received.total"
DECISIONS = "disclosure.licensing.decisions"


@given(deltas=st.lists(balanced_values(), max_size=4), plain=balanced_values())
def test_balanced_adjustments_keep_every_balance(plain: Values, deltas: list[Values]) -> None:
    lines = [{code: amount for code, amount in each.items() if amount} for each in deltas]
    signed = [
        {code: -amount for code, amount in each.items()} if n % 2 else each for n, each in enumerate(lines)
    ]
    after = adjusted(plain, signed)
    assert {result.outcome for result in judge_balances(FORM, after)} == {Outcome.KEPT}
    for code, value in after.items():
        assert value == (plain[code] or 0) + sum(each.get(code, 0) for each in signed)


@given(values=balanced_values())
def test_parts_alone_stand_for_the_whole_of_a_balanced_adjustment(values: Values) -> None:
    typed = {code: value for code, value in values.items() if code not in FORM.totals and value}
    assert complete_lines(FORM, typed) == {code: value for code, value in values.items() if value}


@given(
    stored=st.integers(-FEE.most_in_aggregate, FEE.most_in_aggregate), measure=st.sampled_from((COUNT, FEE))
)
def test_an_amount_is_read_as_it_is_written(stored: int, measure: Measure) -> None:
    written = to_json(measure, stored)
    kept = abs(stored) <= measure.most_in_aggregate
    assert written is not None
    assert amount_from(measure, written) == (stored if kept else None)


@pytest.mark.parametrize(
    ("measure", "value", "stored"),
    [
        (COUNT, 3, 3),
        (COUNT, -3, -3),
        (COUNT, 0, 0),
        (COUNT, "3", None),
        (COUNT, 10**12, None),
        (COUNT, 1 - 10**12, 1 - 10**12),
        (FEE, "0.5", 500_000),
        (FEE, "-0.000001", -1),
        (FEE, "-0", 0),
        (FEE, "--1", None),
        (FEE, "+1", None),
        (FEE, "1.0000001", None),
        (FEE, 1, None),
    ],
)
def test_only_an_amount_of_its_own_measure_is_one(
    measure: Measure, value: int | str, stored: int | None
) -> None:
    assert amount_from(measure, value) == stored


def test_a_total_that_is_named_stands_as_it_is() -> None:
    assert complete_lines(FORM, {RECEIVED: 3, TOTAL: 2}) == {RECEIVED: 3, TOTAL: 2}
    opposite = {RECEIVED: 3, "requests.received.business": -3}
    assert complete_lines(FORM, opposite) == opposite


def test_a_cell_without_a_total_has_none_afterwards() -> None:
    after = adjusted({RECEIVED: None, DECISIONS: 4}, [{RECEIVED: 1, DECISIONS: -1}])
    assert after == {RECEIVED: None, DECISIONS: 3}


def test_what_was_broken_before_is_no_fault_of_an_adjustment() -> None:
    sound = a_balanced_report()
    broken = {**sound, RECEIVED: (sound[RECEIVED] or 0) + 1}
    assert broken_by(FORM, broken, broken) == []
    codes = {result.code for result in broken_by(FORM, sound, broken)}
    assert codes == {"requests.flow.natural_person", "requests.applicants.received"}
    assert broken_by(FORM, broken, sound) == []


def test_only_where_reports_may_not_be_below_zero_may_no_total() -> None:
    values: dict[str, int | None] = dict.fromkeys(FORMER.cells, 0)
    signed = next(code for code, cell in FORMER.cells.items() if cell.measure.is_signed)
    assert below_least(FORMER, {**values, signed: -1, RECEIVED: -1, DECISIONS: None}) == [RECEIVED]
