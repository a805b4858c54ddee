"""A county's year as its leaders read it: every number worked out from the sums, what is missing said so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.documents import analysis_trend, analysis_units
from app.documents.charts import Chart, Kind, Series
from app.documents.figures import (
    CALLED,
    LEFT,
    PROCESSED,
    Figures,
    Outcome,
    outcomes_of,
    said_percent,
    share,
    spoken,
    total_of,
)
from app.documents.memo import Chapter, Matrix, Memo, Note, Paragraph, Picture, form_table
from app.domain.agencies import reference_day
from app.domain.deadlines import CHINA
from app.domain.plausibility import (
    CARRIED,
    DECISIONS,
    FEES,
    IN_FORCE,
    ISSUED,
    PROCEEDINGS,
    RECEIVED,
    REPEALED,
    of_row,
    stock_rows,
)
from app.domain.results import Outcome as Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from app.documents.analysis_trend import YearTotal
    from app.documents.analysis_units import Unit
    from app.documents.memo import Part
    from app.domain.results import Result
    from app.domain.roll_up import RollUp
    from app.forms.model import ReportForm

MOST_LISTED = 10
"""Places that are named in a sentence; of more the number is said."""

_CHAPTERS = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Facts:
    """What an analysis is made from.

    Attributes:
        agency: name of the body at the top.
        year: the report year.
        form: of that year.
        basis: which reports count, in words.
        status: what the total is to be taken as, in words: 临时.
        counts: how many units stand how: label and number, in the order in which people ask; they add up to
            the units that owe a report.
        units: those that owe a report.
        left_out: how many others stand in the tree and don't count.
        total: the sum of the year, with what was adjusted.
        years: the sums of five years, this one last.
        results: the form's balances on the sum.
        warnings: what makes the sum doubtful, and what else is to be checked.
        adjusted: what was adjusted in the sum (调整), a sentence each.
        as_of: when it was worked out.
    """

    agency: str
    year: int
    form: ReportForm
    basis: str
    status: str
    counts: tuple[tuple[str, int], ...]
    units: tuple[Unit, ...]
    left_out: int
    total: RollUp
    years: tuple[YearTotal, ...]
    results: tuple[Result, ...]
    warnings: tuple[str, ...]
    adjusted: tuple[str, ...]
    as_of: datetime

    @property
    def figures(self) -> Figures:
        """The sums of the year."""
        return Figures(self.form, self.total)


def write_analysis(facts: Facts) -> Memo:
    """Write the analysis of a year."""
    chapters = (
        ("总体情况", tuple(_overview(facts))),
        ("报送进度", (*_progress(facts), *analysis_units.not_in(facts.units))),
        ("近五年趋势", tuple(analysis_trend.write(facts.years))),
        ("办理结果构成", tuple(_outcomes(facts))),
        ("申请人构成", tuple(_applicants(facts))),
        ("各单位情况", tuple(analysis_units.write(facts.form, facts.units))),
        ("需要核对的情况", tuple(_doubts(facts))),
        ("汇总表", tuple(_tables(facts))),
    )
    return Memo(
        title=f"{facts.agency}{facts.year}年政府信息公开工作情况分析",
        mark=f"{facts.status}数据" if facts.status else "",
        lead=(f"统计期限：{facts.form.period.format(year=facts.year)}",),
        chapters=tuple(
            Chapter(f"{number}、{heading}", parts)
            for number, (heading, parts) in zip(_CHAPTERS, chapters, strict=False)
        ),
        closing=_closing(facts),
    )


def _closing(facts: Facts) -> tuple[str, ...]:
    return (
        f"数据来源：各单位报送的年度报告共{facts.total.included}份（{facts.basis}）。",
        f"机关树按{reference_day(facts.year):%Y年%m月%d日}，表格按{facts.form.full_name}。",
        "合计数由各单位的数逐格相加；缺数不按0计。比率由合计数算出，不由各单位的比率平均。",
        f"生成时间：{facts.as_of.astimezone(CHINA):%Y年%m月%d日 %H:%M}（北京时间）。",
    )


# 一、总体情况


def _overview(facts: Facts) -> Iterator[Part]:
    stood = "，".join(f"{label}{number}个" for label, number in facts.counts)
    yield Paragraph(f"{facts.year}年度应报单位{len(facts.units)}个，其中{stood}。")
    if not facts.total.included:
        yield Paragraph("还没有单位的报告可以计入，以下各数均缺。")
    yield Paragraph(f"主动公开方面，{'；'.join(disclosed(facts.figures))}。")
    yield Paragraph(f"依申请公开方面，{'；'.join(_requested(facts))}。")
    yield Paragraph(f"行政复议、行政诉讼方面，{'；'.join(contested(facts.figures))}。")


def disclosed(figures: Figures) -> Iterator[str]:
    """Say what 表二 says, as far as this form has it."""
    form, cells = figures.form, figures.form.cells
    for row in stock_rows(form):
        issued, repealed, in_force = of_row(row, ISSUED, REPEALED, IN_FORCE)
        name = spoken(cells[in_force].row)
        yield (
            f"制发{name}{figures.said(issued)}，废止{figures.said(repealed)}，"
            f"现行有效{figures.said(in_force)}"
        )
    decisions = [(spoken(cells[code].row), code) for row in DECISIONS for code in _decision_of(form, row)]
    if decisions:
        yield "，".join(f"作出{name}决定{figures.said(code)}" for name, code in decisions)
    if FEES in cells:
        yield f"收取{spoken(cells[FEES].row)}{figures.said(FEES)}"


def _decision_of(form: ReportForm, row: str) -> list[str]:
    return [code for code in of_row(row, "decisions") if code in form.cells]


def _requested(facts: Facts) -> Iterator[str]:
    figures = facts.figures
    yield f"收到政府信息公开申请{figures.said(RECEIVED)}{analysis_trend.compared(facts.years, RECEIVED)}"
    yield f"{CALLED[CARRIED]}{figures.said(CARRIED)}"
    yield f"办结{figures.said(PROCESSED)}{analysis_trend.compared(facts.years, PROCESSED)}"
    yield f"{CALLED[LEFT]}{figures.said(LEFT)}"
    for indicator in facts.form.indicators[:3]:
        rate = figures.rate(indicator.code)
        yield f"{indicator.label}{'无法计算' if rate is None else said_percent(rate)}"


def contested(figures: Figures) -> Iterator[str]:
    """Say what 表四 says, block by block."""
    for total in PROCEEDINGS:
        row = total.rpartition(".")[0]
        parts = [
            f"{cell.column.spoken}{figures.said(code)}"
            for code, cell in figures.form.cells.items()
            if code.startswith(f"{row}.") and code != total
        ]
        if total in figures.form.cells:
            # of nothing there are no parts to tell
            told = f"（{'，'.join(parts)}）" if figures.value(total) or figures.lacking(total) else ""
            yield f"{figures.form.cells[total].row.spoken}{figures.said(total)}{told}"


# 二、报送进度


def _progress(facts: Facts) -> Iterator[Part]:
    if not facts.units:
        yield Paragraph("这一年没有应报单位。")
        return
    yield Picture(
        Chart(
            "progress",
            Kind.STACKS,
            "应报单位的情况",
            "个",
            (f"{facts.year} 年",),
            tuple(Series(label, (number,)) for label, number in facts.counts),
        )
    )
    rows = tuple(
        (label, str(number), said_percent(share(number, len(facts.units)))) for label, number in facts.counts
    )
    yield Matrix("应报单位的情况", ("情况", "单位（个）", "占应报"), rows)
    if facts.left_out:
        yield Note(f"另有{facts.left_out}个单位不在汇总范围内，或它的报告本身就是汇总数，不计入。")


# 四、五 构成


def _outcomes(facts: Facts) -> Iterator[Part]:
    names = [outcome.name for outcome in outcomes_of(facts.form)]
    figures = facts.figures
    if not names:
        yield Paragraph("这一年的表格没有办理结果。")
        return
    yield Picture(
        Chart(
            "outcomes",
            Kind.STACKS,
            "办理结果构成",
            "件",
            tuple(f"{each.year} 年" for each in facts.years),
            tuple(Series(name, analysis_trend.outcomes_named(facts.years, name)) for name in names),
        )
    )
    rows = [row for outcome in outcomes_of(facts.form) for row in _rows_of(outcome, figures)]
    rows.append(("合计", figures.starred(PROCESSED), figures.share((PROCESSED,), PROCESSED)))
    yield Matrix(f"{facts.year}年办理结果", ("结果", "数量（件）", "占办结"), tuple(rows))
    yield from _explain_stars(rows)


def _rows_of(outcome: Outcome, figures: Figures) -> Iterator[tuple[str, ...]]:
    """Yield a group of outcomes, and its rows where it has several."""
    yield outcome.name, figures.starred(*outcome.cells), figures.share(outcome.cells, PROCESSED)
    for row in outcome.rows if len(outcome.rows) > 1 else ():
        cells = (total_of(row.code),)
        yield f"　{spoken(row)}", figures.starred(*cells), figures.share(cells, PROCESSED)


def _applicants(facts: Facts) -> Iterator[Part]:
    figures = facts.figures
    parts = [facts.form.cells[code] for code in facts.form.totals.get(RECEIVED, ())]
    if not parts:
        yield Paragraph("这一年的表格不分申请人。")
        return
    labels = tuple(cell.column.spoken for cell in parts)
    values = tuple(figures.value(cell.code) for cell in parts)
    chart = Chart("applicants", Kind.BARS, "收到申请，按申请人", "件", labels, (Series("收到", values),))
    yield Picture(chart)
    rows = [
        (cell.column.spoken, figures.starred(cell.code), figures.share((cell.code,), RECEIVED))
        for cell in (*parts, facts.form.cells[RECEIVED])
    ]
    yield Matrix(f"{facts.year}年收到申请，按申请人", ("申请人", "数量（件）", "占收到"), tuple(rows))
    yield from _explain_stars(rows)


def _explain_stars(rows: Sequence[tuple[str, ...]]) -> Iterator[Part]:
    if any(cell.endswith("*") for row in rows for cell in row):
        yield Note("带*的数有单位没有填，合计不全，不算比率。")


# 七、需要核对的情况


def _doubts(facts: Facts) -> Iterator[Part]:
    said = [
        *_broken(facts),
        *_incomplete(facts),
        *analysis_trend.not_carried_over(facts.years),
        *facts.warnings,
    ]
    said += [f"{unit.name}：{unit.reason}" for unit in facts.units if unit.values is not None and unit.reason]
    if not said:
        yield Paragraph("合计数上的勾稽关系都相符，各单位没有缺格，没有其他要核对的情况。")
    for number, text in enumerate(said, start=1):
        yield Paragraph(f"{number}.{text.removesuffix('。')}。")


def _broken(facts: Facts) -> Iterator[str]:
    broken = [result for result in facts.results if result.outcome is Verdict.BROKEN]
    for result in broken[:MOST_LISTED]:
        yield result.message
    if len(broken) > MOST_LISTED:
        yield f"合计数上不符的勾稽关系共{len(broken)}处，以上是前{MOST_LISTED}处"


def _incomplete(facts: Facts) -> Iterator[str]:
    lacking = facts.total.incomplete
    if not lacking:
        return
    listed = "；".join(
        f"{facts.form.cells[code].label}缺{number}个单位"
        for code, number in list(lacking.items())[:MOST_LISTED]
    )
    more = f"；其余{len(lacking) - MOST_LISTED}格见汇总表中带*的数" if len(lacking) > MOST_LISTED else ""
    yield f"有{len(lacking)}格不是每个单位都填了，合计不全：{listed}{more}"


# 八、汇总表


def _tables(facts: Facts) -> Iterator[Part]:
    marked = frozenset(facts.total.incomplete)
    for section in facts.form.sections:
        if section.table is not None:
            yield form_table(facts.form, section.table, facts.total.totals, marked, section.heading)
    if facts.adjusted and facts.total.included:
        said = "比率也按调整后的数算，各单位情况里的数不含"
        yield Note(f"合计数已含{len(facts.adjusted)}项调整，{said}。")
        for text in facts.adjusted:
            yield Note(f"{text}。")
    if marked:
        yield Note("带*的数有单位没有填，合计不全；没有一个单位填的格写“缺”，都不按0计。")
