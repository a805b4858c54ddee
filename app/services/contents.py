"""What a version of a report says, between its stored document and the domain."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from app.domain.agencies import ReportScope
from app.domain.content import Content, with_texts
from app.domain.values import flatten

if TYPE_CHECKING:
    from app.forms.model import ReportForm
    from app.storage.models import Agency


def read_content(form: ReportForm, year: int, agency: Agency, document: str) -> Content:
    """Read a stored version back."""
    stored = json.loads(document)
    return with_texts(replace(empty_content(form, year, agency), values=flatten(form, stored)), stored)


def empty_content(form: ReportForm, year: int, agency: Agency) -> Content:
    """Return a report that says nothing yet: every cell missing."""
    return Content(
        form,
        year,
        title=None,
        preface=None,
        narratives={},
        values=dict.fromkeys(form.cells),
        is_aggregate=agency.report_scope == ReportScope.AGGREGATE,
    )
