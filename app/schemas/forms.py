"""The form as data, enough for a front end to draw it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.forms.layout import addresses_of, grid_of
from app.forms.model import Axis, Balance, Cell, Measure, ReportForm, Table
from app.schemas.fields import Out


class FormSummary(Out):
    """一种报告格式。"""

    version: Annotated[str, Field(title="格式编号", examples=["2021"])]
    name: Annotated[str, Field(title="名称")]
    notice: Annotated[str, Field(title="依据")]
    first_year: Annotated[int, Field(title="从哪个报告年度起用")]
    last_year: Annotated[int | None, Field(title="用到哪个报告年度；null 表示现在仍用")]


class FormsOut(Out):
    """所有报告格式。"""

    items: Annotated[list[FormSummary], Field(title="格式，旧的在前")]


class MeasureOut(Out):
    """格中所填的是什么。"""

    code: Annotated[str, Field(title="代码")]
    unit: Annotated[str, Field(title="单位")]
    places: Annotated[int, Field(title="最多几位小数")]
    is_signed: Annotated[bool, Field(title="是否可以小于 0")]


class AxisOut(Out):
    """一个行标题或列标题；有下级的跨下级，自己没有格。"""

    code: Annotated[str, Field(title="代码")]
    label: Annotated[str, Field(title="格式中的文字")]
    short: Annotated[str, Field(title="简称")]
    children: Annotated[list[AxisOut], Field(title="下级标题")]


class BlockOut(Out):
    """一块表格：每行与每列相交。"""

    heading: Annotated[str, Field(title="上方的标题")]
    corner: Annotated[str, Field(title="左上角的文字")]
    rows: Annotated[list[AxisOut], Field(title="行标题")]
    columns: Annotated[list[AxisOut], Field(title="列标题")]


class BoxOut(Out):
    """版面上的一格，从 0 数起；是标题则有 text，是数据则有 cell。"""

    row: Annotated[int, Field(title="第几行")]
    column: Annotated[int, Field(title="第几列")]
    height: Annotated[int, Field(title="占几行")]
    width: Annotated[int, Field(title="占几列")]
    text: Annotated[str, Field(title="标题文字")]
    cell: Annotated[str | None, Field(title="数据格的代码")]


class GridOut(Out):
    """表格印出来的样子；各格不重不漏。"""

    height: Annotated[int, Field(title="共几行")]
    width: Annotated[int, Field(title="共几列")]
    head: Annotated[int, Field(title="上方几行是标题")]
    stub: Annotated[int, Field(title="左侧几列是标题")]
    boxes: Annotated[list[BoxOut], Field(title="各格")]


class FormCellOut(Out):
    """一个数据格。"""

    code: Annotated[str, Field(title="代码")]
    label: Annotated[str, Field(title="表、行、列")]
    pointer: Annotated[str, Field(title="在报告 JSON 中的位置")]
    excel: Annotated[str, Field(title="在工作簿中的位置")]
    measure: Annotated[MeasureOut, Field(title="所填的是什么")]
    is_total: Annotated[bool, Field(title="是否由别的格相加得到")]


class FormTableOut(Out):
    """一张表。"""

    code: Annotated[str, Field(title="代码")]
    name: Annotated[str, Field(title="名称")]
    blocks: Annotated[list[BlockOut], Field(title="各块，从上到下")]
    cells: Annotated[list[FormCellOut], Field(title="各数据格")]
    grid: Annotated[GridOut, Field(title="版面")]


class BalanceOut(Out):
    """一条勾稽关系：左边各格之和等于右边各格之和。"""

    code: Annotated[str, Field(title="代码")]
    rule: Annotated[str, Field(title="规则编号")]
    place: Annotated[str, Field(title="所在的行或列")]
    expression: Annotated[str, Field(title="写成算式")]
    left: Annotated[list[str], Field(title="左边各格")]
    right: Annotated[list[str], Field(title="右边各格")]


class SectionOut(Out):
    """报告的一个部分。"""

    code: Annotated[str, Field(title="代码")]
    heading: Annotated[str, Field(title="标题")]
    table: Annotated[FormTableOut | None, Field(title="表格；null 表示是文字")]


class FormOut(FormSummary):
    """一种报告格式的全部内容。"""

    title: Annotated[str, Field(title="报告标题的写法")]
    period: Annotated[str, Field(title="统计期限的写法")]
    sections: Annotated[list[SectionOut], Field(title="六个部分，按顺序")]
    balances: Annotated[list[BalanceOut], Field(title="勾稽关系")]


def summary_out(form: ReportForm) -> FormSummary:
    """Return what a form is called and when it holds."""
    return FormSummary.model_validate(form)


def form_out(form: ReportForm) -> FormOut:
    """Return everything that a front end needs to draw the form."""
    return FormOut(
        **summary_out(form).model_dump(),
        title=form.title,
        period=form.period,
        sections=[
            SectionOut(
                code=section.code,
                heading=section.heading,
                table=None if section.table is None else _table_out(form, section.table),
            )
            for section in form.sections
        ],
        balances=[balance_out(balance) for balance in form.balances],
    )


def _table_out(form: ReportForm, table: Table) -> FormTableOut:
    return FormTableOut(
        code=table.code,
        name=table.name,
        blocks=[
            BlockOut(
                heading=block.heading,
                corner=block.corner,
                rows=[_axis_out(axis) for axis in block.rows],
                columns=[_axis_out(axis) for axis in block.columns],
            )
            for block in table.blocks
        ],
        cells=[_cell_out(form, cell) for cell in form.cells.values() if cell.table is table],
        grid=GridOut.model_validate(grid_of(table)),
    )


def _axis_out(axis: Axis) -> AxisOut:
    children = [_axis_out(child) for child in axis.children]
    return AxisOut(code=axis.code, label=axis.label, short=axis.spoken, children=children)


def _cell_out(form: ReportForm, cell: Cell) -> FormCellOut:
    return FormCellOut(
        code=cell.code,
        label=cell.label,
        pointer=cell.pointer,
        excel=addresses_of(form)[cell.code],
        measure=_measure_out(cell.measure),
        is_total=cell.code in form.totals,
    )


def _measure_out(measure: Measure) -> MeasureOut:
    return MeasureOut.model_validate(measure)


def balance_out(balance: Balance) -> BalanceOut:
    """Return a 勾稽关系 with its cells, written out."""
    return BalanceOut.model_validate(balance)
