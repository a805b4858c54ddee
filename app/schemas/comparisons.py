"""Bodies of the comparison of two reports."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.domain.comparison import Fate
from app.domain.lifecycle import Status
from app.schemas.fields import Out
from app.schemas.results import Number


class SideOut(Out):
    """相比的一份报告。"""

    agency: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="机关全称")]
    year: Annotated[int, Field(title="报告年度")]
    form: Annotated[str, Field(title="报告格式")]
    version: Annotated[int, Field(title="版本号")]
    status: Annotated[Status, Field(title="状态")]


class CellComparedOut(Out):
    """两份表格都有的一格。"""

    cell: Annotated[str, Field(title="格的代码")]
    label: Annotated[str, Field(title="表、行、列")]
    unit: Annotated[str, Field(title="单位")]
    left: Annotated[Number | None, Field(title="左边的数；null 表示缺")]
    right: Annotated[Number | None, Field(title="右边的数；null 表示缺")]
    difference: Annotated[Number | None, Field(title="右边减左边；有一边缺则为 null")]


class CellOfOneOut(Out):
    """只有一份的表格才有的一格。"""

    cell: Annotated[str, Field(title="格的代码")]
    label: Annotated[str, Field(title="表、行、列")]
    unit: Annotated[str, Field(title="单位")]
    value: Annotated[Number | None, Field(title="数；null 表示缺")]


class PassageOut(Out):
    """一段文字的去留。"""

    fate: Annotated[Fate, Field(title="kept 照旧，changed 改了，added 新写的，removed 删去的")]
    left: Annotated[str | None, Field(title="左边的原文；新写的为 null")]
    right: Annotated[str | None, Field(title="右边的原文；删去的为 null")]


class TextComparedOut(Out):
    """前言或一个文字部分。"""

    section: Annotated[str, Field(title="部分的代码；前言为 preface")]
    label: Annotated[str, Field(title="名称")]
    share_kept: Annotated[
        str | None,
        Field(title="右边的文字有多少是左边照旧的，四位小数；右边没有文字为 null", examples=["0.8125"]),
    ]
    passages: Annotated[list[PassageOut], Field(title="各段，依次排列")]


class ComparisonOut(Out):
    """两份报告相比。"""

    left: Annotated[SideOut, Field(title="左边的报告")]
    right: Annotated[SideOut, Field(title="右边的报告")]
    cells: Annotated[list[CellComparedOut], Field(title="两份表格都有的格，相同的也列出")]
    only_left: Annotated[list[CellOfOneOut], Field(title="只有左边的表格才有的格")]
    only_right: Annotated[list[CellOfOneOut], Field(title="只有右边的表格才有的格")]
    share_kept: Annotated[
        str | None, Field(title="全部文字有多少是照旧的，四位小数；右边没有文字为 null", examples=["0.8125"])
    ]
    texts: Annotated[list[TextComparedOut], Field(title="前言和各文字部分")]
