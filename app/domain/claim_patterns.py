"""How prose states figures, as data: what is counted, the shapes of sentence that count it, and its cells.

Quantifiers that could meet themselves are possessive or bounded, so that matching stays linear.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.forms.model import CellCode


@dataclass(frozen=True, slots=True)
class Shape:
    """One way of stating a figure in a clause.

    Attributes:
        pattern: on a clause without spaces; the group `n` is the number, and absent where it states none.
        cues: any clause that fits holds one of these; looked for first, because that is quick.
        needs: a pattern that must stand before the clause, in its sentence or heading.
    """

    pattern: re.Pattern[str]
    cues: tuple[str, ...]
    needs: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of claim: new kinds are new rows of `KINDS`.

    Attributes:
        code: its name.
        cues: any clause that claims it holds one of these.
        shapes: tried in order; the first that fits a clause is taken.
        cells: the cells whose sum it speaks of.
        partial: words at or before the number that make it a part of the whole, or something else.
        context: what its sentence must hold for a number other than 0 to be about this report.
    """

    code: str
    cues: tuple[str, ...]
    shapes: tuple[Shape, ...]
    cells: tuple[CellCode, ...]
    partial: re.Pattern[str]
    context: re.Pattern[str] | None = None


_HAN_NUMBER = "零〇一二两三四五六七八九十百千万亿"
_NUMBER = (
    r"(?<![0-9.,第几近约])(?!(?<=数)[十百千万])"
    rf"(?P<n>[0-9]{{1,3}}(?:,[0-9]{{3}})++|[0-9]{{1,12}}+|[{_HAN_NUMBER}]{{1,15}}+)"
)
_UNIT = r"(?:件次|人次|件|条|份|宗|项|次|起|例|个)(?![性工月年日]|以上|左右|以内|多|余)"
_COUNT = rf"{_NUMBER}(?:{_UNIT}|$)"
_VERB = "(?<!未)(?<!没有)(?<!没)(?<!无)(?<!曾)(?P<verb>新收到|收到|新收|接收到|接收|接到|受理|共收)[了的过]?"
ACT = "答复|办结|办理|回复|处理|审结|审理"
_ALSO = rf"(?:[并和及与、](?:依法|按时|及时)?(?:{ACT}|受理)[了的]?)?"
_TOTAL = "(?:一共|总共|共计|合计|总计|累计|共有|共)?"
_BEFORE_NUMBER = (
    "的?(?:表|书|件数|件|事项|案件|信息)?(?:总数量|总数|总量|数量|量|数)?"
    rf"{_TOTAL}(?:均为|为|是|有|达|仅|只有)?[:：]?"
)
_OBJECT = (
    "(?:依申请公开的?(?:政府信息|信息|事项)?(?:公开)?(?:的?申请)?|(?:政府信息|信息|政务)公开的?申请"
    "|申请(?:政府)?信息公开|申请公开的?(?:政府)?信息|公开政府信息的申请|政府信息的?申请|公开申请)"
)
_ELSE = (
    "(?!的?(?:答复|引发|引起|工作|投诉|举报|行政|复议|诉讼|咨询|办理|处理|补正|材料"
    "|渠道|制度|流程|相关|有关))"
)
QUALIFIED = (
    "涉及|涉密|关于(?!政府信息)|撤回|撤销|补正|延期|逾期|重复|反复|不予|结转|不服|咨询"
    "|自然人(?![、和及或与])|商业企业|科研机构|公益组织|法律服务"
)
_GAP = rf"(?P<gap>(?:(?!{ACT}|{QUALIFIED}|收到|受理).){{0,50}}?)"
_APPLICANTS = (
    "(?:任何|形式|一[件条份例起个]|1[件条份例起个]|公民|法人|其他|其它|社会|组织|团体|群众|公众|企业|企事业|单位|自然人"
    "|个人|人员|人|媒体|各界|关于|有关|相关|要求|提出|提交|递交|依法|当面|信函|传真|网络|邮件|来信|等方式|等形式"
    "|等渠道|通过|我[镇乡县局办委市区]|本[镇乡县局办委市区级]|本机关|本单位|或者|或|和|以及|及|与|向|以|对|由|因|的|之|、)*+"
)
_NONE = (
    "(?<![有不])(?:(?:未|没有|没|无)(?:再|曾)?"
    "(?:发生|出现|产生|新增|接收到|接收|收到|接到|受理|新收)过?"
    "|没有|尚无|暂无|未有|不存在|未被|未因|没|无)"
)
_NOTHING_MORE = r"(?:表|书|件|事项|案件|案|信息|情况|情形|业务|要求|的)*+(?=$|[、和及与或且并也])"
_CHANNEL = "网络|网上|在线|平台|网站|信函|邮寄|来信|当面|现场|传真|邮件|邮箱|书面|口头"
_OTHER_CASES = re.compile("未经|复议后|办结|审结|审理|受理|应诉|参加|办理(?=行政|复议|诉讼|[0-9])")
_EACH = "(?:数量|数)?(?:各|均为|均是|均|都是|都为)(?:有|为)?"
_BECAUSE = "(?:因?政府信息公开(?:工作|申请)?而?(?:引起|引发|产生)?)?的?"
_WITHOUT_OUTCOME = r"(?P<gap>(?:(?!纠错|纠正|败诉|维持|撤销|[0-9]).){0,60}?)"
_ONLY_KINDS = (
    "(?:案件|申请|事项|事件|情况|情形|现象|问题|案|的|等|和|或者|或|以及|及|与|也|均|被|提起|发生|因此|而|未|没有|无"
    "|行政复议|复议|行政诉讼|诉讼|举报|投诉|信访|申诉|纠纷|方面|有关|相关|、)*+$"
)


