"""Create what counties adjust in their totals (调整), and the totals that they make final (定稿)."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_finalisations"
down_revision = "2026_11_26_collections"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)
IN_FORCE = sa.text("reopened_at IS NULL")

MESSAGE = "history can not be changed"
ENDS = {
    "adjustment": ("withdrawn_by", "withdrawn_at", "withdrawal"),
    "finalisation": ("reopened_by", "reopened_at", "reopening"),
}
"""By which columns a row is ended, once; nothing else of it ever changes."""


def upgrade() -> None:
    """Create the tables, and let the database guard them."""
    _create_adjustments()
    _create_finalisations()
    guard = _guard_on_postgresql if op.get_bind().dialect.name == "postgresql" else _guard_on_sqlite
    inspector = sa.inspect(op.get_bind())
    for table, ends in ENDS.items():
        names = [str(column["name"]) for column in inspector.get_columns(table)]
        kept = ", ".join(name for name in names if name not in ends)
        guard(table, "kept", f"UPDATE OF {kept}", "")
        guard(table, "ended", "UPDATE", f"OLD.{ends[1]} IS NOT NULL")
        guard(table, "delete", "DELETE", "")
    guard("adjustment_line", "update", "UPDATE", "")
    guard("adjustment_line", "delete", "DELETE", "")


def _to_agency(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f(f"fk_{table}_agency_id_agency"))


def _create_adjustments() -> None:
    op.create_table(
        "adjustment",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", TIME, nullable=True),
        sa.Column("withdrawal", sa.Text(), nullable=True),
        _to_agency("adjustment"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustment")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_adjustment_year_agency_id_id"), "adjustment", ["year", "agency_id", "id"])
    op.create_table(
        "adjustment_line",
        sa.Column("adjustment_id", KEY, nullable=False, autoincrement=False),
        sa.Column("cell", CODE, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["adjustment_id"], ["adjustment.id"], name=op.f("fk_adjustment_line_adjustment_id_adjustment")
        ),
        sa.PrimaryKeyConstraint("adjustment_id", "cell", name=op.f("pk_adjustment_line")),
    )


def _create_finalisations() -> None:
    op.create_table(
        "finalisation",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("signed_by", sa.Text(), nullable=True),
        sa.Column("finalised_by", sa.Text(), nullable=False),
        sa.Column("finalised_at", TIME, nullable=False),
        sa.Column("reopened_by", sa.Text(), nullable=True),
        sa.Column("reopened_at", TIME, nullable=True),
        sa.Column("reopening", sa.Text(), nullable=True),
        _to_agency("finalisation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finalisation")),
        sa.UniqueConstraint(
            "agency_id", "year", "number", name=op.f("uq_finalisation_agency_id_year_number")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_finalisation_agency_id_year"),
        "finalisation",
        ["agency_id", "year"],
        unique=True,
        sqlite_where=IN_FORCE,
        postgresql_where=IN_FORCE,
    )


def _guard_on_sqlite(table: str, name: str, change: str, case: str) -> None:
    when = f"WHEN {case}" if case else ""
    op.execute(
        f"CREATE TRIGGER guard_{table}_{name} BEFORE {change} ON {table} {when}"
        f" BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    )


def _guard_on_postgresql(table: str, name: str, change: str, case: str) -> None:
    function = f"guard_{table}_{name}"
    op.execute(
        f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN IF {case or 'TRUE'} THEN RAISE EXCEPTION '{MESSAGE}'"
        f" USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN"
        f" {'OLD' if change == 'DELETE' else 'NEW'}; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {function} BEFORE {change} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"
    )
