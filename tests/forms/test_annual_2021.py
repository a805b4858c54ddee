"""The form in force against the text of 国办公开办函〔2021〕30号, whose labels `labels_2021.json` holds."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.forms.annual_2021 import DISCLOSURE, FORM, REQUESTS
from app.forms.model import Axis, Block, leaves_of
from app.forms.since_2019 import PROCEEDINGS

NOTICE: dict[str, Any] = json.loads((Path(__file__).parent / "labels_2021.json").read_text())

ROWS_OF_REQUESTS = [
    "received",
    "pending_at_start",
    "granted",
    "partially_granted",
    "denied_state_secret",
    "denied_prohibited_by_law",
    "denied_security_stability",
    "denied_third_party",
    "denied_internal_affairs",
    "denied_deliberative",
    "denied_enforcement_file",
    "denied_administrative_query",
    "unavailable_not_held",
    "unavailable_needs_creation",
    "unavailable_unclear",
    "refused_petition",
    "refused_repeated",
    "refused_publication",
    "refused_excessive",
    "refused_reissue",
    "closed_not_corrected",
    "closed_fee_unpaid",
    "closed_other",
    "processed",
    "pending_at_end",
]
APPLICANTS = [
    "natural_person",
    "business",
    "research",
    "public_welfare",
    "legal_service",
    "other_organisation",
]
OUTCOMES = ROWS_OF_REQUESTS[2:-2]


def paths(axes: tuple[Axis, ...]) -> Iterator[list[str]]:
    """Yield each leaf's labels from the outermost heading in."""
    for axis in axes:
        if axis.children:
            yield from ([axis.label, *path] for path in paths(axis.children))
        else:
            yield [axis.label]


def labels(axes: tuple[Axis, ...]) -> list[str]:
    return [leaf.label for leaf in leaves_of(axes)]


def test_six_sections_of_which_three_are_tables() -> None:
    assert [section.heading for section in FORM.sections] == NOTICE["sections"]
    assert [section.number for section in FORM.sections] == ["一", "二", "三", "四", "五", "六"]
    assert [table.name for table in FORM.tables] == ["表二", "表三", "表四"]
    assert [section.code for section in FORM.narratives] == ["overview", "problems", "other_matters"]


def test_it_names_the_notice_that_laid_it_down() -> None:
    assert FORM.notice == NOTICE["notice"]


def test_200_cells() -> None:
    sizes = Counter(cell.table.code for cell in FORM.cells.values())
    assert sizes == {"disclosure": 10, "requests": 175, "proceedings": 15}
    assert len(FORM.cells) == 200


def test_42_balances() -> None:
    rules = Counter(balance.rule for balance in FORM.balances)
    assert rules == {"R07": 7, "R08": 7, "R09": 25, "R10": 3}
    assert len({balance.code for balance in FORM.balances}) == 42


def test_34_totals_leave_166_cells_to_type() -> None:
    assert len(FORM.totals) == 34
    assert len(FORM.cells) - len(FORM.totals) == 166


def test_pending_at_end_is_typed_not_worked_out_but_for_its_total() -> None:
    totals = {code for code in FORM.totals if ".pending_at_end." in code}
    assert totals == {"requests.pending_at_end.total"}


def test_every_total_comes_after_the_totals_among_its_parts() -> None:
    done: set[str] = set()
    for total, parts in FORM.totals.items():
        assert {part for part in parts if part in FORM.totals} <= done
        done.add(total)


def test_table_2_stands_in_no_balance_and_all_else_in_one() -> None:
    balanced = {code for balance in FORM.balances for code in balance.cells}
    assert len(balanced) == 190
    assert {FORM.cells[code].table.code for code in FORM.cells.keys() - balanced} == {"disclosure"}


def test_labels_of_table_2() -> None:
    found = [
        {"item": block.heading, "columns": labels(block.columns), "rows": labels(block.rows)}
        for block in DISCLOSURE.blocks
    ]
    assert found == NOTICE["table2"]
    assert {block.corner for block in DISCLOSURE.blocks} == {"信息内容"}


def test_labels_and_headings_of_table_3() -> None:
    (block,) = REQUESTS.blocks
    expected = NOTICE["table3"]
    rows = [[heading for heading in path if heading] for path in expected["rows"]]
    columns = [
        [expected["column_super"], *(heading for heading in path if heading)] for path in expected["columns"]
    ]
    assert block.corner == expected["corner"]
    assert list(paths(block.rows)) == rows
    assert list(paths(block.columns)) == columns


def test_labels_and_headings_of_table_4() -> None:
    (block,) = PROCEEDINGS.blocks
    rows = [[heading for heading in (row["parent"], row["label"]) if heading] for row in NOTICE["table4"]]
    assert list(paths(block.rows)) == rows
    assert all(row["columns"] == labels(block.columns) for row in NOTICE["table4"])


