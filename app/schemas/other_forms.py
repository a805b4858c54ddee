"""Tables of another year's form: whoever sends them is told so, not only that members are unknown."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from app.errors import Fault, InvalidRequest, no_form
from app.forms import FORMS, form_of_year
from app.schemas.problems import faults_of, invalid, pointer_to

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic_core import ErrorDetails

    from app.forms.model import ReportForm

Held = TypeVar("Held", bound=BaseModel)

IN_FORCE = FORMS[-1]
"""The form that the API's own description shows first."""


def form_meant(year: int | None) -> ReportForm:
    """Return the form to which a report of this year is held.

    It is the one in force where the year isn't said or has none: that is refused where the year is looked at.
    """
    return (None if year is None else form_of_year(year)) or IN_FORCE


def hold(model: type[Held], sent: object, year: int | None, *inside: str) -> Held:
    """Hold what was sent to the model of a report of this year, or of a part of one.

    Args:
        model: of the report or of the part.
        sent: as it was parsed.
        year: the report year, as far as it is known.
        inside: codes of the table and row, where it is only that.

    Raises:
        InvalidRequest: it isn't of that shape, or the year has no form; members of another form's tables are
            named as such.
    """
    try:
        # as FastAPI does it, so that the same slip has the same code in every body
        return model.model_validate(sent, from_attributes=True)
    except ValidationError as wrong:
        if year is not None and form_of_year(year) is None:
            raise no_form(year) from wrong
        errors = wrong.errors(include_url=False)
        told = _told_of_other_form(errors, model, year, inside)
        raise told or invalid(errors, model, inside="body") from wrong


def _told_of_other_form(
    errors: Sequence[ErrorDetails], model: type[BaseModel], year: int | None, inside: tuple[str, ...]
) -> InvalidRequest | None:
    """Return the refusal of what has members of another form; None where it has none."""
    form = form_meant(year)
    strange = {
        pointer_to(error["loc"]): (other, place)
        for error in errors
        if error["type"] == "extra_forbidden"
        and (place := (*inside, *map(str, error["loc"])))
        and (other := form_with(form, *place)) is not None
    }
    if not strange:
        return None
    faults = [
        _named(fault, *strange[fault.pointer]) if fault.pointer in strange else fault
        for fault in faults_of(errors, model, inside="body")
    ]
    (other, _), *_ = strange.values()
    told = f"有 {len(strange)} 处是{other.full_name}的栏目；{_needed(form, year)}"
    return InvalidRequest(told, faults)


def _named(fault: Fault, form: ReportForm, place: tuple[str, ...]) -> Fault:
    label = _places_of(form)[place]
    return Fault(fault.pointer, f"{label}是{form.name}的，这一年度的表格里没有", "other-form")


def form_with(form: ReportForm, *place: str) -> ReportForm | None:
    """Return another form that has this table, row or cell, if this form doesn't; None where none has."""
    if place in _places_of(form):
        return None
    return next((each for each in reversed(FORMS) if place in _places_of(each)), None)


@cache
def _places_of(form: ReportForm) -> dict[tuple[str, ...], str]:
    """Return what people call each table, row and cell of a form, by its codes."""
    places: dict[tuple[str, ...], str] = {}
    for cell in form.cells.values():
        table, row = cell.table, cell.row
        places[table.code,] = table.name
        places[table.code, row.code] = f"{table.name}“{row.spoken}”行"
        places[table.code, row.code, cell.column.code] = cell.label
    return places


def _needed(form: ReportForm, year: int | None) -> str:
    whose = "没有写明年度，按现行的格式核对，即" if year is None else f"{year} 年度的报告要用"
    return f"{whose}{form.full_name}，见 /api/v1/forms/{form.version}"
