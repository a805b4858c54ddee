"""What a change of a report does to its findings, whatever the report says: laws that need no expectation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.context import Context, Reporter
from app.domain.judging import judge, judge_balances
from app.domain.results import not_kept
from app.forms.annual_2021 import FORM, REQUESTS
from tests.builders import a_content, any_values, balanced_values

if TYPE_CHECKING:
    from app.domain.content import Content
    from app.domain.values import Values
    from app.forms.model import CellCode

APPLICANTS = [column.code for column in REQUESTS.columns_of("received")][:-1]
COLUMNS = [*APPLICANTS, "total"]
TOWNSHIP = Reporter(level=AgencyLevel.TOWNSHIP, kind=AgencyKind.GOVERNMENT)
OF_COLUMNS = {"R07", "R08", "R09", "R11", "R18"}
"""Rules that ask the same of every column of 表三."""
WITHOUT_SCALE = {"R07", "R08", "R09", "R10", "R11", "R12", "R13", "R14", "R18", "R23", "R24"}
"""Rules that know no quantity but 0."""

reports = any_values(most=30) | balanced_values(most=30)


def raised(values: Values, cells: set[CellCode], by: int) -> dict[CellCode, int | None]:
    """Return the values with these cells raised; a missing cell stays missing."""
    return {
        code: value + by if value is not None and code in cells else value for code, value in values.items()
    }


def scaled(values: Values, by: int) -> dict[CellCode, int | None]:
    return {code: None if value is None else by * value for code, value in values.items()}


def moved(code: str, moves: dict[str, str]) -> str:
    """Return a code whose last or middle part names a column, with the column that takes its place."""
    head, _, last = code.rpartition(".")
    return f"{head}.{moves.get(last, last)}"


def beside(values: Values) -> Context:
    """Return a township with this report of last year."""
    return Context(reporter=TOWNSHIP, last_year=content_of(values, year=2023))


def content_of(values: Values, year: int = 2024) -> Content:
    return replace(a_content(year=year), values=values)


def findings(values: Values, before: Values, rules: set[str]) -> set[tuple[str, str, str]]:
    """Return what isn't kept of these rules, beside last year's report."""
    results = not_kept(judge(content_of(values), beside(before)))
    return {(r.rule.id, r.code, str(r.outcome)) for r in results if r.rule.id in rules}


@given(reports, st.integers(0, 10**6), st.sets(st.sampled_from(APPLICANTS)))
def test_the_same_added_to_what_comes_in_and_what_is_carried_over_changes_no_arithmetic_finding(
    values: Values, by: int, columns: set[str]
) -> None:
    """本年新收 + 上年结转 = （七）总计 + 结转下年度, whoever the further applicants are."""
    rows = ("received", "pending_at_end")
    changed = raised(values, {f"requests.{row}.{column}" for row in rows for column in columns}, by)
    changed = raised(changed, {f"requests.{row}.total" for row in rows}, by * len(columns))
    assert differences(changed) == differences(values)


def differences(values: Values) -> list[tuple[str, str, int | None]]:
    return [(r.code, str(r.outcome), r.difference) for r in judge_balances(FORM, values)]


@given(reports, st.integers(1, 10**6), st.sampled_from(COLUMNS))
def test_the_same_added_in_one_column_alone_leaves_the_flow_and_moves_the_rows_by_just_as_much(
    values: Values, by: int, column: str
) -> None:
    cells = {f"requests.{row}.{column}" for row in ("received", "pending_at_end")}
    before, after = differences(values), differences(raised(values, cells, by))
    rows = {"requests.applicants.received", "requests.applicants.pending_at_end"}
    sign = by if column == "total" else -by
    for (code, _, old), (_, _, new) in zip(before, after, strict=True):
        assert new == (old + sign if old is not None and code in rows else old)


@given(reports, reports, st.permutations(APPLICANTS))
def test_findings_beside_last_year_move_with_the_applicants_columns(
    values: Values, before: Values, order: list[str]
) -> None:
    moves = dict(zip(APPLICANTS, order, strict=True))
    found = findings(values, before, OF_COLUMNS)
    permuted = [{moved(code, moves): value for code, value in each.items()} for each in (values, before)]
    expected = {(rule, moved(code, moves), outcome) for rule, code, outcome in found}
    assert findings(permuted[0], permuted[1], OF_COLUMNS) == expected


@given(reports, reports, st.integers(2, 10**6))
def test_all_figures_of_both_years_times_the_same_keep_the_findings_of_rules_without_a_scale(
    values: Values, before: Values, by: int
) -> None:
    assert findings(scaled(values, by), scaled(before, by), WITHOUT_SCALE) == findings(
        values, before, WITHOUT_SCALE
    )


@given(reports, reports, st.sampled_from(list(FORM.cells)))
def test_a_figure_that_gets_lost_opens_findings_and_never_closes_one_of_a_sum(
    values: Values, before: Values, code: CellCode
) -> None:
    """A rule over a missing cell isn't evaluated: it is never kept because the cell counts as 0."""
    kept_before = kept(values, before)
    assert kept({**values, code: None}, before) <= kept_before


def kept(values: Values, before: Values) -> set[tuple[str, str]]:
    sums = {"R07", "R08", "R09", "R10", "R11", "R12", "R13", "R18"}
    results = judge(content_of(values), beside(before))
    return {(r.rule.id, r.code) for r in results if r.rule.id in sums and r.outcome == "kept"}
