"""The entities of a county's year: its dates, who was expected, what was granted, who was reminded."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from app.storage.columns import Code, Key, UtcDateTime
from app.storage.entity import NEVER_AGAIN, Entity

_IN_FORCE = text("revoked_at IS NULL")


class Collection(Entity, table=True):
    """That an agency collects the reports of a year, for itself and all below it that have no nearer one.

    Who is expected is kept in `CollectionUnit` before the tree first changes after `freezes_on`:
    `frozen_at` is when, `frozen_change` the last change of the feed before that.
    """

    __tablename__ = "collection"
    __table_args__ = (
        UniqueConstraint("agency_id", "year"),
        Index(None, "year", "agency_id"),
        NEVER_AGAIN,
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Key)
    agency_id: int = Field(foreign_key="agency.id", ondelete="CASCADE", sa_type=Key)
    year: int
    freezes_on: date
    frozen_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    frozen_change: int | None = Field(default=None, sa_type=BigInteger)
    revision: int = 1
    opened_by: str = Field(sa_type=Text)
    opened_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class CollectionDates(Entity, table=True):
    """The dates of those who have theirs in common: `reporters` is one of `domain.collections.Reporters`."""

    __tablename__ = "collection_dates"

    collection_id: int = Field(primary_key=True, foreign_key="collection.id", ondelete="CASCADE", sa_type=Key)
    reporters: str = Field(sa_type=Code, primary_key=True)
    opens_on: date | None = None
    due_on: date
    locks_on: date | None = None


class CollectionUnit(Entity, table=True):
    """That an agency was expected when that was frozen, under which name and where.  Never changed.

    It stays when the agency is removed, so nothing holds it to one that is there.
    """

    __tablename__ = "collection_unit"

    collection_id: int = Field(primary_key=True, foreign_key="collection.id", ondelete="CASCADE", sa_type=Key)
    agency_id: int = Field(primary_key=True, sa_type=Key, sa_column_kwargs={"autoincrement": False})
    code: str = Field(sa_type=Code)
    name: str = Field(sa_type=Text)
    path: str = Field(sa_type=Code)


class CollectionException(Entity, table=True):
    """What was granted to a unit: 延期, 解锁, 免报.  Only its revocation is added later.

    `until` is the last day of it; null for 免报.
    """

    __tablename__ = "collection_exception"
    __table_args__ = (
        Index(
            None,
            "collection_id",
            "agency_id",
            "kind",
            unique=True,
            sqlite_where=_IN_FORCE,
            postgresql_where=_IN_FORCE,
        ),
        NEVER_AGAIN,
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Key)
    collection_id: int = Field(foreign_key="collection.id", ondelete="CASCADE", index=True, sa_type=Key)
    agency_id: int = Field(foreign_key="agency.id", ondelete="CASCADE", index=True, sa_type=Key)
    kind: str = Field(sa_type=Code)
    until: date | None = None
    reason: str = Field(sa_type=Text)
    granted_by: str = Field(sa_type=Text)
    granted_at: datetime = Field(sa_type=UtcDateTime)
    revoked_by: str | None = Field(default=None, sa_type=Text)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revocation: str | None = Field(default=None, sa_type=Text)


class Reminder(Entity, table=True):
    """That a unit was asked for its report (催报): by whom, when, with which words.  Never changed."""

    __tablename__ = "reminder"
    __table_args__ = (Index(None, "agency_id", "year", "id"), NEVER_AGAIN)

    id: int | None = Field(default=None, primary_key=True, sa_type=Key)
    agency_id: int = Field(foreign_key="agency.id", ondelete="CASCADE", sa_type=Key)
    year: int
    number: int
    due_on: date
    days_late: int
    note: str | None = Field(default=None, sa_type=Text)
    sent_by: str = Field(sa_type=Text)
    sent_at: datetime = Field(sa_type=UtcDateTime)


COLLECTION = Entity.metadata.tables["collection"]
COLLECTION_DATES = Entity.metadata.tables["collection_dates"]
COLLECTION_UNIT = Entity.metadata.tables["collection_unit"]
COLLECTION_EXCEPTION = Entity.metadata.tables["collection_exception"]
REMINDER = Entity.metadata.tables["reminder"]
