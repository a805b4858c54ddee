"""A report's texts with their places, and results about them; quotes never show personal data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.content import places_of_text, pointer_of_text, text_at
from app.domain.prose.personal import masked
from app.domain.results import ALL, Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.domain.content import Content
    from app.domain.rules import Rule

OVERVIEW, PROBLEMS, OTHER_MATTERS = "overview", "problems", "other_matters"
_ONLY_OPEN = re.compile(r"(?:【待填写[^】]*】|\s)*")
_STOPS = re.compile("[。！？；!?;\n]")
_LONGEST_QUOTE = 120
_MOST_QUOTES = 5


@dataclass(frozen=True, slots=True)
class Text:
    """One of a report's texts.

    Attributes:
        code: `title`, `preface` or a section's code.
        name: as people call it.
        pointer: where it stands in the report's JSON.
        text: as written; never blank.
    """

    code: str
    name: str
    pointer: str
    text: str


def texts_of(content: Content) -> list[Text]:
    """Return the title, the preface and the sections that aren't blank."""
    names = places_of_text(content.form)
    said = ((code, text_at(content, code)) for code in names)
    return [
        Text(code, names[code], pointer_of_text(code), text) for code, text in said if text and text.strip()
    ]


def is_unwritten(text: str | None) -> bool:
    """Tell whether a section is blank, or holds nothing but places that somebody is still to fill."""
    return text is None or _ONLY_OPEN.fullmatch(text) is not None


def written(content: Content, code: str) -> Text | None:
    """Return one of the texts; None where it is not written."""
    text = text_at(content, code)
    if text is None or is_unwritten(text):
        return None
    return Text(code, places_of_text(content.form)[code], pointer_of_text(code), text)


def unjudged(
    content: Content, rule: Rule, code: str, places: Iterable[str] | None = None
) -> Iterator[Result]:
    """Yield that a rule can't be judged since texts aren't written, and which; nothing where all are.

    Args:
        content: what the report says.
        rule: the rule.
        code: of the result.
        places: codes of the texts that the rule is about; the sections 一, 五 and 六 unless given.
    """
    if places is None:
        places = (section.code for section in content.form.narratives)
    names = places_of_text(content.form)
    absent = [place for place in places if place in names and is_unwritten(text_at(content, place))]
    if absent:
        shown = in_quotes(names[place] for place in absent)
        message = rule.say("not_evaluated.unwritten", place=shown, title=rule.title)
        yield Result(rule, code, Outcome.NOT_EVALUATED, message, pointer_of_text(absent[0]))


def sentence_at(text: str, start: int, end: int) -> str:
    """Return the sentence in which a place stands, shortened and masked."""
    begin = max(
        (match.end() for match in _STOPS.finditer(text, max(0, start - _LONGEST_QUOTE), start)), default=0
    )
    stop = _STOPS.search(text, end)
    finish = stop.end() if stop else len(text)
    begin = max(begin, start - _LONGEST_QUOTE)
    finish = min(finish, end + _LONGEST_QUOTE)
    return masked_part(text, begin, finish).strip()


def masked_part(text: str, start: int, end: int) -> str:
    """Return a part of a text, masked as the whole is: what is cut off can't hide what it was."""
    return masked(text)[start:end]


def quoted(text: Text, matches: Iterable[re.Match[str]]) -> tuple[str, ...]:
    """Return the first few sentences in which something was found, each once."""
    quotes: dict[str, None] = {}
    for match in matches:
        quotes.setdefault(sentence_at(text.text, match.start(), match.end()))
        if len(quotes) == _MOST_QUOTES:
            break
    return tuple(quotes)


def quoted_in_plain(text: Text, matches: Iterable[re.Match[str]]) -> tuple[str, ...]:
    """Return the same of what was found in a text without its space (`plain_of`)."""
    places = [at for at, letter in enumerate(text.text) if not letter.isspace()]
    last = len(places) - 1
    quotes = (
        sentence_at(text.text, places[min(match.start(), last)], places[min(match.end() - 1, last)] + 1)
        for match in matches
    )
    return tuple(dict.fromkeys(quotes))[:_MOST_QUOTES]


def kept(rule: Rule, code: str, message: str, pointer: str) -> Result:
    """Make a result of a rule that the prose keeps."""
    return Result(rule, code, Outcome.KEPT, message, pointer)


def broken(rule: Rule, code: str, message: str, pointer: str, quotes: tuple[str, ...] = ()) -> Result:
    """Make a result of a rule that the prose breaks."""
    return Result(rule, code, Outcome.BROKEN, message, pointer, quotes=quotes)


def kept_by_all(content: Content, rule: Rule) -> list[Result]:
    """Return that nothing breaks a rule; unless a section isn't written: then nobody can tell."""
    return list(unjudged(content, rule, ALL)) or [kept(rule, ALL, rule.say("kept"), "")]


def in_quotes(words: Iterable[str]) -> str:
    """Write words down in a row: “甲”“乙”."""
    return "".join(f"“{word}”" for word in dict.fromkeys(words))


def words_of(matches: Iterable[re.Match[str]]) -> Iterator[str]:
    """Yield what was found."""
    return (match[0] for match in matches)
