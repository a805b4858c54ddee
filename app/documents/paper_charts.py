"""Charts of Word's own: sharp on paper, with their data in a workbook that whoever edits the text can open.

A picture would need a rasteriser for everything that shows no SVG; these are drawn by Word, WPS and
LibreOffice themselves, with hatches, markers and dashes as in `app.documents.charts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from docx.enum.text import WD_LINE_SPACING
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.shared import Length, Mm
from openpyxl import Workbook

from app.documents.charts import Kind
from app.documents.charts.drawing import COLOURS
from app.documents.charts.lines import number_of_mark
from app.documents.html import render
from app.documents.paper import SMALL
from app.documents.sheet_text import clean, fit_for_xml
from app.forms.layout import column_letters

if TYPE_CHECKING:
    from docx.document import Document as Paper

    from app.documents.charts import Chart, Number

_CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_HATCHES = ("", "wdUpDiag", "pct20", "lgGrid", "ltHorz", "wdDnDiag")
_DASHES = ("solid", "dash", "sysDot", "dashDot", "lgDash", "lgDashDot")
_SYMBOLS = ("circle", "square", "triangle", "diamond", "x", "dash")

_FRAME = (
    '<w:r xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    ' xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><w:drawing>'
    '<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{width}" cy="{height}"/>'
    '<wp:docPr id="{at}" name="chart{at}" title={title} descr={description}/><wp:cNvGraphicFramePr/>'
    '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart">'
    '<c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" r:id="{part}"/>'
    "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A series as Word draws it."""

    name: str
    values: tuple[Number | None, ...]
    column: str
    colour: str
    hatch: str
    dash: str
    symbol: str


def add_chart(paper: Paper, chart: Chart) -> None:
    """Add a chart, and below it what its marks mean."""
    at = 1 + sum(part.content_type == _CHART_TYPE for part in paper.part.package.iter_parts())
    line = paper.add_paragraph(style=SMALL)
    line.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    width, height = Mm(154), _height_of(chart)
    frame = _FRAME.format(
        width=width,
        height=height,
        at=at,
        title=quoteattr(fit_for_xml(chart.heading)),
        description=quoteattr(fit_for_xml(chart.description)),
        part=_add_part(paper, chart, at),
    )
    line._p.append(parse_xml(frame))
    for number, mark in enumerate(chart.marks):
        said = f"{number_of_mark(number)} {chart.labels[mark.at]}起：{mark.words}"
        paper.add_paragraph(fit_for_xml(said), SMALL)


def _height_of(chart: Chart) -> Length:
    match chart.kind:
        case Kind.BARS:
            return Mm(10 + 7 * len(chart.labels))
        case Kind.STACKS:
            return Mm(22 + 10 * len(chart.labels))
        case Kind.LINES:
            return Mm(75)


def _add_part(paper: Paper, chart: Chart, at: int) -> str:
    """Put the chart and its workbook into the file; return by which name the text refers to it."""
    package = paper.part.package
    labels, series = _labels_of(chart), _series_of(chart)
    book = Part(PackURI(f"/word/embeddings/chart{at}.xlsx"), _XLSX_TYPE, _workbook(labels, series), package)
    part = Part(PackURI(f"/word/charts/chart{at}.xml"), _CHART_TYPE, b"", package)
    decimals = '0.00"%"' if chart.unit == "%" else "0"
    part._blob = render(
        "chart.xml",
        kind=chart.kind.value,
        labels_said=labels,
        series=series,
        # a part that is 0 has no room for its number
        format=f"{decimals};;;" if chart.kind is Kind.STACKS else decimals,
        axis_format='0"%"' if chart.unit == "%" else "0",
        # bars leave room for the numbers behind them
        most=max(chart.known, default=0) * 115 // 100 + 1 if chart.kind is Kind.BARS else None,
        workbook=part.relate_to(book, RELATIONSHIP_TYPE.PACKAGE),
    ).encode()
    return paper.part.relate_to(part, RELATIONSHIP_TYPE.CHART)


def _labels_of(chart: Chart) -> list[str]:
    """Return the labels, each with the numbers of its marks, and with what is missing."""
    labels = []
    for at, label in enumerate(chart.labels):
        marks = "".join(number_of_mark(n) for n, mark in enumerate(chart.marks) if mark.at == at)
        lacks = any(series.values[at] is None for series in chart.series)
        labels.append(fit_for_xml(f"{label}{marks}{'（缺）' if lacks else ''}"))
    return labels


def _series_of(chart: Chart) -> list[_Drawn]:
    lacking = {at for series in chart.series for at, value in enumerate(series.values) if value is None}
    # a bar with a missing part would show wrong shares
    left_out = lacking if chart.kind is Kind.STACKS else set()
    return [
        _Drawn(
            fit_for_xml(series.name),
            tuple(None if place in left_out else value for place, value in enumerate(series.values)),
            column_letters(at + 1),
            COLOURS[at % len(COLOURS)].removeprefix("#").upper(),
            _HATCHES[at % len(_HATCHES)],
            _DASHES[at % len(_DASHES)],
            _SYMBOLS[at % len(_SYMBOLS)],
        )
        for at, series in enumerate(chart.series)
    ]


def _workbook(labels: list[str], series: list[_Drawn]) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Sheet1"
    sheet.append(["", *(clean(one.name) for one in series)])
    for at, label in enumerate(labels):
        sheet.append([clean(label), *(one.values[at] for one in series)])
    file = BytesIO()
    book.save(file)
    return file.getvalue()
