"""Names of the files that people download, and the header that carries them."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from app.forms.model import ReportForm

_FORBIDDEN = frozenset('<>:"/\\|?*%')
"""What Windows won't have in a file name, and the sign that a header's encoding starts with."""

_MOST_BYTES = 240
"""File systems stop at 255 bytes of UTF-8; the ending and a “(1)” must fit as well."""


def report_filename(form: ReportForm, agency: str, year: int, suffix: str = "xlsx") -> str:
    """Name the file of one report: 盐池县大水坑镇人民政府2021年政府信息公开工作年度报告.xlsx."""
    return f"{_legal(form.title.format(agency=agency, year=year))}.{suffix}"


def roll_up_filename(form: ReportForm, agency: str, year: int, suffix: str = "xlsx") -> str:
    """Name the file of a roll-up: 盐池县2021年政府信息公开工作年度报告汇总.xlsx."""
    return f"{_legal(form.title.format(agency=agency, year=year))}汇总.{suffix}"


def progress_filename(agency: str, year: int) -> str:
    """Name the file of a year's progress: 盐池县2021年政府信息公开工作年度报告收报进度.xlsx."""
    return f"{_legal(f'{agency}{year}年政府信息公开工作年度报告收报进度')}.xlsx"


def content_disposition(filename: str) -> str:
    """Return the header that makes a browser save the answer under *filename* (RFC 6266, RFC 8187).

    What could end the header, leave the folder or mislead (quotes, line ends, slashes, direction marks) is
    replaced.
    """
    stem, point, suffix = filename.rpartition(".")
    name = f"{_legal(stem)}.{_legal(suffix)}" if point else _legal(filename)
    return f"attachment; filename=\"{_in_ascii(name)}\"; filename*=UTF-8''{quote(name, safe='')}"


def _legal(stem: str) -> str:
    kept = "".join("_" if _is_forbidden(letter) else letter for letter in stem)
    short = kept.encode()[:_MOST_BYTES].decode(errors="ignore")
    return short.strip(" .") or "_"


def _is_forbidden(letter: str) -> bool:
    """Also control characters, marks that turn the direction of writing, and lone surrogates."""
    return letter in _FORBIDDEN or unicodedata.category(letter).startswith(("C", "Zl", "Zp"))


def _in_ascii(name: str) -> str:
    """Leave only what every old browser can take: 盐池县2021年.xlsx becomes 2021.xlsx."""
    stem, point, suffix = name.rpartition(".")
    plain = [re.sub(r"[^0-9A-Za-z]+", "-", part, flags=re.ASCII).strip("-") for part in (stem, suffix)]
    return f"{plain[0] or 'report'}{point}{plain[1]}"
