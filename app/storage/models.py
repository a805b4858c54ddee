"""The entities: agencies, their places in the tree, reports, versions and what was stated about them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field

from app.storage import (  # the metadata must know their tables, whoever asks
    collection_models,  # noqa: F401
    explanations,  # noqa: F401
    finalisation_models,  # noqa: F401
)
from app.storage.columns import Code, Key, UtcDateTime
from app.storage.entity import NEVER_AGAIN, Entity

METADATA = Entity.metadata


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
    """An agency's report of a year: where it stands and which version is current.

    `published_version` is the version that was 公布 last; while the report isn't `published` though it has
    one, it is being corrected (更正), and that version is what the public sees.  `chain` names the audit
    chain of its county.  `filled` counts the cells of the current version that hold a number, `nonzero`
    those that hold another than 0; `days_late` is by how many days its last 上报 was late.
    """

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
    published_version: int | None = None
    filled: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    nonzero: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    days_late: int | None = None
    chain: str = Field(sa_type=Code, sa_column_kwargs={"server_default": "_system"})
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


class Step(Entity, table=True):
    """A step of a report's way: 上报, 退回, 审核, 公布, 更正, 撤回; by whom, when, and why.

    A step of 上报 keeps the verdict with which the version passed the gate, and by how many days it was late.
    """

    __tablename__ = "step"
    __table_args__ = NEVER_AGAIN

    id: int | None = Field(default=None, primary_key=True, sa_type=Key)
    report_id: int = Field(foreign_key="report.id", ondelete="CASCADE", index=True, sa_type=Key)
    version: int
    action: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    reason: str | None = Field(default=None, sa_type=Text)
    places: str | None = Field(default=None, sa_type=Text)
    verdict: str | None = Field(default=None, sa_type=Text)
    days_late: int | None = None
    taken_by: str = Field(sa_type=Text)
    taken_at: datetime = Field(sa_type=UtcDateTime)


class Comment(Entity, table=True):
    """What somebody remarked on a cell or a section (批注).  Never changed, never removed."""

    __tablename__ = "comment"
    __table_args__ = NEVER_AGAIN

    id: int | None = Field(default=None, primary_key=True, sa_type=Key)
    report_id: int = Field(foreign_key="report.id", ondelete="CASCADE", index=True, sa_type=Key)
    version: int
    place: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    written_by: str = Field(sa_type=Text)
    written_at: datetime = Field(sa_type=UtcDateTime)


class Token(Entity, table=True):
    """A bearer token: whose, for which role and agency, until when.  Its secret is kept as a digest."""

    __tablename__ = "token"

    id: str = Field(sa_type=Code, primary_key=True)
    digest: str = Field(sa_type=Text)
    algorithm: str = Field(sa_type=Text)
    holder: str = Field(sa_type=Text)
    role: str = Field(sa_type=Text)
    agency_id: int | None = Field(default=None, foreign_key="agency.id", index=True, sa_type=Key)
    networks: str = Field(sa_type=Text)
    issued_by: str = Field(sa_type=Text)
    issued_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    replaces: str | None = Field(default=None, sa_type=Text)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_by: str | None = Field(default=None, sa_type=Text)


class Link(Entity, table=True):
    """An address that stands in for a credential: one GET, a few minutes."""

    __tablename__ = "link"

    id: str = Field(sa_type=Code, primary_key=True)
    digest: str = Field(sa_type=Text)
    algorithm: str = Field(sa_type=Text)
    target: str = Field(sa_type=Text)
    credential: str = Field(sa_type=Text)
    holder: str = Field(sa_type=Text)
    role: str = Field(sa_type=Text)
    agency_id: int | None = Field(default=None, foreign_key="agency.id", index=True, sa_type=Key)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AuditHead(Entity, table=True):
    """The end of an audit chain, held by whoever adds to it: a chain never forks."""

    __tablename__ = "audit_head"

    chain: str = Field(sa_type=Code, primary_key=True)
    number: int
    hash: str = Field(sa_type=Text)
    algorithm: str = Field(sa_type=Text)


class AuditEntry(Entity, table=True):
    """That somebody did something, chained to the entry before.  Never changed.

    `at` is text, as `app.storage.audit.written` writes it: what a hash covers must read back the same from
    every database.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index(None, "at", "chain", "number"),
        Index(None, "agency", "year"),
    )

    chain: str = Field(sa_type=Code, primary_key=True)
    number: int = Field(primary_key=True)
    at: str = Field(sa_type=Code)
    act: str = Field(sa_type=Text)
    holder: str = Field(sa_type=Text)
    role: str | None = Field(default=None, sa_type=Text)
    credential: str = Field(sa_type=Text)
    agency: str | None = Field(default=None, sa_type=Code)
    year: int | None = None
    target: str | None = Field(default=None, sa_type=Text)
    reason: str | None = Field(default=None, sa_type=Text)
    details: str | None = Field(default=None, sa_type=Text)
    times: int
    request_id: str | None = Field(default=None, sa_type=Text)
    address: str | None = Field(default=None, sa_type=Text)
    algorithm: str = Field(sa_type=Text)
    previous: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)


