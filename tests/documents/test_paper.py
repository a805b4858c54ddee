"""Word documents are laid out as GB/T 9704 asks."""

from __future__ import annotations

from docx.oxml.ns import qn

from app.documents.paper import HEADING, NORMAL, SUBHEADING, TITLE, new_paper


def test_the_page_is_a4_with_the_standards_margins() -> None:
    page = new_paper("分析").sections[0]
    sizes = (page.page_width, page.page_height, page.top_margin, page.left_margin)
    assert [size and round(size.mm) for size in sizes] == [210, 297, 37, 28]


def test_title_headings_and_text_have_the_standards_types() -> None:
    paper = new_paper("分析")
    found = {
        name: (style.element.rPr.rFonts.get(qn("w:eastAsia")), style.font.size.pt)
        for name in (TITLE, HEADING, SUBHEADING, NORMAL)
        for style in [paper.styles[name]]
    }
    assert found == {
        TITLE: ("方正小标宋简体", 22),
        HEADING: ("黑体", 16),
        SUBHEADING: ("楷体", 16),
        NORMAL: ("仿宋", 16),
    }
