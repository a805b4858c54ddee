"""Create the wide table for the numbers of 国办公开办函〔2019〕60号."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_numbers_2019"
down_revision = "2026_11_22_webhooks"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

DOCUMENT_ROWS = (
    "regulations",
    "normative_documents",
)
DOCUMENT_COLUMNS = (
    "made",
    "newly_disclosed",
    "disclosed",
)
DECISION_ROWS = (
    "licensing",
    "other_services",
    "penalties",
    "coercion",
)
ITEM_COLUMNS = (
    "items_before",
    "items_change",
)
PROCUREMENT_COLUMNS = (
    "projects",
    "spent",
)
REQUEST_ROWS = (
    "received",
    "pending_at_start",
    "granted",
    "partially_granted",
    "denied_state_secret",
    "denied_prohibited_by_law",
    "denied_security_stability",
    "denied_third_party",
    "denied_internal_affairs",
    "denied_deliberative",
    "denied_enforcement_file",
    "denied_administrative_query",
    "unavailable_not_held",
    "unavailable_needs_creation",
    "unavailable_unclear",
    "refused_petition",
    "refused_repeated",
    "refused_publication",
    "refused_excessive",
    "refused_reissue",
    "closed",
    "processed",
    "pending_at_end",
)
APPLICANTS = (
    "natural_person",
    "business",
    "research",
    "public_welfare",
    "legal_service",
    "other_organisation",
    "total",
)
PROCEEDING_ROWS = (
    "reconsideration",
    "litigation_direct",
    "litigation_after_reconsideration",
)
PROCEEDING_COLUMNS = (
    "affirmed",
    "reversed",
    "other",
    "pending",
    "total",
)
CELLS = (
    *(f"disclosure__{row}__{column}" for row in DOCUMENT_ROWS for column in DOCUMENT_COLUMNS),
    *(f"disclosure__{row}__{column}" for row in DECISION_ROWS for column in (*ITEM_COLUMNS, "decided")),
    *(f"disclosure__fees__{column}" for column in ITEM_COLUMNS),
    *(f"disclosure__procurement__{column}" for column in PROCUREMENT_COLUMNS),
    *(f"requests__{row}__{column}" for row in REQUEST_ROWS for column in APPLICANTS),
    *(f"proceedings__{row}__{column}" for row in PROCEEDING_ROWS for column in PROCEEDING_COLUMNS),
)


def upgrade() -> None:
    """Create the table and the index that makes a subtree a range."""
    op.create_table(
        "numbers_2019",
        sa.Column("report_id", KEY, autoincrement=False, nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("path", CODE, nullable=False),
        *(sa.Column(cell, sa.BigInteger(), nullable=True) for cell in CELLS),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_numbers_2019_report_id_report"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("report_id", "slot", name=op.f("pk_numbers_2019")),
    )
    op.create_index("ix_numbers_2019_year_path", "numbers_2019", ["year", "path"])
