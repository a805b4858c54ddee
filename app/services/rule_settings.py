"""How hard the rules are in a part of the tree: set by an agency for itself and all below it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from app.domain.acts import Act
from app.domain.guesses import guess
from app.domain.roles import Right
from app.domain.rules import RULES, Level, Rule
from app.errors import Fault, InvalidRequest
from app.services.agencies import find_agency, get_agency, key_of
from app.services.agency_details import as_json
from app.services.audit import record
from app.services.changes import note_agency
from app.services.surroundings import settings_for, today
from app.storage.rule_models import RuleSetting
from app.storage.rule_settings import list_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.auth.actor import Actor
    from app.domain.context import RuleSettings
    from app.storage.engine import ReadSession, WriteSession
    from app.storage.models import Agency

MOST = 10**9
"""No threshold is greater."""


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
    """A setting with whether it is the one that counts today."""

    setting: RuleSetting
    is_in_force: bool

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
    note_agency(session, Act.AGENCY_SET_RULE, agency, as_json(get_agency(session, actor, code).details))
    said = _said(setting)
    record(session, actor, Act.AGENCY_SET_RULE, f"/agencies/{code}/rule-settings", agency=code, details=said)
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
        "reason": setting.reason,
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
        elif value is not None and not 0 <= value <= MOST:
            message = f"“{rule.thresholds[code].title}”应在 0 到 {MOST} 之间，现为 {value}"
            yield Fault(pointer, message, "out-of-range")


def list_rule_settings(session: ReadSession, actor: Actor, code: str) -> list[SettingFound]:
    """Return all that an agency ever set of rules, the latest to begin first.

    Raises:
        NotFound: there is no such agency that the actor reaches.
    """
    return _found(session, find_agency(session, actor, code))


def _found(session: ReadSession, agency: Agency) -> list[SettingFound]:
    found, begun = [], set()
    for setting in list_settings(session, key_of(agency)):
        is_first = setting.valid_from <= today() and setting.rule not in begun
        if is_first:
            begun.add(setting.rule)
        found.append(SettingFound(setting, is_first))
    return found


def find_settings(session: ReadSession, actor: Actor, code: str, year: int) -> RuleSettings:
    """Return what holds for an agency's report of a year, by what it and those above it have set.

    Raises:
        NotFound: there is no such agency that the actor reaches.
    """
    return settings_for(session, find_agency(session, actor, code, year=year), year)
