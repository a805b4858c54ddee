"""LibreOffice opens our workbooks, prints them, and reads the same numbers out of them."""

import re
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from app.documents.workbook import write_report, write_roll_up
from app.forms.annual_2021 import FORM
from app.forms.layout import addresses_of
from app.forms.model import ReportForm
from tests.builders import a_balanced_report
from tests.documents.test_workbook import (
    FEE,
    RECEIVED,
    TOY,
    a_book,
    a_roll_up,
    a_unit,
    decimals,
    line_by_line,
    matrix_rows,
    numbers_at,
    numbers_in_tables,
    texts,
)

PROSE = "=示例文字，以等号开头，_x0041_ 不是字母。"


def converted(folder: Path, file: bytes, kind: str) -> Path:
    """Have LibreOffice write a workbook anew as a *kind* of file, with a profile of its own."""
    source, target = folder / "source.xlsx", folder / "converted"
    source.write_bytes(file)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    options = ["--headless", "--convert-to", kind, "--outdir", str(target), str(source)]
    subprocess.run(["soffice", profile, *options], check=True, capture_output=True, timeout=300)
    return target / f"source.{kind}"


def pages_of(pdf: Path) -> list[str]:
    return subprocess.check_output(["pdftotext", "-layout", str(pdf), "-"], text=True).split("\f")[:-1]


@pytest.mark.parametrize("form", [FORM, TOY])
def test_a_report_keeps_its_numbers_and_text_in_libreoffice(tmp_path: Path, form: ReportForm) -> None:
    values = {**a_balanced_report(form), next(iter(form.cells)): None}
    prose = {section.code: PROSE for section in form.narratives}
    file = write_report(a_book(values, form, **prose))
    workbook = load_workbook(converted(tmp_path, file, "xlsx"))
    assert numbers_at(workbook, addresses_of(form)) == decimals(form, values)
    assert PROSE in texts(workbook["正文"])


def test_a_roll_up_keeps_its_numbers_in_libreoffice(tmp_path: Path) -> None:
    values = {**a_balanced_report(), FEE: 316_441_123_456, "disclosure.licensing.decisions": 11_398_889}
    book = a_roll_up(*(a_unit(at, values=values) for at in range(3)))
    workbook = load_workbook(converted(tmp_path, write_roll_up(book), "xlsx"))
    assert numbers_in_tables(workbook["汇总"]) == line_by_line(FORM, book.rolled.totals)
    assert numbers_in_tables(workbook["第1镇"]) == line_by_line(FORM, values)
    total = matrix_rows(workbook)[-2]
    assert [Decimal(str(number)) for number in total[5:]] == list(decimals(FORM, book.rolled.totals).values())


def test_a_printed_report_has_each_table_on_a_page_of_its_own(tmp_path: Path) -> None:
    pages = pages_of(
        converted(tmp_path, write_report(a_book({**a_balanced_report(), RECEIVED: None})), "pdf")
    )
    for page, section in zip(pages, [s for s in FORM.sections if s.table], strict=False):
        assert section.heading in page
    assert "复议后起诉" in pages[2]
    assert "第 1 页" in pages[0]


def test_no_number_is_printed_as_number_signs(tmp_path: Path) -> None:
    values = dict.fromkeys(FORM.cells, 11_398_889 * 10**5)
    pages = pages_of(converted(tmp_path, write_roll_up(a_roll_up(a_unit(values=values), a_unit(2))), "pdf"))
    assert not any("##" in page for page in pages)


def test_a_printed_roll_up_has_all_tables_of_a_unit_on_one_page(tmp_path: Path) -> None:
    units = [a_unit(at, overview="一段文字。") for at in range(2)]
    pages = pages_of(converted(tmp_path, write_roll_up(a_roll_up(*units)), "pdf"))
    headings = [section.heading for section in FORM.sections if section.table]
    whole = [page for page in pages if all(heading in page for heading in headings)]
    assert len(whole) == 1 + len(units)
    for page in whole:
        assert re.search(r"^ *(\d+ +){14}\d+ *$", page.partition(headings[-1])[2], re.MULTILINE)
