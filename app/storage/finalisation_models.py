"""The entities about a total: what a county adjusted in it (调整), and what it froze (定稿)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from app.storage.columns import Code, Key, UtcDateTime
from app.storage.entity import NEVER_AGAIN, Entity

IN_FORCE = text("reopened_at IS NULL")


class Adjustment(Entity, table=True):
    """That a county adjusted its total of a year, beside its units' figures: why, and on which document.

    It is withdrawn at most once; nothing else of it ever changes.
    """

    __tablename__ = "adjustment"
    __table_args__ = (Index(None, "year", "agency_id", "id"), NEVER_AGAIN)

    id: int | None = Field(default=None, primary_key=True, sa_type=Key)
    agency_id: int = Field(foreign_key="agency.id", sa_type=Key)
    year: int
    reason: str = Field(sa_type=Text)
    document: str | None = Field(default=None, sa_type=Text)
    made_by: str = Field(sa_type=Text)
    made_at: datetime = Field(sa_type=UtcDateTime)
    withdrawn_by: str | None = Field(default=None, sa_type=Text)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawal: str | None = Field(default=None, sa_type=Text)


class AdjustmentLine(Entity, table=True):
    """By how much an adjustment changes a cell, in its smallest unit, below 0 where it takes away.

    Never changed.
    """

    __tablename__ = "adjustment_line"

    adjustment_id: int = Field(primary_key=True, foreign_key="adjustment.id", sa_type=Key)
    cell: str = Field(primary_key=True, sa_type=Code)
    amount: int = Field(sa_type=BigInteger)


class Finalisation(Entity, table=True):
    """A total as it was made final (定稿): `content` is JSON, with all that it was made of.

    It is reopened at most once; nothing else of it ever changes.  One at most is in force.
    """

    __tablename__ = "finalisation"
    __table_args__ = (
        UniqueConstraint("agency_id", "year", "number"),
        Index(None, "agency_id", "year", unique=True, sqlite_where=IN_FORCE, postgresql_where=IN_FORCE),
        NEVER_AGAIN,
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Key)
    agency_id: int = Field(foreign_key="agency.id", sa_type=Key)
    year: int
    number: int
    form: str = Field(sa_type=Text)
    basis: str = Field(sa_type=Text)
    content: str = Field(sa_type=Text)
    digest: str = Field(sa_type=Text)
    algorithm: str = Field(sa_type=Text)
    note: str | None = Field(default=None, sa_type=Text)
    signed_by: str | None = Field(default=None, sa_type=Text)
    finalised_by: str = Field(sa_type=Text)
    finalised_at: datetime = Field(sa_type=UtcDateTime)
    reopened_by: str | None = Field(default=None, sa_type=Text)
    reopened_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reopening: str | None = Field(default=None, sa_type=Text)


ADJUSTMENT = Entity.metadata.tables["adjustment"]
ADJUSTMENT_LINE = Entity.metadata.tables["adjustment_line"]
FINALISATION = Entity.metadata.tables["finalisation"]
