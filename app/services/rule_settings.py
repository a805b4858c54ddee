"""How hard the rules are in a part of the tree: set by an agency for itself and all below it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from app.domain.acts import Act
from app.domain.agencies import reference_day
from app.domain.guesses import guess
from app.domain.roles import Right
from app.domain.rules import RULES, Level, Rule, Threshold
from app.errors import Fault, InvalidRequest
from app.services.agencies import find_agency, get_agency, key_of
from app.services.agency_details import as_json
from app.services.audit import record
from app.services.changes import note_agency
from app.services.surroundings import settings_for, today
from app.storage.rule_models import RuleSetting
from app.storage.rule_settings import list_settings
from app.storage.surroundings import standings_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from app.auth.actor import Actor
    from app.domain.context import RuleSettings
    from app.storage.engine import ReadSession, WriteSession
    from app.storage.models import Agency


@dataclass(frozen=True, slots=True)
class SettingWanted:
    """What an agency means to set of a rule.

    Attributes:
        rule: its id.
        reason: why.
        level: how hard it is to be; None leaves the level as it is above.
        thresholds: by code; None leaves one as it is above, and so does leaving it out.
        valid_from: from which day on; None for today.
    """

    rule: str
    reason: str
    level: Level | None = None
    thresholds: Mapping[str, int | None] = field(default_factory=dict)
    valid_from: date | None = None


@dataclass(frozen=True, slots=True)
class SettingFound:
    """A setting with whether it is the one that counts today.

    Attributes:
        setting: as it is stored.
        is_in_force: whether it counts today.
        dropped: what the one before it set of the rule and this one doesn't: `level`, codes of thresholds.
            A setting takes the place of the agency's former one as a whole.
    """

    setting: RuleSetting
    is_in_force: bool
    dropped: tuple[str, ...] = ()

    @property
    def thresholds(self) -> dict[str, int]:
        """The thresholds that it sets, by code."""
        stored: dict[str, int] = json.loads(self.setting.thresholds)
        return stored


def set_rule(session: WriteSession, actor: Actor, code: str, wanted: SettingWanted) -> SettingFound:
    """Let a rule be harder or softer for an agency and all below it; what was set before stays on record.

    Reports that passed the gate keep the verdict with which they passed.

    Raises:
        NotFound: there is no such agency that the actor reaches.
        Forbidden: they may not.
        InvalidRequest: there is no such rule or threshold, or nobody may set it so.
    """
    agency = find_agency(session, actor, code, Right.MANAGE_RULES)
    faults = list(_faults(wanted))
    if faults:
        raise InvalidRequest("规则不能这样设定，没有保存", faults)
    setting = _stored(session, actor, agency, wanted)
    said = _said(setting)
    known = as_json(get_agency(session, actor, code).details)
    note_agency(session, Act.AGENCY_SET_RULE, agency, {**known, "rule_setting": said})
    target = f"/agencies/{code}/rule-settings"
    record(session, actor, Act.AGENCY_SET_RULE, target, agency=code, reason=setting.reason, details=said)
    return next(each for each in _found(session, agency) if each.setting is setting)


def _stored(session: WriteSession, actor: Actor, agency: Agency, wanted: SettingWanted) -> RuleSetting:
    thresholds = {code: value for code, value in wanted.thresholds.items() if value is not None}
    setting = RuleSetting(
        agency_id=key_of(agency),
        rule=wanted.rule,
        level=wanted.level,
        thresholds=json.dumps(thresholds),
        reason=wanted.reason,
        set_by=actor.holder,
        set_at=datetime.now(UTC),
        valid_from=wanted.valid_from or today(),
    )
    session.add(setting)
    session.flush()
    return setting


def _said(setting: RuleSetting) -> dict[str, object]:
    return {
        "rule": setting.rule,
        "level": setting.level,
        "thresholds": json.loads(setting.thresholds),
        "valid_from": setting.valid_from.isoformat(),
    }


def _faults(wanted: SettingWanted) -> Iterator[Fault]:
    rule = RULES.get(wanted.rule)
    if rule is None:
        message = f"没有编号为“{wanted.rule}”的规则{guess(wanted.rule, RULES)}"
        yield Fault("/rule", message, "unknown-rule")
    elif not rule.is_adjustable:
        yield Fault("/rule", f"{rule.id}“{rule.title}”{_why_fixed(rule)}，不能另行设定", "fixed-rule")
    else:
        yield from _level_faults(wanted)
        yield from _threshold_faults(rule, wanted)


def _why_fixed(rule: Rule) -> str:
    if rule.level is Level.MANDATORY:
        return "是强制性规则，处处一样"
    return "是每份报告都要守的" if rule.is_fixed else "不是对报告核对的"


def _level_faults(wanted: SettingWanted) -> Iterator[Fault]:
    if wanted.level is Level.MANDATORY:
        message = "只能设为核实性（W）或提示性（I）；强制性（E）的规则由格式规定，不能另设"
        yield Fault("/level", message, "level-not-allowed")


def _threshold_faults(rule: Rule, wanted: SettingWanted) -> Iterator[Fault]:
    for code, value in wanted.thresholds.items():
        pointer = f"/thresholds/{code.replace('~', '~0').replace('/', '~1')}"
        if code not in rule.thresholds:
            message = f"{rule.id} 没有“{code}”这个界限{guess(code, rule.thresholds)}"
            yield Fault(pointer, message, "unknown-threshold")
        elif value is not None and (said := _out_of_bounds(rule.thresholds[code], value)):
            yield Fault(pointer, said, "out-of-range")


def _out_of_bounds(threshold: Threshold, value: int) -> str | None:
    least, most = threshold.least, threshold.most
    if least <= value <= most:
        return None
    return f"“{threshold.title}”应在 {least} 到 {most} {threshold.unit}之间，现为 {value}"


def list_rule_settings(session: ReadSession, actor: Actor, code: str) -> list[SettingFound]:
    """Return all that an agency ever set of rules, the latest to begin first.

    Raises:
        NotFound: there is no such agency that the actor reaches.
    """
    return _found(session, find_agency(session, actor, code))


def _found(session: ReadSession, agency: Agency) -> list[SettingFound]:
    found: list[SettingFound] = []
    settings = list_settings(session, key_of(agency))
    in_force = {each.id for each in _in_force(settings)}
    for place, setting in enumerate(settings, 1):
        before = next((each for each in settings[place:] if each.rule == setting.rule), None)
        dropped = () if before is None else tuple(sorted(_set_by(before) - _set_by(setting)))
        found.append(SettingFound(setting, setting.id in in_force, dropped))
    return found


def _set_by(setting: RuleSetting) -> set[str]:
    """Return what a setting sets: `level`, and codes of thresholds."""
    return {*({"level"} if setting.level else ()), *json.loads(setting.thresholds)}


@dataclass(frozen=True, slots=True)
class SetBy:
    """Which agency has set a level or a threshold, since when and why.

    Attributes:
        agency: its code.
        name: what it was called in the report's year.
        valid_from: since which day.
        reason: why.
    """

    agency: str
    name: str
    valid_from: date
    reason: str


@dataclass(frozen=True, slots=True)
class SettingsFound:
    """What holds for an agency, and who has set it.

    Attributes:
        settings: what holds.
        setters: by rule and `level`, or rule and code of a threshold.
    """

    settings: RuleSettings
    setters: Mapping[tuple[str, str], SetBy] = field(default_factory=dict)


def find_settings(session: ReadSession, actor: Actor, code: str, year: int) -> SettingsFound:
    """Return what holds for an agency's report of a year, by what it and those above it have set.

    Raises:
        NotFound: there is no such agency that the actor reaches.
    """
    agency = find_agency(session, actor, code, year=year)
    lineage = standings_on(session, [key_of(agency)], reference_day(year)).get(key_of(agency), [])
    setters: dict[tuple[str, str], SetBy] = {}
    for standing in lineage:
        for setting in _in_force(list_settings(session, standing.id)):
            said = SetBy(standing.code, standing.name, setting.valid_from, setting.reason)
            setters |= {
                (setting.rule, what): said for what in _set_by(setting) if (setting.rule, what) not in setters
            }
    return SettingsFound(settings_for(session, agency, year), setters)


def _in_force(settings: Iterable[RuleSetting]) -> Iterator[RuleSetting]:
    """Yield of each rule the setting that counts today; the latest to begin come first."""
    begun: set[str] = set()
    for setting in settings:
        if setting.valid_from <= today() and setting.rule not in begun:
            begun.add(setting.rule)
            yield setting
