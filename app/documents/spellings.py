"""How real documents write what the form prints: data that readers are tolerant by.

Everything here was seen in published reports, or is what another year's form prints for the same thing.
The form's own labels stand in `app.forms` alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.forms import annual_2019, annual_2021

FORMER = f"{annual_2019.FORM.version} 年格式的用语"
LATER = f"{annual_2021.FORM.version} 年格式的用语"
SLIP = "错别字"
LOOSE = "不规范的写法"


@dataclass(frozen=True, slots=True)
class Spelling:
    """A way of writing a heading that isn't the form's.

    Attributes:
        text: without its numbering.
        whose: what kind of writing it is, as a message says it.
    """

    text: str
    whose: str


SPELLINGS: dict[str, tuple[Spelling, ...]] = {
    "issued": (
        Spelling(annual_2019.MADE.label, FORMER),
        Spelling("本年制发数量", LOOSE),
        Spelling("本年制发数", LOOSE),
        Spelling("本年制作件数", LOOSE),
    ),
    "repealed": (Spelling("本年废止数量", LOOSE), Spelling("本年废止数", LOOSE)),
    "in_force": (Spelling("现行有效数量", LOOSE), Spelling("现行有效数", LOOSE)),
    "normative_documents": (
        Spelling(annual_2019.NORMATIVE_DOCUMENTS.label, FORMER),
        Spelling(annual_2021.NORMATIVE_DOCUMENTS.label, LATER),
    ),
    "decisions": (Spelling(annual_2019.DECIDED.label, FORMER), Spelling("本年处理决定件数", LOOSE)),
    "other_organisation": (Spelling("其它", LOOSE),),
    "legal_service": (Spelling("法律服务组织", LOOSE),),
    "public_welfare": (Spelling("公益组织", LOOSE), Spelling("社会公益机构", LOOSE)),
    "organisations": (Spelling("法人和其他组织", LOOSE), Spelling("法人及其他组织", LOOSE)),
    "applicants": (Spelling("申请人类型", LOOSE),),
    "total": (Spelling("合计", LOOSE), Spelling("总数", LOOSE)),
    "received": (Spelling("本年新收政府信息公开申请数", LOOSE), Spelling("本年新收申请数量", LOOSE)),
    "pending_at_start": (Spelling("上年结转政府信息公开申请数", LOOSE), Spelling("上年结转申请数量", LOOSE)),
    "outcomes": (Spelling("本年办理结果", LOOSE),),
    "granted": (Spelling("予已公开", SLIP), Spelling("予以公布", SLIP)),
    "partially_granted": (Spelling("不分公开", SLIP), Spelling("部份公开", SLIP)),
    "denied": (Spelling("不与公开", SLIP),),
    "denied_prohibited_by_law": (Spelling("其他法律法规禁止公开", LOOSE),),
    "denied_security_stability": (Spelling("危及三安全一稳定的", LOOSE),),
    "denied_enforcement_file": (Spelling("属于行政执法案件", SLIP),),
    "refused_excessive": (Spelling("无正当理由大量反复申请的", LOOSE),),
    "processed": (Spelling("合计", LOOSE),),
    "pending_at_end": (Spelling("结转下年继续办理", LOOSE), Spelling("结转下年度继续受理", LOOSE)),
    "other": (Spelling("其它结果", LOOSE),),
    "pending": (Spelling("未审结", LOOSE), Spelling("尚未审结果", SLIP)),
    "litigation_direct": (Spelling("未经复议直接诉讼", LOOSE),),
    "litigation_after_reconsideration": (Spelling("复议后诉讼", LOOSE),),
}
"""By the code of the heading of rows or columns."""

SECTION_WORDINGS: dict[str, re.Pattern[str]] = {
    "overview": re.compile("(?:总体|整体|基本|工作)(?:情况|概况|综述)|概述|总体工作情况"),
    "disclosure": re.compile("(?:行政机关)?(?:本年度)?主动公开(?:政府信息)?的?(?:工作)?(?:情况)?"),
    "requests": re.compile(
        "(?:行政机关)?(?:收到(?:和处理)?|受理|处理)?(?:政府信息|依)?(?:申请公开|公开申请)"
        "(?:政府信息)?(?:办理|处理)?的?(?:工作)?(?:情况)?"
    ),
    "proceedings": re.compile(
        "(?:因)?(?:政府信息公开|信息公开)?(?:工作)?(?:被)?(?:申请|引起的?|引发的?)?"
        "行政复议(?:和|及|提起|被提起)*(?:行政)?诉讼的?情况"
    ),
    "problems": re.compile(
        "(?:政府)?(?:信息公开)?(?:工作)?(?:中)?(?:存在)?的?(?:主要)?(?:问题|不足)"
        "(?:和|及|与|以及)?(?:下一步)?(?:改进|整改|工作)?(?:的)?(?:情况|措施|打算|意见)?"
    ),
    "other_matters": re.compile("(?:其他|其它)?(?:需要|应当)?(?:报告|说明|补充)?的?(?:其他|其它)?事项"),
}
"""By section code, headings as documents word them, without numbering and punctuation."""

_AGENCY = r"(?P<agency>(?:[^0-9。，：:>]|[0-9]{1,3}(?=[团师连队])){0,60}?)"
"""Numbers belong to the names of 第八师143团 and its like, and to no other's."""

_NOTE = "(?:[（(][^（）()]{0,20}[）)])*"
"""What stands in brackets after a title, as R32 lets it."""

TITLES: tuple[re.Pattern[str], ...] = (
    re.compile(
        _AGENCY + r"(?:关于)?(?P<year>[0-9]{4}|[〇○零一二三四五六七八九]{4})年?度?"
        r"(?:政府信息公开|政务公开|信息公开)(?:工作)?(?:情况)?(?:的)?(?:年度)?(?:工作)?(?:报告|年报)" + _NOTE
    ),
    re.compile(
        _AGENCY + r"(?:政府信息公开|政务公开|信息公开)(?:工作)?年度(?:工作)?报告"
        r"[（(](?P<year>[0-9]{4}|[〇○零一二三四五六七八九]{4})年?度?[)）]" + _NOTE
    ),
)
"""Titles as documents word them, without spaces."""

NOTHING: re.Pattern[str] = re.compile(r"[-—–―ー_/\\.*·\s]*+[无空]?")
"""What people write into a cell in place of a number; never taken for 0."""

_TRADITIONAL = (
    "開機關數據務報總計審結維處復複議訴訟請項對廢發規範為強製業無違會組織單絕續轉補內類過執權稱進變應質"
)
_SIMPLIFIED = (
    "开机关数据务报总计审结维处复复议诉讼请项对废发规范为强制业无违会组织单绝续转补内类过执权称进变应质"
)
SIMPLIFIED: dict[int, int] = str.maketrans(_TRADITIONAL, _SIMPLIFIED)
"""Traditional characters of headings; enough to find them, not a converter."""
