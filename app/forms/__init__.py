"""The forms of the report, as data; everything else about them is derived."""

from app.forms import annual_2019, annual_2021
from app.forms.model import ReportForm

FORMS: tuple[ReportForm, ...] = (annual_2019.FORM, annual_2021.FORM)
"""Every form that the service knows, the oldest first."""


def form_of_year(year: int) -> ReportForm | None:
    """Return the form on which reports of this year are made, or None where the service knows none."""
    return next((form for form in FORMS if form.covers(year)), None)


def form_of_version(version: str) -> ReportForm | None:
    """Return the form of this version, or None."""
    return next((form for form in FORMS if form.version == version), None)
