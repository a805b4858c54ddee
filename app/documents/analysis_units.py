"""Units beside each other: who isn't in, who received most, whose answers are most often granted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.documents.charts import Chart, Kind, Series
from app.documents.figures import CALLED, FLOW, PROCESSED, Figures, figures_of_one, said_percent
from app.documents.memo import Matrix, Note, Paragraph, Picture, Subheading
from app.domain.plausibility import RECEIVED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from app.documents.memo import Part
    from app.domain.values import Values
    from app.forms.model import ReportForm

MOST_BARS = 20
MOST_ROWS = 200
"""Of more units than that a printed table helps nobody; the workbook has them all."""

FEWEST_CASES = 5
"""Below so many closed requests a rate says nothing of a unit."""

_ALL_OF_THEM = "全部单位见汇总工作簿"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that owes a report.

    Attributes:
        code: of the agency.
        name: in full.
        state: how it stands: 已汇总, 未上报, 缺报.
        reason: why it isn't in, or which version is.
        values: its numbers where it is in, else None.
    """

    code: str
    name: str
    state: str
    reason: str
    values: Values | None


def not_in(units: Sequence[Unit]) -> Iterator[Part]:
    """List the units that aren't in the sum."""
    absent = [unit for unit in units if unit.values is None]
    if not absent:
        if units:
            yield Paragraph("应报单位都已汇总。")
        return
    rows = tuple((unit.name, unit.state, unit.reason) for unit in absent[:MOST_ROWS])
    yield Matrix(f"没有计入的单位（{len(absent)}个）", ("单位", "情况", "说明"), rows)
    yield from _rest(len(absent))


def _rest(number: int) -> Iterator[Part]:
    if number > MOST_ROWS:
        yield Note(f"表中列出{MOST_ROWS}个，还有{number - MOST_ROWS}个没有列出；{_ALL_OF_THEM}。")


def write(form: ReportForm, units: Sequence[Unit]) -> Iterator[Part]:
    """Rank the units that are in: by requests received, then by the share that was granted."""
    counted = [(unit, figures_of_one(form, unit.values)) for unit in units if unit.values is not None]
    if not counted:
        yield Paragraph("还没有单位的报告可以计入。")
        return
    yield Subheading("（一）收到申请数量")
    ranked = sorted(counted, key=lambda each: (_last_if_missing(each[1].value(RECEIVED)), each[0].code))
    bars = [(unit, figures.value(RECEIVED)) for unit, figures in ranked]
    yield from _bars("received", CALLED[RECEIVED], "件", bars)
    yield _table(form, ranked)
    yield from _rest(len(ranked))
    if form.indicators:
        yield from _by_rate(form, counted)


def _last_if_missing(value: int | None) -> tuple[bool, int]:
    return value is None, -(value or 0)


def _by_rate(form: ReportForm, counted: Sequence[tuple[Unit, Figures]]) -> Iterator[Part]:
    indicator = form.indicators[0]
    yield Subheading(f"（二）{indicator.label}")
    enough = [
        (unit, figures.rate(indicator.code))
        for unit, figures in counted
        if (figures.value(PROCESSED) or 0) >= FEWEST_CASES
    ]
    rated = sorted(
        ((unit, rate) for unit, rate in enough if rate is not None), key=lambda each: (-each[1], each[0].code)
    )
    few = len(counted) - len(rated)
    if rated:
        yield from _bars("granted", indicator.label, "%", rated)
        rows = tuple((unit.name, said_percent(rate)) for unit, rate in rated[:MOST_ROWS])
        yield Matrix(f"各单位{indicator.label}，从高到低", ("单位", indicator.label), rows)
        yield from _rest(len(rated))
    yield Note(
        f"只列办结{FEWEST_CASES}件以上的单位，件数太少的比率没有意义；"
        f"另有{few}个单位办结不足{FEWEST_CASES}件或有缺格，没有列入。"
    )


def _bars(
    name: str, title: str, unit: str, ranked: Sequence[tuple[Unit, int | Decimal | None]]
) -> Iterator[Part]:
    shown = ranked[:MOST_BARS]
    labels = tuple(each.name for each, _ in shown)
    values = tuple(value for _, value in shown)
    heading = title if len(ranked) <= MOST_BARS else f"{title}，前{MOST_BARS}个单位"
    yield Picture(Chart(name, Kind.BARS, heading, unit, labels, (Series(title, values),)))
    if len(ranked) > MOST_BARS:
        yield Note(f"图中是前{MOST_BARS}个单位，其余{len(ranked) - MOST_BARS}个见下表。")


def _table(form: ReportForm, ranked: Sequence[tuple[Unit, Figures]]) -> Matrix:
    columns = {name: code for name, code in FLOW.items() if code in form.cells}
    indicators = form.indicators[:2]
    return Matrix(
        "各单位，按收到申请从多到少",
        (
            "单位",
            *(f"{name}（件）" for name in columns),
            *(each.label for each in indicators),
        ),
        tuple(
            (
                unit.name,
                *(figures.starred(code) for code in columns.values()),
                *(said_percent(figures.rate(each.code)) for each in indicators),
            )
            for unit, figures in ranked[:MOST_ROWS]
        ),
    )
