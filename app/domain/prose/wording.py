"""Applications are counted in 件 (R36)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.domain.prose.numerals import HAN_NUMBER
from app.domain.prose.sentences import plain_of
from app.domain.prose.texts import broken, kept, quoted_in_plain, texts_of, unjudged
from app.domain.results import ALL
from app.domain.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.content import Content
    from app.domain.results import Result

_NUMBER = f"(?:[0-9]{{1,9}}|(?<=[为计共有是])[{HAN_NUMBER}]{{1,8}})"
"""十条 alone may be what a policy is called: 申请公开十条."""
_UNIT = "(?P<{}>件|条(?![龙规措办指]|政策|意见))"
_OF_OTHERS = "".join(
    f"(?<!{word}申)" for word in ("低保", "救助", "补贴", "补助", "入学", "许可", "仲裁", "参保")
)
_VERBS = ("收到", "受理", "办结", "答复", "新收", "办理")
_COUNTED = re.compile(
    f"申{_OF_OTHERS}请(?:公开)?(?:政府信息|信息)?(?:事项|件|表|书|受理)?(?:总数|数量|总量)?(?:共计|合计|共|为|有|是)?"
    f"{_NUMBER}{_UNIT.format('after')}"
    + "".join(
        f"|{verb}的?{_NUMBER}{_UNIT.format(f'unit{at}')}的?(?:政府信息公开|依申请公开|信息公开|公开)的?(?:申请)?"
        for at, verb in enumerate(_VERBS)
    )
)
"""Each way begins with a plain word, so that the rest of the text is passed over quickly."""


def judge_wording(content: Content) -> Iterator[Result]:
    """Yield a result for each text that counts applications."""
    rule = RULES["R36"]
    for text in texts_of(content):
        plain = plain_of(text.text)
        found = list(_COUNTED.finditer(plain)) if "申请" in plain else []
        wrong = [match for match in found if "条" in match.groups()]
        code = f"unit.{text.code}"
        if wrong:
            message = rule.say("broken", place=text.name)
            yield broken(rule, code, message, text.pointer, quoted_in_plain(text, wrong))
        elif found:
            yield kept(rule, code, rule.say("kept", place=text.name), text.pointer)
    yield from unjudged(content, rule, ALL)
