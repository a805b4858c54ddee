"""Tables of Word's: fixed columns over the whole width, merged headings, heads repeated on every page.

They are written as XML at once: python-docx asks the whole table again for each of its cells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from app.documents.html import is_figure, is_heading_of_row, lines_of
from app.documents.sheet_text import display_width, fit_for_xml

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from docx.document import Document as Paper

    from app.documents.memo import FormTable, Matrix
    from app.forms.layout import Box

_WIDTH = 8844
"""156 mm in twentieths of a point."""

_MANY_COLUMNS = 6
_PADDING = 3
"""Of a column, in digits: what its margins and the roundness of estimates take."""

_PLAIN, _DENSE = 21, 16
"""Sizes of type in half points: 五号, and small enough for fifteen columns."""

_TABLE = (
    "<w:tbl {names}><w:tblPr><w:tblW w:w={width} w:type='dxa'/><w:tblBorders>{borders}</w:tblBorders>"
    "<w:tblLayout w:type='fixed'/><w:tblCellMar><w:left w:w='40' w:type='dxa'/>"
    "<w:right w:w='40' w:type='dxa'/></w:tblCellMar><w:tblCaption w:val={caption}/></w:tblPr>"
    "<w:tblGrid>{columns}</w:tblGrid>{lines}</w:tbl>"
)
_BORDERS = "".join(
    f"<w:{side} w:val='single' w:sz='4' w:space='0' w:color='000000'/>"
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)

_STYLE = "<w:pStyle w:val='Caption'/>"


def add_matrix(paper: Paper, matrix: Matrix) -> None:
    """Add a table of data."""
    weights = [
        min(30, max(6, *(display_width(row[at]) for row in (matrix.head, *matrix.rows)))) + _PADDING
        for at in range(len(matrix.head))
    ]
    size = _DENSE if len(matrix.head) > _MANY_COLUMNS else _PLAIN
    head = _line((_cell(name, size, align="center", is_head=True) for name in matrix.head), is_head=True)
    body = [_line(_data_cell(text, at, size) for at, text in enumerate(row)) for row in matrix.rows]
    _add(paper, matrix.caption, weights, [head, *body])


def _data_cell(text: str, at: int, size: int) -> str:
    return _cell(text, size, align="right" if at and is_figure(text) else "left")


def add_form_table(paper: Paper, table: FormTable) -> None:
    """Add one of the form's tables in its official layout."""
    grid = table.grid
    numbers = grid.width - grid.stub
    labels = 30 if numbers > _MANY_COLUMNS // 2 else 14
    stub = [13] * (grid.stub - 1) + [labels] if grid.stub else []
    size = _DENSE if grid.width > _MANY_COLUMNS else _PLAIN
    covered: dict[tuple[int, int], Box] = {
        (row, box.column): box for box in grid.boxes for row in range(box.row + 1, box.row + box.height)
    }
    lines = []
    for row, boxes in enumerate(lines_of(grid)):
        here = {box.column: _box(table, box, size) for box in boxes}
        below = {
            column: _cell("", size, width=box.width, merged="continue")
            for (at, column), box in covered.items()
            if at == row
        }
        cells = [cell for _, cell in sorted((here | below).items())]
        line = _line(cells, is_head=row < grid.head)
        # it fits on a page, so it stands on one
        lines.append(line if row + 1 == grid.height else line.replace(_STYLE, f"{_STYLE}<w:keepNext/>"))
    _add(paper, table.caption, [*stub, *[10] * numbers], lines)


def _box(table: FormTable, box: Box, size: int) -> str:
    merged = "restart" if box.height > 1 else ""
    if box.cell is not None:
        return _cell(table.printed[box.cell], size, align="right", width=box.width, merged=merged)
    is_head = not is_heading_of_row(box, table.grid)
    align = "center" if is_head else "left"
    return _cell(box.text, size, align=align, width=box.width, merged=merged, is_head=is_head)


def _line(cells: Iterable[str], *, is_head: bool = False) -> str:
    head = "<w:tblHeader/>" if is_head else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>{''.join(cells)}</w:tr>"


def _cell(
    text: str, size: int, *, align: str = "left", width: int = 1, merged: str = "", is_head: bool = False
) -> str:
    looks = "".join(
        (
            f"<w:gridSpan w:val='{width}'/>" if width > 1 else "",
            f"<w:vMerge w:val='{merged}'/>" if merged else "",
            "<w:shd w:val='clear' w:color='auto' w:fill='F1F4F6'/>" if is_head else "",
            "<w:vAlign w:val='center'/>",
        )
    )
    pitch = size * 13
    bold = "<w:b/>" if is_head else ""
    return (
        f"<w:tc><w:tcPr>{looks}</w:tcPr><w:p><w:pPr>{_STYLE}"
        f"<w:spacing w:line='{pitch}' w:lineRule='exact'/><w:jc w:val='{align}'/></w:pPr>"
        f"<w:r><w:rPr>{bold}<w:sz w:val='{size}'/></w:rPr>"
        f"<w:t xml:space='preserve'>{escape(fit_for_xml(text))}</w:t></w:r></w:p></w:tc>"
    )


def _add(paper: Paper, caption: str, weights: Sequence[int], lines: Iterable[str]) -> None:
    total = sum(weights)
    columns = "".join(f"<w:gridCol w:w='{_WIDTH * weight // total}'/>" for weight in weights)
    table = _TABLE.format(
        names=nsdecls("w"),
        width=quoteattr(str(_WIDTH)),
        borders=_BORDERS,
        caption=quoteattr(fit_for_xml(caption)),
        columns=columns,
        lines="".join(lines),
    )
    # a document ends with the page's own settings, before which everything stands
    paper.element.body.sectPr.addprevious(parse_xml(table))
