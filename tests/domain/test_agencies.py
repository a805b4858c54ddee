from datetime import date

import pytest

from app.domain.agencies import (
    BEGINNING,
    AgencyKind,
    AgencyLevel,
    credit_code_fault,
    normal_division_code,
    reference_day,
)

GOOD = ["11341702486344515H", "113325000026455663", "11370322004222241N"]
LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize("code", GOOD)
def test_codes_of_real_bodies_are_sound(code: str) -> None:
    assert credit_code_fault(code) is None


@pytest.mark.parametrize("code", GOOD)
def test_every_change_of_one_character_is_found(code: str) -> None:
    for place, letter in enumerate(code):
        for other in LETTERS.replace(letter, ""):
            changed = code[:place] + other + code[place + 1 :]
            fault = credit_code_fault(changed)
            assert fault is not None, changed
            assert "校验不符" in fault


@pytest.mark.parametrize("code", GOOD)
def test_two_neighbours_swapped_are_found(code: str) -> None:
    for place in range(17):
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        assert swapped == code or credit_code_fault(swapped) is not None, swapped


def test_a_wrong_check_of_the_organisation_code_is_named() -> None:
    assert credit_code_fault("11341702486344525H") == ("统一社会信用代码第 17 位校验不符：应为 3，现为 5")


def test_a_wrong_check_of_the_whole_is_named() -> None:
    assert credit_code_fault("11341702486344515J") == ("统一社会信用代码第 18 位校验不符：应为 H，现为 J")


@pytest.mark.parametrize("letter", "IOSVZh-Ａ ")
def test_a_character_that_no_code_has_is_named(letter: str) -> None:
    fault = credit_code_fault("11341702486344515" + letter)
    assert fault == f"统一社会信用代码里不能有“{letter}”（不用 I、O、S、V、Z 和小写字母）"


@pytest.mark.parametrize("code", ["", "1134170248634451", "11341702486344515HH"])
def test_a_code_of_another_length_is_told_its_length(code: str) -> None:
    assert credit_code_fault(code) == f"统一社会信用代码应有 18 位，现为 {len(code)} 位"


@pytest.mark.parametrize(
    ("weighted", "check"), [("00000000", "0"), ("40000000", "X"), ("10000000", "8"), ("00000006", "X")]
)
def test_the_organisation_s_check_runs_from_0_to_x(weighted: str, check: str) -> None:
    """GB 11714: 11 − Σ mod 11, where 10 is X and 11 is 0."""
    fault = credit_code_fault(f"11640323{weighted}Y0")
    assert fault == f"统一社会信用代码第 17 位校验不符：应为 {check}，现为 Y"


@pytest.mark.parametrize("code", ["64", "6403", "640323", "640000", "640323101", "640323101001"])
def test_division_codes_of_every_level_stay_as_they_are(code: str) -> None:
    assert normal_division_code(code) == code


def test_a_township_written_with_twelve_digits_is_shortened_to_nine() -> None:
    assert normal_division_code("640323101000") == "640323101"


@pytest.mark.parametrize(
    "code", ["", "6", "64032", "6403231", "6403231010000", "64O323", "64 323", "６４０３２３"]
)
def test_what_is_no_division_code(code: str) -> None:
    assert normal_division_code(code) is None


def test_a_year_s_tree_is_taken_on_its_last_day() -> None:
    assert reference_day(2024) == date(2024, 12, 31)
    assert reference_day(2021) > BEGINNING


def test_levels_and_kinds_as_county_staff_call_them() -> None:
    assert [level.label for level in AgencyLevel] == ["国家级", "省级", "地级", "县级", "乡级"]
    assert {kind.value: kind.label for kind in AgencyKind} == {
        "government": "人民政府",
        "office": "政府办公室",
        "department": "部门",
        "subdistrict": "街道办事处",
        "development_zone": "开发区",
        "authorised_organisation": "法律法规授权组织",
    }
