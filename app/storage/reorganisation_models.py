"""The entities about how the tree came to be as it is: former names, reorganisations, successors."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field

from app.storage.columns import Key, UtcDateTime
from app.storage.entity import NEVER_AGAIN, Entity


class FormerName(Entity, table=True):
    """What an agency was called up to a day that no longer counts.  Never changed.

    On a day it is called by the one with the smallest `valid_to` after that day; where there is none, as its
    own row has it.
    """

    __tablename__ = "former_name"
    __table_args__ = (UniqueConstraint("agency_id", "valid_to"), NEVER_AGAIN)

    id: int | None = Field(default=None, primary_key=True, sa_type=Key)
    agency_id: int = Field(foreign_key="agency.id", sa_type=Key)
    name: str = Field(sa_type=Text)
    division_code: str | None = Field(default=None, sa_type=Text)
    valid_to: date


class Reorganisation(Entity, table=True):
    """That agencies were renamed, moved, merged, split, dissolved, established: since when, by what document.

    `wanted` is what was asked for, as JSON.  Never changed.
    """

    __tablename__ = "reorganisation"
    __table_args__ = NEVER_AGAIN

    id: int | None = Field(default=None, primary_key=True, sa_type=Key)
    operation: str = Field(sa_type=Text)
    effective_on: date
    document: str = Field(sa_type=Text)
    reason: str | None = Field(default=None, sa_type=Text)
    wanted: str = Field(sa_type=Text)
    recorded_by: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=UtcDateTime)


class Reorganised(Entity, table=True):
    """What a reorganisation changed of an agency: as it was and as it is since, JSON.  Never changed.

    `before` is null where the agency is new.
    """

    __tablename__ = "reorganised"
    __table_args__ = (Index(None, "agency_id", "reorganisation_id"),)

    reorganisation_id: int = Field(primary_key=True, foreign_key="reorganisation.id", sa_type=Key)
    agency_id: int = Field(primary_key=True, foreign_key="agency.id", sa_type=Key)
    before: str | None = Field(default=None, sa_type=Text)
    after: str = Field(sa_type=Text)


class Succession(Entity, table=True):
    """That a body goes on with what another had, by a merger or a split.  Never changed.

    A body that was split and keeps a part succeeds itself.  `allocation` is JSON: which of the predecessor's
    figures of last year go to this successor, by cell; null where nobody said.
    """

    __tablename__ = "succession"
    __table_args__ = (Index(None, "successor_id"), Index(None, "predecessor_id"))

    reorganisation_id: int = Field(primary_key=True, foreign_key="reorganisation.id", sa_type=Key)
    predecessor_id: int = Field(primary_key=True, foreign_key="agency.id", sa_type=Key)
    successor_id: int = Field(primary_key=True, foreign_key="agency.id", sa_type=Key)
    allocation: str | None = Field(default=None, sa_type=Text)


FORMER_NAME = Entity.metadata.tables["former_name"]
REORGANISATION = Entity.metadata.tables["reorganisation"]
REORGANISED = Entity.metadata.tables["reorganised"]
SUCCESSION = Entity.metadata.tables["succession"]
