"""Writes the pages that follow from the code: `python -m docs.generate`; a test fails when one lags."""

from __future__ import annotations

import textwrap
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.lifecycle import Action
from app.domain.roles import Right, Role, roles_with
from app.domain.values import to_text
from app.forms import FORMS
from app.forms.model import COUNT, leaves_of
from app.settings import PREFIX, Settings
from docs.rules import rules_page
from docs.security import security_page
from docs.tables import table_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.forms.model import Axis, Balance, Block, Measure, ReportForm, Table

ROOT = Path(__file__).parent.parent
FORM_PAGE = ROOT / "docs" / "form.md"
RULES_PAGE = ROOT / "docs" / "rules.md"
README = ROOT / "README.md"

SECURITY_PAGE = ROOT / "docs" / "security.md"
API_GUIDE = ROOT / "docs" / "api.md"
PROBLEM = ROOT / "openapi" / "examples" / "04-rules-broken.json"


def main() -> None:
    """Write every page that follows from the code."""
    for path, text in made().items():
        path.write_text(text)


def made() -> dict[Path, str]:
    """Return the pages that follow from the code as they should be."""
    return {
        FORM_PAGE: form_page(),
        RULES_PAGE: rules_page(),
        SECURITY_PAGE: security_page(),
        README: _with(README.read_text(), "settings", settings_table()),
        API_GUIDE: api_guide(),
    }


def api_guide() -> str:
    """Return the guide to the API with its parts that follow from the code."""
    page = _with(API_GUIDE.read_text(), "roles", roles_table())
    return _with(_with(page, "steps", steps_table()), "problem", _problem())


def _with(page: str, name: str, part: str) -> str:
    """Put a part into a page between its marks."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, _, rest = page.partition(start)
    _, _, after = rest.partition(end)
    return f"{before}{start}\n\n{part}\n\n{end}{after}"


def _problem() -> str:
    """Return the problem document of an example, laid out as there."""
    text = PROBLEM.read_text()
    body = text[text.index('{\n      "type"') : text.rindex("\n  }")]
    return f"```json\n{textwrap.dedent(' ' * 4 + body)}\n```"


def settings_table() -> str:
    """Return the service's settings, a row each."""
    rows = (
        (f"`{PREFIX}{name.upper()}`", _shown(field.default), str(field.description))
        for name, field in Settings.model_fields.items()
    )
    return table_of(("Setting", "Default", "Meaning"), rows)


def _shown(default: object) -> str:
    text = str(default).lower() if isinstance(default, bool) else str(default)
    return f"`{text}`" if text else ""


def roles_table() -> str:
    """Return what each role may do, a row each."""
    rows = (
        (
            f"`{role}`",
            role.label,
            "、".join(f"{right.label} `{right}`" for right in Right if right in role.rights),
        )
        for role in Role
    )
    return table_of(("Role", "中文", "May"), rows)


def steps_table() -> str:
    """Return the steps that a report can take, a row each."""
    rows = (
        (f"`{action}`", action.label, _leads(action), _codes(roles_with(action.right)), _must_say(action))
        for action in Action
    )
    return table_of(("`action`", "中文", "From → to", "Who", "Must say"), rows)


def _leads(action: Action) -> str:
    (reached,) = set(action.steps.values())
    return f"{_codes(action.steps)} → `{reached}`"


def _must_say(action: Action) -> str:
    return _codes(["reason"] * action.needs_reason + ["cells"] * action.needs_places)


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def form_page() -> str:
    """Return the page about the forms."""
    forms = (part for form in FORMS for part in _form_parts(form))
    parts = ["# The form", _INTRODUCTION, *forms, _RULES]
    return "\n\n".join(parts) + "\n"


_RULES = "What a report is held to beside its sums: [rules.md](rules.md)."

_INTRODUCTION = """\
<!-- Made by `python -m docs.generate` from app/forms: don't edit it here. -->

A cell's code is `table.row.column`, and a report's JSON nests the same way: `requests.received.total` is
`{"requests": {"received": {"total": 0}}}`. The service gives the same facts as data:
`GET /api/v1/forms/{version}` with the headings' layout and each cell's place in the workbook,
`GET /api/v1/forms/{version}/schema` as JSON Schema, `GET /api/v1/rules?year=`."""


