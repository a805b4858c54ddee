"""Holding a report to the rules: one call, every result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.claims import doubts_about
from app.domain.hints import hint_for
from app.domain.results import Outcome, Result
from app.domain.rules import RULES
from app.domain.values import missing_cells, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.content import Content
    from app.domain.values import Values
    from app.forms.model import Balance, ReportForm


def judge(content: Content) -> list[Result]:
    """Hold a report to every rule that can be judged on it; kept rules are results too.

    All rules are judged, never just up to the first broken one: a clerk should get one list to correct.
    """
    form, values = content.form, content.values
    return [
        *_prose_present(content),
        *_cells_filled(form, values),
        *_cells_in_range(content),
        *judge_balances(form, values),
        *doubts_about(content),
    ]


def judge_balances(form: ReportForm, values: Values) -> list[Result]:
    """Hold numbers to the form's 勾稽关系 alone, as on a roll-up."""
    return [_judge_balance(form, balance, values) for balance in form.balances]


def _prose_present(content: Content) -> Iterator[Result]:
    rule = RULES["R01"]
    for section in content.form.narratives:
        text = content.narratives.get(section.code)
        kept = bool(text and text.strip())
        yield Result(
            rule,
            section.code,
            Outcome.KEPT if kept else Outcome.BROKEN,
            f"“{section.heading}”已写" if kept else f"“{section.heading}”没有写，请补上这一部分的文字",
            f"/narratives/{section.code}",
        )


def _cells_filled(form: ReportForm, values: Values) -> Iterator[Result]:
    rule = RULES["R04"]
    missing = missing_cells(form, values)
    if not missing:
        yield Result(rule, "all", Outcome.KEPT, f"{len(form.cells)} 格都已填", "")
    for code in missing:
        cell = form.cells[code]
        message = f"{cell.label}没有填；数为零请填 0"
        yield Result(rule, code, Outcome.BROKEN, message, cell.pointer, (code,))


def _cells_in_range(content: Content) -> Iterator[Result]:
    broken = set()
    for code, cell in content.form.cells.items():
        value = content.values.get(code)
        measure = cell.measure
        most = measure.most_in_aggregate if content.is_aggregate else measure.most
        if value is not None and not 0 <= value <= most:
            rule = RULES["R05" if measure.is_count else "R06"]
            broken.add(rule.id)
            found, bound = to_text(measure, value), to_text(measure, most)
            message = f"{cell.label}填的是 {found}，应在 0 到 {bound} {measure.unit}之间"
            yield Result(rule, code, Outcome.BROKEN, message, cell.pointer, (code,))
    for rule_id in ("R05", "R06"):
        if rule_id not in broken:
            yield Result(RULES[rule_id], "all", Outcome.KEPT, RULES[rule_id].title, "")


def _judge_balance(form: ReportForm, balance: Balance, values: Values) -> Result:
    left = [values.get(code) for code in balance.left]
    right = [values.get(code) for code in balance.right]
    known_left = [value for value in left if value is not None]
    known_right = [value for value in right if value is not None]
    rule, cells = RULES[balance.rule], balance.cells
    pointer = form.cells[balance.left[0]].pointer
    if len(known_left) < len(left) or len(known_right) < len(right):
        message = _missing_message(balance, left, right)
        return Result(rule, balance.code, Outcome.NOT_EVALUATED, message, pointer, cells)
    sums = sum(known_left), sum(known_right)
    if sums[0] == sums[1]:
        message = f"{balance.place}：{balance.expression}，相符"
        return Result(rule, balance.code, Outcome.KEPT, message, pointer, cells, *sums)
    hint = hint_for(balance, known_left, known_right)
    message = _broken_message(balance, known_left, known_right)
    return Result(rule, balance.code, Outcome.BROKEN, message, pointer, cells, *sums, hint)


def _missing_message(balance: Balance, left: list[int | None], right: list[int | None]) -> str:
    names = (*balance.left_names, *balance.right_names)
    absent = [name for name, value in zip(names, [*left, *right], strict=True) if value is None]
    return f"{balance.place}：{_listed(absent)}没有填，没法核对“{balance.expression}”"


def _broken_message(balance: Balance, left: list[int], right: list[int]) -> str:
    one = _sum_in_words(balance.left_names, left)
    other = _sum_in_words(balance.right_names, right)
    return f"{balance.place}：{one}，应等于 {other}，相差 {abs(sum(left) - sum(right))}"


def _sum_in_words(names: tuple[str, ...], values: list[int]) -> str:
    """Write a sum out: 本年新收 5 + 上年结转 1 = 6; parts of 0 are left out where there are many."""
    few = 6
    if len(values) == 1:
        return f"{names[0]} {values[0]}"
    terms = [
        f"{name} {value}"
        for name, value in zip(names, values, strict=True)
        if value != 0 or len(values) <= few
    ]
    if not terms:
        return f"{names[0]}至{names[-1]}各项之和 0"
    return f"{' + '.join(terms)} = {sum(values)}"


def _listed(names: list[str]) -> str:
    few = 3
    quoted = "".join(f"“{name}”" for name in names[:few])
    return quoted if len(names) <= few else f"{quoted}等 {len(names)} 格"


