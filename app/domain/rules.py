"""The rules that a report is held to: what each asks, how hard, of whom, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.messages import MESSAGES, READY

if TYPE_CHECKING:
    from app.domain.messages import Field
    from app.forms.model import ReportForm


class Level(StrEnum):
    """How hard a rule is."""

    MANDATORY = "E"
    TO_EXPLAIN = "W"
    HINT = "I"

    @property
    def label(self) -> str:
        """As county staff call it."""
        return {"E": "强制性", "W": "核实性", "I": "提示性"}[self.value]


class Keeper(StrEnum):
    """Where a rule is judged."""

    REPORT = "report"
    DOCUMENT = "document"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number of a rule that a county may set otherwise.

    Attributes:
        title: what it is, in Chinese.
        default: its value unless set.
        unit: what it counts.
        least: no smaller value means anything.
        most: nor a greater one.
    """

    title: str
    default: int
    unit: str
    least: int = 0
    most: int = 10**9


_NO_THRESHOLDS: Mapping[str, Threshold] = MappingProxyType({})
_NO_MESSAGES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the catalogue.

    Attributes:
        id: R01 …
        level: 强制性, 核实性 or 提示性.
        title: what it asks, in Chinese, with places for what differs from form to form.
        keeper: judged on every report, only on a document that is read in, or kept by the service itself.
        source: where it is laid down, likewise; None where it is good practice, not law.
        version: raised whenever the rule comes to mean something else; results name it.
        first_year: from which report year on.
        last_year: up to which report year; None where it holds on.
        levels: of which levels of agency it is asked; empty stands for all.
        kinds: of which kinds, likewise.
        thresholds: its numbers that a county may set, by code.
        is_fixed: no setting changes it, whatever its level.
    """

    id: str
    level: Level
    title: str
    keeper: Keeper = Keeper.REPORT
    source: str | None = None
    version: int = 1
    first_year: int | None = None
    last_year: int | None = None
    levels: frozenset[AgencyLevel] = frozenset()
    kinds: frozenset[AgencyKind] = frozenset()
    thresholds: Mapping[str, Threshold] = field(default_factory=lambda: _NO_THRESHOLDS, hash=False)
    is_fixed: bool = False

    @property
    def is_adjustable(self) -> bool:
        """Whether a county may change how hard it is."""
        return self.level is not Level.MANDATORY and not self.is_fixed and self.keeper is Keeper.REPORT

    def covers(self, year: int) -> bool:
        """Tell whether reports of this year are held to it."""
        has_begun = self.first_year is None or self.first_year <= year
        return has_begun and (self.last_year is None or year <= self.last_year)

    def asks(self, level: AgencyLevel | None, kind: AgencyKind | None) -> bool:
        """Tell whether bodies of this level and kind are held to it; where unknown, what is asked of all."""
        return (not self.levels or level in self.levels) and (not self.kinds or kind in self.kinds)

    def title_on(self, form: ReportForm) -> str:
        """Say what it asks of reports on this form."""
        if "{unit}" in self.title:
            amounts = [measure for measure in form.measures if not measure.is_count]
            return "；".join(
                self.title.format(name=each.name, unit=each.unit, places=each.places) for each in amounts
            )
        signed = "、".join(measure.name for measure in form.measures if measure.is_signed)
        return self.title.format(but=f"（{signed}可以小于 0）" if signed else "")

    @property
    def messages(self) -> Mapping[str, str]:
        """What people are told of it, by name: `app.domain.messages`."""
        return MESSAGES.get(self.id, _NO_MESSAGES)

    def say(self, name: str, /, **fields: Field) -> str:
        """Fill in one of its messages.

        Raises:
            KeyError: it has no message of this name, or the message has a field that isn't given.
        """
        text, picked = READY[self.id][name]
        return text % picked(fields)

    def messages_on(self, form: ReportForm) -> dict[str, str]:
        """Return its messages with what this form makes of them; the other fields are left as they are."""
        known = {"{title}": self.title_on(form), "{notice}": form.notice}
        messages = dict(self.messages)
        for field_, value in known.items():
            messages = {name: text.replace(field_, value) for name, text in messages.items()}
        return messages

    def source_on(self, form: ReportForm) -> str | None:
        """Say where it is laid down for reports on this form; None where it isn't."""
        return None if self.source is None else self.source.format(notice=form.notice)


_E, _W, _I = Level.MANDATORY, Level.TO_EXPLAIN, Level.HINT
_REPORT, _DOCUMENT, _SERVICE = Keeper
_NOTICE = "{notice}"
_TABLE_3 = f"{_NOTICE}，表三"
_REGULATIONS = "《政府信息公开条例》"
_ART_50 = f"{_REGULATIONS}第五十条"
_GOVERNMENTS = frozenset({AgencyKind.GOVERNMENT})


def _highest_fees() -> dict[str, Threshold]:
    most = {"township": 1_000, "county": 50_000, "prefecture": 500_000, "province": 5_000_000}
    return {
        f"fees_{level}": Threshold(
            f"{AgencyLevel(level).label}机关的行政事业性收费一般不超过", amount, "万元"
        )
        for level, amount in most.items()
    }


def _highest_counts() -> dict[str, Threshold]:
    received = {"township": 500, "county": 5_000, "prefecture": 20_000, "province": 50_000}
    decisions = {"township": 100_000, "county": 2_000_000, "prefecture": 20_000_000, "province": 100_000_000}
    return {
        f"{code}_{level}": Threshold(f"{AgencyLevel(level).label}机关的{title}一般不超过", count, "件")
        for code, title, counts in (
            ("received", "本年新收申请", received),
            ("decisions", "处理决定", decisions),
        )
        for level, count in counts.items()
    }


