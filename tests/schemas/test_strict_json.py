import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Malformed
from app.schemas.strict_json import parse

leaves = (
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
)
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=9,
)


@given(trees)
def test_what_json_says_is_what_is_read(tree: object) -> None:
    assert parse(json.dumps(tree).encode()) == tree


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_numbers_with_a_fraction_or_an_exponent_are_read_exactly(number: Decimal) -> None:
    read = parse(str(number).encode())
    assert Decimal(str(read)) == number


def test_a_thousand_levels_are_too_many_and_ten_are_not() -> None:
    assert parse(b"[" * 10 + b"]" * 10) == [[[[[[[[[[]]]]]]]]]]
    with pytest.raises(Malformed, match="嵌套"):
        parse(b"[" * 100_000)


def test_a_repeated_member_is_found_quickly_among_many() -> None:
    members = ",".join(f'"{number}":0' for number in range(200_000))
    with pytest.raises(Malformed, match="“199999”出现了不止一次"):
        parse(f'{{{members},"199999":1}}'.encode())
