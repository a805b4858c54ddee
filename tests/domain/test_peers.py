"""What stands out among peers (R29), where a county has asked for it."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from app.domain.content import Content
from app.domain.context import Context, RuleSettings
from app.domain.judging import judge
from app.domain.results import Outcome, Result
from app.domain.years import mark_of
from tests.builders import a_balanced_report, a_content

RECEIVED = "requests.received.total"
ASKED = RuleSettings(thresholds={"R29.peers": 1})


def beside_peers(content: Content, mark: int, settings: RuleSettings = ASKED) -> list[Result]:
    context = Context(marks={RECEIVED: mark}, peers=300, marked_on=date(2026, 1, 2), settings=settings)
    return [each for each in judge(content, context) if each.code.startswith("peers.")]


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=400))
def test_a_mark_is_the_least_that_99_of_100_do_not_exceed(values: list[int]) -> None:
    mark = mark_of(values)
    assert mark in values
    assert sum(value <= mark for value in values) * 100 >= 99 * len(values)
    assert sum(value < mark for value in values) * 100 < 99 * len(values)


def test_what_lies_well_beyond_the_mark_is_told_with_peers_and_day() -> None:
    content = a_content()
    value = content.values[RECEIVED] or 0
    (result,) = beside_peers(content, value - 10)
    assert (result.outcome, result.code, result.difference) == (Outcome.BROKEN, f"peers.{RECEIVED}", 10)
    assert "300 个机关" in result.message
    assert "2026-01-02" in result.message
    for mark in (value - 9, value, value + 1):
        assert [each.outcome for each in beside_peers(content, mark)] == [Outcome.KEPT]


def test_nobody_is_held_to_peers_unasked_nor_without_a_figure_nor_for_others() -> None:
    assert beside_peers(a_content(), 0, RuleSettings()) == []
    assert beside_peers(a_content(values={**a_balanced_report(), RECEIVED: None}), 0) == []
    assert beside_peers(a_content(is_aggregate=True), 0) == []
