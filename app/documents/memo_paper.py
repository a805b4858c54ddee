"""A piece of writing as a Word document: GB/T 9704, tables with repeated heads, charts of Word's own."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, assert_never

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt

from app.documents.memo import FormTable, Matrix, Memo, Note, Paragraph, Part, Picture, Subheading
from app.documents.paper import HEADING, NORMAL, SMALL, SUBHEADING, TITLE, new_paper
from app.documents.paper_charts import add_chart
from app.documents.paper_tables import add_form_table, add_matrix
from app.documents.sheet_text import fit_for_xml

if TYPE_CHECKING:
    from docx.document import Document as Paper
    from docx.text.paragraph import Paragraph as Line


def write_paper(memo: Memo) -> bytes:
    """Return a piece of writing as a .docx file."""
    paper = new_paper(memo.title)
    _write(paper, "\n".join(memo.title_lines), TITLE)
    for line in filter(None, (memo.mark, *memo.lead)):
        written = _write(paper, line, NORMAL)
        written.alignment = WD_ALIGN_PARAGRAPH.CENTER
        written.paragraph_format.first_line_indent = Pt(0)
    for chapter in memo.chapters:
        if chapter.heading:
            _write(paper, chapter.heading, HEADING)
        for part in chapter.parts:
            _add(paper, part)
    for line in memo.closing:
        _write(paper, line, SMALL)
    file = BytesIO()
    paper.save(file)
    return file.getvalue()


def _write(paper: Paper, text: str, style: str) -> Line:
    return paper.add_paragraph(fit_for_xml(text), style)


def _add(paper: Paper, part: Part) -> None:
    match part:
        case Paragraph():
            _write(paper, part.text, NORMAL)
        case Subheading():
            _write(paper, part.text, SUBHEADING)
        case Note():
            _write(paper, part.text, SMALL)
        case Picture():
            _caption(paper, part.chart.heading)
            add_chart(paper, part.chart)
        case Matrix():
            _caption(paper, part.caption)
            add_matrix(paper, part)
        case FormTable():
            if part.caption:
                _caption(paper, part.caption)
            add_form_table(paper, part)
        case _:
            assert_never(part)


def _caption(paper: Paper, text: str) -> None:
    """Write what stands above a table or a chart, never parted from it."""
    line = _write(paper, text, SMALL)
    line.runs[0].font.bold = True
    line.paragraph_format.keep_with_next = True
    line.paragraph_format.space_before = Pt(8)
