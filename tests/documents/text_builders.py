"""Complete reports as text with tab-separated tables, and ways to spoil them."""

from app.documents.reading import Reading
from app.documents.text import read_text
from app.domain.content import Content
from app.domain.values import Values, to_printed
from app.forms.annual_2021 import FORM
from app.forms.layout import Grid, grid_of
from app.forms.model import CellCode, ReportForm
from tests.builders import a_balanced_report, a_content

AGENCY = "示例县示例镇人民政府"


def _grid_lines(form: ReportForm, grid: Grid, values: Values) -> list[str]:
    """Write a table as its grid has it: a merged heading in its first field, the others empty."""
    fields = [[""] * grid.width for _ in range(grid.height)]
    for box in grid.boxes:
        fields[box.row][box.column] = box.text if box.cell is None else _printed(form, box.cell, values)
    return ["\t".join(row) for row in fields]


def _printed(form: ReportForm, code: CellCode, values: Values) -> str:
    value = values[code]
    return "" if value is None else to_printed(form.cells[code].measure, value)


def a_text(content: Content, form: ReportForm = FORM, encoding: str = "utf-8") -> bytes:
    """Write a complete, well-formed report as text with tab-separated tables."""
    lines = [content.title or "", "", content.preface or "", ""]
    for section in form.sections:
        lines += [section.heading, ""]
        if section.table is None:
            lines.append(content.narratives[section.code] or "")
        else:
            lines += _grid_lines(form, grid_of(section.table), content.values)
    return "\n".join(lines).encode(encoding)


def a_report(**cells: int | None) -> str:
    """Return the text of a balanced report; cells are named with __ for the dots."""
    values = a_balanced_report() | {code.replace("__", "."): value for code, value in cells.items()}
    return a_text(a_content(values=values)).decode()


def read(text: str) -> Reading:
    return read_text(text.encode())


def replaced(text: str, old: str, new: str) -> str:
    """Replace what stands there exactly once."""
    assert text.count(old) == 1, (old, text.count(old))
    return text.replace(old, new)


def codes(reading: Reading) -> list[str]:
    return [f"{finding.rule.id} {finding.code}" for finding in reading.findings]


def messages(reading: Reading) -> str:
    return "\n".join(finding.message for finding in reading.findings)


def row_with(label: str, text: str) -> str:
    """Return the line of the table's row that holds this label."""
    (line,) = [line for line in text.splitlines() if label in line]
    return line
