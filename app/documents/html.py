"""Pages to read in a browser and to print: templates in `pages/`, without any script.

A template extends `base.html`, which brings the styles and what every page needs.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from app.documents.charts import draw
from app.documents.charts.model import MISSING

if TYPE_CHECKING:
    from app.documents.charts import Chart
    from app.documents.memo import Memo, Part
    from app.forms.layout import Box, Grid

_FIGURE = re.compile(rf"[-+]?[0-9][0-9.]*[%*]?(?:/[0-9]+)?|{re.escape(MISSING)}|—")


@cache
def _environment() -> Environment:
    """Return where templates come from; what they are given is escaped, and what they lack is an error."""
    environment = Environment(
        loader=PackageLoader("app.documents", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"drawn": _drawn, "kind": _kind, "lines": lines_of}
    environment.tests |= {"figure": is_figure, "of_row": is_heading_of_row}
    return environment


def render(template: str, /, **members: object) -> str:
    """Return a page as HTML.

    Args:
        template: the name of a file in `pages/`: `memo.html`.
        members: what it shows; text is escaped, unless it is `markupsafe.Markup`.

    Raises:
        UndefinedError: the template asks for something that it wasn't given.
    """
    return _environment().get_template(template).render(**members)


def write_page(memo: Memo) -> str:
    """Return a piece of writing as a page."""
    return render("memo.html", memo=memo)


def _drawn(chart: Chart) -> Markup:
    return Markup(draw(chart))  # noqa: S704 - `draw` escapes what people wrote


def _kind(part: Part) -> str:
    return type(part).__name__


def is_figure(text: str) -> bool:
    """Tell whether the cell of a table holds a number, or stands for one."""
    return _FIGURE.fullmatch(text) is not None


def lines_of(grid: Grid) -> list[list[Box]]:
    """Return the boxes of a grid by the line in which they begin, from the left."""
    lines: list[list[Box]] = [[] for _ in range(grid.height)]
    for box in sorted(grid.boxes, key=lambda box: box.column):
        lines[box.row].append(box)
    return lines


def is_heading_of_row(box: Box, grid: Grid) -> bool:
    """Tell whether a box without a number stands before the numbers of its line."""
    return box.column < grid.stub and any(
        other.cell is not None and other.row == box.row for other in grid.boxes
    )
