"""Applications are counted in 件 (R36)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.domain.prose.numerals import HAN_NUMBER
from app.domain.prose.texts import broken, kept, quoted, texts_of, unjudged
from app.domain.results import ALL
from app.domain.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.content import Content
    from app.domain.results import Result

_NUMBER = rf"[0-9０-９{HAN_NUMBER}]{{1,12}}"
_COUNT = (
    r"\s{0,3}(?:总数|数量|总量)?(?:共计|合计|共|为|有|是)?"
    rf"\s{{0,3}}{_NUMBER}\s{{0,3}}(?P<after>[条件])"
)
_OF_REQUESTS = (
    rf"申请(?:事项|件|表|书)?{_COUNT}",
    rf"依申请公开(?:政府信息|信息|事项|件)?{_COUNT}".replace("after", "then"),
    *(
        rf"{verb}的?\s{{0,3}}{_NUMBER}\s{{0,3}}(?P<{name}>[条件])\s{{0,3}}的?(?:政府信息公开|依申请公开|信息公开)"
        for name, verb in (("a", "收到"), ("b", "受理"), ("c", "办结"), ("d", "答复"), ("e", "新收"))
    ),
)
_UNIT = re.compile("|".join(_OF_REQUESTS))
"""Each way begins with a plain word, so that the rest of the text is passed over quickly."""


def judge_wording(content: Content) -> Iterator[Result]:
    """Yield a result for each text that counts applications."""
    rule = RULES["R36"]
    for text in texts_of(content):
        found = list(_UNIT.finditer(text.text)) if "申请" in text.text else []
        wrong = [match for match in found if "条" in match.groups()]
        code = f"unit.{text.code}"
        if wrong:
            message = rule.say("broken", place=text.name)
            yield broken(rule, code, message, text.pointer, quoted(text, wrong))
        elif found:
            yield kept(rule, code, rule.say("kept", place=text.name), text.pointer)
    yield from unjudged(content, rule, ALL)
