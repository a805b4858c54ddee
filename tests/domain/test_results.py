import pytest

from app.domain.judging import judge, judge_balances
from app.domain.results import Outcome, Result, blocking, cells_shown, described, not_kept
from app.domain.rules import RULES
from app.forms.annual_2021 import FORM
from tests.builders import a_balanced_report, a_content, a_toy_form


def a_result(
    rule: str = "R10",
    outcome: Outcome = Outcome.BROKEN,
    left: int | None = None,
    right: int | None = None,
) -> Result:
    return Result(RULES[rule], "somewhere", outcome, "", "", left=left, right=right)


def test_the_difference_is_left_less_right() -> None:
    assert a_result(left=3, right=5).difference == -2


def test_without_both_sides_there_is_no_difference() -> None:
    assert a_result().difference is None
    assert a_result(left=3).difference is None


@pytest.mark.parametrize(
    ("rule", "outcome", "blocks"),
    [
        ("R10", Outcome.BROKEN, True),
        ("R10", Outcome.NOT_EVALUATED, True),
        ("R10", Outcome.KEPT, False),
        ("R26", Outcome.BROKEN, False),
        ("R26", Outcome.NOT_EVALUATED, False),
    ],
)
def test_only_a_mandatory_rule_that_is_not_known_to_be_kept_blocks(
    rule: str, outcome: Outcome, *, blocks: bool
) -> None:
    assert a_result(rule, outcome).blocks is blocks


def test_results_are_picked_by_outcome_and_by_weight() -> None:
    kept, doubt, broken = (
        a_result("R10", Outcome.KEPT),
        a_result("R26", Outcome.NOT_EVALUATED),
        a_result("R10", Outcome.BROKEN),
    )
    assert not_kept([kept, doubt, broken]) == [doubt, broken]
    assert blocking([kept, doubt, broken]) == [broken]


def test_cells_are_shown_with_label_value_pointer_and_address() -> None:
    values = a_balanced_report() | {"requests.pending_at_start.business": None}
    flow = next(r for r in judge(a_content(values=values)) if r.code == "requests.flow.business")
    shown = cells_shown(FORM, values, flow)
    assert [cell.excel for cell in shown] == ["表三!E6", "表三!E7", "表三!E29", "表三!E30"]
    assert shown[0].value == values["requests.received.business"]
    assert shown[1].value is None
    assert shown[1].cell.label == "表三“上年结转”行“商业企业”列"
    assert shown[1].cell.pointer == "/requests/pending_at_start/business"


def test_a_result_in_json_has_all_that_a_clerk_needs_to_find_the_slip() -> None:
    values = dict.fromkeys(FORM.cells, 0) | {"proceedings.reconsideration.affirmed": 3}
    (broken,) = not_kept(judge(a_content(values=values)))
    shown = described(FORM, values, broken)
    cells = shown.pop("cells")
    assert shown == {
        "rule": "R10",
        "rule_version": 1,
        "code": "proceedings.outcomes.reconsideration",
        "level": "E",
        "outcome": "broken",
        "message": (
            "表四“行政复议”行：总计 0，应等于 结果维持 3 + 结果纠正 0 + 其他结果 0 + 尚未审结 0 = 3，相差 3"
        ),
        "hint": "“总计”填的是 0，请看是不是忘了合计",
        "left": 0,
        "right": 3,
        "difference": -3,
        "pointer": "/proceedings/reconsideration/total",
        "quotes": [],
        "explanation": None,
    }
    assert isinstance(cells, list)
    assert len(cells) == 5
    assert cells[1] == {
        "pointer": "/proceedings/reconsideration/affirmed",
        "label": "表四“行政复议”行“结果维持”列",
        "value": 3,
        "excel": "表四!A6",
    }


def test_a_result_in_json_has_money_as_text_and_missing_cells_as_null() -> None:
    values = dict.fromkeys(FORM.cells, 0) | {
        "disclosure.fees.amount": -43_788_000,
        "disclosure.licensing.decisions": None,
    }
    results = {r.rule.id: described(FORM, values, r) for r in not_kept(judge(a_content(values=values)))}
    fee, licences = results["R06"]["cells"], results["R04"]["cells"]
    assert isinstance(fee, list)
    assert isinstance(licences, list)
    assert fee[0]["value"] == "-43.788"
    assert licences[0]["value"] is None


def test_a_result_that_speaks_of_no_cells_has_none_in_json() -> None:
    result = next(r for r in judge(a_content()) if r.code == "overview")
    shown = described(FORM, {}, result)
    assert (shown["cells"], shown["left"], shown["difference"]) == ([], None, None)


def test_money_in_a_balance_is_text_on_both_sides() -> None:
    toy = a_toy_form()
    values = a_balanced_report(toy) | {"loans.everyone.deposit": 50}
    result = next(r for r in judge_balances(toy, values) if r.code == "loans.readers.deposit")
    shown = described(toy, values, result)
    total = (values["loans.adults.deposit"] or 0) + (values["loans.children.deposit"] or 0)
    assert shown["left"] == "0.5"
    assert shown["right"] == f"{total // 100}.{total % 100:02d}"
