"""A report's texts with their places, and results about them; quotes never show personal data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.content import TITLES, places_of_text
from app.domain.prose.personal import masked
from app.domain.results import Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.domain.content import Content
    from app.domain.rules import Rule

OVERVIEW, PROBLEMS, OTHER_MATTERS = "overview", "problems", "other_matters"
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
    """Return the title, the preface and the sections that are written."""
    names = places_of_text(content.form)
    texts = {"title": content.title, "preface": content.preface} | {
        section.code: content.narratives.get(section.code) for section in content.form.narratives
    }
    return [
        Text(code, names[code], f"/{code}" if code in TITLES else f"/narratives/{code}", text)
        for code, text in texts.items()
        if text is not None and text.strip()
    ]


def written(content: Content, code: str) -> Text | None:
    """Return one of the texts; None where it is not written."""
    return next((text for text in texts_of(content) if text.code == code), None)


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


def kept(rule: Rule, code: str, message: str, pointer: str) -> Result:
    """Make a result of a rule that the prose keeps."""
    return Result(rule, code, Outcome.KEPT, message, pointer)


def broken(rule: Rule, code: str, message: str, pointer: str, quotes: tuple[str, ...] = ()) -> Result:
    """Make a result of a rule that the prose breaks."""
    return Result(rule, code, Outcome.BROKEN, message, pointer, quotes=quotes)


def in_quotes(words: Iterable[str]) -> str:
    """Write words down in a row: “甲”“乙”."""
    return "".join(f"“{word}”" for word in dict.fromkeys(words))


def words_of(matches: Iterable[re.Match[str]]) -> Iterator[str]:
    """Yield what was found."""
    return (match[0] for match in matches)
