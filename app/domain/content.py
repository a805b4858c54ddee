"""What a report says, apart from who keeps it and in what state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.domain.values import Values
    from app.forms.model import ReportForm


@dataclass(frozen=True, slots=True)
class Content:
    """A report's title, prose and numbers.

    Attributes:
        form: the form that it is made on.
        year: the report year.
        title: as printed; None where there is none.
        preface: the lines between title and 一; None where there are none.
        narratives: prose by section code; a section without prose is absent or None.
        values: every cell of the form, None where missing.
        is_aggregate: whether it speaks for a whole county or city (larger money is plausible).
    """

    form: ReportForm
    year: int
    title: str | None
    preface: str | None
    narratives: Mapping[str, str | None]
    values: Values
    is_aggregate: bool = False
