"""Title, preface and the documents that a report cites: R31, R32, R33."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from app.domain.content import TITLES
from app.domain.prose.periods import YEAR, period_in, year_of
from app.domain.prose.personal import masked
from app.domain.prose.sentences import plain_of
from app.domain.prose.texts import (
    OVERVIEW,
    broken,
    in_quotes,
    kept,
    quoted_in_plain,
    texts_of,
    unjudged,
    words_of,
    written,
)
from app.domain.results import ALL
from app.domain.rules import RULES
from app.forms import FORMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.content import Content
    from app.domain.context import Reporter
    from app.domain.prose.periods import Period
    from app.domain.prose.texts import Text
    from app.domain.results import Result

_YEAR_IN_TITLE = re.compile(f"(?<![0-9]){YEAR}(?![0-9])")
_YEAR_IN_PREFACE = re.compile(f"(?<![0-9]){YEAR}(?=年|[)）])")
_DAY_OF_WRITING = re.compile("年(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})月|年第")
_DATED_NOTE = re.compile("[（(][^（）()]{0,20}月[^（）()]{0,12}[）)]")
_BOOK = re.compile("《[^》]{0,80}》")
_OF_OTHERS = re.compile(
    rf"[〔\[【﹝［][0-9]{{4}}[〕\]】﹞］]|[（(](?!{YEAR}年?度?[）)])[^（）()]{{0,80}}[）)]|[（(][0-9]{{4}}[）)](?=第?[0-9]{{1,4}}号)"
    rf"|[与比较同]{YEAR}年|{YEAR}年?[—–－~～至到-]{{1,2}}{YEAR}年"
    rf"|{YEAR}年[^，。；年]{{0,16}}(?:(?:修[订正改]|印发|颁布|公布|发布|施行|实施|下发|制定|通过)(?=的|后|版|以来|《)|起[施实]行)"
    rf"|{YEAR}年[^，。；年]{{0,20}}(?:要点|通知|意见|方案|规划|计划|会议|办法|细则)"
)
"""Years that are another's by right: of documents, of a law's history, of what is compared with."""
_NOTE = re.compile("(?:[（(][^（）()]{0,20}[）)])+$")
_NOTICE = re.compile("国办公开办函[〔\\[【（(﹝［]([0-9]{4})[〕\\]】）)﹞］]第?([0-9]{1,4})号")
NOTICE = "notice"
_OLD_REGULATIONS = re.compile(
    "(?:国务院令|国令)[\\[〔（(]?第?492号(?!令?[^。；]{0,40}(?:711号|修[订正]))|国务院第492号令(?![^。；]{0,40}(?:711号|修[订正]))"
)
"""The Regulations of 2007; where their history is told the revision of 2019 follows."""
_GOVERNMENT = "人民政府"
_OF_AN_AREA = (_GOVERNMENT, "街道办事处")


def judge_headings(content: Content, reporter: Reporter) -> Iterator[Result]:
    """Hold title, preface and citations to R31, R32 and R33."""
    texts = [text for code in TITLES if (text := written(content, code))]
    yield from (_years(text, content.year, reporter.name) for text in texts)
    if not texts:
        yield from unjudged(content, RULES["R31"], ALL, TITLES)
    yield from _period(content)
    yield from judge_title(content, reporter)
    yield from _cited(content)


def _years(text: Text, year: int, name: str | None) -> Result:
    """R31: years in document numbers and names of laws are others by right, and so is the day of writing.

    A body may be called by a number: 第一九零五镇.
    """
    plain = plain_of(text.text)
    if name:
        plain = plain.replace(plain_of(name), "")
    found = _years_in_title(plain, year) if text.code == "title" else _years_in_preface(plain, year)
    rule = RULES["R31"]
    if not found:
        return kept(rule, text.code, rule.say("kept", place=text.name), text.pointer)
    message = rule.say("broken", place=text.name, found=in_quotes(found), year=year)
    return broken(rule, text.code, message, text.pointer, (masked(text.text.strip()),))


def _years_in_title(plain: str, year: int) -> list[str]:
    found = _YEAR_IN_TITLE.findall(_DATED_NOTE.sub("", plain))
    return [said for said in found if year_of(said) != year]


def _years_in_preface(plain: str, year: int) -> list[str]:
    bare = _OF_OTHERS.sub("", _BOOK.sub("《》", plain))
    return [
        match[0]
        for match in _YEAR_IN_PREFACE.finditer(bare)
        if (stated := year_of(match[0])) != year
        and not (stated == year + 1 and _DAY_OF_WRITING.match(bare, match.end()))
    ]


def _period(content: Content) -> Iterator[Result]:
    """R31: the statistical period is the whole year; where the preface states none, 一 may."""
    found = _period_stated(content)
    if found is None:
        return
    text, period = found
    rule, expected = RULES["R31"], content.form.period.format(year=content.year)
    if period.is_whole(content.year):
        yield kept(rule, "period", rule.say("kept.period", expected=expected), text.pointer)
    else:
        message = rule.say("broken.period", place=text.name, found=period.said, expected=expected)
        yield broken(rule, "period", message, text.pointer, (period.said,))


def _period_stated(content: Content) -> tuple[Text, Period] | None:
    for code in ("preface", OVERVIEW):
        text = written(content, code)
        if text is not None:
            period = period_in(plain_of(text.text), only_named=code == OVERVIEW)
            if period is not None:
                return text, period
    return None


def judge_title(content: Content, reporter: Reporter) -> Iterator[Result]:
    """Hold the title to R32: a note in brackets at its end doesn't matter.

    Where nobody knows whose report it is, only a missing title is told.
    """
    rule, title, name = RULES["R32"], written(content, "title"), reporter.name
    form = content.form.title
    if title is None:
        expected = form.format(agency=name or "〈机关全称〉", year=content.year)
        yield broken(rule, "title", rule.say("broken.no_title", expected=expected), "/title")
        return
    if name is None:
        return
    expected = form.format(agency=name, year=content.year)
    if _is_titled(plain_of(title.text), content, name, reporter.above):
        yield kept(rule, "title", rule.say("kept"), title.pointer)
        return
    shown = masked(" ".join(title.text.split()))
    message = rule.say("broken", found=shown, expected=expected)
    yield broken(rule, "title", message, title.pointer, (shown,))


def _is_titled(plain: str, content: Content, name: str, above: tuple[str, ...]) -> bool:
    """Tell whether a title is the form's: 2024年度 and 二〇二四年 will do, and 《》 around it."""
    head, _, tail = plain_of(content.form.title).partition("{agency}{year}")
    for said in (plain, _NOTE.sub("", plain)):
        bare = said.removeprefix("《").removesuffix("》")
        match = re.fullmatch(f"{head}(.+?)({YEAR}){re.escape(tail).replace('年', '年度?', 1)}", bare)
        if match and year_of(match[2]) == content.year and _is_named(match[1], plain_of(name), above):
            return True
    return False


