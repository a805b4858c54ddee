from __future__ import annotations

import re
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.domain.values import to_text
from app.forms.annual_2021 import FORM
from app.schemas.fields import MOST_SHOWN, Line, Name, Prose, shortened, type_of
from app.schemas.strict_json import parse

FEE = FORM.cells["disclosure.fees.amount"].measure
money: TypeAdapter[str] = TypeAdapter(cast("Any", type_of(FEE)))


@given(st.integers(0, 10**15))
def test_money_written_as_text_or_as_a_short_number_is_kept_exactly(stored: int) -> None:
    text = to_text(FEE, stored)
    assert money.validate_python(text) == text
    if len(text.replace(".", "")) <= 15:
        assert money.validate_python(parse(text.encode())) == text


@given(st.integers(0, 10**9 - 1), st.integers(0, 6))
def test_superfluous_zeros_of_money_are_dropped(whole: int, zeros: int) -> None:
    text = f"{whole}.{'0' * zeros}" if zeros else str(whole)
    assert money.validate_python(text) == str(whole)


@given(st.floats() | st.booleans() | st.none() | st.binary())
def test_money_is_never_made_of_anything_else(value: object) -> None:
    with pytest.raises(ValidationError):
        money.validate_python(value)


@given(st.integers(0, 10**15))
def test_the_schema_of_money_takes_what_the_service_gives_out(stored: int) -> None:
    pattern: str = money.json_schema()["anyOf"][0]["pattern"]
    assert re.search(pattern, to_text(FEE, stored))


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=500))
def test_ordinary_text_is_kept_as_it_is(text: str) -> None:
    for kind in (Line, Prose):
        assert TypeAdapter(kind).validate_python(text) == text


@pytest.mark.parametrize("text", ["", " ", "\u3000", "a\nb", "a\rb", "a\0"])
def test_a_name_is_one_line_that_says_something(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Name).validate_python(text)


@given(st.text())
def test_quoted_text_is_never_long(text: str) -> None:
    assert shortened(text) == text or shortened(text).startswith(text[:MOST_SHOWN])
    assert len(shortened(text)) < MOST_SHOWN + 30