class AuditCheckpoint(Entity, table=True):
    """Up to which entry a chain was pruned, signed: verification goes on from there."""

    __tablename__ = "audit_checkpoint"

    chain: str = Field(sa_type=Code, primary_key=True)
    number: int = Field(primary_key=True)
    hash: str = Field(sa_type=Text)
    pruned_at: datetime = Field(sa_type=UtcDateTime)
    pruned_by: str = Field(sa_type=Text)
    algorithm: str = Field(sa_type=Text)
    signature: str = Field(sa_type=Text)


class Change(Entity, table=True):
    """That a report or an agency changed, numbered in the order of the commits, without gaps.

    `state` is what stands since, as JSON: null where it is gone.  `reach_id` is the agency by which it is
    decided who may see it: the one that changed, or the one above an agency that is gone.
    """

    __tablename__ = "change"

    number: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=UtcDateTime)
    act: str = Field(sa_type=Text)
    agency: str = Field(sa_type=Code)
    year: int | None = None
    state: str | None = Field(default=None, sa_type=Text)
    reach_id: int | None = Field(default=None, index=True, sa_type=Key)


class Webhook(Entity, table=True):
    """An address that is told of changes: where, of which agencies and acts, and how far it has been told.

    Its secrets aren't kept: they follow from the service's key, `id` and `generation`.  `acts` is JSON; an
    empty list stands for all.  `held_until` is the lease of whoever is telling it, then when that ended.
    """

    __tablename__ = "webhook"

    id: str = Field(sa_type=Code, primary_key=True)
    url: str = Field(sa_type=Text)
    agency_id: int | None = Field(default=None, foreign_key="agency.id", index=True, sa_type=Key)
    acts: str = Field(sa_type=Text)
    generation: int = 1
    rotated_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_by: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_change: int = Field(sa_type=BigInteger)
    failures: int = 0
    rests_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    held_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Delivery(Entity, table=True):
    """That a webhook is to be told, or was told, of a change; of a trial where there is no change.

    `subject` is what must be told of in order: a report, an agency.  `next_at` is null when it isn't to be
    sent any more.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "change"),
        Index(None, "webhook_id", "next_at", "id"),
        Index(None, "webhook_id", "subject", "id"),
        NEVER_AGAIN,
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Key)
    webhook_id: str = Field(foreign_key="webhook.id", ondelete="CASCADE", sa_type=Code)
    message: str = Field(sa_type=Code)
    change: int | None = Field(default=None, foreign_key="change.number", sa_type=BigInteger)
    subject: str = Field(sa_type=Code)
    state: str = Field(sa_type=Text)
    attempts: int = 0
    made_at: datetime = Field(sa_type=UtcDateTime)
    next_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_status: int | None = None
    last_fault: str | None = Field(default=None, sa_type=Text)


class KeptAnswer(Entity, table=True):
    """What a request with an Idempotency-Key was answered, for when it comes again.

    `id` is a digest of the key and of whose it is; the answer can only be read with the key itself.
    """

    __tablename__ = "kept_answer"

    id: str = Field(sa_type=Code, primary_key=True)
    request: str = Field(sa_type=Text)
    answer: bytes = Field(sa_type=LargeBinary)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)


AGENCY = METADATA.tables["agency"]
PLACEMENT = METADATA.tables["agency_placement"]
REPORT = METADATA.tables["report"]
VERSION = METADATA.tables["report_version"]
RETIRED_CODE = METADATA.tables["retired_code"]
SOURCE_DOCUMENT = METADATA.tables["source_document"]
ZERO_STATEMENT = METADATA.tables["zero_statement"]
STEP = METADATA.tables["step"]
COMMENT = METADATA.tables["comment"]
TOKEN = METADATA.tables["token"]
LINK = METADATA.tables["link"]
AUDIT_HEAD = METADATA.tables["audit_head"]
AUDIT_ENTRY = METADATA.tables["audit_entry"]
AUDIT_CHECKPOINT = METADATA.tables["audit_checkpoint"]
CHANGE = METADATA.tables["change"]
WEBHOOK = METADATA.tables["webhook"]
DELIVERY = METADATA.tables["delivery"]
KEPT_ANSWER = METADATA.tables["kept_answer"]
