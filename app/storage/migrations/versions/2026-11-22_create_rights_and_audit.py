"""Create tokens, links, the steps of reports, comments and the audit trail; history can't be changed."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_rights_and_audit"
down_revision = "2026_11_22_numbers_2021"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)

OF_A_REPORT = ("report_version", "step", "comment", "zero_statement", "source_document")
"""Rows of these are never changed, and go only with a report that was never 上报."""

MESSAGE = "history can not be changed"


def upgrade() -> None:
    """Create the tables, move the submissions into the steps, and let the database guard what happened."""
    _widen_reports()
    _create_history()
    _create_access()
    _create_audit()
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        _guard_on_sqlite()


def _widen_reports() -> None:
    # never a batch here: SQLite would copy the table and drop the old one, and every version with it
    op.add_column("report", sa.Column("published_version", sa.Integer(), nullable=True))
    # reports that are older than the audit trail belong to the chain of no county
    op.add_column("report", sa.Column("chain", CODE, nullable=False, server_default="_system"))


def _create_history() -> None:
    op.create_table(
        "step",
        sa.Column("id", KEY, nullable=False),
        sa.Column("report_id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("places", sa.Text(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("days_late", sa.Integer(), nullable=True),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("taken_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_step_report_id_report"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_step_report_id"), "step", ["report_id"])
    op.execute(
        "INSERT INTO step (report_id, version, action, status, verdict, taken_by, taken_at)"
        " SELECT report_id, version, 'submit', 'submitted', verdict, submitted_by, submitted_at"
        " FROM submission ORDER BY id"
    )
    op.drop_table("submission")
    op.create_table(
        "comment",
        sa.Column("id", KEY, nullable=False),
        sa.Column("report_id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("written_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_comment_report_id_report"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_comment_report_id"), "comment", ["report_id"])


def _create_access() -> None:
    op.create_table(
        "token",
        sa.Column("id", CODE, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("agency_id", KEY, nullable=True),
        sa.Column("networks", sa.Text(), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("issued_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("replaces", sa.Text(), nullable=True),
        sa.Column("last_used_at", TIME, nullable=True),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_token_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
    )
    op.create_index(op.f("ix_token_agency_id"), "token", ["agency_id"])
    op.create_table(
        "link",
        sa.Column("id", CODE, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("agency_id", KEY, nullable=True),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_link_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
    )
    op.create_index(op.f("ix_link_agency_id"), "link", ["agency_id"])


def _create_audit() -> None:
    op.create_table(
        "audit_head",
        sa.Column("chain", CODE, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("chain", CODE, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", CODE, nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("agency", CODE, nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("details", sa.Text(), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "number", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_at_chain_number"), "audit_entry", ["at", "chain", "number"])
    op.create_index(op.f("ix_audit_entry_agency_year"), "audit_entry", ["agency", "year"])
    op.create_table(
        "audit_checkpoint",
        sa.Column("chain", CODE, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("pruned_at", TIME, nullable=False),
        sa.Column("pruned_by", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "number", name=op.f("pk_audit_checkpoint")),
    )


def _guards() -> list[tuple[str, str, str]]:
    """Return what is refused: table, UPDATE or DELETE, and in which case of the row."""
    guards = [
        ("report", "DELETE", "OLD.was_submitted"),
        # or that could be got round, and all its history would go with it
        ("report", "UPDATE", "OLD.was_submitted AND NOT NEW.was_submitted"),
    ]
    for table in OF_A_REPORT:
        guards.append((table, "UPDATE", ""))
        # when a report goes, its own row is gone before these
        guards.append((table, "DELETE", "EXISTS (SELECT 1 FROM report WHERE id = OLD.report_id)"))
    guards.append(("audit_entry", "UPDATE", ""))
    # entries go only when a signed checkpoint stands in for them
    covered = "SELECT 1 FROM audit_checkpoint c WHERE c.chain = OLD.chain AND c.number >= OLD.number"
    guards.append(("audit_entry", "DELETE", f"NOT EXISTS ({covered})"))
    always = (("audit_head", "DELETE"), ("audit_checkpoint", "DELETE"), ("audit_checkpoint", "UPDATE"))
    return guards + [(table, change, "") for table, change in always]


def _guard_on_sqlite() -> None:
    for table, change, case in _guards():
        when = f"WHEN {case}" if case else ""
        op.execute(
            f"CREATE TRIGGER guard_{table}_{change.lower()} BEFORE {change} ON {table} {when}"
            f" BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        )


def _guard_on_postgresql() -> None:
    for table, change, case in _guards():
        name = f"guard_{table}_{change.lower()}"
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$"
            f" BEGIN IF {case or 'TRUE'} THEN RAISE EXCEPTION '{MESSAGE}'"
            f" USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN"
            f" {'OLD' if change == 'DELETE' else 'NEW'}; END $$"
        )
        op.execute(f"CREATE TRIGGER {name} BEFORE {change} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
