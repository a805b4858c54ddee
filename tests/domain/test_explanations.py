"""An explanation holds for a finding as long as all that it speaks of stays the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.context import Context, Reporter
from app.domain.explanations import (
    NOTHING_EXPLAINED,
    Explained,
    Explanations,
    ExplanationState,
    Review,
    described_explanation,
    fault_of_text,
)
from app.domain.judging import judge
from app.domain.results import Outcome, Result
from app.domain.rules import RULES
from app.forms.annual_2021 import FORM
from tests.builders import PROSE, a_content, a_sound_report

NOON = datetime(2022, 1, 20, 12, tzinfo=UTC)
FILLERS = "\u200b\u3164\u2060\ufeff\u00ad\u2800\u115f\u034f\ufe0f\uffa0\U000e0041\U000e0101"
CELLS = ("disclosure.licensing.decisions", "disclosure.penalties.decisions")


def a_finding(cells: tuple[str, ...] = CELLS, code: str = "x", **members: object) -> Result:
    return Result(RULES["R28"], code, Outcome.BROKEN, "", "", cells, **members)  # type: ignore[arg-type]


def explained(
    result: Result, values: dict[str, int | None], text: str = "甲", **members: object
) -> Explained:
    defaults = {"version": 1, "given_by": "某", "given_at": NOON, **members}
    return Explained(result.rule.id, result.code, result.basis(values), text, **defaults)  # type: ignore[arg-type]


numbers = st.integers(0, 10**12) | st.none()
reports = st.dictionaries(st.sampled_from(list(FORM.cells)), numbers)


@given(values=reports, others=reports)
def test_it_holds_as_long_as_the_cells_that_it_speaks_of_stay_the_same(
    values: dict[str, int | None], others: dict[str, int | None]
) -> None:
    result = a_finding()
    known = Explanations((explained(result, values),))
    edited = {**others, **{code: values.get(code) for code in CELLS}}
    assert known.of(edited, result) == known.items[0]
    same = all(others.get(code) == values.get(code) for code in CELLS)
    assert (known.of(others, result) is not None) == same
    assert (known.unexplained(others, [result]) == []) == same


@pytest.mark.parametrize(
    "other",
    [
        a_finding(code="y"),
        a_finding(CELLS[:1]),
        a_finding(left=1),
        a_finding(right=1),
        a_finding(quotes=("原文",)),
    ],
)
def test_it_holds_for_no_other_finding(other: Result) -> None:
    values = dict.fromkeys(CELLS, 1)
    assert Explanations((explained(a_finding(), dict(values)),)).of(values, other) is None


def test_prose_and_other_numbers_may_change_as_they_like() -> None:
    doubted = a_sound_report(**{CELLS[0]: 10**9})
    context = Context(Reporter("某", AgencyLevel.PREFECTURE, AgencyKind.GOVERNMENT))

    def finding(values: dict[str, int | None], **prose: str) -> Result:
        results = judge(a_content(values=values, narratives=prose or None), context)
        (found,) = (result for result in results if result.needs_explanation)
        return found

    basis = finding(doubted).basis(doubted)
    edited = {**doubted, "disclosure.fees.amount": 7}
    amended = {section: f"{text}改过。" for section, text in PROSE.items()}
    assert finding(edited, **amended).basis(edited) == basis
    other = {**doubted, CELLS[0]: 10**9 + 1}
    assert finding(other).basis(other) != basis


def test_the_last_text_counts_and_a_refused_one_is_none() -> None:
    result, values = a_finding(), dict.fromkeys(CELLS, 1)
    no = Review(accepted=False, reason="没有依据", reviewed_by="审", reviewed_at=NOON)
    yes = Review(accepted=True, reason=None, reviewed_by="审", reviewed_at=NOON + timedelta(days=1))
    first, last = explained(result, dict(values)), explained(result, dict(values), "乙")
    assert Explanations((first, last)).of(values, result) == last
    refused = explained(result, dict(values), reviews=(no,))
    accepted = explained(result, dict(values), reviews=(no, yes))
    assert [one.state for one in (first, refused, accepted)] == [
        ExplanationState.GIVEN,
        ExplanationState.REFUSED,
        ExplanationState.ACCEPTED,
    ]
    for one, lacks, waits in ((first, False, True), (refused, True, True), (accepted, False, False)):
        known = Explanations((one,))
        assert bool(known.unexplained(values, [result])) == lacks
        assert bool(known.unaccepted(values, [result])) == waits


def test_what_needs_none_has_none() -> None:
    values = dict.fromkeys(CELLS, 1)
    known = Explanations((explained(a_finding(), dict(values)),))
    kept = Result(RULES["R28"], "x", Outcome.KEPT, "", "", CELLS)
    hint = Result(RULES["R29"], "x", Outcome.BROKEN, "", "", CELLS)
    assert (known.of(values, kept), known.of(values, hint)) == (None, None)
    assert NOTHING_EXPLAINED.unexplained(values, [kept, hint]) == []
    assert NOTHING_EXPLAINED.unexplained(values, [a_finding()]) == [a_finding()]


def test_what_was_there_at_a_moment_or_up_to_a_version() -> None:
    result, values = a_finding(), dict.fromkeys(CELLS, 1)
    no = Review(accepted=False, reason="没有依据", reviewed_by="审", reviewed_at=NOON + timedelta(hours=2))
    first = explained(result, dict(values), reviews=(no,))
    later = explained(result, dict(values), version=2, given_at=NOON + timedelta(hours=3))
    known = NOTHING_EXPLAINED.with_more([first, later])
    (early,) = known.until(NOON + timedelta(hours=1)).items
    assert (early.text, early.state) == (first.text, ExplanationState.GIVEN)
    assert known.until(NOON + timedelta(hours=3)) == known
    assert known.up_to(1).items == (first,)


def test_it_is_told_as_json_has_it() -> None:
    no = Review(accepted=False, reason="没有依据", reviewed_by="审", reviewed_at=NOON)
    assert described_explanation(None) is None
    plain = described_explanation(explained(a_finding(), dict.fromkeys(CELLS, 1)))
    assert plain == {
        "text": "甲",
        "version": 1,
        "given_by": "某",
        "given_at": "2022-01-20T12:00:00Z",
        "state": "given",
        "reviewed_by": None,
        "reviewed_at": None,
        "reason": None,
    }
    refused = described_explanation(explained(a_finding(), dict.fromkeys(CELLS, 1), reviews=(no,)))
    assert refused is not None
    assert (refused["state"], refused["reason"]) == ("refused", "没有依据")
    assert refused["reviewed_at"] == "2022-01-20T12:00:00Z"


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", 10),
        (" 　\n", 10),
        ("　九个字九个字九个字", 1),
        ("九个字，九个字。九个字！", 1),
        ("。。。。。。。。。。", 10),
        ("\u0301" * 12, 10),
        *((filler * 12, 10) for filler in FILLERS),
        *(("九个字九个字九个字" + filler, 1) for filler in FILLERS),
    ],
    ids=ascii,
)
def test_marks_and_what_can_t_be_seen_explain_nothing(text: str, missing: int) -> None:
    fault = f"至少写 10 个字（标点、空格和看不见的字符不算），现在少 {missing} 个"
    assert fault_of_text(text) == fault


@pytest.mark.parametrize("text", ["1111111111", "是" * 40, "哈，" * 10, "aaaaaＡＡＡＡＡ"])
def test_one_letter_over_and_over_explains_nothing(text: str) -> None:
    fault = fault_of_text(text)
    assert fault is not None
    assert "重复了" in fault


@pytest.mark.parametrize("text", ["十个字十个字十个字十", "已与台账核对，共 3 件，无误", "see our ledger"])
def test_ten_letters_and_digits_may_explain_something(text: str) -> None:
    assert fault_of_text(text) is None


def test_each_state_has_a_name() -> None:
    assert [state.label for state in ExplanationState] == ["待审核", "已认可", "未认可"]
