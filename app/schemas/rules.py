"""Bodies of the rules and of what agencies set of them."""

from __future__ import annotations

from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import Field, WithJsonSchema

from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.context import RuleSettings
from app.domain.rules import CATALOGUE, Keeper, Level, Rule
from app.schemas.fields import Body, Name, Out
from app.schemas.forms import BalanceOut, balance_out
from app.schemas.reports import Day

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.forms.model import ReportForm

    Setters: TypeAlias = Mapping[tuple[str, str], object]

_NOBODY: Setters = MappingProxyType({})


class SetByOut(Out):
    """哪个机关另设的，从哪一天起，为什么。"""

    agency: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="机关全称")]
    valid_from: Annotated[date, Field(title="从哪一天起")]
    reason: Annotated[str, Field(title="原因")]


class ThresholdOut(Out):
    """规则的一个界限。"""

    code: Annotated[str, Field(title="代码")]
    title: Annotated[str, Field(title="含义")]
    default: Annotated[int, Field(title="没有另设时的值")]
    value: Annotated[int, Field(title="现在的值")]
    unit: Annotated[str, Field(title="单位")]
    least: Annotated[int, Field(title="最小可以设为")]
    most: Annotated[int, Field(title="最大可以设为")]
    set_by: Annotated[SetByOut | None, Field(title="由哪个机关另设；没有另设为 null")]


class MessageOut(Out):
    """规则的一个句子。"""

    name: Annotated[
        str,
        Field(
            title="名称",
            description=(
                "先是结果：kept 符合，broken 不符合，not_evaluated 未能核对，refused 不予办理，"
                "part 别的句子里的一部分；点号之后是哪一种情形"
            ),
            examples=["broken"],
        ),
    ]
    template: Annotated[
        str,
        Field(
            title="句子；花括号里是核对时填入的内容",
            examples=["{place}：{found}，应等于 {expected}，相差 {difference}"],
        ),
    ]


class RuleOut(Out):
    """一条规则。"""

    id: Annotated[str, Field(title="规则编号")]
    version: Annotated[int, Field(title="规则的版本；要求变了就加一")]
    level: Annotated[Level, Field(title="现在的级别：E 强制性，W 核实性，I 提示性")]
    level_label: Annotated[str, Field(title="级别的名称")]
    default_level: Annotated[Level, Field(title="没有另设时的级别")]
    set_by: Annotated[SetByOut | None, Field(title="级别由哪个机关另设；没有另设为 null")]
    is_adjustable: Annotated[bool, Field(title="一个机关可不可以为自己和下级另行设定")]
    title: Annotated[str, Field(title="要求")]
    expression: Annotated[str, Field(title="写成算式；不是算式的同要求")]
    keeper: Annotated[Keeper, Field(title="由谁核对：report 每份报告，document 读入文件时，service 系统自身")]
    source: Annotated[str | None, Field(title="依据；null 表示没有明文规定")]
    first_year: Annotated[int, Field(title="从哪个报告年度起适用")]
    last_year: Annotated[int | None, Field(title="适用到哪个报告年度；null 表示现在仍适用")]
    levels: Annotated[list[AgencyLevel], Field(title="只对这些层级的机关；空则不限")]
    kinds: Annotated[list[AgencyKind], Field(title="只对这些种类的机关；空则不限")]
    thresholds: Annotated[list[ThresholdOut], Field(title="界限")]
    balances: Annotated[list[BalanceOut], Field(title="所含的勾稽关系，各格及算式")]
    messages: Annotated[list[MessageOut], Field(title="结果里的说明用的句子；空则它自己不说什么")]


class RulesOut(Out):
    """规则目录。"""

    form: Annotated[str, Field(title="报告格式")]
    year: Annotated[int, Field(title="报告年度")]
    agency: Annotated[str | None, Field(title="按哪个机关的设定；null 表示没有另设时的样子")]
    items: Annotated[list[RuleOut], Field(title="规则")]


def rules_out(
    form: ReportForm, year: int, settings: RuleSettings, agency: str | None, setters: Setters = _NOBODY
) -> RulesOut:
    """Return the rules that reports of a year are held to, as they have been set.

    Args:
        form: of the year.
        year: the report year.
        settings: what has been set.
        agency: for which agency; None for what holds unless set.
        setters: who has set it, by rule and `level` or code of a threshold: with what `SetByOut` has.
    """
    items = [_rule_out(form, rule, settings, setters) for rule in CATALOGUE if rule.covers(year)]
    return RulesOut(form=form.version, year=year, agency=agency, items=items)


