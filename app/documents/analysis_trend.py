"""Five years beside each other: only cells that mean the same, gaps where there are none, marks of change."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from app.documents.charts import Chart, Kind, Mark, Series
from app.documents.figures import CALLED, FLOW, LEFT, PROCESSED, Figures, outcomes_of, said_percent
from app.documents.memo import Matrix, Note, Paragraph, Picture
from app.domain.plausibility import CARRIED, PROCEEDINGS, RECEIVED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from app.documents.memo import Part
    from app.domain.roll_up import RollUp
    from app.forms.model import CellCode, ReportForm

_DRAWN = (CALLED[RECEIVED], CALLED[PROCESSED], CALLED[LEFT])
_RATES_DRAWN = 3
"""Of the form's rates, those of how requests end; the others rest on a handful of cases."""


@dataclass(frozen=True, slots=True)
class YearTotal:
    """A year's sum, or that there is none.

    Attributes:
        year: the report year.
        form: of that year; None where the service knows none.
        total: the sum; None where the body stood nowhere, the year has no form or nobody has reported.
        expected: codes of the units that owed a report.
        adjustments: how many adjustments are in the sum.
    """

    year: int
    form: ReportForm | None
    total: RollUp | None
    expected: frozenset[str]
    adjustments: int = 0

    @property
    def label(self) -> str:
        """As charts and tables head it."""
        return f"{self.year} 年"

    @property
    def figures(self) -> Figures | None:
        """The sums, where there are any."""
        return None if self.form is None or self.total is None else Figures(self.form, self.total)

    def value(self, code: CellCode) -> int | None:
        """Return a sum; None where it is missing, or this year's form has no such cell."""
        return None if self.figures is None else self.figures.value(code)

    def is_whole(self, code: CellCode) -> bool:
        """Tell whether every unit that owes a report is in a sum."""
        total = self.total
        return total is not None and total.included == len(self.expected) and code not in total.incomplete

    def rate(self, code: str) -> Decimal | None:
        """Return a rate in per cent; None where it can't be told."""
        return None if self.figures is None else self.figures.rate(code)


def write(years: tuple[YearTotal, ...]) -> Iterator[Part]:
    """Write the chapter: counts, rates, a table of both."""
    labels, marks = tuple(each.label for each in years), marks_of(years)
    counts = tuple(
        Series(name, tuple(each.value(code) for each in years))
        for name, code in FLOW.items()
        if name in _DRAWN
    )
    yield Picture(Chart("trend", Kind.LINES, "申请的收到、办结和结转", "件", labels, counts, marks))
    form = years[-1].form
    indicators = () if form is None else form.indicators
    rates = tuple(
        Series(each.label, tuple(year.rate(each.code) for year in years))
        for each in indicators[:_RATES_DRAWN]
    )
    if rates:
        yield Picture(Chart("rates", Kind.LINES, "办理结果的比率", "%", labels, rates, marks))
    rows = [
        ("已汇总/应报单位（个）", *(_coverage(each) for each in years)),
        *((f"{name}（件）", *(_starred(each, code) for each in years)) for name, code in FLOW.items()),
        *((each.label, *(said_percent(year.rate(each.code)) for year in years)) for each in indicators),
        *(_contested(years, code) for code in PROCEEDINGS if form is not None and code in form.cells),
    ]
    yield Matrix("近五年主要数据", ("项目", *labels), tuple(rows))
    yield from _notes(years, rows)


def _contested(years: tuple[YearTotal, ...], code: CellCode) -> tuple[str, ...]:
    form = years[-1].form
    name = "" if form is None else form.cells[code].row.spoken
    return (f"{name}（件）", *(_starred(each, code) for each in years))


def _coverage(each: YearTotal) -> str:
    if each.form is None:
        return "—"
    return f"{0 if each.total is None else each.total.included}/{len(each.expected)}"


def _starred(each: YearTotal, code: CellCode) -> str:
    return "—（缺）" if each.figures is None else each.figures.starred(code)


def _notes(years: tuple[YearTotal, ...], rows: list[tuple[str, ...]]) -> Iterator[Part]:
    absent = [each.label.replace(" ", "") for each in years if each.total is None]
    if absent:
        yield Paragraph(f"{'、'.join(absent)}没有可以汇总的报告，图上是空缺，不是0。")
    if any(cell.endswith("*") for row in rows for cell in row):
        yield Note("带*的数有单位没有填，合计不全，不算比率。")
    partial = [each for each in years if each.total and each.total.included < len(each.expected)]
    if partial:
        yield Note("有单位缺报的年度，数字可能偏小，与其他年度比较时请留意表中第一行。")
    changed = [each for each in years if each.adjustments and each.total]
    if changed:
        said = "、".join(f"{each.year}年{each.adjustments}项" for each in changed)
        yield Note(f"各年的数已含调整：{said}。")
    if any(each.form is not years[-1].form for each in years):
        yield Note("不同格式的报告只比较含义相同的格；前一格式没有的格写“缺”。")


def marks_of(years: tuple[YearTotal, ...]) -> tuple[Mark, ...]:
    """Return where the form changed, and where other units owed a report than the year before."""
    marks: list[Mark] = []
    for at, (before, now) in enumerate(pairwise(years), start=1):
        if now.form is not None and before.form is not None and now.form is not before.form:
            marks.append(Mark(at, f"报告改用{now.form.notice}的格式"))
        if before.expected and now.expected != before.expected:
            come, gone = len(now.expected - before.expected), len(before.expected - now.expected)
            changes = [f"增加{come}个" if come else "", f"减少{gone}个" if gone else ""]
            marks.append(Mark(at, f"机构有调整，应报单位{'、'.join(filter(None, changes))}"))
    return tuple(marks)


def outcomes_named(years: tuple[YearTotal, ...], name: str) -> tuple[int | None, ...]:
    """Return a group of outcomes over the years; a form may have divided it otherwise."""
    return tuple(
        next(
            (
                each.figures.sum(outcome.cells)
                for outcome in outcomes_of(each.figures.form)
                if outcome.name == name
            ),
            None,
        )
        if each.figures
        else None
        for each in years
    )


def compared(years: tuple[YearTotal, ...], code: CellCode) -> str:
    """Say how a count differs from the year before's; where one isn't whole, only what that was."""
    was, now = (each.value(code) for each in _last_two(years))
    if was is None or now is None:
        return ""
    if not all(each.is_whole(code) for each in _last_two(years)):
        return f"（上年{was}件；两年汇总的单位不全，不比较增减）"
    if was == now:
        return "（与上年持平）"
    return f"（上年{was}件，{'增加' if now > was else '减少'}{abs(now - was)}件）"


def _last_two(years: tuple[YearTotal, ...]) -> tuple[YearTotal, YearTotal]:
    *_, before, now = years
    return before, now


def not_carried_over(years: tuple[YearTotal, ...]) -> Iterator[str]:
    """Say where this year doesn't begin with what the year before left."""
    before, now = _last_two(years)
    left, taken = before.value(LEFT), now.value(CARRIED)
    if left is not None and taken is not None and left != taken:
        yield (
            f"“{CALLED[CARRIED]}”合计{taken}件，{before.year}年“{CALLED[LEFT]}”合计{left}件，"
            f"相差{abs(left - taken)}件；"
            "机构调整、缺报和上年更正都会造成，请核对"
        )
