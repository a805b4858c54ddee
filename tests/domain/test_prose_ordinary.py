"""Whole reports as clerks write them break no rule that they would have to explain; clear breaches are told.

`prose/ordinary.json` and `prose/breaching.json` hold them; the bodies and all that they say are made up.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.content import Content
from app.domain.context import Context, Reporter
from app.domain.judging import judge
from app.domain.results import Outcome
from app.domain.rules import Level
from app.forms import form_of_year

FOLDER = Path(__file__).parent / "prose"
SECTIONS = ("overview", "problems", "other_matters")
ORDINARY = json.loads((FOLDER / "ordinary.json").read_text())
BREACHING = json.loads((FOLDER / "breaching.json").read_text())
TOWN = Reporter(
    "松溪县竹园镇人民政府",
    AgencyLevel.TOWNSHIP,
    AgencyKind.GOVERNMENT,
    above=("松溪县人民政府", "宁川市人民政府"),
    neighbours=("松溪县枫桥乡人民政府",),
)


def content_of(report: dict[str, Any]) -> Content:
    """Make a report whose cells are 0 but for those given."""
    year = report.get("year", 2024)
    form = form_of_year(year)
    assert form is not None
    given = {code: value for code, value in report.get("cells", {}).items() if code in form.cells}
    narratives = {section: report.get(section) for section in SECTIONS}
    values = dict.fromkeys(form.cells, 0) | given
    aggregate = report.get("is_aggregate", False)
    return Content(form, year, report.get("title"), report.get("preface"), narratives, values, aggregate)


def reporter_of(report: dict[str, Any]) -> Reporter:
    return Reporter(
        report["name"],
        AgencyLevel(report["level"]),
        AgencyKind(report["kind"]),
        tuple(report["above"]),
        tuple(report["neighbours"]),
    )


def to_explain(content: Content, reporter: Reporter) -> list[str]:
    """Say what somebody would have to explain before the report can be handed in."""
    return [
        f"{result.rule.id} {result.code}: {result.message}"
        for result in judge(content, Context(reporter))
        if result.rule.level is Level.TO_EXPLAIN and result.outcome is Outcome.BROKEN
    ]


def broken_into_lines(text: str | None, width: int) -> str | None:
    if text is None:
        return None
    pieces = (line[at : at + width] for line in text.split("\n") for at in range(0, len(line), width))
    return "\n".join(pieces)


@pytest.mark.parametrize("report", ORDINARY, ids=lambda report: report["id"])
def test_an_ordinary_report_needs_no_explanation(report: dict[str, Any]) -> None:
    assert to_explain(content_of(report), reporter_of(report)) == []


@pytest.mark.parametrize("width", [28, 36])
def test_nor_does_it_where_pages_broke_its_lines(width: int) -> None:
    for report in ORDINARY:
        whole = content_of(report)
        narratives = {code: broken_into_lines(text, width) for code, text in whole.narratives.items()}
        preface = broken_into_lines(whole.preface, width)
        content = replace(whole, preface=preface, narratives=narratives)
        assert to_explain(content, reporter_of(report)) == [], report["id"]


@pytest.mark.parametrize("case", BREACHING, ids=lambda case: f"{case['id']}-{case['rule']}")
def test_a_clear_breach_is_told(case: dict[str, Any]) -> None:
    year = case.get("year", 2024)
    kept = next(report for report in ORDINARY if report["id"] == "ordinary-01")
    report = {**kept, "title": f"{TOWN.name}{year}年政府信息公开工作年度报告", "preface": None, "year": year}
    content = content_of({**report, "cells": case.get("cells", {}), **case["texts"]})
    found = {
        result.code
        for result in judge(content, Context(TOWN))
        if result.rule.id == case["rule"] and result.outcome is Outcome.BROKEN
    }
    assert found == set(case["told"])
