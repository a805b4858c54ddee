"""How a live total differs from one that was made final."""

from __future__ import annotations

import pytest

from app.domain.finalisation import (
    CellDifference,
    Frozen,
    FrozenAdjustment,
    FrozenSource,
    SourceChange,
    differences_since,
)
from app.forms.annual_2021 import FORM

DECISIONS, FEES = "disclosure.licensing.decisions", "disclosure.fees.amount"


def a_source(agency: str, version: int = 1) -> FrozenSource:
    return FrozenSource(agency, f"机关{agency}", version, f'"{agency}-{version}"')


def an_adjustment(number: int, amount: int) -> FrozenAdjustment:
    said = ("1", "某县", "漏记，已书面说明", None, "李四", "2026-01-01T00:00:00+00:00")
    return FrozenAdjustment(number, *said, lines={DECISIONS: amount})


def frozen(
    *sources: FrozenSource, adjustments: tuple[FrozenAdjustment, ...] = (), **totals: int | None
) -> Frozen:
    values: dict[str, int | None] = {code: totals.get(code.split(".")[1], 0) for code in FORM.cells}
    return Frozen(values, adjustments, sources, (), ())


def test_a_version_is_told_by_its_agency_and_number() -> None:
    assert a_source("1", 3).version_added == ("1", 3)


def test_the_same_differs_in_nothing() -> None:
    then = frozen(a_source("1"), adjustments=(an_adjustment(7, 2),), licensing=5)
    assert differences_since(FORM, then, then).is_empty


def test_sources_that_changed_went_or_came_are_told_by_agency() -> None:
    then = frozen(a_source("1"), a_source("2"), a_source("4"))
    now = frozen(a_source("1", 3), a_source("3"), a_source("4"))
    found = differences_since(FORM, then, now)
    assert [(each.agency, each.change, each.frozen, each.now) for each in found.sources] == [
        ("1", SourceChange.CHANGED, 1, 3),
        ("2", SourceChange.GONE, 1, None),
        ("3", SourceChange.NEW, None, 1),
    ]
    assert [each.change.label for each in found.sources] == ["有更正", "不再计入", "新计入"]
    assert not found.is_empty


def test_cells_are_compared_with_what_was_adjusted() -> None:
    then = frozen(adjustments=(an_adjustment(7, 2), an_adjustment(8, 1)), licensing=5)
    now = frozen(adjustments=(an_adjustment(8, 1), an_adjustment(9, 4)), licensing=6)
    found = differences_since(FORM, then, now)
    assert found.adjustments == [7, 9]
    assert found.cells == [CellDifference(DECISIONS, 8, 11)]
    assert found.cells[0].difference == 3


@pytest.mark.parametrize(("then", "now"), [(None, 1), (1, None)])
def test_from_nothing_to_something_is_no_difference_in_numbers(then: int | None, now: int | None) -> None:
    found = differences_since(FORM, frozen(fees=then), frozen(fees=now))
    assert found.cells == [CellDifference(FEES, then, now)]
    assert found.cells[0].difference is None
