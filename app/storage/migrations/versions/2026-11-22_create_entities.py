"""Create the agencies, their tree, the reports and what belongs to them."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_entities"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables of the entities."""
    _create_agencies()
    _create_placements()
    _create_reports()
    _create_versions()
    _create_source_documents()
    _create_submissions()
    _create_zero_statements()


def _create_agencies() -> None:
    op.create_table(
        "agency",
        sa.Column("id", KEY, nullable=False),
        sa.Column("code", CODE, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("division_code", sa.Text(), nullable=True),
        sa.Column("credit_code", sa.Text(), nullable=True),
        sa.Column("in_rollup", sa.Boolean(), nullable=False),
        sa.Column("report_scope", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency")),
        sa.UniqueConstraint("code", name=op.f("uq_agency_code")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "retired_code",
        sa.Column("code", CODE, nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_retired_code")),
    )


def _create_placements() -> None:
    op.create_table(
        "agency_placement",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("parent_id", KEY, nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "parent_id IS NULL OR parent_id <> agency_id", name=op.f("ck_agency_placement_parent_is_another")
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_agency_placement_valid_to_after_from")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_agency_placement_agency_id_agency")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["agency.id"], name=op.f("fk_agency_placement_parent_id_agency")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_placement")),
        sa.UniqueConstraint("agency_id", "valid_from", name=op.f("uq_agency_placement_agency_id_valid_from")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_agency_placement_parent_id"), "agency_placement", ["parent_id"])


def _create_reports() -> None:
    op.create_table(
        "report",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("was_submitted", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_report_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("agency_id", "year", name=op.f("uq_report_agency_id_year")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_report_year"), "report", ["year"])


def _create_versions() -> None:
    op.create_table(
        "report_version",
        sa.Column("report_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.Column("saved_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_report_version_report_id_report"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("report_id", "number", name=op.f("pk_report_version")),
    )


def _create_source_documents() -> None:
    op.create_table(
        "source_document",
        sa.Column("id", KEY, nullable=False),
        sa.Column("report_id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.Column("stored_by", sa.Text(), nullable=False),
        sa.Column("stored_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_source_document_report_id_report"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_document")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_source_document_report_id"), "source_document", ["report_id"])


def _create_submissions() -> None:
    op.create_table(
        "submission",
        sa.Column("id", KEY, nullable=False),
        sa.Column("report_id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("submitted_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_submission_report_id_report"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_submission_report_id"), "submission", ["report_id"])


def _create_zero_statements() -> None:
    op.create_table(
        "zero_statement",
        sa.Column("id", KEY, nullable=False),
        sa.Column("report_id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.Column("stated_by", sa.Text(), nullable=False),
        sa.Column("stated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_zero_statement_report_id_report"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zero_statement")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_zero_statement_report_id"), "zero_statement", ["report_id"])
