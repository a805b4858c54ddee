"""Create former names, reorganisations and succession; what was recorded stays as it was."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_reorganisations"
down_revision = "2026_11_26_finalisations"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)

TABLES = ("former_name", "reorganisation", "reorganised", "succession")
MESSAGE = "history can not be changed"


def _points(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def upgrade() -> None:
    """Create the tables, and let the database guard them."""
    _create_former_names()
    _create_reorganisations()
    _create_successions()
    guard = _guard_on_postgresql if op.get_bind().dialect.name == "postgresql" else _guard_on_sqlite
    for table in TABLES:
        for change in ("UPDATE", "DELETE"):
            guard(table, change)


def _create_former_names() -> None:
    op.create_table(
        "former_name",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("division_code", sa.Text(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=False),
        _points("former_name", "agency_id", "agency"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_name")),
        sa.UniqueConstraint("agency_id", "valid_to", name=op.f("uq_former_name_agency_id_valid_to")),
        sqlite_autoincrement=True,
    )


def _create_reorganisations() -> None:
    op.create_table(
        "reorganisation",
        sa.Column("id", KEY, nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reorganisation")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "reorganised",
        sa.Column("reorganisation_id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=False),
        _points("reorganised", "reorganisation_id", "reorganisation"),
        _points("reorganised", "agency_id", "agency"),
        sa.PrimaryKeyConstraint("reorganisation_id", "agency_id", name=op.f("pk_reorganised")),
    )
    op.create_index(
        op.f("ix_reorganised_agency_id_reorganisation_id"), "reorganised", ["agency_id", "reorganisation_id"]
    )


def _create_successions() -> None:
    op.create_table(
        "succession",
        sa.Column("reorganisation_id", KEY, nullable=False),
        sa.Column("predecessor_id", KEY, nullable=False),
        sa.Column("successor_id", KEY, nullable=False),
        sa.Column("allocation", sa.Text(), nullable=True),
        _points("succession", "reorganisation_id", "reorganisation"),
        _points("succession", "predecessor_id", "agency"),
        _points("succession", "successor_id", "agency"),
        sa.PrimaryKeyConstraint(
            "reorganisation_id", "predecessor_id", "successor_id", name=op.f("pk_succession")
        ),
    )
    for column in ("predecessor_id", "successor_id"):
        op.create_index(op.f(f"ix_succession_{column}"), "succession", [column])


def _guard_on_sqlite(table: str, change: str) -> None:
    op.execute(
        f"CREATE TRIGGER guard_{table}_{change.lower()} BEFORE {change} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    )


def _guard_on_postgresql(table: str, change: str) -> None:
    name = f"guard_{table}_{change.lower()}"
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {change} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
