"""No personal data in what will be published (R35)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.prose.personal import masked, personal_data
from app.domain.prose.texts import broken, kept, sentence_at, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.content import Content
    from app.domain.prose.personal import PersonalDatum
    from app.domain.prose.texts import Text
    from app.domain.results import Result

_NAMES = {"identity_number": "公民身份号码", "bank_card": "银行卡号", "mobile_number": "手机号码"}


def judge_privacy(content: Content) -> Iterator[Result]:
    """Yield a result for each text and kind of personal datum in it; one where there is none at all."""
    texts = texts_of(content)
    found = [result for text in texts for result in _in_text(text)]
    if texts and not found:
        yield kept("R35", "all", "文字里没有发现公民身份号码、银行卡号、手机号码", "")
    yield from found


def _in_text(text: Text) -> Iterator[Result]:
    data: dict[str, list[PersonalDatum]] = {}
    for datum in personal_data(text.text):
        data.setdefault(datum.kind, []).append(datum)
    if not data:
        return
    hidden = masked(text.text)
    for kind, group in data.items():
        shown = "、".join(dict.fromkeys(hidden[datum.start : datum.end] for datum in group))
        advice = "；公布前请改用单位的办公电话" if kind == "mobile_number" else "；公布前请删去"
        message = f"“{text.name}”里有{_NAMES[kind]} {len(group)} 处（{shown}）{advice}"
        quotes = tuple(dict.fromkeys(sentence_at(text.text, datum.start, datum.end) for datum in group))
        yield broken("R35", f"{text.code}.{kind}", message, text.pointer, quotes)
