"""No personal data in what will be published (R35)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.prose.personal import masked, personal_data
from app.domain.prose.texts import broken, kept_by_all, sentence_at, texts_of
from app.domain.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.content import Content
    from app.domain.prose.personal import PersonalDatum
    from app.domain.prose.texts import Text
    from app.domain.results import Result

_RULE = RULES["R35"]


def judge_privacy(content: Content) -> Iterator[Result]:
    """Yield a result for each text and kind of personal datum in it; one where there is none at all."""
    found = [result for text in texts_of(content) for result in _in_text(text)]
    yield from found or kept_by_all(content, _RULE)


def _in_text(text: Text) -> Iterator[Result]:
    data: dict[str, list[PersonalDatum]] = {}
    for datum in personal_data(text.text):
        data.setdefault(datum.kind, []).append(datum)
    if not data:
        return
    hidden = masked(text.text)
    for kind, group in data.items():
        shown = "、".join(dict.fromkeys(hidden[datum.start : datum.end] for datum in group))
        message = _RULE.say(f"broken.{kind}", place=text.name, count=len(group), found=shown)
        quotes = tuple(dict.fromkeys(sentence_at(text.text, datum.start, datum.end) for datum in group))
        result = broken(_RULE, f"{text.code}.{kind}", message, text.pointer, quotes)
        result.withheld = tuple(text.text[datum.start : datum.end] for datum in group)
        yield result