def _form_parts(form: ReportForm) -> Iterator[str]:
    until = f"to {form.last_year}" if form.last_year else "on"
    yield f"## Form {form.version}: {form.notice}"
    yield (
        f"{form.name}, for report years from {form.first_year} {until}. {len(form.tables)} tables, "
        f"{len(form.cells)} cells, of which {len(form.totals)} are totals; {len(form.balances)} 勾稽关系."
    )
    yield f"- Title: {form.title}\n- Period: {form.period}"
    sections = ((section.heading, f"`{section.code}`", _kind(section.table)) for section in form.sections)
    yield table_of(("Section", "Code", "Holds"), sections)
    yield from _measure_parts(form)
    for section in form.sections:
        if section.table is not None:
            yield f"### {section.heading}: `{section.table.code}`"
            yield from _table_parts(section.table)
    yield from _balance_parts(form)
    yield from _indicator_parts(form)


def _kind(table: Table | None) -> str:
    return "prose" if table is None else f"table, {table.name}"


def _measure_parts(form: ReportForm) -> Iterator[str]:
    yield "### What cells hold"
    rows = ((f"`{each.code}`", each.unit, _written(each), *_limits(each)) for each in form.measures)
    yield table_of(("Measure", "Unit", "In JSON", "Least", "Most", "Most in an aggregate report"), rows)
    yield "`null` is a cell that nobody filled. It is never taken as 0."


def _written(measure: Measure) -> str:
    if measure.is_count:
        return "whole number"
    stored = f"a whole number of 1/{10**measure.places} {measure.unit}"
    return f"decimal text with at most {measure.places} places; stored as {stored}"


def _limits(measure: Measure) -> Iterator[str]:
    for bound in (measure.least, measure.most, measure.most_in_aggregate):
        yield to_text(measure, bound)


def _table_parts(table: Table) -> Iterator[str]:
    for block in table.blocks:
        if block.heading:
            yield f"**{block.heading}**"
        units = dict.fromkeys((column.measure or COUNT).unit for column in leaves_of(block.columns))
        columns = (f"{heading} `{leaf.code}`" for heading, leaf in _headed(block.columns))
        yield f"Columns ({'、'.join(units)}): {'、'.join(columns)}"
        yield table_of(("Row", "Code", "In messages"), _row_cells(block))


def _row_cells(block: Block) -> Iterator[tuple[str, str, str]]:
    for heading, leaf in _headed(block.rows):
        yield heading, f"`{leaf.code}`", leaf.spoken


def _headed(axes: Iterable[Axis], above: str = "") -> Iterator[tuple[str, Axis]]:
    """Yield each heading that holds cells, with the headings that span it."""
    for axis in axes:
        label = f"{above}{axis.label}"
        if axis.children:
            yield from _headed(axis.children, f"{label} › ")
        else:
            yield label, axis


def _balance_parts(form: ReportForm) -> Iterator[str]:
    yield "### 勾稽关系"
    yield "Each line is one relation, which holds in every place that the line names."
    rows = []
    for relation, members in groupby(form.balances, _relation_of):
        balances = list(members)
        rows.append((balances[0].rule, f"`{relation}.…`", _places(balances), balances[0].expression))
    yield table_of(("Rule", "Code", "Holds in", "Relation"), rows)


def _relation_of(balance: Balance) -> str:
    return balance.code.rpartition(".")[0]


def _places(balances: list[Balance]) -> str:
    first, last = balances[0].place, balances[-1].place
    return f"{first} to {last}: {len(balances)}"


def _indicator_parts(form: ReportForm) -> Iterator[str]:
    yield "### Rates"
    yield "Worked out from sums, never averaged; `null` where the denominator is 0 or a cell is missing."
    rows = (
        (each.label, f"`{each.code}`", _sum(each.numerator), _difference(each.denominator, each.less))
        for each in form.indicators
    )
    yield table_of(("Rate", "Code", "Cells", "Divided by"), rows)


def _sum(cells: tuple[str, ...]) -> str:
    return " + ".join(f"`{cell}`" for cell in cells)


def _difference(cells: tuple[str, ...], less: tuple[str, ...]) -> str:
    return " − ".join([_sum(cells), *(f"`{cell}`" for cell in less)])


if __name__ == "__main__":
    main()
