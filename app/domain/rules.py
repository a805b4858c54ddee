"""The rules that a report is held to: what each asks, how hard, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
class Rule:
    """One rule of the catalogue.

    Attributes:
        id: R01 …
        level: 强制性, 核实性 or 提示性.
        title: what it asks, in Chinese, with places for what differs from form to form.
        keeper: judged on every report, only on a document that is read in, or kept by the service itself.
        source: where it is laid down, likewise; None where it is good practice, not law.
    """

    id: str
    level: Level
    title: str
    keeper: Keeper = Keeper.REPORT
    source: str | None = None

    def title_on(self, form: ReportForm) -> str:
        """Say what it asks of reports on this form."""
        if "{unit}" in self.title:
            amounts = [measure for measure in form.measures if not measure.is_count]
            return "；".join(
                self.title.format(name=each.name, unit=each.unit, places=each.places) for each in amounts
            )
        signed = "、".join(measure.name for measure in form.measures if measure.is_signed)
        return self.title.format(but=f"（{signed}可以小于 0）" if signed else "")

    def source_on(self, form: ReportForm) -> str | None:
        """Say where it is laid down for reports on this form; None where it isn't."""
        return None if self.source is None else self.source.format(notice=form.notice)


_NOTICE = "{notice}"
_TABLE_3 = f"{_NOTICE}，表三"

CATALOGUE: tuple[Rule, ...] = (
    Rule("R01", Level.MANDATORY, "六个部分齐全，顺序正确，文字部分不空", source=_NOTICE),
    Rule("R02", Level.MANDATORY, "表格是报告年度所用的格式", Keeper.DOCUMENT, _NOTICE),
    Rule("R03", Level.MANDATORY, "表格的行、列齐全", Keeper.DOCUMENT, _NOTICE),
    Rule("R04", Level.MANDATORY, "每一格都要填；数为零填 0，不留空，不填“/”“-”", source=_NOTICE),
    Rule("R05", Level.MANDATORY, "件数是大于等于 0 的整数{but}", source=_NOTICE),
    Rule("R06", Level.MANDATORY, "{name}以{unit}为单位，大于等于 0，最多 {places} 位小数", source=_NOTICE),
    Rule("R07", Level.MANDATORY, "表三各列：本年新收 + 上年结转 = （七）总计 + 结转下年度", source=_TABLE_3),
    Rule("R08", Level.MANDATORY, "表三各列：（七）总计等于各项办理结果之和", source=_TABLE_3),
    Rule("R09", Level.MANDATORY, "表三各行：总计等于自然人与五类组织之和", source=_TABLE_3),
    Rule(
        "R10",
        Level.MANDATORY,
        "表四各组：总计等于结果维持、结果纠正、其他结果、尚未审结之和",
        source=f"{_NOTICE}，表四",
    ),
    Rule("R19", Level.MANDATORY, "汇总数等于各单位数之和，逐格相加", Keeper.SERVICE),
    Rule("R26", Level.HINT, "文字中的数与表格一致"),
    Rule("R32", Level.HINT, "标题是“〈机关全称〉〈年度〉年政府信息公开工作年度报告”", Keeper.DOCUMENT),
    Rule("R36", Level.HINT, "表格的固定用语照格式书写", Keeper.DOCUMENT, _NOTICE),
    Rule("R37", Level.MANDATORY, "一个机关一个年度只有一份有效报告", Keeper.SERVICE),
)
"""Every rule that this version of the service judges or keeps."""

RULES: dict[str, Rule] = {rule.id: rule for rule in CATALOGUE}
