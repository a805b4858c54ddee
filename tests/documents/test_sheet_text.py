import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.sheet_text import (
    MOST_IN_CELL,
    cell_text,
    clean,
    lines_needed,
    paragraphs_of,
    sheet_names,
    utf16_length,
)

NASTY = [
    "盐池县[本级]",
    "盐池县:本级",
    "盐池县：本级",
    "'镇'",
    "History",
    "history",
    "汇总",
    "",
    "   ",
    "镇" * 40,
    "镇" * 40,
    "ＡＢＣ",
    "abc",
    "a/b\\c*d?",
    "𠮷" * 20,
    "\x00\ud800",
]


@given(st.lists(st.sampled_from(NASTY) | st.text(st.characters(), max_size=40), max_size=30))
def test_sheet_names_are_legal_and_all_different(names: list[str]) -> None:
    taken = ("汇总", "明细")
    found = sheet_names(names, taken)
    assert len(found) == len(names)
    for name in found:
        assert 1 <= utf16_length(name) <= 31
        assert not set(unicodedata.normalize("NFKC", name)) & set("[]:*?/\\")
        assert not name.startswith("'")
        assert not name.endswith("'")
    compared = [unicodedata.normalize("NFKC", name).casefold() for name in (*found, *taken, "History")]
    assert len(set(compared)) == len(compared)


def test_a_good_sheet_name_stays_as_it_is() -> None:
    assert sheet_names(["盐池县大水坑镇人民政府"], ()) == ["盐池县大水坑镇人民政府"]


def test_equal_names_are_counted() -> None:
    assert sheet_names(["镇", "镇", "镇"], ()) == ["镇", "镇(2)", "镇(3)"]


def test_characters_that_no_file_holds_leave_a_mark() -> None:
    assert clean("a\x00b\x0bc\ud800d\uffff") == "a\ufffdb\ufffdc\ufffdd\ufffd"


def test_line_ends_become_one_kind() -> None:
    assert clean("a\r\nb\rc\td") == "a\nb\nc\td"


def test_text_that_looks_like_excels_own_escape_is_escaped() -> None:
    assert clean("_x0041_ _x41_") == "_x005F_x0041_ _x41_"


def test_empty_lines_are_no_paragraphs() -> None:
    assert paragraphs_of("一\n\n 　\n二\n") == ["一", "二"]


@given(st.text(st.sampled_from("字。，𠮷a"), max_size=50), st.integers(1, 4000))
def test_a_paragraph_too_long_for_a_cell_is_whole_in_several(text: str, times: int) -> None:
    pieces = paragraphs_of(text * times)
    assert "".join(pieces) == text * times
    assert all(utf16_length(piece) <= MOST_IN_CELL for piece in pieces)


def test_a_long_paragraph_is_cut_at_the_end_of_a_sentence() -> None:
    pieces = paragraphs_of(("字" * 999 + "。") * 40)
    assert [len(piece) for piece in pieces] == [32_000, 8_000]


def test_a_cell_that_holds_too_much_says_so() -> None:
    found = cell_text("字" * 40_000)
    assert found.endswith("（此处未全部列出）")
    assert utf16_length(found) <= 32_767


@pytest.mark.parametrize(
    ("text", "width", "size", "lines"),
    [
        ("", 10, 10, 1),
        ("信息内容", 8, 10, 1),
        ("信息内容", 6, 10, 2),
        ("a\nb", 10, 10, 2),
        ("本年", 1, 10, 2),
    ],
)
def test_lines_are_counted_by_the_width_of_characters(text: str, width: int, size: int, lines: int) -> None:
    assert lines_needed(text, width, size) == lines
