"""Create 出错说明 and what reviewers made of them; what was written stays as it was."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_explanations"
down_revision = "2026_11_25_rule_settings"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)

TABLES = ("explanation", "explanation_review")
MESSAGE = "history can not be changed"


def upgrade() -> None:
    """Create the tables, and let the database guard them."""
    _create_explanations()
    _create_reviews()
    guard = _guard_on_postgresql if op.get_bind().dialect.name == "postgresql" else _guard_on_sqlite
    for table in TABLES:
        guard(table, "UPDATE", "")
        # when a report goes, its own row is gone before these
        guard(table, "DELETE", "EXISTS (SELECT 1 FROM report WHERE id = OLD.report_id)")


def _create_explanations() -> None:
    op.create_table(
        "explanation",
        sa.Column("id", KEY, nullable=False),
        sa.Column("report_id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_explanation_report_id_report"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_explanation")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_explanation_report_id"), "explanation", ["report_id"])


def _create_reviews() -> None:
    op.create_table(
        "explanation_review",
        sa.Column("id", KEY, nullable=False),
        sa.Column("report_id", KEY, nullable=False),
        sa.Column("explanation_id", KEY, nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reviewed_by", sa.Text(), nullable=False),
        sa.Column("reviewed_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["report.id"],
            name=op.f("fk_explanation_review_report_id_report"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["explanation_id"],
            ["explanation.id"],
            name=op.f("fk_explanation_review_explanation_id_explanation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_explanation_review")),
        sqlite_autoincrement=True,
    )
    for column in ("report_id", "explanation_id"):
        op.create_index(op.f(f"ix_explanation_review_{column}"), "explanation_review", [column])


def _guard_on_sqlite(table: str, change: str, case: str) -> None:
    when = f"WHEN {case}" if case else ""
    op.execute(
        f"CREATE TRIGGER guard_{table}_{change.lower()} BEFORE {change} ON {table} {when}"
        f" BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    )


def _guard_on_postgresql(table: str, change: str, case: str) -> None:
    name = f"guard_{table}_{change.lower()}"
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN IF {case or 'TRUE'} THEN RAISE EXCEPTION '{MESSAGE}'"
        f" USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN"
        f" {'OLD' if change == 'DELETE' else 'NEW'}; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {change} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
