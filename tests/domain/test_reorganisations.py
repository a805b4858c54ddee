"""Who has which figures of last year after mergers and splits."""

from __future__ import annotations

from app.domain.reorganisations import CARRIED_COLUMNS, Holding, Operation, Passing, carried_cells, hold_on
from app.forms import FORMS

X, Y = "requests.pending_at_end.business", "requests.pending_at_end.research"
NAMES = {1: "甲", 2: "乙", 3: "丙", 4: "丁"}
BEFORE = {1: Holding({X: 1, Y: 10}), 2: Holding({X: 2, Y: None}), 3: Holding({X: 4, Y: 40})}


def merged(number: int, successor: int, *predecessors: int) -> list[Passing]:
    return [Passing(Operation.MERGE, number, each, successor) for each in predecessors]


def split(number: int, predecessor: int, **parts: dict[str, int | None] | None) -> list[Passing]:
    """Split a body among those of `NAMES` that are called so."""
    keys = {name: key for key, name in NAMES.items()}
    return [Passing(Operation.SPLIT, number, predecessor, keys[name], part) for name, part in parts.items()]


def test_what_merges_has_the_sum_and_what_a_part_lacks_is_lacking() -> None:
    after = hold_on(BEFORE, NAMES, merged(1, 4, 1, 2))
    assert after.keys() == {3, 4}
    assert after[4].values == {X: 3, Y: None}
    assert after[4].said == "由甲、乙合并"
    assert after[4].lacking_in(Y) == "由甲、乙合并，乙没有这一格"


def test_a_body_that_takes_another_over_keeps_what_it_had() -> None:
    after = hold_on(BEFORE, NAMES, merged(1, 3, 1))
    assert after[3].values == {X: 5, Y: 50}
    assert after[3].said == "由丙、甲合并"


def test_a_part_without_a_report_makes_all_lacking() -> None:
    after = hold_on({**BEFORE, 2: Holding()}, NAMES, merged(1, 4, 1, 2))
    assert after[4].values == {X: None, Y: None}
    assert after[4].lacking_in(X) == "由甲、乙合并，乙没有这一格"


def test_what_merged_and_merges_again_has_the_sum_of_all() -> None:
    after = hold_on(BEFORE, NAMES, [*merged(1, 1, 2), *merged(2, 3, 1)])
    assert after.keys() == {3}
    assert after[3].values == {X: 7, Y: None}
    assert after[3].lacking_in(Y) == "由丙、甲合并，甲没有这一格"


def test_a_split_gives_out_what_was_allocated() -> None:
    after = hold_on(BEFORE, NAMES, split(1, 1, 甲={X: 1}, 丙={X: 0}, 丁={X: 0}))
    assert {key: held.values.get(X) for key, held in after.items()} == {1: 1, 2: 2, 3: 4, 4: 0}
    # what nobody allocated isn't known, also of the body that had it
    assert [after[key].values.get(Y) for key in (1, 3, 4)] == [None, None, None]
    assert after[3].said == "由丙、甲拆分"
    assert after[4].said == "由甲拆分，按分配方案"


def test_a_split_without_an_allocation_leaves_all_unknown() -> None:
    after = hold_on(BEFORE, NAMES, [*split(1, 1, 丁=None), *merged(2, 3, 4)])
    assert after.keys() == {2, 3}
    assert after[3].values[X] is None
    assert after[3].lacking_in(X) == "由甲拆分，没有分配方案"


def test_what_can_be_allocated_is_what_next_year_goes_on_from() -> None:
    for form in FORMS:
        cells = carried_cells(form.cells)
        ends = {code for code in form.cells if code.startswith("requests.pending_at_end.")}
        stock = {code for code in form.cells if code.rpartition(".")[2] in CARRIED_COLUMNS}
        assert set(cells) == ends | stock
        assert stock
