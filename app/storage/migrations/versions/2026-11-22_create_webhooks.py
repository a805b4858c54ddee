"""Create webhooks and the log of what they were told."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_webhooks"
down_revision = "2026_11_22_changes"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "webhook",
        sa.Column("id", CODE, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("agency_id", KEY, nullable=True),
        sa.Column("acts", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("rotated_until", TIME, nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("disabled_at", TIME, nullable=True),
        sa.Column("last_change", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("rests_until", TIME, nullable=True),
        sa.Column("held_until", TIME, nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_webhook_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index(op.f("ix_webhook_agency_id"), "webhook", ["agency_id"])
    op.create_table(
        "delivery",
        sa.Column("id", KEY, nullable=False),
        sa.Column("webhook_id", CODE, nullable=False),
        sa.Column("message", CODE, nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=True),
        sa.Column("subject", CODE, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("next_at", TIME, nullable=True),
        sa.Column("last_at", TIME, nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_fault", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_delivery_webhook_id_webhook"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["change"], ["change.number"], name=op.f("fk_delivery_change_change")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("webhook_id", "change", name=op.f("uq_delivery_webhook_id_change")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_delivery_webhook_id_next_at_id"), "delivery", ["webhook_id", "next_at", "id"])
    op.create_index(op.f("ix_delivery_webhook_id_subject_id"), "delivery", ["webhook_id", "subject", "id"])
