from app.forms import FORMS, annual_2019, form_of_version, form_of_year
from app.forms.annual_2021 import FORM


def test_reports_of_2019_and_2020_are_made_on_the_former_form() -> None:
    assert [form_of_year(year) for year in (2019, 2020)] == [annual_2019.FORM] * 2
    assert form_of_version("2019") is annual_2019.FORM


def test_the_forms_stand_in_the_order_of_their_years() -> None:
    assert [form.first_year for form in FORMS] == sorted(form.first_year for form in FORMS)


def test_reports_from_2021_on_are_made_on_the_form_in_force() -> None:
    assert form_of_year(2021) is FORM
    assert form_of_year(2040) is FORM
    assert form_of_year(2018) is None


def test_a_form_is_found_by_its_version() -> None:
    assert form_of_version("2021") is FORM
    assert form_of_version("1999") is None


def test_no_year_has_two_forms_and_no_version_is_used_twice() -> None:
    assert all(sum(form.covers(year) for form in FORMS) <= 1 for year in range(2000, 2100))
    assert len({form.version for form in FORMS}) == len(FORMS)
