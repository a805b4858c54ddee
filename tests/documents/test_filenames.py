import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.filenames import content_disposition, report_filename, roll_up_filename
from app.forms.annual_2021 import FORM

AGENCY = "盐池县大水坑镇人民政府"


def names_in(header: str) -> tuple[str, str]:
    match = re.fullmatch(r"attachment; filename=\"([^\"]+)\"; filename\*=UTF-8''([!-~]+)", header)
    assert match, header
    return match[1], unquote(match[2], errors="strict")


def test_a_report_is_named_after_its_title() -> None:
    assert report_filename(FORM, AGENCY, 2021) == f"{AGENCY}2021年政府信息公开工作年度报告.xlsx"
    assert report_filename(FORM, AGENCY, 2021, "docx").endswith("报告.docx")


def test_a_roll_up_is_named_after_its_title() -> None:
    assert roll_up_filename(FORM, "盐池县", 2021) == "盐池县2021年政府信息公开工作年度报告汇总.xlsx"


def test_a_chinese_name_travels_whole_beside_a_plain_one() -> None:
    name = report_filename(FORM, AGENCY, 2021)
    assert names_in(content_disposition(name)) == ("2021.xlsx", name)


def test_a_name_without_ending_or_plain_letters_still_has_a_plain_one() -> None:
    assert names_in(content_disposition("年报")) == ("report", "年报")


@pytest.mark.parametrize(
    ("agency", "told"),
    [
        ('a"; filename=b', "a_; filename=b"),
        ("a\r\nSet-Cookie: b", "a__Set-Cookie_ b"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("县\\镇", "县_镇"),
        ("镇\u202excod", "镇_xcod"),
        ("镇\ud800", "镇_"),
        ("{year}", "{year}"),
    ],
)
def test_what_could_mislead_is_replaced(agency: str, told: str) -> None:
    name = report_filename(FORM, agency, 2021)
    assert name == f"{told}2021年政府信息公开工作年度报告.xlsx"
    assert names_in(content_disposition(name))[1] == name


@given(st.text(st.characters(), max_size=300))
def test_any_text_gives_one_legal_header(text: str) -> None:
    plain, name = names_in(content_disposition(text))
    assert re.fullmatch(r"[0-9A-Za-z.-]+", plain)
    assert not set(name) & set('<>:"/\\|?*\r\n')
    assert len(name.encode()) <= 2 * 240 + 1


def test_a_long_name_fits_a_file_system() -> None:
    name = roll_up_filename(FORM, "镇" * 300, 2021)
    assert len(name.encode()) <= 255
    assert name.endswith("汇总.xlsx")