def _rule_out(form: ReportForm, rule: Rule, settings: RuleSettings, setters: Setters) -> RuleOut:
    balances = [balance_out(balance) for balance in form.balances if balance.rule == rule.id]
    level = settings.level_of(rule)
    ends = [year for year in (form.last_year, rule.last_year) if year is not None]
    return RuleOut(
        id=rule.id,
        version=rule.version,
        level=level,
        level_label=level.label,
        default_level=rule.level,
        set_by=_set_by(setters, rule, "level"),
        is_adjustable=rule.is_adjustable,
        title=rule.title_on(form),
        expression="；".join(dict.fromkeys(each.expression for each in balances)) or rule.title_on(form),
        keeper=rule.keeper,
        source=rule.source_on(form),
        first_year=max(form.first_year, rule.first_year or form.first_year),
        last_year=min(ends) if ends else None,
        levels=[each for each in AgencyLevel if each in rule.levels],
        kinds=[each for each in AgencyKind if each in rule.kinds],
        thresholds=_thresholds_out(rule, settings, setters),
        balances=balances,
        messages=[MessageOut(name=name, template=text) for name, text in rule.messages_on(form).items()],
    )


def _set_by(setters: Setters, rule: Rule, what: str) -> SetByOut | None:
    said = setters.get((rule.id, what))
    return None if said is None else SetByOut.model_validate(said)


def _thresholds_out(rule: Rule, settings: RuleSettings, setters: Setters) -> list[ThresholdOut]:
    return [
        ThresholdOut(
            code=code,
            title=threshold.title,
            default=threshold.default,
            value=settings.threshold(rule, code),
            unit=threshold.unit,
            least=threshold.least,
            most=threshold.most,
            set_by=_set_by(setters, rule, code),
        )
        for code, threshold in rule.thresholds.items()
    ]


SETTABLE = [level.value for level in Level if level is not Level.MANDATORY]


class RuleSettingBody(Body):
    """一个机关对一条规则的设定，对它和它下面的机关都有效。

    整个取代这个机关以前对这条规则的设定：以前另设过而这里没有写的级别、界限，不再另设。
    """

    rule: Annotated[Name, Field(title="规则编号", examples=["R28"])]
    level: Annotated[
        Level | None,
        Field(title="级别：W 核实性，I 提示性；null 不另设", strict=False),
        WithJsonSchema({"anyOf": [{"type": "string", "enum": SETTABLE}, {"type": "null"}]}),
    ] = None
    thresholds: Annotated[
        dict[str, int | None],
        Field(
            title="界限，按代码；null 不另设",
            examples=[{"received_township": 800}],
            max_length=100,
        ),
    ] = {}  # noqa: RUF012 - Pydantic copies it
    reason: Annotated[Name, Field(title="原因")]
    valid_from: Annotated[Day | None, Field(title="从哪一天起；不写为今天")] = None


class RuleSettingOut(Out):
    """一次设定，整个取代前一次对同一条规则的设定。级别、界限都没有另设的一次，就是恢复原样。"""

    rule: Annotated[str, Field(title="规则编号")]
    level: Annotated[Level | None, Field(title="级别；null 表示没有另设")]
    thresholds: Annotated[dict[str, int], Field(title="另设的界限，按代码")]
    reason: Annotated[str, Field(title="原因")]
    set_by: Annotated[str, Field(title="谁设的")]
    set_at: Annotated[datetime, Field(title="什么时候设的")]
    valid_from: Annotated[date, Field(title="从哪一天起")]
    is_in_force: Annotated[bool, Field(title="现在是不是按它")]
    dropped: Annotated[
        list[str],
        Field(title="前一次另设过、这一次没有写，因而不再另设的：level 是级别，其余是界限的代码"),
    ]


class RuleSettingsOut(Out):
    """一个机关所有的设定。"""

    agency: Annotated[str, Field(title="机关代码")]
    items: Annotated[list[RuleSettingOut], Field(title="各次设定，起始日晚的在前")]
    total: Annotated[int, Field(title="共几次")]
