from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.domain.orders import Mark, Order

CODES = st.text("abAB-01", min_size=1, max_size=3)


def marks(keys: st.SearchStrategy[int] | st.SearchStrategy[str]) -> st.SearchStrategy[list[Mark]]:
    """Generate marks whose codes differ, of one kind of key, some without one."""
    each = st.builds(Mark, st.none() | keys, CODES)
    return st.lists(each, max_size=8, unique_by=lambda mark: mark.code)


ANY_MARKS = marks(st.integers(-3, 3)) | marks(st.text("甲乙a", max_size=2))
ORDERS = st.builds(Order, st.just("x"), st.booleans())


@given(ANY_MARKS, ORDERS)
def test_what_comes_after_a_mark_is_what_follows_it_in_the_list(items: list[Mark], order: Order) -> None:
    arranged = order.arrange(items, lambda mark: mark)
    for place, mark in enumerate(arranged):
        rest = [each for each in arranged if order.comes_after(each, mark)]
        assert rest == arranged[place + 1 :]


@given(ANY_MARKS)
def test_no_key_comes_last_and_the_same_key_goes_by_code_whichever_way(items: list[Mark]) -> None:
    up, down = (Order("x", descending).arrange(items, lambda mark: mark) for descending in (False, True))
    known = len([mark for mark in items if mark.key is not None])
    assert up[known:] == down[known:] == sorted(up[known:], key=lambda mark: mark.code)
    assert [mark.key for mark in up[:known]] == [mark.key for mark in reversed(down[:known])]
    for arranged in (up[:known], down[:known]):
        pairs = pairwise(arranged)
        assert all(one.code < other.code for one, other in pairs if one.key == other.key)
