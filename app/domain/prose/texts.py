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
    """Return the title, the preface and the sections that are written."""
    texts = (written(content, code) for code in places_of_text(content.form))
    return [text for text in texts if text is not None]


def is_unwritten(text: str | None) -> bool:
    """Tell whether a section is blank, or holds nothing but places that somebody is still to fill."""
    return text is None or _ONLY_OPEN.fullmatch(text) is not None


def written(content: Content, code: str) -> Text | None:
    """Return one of the texts; None where it is not written."""
    if code in TITLES:
        text, pointer = content.title if code == "title" else content.preface, f"/{code}"
    else:
        text, pointer = content.narratives.get(code), f"/narratives/{code}"
    if text is None or not text.strip():
        return None
    return Text(code, places_of_text(content.form)[code], pointer, text)


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
