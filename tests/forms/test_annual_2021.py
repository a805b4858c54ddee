"""The form in force: its cells, codes, balances and limits."""

from collections import Counter

from app.forms.annual_2021 import FORM, REQUESTS

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


def test_table_2_stands_in_no_balance_and_all_else_in_one() -> None:
    balanced = {code for balance in FORM.balances for code in balance.cells}
    assert len(balanced) == 190
    assert {FORM.cells[code].table.code for code in FORM.cells.keys() - balanced} == {"disclosure"}


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
