"""Other bodies' names, other levels' wording and placeholders in the prose (R30)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.prose.texts import broken, in_quotes, kept_by_all, quoted, texts_of, words_of
from app.domain.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.content import Content
    from app.domain.context import Reporter
    from app.domain.prose.texts import Text
    from app.domain.results import Result

_REST = "[^】］\\]〉>）)]"
_OPEN = (
    f"(?:(?:请|此处|待)(?:填|补充|核实|输入|注明|写){_REST}{{0,60}}|填写{_REST}{{0,20}}|示例"
    "|(?:本?单位|机关|部门|乡镇|街道)(?:名称|全称|简称))"
)
_BRACKETS = (("【", "】"), ("［", "］"), ("[", "]"), ("〈", "〉"), ("<", ">"), ("（", "）"), ("(", ")"))
_IN_BRACKETS = "|".join(f"{re.escape(left)}{_OPEN}{re.escape(right)}" for left, right in _BRACKETS)
_PLACEHOLDER = re.compile(
    r"(?=[XＸ×✕╳xｘ＿_某待此○〇□*（(【［\[〈<])"  # most characters begin none of these
    r"(?:[XＸ×✕╳]{2,}|[xｘ]{2,4}(?=[县市区镇乡局年月日])|(?<![0-9A-Za-z])[XＸxｘ×✕╳](?=[年月])|(?<![0-9])[×✕╳](?=[县市区镇乡村])"
    r"|(?<![一二三四五六七八九十])[○〇]{2,}(?![一二三四五六七八九年])|□{2,}|(?<![0-9*])\*{3,}(?![0-9*])"
    r"|(?<![0-9A-Za-z/_.-])[＿_]{2,}(?![0-9A-Za-z])|某某(?=单位|[县市区镇乡村局]|街道|部门|机关|社区)"
    r"|(?<![有等尚正])待(?:填写?|补充|核实)(?![报完补])|此处填写"
    rf"|{_IN_BRACKETS})"
)
_AREA = re.compile("(?:省|市|县|区|旗|州|盟|镇|乡|苏木|街道)$")
_SUFFIX = re.compile("(?:人民政府|办事处)$")
_COMMON_NAME = re.compile("(?:城[关区郊中东西南北]|中心|老城|新城)(?:街道|镇|乡)$")
"""A neighbour's name that is an everyday word as well: only with the areas above in front is it a name."""
_NO_STRANGER = re.compile("(?:政府|府)办公?[室厅]?$|政务公开|政务服务|行政审批|(?:馆|中心|医院|学校|站)$")
"""The desk in charge, and places where the public reads: any report may name them."""
_IN_COMPANY = ("会同", "联合", "协同", "协调", "与", "和", "同", "赴", "到", "向", "学习", "借鉴", "邀请")
_LONGEST_COMPANY = 2
_ABOVE_OWN = re.compile("[县市区旗](?=[^县市区旗]*$)")
_SHORTEST = 3
_RULE = RULES["R30"]


def judge_strangers(content: Content, reporter: Reporter) -> Iterator[Result]:
    """Yield what doesn't belong to this report, for each text; one result where there is nothing."""
    texts = [text for text in texts_of(content) if text.code != "title"]
    found = [result for text in texts for result in _in_text(text, reporter)]
    yield from found or kept_by_all(content, _RULE)


def _in_text(text: Text, reporter: Reporter) -> Iterator[Result]:
    higher = _higher(reporter.level, reporter.name, reporter.above)
    for what, matches in (
        ("body", _other_bodies(text.text, reporter)),
        ("level", [] if higher is None else list(higher.finditer(text.text))),
        ("placeholder", list(_PLACEHOLDER.finditer(text.text))),
    ):
        if matches:
            message = _RULE.say(f"broken.{what}", place=text.name, found=in_quotes(words_of(matches)))
            yield broken(_RULE, f"{what}.{text.code}", message, text.pointer, quoted(text, matches))


def _other_bodies(text: str, reporter: Reporter) -> list[re.Match[str]]:
    """Find the neighbours' names where they aren't part of a longer one that is at home here.

    An office guides all of them and may name them; so may anybody who names one in passing: 会同县财政局.
    """
    if reporter.kind is AgencyKind.OFFICE:
        return []
    own = (*reporter.above, reporter.name or "")
    at_home = {said for each in own for said in _variants(each, reporter.above)}
    others = {
        said for each in reporter.neighbours for said in _names_of_strangers(each, reporter.above)
    } - at_home
    if not others:
        return []
    around = tuple(sorted({*own, *reporter.neighbours}))
    return [
        match
        for match in _pattern(around, reporter.above).finditer(text)
        if match[0] in others
        and not text[max(0, match.start() - _LONGEST_COMPANY) : match.start()].endswith(_IN_COMPANY)
    ]


@lru_cache(maxsize=4096)
def _names_of_strangers(name: str, above: tuple[str, ...]) -> tuple[str, ...]:
    if _NO_STRANGER.search(name):
        return ()
    return tuple(said for said in _variants(name, above) if not _COMMON_NAME.fullmatch(said))


@lru_cache(maxsize=256)
def _pattern(names: tuple[str, ...], above: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern of names as prose says them, the longest first: one for all side by side."""
    said = {variant for name in names for variant in _variants(name, above)}
    ordered = sorted(said, key=lambda variant: (-len(variant), variant))
    return re.compile("|".join(map(re.escape, ordered)))


@lru_cache(maxsize=4096)
def _variants(name: str, above: tuple[str, ...]) -> tuple[str, ...]:
    """Return a name as prose says it: without 人民政府, areas also without those above."""
    short = _SUFFIX.sub("", name)
    said = [each for each in (name, short) if len(each) >= _SHORTEST]
    if _AREA.search(short):
        rests = (short.removeprefix(_SUFFIX.sub("", prefix)) for prefix in above)
        said += [rest for rest in rests if rest != short and len(rest) >= _SHORTEST]
    return tuple(said)


_NOT_A_WORD = "(?<![健安齐完保周成在为列居获赴]全)(?<!基本)"
_NOT_OF_A_LARGER = (
    "(?![县级市场民容委场直略心、])"
    "(?![^，。；]{0,12}(?:第[一二三四五六七八九十0-9]|百强|前列|优秀|先进|示范|标杆|服务网|现场会))"
)
"""Of the whole city or province are rankings, prizes and services that any body of it may name."""


@lru_cache(maxsize=256)
def _higher(level: AgencyLevel | None, name: str | None, above: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return a pattern of the wording of levels beyond the next: a township may speak of its county.

    全区 is left alone: it may be a district or an autonomous region.
    """
    if level is AgencyLevel.TOWNSHIP:
        areas = "省" if _is_under_city(name, above) else "市省"
    elif level is AgencyLevel.COUNTY:
        areas = "省"
    else:
        return None
    return re.compile(f"[全我本]{_NOT_A_WORD}[{areas}]{_NOT_OF_A_LARGER}")


def _is_under_city(name: str | None, above: tuple[str, ...]) -> bool:
    """Tell whether a township is a city's own, or may be."""
    nearest = _SUFFIX.sub("", above[0]) if above else ""
    if nearest:
        return nearest.endswith("市")
    part = _ABOVE_OWN.findall(_SUFFIX.sub("", name or ""))
    return part in ([], ["市"])
