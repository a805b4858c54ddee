"""The rules, and how agencies set them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from app.deps import CurrentActor, CurrentDatabase, CurrentReader, Entrance, routes_of
from app.domain.context import RuleSettings
from app.routers.answers import READING, failures
from app.schemas.reports import AgencyCode, Year
from app.schemas.rules import RuleSettingBody, RuleSettingOut, RuleSettingsOut, RulesOut, rules_out
from app.services import rule_settings
from app.services.filed import find_form
from app.services.rule_settings import SettingFound, SettingWanted
from app.storage.engine import WriteSession
from app.writing import WriteOnce

router = routes_of("格式与规则")

SETTINGS = "/agencies/{code}/rule-settings"
CodeInPath = Annotated[AgencyCode, Path(description="机关代码")]


@router.get("/rules", summary="规则目录", responses={**READING, **failures(401, 403)})
def list_rules(
    year: Annotated[Year, Query(description="报告年度")],
    database: CurrentDatabase,
    entrance: Entrance,
    agency: Annotated[
        AgencyCode | None, Query(description="按这个机关及其上级的设定，要登录；不写则是没有另设时的样子")
    ] = None,
) -> RulesOut:
    """某一年度的报告要遵守的规则：级别、界限、依据，及每条勾稽关系涉及的格；另设的写明由哪个机关、从哪天起、为什么。"""
    form = find_form(year)
    if agency is None:
        return rules_out(form, year, RuleSettings(), None)
    actor = entrance()
    with database.reading() as session:
        found = rule_settings.find_settings(session, actor, agency, year)
    return rules_out(form, year, found.settings, agency, found.setters)


@router.get(SETTINGS, summary="一个机关对规则的设定", responses=READING)
def list_rule_settings(code: CodeInPath, database: CurrentDatabase, actor: CurrentReader) -> RuleSettingsOut:
    """这个机关为自己和下级历次所作的设定；不含上级所设的。"""
    with database.reading() as session:
        items = [_out(found) for found in rule_settings.list_rule_settings(session, actor, code)]
    return RuleSettingsOut(agency=code, items=items, total=len(items))


@router.post(SETTINGS, status_code=201, summary="设定一条规则", responses=failures(400, 404, 413, 415, 422))
def set_rule(
    code: CodeInPath, body: RuleSettingBody, write: WriteOnce, actor: CurrentActor
) -> RuleSettingOut:
    """为这个机关和它下面的机关改一条核实性或提示性规则的级别、界限。下级另设的，以下级为准。

    这一次整个取代这个机关以前对这条规则的设定：以前另设过而这次没有写的级别、界限，不再另设（见 dropped）；
    都不写，就是恢复原样。以前的设定留在记录里。强制性规则不能改。已上报的报告，当时的核对结果不变。
    """
    wanted = SettingWanted(**body.model_dump())

    def set_it(session: WriteSession) -> RuleSettingOut:
        return _out(rule_settings.set_rule(session, actor, code, wanted))

    return write(set_it)


def _out(found: SettingFound) -> RuleSettingOut:
    beside = {"thresholds": found.thresholds, "is_in_force": found.is_in_force, "dropped": found.dropped}
    return RuleSettingOut.model_validate({**found.setting.model_dump(), **beside})
