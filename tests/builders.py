"""Reports and forms for tests: each call builds a new one, with defaults for all that a test doesn't say."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, TypeVar

from hypothesis import strategies as st

from app.domain.content import Content
from app.domain.totals import complete
from app.forms import FORMS
from app.forms.annual_2021 import FORM
from app.forms.model import Axis, Block, Measure, ReportForm, Section, Sum, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.domain.values import Values
    from app.forms.model import Balance, CellCode


Generated = TypeVar("Generated")


def typed_cells(form: ReportForm = FORM) -> list[CellCode]:
    """Return the cells that a clerk types: all but the totals."""
    return [code for code in form.cells if code not in form.totals]


def a_balanced_report(form: ReportForm = FORM, /, **overrides: int) -> dict[CellCode, int | None]:
    """Return every cell of a report that keeps all balances; each typed cell's number is its own.

    An override names a typed cell by its code, or a row by its code for that row's first cell; the cells
    around it are fitted to it: `a_balanced_report(received=3)`,
    `a_balanced_report(**{"disclosure.fees.amount": 5})`.
    """
    figures: dict[CellCode, int] = {}
    for place, code in enumerate(typed_cells(form), start=1):
        unit = 10 ** form.cells[code].measure.places
        figures[code] = place if unit == 1 else place * unit + place
        if form.cells[code].measure.is_signed:
            figures[code] = -place
    given = {_cell_named(form, name): value for name, value in overrides.items()}
    return balanced(form, {**figures, **given}, fixed=given)


def a_sound_report(form: ReportForm = FORM, /, **overrides: int) -> dict[CellCode, int | None]:
    """Return every cell of a report with which nothing is wrong, filed for however many years in a row.

    What is carried over is what was, and as many documents were repealed as issued, and no item came or
    went.  Overrides as in `a_balanced_report`.
    """
    plain = a_balanced_report(form)
    unchanged = {code: 0 for code in typed_cells(form) if form.cells[code].measure.is_signed}
    same = unchanged | {code: plain[source] or 0 for code in form.cells if (source := _same_as(form, code))}
    return a_balanced_report(
        form, **{**same, **{_cell_named(form, name): n for name, n in overrides.items()}}
    )


def _same_as(form: ReportForm, code: CellCode) -> CellCode | None:
    """Return the cell that a cell must be equal to, or nothing comes round to the same again next year."""
    if code in form.totals:
        return None
    for name, source in (("pending_at_end", "pending_at_start"), ("repealed", "issued")):
        if name in code.split("."):
            return code.replace(name, source)
    return None


def a_modest_report(form: ReportForm = FORM, /, **overrides: int) -> dict[CellCode, int | None]:
    """Return every cell of a report that is sound for a township too: small figures, no 规章."""
    small = {code: place % 3 for place, code in enumerate(typed_cells(form))}
    none = {"regulations", "denied_state_secret"}
    small |= {code: 0 for code in small if none & set(code.split("."))}
    small |= {code: small[source] for code in small if (source := _same_as(form, code))}
    given = {_cell_named(form, name): value for name, value in overrides.items()}
    fixed = {code: n for code, n in small.items() if "pending" in code} | given
    return balanced(form, {**small, **given}, fixed=fixed)


def _cell_named(form: ReportForm, name: str) -> CellCode:
    return name if name in form.cells else next(c.code for c in form.cells.values() if c.row.code == name)


def balanced(
    form: ReportForm, typed: Mapping[CellCode, int], fixed: Mapping[CellCode, int] | None = None
) -> dict[CellCode, int | None]:
    """Fit typed figures ≥ 0 to the balances that define no total, then work the totals out.

    Where a side falls short, one of its typed cells is raised: one that isn't *fixed*.

    Raises:
        ValueError: the fixed cells leave nothing to raise.
    """
    figures = dict(typed)
    for balance in form.balances:
        if balance.total is None and not form.totals.keys() >= set(balance.left):
            _level(form, balance, figures, fixed or {})
    return complete(form, figures)


def _level(
    form: ReportForm, balance: Balance, figures: dict[CellCode, int], fixed: Mapping[CellCode, int]
) -> None:
    values = complete(form, figures)
    left, right = (sum(values[code] or 0 for code in side) for side in (balance.left, balance.right))
    short = balance.left if left < right else balance.right
    free = [code for code in short if code in figures and code not in fixed]
    if left != right and not free:
        raise ValueError(f"nothing to raise in {balance.code}")
    if left != right:
        figures[free[0]] += abs(left - right)


def balanced_values(form: ReportForm = FORM, most: int = 10**6) -> st.SearchStrategy[Values]:
    """Generate reports that keep all balances; typed cells are drawn from 0 to *most*, then levelled."""
    return typed_values(form, most).map(lambda typed: balanced(form, typed))


def typed_values(form: ReportForm = FORM, most: int = 10**6) -> st.SearchStrategy[dict[CellCode, int]]:
    """Generate what a clerk types, balanced only by chance: no totals."""
    signed = {code for code, cell in form.cells.items() if cell.measure.is_signed}

    def with_signs(numbers: dict[CellCode, int]) -> dict[CellCode, int]:
        return {code: -n if code in signed and n % 2 else n for code, n in numbers.items()}

    return _numbers(typed_cells(form), 0, most).map(with_signs)


def on_any_form(
    values: Callable[[ReportForm], st.SearchStrategy[Generated]],
) -> st.SearchStrategy[tuple[ReportForm, Generated]]:
    """Generate a form that the service knows, with values on it."""
    return st.sampled_from(FORMS).flatmap(lambda form: st.tuples(st.just(form), values(form)))


def any_values(form: ReportForm = FORM, least: int = 0, most: int = 10**12 - 1) -> st.SearchStrategy[Values]:
    """Generate every cell, some of them missing, balanced only by chance."""
    cells = list(form.cells)
    missing = st.sets(st.sampled_from(cells), max_size=6) | st.just(set(cells))
    return st.builds(
        lambda numbers, without: {**numbers, **dict.fromkeys(without)},
        _numbers(cells, least, most),
        missing,
    )


def _numbers(cells: list[CellCode], least: int, most: int) -> st.SearchStrategy[dict[CellCode, int]]:
    """Generate numbers for these cells: a few over zeros, as most reports are, or over a dense background.

    Two hundred draws an example would be slow, so the background is one: a seed.
    """

    def background(seed: int) -> dict[CellCode, int]:
        draw, high = Random(seed), min(most, 10 ** (seed % 13))
        return {code: draw.randint(least, high) if seed else 0 for code in cells}

    few = st.dictionaries(st.sampled_from(cells), st.integers(least, most), max_size=8)
    return st.builds(lambda seed, some: {**background(seed), **some}, st.integers(0, 2**16), few)


PROSE = {
    "overview": (
        "（一）主动公开：按时更新。（二）依申请公开：专人办理。（三）政府信息管理：落实三审。（四）平台建设：维护公开栏。"
        "（五）监督保障：纳入考核，开展社会评议，没有发生责任追究。"
    ),
    "problems": "存在更新不及时的问题。下一步将逐月核对。",
    "other_matters": "信息处理费按规定收取，收费通知均已送达。",
}
"""Prose that keeps every rule, by section."""


def a_content(
    form: ReportForm = FORM,
    *,
    year: int | None = None,
    agency: str = "示例县示例镇人民政府",
    values: Values | None = None,
    narratives: Mapping[str, str | None] | None = None,
    is_aggregate: bool = False,
) -> Content:
    """Return a report with title, preface, prose and numbers that breaks no rule but a hint.

    R23 (提示性) finds the litigation without reconsideration of `a_balanced_report` unusual from 2024 on,
    which is the year by default.
    """
    year = year or form.last_year or 2024
    prose = {section.code: PROSE.get(section.code, "示例文字。") for section in form.narratives}
    return Content(
        form=form,
        year=year,
        title=form.title.format(agency=agency, year=year),
        preface=f"本报告统计期限为{form.period.format(year=year)}。",
        narratives=prose if narratives is None else narratives,
        values=a_balanced_report(form) if values is None else values,
        is_aggregate=is_aggregate,
    )


def a_toy_form() -> ReportForm:
    """Return a small form that shares no heading with a real one: 12 cells, 6 of them typed, 7 balances."""
    loans = Table(
        code="loans",
        number="乙",
        blocks=(
            Block(
                heading="借阅",
                corner="读者",
                columns=(
                    Axis(
                        "media",
                        "载体",
                        children=(Axis("paper", "纸本"), Axis("film", "胶片"), Axis("all_media", "合计")),
                    ),
                    Axis("deposit", "押金（元）", "押金", measure=Measure("yuan", "元", 2, 10**9, 10**11)),
                ),
                rows=(
                    Axis(
                        "readers",
                        "读者类别",
                        children=(Axis("adults", "1.成人", "成人"), Axis("children", "2.儿童", "儿童")),
                    ),
                    Axis("everyone", "全体"),
                ),
            ),
        ),
        sums=(
            Sum("readers", "R08", "rows", ("everyone",), ("adults", "children")),
            Sum("media", "R09", "columns", ("all_media",), ("paper", "film")),
        ),
    )
    return ReportForm(
        version="1999",
        name="阅览室年报（测试用）",
        notice="测字〔1999〕1号",
        first_year=1999,
        last_year=2003,
        title="{agency}{year}年阅览室年报",
        period="{year}年全年",
        sections=(
            Section("opening", "甲", "甲、开放情况"),
            Section("loans", "乙", "乙、借阅情况", loans),
            Section("plans", "丙", "丙、下年打算"),
        ),
    )
