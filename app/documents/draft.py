"""A county's own report, as far as the sums make it: figures filled in, the rest marked as left to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.documents.analysis import contested, disclosed
from app.documents.charts.model import MISSING
from app.documents.figures import CALLED, LEFT, PROCESSED, Figures, outcomes_of
from app.documents.memo import Chapter, Memo, Paragraph, form_table
from app.domain.content import Content
from app.domain.plausibility import CARRIED, RECEIVED
from app.domain.prose.parts import FIVE_PARTS
from app.domain.prose.texts import OTHER_MATTERS, OVERVIEW, PROBLEMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.documents.memo import Part
    from app.domain.roll_up import RollUp
    from app.forms.model import ReportForm

UNKNOWN = "【待核实】"
"""Stands where a figure is missing; R30 finds it as long as it is there."""

_DISCLOSURE, _REQUESTS, _MANAGEMENT, _PLATFORMS, _SUPERVISION = (part.code for part in FIVE_PARTS)

# none of these may speak of what the rules look for, or they would take the question for the answer
_OPEN = {
    _DISCLOSURE: "【待填写：主要做法和成效】",
    _REQUESTS: "【待填写：办理情况和典型案例】",
    _MANAGEMENT: "【待填写：本年的做法】",
    _PLATFORMS: "【待填写：本年的做法】",
    _SUPERVISION: "【待填写：条例第五十条第（四）项所列三方面，没有发生的也要写明】",
    PROBLEMS: "【待填写：由撰写人据实写，系统不代写】",
    OTHER_MATTERS: "【待填写：信息处理费收取情况，没有收取的也要写明；其他事项】",
}
_NUMBERS = "一二三四五"


def draft_content(form: ReportForm, agency: str, year: int, rolled: RollUp) -> Content:
    """Return the report: tables from the sums, 一 with its sentences, 五 and 六 as questions.

    A cell that not one unit gave stays missing.  One that some units lack holds the sum of the others, as
    the roll-up does, and the text says so where it says the figure.
    """
    figures = Figures(form, rolled)
    known = {section.code for section in form.narratives}
    written = {
        OVERVIEW: "\n".join(_overview(figures, year)),
        PROBLEMS: _OPEN[PROBLEMS],
        OTHER_MATTERS: _OPEN[OTHER_MATTERS],
    }
    return Content(
        form,
        year,
        title=form.title.format(agency=agency, year=year),
        preface=(
            f"根据《中华人民共和国政府信息公开条例》和{form.notice}的要求编制。"
            f"统计期限为{form.period.format(year=year)}。"
        ),
        narratives={code: text for code, text in written.items() if code in known},
        values=rolled.totals,
        is_aggregate=True,
    )


def _overview(figures: Figures, year: int) -> Iterator[str]:
    sentences = {
        _DISCLOSURE: f"{year}年，{'；'.join(disclosed(figures))}。",
        _REQUESTS: _requests(figures, year),
        _SUPERVISION: f"政府信息公开{'；'.join(contested(figures))}。",
    }
    for number, part in zip(_NUMBERS, FIVE_PARTS, strict=True):
        said = sentences.get(part.code, "").replace(MISSING, UNKNOWN)
        yield f"（{number}）{part.name}。{said}{_OPEN[part.code]}"


def _requests(figures: Figures, year: int) -> str:
    ends = "，".join(f"{outcome.name}{_sum(figures, outcome.cells)}" for outcome in outcomes_of(figures.form))
    return (
        f"{year}年收到政府信息公开申请{figures.said(RECEIVED)}，{CALLED[CARRIED]}{figures.said(CARRIED)}；"
        f"办结{figures.said(PROCESSED)}，其中{ends}；{CALLED[LEFT]}继续办理{figures.said(LEFT)}。"
    )


def _sum(figures: Figures, cells: tuple[str, ...]) -> str:
    value, lacking = figures.sum(cells), figures.lacking(*cells)
    if value is None:
        return MISSING
    return f"{value}件{f'（至少{lacking}个单位缺此数）' if lacking else ''}"


def write_draft(content: Content) -> Memo:
    """Show such a report as it would be printed, its open places included."""
    form = content.form
    chapters = []
    for section in form.sections:
        parts: tuple[Part, ...]
        if section.table is None:
            text = content.narratives.get(section.code) or ""
            parts = tuple(Paragraph(line) for line in text.split("\n"))
        else:
            parts = (form_table(form, section.table, content.values, frozenset()),)
        chapters.append(Chapter(section.heading, parts))
    preface = (Chapter("", (Paragraph(content.preface or ""),)),)
    return Memo(
        title=content.title or "",
        mark="代拟稿",
        lead=(),
        chapters=(*preface, *chapters),
        closing=(
            "表中数字和文字中的数字由各单位的报告汇总得出；标有【待填写】【待核实】的地方由撰写人补充、核对。",
        ),
    )
