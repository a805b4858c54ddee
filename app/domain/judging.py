"""Holding a report to the rules: one call, every result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from operator import le
from typing import TYPE_CHECKING, cast

from app.domain.content import pointer_of_text
from app.domain.context import ALONE
from app.domain.hints import hint_for
from app.domain.plausibility import judge_plausibility
from app.domain.prose.judging import judge_prose
from app.domain.prose.texts import is_unwritten
from app.domain.results import ALL, Outcome, Result
from app.domain.rules import RULES
from app.domain.similarity import judge_alike
from app.domain.values import missing_cells, to_text
from app.domain.years import judge_years

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.domain.content import Content
    from app.domain.context import Context
    from app.domain.rules import Rule
    from app.domain.values import Values
    from app.forms.model import Balance, Cell, CellCode, Measure, ReportForm


def judge(content: Content, context: Context = ALONE) -> list[Result]:
    """Hold a report to every rule that can be judged on it; kept rules are results too.

    The one way in, for every door: PUT, PATCH, batches, imports, transitions, validations and `recheck`.
    All rules are judged, never just up to the first broken one: a clerk should get one list to correct.

    Args:
        content: what the report says.
        context: what is known beside it; rules that need what isn't known there are not judged.
    """
    form, values = content.form, content.values
    results = (
        *_prose_present(content),
        *_cells_filled(form, values),
        *_cells_in_range(content),
        *judge_balances(form, values),
        *judge_years(content, context),
        *judge_plausibility(content, context),
        *judge_prose(content, context),
        *judge_alike(content, context),
    )
    return list(_asked(results, content, context))


def _asked(results: Iterable[Result], content: Content, context: Context) -> Iterator[Result]:
    """Yield the results of rules that are asked of this report, each rule as it is set for it."""
    rules: dict[str, Rule | None] = {}
    for result in results:
        name = result.rule.id
        if name not in rules:
            rules[name] = _as_set(result.rule, content, context)
        rule = rules[name]
        if rule is not None:
            result.rule = rule
            yield result


def _as_set(rule: Rule, content: Content, context: Context) -> Rule | None:
    """Return a rule with the level that its county has set; None where it isn't asked."""
    reporter = context.reporter
    if not (rule.covers(content.year) and rule.asks(reporter.level, reporter.kind)):
        return None
    level = context.settings.level_of(rule)
    return rule if level is rule.level else replace(rule, level=level)


def judge_balances(form: ReportForm, values: Values) -> list[Result]:
    """Hold numbers to the form's 勾稽关系 alone, as on a roll-up."""
    return [_judge_balance(check, values) for check in _checks_of(form)]


def _prose_present(content: Content) -> Iterator[Result]:
    rule = RULES["R01"]
    for section in content.form.narratives:
        text = content.narratives.get(section.code)
        kept = not is_unwritten(text)
        yield Result(
            rule,
            section.code,
            Outcome.KEPT if kept else Outcome.BROKEN,
            rule.say("kept" if kept else "broken", place=section.heading),
            pointer_of_text(section.code),
        )


def _cells_filled(form: ReportForm, values: Values) -> Iterator[Result]:
    rule = RULES["R04"]
    missing = missing_cells(form, values)
    if not missing:
        yield Result(rule, ALL, Outcome.KEPT, rule.say("kept", count=len(form.cells)), "")
    for code in missing:
        cell = form.cells[code]
        message = rule.say("broken", cell=cell.label)
        yield Result(rule, code, Outcome.BROKEN, message, cell.pointer, (code,))


def _cells_in_range(content: Content) -> Iterator[Result]:
    for rule_id, limits in _limits_of(content.form, is_aggregate=content.is_aggregate).items():
        strange, missing = [], []
        for code, least, most in () if limits.hold(content.values) else limits.each():
            value = content.values.get(code)
            if value is None:
                missing.append(code)
            elif not least <= value <= most:
                strange.append(_out_of_range(RULES[rule_id], content.form.cells[code], value, most))
        yield from strange or [_range_kept_or_unknown(RULES[rule_id], content.form, missing)]


def _out_of_range(rule: Rule, cell: Cell, value: int, most: int) -> Result:
    found, low, high = (to_text(cell.measure, number) for number in (value, cell.measure.least, most))
    unit = cell.measure.unit
    message = rule.say("broken", cell=cell.label, found=found, least=low, most=high, unit=unit)
    return Result(rule, cell.code, Outcome.BROKEN, message, cell.pointer, (cell.code,))


def _range_kept_or_unknown(rule: Rule, form: ReportForm, missing: list[CellCode]) -> Result:
    if not missing:
        return Result(rule, ALL, Outcome.KEPT, _range_in_words(rule.id, form), "")
    message = rule.say("not_evaluated", count=len(missing), title=rule.title_on(form))
    pointer = form.cells[missing[0]].pointer
    return Result(rule, ALL, Outcome.NOT_EVALUATED, message, pointer, tuple(missing))


