"""The form of the report years 2019 and 2020: its cells, codes, balances and limits."""

from collections import Counter

from app.forms import annual_2021
from app.forms.annual_2019 import FORM, REQUESTS

ITEMS = ["items_before", "items_change"]
CHANGES = ["licensing", "other_services", "penalties", "coercion", "fees"]


def test_it_covers_two_years() -> None:
    assert [year for year in range(2015, 2031) if FORM.covers(year)] == [2019, 2020]


def test_198_cells() -> None:
    sizes = Counter(cell.table.code for cell in FORM.cells.values())
    assert sizes == {"disclosure": 22, "requests": 161, "proceedings": 15}
    assert len(FORM.cells) == 198


def test_40_balances() -> None:
    rules = Counter(balance.rule for balance in FORM.balances)
    assert rules == {"R07": 7, "R08": 7, "R09": 23, "R10": 3}
    assert len({balance.code for balance in FORM.balances}) == 40


def test_32_totals_leave_166_cells_to_type() -> None:
    assert len(FORM.totals) == 32
    assert len(FORM.cells) - len(FORM.totals) == 166


def test_codes_of_table_2() -> None:
    documents = ["made", "newly_disclosed", "disclosed"]
    assert [code for code in FORM.cells if code.startswith("disclosure.")] == [
        *(f"disclosure.regulations.{column}" for column in documents),
        *(f"disclosure.normative_documents.{column}" for column in documents),
        *(f"disclosure.{row}.{column}" for row in CHANGES[:-1] for column in [*ITEMS, "decided"]),
        *(f"disclosure.fees.{column}" for column in ITEMS),
        "disclosure.procurement.projects",
        "disclosure.procurement.spent",
    ]


def test_no_cell_of_table_2_is_one_of_the_later_form() -> None:
    """Same code, same meaning: the later form's table 2 counts other things."""
    shared = FORM.cells.keys() & annual_2021.FORM.cells.keys()
    assert not [code for code in shared if code.startswith("disclosure.")]


def test_table_3_is_the_later_one_s_but_for_a_single_row_of_other_outcomes() -> None:
    rows = [row.code for row in REQUESTS.rows()]
    later = [row.code for row in annual_2021.REQUESTS.rows()]
    assert len(rows) == 23
    assert rows == [*later[:20], "closed", *later[23:]]
    assert REQUESTS.columns_of("closed") == annual_2021.REQUESTS.columns_of("closed_other")


def test_table_4_is_the_later_one_s() -> None:
    assert FORM.table("proceedings") is annual_2021.FORM.table("proceedings")


def test_the_outcomes_add_up_with_that_row_among_them() -> None:
    parts = FORM.totals["requests.processed.business"]
    assert len(parts) == 19
    assert parts[-1] == "requests.closed.business"


def test_only_changes_may_be_below_0() -> None:
    signed = [code for code, cell in FORM.cells.items() if cell.measure.is_signed]
    assert signed == [f"disclosure.{row}.items_change" for row in CHANGES]
    assert {FORM.cells[code].measure.least for code in signed} == {-(10**12 - 1)}
    assert {cell.measure.least for code, cell in FORM.cells.items() if code not in signed} == {0}


def test_procurement_is_money_in_yuan_to_the_last_fen() -> None:
    money = [cell for cell in FORM.cells.values() if not cell.measure.is_count]
    assert [cell.code for cell in money] == ["disclosure.procurement.spent"]
    measure = money[0].measure
    assert (measure.unit, measure.places) == ("元", 2)
    assert (measure.most, measure.most_in_aggregate) == (10**13, 10**15)


def test_items_are_counted_in_their_own_unit() -> None:
    units = {cell.column.code: cell.measure.unit for cell in FORM.cells.values()}
    assert [units[column] for column in [*ITEMS, "projects"]] == ["项"] * 3
    assert (units["decided"], units["made"]) == ("件", "件")
