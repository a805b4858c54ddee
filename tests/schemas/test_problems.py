from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.forms.annual_2021 import FORM
from app.schemas.problems import MOST_FAULTS, faults_of, invalid, pointer_to, unknown_member
from app.schemas.reports import body_model

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

REPORT = body_model(FORM)


def errors_in(body: dict[str, Any]) -> list[ErrorDetails]:
    """Return Pydantic's complaints about the body of a report."""
    with pytest.raises(ValidationError) as refused:
        REPORT.model_validate(body)
    return refused.value.errors(include_url=False)


@given(st.lists(st.text(max_size=100) | st.integers(0, 9)))
def test_a_pointer_leads_to_the_member_it_was_made_from(names: list[str | int]) -> None:
    parts = pointer_to(names).split("/")[1:]
    assert [part.replace("~1", "/").replace("~0", "~") for part in parts] == [str(name) for name in names]


def test_a_typing_error_in_any_name_of_the_form_is_set_right() -> None:
    for table in FORM.tables:
        rows = [row.code for row in table.rows()]
        for row in rows:
            for slip in (row[:-1], row + "s", row.upper().lower().replace("_", "")):
                if slip not in rows:
                    assert f"是不是“{row}”？" in unknown_member(slip, rows), slip


def test_a_name_that_is_like_none_is_answered_with_all_there_are() -> None:
    assert unknown_member("zzz", ["title", "year"]) == "没有“zzz”这一项；这里可以有：title、year"
    assert unknown_member("zzz", []) == "没有“zzz”这一项"


def test_every_cell_is_named_as_the_form_names_it_and_pointed_to() -> None:
    for code, cell in FORM.cells.items():
        table, row, column = code.split(".")
        (fault,) = faults_of(errors_in({table: {row: {column: -1}}}), REPORT, inside="body")
        assert fault.pointer == cell.pointer
        assert fault.message.startswith(f"{cell.label}：")


def test_one_fault_is_told_in_the_detail_and_several_are_counted() -> None:
    one = invalid(errors_in({"title": 1}), REPORT, inside="body")
    assert one.detail == "标题：应是文字，现为 1"
    two = invalid(errors_in({"title": 1, "preface": 2}), REPORT, inside="body")
    assert two.detail == "有 2 处不符合要求，请逐处改正"
    assert [fault.message for fault in two.faults] == ["标题：应是文字，现为 1", "前言：应是文字，现为 2"]


def test_faults_beyond_the_most_are_counted_instead_of_listed() -> None:
    just_listed = faults_of(errors_in({f"m{n}": 0 for n in range(MOST_FAULTS)}), REPORT, inside="body")
    assert len(just_listed) == MOST_FAULTS
    *_, last = faults_of(errors_in({f"m{n}": 0 for n in range(MOST_FAULTS + 1)}), REPORT, inside="body")
    assert (last.code, last.details) == ("omitted", {"omitted": 1})
