"""How our sheets come out of a printer: A4, one page wide, headings repeated, pages numbered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

BEIJING = timezone(timedelta(hours=8), "北京时间")


@dataclass(frozen=True, slots=True)
class Paper:
    """How a sheet is printed.

    Attributes:
        heading_rows: rows at the top that every page repeats.
        heading_columns: letters of the columns that every page repeats, `A:B`.
        landscape: whether the page lies on its side.
        one_page: whether the sheet shrinks to a single page; else it is as long as it needs.
        scale: per cent of its size that it is printed in; None shrinks it to the page's width.
    """

    heading_rows: int
    heading_columns: str | None = None
    landscape: bool = False
    one_page: bool = False
    scale: int | None = None


def set_up_page(sheet: Worksheet, paper: Paper, status: str, as_of: datetime) -> None:
    """Lay a sheet out on A4; its foot tells status, page and time."""
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = "landscape" if paper.landscape else "portrait"
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 1 if paper.one_page else 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=paper.scale is None)
    if paper.scale is not None:
        sheet.page_setup.scale = paper.scale
    sheet.print_options.horizontalCentered = True
    sheet.page_margins = PageMargins(left=0.6, right=0.6, top=0.6, bottom=0.7, header=0.3, footer=0.3)
    sheet.print_title_rows = f"1:{paper.heading_rows}"
    if paper.heading_columns:
        sheet.print_title_cols = paper.heading_columns
    _set_foot(sheet, status, as_of)


def _set_foot(sheet: Worksheet, status: str, as_of: datetime) -> None:
    foot = HeaderFooterItem()
    foot.left.text = f"状态：{status}"
    foot.center.text = "第 &P 页，共 &N 页"
    foot.right.text = f"数据截至：{in_beijing(as_of)}"
    sheet.HeaderFooter.oddFooter = foot


def in_beijing(moment: datetime) -> str:
    """Write a moment as people in China read it: 2022-01-31 09:30."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
