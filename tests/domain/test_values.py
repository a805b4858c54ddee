from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.values import (
    Values,
    flatten,
    from_json,
    from_text,
    missing_cells,
    nest,
    to_json,
    to_printed,
    to_text,
)
from app.forms.annual_2019 import CHANGE
from app.forms.annual_2019 import PROCUREMENT as YUAN
from app.forms.annual_2021 import FEE, FORM
from app.forms.model import COUNT, Measure, ReportForm
from tests.builders import a_balanced_report, a_toy_form, any_values, on_any_form


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("0", 0),
        ("43.788", 43_788_000),
        ("0.000001", 1),
        ("0.43788", 437_880),
        ("316441", 316_441_000_000),
        ("119253.55", 119_253_550_000),
        ("9999999.999999", 9_999_999_999_999),
        ("10000000", 10**13),
    ],
)
def test_money_is_read_and_written_to_the_last_place(text: str, stored: int) -> None:
    assert from_text(FEE, text) == stored
    assert to_text(FEE, stored) == text


@pytest.mark.parametrize(("text", "stored"), [("1.10", 1_100_000), ("0.0", 0), ("2.000000", 2_000_000)])
def test_zeros_at_the_end_are_read_but_not_written(text: str, stored: int) -> None:
    assert from_text(FEE, text) == stored
    assert to_text(FEE, stored) == text.rstrip("0").rstrip(".")


@pytest.mark.parametrize(
    "text",
    [
        *("", " 1", "1\n", "-1", "+1", ".5", "5.", "05", "00", "0.0000001", "1.0000000", "1e3", "1,000"),
        *("NaN", "43.788万元", "/", "—", "无", "１２", "٣", "9" * 19),
    ],
)
def test_what_is_no_amount_is_not_read_as_one(text: str) -> None:
    assert from_text(FEE, text) is None


def test_a_count_has_no_decimal_places() -> None:
    assert from_text(COUNT, "12") == 12
    assert from_text(COUNT, "12.0") is None
    assert to_text(COUNT, 12) == "12"
    assert to_text(COUNT, -4) == "-4"


@pytest.mark.parametrize(("text", "stored"), [("-4", -4), ("0", 0), ("21", 21), ("-0", 0)])
def test_a_change_may_be_below_0(text: str, stored: int) -> None:
    assert from_text(CHANGE, text) == stored


@pytest.mark.parametrize("text", ["--4", "+4", "4-", "-", "- 4", "-04", "-4.0", "减4"])
def test_what_is_no_change_is_not_read_as_one(text: str) -> None:
    assert from_text(CHANGE, text) is None


def test_negative_money_is_written_for_messages() -> None:
    assert to_text(FEE, -1) == "-0.000001"
    assert to_text(FEE, -43_788_000) == "-43.788"


@given(st.integers(0, 10**15), st.sampled_from([FEE, YUAN, COUNT]))
def test_writing_and_reading_are_identities(stored: int, measure: Measure) -> None:
    assert from_text(measure, to_text(measure, stored)) == stored
    assert from_json(measure, to_json(measure, stored)) == stored


@given(st.integers(-(10**12), 10**12))
def test_writing_and_reading_a_change_are_identities(stored: int) -> None:
    assert from_text(CHANGE, to_text(CHANGE, stored)) == stored
    assert from_json(CHANGE, to_json(CHANGE, stored)) == stored


@given(st.integers(-(10**15), 10**15), st.sampled_from([FEE, YUAN, COUNT]))
def test_what_is_written_is_the_exact_amount(stored: int, measure: Measure) -> None:
    assert Decimal(to_text(measure, stored)) * 10**measure.places == stored
    assert Decimal(to_printed(measure, stored)) * 10**measure.places == stored


@pytest.mark.parametrize(
    ("stored", "printed"),
    [
        (0, "0"),
        (43_788_000, "43.7880"),
        (500_000, "0.5000"),
        (437_880, "0.43788"),
        (1, "0.000001"),
        (25_000_000, "25"),
    ],
)
def test_documents_show_money_with_four_places_where_it_has_any(stored: int, printed: str) -> None:
    assert to_printed(FEE, stored) == printed


def test_documents_show_counts_as_they_are() -> None:
    assert to_printed(COUNT, 11_398_889) == "11398889"


def test_json_holds_counts_as_numbers_money_as_text_and_missing_cells_as_null() -> None:
    assert to_json(COUNT, 3) == 3
    assert to_json(FEE, 3) == "0.000003"
    assert to_json(COUNT, None) is None
    assert to_json(FEE, None) is None


def test_text_that_is_no_number_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="无"):
        from_json(FEE, "无")


def test_a_report_s_json_is_table_row_column() -> None:
    nested = nest(FORM, a_balanced_report())
    assert list(nested) == ["disclosure", "requests", "proceedings"]
    assert list(nested["proceedings"]) == [
        "reconsideration",
        "litigation_direct",
        "litigation_after_reconsideration",
    ]
    assert nested["disclosure"]["fees"] == {"amount": "10.00001"}
    assert list(nested["disclosure"]["regulations"].items()) == [
        ("issued", 1),
        ("repealed", 2),
        ("in_force", 3),
    ]


def test_a_cell_that_values_lack_is_null_in_json() -> None:
    nested = nest(FORM, {"disclosure.licensing.decisions": 0})
    assert nested["disclosure"]["licensing"] == {"decisions": 0}
    assert nested["disclosure"]["penalties"] == {"decisions": None}


@given(on_any_form(any_values))
def test_flatten_undoes_nest(case: tuple[ReportForm, Values]) -> None:
    form, values = case
    assert flatten(form, nest(form, values)) == values


def test_cells_that_were_not_sent_are_left_out() -> None:
    nested = nest(FORM, a_balanced_report())
    del nested["requests"]["granted"]["business"]
    del nested["proceedings"]
    values = flatten(FORM, nested)
    assert "requests.granted.business" not in values
    assert len(values) == 200 - 1 - 15


def test_a_null_row_or_table_stands_for_all_its_cells() -> None:
    values = flatten(FORM, {"proceedings": None, "requests": {"granted": None}})
    assert len(values) == 15 + 7
    assert set(values.values()) == {None}


@pytest.mark.parametrize(
    ("nested", "told"),
    [
        ({"proceedings": 3}, "3"),
        ({"requests": {"granted": [1]}}, r"\[1\]"),
        ({"requests": {"granted": {"business": "1"}}}, "1"),
        ({"disclosure": {"fees": {"amount": 1}}}, "1"),
        ({"disclosure": {"fees": {"amount": "1e3"}}}, "1e3"),
    ],
)
def test_json_of_another_shape_is_refused_by_what_it_is(nested: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=f"^{told}$"):
        flatten(FORM, nested)


def test_cells_of_another_form_are_none_of_this_one_s() -> None:
    assert nest(a_toy_form(), a_balanced_report())["loans"]["adults"]["paper"] is None


def test_missing_cells_come_in_the_form_s_order() -> None:
    assert missing_cells(FORM, {}) == list(FORM.cells)


def test_a_zero_is_not_missing_and_an_absent_cell_is() -> None:
    values = dict.fromkeys(FORM.cells, 0)
    del values["disclosure.licensing.decisions"]
    assert missing_cells(FORM, values) == ["disclosure.licensing.decisions"]