def test_codes_of_table_2() -> None:
    documents = ["issued", "repealed", "in_force"]
    assert [code for code in FORM.cells if code.startswith("disclosure.")] == [
        *(f"disclosure.regulations.{column}" for column in documents),
        *(f"disclosure.normative_documents.{column}" for column in documents),
        "disclosure.licensing.decisions",
        "disclosure.penalties.decisions",
        "disclosure.coercion.decisions",
        "disclosure.fees.amount",
    ]


def test_codes_of_table_3() -> None:
    columns = [*APPLICANTS, "total"]
    assert [row.code for row in REQUESTS.rows()] == ROWS_OF_REQUESTS
    assert [column.code for column in REQUESTS.columns_of("received")] == columns


def test_codes_of_table_4() -> None:
    rows = ["reconsideration", "litigation_direct", "litigation_after_reconsideration"]
    columns = ["affirmed", "reversed", "other", "pending", "total"]
    assert [code for code in FORM.cells if code.startswith("proceedings.")] == [
        f"proceedings.{row}.{column}" for row in rows for column in columns
    ]


def test_what_the_balances_of_table_3_say() -> None:
    balances = {balance.code: balance for balance in FORM.balances}
    for column in [*APPLICANTS, "total"]:
        flow = balances[f"requests.flow.{column}"]
        assert flow.left == (f"requests.received.{column}", f"requests.pending_at_start.{column}")
        assert flow.right == (f"requests.processed.{column}", f"requests.pending_at_end.{column}")
        outcomes = balances[f"requests.outcomes.{column}"]
        assert outcomes.left == (f"requests.processed.{column}",)
        assert outcomes.right == tuple(f"requests.{row}.{column}" for row in OUTCOMES)
    for row in ROWS_OF_REQUESTS:
        applicants = balances[f"requests.applicants.{row}"]
        assert applicants.left == (f"requests.{row}.total",)
        assert applicants.right == tuple(f"requests.{row}.{column}" for column in APPLICANTS)


def test_what_the_balances_of_table_4_say() -> None:
    balances = {balance.code: balance for balance in FORM.balances}
    for row in ("reconsideration", "litigation_direct", "litigation_after_reconsideration"):
        balance = balances[f"proceedings.outcomes.{row}"]
        assert balance.left == (f"proceedings.{row}.total",)
        assert balance.right == tuple(
            f"proceedings.{row}.{column}" for column in ("affirmed", "reversed", "other", "pending")
        )


def test_only_the_fee_is_money_up_to_ten_million_wan_yuan_and_a_billion_for_an_aggregate() -> None:
    money = [cell for cell in FORM.cells.values() if not cell.measure.is_count]
    assert [cell.code for cell in money] == ["disclosure.fees.amount"]
    measure = money[0].measure
    assert (measure.unit, measure.places) == ("万元", 6)
    assert (measure.most, measure.most_in_aggregate) == (10**13, 10**15)


def test_counts_stay_below_a_million_million() -> None:
    counts = {cell.measure for cell in FORM.cells.values() if cell.measure.is_count}
    assert {(count.unit, count.places, count.most) for count in counts} == {("件", 0, 10**12 - 1)}


def test_sums_of_700_000_reports_fit_a_signed_64_bit_column() -> None:
    assert all(700_000 * cell.measure.most < 2**63 for cell in FORM.cells.values() if cell.measure.is_count)


def test_every_indicator_speaks_of_cells_of_the_form() -> None:
    for indicator in FORM.indicators:
        cells = (*indicator.numerator, *indicator.denominator, *indicator.less)
        assert set(cells) <= FORM.cells.keys()


def test_indicators_as_county_staff_call_them() -> None:
    assert {indicator.code: indicator.label for indicator in FORM.indicators} == {
        "granted": "公开率",
        "partially_granted": "部分公开率",
        "denied": "不予公开率",
        "reconsideration_reversed": "复议纠错率",
        "litigation_reversed": "诉讼败诉率",
    }


def test_short_names_tell_the_rows_and_columns_of_a_table_apart() -> None:
    """A message that names a row by its short name must mean one row."""
    for table in FORM.tables:
        spoken = [row.spoken for row in table.rows()]
        assert len(set(spoken)) == len(spoken)
        for row in table.rows():
            columns = [column.spoken for column in table.columns_of(row.code)]
            assert len(set(columns)) == len(columns)


def test_no_label_has_a_space_or_a_line_break() -> None:
    def blocks() -> Iterator[Block]:
        for table in FORM.tables:
            yield from table.blocks

    texts = [text for block in blocks() for path in paths(block.rows + block.columns) for text in path]
    assert not [text for text in texts if any(letter.isspace() for letter in text)]