CATALOGUE: tuple[Rule, ...] = (
    Rule("R01", _E, "六个部分齐全，顺序正确，文字部分不空", source=_NOTICE),
    Rule("R02", _E, "表格是报告年度所用的格式", _DOCUMENT, _NOTICE),
    Rule("R03", _E, "表格的行、列齐全", _DOCUMENT, _NOTICE),
    Rule("R04", _E, "每一格都要填；数为零填 0，不留空，不填“/”“-”"),
    Rule("R05", _E, "件数是大于等于 0 的整数{but}"),
    Rule("R06", _E, "{name}以{unit}为单位，大于等于 0，最多 {places} 位小数", source=_NOTICE),
    Rule("R07", _E, "表三各列：本年新收 + 上年结转 = （七）总计 + 结转下年度", source=_TABLE_3),
    Rule("R08", _E, "表三各列：（七）总计等于各项办理结果之和"),
    Rule("R09", _E, "表三各行：总计等于自然人与五类组织之和"),
    Rule("R10", _E, "表四各组：总计等于结果维持、结果纠正、其他结果、尚未审结之和"),
    Rule("R11", _W, "表三各列：上年结转等于上一年度报告的结转下年度"),
    Rule(
        "R12",
        _W,
        "表二的规章、行政规范性文件：现行有效 = 上一年度的现行有效 + 本年制发 − 本年废止",
        first_year=2022,
    ),
    Rule("R13", _W, "表二：本年制发不超过现行有效与本年废止之和", first_year=2021),
    Rule("R14", _W, "没有规章制定权的机关，规章一行都是 0", source="《立法法》", version=2),
    Rule(
        "R15",
        _W,
        "第一部分写明主动公开、依申请公开、政府信息管理、平台建设、监督保障五个方面",
        source=_NOTICE,
    ),
    Rule(
        "R16", _W, "人民政府的报告写明工作考核、社会评议、责任追究的情况", source=_ART_50, kinds=_GOVERNMENTS
    ),
    Rule("R17", _W, "第五部分既写存在的问题，又写改进的情况", source=_ART_50),
    Rule("R18", _W, "表三各列：结转下年度不超过本年新收"),
    Rule("R19", _E, "汇总数等于各单位数之和，逐格相加", _SERVICE),
    Rule(
        "R20",
        _W,
        "表二（2019 年格式）：上一年项目数量 = 上一年度报告的上一年项目数量 + 那份报告的本年增/减",
        last_year=2020,
    ),
    Rule("R21", _W, "第六部分写收了信息处理费的，行政事业性收费不少于这笔钱", first_year=2021),
    Rule("R22", _W, "表三有“逾期未按收费通知要求缴纳费用”的，第六部分写到收费通知", first_year=2021),
    Rule(
        "R23",
        _I,
        "未经复议直接起诉的不多见：对不予公开不服的，应先申请复议",
        source="《行政复议法》第二十三条",
        first_year=2024,
    ),
    Rule("R24", _I, "有复议、诉讼的，当年或上一年应有申请；乡级机关一般没有国家秘密", version=2),
    Rule(
        "R25",
        _W,
        "第六部分写明收取信息处理费的情况，没有收取也要写",
        source="国办函〔2020〕109号",
        version=2,
        first_year=2021,
    ),
    Rule("R26", _I, "文字中的数与表格一致"),
    Rule(
        "R27",
        _I,
        "文字不与本机关上一年度的、同级其他机关的雷同",
        thresholds={"percent": Threshold("相同的文字超过全文的", 80, "%", 1, 100)},
    ),
    Rule(
        "R28",
        _W,
        "所填的数与机关的级别相称，没有把元当成万元",
        version=3,
        thresholds=_highest_fees() | _highest_counts(),
    ),
    Rule(
        "R29",
        _I,
        "主要的数与前三年相比没有突然的增减",
        thresholds={
            "difference": Threshold("与前三年的中位数相差至少", 10, "件", 1),
            "ratio": Threshold("并且至少是它的几倍（或者几分之一）", 3, "倍", 2),
            "peers": Threshold("是否也与同级同类的机关相比（1 比，0 不比）", 0, "", 0, 1),
        },
    ),
    Rule("R30", _I, "文字里没有别的机关的名称、别的级别的说法、没有填写的占位文字"),
    Rule("R31", _W, "统计期限是报告年度的 1 月 1 日至 12 月 31 日，标题和前言里没有别的年份"),
    Rule("R32", _I, "标题是“〈机关全称〉〈年度〉年政府信息公开工作年度报告”"),
    Rule("R33", _I, "所引的文件是现行的"),
    Rule(
        "R34",
        _I,
        "第一部分的篇幅适当",
        thresholds={"characters": Threshold("第一部分不超过", 1000, "字", 1)},
    ),
    Rule("R35", _W, "文字里没有公民身份号码、银行卡号、私人手机号码", is_fixed=True),
    Rule("R36", _I, "固定用语照格式书写；数量单位用“件”，不用“条”"),
    Rule("R37", _E, "一个机关一个年度只有一份有效报告", _SERVICE),
    Rule("R40", _E, "应报的单位还有缺报又没有免报的，汇总不能定稿", _SERVICE),
)
"""Every rule that this version of the service judges or keeps."""

RULES: dict[str, Rule] = {rule.id: rule for rule in CATALOGUE}
