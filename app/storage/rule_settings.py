"""What agencies have set of rules."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Select, bindparam, select

from app.domain.context import RuleSettings
from app.domain.rules import Level
from app.storage.rule_models import RULE_SETTING, RuleSetting

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from app.storage.engine import ReadSession


def settings_of(session: ReadSession, agency_ids: Collection[int], day: date) -> dict[int, RuleSettings]:
    """Return what each of these agencies has itself set that holds on a day; many have set nothing."""
    bound = {"agencies": list(agency_ids), "day": day}
    rows = session.connection().execute(_in_order(), bound)
    # of each rule the last one counts
    last = {(agency_id, rule): (level, thresholds) for agency_id, rule, level, thresholds in rows}
    found: dict[int, RuleSettings] = {}
    for (agency_id, rule), (level, thresholds) in last.items():
        before = found.get(agency_id, RuleSettings())
        levels = {rule: Level(level)} if level else {}
        values = {f"{rule}.{code}": value for code, value in json.loads(thresholds).items()}
        found[agency_id] = RuleSettings({**before.levels, **levels}, {**before.thresholds, **values})
    return found


@cache
def _in_order() -> Select[int, str, str | None, str]:
    columns = RULE_SETTING.c
    chosen = select(columns.agency_id, columns.rule, columns.level, columns.thresholds)
    of_these = columns.agency_id.in_(bindparam("agencies", expanding=True))
    chosen = chosen.where(of_these, columns.valid_from <= bindparam("day"))
    return chosen.order_by(columns.valid_from, columns.id)


def list_settings(session: ReadSession, agency_id: int) -> list[RuleSetting]:
    """Return all that an agency ever set, the latest to begin first."""
    columns = RULE_SETTING.c
    chosen = select(RuleSetting).where(columns.agency_id == agency_id)
    return list(session.scalars(chosen.order_by(columns.valid_from.desc(), columns.id.desc())))
