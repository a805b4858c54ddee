"""Totals by the form: a member for every table, row and column."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import Field, create_model

from app.schemas.fields import Out
from app.schemas.parts import named, table_model

if TYPE_CHECKING:
    from app.forms.model import ReportForm


@cache
def totals_model(form: ReportForm) -> type[Out]:
    """Return the model of the totals of reports on a form."""
    tables: dict[str, Any] = {
        section.code: (table_model(section.table, form.version, out=True), Field(title=section.heading))
        for section in form.sections
        if section.table is not None
    }
    return create_model(
        named("Totals", form), __base__=Out, __doc__="各格的合计；没有单位填的格为 null", **tables
    )