_SAYS_NONE = ("未", "没", "无", "不存在")
_RECEIVES = ("收到", "受理", "接收", "接到", "新收", "共收")


def _shape(cues: tuple[str, ...], *parts: str, needs: str | None = None) -> Shape:
    return Shape(re.compile("".join(parts)), cues, None if needs is None else re.compile(needs))


def _proceedings(name: str, other_name: str) -> tuple[Shape, ...]:
    """How reconsiderations or lawsuits are counted; both in one breath only where each has the number."""
    word, other = f"(?:行政)?{name}", f"(?:行政)?{other_name}"
    cases = "(?:案件|申请|事项|案)?"
    joined = rf"{cases}[、和及与或](?:被?提起)?"
    together = (
        _shape((other_name,), one, joined, two, cases, how, _COUNT)
        for how in (_EACH, f"{_BEFORE_NUMBER}(?P<joint>)")
        for one, two in ((word, other), (other, word))
    )
    return (
        _shape(_SAYS_NONE, _NONE, _WITHOUT_OUTCOME, word, _ONLY_KINDS),
        *together,
        _shape((name,), word, cases, _BEFORE_NUMBER, _COUNT),
        _shape((name,), _COUNT, _BECAUSE, word, f"{cases}(?=$|[、和及与])"),
    )


_TOPIC = rf"{_OBJECT}[^，；]{{0,30}}(?:[0-9]{{4}}\s*年度?，)?$"
KINDS = (
    Kind(
        "received",
        ("申请", *_RECEIVES),
        (
            _shape(_SAYS_NONE, _NONE, _APPLICANTS, _OBJECT, _NOTHING_MORE),
            _shape(_RECEIVES, _VERB, _ALSO, _GAP, _OBJECT, _BEFORE_NUMBER, _COUNT),
            _shape(_RECEIVES, _VERB, _ALSO, _TOTAL, _COUNT, _APPLICANTS, _OBJECT, _ELSE),
            _shape(
                _RECEIVES,
                _OBJECT,
                r"(?:方面|情况|工作|数量)?[:：]?",
                _GAP,
                _VERB,
                _TOTAL,
                _COUNT,
                "(?=$|[、和并均])",
            ),
            _shape(
                ("数", "量"),
                _OBJECT,
                r"(?:总数量|总数|总量|数量|件数|量|数)(?P<bare>)",
                _BEFORE_NUMBER,
                _COUNT,
            ),
            _shape(("0", "零", "〇"), _OBJECT, _BEFORE_NUMBER, r"(?P<bare>)(?=[0零〇])", _COUNT),
            _shape(_RECEIVES, _VERB, _ALSO, _APPLICANTS, "申请", _BEFORE_NUMBER, _COUNT, needs=_OBJECT),
            _shape(
                _RECEIVES,
                _VERB,
                _ALSO,
                _TOTAL,
                _COUNT,
                _APPLICANTS,
                "申请",
                "(?=$|[、和并均])",
                needs=_OBJECT,
            ),
            _shape(_SAYS_NONE, _NONE, _APPLICANTS, "申请", _NOTHING_MORE, needs=_OBJECT),
            _shape(_RECEIVES, _VERB, _ALSO, _TOTAL, _COUNT, "$", needs=_TOPIC),
        ),
        ("requests.received.total",),
        re.compile(f"(?:{_CHANNEL})(?!.{{0,60}}等(?:多种|各种|多个)?(?:方式|形式|渠道|途径))"),
    ),
    Kind(
        "reconsideration",
        ("复议",),
        _proceedings("复议", "诉讼"),
        ("proceedings.reconsideration.total",),
        _OTHER_CASES,
        re.compile("公开|依申请"),
    ),
    Kind(
        "litigation",
        ("诉讼",),
        _proceedings("诉讼", "复议"),
        ("proceedings.litigation_direct.total", "proceedings.litigation_after_reconsideration.total"),
        _OTHER_CASES,
        re.compile("公开|依申请"),
    ),
)


CLAUSE = re.compile(
    r"(?:[^，,（）()。！？；!?;]++|(?<=[0-9]),(?=[0-9]{3})"
    rf"|[，,](?={_TOTAL[:-1]}[为有是]?\s*[0-9{_HAN_NUMBER}])|(?<=(?:公开|申请)(?:方面|情况|工作))[，,])++"
)
CARRIED = re.compile(rf"(?<!不)(?:含|包括|其中)[^0-9]{{0,10}}?结转(?!至|到|下)[的了]?(?:申请)?{_COUNT}")
MENTIONS_CARRIED = re.compile(r"(?<!不)(?:含|包括|其中)[^，。；]{0,10}?(?:上年|上一年|去年|往年)")
PART = re.compile("其中|包括|分别")
SUPPOSED = re.compile("如(?!期|实|下)|若|凡|应当|确保|是否|预计|计划")
ANOTHER_PERIOD = re.compile("上一?年(?!度?结转)|去年|往年|历年|同期|[上下]半年|季度|以来")
PERIOD = re.compile(r"([0-9]{4})\s*年|((?<![较比与同])(?:上一?年|去年)(?!度?结转))|今年|本年|全年")
CUES = tuple(dict.fromkeys(cue for kind in KINDS for cue in kind.cues))
