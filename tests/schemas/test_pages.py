from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.orders import Mark, Order
from app.errors import InvalidRequest
from app.schemas.pages import read_cursor, read_mark, write_cursor, written_mark

codes = st.from_regex(r"[0-9A-Za-z-]{1,32}", fullmatch=True)


@given(codes, st.integers(1949, 9999))
def test_a_cursor_leads_back_to_where_it_was_written(code: str, year: int) -> None:
    assert read_cursor(write_cursor([code, year]), ["", 0]) == [code, year]


def test_without_a_cursor_a_list_begins_at_its_beginning() -> None:
    assert read_cursor(None, ["", 0]) == ["", 0]


@given(st.text() | st.lists(st.text() | st.integers() | st.booleans()).map(write_cursor))
def test_whatever_else_is_sent_as_a_cursor_is_refused_or_harmless(cursor: str) -> None:
    with suppress(InvalidRequest):
        code, year = read_cursor(cursor, ["", 0])
        assert isinstance(code, str)
        assert code.isascii()
        assert type(year) is int
        assert abs(year) < 2**63


@pytest.mark.parametrize(
    "after", [["a"], ["a", "b"], [1, 1], ["a", 1, 1], [None, 1], ["a", True], ["a", 2**63]]
)
def test_a_cursor_of_another_list_is_refused(after: list[str | int]) -> None:
    with pytest.raises(InvalidRequest, match="游标无效"):
        read_cursor(write_cursor(after), ["", 0])


BY_NAME, BY_VALUE = Order("name", of_text=True), Order("value", descending=True)


@pytest.mark.parametrize(
    ("order", "key"),
    [(BY_NAME, None), (BY_NAME, "甲/乡"), (BY_VALUE, None), (BY_VALUE, 0), (BY_VALUE, -(2**62))],
)
def test_a_list_goes_on_after_the_mark_that_was_written(order: Order, key: int | str | None) -> None:
    mark = Mark(key, "1")
    assert read_mark(write_cursor(written_mark(order, mark)), order) == mark


@pytest.mark.parametrize(
    ("order", "after"),
    [
        (BY_NAME, ["name desc", "", "1"]),
        (BY_NAME, ["code asc", "", "1"]),
        (BY_NAME, ["name asc", "zz", "1"]),
        (BY_NAME, ["name asc", "ff", "1"]),
        (BY_NAME, ["name asc", "#1", "1"]),
        (BY_NAME, ["name asc", 1, "1"]),
        (BY_NAME, ["name asc", "1"]),
        (BY_VALUE, ["value desc", "#x", "1"]),
        (BY_VALUE, ["value desc", f"#{2**63}", "1"]),
        (BY_VALUE, ["value desc", "e794b2", "1"]),
    ],
)
def test_a_mark_that_the_service_did_not_write_is_refused(order: Order, after: list[str | int]) -> None:
    with pytest.raises(InvalidRequest, match="游标无效"):
        read_mark(write_cursor(after), order)


def test_the_first_page_goes_on_after_nothing() -> None:
    assert read_mark(None, BY_NAME) is None
