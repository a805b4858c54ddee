"""Create what agencies set of rules, and what most peers of a report don't exceed."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_rule_settings"
down_revision = "2026_11_25_prose_bands"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "rule_setting",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("thresholds", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", TIME, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_rule_setting_agency_id_agency"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_setting")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_rule_setting_agency_id_rule_valid_from_id"),
        "rule_setting",
        ["agency_id", "rule", "valid_from", "id"],
    )
    op.create_table(
        "peer_mark",
        sa.Column("year", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("peers", sa.Integer(), nullable=False),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.Column("computed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("year", "level", "kind", name=op.f("pk_peer_mark")),
    )
