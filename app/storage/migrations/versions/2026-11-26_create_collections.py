"""Create a county's year: dates, who was expected, exceptions, reminders; count the cells of each report."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_collections"
down_revision = "2026_11_25_explanations"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)
IN_FORCE = sa.text("revoked_at IS NULL")

LATE = """
    UPDATE report SET days_late = (
        SELECT step.days_late FROM step WHERE step.report_id = report.id AND step.action = 'submit'
        ORDER BY step.id DESC LIMIT 1
    )
"""
NUMBERS = ("2019", "2021")
"""The forms that had a wide table of numbers on this day."""
COUNTS = {"filled": "{} IS NULL", "nonzero": "{0} IS NULL OR {0} = 0"}
"""Which cells aren't counted."""


def upgrade() -> None:
    """Create the tables and the counts, and count what is stored."""
    _create_collections()
    _create_exceptions()
    for name in COUNTS:
        op.add_column("report", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("report", sa.Column("days_late", sa.Integer(), nullable=True))
    for form in NUMBERS:
        _count(form)
    op.execute(LATE)


def _create_collections() -> None:
    op.create_table(
        "collection",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("freezes_on", sa.Date(), nullable=False),
        sa.Column("frozen_at", TIME, nullable=True),
        sa.Column("frozen_change", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_collection_agency_id_agency"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection")),
        sa.UniqueConstraint("agency_id", "year", name=op.f("uq_collection_agency_id_year")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_collection_year_agency_id"), "collection", ["year", "agency_id"])
    op.create_table(
        "collection_dates",
        sa.Column("collection_id", KEY, nullable=False, autoincrement=False),
        sa.Column("reporters", CODE, nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("locks_on", sa.Date(), nullable=True),
        _to_collection("collection_dates"),
        sa.PrimaryKeyConstraint("collection_id", "reporters", name=op.f("pk_collection_dates")),
    )
    op.create_table(
        "collection_unit",
        sa.Column("collection_id", KEY, nullable=False, autoincrement=False),
        sa.Column("agency_id", KEY, nullable=False, autoincrement=False),
        sa.Column("code", CODE, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("path", CODE, nullable=False),
        _to_collection("collection_unit"),
        sa.PrimaryKeyConstraint("collection_id", "agency_id", name=op.f("pk_collection_unit")),
    )


def _create_exceptions() -> None:
    op.create_table(
        "collection_exception",
        sa.Column("id", KEY, nullable=False),
        sa.Column("collection_id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("granted_at", TIME, nullable=False),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.Column("revocation", sa.Text(), nullable=True),
        _to_collection("collection_exception"),
        _to_agency("collection_exception"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_exception")),
        sqlite_autoincrement=True,
    )
    for column in ("collection_id", "agency_id"):
        op.create_index(op.f(f"ix_collection_exception_{column}"), "collection_exception", [column])
    op.create_index(
        op.f("ix_collection_exception_collection_id_agency_id_kind"),
        "collection_exception",
        ["collection_id", "agency_id", "kind"],
        unique=True,
        sqlite_where=IN_FORCE,
        postgresql_where=IN_FORCE,
    )
    op.create_table(
        "reminder",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("days_late", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("sent_by", sa.Text(), nullable=False),
        sa.Column("sent_at", TIME, nullable=False),
        _to_agency("reminder"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_reminder_agency_id_year_id"), "reminder", ["agency_id", "year", "id"])


def _to_collection(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_collection_id_collection")
    return sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], name=name, ondelete="CASCADE")


def _to_agency(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_agency_id_agency")
    return sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=name, ondelete="CASCADE")


def _count(form: str) -> None:
    """Count the cells of every report's current numbers: what its table has beside key, slot and place."""
    table = f"numbers_{form}"
    columns = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)]
    cells = [name for name in columns if name not in {"report_id", "slot", "year", "path"}]
    for name, blank in COUNTS.items():
        counted = " + ".join(f"CASE WHEN {blank.format(cell)} THEN 0 ELSE 1 END" for cell in cells)
        found = f"SELECT {counted} FROM {table} WHERE report_id = report.id AND slot = 'working'"  # noqa: S608 - our own names
        op.execute(f"UPDATE report SET {name} = COALESCE(({found}), 0) WHERE form = '{form}'")  # noqa: S608 - likewise
