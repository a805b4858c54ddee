"""Two reports beside each other: nothing is lost of either, and what is the same counts as kept."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.comparison import Fate, compare_reports, compare_text, share_kept
from app.domain.prose.sentences import plain_of
from app.forms import FORMS
from app.forms.annual_2019 import FORM as FORMER
from app.forms.annual_2021 import FORM
from tests.builders import PROSE, a_content, a_sound_report

SENTENCES = st.sampled_from(
    [
        "及时更新公开目录。",
        "全年收到申请三件，均已办结；",
        "全年收到申请五件，均已办结；",
        "没有行政复议。",
        "（一）主动公开情况\n",
        "开展培训，\n提高能力！",
        "　　加强督查。\n\n",
    ]
)
TEXTS = st.lists(SENTENCES, max_size=12).map("".join)


def fates(left: str, right: str) -> list[tuple[str, str | None, str | None]]:
    passages = compare_text("overview", "一", left, right).passages
    return [(passage.fate.value, passage.left, passage.right) for passage in passages]


@given(TEXTS, TEXTS)
def test_every_passage_of_both_texts_has_a_fate_and_stands_in_order(left: str, right: str) -> None:
    compared = compare_text("overview", "一", left, right)
    assert plain_of("".join(each.left or "" for each in compared.passages)) == plain_of(left)
    assert plain_of("".join(each.right or "" for each in compared.passages)) == plain_of(right)
    for passage in compared.passages:
        assert (passage.left is None) == (passage.fate is Fate.ADDED)
        assert (passage.right is None) == (passage.fate is Fate.REMOVED)
        same = plain_of(passage.left or "") == plain_of(passage.right or "")
        assert same == (passage.fate is Fate.KEPT)
    kept = [passage.right or "" for passage in compared.passages if passage.fate is Fate.KEPT]
    assert compared.kept == len(plain_of("".join(kept))) <= compared.length == len(plain_of(right))


@given(TEXTS)
def test_a_text_is_kept_whole_by_itself(text: str) -> None:
    assert {fate for fate, _, _ in fates(text, text)} <= {"kept"}
    assert share_kept([compare_text("overview", "一", text, text)]) == (Decimal(1) if text.strip() else None)


def test_a_sentence_with_another_figure_was_changed() -> None:
    left = "（一）主动公开。全年收到申请3件，均已办结。没有行政复议。"
    right = "（一）主动公开。全年收到申请5件，均已办结。组织了两次培训。没有行政复议。"
    assert fates(left, right) == [
        ("kept", "（一）主动公开。", "（一）主动公开。"),
        ("changed", "全年收到申请3件，均已办结。", "全年收到申请5件，均已办结。"),
        ("added", None, "组织了两次培训。"),
        ("kept", "没有行政复议。", "没有行政复议。"),
    ]


def test_two_changes_in_a_row_are_told_apart() -> None:
    left, right = "收到申请3件全部办结。公开政府文件10件左右。", "收到申请4件全部办结。公开政府文件12件左右。"
    assert [fate for fate, _, _ in fates(left, right)] == ["changed", "changed"]


def test_what_is_wholly_another_sentence_was_removed_and_added() -> None:
    assert fates("甲乙丙丁。", "子丑寅卯。") == [
        ("removed", "甲乙丙丁。", None),
        ("added", None, "子丑寅卯。"),
    ]


def test_one_character_is_like_no_other() -> None:
    assert fates("甲", "乙") == [("removed", "甲", None), ("added", None, "乙")]


def test_space_and_the_width_of_digits_change_nothing() -> None:
    assert fates("收到申请１２件。\n办结。", "收到 申请12件。办结。") == [
        ("kept", "收到申请１２件。\n办结。", "收到 申请12件。办结。")
    ]


def test_the_share_kept_is_of_the_right_text_s_characters() -> None:
    compared = compare_text("overview", "一", "及时更新。", "及时更新。另有其他五个字。")
    assert (compared.kept, compared.length) == (5, 13)
    assert share_kept([compared]) == Decimal("0.3846")
    assert share_kept([compare_text("overview", "一", "及时更新。", "")]) is None


@pytest.mark.parametrize("sentences", [["重复。"], ["重复。", "又是。"], [f"第{n}句。" for n in range(1500)]])
def test_a_text_of_very_many_sentences_is_compared_whole(sentences: list[str]) -> None:
    left = "".join((sentences * 3000)[:3000])
    right = f"新的一句。{left[::-1]}"
    compared = compare_text("overview", "一", left, right)
    assert plain_of("".join(each.left or "" for each in compared.passages)) == left
    assert plain_of("".join(each.right or "" for each in compared.passages)) == right
    assert {fate for fate, _, _ in fates(left, left)} == {"kept"}


def test_cells_of_the_same_code_are_compared_across_forms_and_the_others_listed() -> None:
    left = a_content(form=FORMER, year=2020, values=a_sound_report(FORMER))
    lost = "requests.granted.total"
    right = a_content(values=a_sound_report() | {lost: None})
    compared = compare_reports(left, right)
    shared = FORMER.cells.keys() & FORM.cells.keys()
    assert [each.cell.code for each in compared.cells] == [code for code in FORM.cells if code in shared]
    for each in compared.cells:
        one, other = left.values[each.cell.code], right.values[each.cell.code]
        assert (each.left, each.right) == (one, other)
        assert each.difference == (None if one is None or other is None else other - one)
    assert {each.cell.code for each in compared.cells if each.difference is None} == {lost}
    assert {cell.code: value for cell, value in compared.only_left} == {
        code: value for code, value in left.values.items() if code not in shared
    }
    assert {cell.code: value for cell, value in compared.only_right} == {
        code: value for code, value in right.values.items() if code not in shared
    }


def test_cells_of_the_same_code_are_measured_alike_on_every_form() -> None:
    measures: dict[str, set[object]] = {}
    for form in FORMS:
        for code, cell in form.cells.items():
            measures.setdefault(code, set()).add(cell.measure)
    assert {code for code, found in measures.items() if len(found) > 1} == set()


def test_preface_and_sections_that_either_has_are_compared() -> None:
    left = a_content(narratives=dict(PROSE))
    right = replace(left, preface=None, narratives={**PROSE, "other_matters": None})
    compared = compare_reports(left, right)
    assert [text.code for text in compared.texts] == ["preface", *PROSE]
    assert {text.code: [each.fate for each in text.passages] for text in compared.texts}["preface"] == [
        Fate.REMOVED
    ]
    assert compared.share_kept == Decimal(1)
    neither = replace(right, narratives={})
    assert compare_reports(neither, neither).texts == []
    assert compare_reports(neither, neither).share_kept is None
