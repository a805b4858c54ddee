"""The entities: agencies, their places in the tree, reports, versions and what was stated about them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A time with its zone on the way in and out; SQLite keeps UTC without saying so."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn a time into UTC."""
        del dialect
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give UTC its name back."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Code(TypeDecorator[str]):
    """Text that sorts byte by byte on every database, as paths and page cursors need."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Choose PostgreSQL's plain byte order, whatever order its database has."""
        return Text(collation="C") if dialect.name == "postgresql" else Text()


class Key(TypeDecorator[int]):
    """A row's number; SQLite counts only INTEGER keys up by itself."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[int]:
        """Choose the type that counts by itself."""
        return Integer() if dialect.name == "sqlite" else BigInteger()


class Entity(SQLModel):
    """What every table shares."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMING)


METADATA = Entity.metadata

# a number that was given once is never given again, even when its row is gone
NEVER_AGAIN = {"sqlite_autoincrement": True}


class Agency(Entity, table=True):
    """A body that reports, or that others report under."""

    __tablename__ = "agency"
    __table_args__ = NEVER_AGAIN

    id: int | None = Field(default=None, primary_key=True, sa_type=Key)
    code: str = Field(sa_type=Code, unique=True)
    name: str = Field(sa_type=Text)
    level: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    division_code: str | None = Field(default=None, sa_type=Text)
    credit_code: str | None = Field(default=None, sa_type=Text)
    in_rollup: bool = True
    report_scope: str = Field(sa_type=Text)
    revision: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class RetiredCode(Entity, table=True):
    """The code of an agency that was removed: never given again."""

    __tablename__ = "retired_code"

    code: str = Field(sa_type=Code, primary_key=True)


class AgencyPlacement(Entity, table=True):
    """Where an agency stands in the tree, from a day on and up to a day that no longer counts."""

    __tablename__ = "agency_placement"
    __table_args__ = (
        UniqueConstraint("agency_id", "valid_from"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="valid_to_after_from"),
        CheckConstraint("parent_id IS NULL OR parent_id <> agency_id", name="parent_is_another"),
        NEVER_AGAIN,
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Key)
    agency_id: int = Field(foreign_key="agency.id", sa_type=Key)
    parent_id: int | None = Field(default=None, foreign_key="agency.id", index=True, sa_type=Key)
    valid_from: date
    valid_to: date | None = None


class Report(Entity, table=True):
    """An agency's report of a year: where it stands and which version is current."""

    __tablename__ = "report"
    __table_args__ = (UniqueConstraint("agency_id", "year"), NEVER_AGAIN)

    id: int | None = Field(default=None, primary_key=True, sa_type=Key)
    agency_id: int = Field(foreign_key="agency.id", sa_type=Key)
    year: int = Field(index=True)
    form: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    revision: int = 1
    version: int = 1
    was_submitted: bool = False
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class ReportVersion(Entity, table=True):
    """A report as it was saved once: title, prose and numbers as JSON.  Never changed."""

    __tablename__ = "report_version"

    report_id: int = Field(primary_key=True, foreign_key="report.id", ondelete="CASCADE", sa_type=Key)
    number: int = Field(primary_key=True)
    content: str = Field(sa_type=Text)
    saved_by: str = Field(sa_type=Text)
    saved_at: datetime = Field(sa_type=UtcDateTime)


class Submission(Entity, table=True):
    """That a version was 上报: by whom, when, and the verdict with which it passed."""

    __tablename__ = "submission"
    __table_args__ = NEVER_AGAIN

    id: int | None = Field(default=None, primary_key=True, sa_type=Key)
    report_id: int = Field(foreign_key="report.id", ondelete="CASCADE", index=True, sa_type=Key)
    version: int
    verdict: str = Field(sa_type=Text)
    submitted_by: str = Field(sa_type=Text)
    submitted_at: datetime = Field(sa_type=UtcDateTime)


class ZeroStatement(Entity, table=True):
    """That somebody stated missing cells to be zero (零报告): which, who, when, in which version."""

    __tablename__ = "zero_statement"
    __table_args__ = NEVER_AGAIN

    id: int | None = Field(default=None, primary_key=True, sa_type=Key)
    report_id: int = Field(foreign_key="report.id", ondelete="CASCADE", index=True, sa_type=Key)
    version: int
    cells: str = Field(sa_type=Text)
    stated_by: str = Field(sa_type=Text)
    stated_at: datetime = Field(sa_type=UtcDateTime)


class SourceDocument(Entity, table=True):
    """The document that a version was read from, byte for byte, and what was read."""

    __tablename__ = "source_document"
    __table_args__ = NEVER_AGAIN

    id: int | None = Field(default=None, primary_key=True, sa_type=Key)
    report_id: int = Field(foreign_key="report.id", ondelete="CASCADE", index=True, sa_type=Key)
    version: int
    file_name: str = Field(sa_type=Text)
    sha256: str = Field(sa_type=Text)
    body: bytes = Field(sa_type=LargeBinary)
    reading: str = Field(sa_type=Text)
    stored_by: str = Field(sa_type=Text)
    stored_at: datetime = Field(sa_type=UtcDateTime)


AGENCY = METADATA.tables["agency"]
PLACEMENT = METADATA.tables["agency_placement"]
REPORT = METADATA.tables["report"]
VERSION = METADATA.tables["report_version"]
RETIRED_CODE = METADATA.tables["retired_code"]
SUBMISSION = METADATA.tables["submission"]
SOURCE_DOCUMENT = METADATA.tables["source_document"]
ZERO_STATEMENT = METADATA.tables["zero_statement"]