def _is_named(said: str, name: str, above: tuple[str, ...]) -> bool:
    """Tell whether a body is called by its full name, with those above it in front or without.

    An area's government is known without them; of an office the name would be lost.
    """
    areas = [plain_of(each).removesuffix(_GOVERNMENT) for each in above]
    core = _without(name, areas)
    return _without(said, areas) == core and (said.endswith(name) or core.endswith(_OF_AN_AREA))


def _without(name: str, areas: list[str]) -> str:
    """Return a name without the areas in front of it."""
    for area in reversed(areas):
        rest = name.removeprefix(area)
        name = rest if rest not in {"", _GOVERNMENT} else name
    return name


@cache
def _number_of(notice: str) -> tuple[str, ...]:
    found = _NOTICE.search(plain_of(notice))
    return found.groups() if found else ()


def _cited(content: Content) -> Iterator[Result]:
    """R33: the notice that is cited is the form's own, and the Regulations are those in force."""
    rule, notice = RULES["R33"], content.form.notice
    own = _number_of(notice)
    former = {_number_of(form.notice) for form in FORMS} - {own}
    place: Text | None = None
    for text in texts_of(content):
        plain = plain_of(text.text)
        notices = list(_NOTICE.finditer(plain))
        old = [match for match in notices if match.groups() in former]
        old += _OLD_REGULATIONS.finditer(plain)
        if old:
            words = in_quotes(words_of(old))
            message = rule.say("broken", place=text.name, found=words, year=content.year, notice=notice)
            yield broken(rule, NOTICE, message, text.pointer, quoted_in_plain(text, old))
            return
        place = text if any(match.groups() == own for match in notices) else place
    if place is not None:
        yield kept(rule, NOTICE, rule.say("kept", notice=notice), place.pointer)
    else:
        yield from unjudged(content, rule, NOTICE)
