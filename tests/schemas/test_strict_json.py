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


@pytest.mark.parametrize(("start", "inner", "end"), [("[", "", "]"), ("[", "1", "]"), ('{"a":', "1", "}")])
def test_64_levels_are_read_and_65_are_too_many(start: str, inner: str, end: str) -> None:
    assert parse(f"{start * 64}{inner}{end * 64}".encode())
    for levels in (65, 1000, 100_000):
        with pytest.raises(Malformed, match="嵌套层数太多，最多 64 层"):
            parse(f"{start * levels}{inner}{end * levels}".encode())


def test_a_repeated_member_is_found_quickly_among_many() -> None:
    members = ",".join(f'"{number}":0' for number in range(200_000))
    with pytest.raises(Malformed, match="“199999”出现了不止一次"):
        parse(f'{{{members},"199999":1}}'.encode())
