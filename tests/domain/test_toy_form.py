"""A form that nobody has seen: all that the service knows of a form is derived from its data."""

from hypothesis import given
from hypothesis import strategies as st

from app.domain.judging import judge, judge_balances
from app.domain.results import Outcome, not_kept
from app.domain.roll_up import roll_up
from app.domain.totals import complete, patch
from app.domain.values import Values, flatten, nest
from app.forms.layout import addresses_of, grid_of
from tests.builders import (
    a_balanced_report,
    a_content,
    a_toy_form,
    any_values,
    balanced_values,
    typed_cells,
    typed_values,
)

TOY = a_toy_form()
CELLS = [
    f"loans.{row}.{column}"
    for row in ("adults", "children", "everyone")
    for column in ("paper", "film", "all_media", "deposit")
]


def test_its_cells_balances_and_totals() -> None:
    assert list(TOY.cells) == CELLS
    assert len(TOY.balances) == 7
    assert typed_cells(TOY) == [
        "loans.adults.paper",
        "loans.adults.film",
        "loans.adults.deposit",
        "loans.children.paper",
        "loans.children.film",
        "loans.children.deposit",
    ]


def test_its_prose_is_asked_for_by_its_own_headings() -> None:
    results = not_kept(judge(a_content(TOY, narratives={"opening": "全年开放。"})))
    assert [(result.rule.id, result.message) for result in results if result.outcome is Outcome.BROKEN] == [
        ("R01", "“丙、下年打算”没有写，请补上这一部分的文字")
    ]
    assert {result.message.partition("，")[0] for result in results} == {"“丙、下年打算”没有写"}


def test_its_cells_are_checked_by_its_own_labels() -> None:
    values = a_balanced_report(TOY) | {"loans.adults.deposit": None}
    results = not_kept(judge(a_content(TOY, values=values)))
    assert [(result.rule.id, result.outcome.value, result.message) for result in results] == [
        ("R04", "broken", "表乙“成人”行“押金”列没有填；数为零请填 0"),
        (
            "R06",
            "not_evaluated",
            "还有 1 格没有填，没法核对“金额以元为单位，大于等于 0，最多 2 位小数”",
        ),
        ("R08", "not_evaluated", "表乙“押金”列：“成人”没有填，没法核对“全体 = 成人 + 儿童”"),
    ]


def test_its_balances_are_told_in_its_own_words() -> None:
    values = a_balanced_report(TOY)
    values["loans.adults.all_media"] = 9
    broken = not_kept(judge_balances(TOY, values))
    assert [(result.code, result.message) for result in broken] == [
        ("loans.readers.all_media", "表乙“合计”列：全体 12，应等于 成人 9 + 儿童 9 = 18，相差 6"),
        ("loans.media.adults", "表乙“成人”行：合计 9，应等于 纸本 1 + 胶片 2 = 3，相差 6"),
    ]


@given(typed_values(TOY))
def test_its_totals_are_worked_out(typed: dict[str, int]) -> None:
    values = complete(TOY, typed)
    everyone = sum(typed[code] for code in typed if not code.endswith(".deposit"))
    assert values["loans.everyone.all_media"] == everyone
    assert not_kept(judge_balances(TOY, values)) == []


def test_its_totals_follow_a_patch() -> None:
    values = patch(TOY, a_balanced_report(TOY), {"loans.children.film": 0})
    assert values["loans.everyone.film"] == values["loans.adults.film"]
    assert not_kept(judge_balances(TOY, values)) == []


@given(any_values(TOY))
def test_its_json_nests_and_flattens(values: Values) -> None:
    assert flatten(TOY, nest(TOY, values)) == values


def test_its_money_is_decimal_text_with_its_own_places() -> None:
    nested = nest(TOY, a_balanced_report(TOY, **{"loans.adults.deposit": 1234}))
    assert nested["loans"]["adults"]["deposit"] == "12.34"


@given(st.lists(balanced_values(TOY), min_size=1, max_size=5))
def test_its_reports_roll_up(reports: list[Values]) -> None:
    totals = roll_up(TOY, reports).totals
    assert totals == {code: sum(report[code] or 0 for report in reports) for code in CELLS}
    assert {result.outcome for result in judge_balances(TOY, totals)} == {Outcome.KEPT}


def test_its_table_is_laid_out() -> None:
    (table,) = TOY.tables
    grid = grid_of(table)
    assert [(box.text, box.row, box.column, box.height, box.width) for box in grid.boxes if box.text] == [
        ("借阅", 0, 0, 1, 6),
        ("读者", 1, 0, 2, 2),
        ("载体", 1, 2, 1, 3),
        ("纸本", 2, 2, 1, 1),
        ("胶片", 2, 3, 1, 1),
        ("合计", 2, 4, 1, 1),
        ("押金（元）", 1, 5, 2, 1),
        ("读者类别", 3, 0, 2, 1),
        ("1.成人", 3, 1, 1, 1),
        ("2.儿童", 4, 1, 1, 1),
        ("全体", 5, 0, 1, 2),
    ]
    assert (grid.head, grid.stub) == (3, 2)
    assert addresses_of(TOY)["loans.everyone.deposit"] == "表乙!F8"
