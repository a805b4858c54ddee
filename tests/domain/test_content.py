from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.content import NOBODY, Particulars, document_of, merge, texts_of, with_texts
from app.domain.values import flatten
from app.forms.annual_2021 import FORM
from tests.builders import a_balanced_report, a_content

SOMEBODY = Particulars(
    prepared_by="示例填报人",
    phone="0000-0000000",
    signed_by="示例负责人",
    signed_on="2025-01-20",
    published_on="2025-01-24",
    published_url="https://example.invalid/2024",
)


def test_a_report_s_texts_in_json() -> None:
    content = a_content(narratives={"overview": "甲", "problems": None})
    assert texts_of(replace(content, particulars=SOMEBODY)) == {
        "title": "示例县示例镇人民政府2024年政府信息公开工作年度报告",
        "preface": "本报告统计期限为2024年1月1日至2024年12月31日。",
        "narratives": {"overview": "甲", "problems": None, "other_matters": None},
        "contact": {"prepared_by": "示例填报人", "phone": "0000-0000000"},
        "signed_by": "示例负责人",
        "signed_on": "2025-01-20",
        "published_on": "2025-01-24",
        "published_url": "https://example.invalid/2024",
    }


def test_a_report_s_json_is_its_texts_and_its_tables() -> None:
    content = a_content()
    document = document_of(content)
    tables = {table.code: document[table.code] for table in FORM.tables}
    assert {name: value for name, value in document.items() if name not in tables} == texts_of(content)
    assert flatten(FORM, tables) == a_balanced_report()


@pytest.mark.parametrize("particulars", [NOBODY, SOMEBODY])
def test_texts_read_back_are_the_same(particulars: Particulars) -> None:
    content = replace(a_content(), particulars=particulars)
    emptied = replace(content, title=None, preface=None, narratives={}, particulars=NOBODY)
    assert with_texts(emptied, texts_of(content)) == content


def test_texts_that_are_not_given_are_empty() -> None:
    content = with_texts(replace(a_content(), particulars=SOMEBODY), {"title": "题"})
    assert content.title == "题"
    assert content.preface is None
    assert content.narratives == {"overview": None, "problems": None, "other_matters": None}
    assert content.particulars == NOBODY


def test_what_is_no_text_counts_as_not_given() -> None:
    content = with_texts(a_content(), {"title": 5, "narratives": {"overview": ["甲"]}, "contact": "乙"})
    assert content.title is None
    assert set(content.narratives.values()) == {None}
    assert content.particulars == NOBODY


def test_numbers_and_form_are_no_texts() -> None:
    content = a_content()
    emptied = with_texts(content, {})
    assert (emptied.form, emptied.year, emptied.values) == (content.form, content.year, content.values)


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": {"b": "c", "d": "e"}}, {"a": {"b": None, "f": "g"}}, {"a": {"d": "e", "f": "g"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patches_as_rfc_7396_has_it(
    target: dict[str, object], patch: dict[str, object], result: dict[str, object]
) -> None:
    assert merge(target, patch) == result


json_objects = st.recursive(
    st.dictionaries(st.sampled_from("abc"), st.text(max_size=2), max_size=3),
    lambda below: st.dictionaries(st.sampled_from("abc"), below | st.none(), max_size=3),
    max_leaves=8,
)


@given(json_objects, json_objects)
def test_a_patch_laid_over_twice_changes_nothing_more_and_its_target_stays(
    target: dict[str, object], patch: dict[str, object]
) -> None:
    before = repr(target)
    once = merge(target, patch)
    assert merge(once, patch) == once
    assert repr(target) == before
