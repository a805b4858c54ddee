"""Agencies: the bodies that report, their codes and their place in the tree."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum


class AgencyLevel(StrEnum):
    """On which level of government a body stands."""

    NATION = "nation"
    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"
    TOWNSHIP = "township"

    @property
    def label(self) -> str:
        """As county staff call it."""
        return _LEVEL_LABELS[self]


_LEVEL_LABELS = {
    AgencyLevel.NATION: "国家级",
    AgencyLevel.PROVINCE: "省级",
    AgencyLevel.PREFECTURE: "地级",
    AgencyLevel.COUNTY: "县级",
    AgencyLevel.TOWNSHIP: "乡级",
}


class AgencyKind(StrEnum):
    """What sort of body it is."""

    GOVERNMENT = "government"
    OFFICE = "office"
    DEPARTMENT = "department"
    SUBDISTRICT = "subdistrict"
    DEVELOPMENT_ZONE = "development_zone"
    AUTHORISED_ORGANISATION = "authorised_organisation"

    @property
    def label(self) -> str:
        """As county staff call it."""
        return _KIND_LABELS[self]


_KIND_LABELS = {
    AgencyKind.GOVERNMENT: "人民政府",
    AgencyKind.OFFICE: "政府办公室",
    AgencyKind.DEPARTMENT: "部门",
    AgencyKind.SUBDISTRICT: "街道办事处",
    AgencyKind.DEVELOPMENT_ZONE: "开发区",
    AgencyKind.AUTHORISED_ORGANISATION: "法律法规授权组织",
}


class ReportScope(StrEnum):
    """Whether a body's report speaks for itself or already adds up those below it."""

    OWN = "own"
    AGGREGATE = "aggregate"


BEGINNING = date(1949, 10, 1)
"""From when a placement holds where nobody said."""


def reference_day(year: int) -> date:
    """Return the day on which a report year's tree is taken: 31 December."""
    return date(year, 12, 31)


AGENCY_CODE = r"^[0-9A-Za-z-]{1,32}$"
"""What the code of an agency looks like."""

_DIVISION_LENGTHS = (2, 4, 6, 9, 12)
_ONLY_DIGITS = re.compile(r"[0-9]+", re.ASCII)


def normal_division_code(text: str) -> str | None:
    """Return a 统计用区划代码 in its shortest usual form; None where it is none.

    Shape: 2, 4, 6, 9 or 12 digits; 12 or 9 ending in 000 mean the township or the county, so 9 or 6.
    """
    if not _ONLY_DIGITS.fullmatch(text) or len(text) not in _DIVISION_LENGTHS:
        return None
    county, nothing_below = 6, "000"
    while len(text) > county and text.endswith(nothing_below):
        text = text.removesuffix(nothing_below)
    return text


_LEVEL_BY_LENGTH = {
    2: AgencyLevel.PROVINCE,
    4: AgencyLevel.PREFECTURE,
    6: AgencyLevel.COUNTY,
    9: AgencyLevel.TOWNSHIP,
}
_TOWNSHIP_LENGTH = 9
_SUBDISTRICTS = range(1, 100)


def told_by_division(code: str) -> tuple[AgencyLevel, AgencyKind] | None:
    """Return level and kind of the body of a 统计用区划代码; None where that isn't one, or a village's.

    The last three of 9 digits are 001–099 for 街道.
    """
    division = normal_division_code(code)
    level = None if division is None else _LEVEL_BY_LENGTH.get(len(division))
    if division is None or level is None:
        return None
    is_subdistrict = len(division) == _TOWNSHIP_LENGTH and int(division[-3:]) in _SUBDISTRICTS
    return level, AgencyKind.SUBDISTRICT if is_subdistrict else AgencyKind.GOVERNMENT


_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def credit_code_fault(code: str) -> str | None:
    """Say in Chinese what is wrong with a 统一社会信用代码; None where it is sound.

    GB 32100-2015: 18 characters, the last a check of the rest (weights 3**i mod 31); characters 9–17 are the
    organisation code of GB 11714, whose last is a check of its own (mod 11).
    """
    length = 18
    if len(code) != length:
        return f"统一社会信用代码应有 {length} 位，现为 {len(code)} 位"
    strange = [letter for letter in code if letter not in _CREDIT_ALPHABET]
    if strange:
        return f"统一社会信用代码里不能有“{strange[0]}”（不用 I、O、S、V、Z 和小写字母）"
    if code[16] != _organisation_check(code[8:16]):
        return f"统一社会信用代码第 17 位校验不符：应为 {_organisation_check(code[8:16])}，现为 {code[16]}"
    if code[17] != _credit_check(code[:17]):
        return f"统一社会信用代码第 18 位校验不符：应为 {_credit_check(code[:17])}，现为 {code[17]}"
    return None


def _credit_check(body: str) -> str:
    modulus = len(_CREDIT_ALPHABET)
    total = sum(pow(3, place, modulus) * _CREDIT_ALPHABET.index(letter) for place, letter in enumerate(body))
    return _CREDIT_ALPHABET[-total % modulus]


def _organisation_check(body: str) -> str:
    modulus = 11
    total = sum(
        weight * _ORGANISATION_ALPHABET.index(letter)
        for weight, letter in zip(_ORGANISATION_WEIGHTS, body, strict=True)
    )
    return "0123456789X"[-total % modulus]
