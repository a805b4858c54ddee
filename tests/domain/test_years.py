"""A report beside those of the years before: every figure here is made up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.context import Context, RuleSettings
from app.domain.results import Outcome, Result
from app.domain.years import judge_years, mark_of, suggestions, watched_cells
from app.forms import annual_2019
from app.forms.annual_2021 import FORM
from app.forms.model import ReportForm
from tests.builders import a_content, a_sound_report, a_toy_form

KEPT, BROKEN, OPEN = Outcome.KEPT, Outcome.BROKEN, Outcome.NOT_EVALUATED
FORMER = annual_2019.FORM
START, END = "requests.pending_at_start.business", "requests.pending_at_end.business"
STOCK = "disclosure.normative_documents"
RECEIVED = "requests.received.total"
ITEMS = "disclosure.licensing"


def zeros(form: ReportForm = FORM, **cells: int | None) -> dict[str, int | None]:
    return dict.fromkeys(form.cells, 0) | {name.replace("__", "."): value for name, value in cells.items()}


def judged(
    rule: str, now: dict[str, int | None], before: dict[str, int | None], *, form: ReportForm = FORM
) -> dict[str, Result]:
    """Judge a report of 2022, or of 2020 on the former form, beside one of the year before on the same."""
    year = 2022 if form is FORM else 2020
    last = a_content(form, year=year - 1, values=before)
    results = judge_years(a_content(form, year=year, values=now), Context(last_year=last))
    return {result.code: result for result in results if result.rule.id == rule}


def test_without_earlier_reports_nothing_is_judged() -> None:
    assert list(judge_years(a_content(), Context())) == []


def test_the_same_sound_report_is_sound_the_year_after() -> None:
    last = a_content(year=2022, values=a_sound_report())
    results = list(judge_years(a_content(year=2023, values=a_sound_report()), Context(last_year=last)))
    assert {result.outcome for result in results} == {KEPT}
    assert {result.rule.id for result in results} == {"R11", "R12"}


@pytest.mark.parametrize(
    ("now", "before", "outcome", "said"),
    [
        (3, 3, KEPT, "表三“上年结转”行“商业企业”列 3，2021 年度报告“结转下年度”行“商业企业”列是 3"),
        (3, 5, BROKEN, "相差 2；机构合并、上年更正等情况请在出错说明里写明"),
        (None, 5, OPEN, "表三“上年结转”行“商业企业”列没有填，没法与上一年度的报告核对"),
        (3, None, OPEN, "2021 年度报告“结转下年度”行“商业企业”列没有填，没法与本年度核对"),
    ],
)
def test_what_was_carried_over_is_what_the_year_begins_with(
    now: int | None, before: int | None, outcome: Outcome, said: str
) -> None:
    results = judged("R11", zeros() | {START: now}, zeros() | {END: before})
    assert len(results) == 7
    result = results["requests.carried.business"]
    assert (result.outcome, result.left, result.right) == (outcome, now, before)
    assert said in result.message


def test_what_was_carried_over_is_compared_across_the_two_forms() -> None:
    last = a_content(FORMER, year=2020, values=zeros(FORMER) | {END: 4})
    results = list(judge_years(a_content(year=2021, values=zeros()), Context(last_year=last)))
    assert {result.rule.id for result in results} == {"R11"}
    assert [result.code for result in results if result.outcome is BROKEN] == ["requests.carried.business"]


@pytest.mark.parametrize(
    ("now", "before", "outcome", "said"),
    [
        ((420, 50, 227), 597, KEPT, "上一年度 597 + 本年制发 50 − 本年废止 227 = 420"),
        ((420, 50, 227), 598, BROKEN, "相差 1；清理、移交等情况请在出错说明里写明"),
        ((None, 50, 227), 597, OPEN, "表二“行政规范性文件”行“现行有效件数”列没有填，没法与 2021"),
        ((420, None, None), 597, OPEN, "“本年制发件数”列、表二“行政规范性文件”行“本年废止件数”列没有填"),
        ((420, 50, 227), None, OPEN, "2021 年度报告的表二“行政规范性文件”行“现行有效件数”列没有填"),
    ],
)
def test_documents_in_force_follow_from_last_year(
    now: tuple[int | None, int, int], before: int | None, outcome: Outcome, said: str
) -> None:
    cells = dict(zip(("in_force", "issued", "repealed"), now, strict=True))
    values = zeros() | {f"{STOCK}.{column}": value for column, value in cells.items()}
    result = judged("R12", values, zeros() | {f"{STOCK}.in_force": before})[
        "disclosure.stock.normative_documents"
    ]
    assert result.outcome is outcome
    assert said in result.message


@pytest.mark.parametrize(
    ("now", "before", "outcome", "said"),
    [
        (8, (12, -4), KEPT, "2019 年度报告 12 − 4 = 8"),
        (16, (12, 4), KEPT, "2019 年度报告 12 + 4 = 16"),
        (17, (12, 4), BROKEN, "相差 1；事项划转、清理等情况请在出错说明里写明"),
        (None, (12, 4), OPEN, "表二“行政许可”行“上一年项目数量”列没有填"),
        (16, (12, None), OPEN, "2019 年度报告的表二“行政许可”行“本年增/减”列没有填，没法与本年度核对"),
    ],
)
def test_items_of_the_former_form_go_on_from_year_to_year(
    now: int | None, before: tuple[int, int | None], outcome: Outcome, said: str
) -> None:
    last = {f"{ITEMS}.items_before": before[0], f"{ITEMS}.items_change": before[1]}
    results = judged("R20", zeros(FORMER) | {f"{ITEMS}.items_before": now}, zeros(FORMER) | last, form=FORMER)
    assert len(results) > 1
    assert results["disclosure.items.licensing"].outcome is outcome
    assert said in results["disclosure.items.licensing"].message


def test_items_are_not_compared_with_a_form_that_has_none() -> None:
    content = a_content(FORMER, year=2020, values=zeros(FORMER))
    other = replace(a_content(), year=2019)
    assert not [r for r in judge_years(content, Context(last_year=other)) if r.rule.id == "R20"]


def test_last_year_s_figures_are_offered() -> None:
    last = a_content(
        year=2021, values=zeros() | {END: 7, f"{STOCK}.in_force": 9, "requests.pending_at_end.total": None}
    )
    offered = suggestions(FORM, last)
    assert (offered[START], offered[f"{STOCK}.in_force"]) == (7, 9)
    assert "requests.pending_at_start.total" not in offered
    former = a_content(FORMER, year=2020, values=zeros(FORMER) | {END: 2})
    assert {code for code in suggestions(FORM, former) if not code.startswith("requests.")} == set()


def jumps(value: int | None, *before: int | None, settings: RuleSettings | None = None) -> dict[str, Result]:
    earlier = tuple((2021 - place, {RECEIVED: one}) for place, one in enumerate(before))
    context = Context(earlier=earlier, settings=settings or RuleSettings())
    results = judge_years(a_content(year=2022, values=zeros() | {RECEIVED: value}), context)
    return {result.code: result for result in results}


@pytest.mark.parametrize(
    ("value", "before", "outcome"),
    [
        (30, (10, 10, 10), BROKEN),
        (29, (10, 10, 10), KEPT),
        (10, (0, 0, 0), BROKEN),
        (9, (0, 0, 0), KEPT),
        (5, (15, 20, 15), BROKEN),
        (40, (10, 40, 90), KEPT),
        (30, (10, 12), BROKEN),
    ],
)
def test_a_jump_is_large_and_many_times_over(value: int, before: tuple[int, ...], outcome: Outcome) -> None:
    assert jumps(value, *before)[RECEIVED].outcome is outcome


def test_a_jump_is_told_with_what_is_usual() -> None:
    assert jumps(1, 30, 30)[RECEIVED].message.endswith("前 2 年的中位数是 30，减少了 29；请核对是不是填错")


def test_a_jump_needs_two_years_and_this_year_s_figure() -> None:
    assert jumps(30, 1) == {}
    assert jumps(30, 1, None) == {}
    assert jumps(None, 1, 1)[RECEIVED].outcome is OPEN


def test_a_county_sets_what_a_jump_is() -> None:
    settings = RuleSettings(thresholds={"R29.difference": 100})
    assert jumps(30, 10, 10, settings=settings)[RECEIVED].outcome is KEPT


@pytest.mark.parametrize(("values", "mark"), [(range(1, 101), 99), (range(1, 201), 198), ([5], 5)])
def test_99_of_100_do_not_exceed_the_mark(values: range | list[int], mark: int) -> None:
    assert mark_of(list(values)) == mark


@pytest.mark.parametrize(
    ("value", "asked", "is_aggregate", "outcome"),
    [
        (31, 1, False, BROKEN),
        (29, 1, False, KEPT),
        (31, 0, False, None),
        (31, 1, True, None),
        (None, 1, False, None),
    ],
)
def test_beyond_peers(value: int | None, asked: int, is_aggregate: bool, outcome: Outcome | None) -> None:  # noqa: FBT001
    settings = RuleSettings(thresholds={"R29.peers": asked})
    context = Context(marks={RECEIVED: 20}, peers=400, settings=settings)
    content = a_content(values=zeros() | {RECEIVED: value}, is_aggregate=is_aggregate)
    found = [result for result in judge_years(content, context) if result.code == f"peers.{RECEIVED}"]
    assert [result.outcome for result in found] == ([] if outcome is None else [outcome])


def test_only_cells_of_the_form_are_watched() -> None:
    assert set(watched_cells(FORM)) <= set(FORM.cells)
    assert watched_cells(a_toy_form()) == []
