"""Word documents as the authorities lay them out (GB/T 9704-2012): A4, 22 lines of 28 characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Length, Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle

if TYPE_CHECKING:
    from docx.document import Document as Paper
    from docx.section import Section
    from docx.text.paragraph import Paragraph

FANGSONG, HEI, KAI, SONG, TITLE_FONT = "仿宋", "黑体", "楷体", "宋体", "方正小标宋简体"
LATIN = "Times New Roman"

ERHAO, SANHAO, SIHAO, WUHAO = Pt(22), Pt(16), Pt(14), Pt(10.5)
"""The sizes of type that the standard names: 二号, 三号, 四号, 五号."""

LINE = Pt(28.95)
"""22 of them are the 225 mm of the type area."""

INDENT = Pt(32)
"""Two characters of 三号."""

NORMAL, TITLE, HEADING, SUBHEADING, SMALL = "Normal", "Title", "Heading 1", "Heading 2", "Caption"
"""The styles of paragraphs that these documents use."""

_CLOSER = '<w:spacing {} w:val="-5"/>'
"""A quarter of a point less between characters, so that 28 of 三号 fit into 156 mm.

The grid of a page would say it more directly, but LibreOffice gives a character two of its cells then.
"""

_PAGE_NUMBER = (
    '<w:fldSimple {} w:instr="PAGE"><w:r><w:rPr><w:rFonts w:ascii="{}" w:hAnsi="{}"/><w:sz w:val="28"/>'
    "</w:rPr><w:t>1</w:t></w:r></w:fldSimple>"
)


def new_paper(title: str) -> Paper:
    """Return an empty document with page, page numbers and styles as the standard has them."""
    paper = Document()
    properties = paper.core_properties
    properties.title, properties.author, properties.comments, properties.language = title, "", "", "zh-CN"
    paper.settings.odd_and_even_pages_header_footer = True
    _set_page(paper.sections[0])
    _set_style(paper, NORMAL, FANGSONG, SANHAO, indent=INDENT)
    _set_style(paper, TITLE, TITLE_FONT, ERHAO, line=Pt(34), align=WD_ALIGN_PARAGRAPH.CENTER)
    _set_style(paper, HEADING, HEI, SANHAO, indent=INDENT)
    _set_style(paper, SUBHEADING, KAI, SANHAO, indent=INDENT)
    _set_style(paper, SMALL, FANGSONG, WUHAO, line=Pt(16))
    return paper


def _set_page(section: Section) -> None:
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(25)
    for grid in section._sectPr.findall(qn("w:docGrid")):
        section._sectPr.remove(grid)
    _number(section.footer.paragraphs[0], WD_ALIGN_PARAGRAPH.RIGHT)
    _number(section.even_page_footer.paragraphs[0], WD_ALIGN_PARAGRAPH.LEFT)


def _number(line: Paragraph, side: WD_ALIGN_PARAGRAPH) -> None:
    """Number pages as the standard does: odd ones at the right, even ones at the left, “— 1 —”."""
    line.alignment = side
    line.paragraph_format.first_line_indent = Pt(0)
    line.paragraph_format.left_indent = line.paragraph_format.right_indent = SIHAO
    line.add_run("— ").font.size = SIHAO
    line._p.append(parse_xml(_PAGE_NUMBER.format(nsdecls("w"), SONG, SONG)))
    line.add_run(" —").font.size = SIHAO


def _set_style(
    paper: Paper,
    name: str,
    font: str,
    size: Length,
    *,
    line: Length = LINE,
    indent: Length | None = None,
    align: WD_ALIGN_PARAGRAPH = WD_ALIGN_PARAGRAPH.JUSTIFY,
) -> None:
    style = paper.styles[name]
    if not isinstance(style, ParagraphStyle):
        raise TypeError(name)
    style.font.name, style.font.size, style.font.bold, style.font.italic = LATIN, size, False, False
    style.font.color.rgb = RGBColor(0, 0, 0)
    looks = style.element.get_or_add_rPr()
    for old in looks.findall(qn("w:spacing")):
        looks.remove(old)
    if size == SANHAO:
        looks.find(qn("w:color")).addnext(parse_xml(_CLOSER.format(nsdecls("w"))))
    fonts = looks.get_or_add_rFonts()
    for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(theme), None)
    fonts.set(qn("w:eastAsia"), font)
    spacing = style.paragraph_format
    spacing.space_before = spacing.space_after = Pt(0)
    spacing.line_spacing_rule, spacing.line_spacing = WD_LINE_SPACING.EXACTLY, line
    spacing.first_line_indent = Pt(0) if indent is None else indent
    spacing.alignment = align
    for border in style.element.pPr.findall(qn("w:pBdr")):
        style.element.pPr.remove(border)
