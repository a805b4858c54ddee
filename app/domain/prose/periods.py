"""Years and periods as prose writes them: 2024年, 二〇二四年, 2024.1.1-2024.12.31, 2024年1月至12月."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.domain.prose.numerals import parse_number

YEAR = "(?:(?:19|20)[0-9]{2}|[一二][九〇零0o][〇零一二三四五六七八九0o]{2})"
"""A year in prose without space (`plain_of`), which makes Ｏ to o."""
_PART = "(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})"
_CLOCK = "(?:零时|[0-9]{1,2}[:：时](?:00)?分?|（含[当本]?日?）)?"
_TO = "(?:起|开始)?[，,]?(?:至|到|[—–－~～―‐-]){1,2}"
_PERIOD = re.compile(
    rf"(?:(?P<year>{YEAR})[年./-])?(?P<month>{_PART})(?:[月./-](?P<day>{_PART})日?|月)?{_CLOCK}{_TO}"
    rf"(?:(?P<to_year>{YEAR})[年./-])?(?P<to_month>{_PART})(?:[月./-](?P<to_day>{_PART})日?|月)"
)
_LED_IN = re.compile("(?:统计|期限|时限|时段|区间)[^。；]{0,16}")
_LONGEST_LEAD = 20
_TO_HAN = str.maketrans("0o", "〇〇")


@dataclass(frozen=True, slots=True)
class Period:
    """A period that prose states.

    Attributes:
        said: as it stands there, without space.
        begin: year, month and day; the year is None where it isn't said.
        end: likewise.
    """

    said: str
    begin: tuple[int | None, int, int]
    end: tuple[int | None, int, int]

    def is_whole(self, year: int) -> bool:
        """Tell whether it is that calendar year."""
        first = self.begin[0] or year
        last = self.end[0] or first
        return (first, *self.begin[1:], last, *self.end[1:]) == (year, 1, 1, year, 12, 31)


def year_of(text: str) -> int:
    """Read what `YEAR` matches."""
    return int(text) if text.isdecimal() else parse_number(text.translate(_TO_HAN)) or 0


def period_in(plain: str, *, only_named: bool) -> Period | None:
    """Return the statistical period that prose without space states first, or None.

    Days count by themselves, unless only what is called 统计期限 or the like does; months only then.
    """
    for match in _PERIOD.finditer(plain):
        is_named = _LED_IN.search(plain, max(0, match.start() - _LONGEST_LEAD), match.start())
        is_date = "月" in match[0] or match["year"]
        if is_date and (is_named or (match["day"] and not only_named)):
            return _as_period(match)
    return None


def _as_period(match: re.Match[str]) -> Period:
    begin, end = (
        (year_of(year) if year else None, parse_number(month) or 0, parse_number(day) or 0)
        for year, month, day in (
            (match["year"], match["month"], match["day"] or "1"),
            (match["to_year"], match["to_month"], match["to_day"] or "31"),
        )
    )
    return Period(match[0], begin, end)
