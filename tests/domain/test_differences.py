from dataclasses import replace

from hypothesis import given

from app.domain.content import Particulars, label_of_place, places_of_text
from app.domain.differences import differences
from app.domain.values import Values
from app.forms.annual_2021 import FORM
from tests.builders import a_balanced_report, a_content, any_values

LICENCES = "disclosure.licensing.decisions"


def test_what_is_the_same_is_not_listed() -> None:
    differ = differences(a_content(), a_content())
    assert (differ.cells, differ.texts) == ({}, {})


def test_a_cell_that_was_lost_or_found_differs_from_zero() -> None:
    before = a_content(values={**a_balanced_report(), LICENCES: None})
    after = a_content(values={**a_balanced_report(), LICENCES: 0})
    assert differences(before, after).cells == {LICENCES: (None, 0)}
    assert differences(after, before).cells == {LICENCES: (0, None)}


def test_texts_are_named_by_their_place_in_the_json() -> None:
    before = a_content()
    after = replace(
        before,
        title=None,
        narratives={**before.narratives, "problems": "改了。"},
        particulars=Particulars(phone="0953-6012345", signed_on="2022-01-20"),
    )
    assert differences(before, after).texts == {
        "/title": (before.title, None),
        "/narratives/problems": (before.narratives["problems"], "改了。"),
        "/contact/phone": (None, "0953-6012345"),
        "/signed_on": (None, "2022-01-20"),
    }


@given(any_values(), any_values())
def test_the_differences_make_the_later_version_of_the_earlier(before: Values, after: Values) -> None:
    differ = differences(a_content(values=before), a_content(values=after)).cells
    assert {**before, **{code: now for code, (_, now) in differ.items()}} == {
        code: after.get(code) for code in FORM.cells
    } | {code: before.get(code) for code in FORM.cells if code not in differ}
    assert all(was != now for was, now in differ.values())
    assert list(differ) == [code for code in FORM.cells if code in differ]


def test_every_cell_and_text_can_be_pointed_at_by_what_people_call_it() -> None:
    assert places_of_text(FORM) == {
        "title": "标题",
        "preface": "前言",
        "overview": "一、总体情况",
        "problems": "五、存在的主要问题及改进情况",
        "other_matters": "六、其他需要报告的事项",
    }
    assert label_of_place(FORM, "preface") == "前言"
    assert label_of_place(FORM, LICENCES) == FORM.cells[LICENCES].label
