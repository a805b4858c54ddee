"""Charts as data, drawn as SVG: no script, for eyes that tell no colours apart, for black-and-white paper.

A chart holds numbers and their names; `draw` knows nothing of reports.
"""

from app.documents.charts.bars import draw_bars
from app.documents.charts.lines import draw_lines
from app.documents.charts.model import Chart, Kind, Mark, Number, Series
from app.documents.charts.stacks import draw_stacks

__all__ = ["Chart", "Kind", "Mark", "Number", "Series", "draw"]

_DRAWN_BY = {Kind.BARS: draw_bars, Kind.STACKS: draw_stacks, Kind.LINES: draw_lines}


def draw(chart: Chart) -> str:
    """Return a chart as an `<svg>` element that can stand in a page; the same chart gives the same bytes."""
    return _DRAWN_BY[chart.kind](chart)
