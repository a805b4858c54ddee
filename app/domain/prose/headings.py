"""Title, preface and the documents that a report cites: R31, R32, R33."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.domain.content import TITLES
from app.domain.prose.numerals import HAN_NUMBER, parse_number
from app.domain.prose.personal import masked
from app.domain.prose.sentences import plain_of
from app.domain.prose.texts import broken, in_quotes, kept, quoted, texts_of, unjudged, words_of, written
from app.domain.results import ALL
from app.domain.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.content import Content
    from app.domain.context import Reporter
    from app.domain.prose.texts import Text
    from app.domain.results import Result

_YEAR = re.compile(rf"([12][09][0-9]{{2}}|[一二][九〇零○][{HAN_NUMBER[:13]}○]{{2}})(?=年|\)|）)")
_NUMBERED = re.compile("[〔\\[【（(﹝［][0-9]{4}[〕\\]】）)﹞］]|《[^》]{0,60}》(?:[（(][^）)]{0,30}[）)])?")
_DATE_AFTER = re.compile("年[0-9]{1,2}月")
_PERIOD = re.compile(
    "(?:(?P<year>[0-9]{4})年)?(?P<month>[0-9]{1,2})月(?P<day>[0-9]{1,2})日?(?:起|开始)?[，,]?(?:至|到|—|-|－|~|～){1,2}"
    "(?:(?P<to_year>[0-9]{4})年)?(?P<to_month>[0-9]{1,2})月(?P<to_day>[0-9]{1,2})日"
)
_NOTE = re.compile("(?:[（(][^（）()]{0,20}[）)])+$")
_NOTICE = re.compile("公开办函[〔\\[【（(﹝［]([0-9]{4})[〕\\]】）)﹞］]([0-9]{1,4})号")
NOTICE = "notice"
_OLD_REGULATIONS = re.compile("(?:国务院令|国令)(?:\\[|〔|（|\\()?第?492号")


def judge_headings(content: Content, reporter: Reporter) -> Iterator[Result]:
    """Hold title, preface and citations to R31, R32 and R33."""
    texts = [text for code in TITLES if (text := written(content, code))]
    yield from (_years(text, content.year) for text in texts)
    if not texts:
        yield from unjudged(content, RULES["R31"], ALL, TITLES)
    preface = written(content, "preface")
    if preface is not None:
        yield from _period(preface, content)
    yield from judge_title(content, reporter.name)
    yield from _cited(content)


def _years(text: Text, year: int) -> Result:
    """R31: years in document numbers and names of laws are others by right, and so is the day of writing."""
    plain = plain_of(text.text)
    bare = _NUMBERED.sub("〇", plain) if text.code == "preface" else plain
    found = [
        match[1]
        for match in _YEAR.finditer(bare)
        if (stated := parse_number(match[1].replace("○", "〇"))) != year
        and not (text.code == "preface" and stated == year + 1 and _DATE_AFTER.match(bare, match.end()))
    ]
    rule = RULES["R31"]
    if not found:
        return kept(rule, text.code, rule.say("kept", place=text.name), text.pointer)
    message = rule.say("broken", place=text.name, found=in_quotes(found), year=year)
    return broken(rule, text.code, message, text.pointer, (masked(text.text.strip()),))


def _period(preface: Text, content: Content) -> Iterator[Result]:
    """R31: the statistical period is the whole year."""
    rule, match = RULES["R31"], _PERIOD.search(plain_of(preface.text))
    if match is None:
        return
    year = str(content.year)
    begin = (match["year"] or year, int(match["month"]), int(match["day"]))
    end = (match["to_year"] or match["year"] or year, int(match["to_month"]), int(match["to_day"]))
    expected = content.form.period.format(year=content.year)
    if begin == (year, 1, 1) and end == (year, 12, 31):
        yield kept(rule, "period", rule.say("kept.period", expected=expected), preface.pointer)
    else:
        message = rule.say("broken.period", place=preface.name, found=match[0], expected=expected)
        yield broken(rule, "period", message, preface.pointer, (match[0],))


def judge_title(content: Content, name: str | None) -> Iterator[Result]:
    """Hold the title to R32: a note in brackets at its end doesn't matter.

    Where nobody knows whose report it is, only a missing title is told.
    """
    rule, title = RULES["R32"], written(content, "title")
    form = content.form.title
    if title is None:
        expected = form.format(agency=name or "〈机关全称〉", year=content.year)
        yield broken(rule, "title", rule.say("broken.no_title", expected=expected), "/title")
        return
    if name is None:
        return
    expected = form.format(agency=name, year=content.year)
    said = plain_of(title.text)
    if plain_of(expected) in {said, _NOTE.sub("", said)}:
        yield kept(rule, "title", rule.say("kept"), title.pointer)
        return
    shown = masked(" ".join(title.text.split()))
    message = rule.say("broken", found=shown, expected=expected)
    yield broken(rule, "title", message, title.pointer, (shown,))


def _cited(content: Content) -> Iterator[Result]:
    """R33: the notice that is cited is the form's own, and the Regulations are those in force."""
    rule, notice = RULES["R33"], content.form.notice
    own = _NOTICE.search(notice)
    wanted = own.groups() if own else ()
    place: Text | None = None
    for text in texts_of(content):
        notices = list(_NOTICE.finditer(text.text))
        old = [match for match in notices if match.groups() != wanted] + list(
            _OLD_REGULATIONS.finditer(text.text)
        )
        if old:
            words = in_quotes(words_of(old))
            message = rule.say("broken", place=text.name, found=words, year=content.year, notice=notice)
            yield broken(rule, NOTICE, message, text.pointer, quoted(text, old))
            return
        place = text if notices else place
    if place is not None:
        yield kept(rule, NOTICE, rule.say("kept", notice=notice), place.pointer)
    else:
        yield from unjudged(content, rule, NOTICE)
