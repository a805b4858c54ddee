"""Workbooks, read back."""

from io import BytesIO
from unittest.mock import patch

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.merge import MergedCellRange


def opened(file: bytes) -> Workbook:
    """Read a workbook, but not the borders of merged cells, which take most of the time."""
    with patch.object(MergedCellRange, "format"):
        return load_workbook(BytesIO(file))
