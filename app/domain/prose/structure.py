"""What sections must speak of: five parts (R15), 考核/评议/追责 (R16), problems (R17); length (R34)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from app.domain.content import TITLES
from app.domain.prose.texts import OVERVIEW, PROBLEMS, broken, kept, texts_of, unjudged, written
from app.domain.results import ALL, Result
from app.domain.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.content import Content
    from app.domain.context import RuleSettings
    from app.domain.prose.texts import Text
    from app.domain.rules import Rule


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that a section must speak of, and the words by which one knows that it does."""

    code: str
    name: str
    words: re.Pattern[str]


FIVE_PARTS = (
    Subject(
        "overview.disclosure",
        "主动公开",
        re.compile(
            "主动公开|主动发布|公开(?:各类)?(?:政府|政务)?信息[^，。；]{0,12}[0-9]|发布[^，。；]{0,12}信息"
        ),
    ),
    Subject(
        "overview.requests",
        "依申请公开",
        re.compile("依申请|公开申请|申请公开|申请(?:政府)?信息公开|信息公开的申请"),
    ),
    Subject(
        "overview.management",
        "政府信息管理",
        re.compile(
            "信息(?:资源)?(?:的)?(?:规范化?|动态)?管理|规范信息|保密审查|(?:发布|公开|信息|内容)审[核查]|三审|审[核查](?:把关|发布|制度|机制)"
            "|(?:信息|公开)目录|公开属性|(?:规范性)?文件(?:的)?(?:清理|管理|动态调整)|先审(?:查)?后(?:发|公开)"
        ),
    ),
    Subject(
        "overview.platforms",
        "政府信息公开平台建设",
        re.compile(
            "平台|网站[^，。；]{0,10}(?:建设|改版|维护|管理|运维|栏目|专栏|升级)|(?:公众号|新媒体|微博|客户端|微信)"
            "[^，。；]{0,14}(?:建设|维护|管理|推送|运[营维]|更新|发布|整合)|公开栏|公示栏|公开专区|查询点|查询机|电子屏|显示屏"
        ),
    ),
    Subject(
        "overview.supervision",
        "监督保障",
        re.compile("监督|考核|评议|督查|督导|督办|培训|追责|问责|追究|组织领导|领导小组"),
    ),
)
SUPERVISION = (
    Subject("assessment", "工作考核", re.compile("考核|考评|绩效")),
    Subject("review", "社会评议", re.compile("评议|满意[度率]|测评|民意调查|问卷")),
    Subject(
        "accountability",
        "责任追究",
        re.compile("责任追究|追责|问责|追究[^，。；]{0,12}责任|责任[^，。；]{0,4}追究"),
    ),
)
IMPROVEMENT = (
    Subject(
        "problems",
        "存在的主要问题",
        re.compile(
            "问题|不足|短板|差距|薄弱|欠缺|欠佳|有待|不[够强高足深细全严]|不及时|不平衡|滞后|困难|偏[弱少低]|缺乏|缺少|单一"
        ),
    ),
    Subject(
        "improvements",
        "改进情况",
        re.compile(
            "改进|整改|改正|下一步|今后|来年|明年|将|加强|强化|完善|措施|打算|提升|提高|优化|补齐|解决|规范|健全|加大"
        ),
    ),
)
_NOTHING = re.compile(
    r"[\s。，、.]*(?:本年度)?(?:无|没有|暂无|尚无|不存在|未发现|未存在)?(?:明显|突出|主要|存在)?的?(?:问题|不足)?(?:及改进情况|和不足)?[\s。，、.]*"
)


def judge_structure(content: Content, settings: RuleSettings) -> Iterator[Result]:
    """Hold the sections to R15, R16, R17 and R34."""
    overview, problems = written(content, OVERVIEW), written(content, PROBLEMS)
    if overview is None:
        for rule, code in (("R15", ALL), ("R16", ALL), ("R34", OVERVIEW)):
            yield from unjudged(content, RULES[rule], code, [OVERVIEW])
    else:
        yield from (_speaks_of(RULES["R15"], overview, part, overview.text) for part in FIVE_PARTS)
        said = "\n".join(text.text for text in texts_of(content) if text.code not in TITLES)
        yield from (_speaks_of(RULES["R16"], overview, part, said) for part in SUPERVISION)
        yield _fits(overview, settings)
    if problems is None:
        yield from unjudged(content, RULES["R17"], ALL, [PROBLEMS])
    else:
        nothing = _NOTHING.fullmatch(problems.text)
        said = "" if nothing else problems.text
        yield from (_speaks_of(RULES["R17"], problems, part, said) for part in IMPROVEMENT)


def _speaks_of(rule: Rule, text: Text, part: Subject, said: str) -> Result:
    if part.words.search(said):
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
