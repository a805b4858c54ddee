"""The entities about rules: what agencies have set, and what most of a report's peers don't exceed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, Text
from sqlmodel import Field

from app.storage.columns import Key, UtcDateTime
from app.storage.entity import NEVER_AGAIN, Entity
from app.storage.models import METADATA


class RuleSetting(Entity, table=True):
    """What an agency set of a rule, for itself and all below it, from a day on.  Never changed.

    `level` is null where the level is left as it is; `thresholds` is JSON, with those alone that are set.
    The latest that has begun counts, also where it sets nothing.
    """

    __tablename__ = "rule_setting"
    __table_args__ = (Index(None, "agency_id", "rule", "valid_from", "id"), NEVER_AGAIN)

    id: int | None = Field(default=None, primary_key=True, sa_type=Key)
    agency_id: int = Field(foreign_key="agency.id", ondelete="CASCADE", sa_type=Key)
    rule: str = Field(sa_type=Text)
    level: str | None = Field(default=None, sa_type=Text)
    thresholds: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    set_by: str = Field(sa_type=Text)
    set_at: datetime = Field(sa_type=UtcDateTime)
    valid_from: date


class PeerMark(Entity, table=True):
    """What 99 of 100 reports of a year by bodies of one level and kind don't exceed: `marks`, JSON by cell.

    `peers` is how many reports it was worked out from.
    """

    __tablename__ = "peer_mark"

    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    level: str = Field(primary_key=True, sa_type=Text)
    kind: str = Field(primary_key=True, sa_type=Text)
    peers: int
    marks: str = Field(sa_type=Text)
    computed_at: datetime = Field(sa_type=UtcDateTime)


RULE_SETTING = METADATA.tables["rule_setting"]
PEER_MARK = METADATA.tables["peer_mark"]
