"""What sections must speak of: five parts (R15), 考核/评议/追责 (R16), problems (R17); length (R34)."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from app.domain.content import TITLES
from app.domain.prose.bare import Bare, bare_text
from app.domain.prose.parts import COMPLAINTS, FIVE_PARTS, IMPROVEMENTS, SUPERVISION
from app.domain.prose.texts import OVERVIEW, PROBLEMS, broken, kept, texts_of, unjudged, written
from app.domain.results import ALL, Result
from app.domain.rules import RULES
from app.domain.similarity import names_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.content import Content
    from app.domain.context import Context, RuleSettings
    from app.domain.prose.parts import Subject
    from app.domain.prose.texts import Text
    from app.domain.rules import Rule

_OF_A_BODY = ("局", "委员会", "厅", "办公室", "中心", "处", "会", "队")
_LABEL = (
    "(?:存在的?(?:主要|突出)?(?:问题|不足|困难|短板)|主要(?:问题|不足)|突出问题|问题|不足(?:之处)?|困难|短板"
    "|改进的?(?:情况|措施|举措|方法)?|整改的?(?:情况|措施|举措)?|下一步(?:工作)?(?:打算|计划)?)"
)
_NOTHING_BENEATH = re.compile(
    rf"{_LABEL}(?:[及和与]{_LABEL})?[：:。；]*(?:暂?无|没有|略)?[。；]*(?=$|{_LABEL}(?:[：:。；无]|$))"
)
_NO_PROBLEM = re.compile(
    "(?:无|没有|不存在|未发现|未存在|未出现)(?:明显|突出|主要|存在|较大|任何|的)*"
    "(?:(?:问题|不足|困难)(?:[及和]改进情况|[及和]不足)?|[需须](?:改进|整改))"
)
_NO_COMPLAINT = re.compile(
    "((?:解决|回应|化解|针对|围绕|聚焦|补齐|弥补|处理)[^，。；]{0,12})(?:问题|不足|短板|弱项|薄弱环节)"
)
_COMPLAINT = re.compile(
    "(?:有待|仍[需要]|还[需要]|尚[需待]|亟[需待]|急需|需|待|不|未|没有|缺)(?:够|[乏少]|要|进一步|不断|继续|持续|更加|及时|得到)*[^，。；、]{0,6}?"
    "(?:加[强大]|强化|提[高升]|完善|规范|健全|优化|改进|解决|充实|开展|建立|制定|整改|补充)"
)
"""加强 and the like inside of what is complained of: 有待加强, 不完善, 需要优化."""


def judge_structure(content: Content, context: Context) -> Iterator[Result]:
    """Hold the sections to R15, R16, R17 and R34."""
    names = [context.reporter.name, *names_in(content.title or "")]
    bodies = [name for name in names if name and name.endswith(_OF_A_BODY)]
    said = {text.code: bare_text(text.text, bodies) for text in texts_of(content) if text.code not in TITLES}
    overview, problems = written(content, OVERVIEW), written(content, PROBLEMS)
    if overview is None:
        for rule, code in (("R15", ALL), ("R16", ALL), ("R34", OVERVIEW)):
            yield from unjudged(content, RULES[rule], code, [OVERVIEW])
    else:
        yield from (_speaks_of(RULES["R15"], overview, part, said[OVERVIEW]) for part in FIVE_PARTS)
        everywhere = Bare("。".join(each.said for each in said.values()))
        yield from (_speaks_of(RULES["R16"], overview, part, everywhere) for part in SUPERVISION)
        yield _fits(overview, context.settings)
    if problems is None:
        yield from unjudged(content, RULES["R17"], ALL, [PROBLEMS])
    else:
        yield from _problems(problems, said[PROBLEMS].said)


def _problems(text: Text, prose: str) -> Iterator[Result]:
    """R17: what is complained of is no improvement, and what is to be solved no problem."""
    said = _NOTHING_BENEATH.sub("", _NO_PROBLEM.sub("", prose))
    yield _speaks_of(RULES["R17"], text, COMPLAINTS, Bare(_NO_COMPLAINT.sub(r"\1", said)))
    yield _speaks_of(RULES["R17"], text, IMPROVEMENTS, Bare(_COMPLAINT.sub("", said)))


def _speaks_of(rule: Rule, text: Text, part: Subject, said: Bare) -> Result:
    if part.words.search(said.said) or part.heads.search(said.heads):
        return kept(rule, part.code, _speech(rule.id, "kept", text.name, part.name), text.pointer)
    return broken(rule, part.code, _speech(rule.id, "broken", text.name, part.name), text.pointer)


@cache
def _speech(rule_id: str, name: str, place: str, subject: str) -> str:
    """Say what of a form's section: the same for every report."""
    return RULES[rule_id].say(name, place=place, subject=subject)


def _fits(text: Text, settings: RuleSettings) -> Result:
    """R34: white space doesn't count."""
    rule = RULES["R34"]
    most = settings.threshold(rule, "characters")
    length = len("".join(text.text.split()))
    if length <= most:
        message = rule.say("kept", place=text.name, found=length, most=most)
        result = kept(rule, text.code, message, text.pointer)
    else:
        message = rule.say("broken", place=text.name, found=length, most=most, difference=length - most)
        result = broken(rule, text.code, message, text.pointer)
    result.left, result.right = length, most
    return result