@dataclass(frozen=True, slots=True)
class _Limits:
    """Cells with their smallest and their largest value."""

    cells: tuple[CellCode, ...]
    least: tuple[int, ...]
    most: tuple[int, ...]

    def hold(self, values: Values) -> bool:
        """Tell whether every cell is filled and within them, as it mostly is: that is seen at one glance."""
        found = _known(values, self.cells)
        return found is not None and all(map(le, self.least, found)) and all(map(le, found, self.most))

    def each(self) -> Iterator[tuple[CellCode, int, int]]:
        """Yield each cell with its own."""
        return zip(self.cells, self.least, self.most, strict=True)


@cache
def _range_in_words(rule_id: str, form: ReportForm) -> str:
    rule = RULES[rule_id]
    return rule.say("kept", title=rule.title_on(form))


@cache
def _limits_of(form: ReportForm, *, is_aggregate: bool) -> dict[str, _Limits]:
    """Return the limits of the form's cells, by the rule that sets them."""
    limits = {}
    for rule, is_count in (("R05", True), ("R06", False)):
        cells = {code: cell.measure for code, cell in form.cells.items() if cell.measure.is_count is is_count}
        least = tuple(measure.least for measure in cells.values())
        most = tuple(
            measure.most_in_aggregate if is_aggregate else measure.most for measure in cells.values()
        )
        limits[rule] = _Limits(tuple(cells), least, most)
    return limits


@dataclass(frozen=True, slots=True)
class _Check:
    """A balance, with all about its result that no report changes."""

    balance: Balance
    rule: Rule
    measure: Measure
    pointer: str
    cells: tuple[CellCode, ...]
    kept: str


@cache
def _checks_of(form: ReportForm) -> tuple[_Check, ...]:
    return tuple(
        _Check(
            balance,
            rule,
            first.measure,
            first.pointer,
            balance.cells,
            rule.say("kept", place=balance.place, expression=balance.short_expression),
        )
        for balance in form.balances
        for rule, first in ((RULES[balance.rule], form.cells[balance.left[0]]),)
    )


def _judge_balance(check: _Check, values: Values) -> Result:
    balance = check.balance
    result = Result(check.rule, balance.code, Outcome.KEPT, check.kept, check.pointer, check.cells)
    left, right = _known(values, balance.left), _known(values, balance.right)
    if left is None or right is None:
        result.outcome, result.message = Outcome.NOT_EVALUATED, _missing_message(check, values)
        return result
    result.left, result.right = sum(left), sum(right)
    if result.left != result.right:
        result.outcome, result.message = Outcome.BROKEN, _broken_message(check, left, right)
        result.hint = hint_for(balance, check.measure, left, right)
    return result


def _known(values: Values, cells: tuple[CellCode, ...]) -> list[int] | None:
    """Return what stands in cells; None where one of them is missing."""
    found = list(map(values.get, cells))
    return None if None in found else cast("list[int]", found)


def _missing_message(check: _Check, values: Values) -> str:
    balance = check.balance
    names = (*balance.left_names, *balance.right_names)
    absent = [name for name, code in zip(names, balance.cells, strict=True) if values.get(code) is None]
    return check.rule.say(
        "not_evaluated",
        place=balance.place,
        missing=_listed(absent),
        expression=balance.short_expression,
    )


def _broken_message(check: _Check, left: list[int], right: list[int]) -> str:
    balance, measure = check.balance, check.measure
    return check.rule.say(
        "broken",
        place=balance.place,
        found=_sum_in_words(measure, balance.left_names, left),
        expected=_sum_in_words(measure, balance.right_names, right),
        difference=to_text(measure, abs(sum(left) - sum(right))),
    )


def _sum_in_words(measure: Measure, names: tuple[str, ...], values: list[int]) -> str:
    """Write a sum out: 本年新收 5 + 上年结转 1 = 6; parts of 0 are left out where there are many."""
    few = 6
    terms = [
        f"{name} {to_text(measure, value)}"
        for name, value in zip(names, values, strict=True)
        if value != 0 or len(values) <= few
    ]
    if not terms:
        return f"{names[0]}至{names[-1]}各项之和 0"
    if len(terms) == 1:
        return terms[0]
    return f"{' + '.join(terms)} = {to_text(measure, sum(values))}"


def _listed(names: list[str]) -> str:
    few = 3
    quoted = "".join(f"“{name}”" for name in names[:few])
    return quoted if len(names) <= few else f"{quoted}等 {len(names)} 格"
