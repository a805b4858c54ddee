"""Each form against the text of the notice that laid it down, whose labels a JSON file holds."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.forms import FORMS
from app.forms.model import Axis, ReportForm, Table, leaves_of

EACH = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.version)


def notice_of(form: ReportForm) -> dict[str, Any]:
    """Return the labels as the notice prints them."""
    labels: dict[str, Any] = json.loads((Path(__file__).parent / f"labels_{form.version}.json").read_text())
    return labels


def table_of(form: ReportForm, code: str) -> Table:
    (table,) = [table for table in form.tables if table.code == code]
    return table


def paths(axes: tuple[Axis, ...]) -> Iterator[list[str]]:
    """Yield each leaf's labels from the outermost heading in."""
    for axis in axes:
        if axis.children:
            yield from ([axis.label, *path] for path in paths(axis.children))
        else:
            yield [axis.label]


def labels(axes: tuple[Axis, ...]) -> list[str]:
    return [leaf.label for leaf in leaves_of(axes)]


@EACH
def test_six_sections_of_which_three_are_tables(form: ReportForm) -> None:
    notice = notice_of(form)
    assert [section.heading for section in form.sections] == notice["sections"]
    assert [section.number for section in form.sections] == ["一", "二", "三", "四", "五", "六"]
    assert [table.name for table in form.tables] == ["表二", "表三", "表四"]
    assert [section.code for section in form.narratives] == ["overview", "problems", "other_matters"]


@EACH
def test_it_names_the_notice_that_laid_it_down(form: ReportForm) -> None:
    notice = notice_of(form)
    assert form.notice == notice["notice"]


@EACH
def test_labels_of_table_2(form: ReportForm) -> None:
    notice = notice_of(form)
    found = [
        {"item": block.heading, "columns": labels(block.columns), "rows": labels(block.rows)}
        for block in table_of(form, "disclosure").blocks
    ]
    assert found == notice["table2"]
    assert {block.corner for block in table_of(form, "disclosure").blocks} == {"信息内容"}


@EACH
def test_labels_and_headings_of_table_3(form: ReportForm) -> None:
    notice = notice_of(form)
    (block,) = table_of(form, "requests").blocks
    expected = notice["table3"]
    rows = [[heading for heading in path if heading] for path in expected["rows"]]
    columns = [
        [expected["column_super"], *(heading for heading in path if heading)] for path in expected["columns"]
    ]
    assert block.corner == expected["corner"]
    assert list(paths(block.rows)) == rows
    assert list(paths(block.columns)) == columns


@EACH
def test_labels_and_headings_of_table_4(form: ReportForm) -> None:
    notice = notice_of(form)
    (block,) = table_of(form, "proceedings").blocks
    rows = [[heading for heading in (row["parent"], row["label"]) if heading] for row in notice["table4"]]
    assert list(paths(block.rows)) == rows
    assert all(row["columns"] == labels(block.columns) for row in notice["table4"])
