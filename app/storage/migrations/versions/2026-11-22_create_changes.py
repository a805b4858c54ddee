"""Create the feed of changes, beginning with all that is there, and the answers that are kept for retries."""

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_changes"
down_revision = "2026_11_22_rights_and_audit"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)

AGENCIES = """
    SELECT agency.id, agency.code, agency.name, agency.level, agency.kind, above.code AS parent,
           agency.division_code, agency.credit_code, agency.in_rollup, agency.report_scope,
           placement.valid_from, placement.valid_to, agency.revision
    FROM agency JOIN agency_placement AS placement ON placement.agency_id = agency.id
    LEFT JOIN agency AS above ON above.id = placement.parent_id
    WHERE placement.valid_from = (
        SELECT max(valid_from) FROM agency_placement AS other WHERE other.agency_id = agency.id)
    ORDER BY agency.id
"""
REPORTS = """
    SELECT report.id, report.year, report.form, report.status, report.revision, report.version,
           report.published_version, agency.id AS agency_id, agency.code
    FROM report JOIN agency ON agency.id = report.agency_id ORDER BY report.id
"""


def upgrade() -> None:
    """Create the tables and tell of every agency and report once."""
    _create_tables()
    told = [_of_agency(row._mapping) for row in op.get_bind().execute(sa.text(AGENCIES))]  # noqa: SLF001
    told += [_of_report(row._mapping) for row in op.get_bind().execute(sa.text(REPORTS))]  # noqa: SLF001
    now = datetime.now(UTC)
    rows = [{**row, "number": number, "at": now} for number, row in enumerate(told, 1)]
    change = sa.table("change", *(sa.column(name) for name in ("number", "act", "agency", "year", "state")))
    change.append_column(sa.column("at", TIME))
    change.append_column(sa.column("reach_id"))
    if rows:
        op.bulk_insert(change, rows)


def _create_tables() -> None:
    op.create_table(
        "change",
        sa.Column("number", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("agency", CODE, nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("reach_id", KEY, nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_change")),
    )
    op.create_index(op.f("ix_change_reach_id"), "change", ["reach_id"])
    op.create_table(
        "kept_answer",
        sa.Column("id", CODE, nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_answer")),
    )
    op.create_index(op.f("ix_kept_answer_expires_at"), "kept_answer", ["expires_at"])


def _of_agency(row: sa.RowMapping) -> dict[str, object]:
    names = ("code", "name", "level", "kind", "parent", "division_code", "credit_code", "report_scope")
    state = {name: row[name] for name in names}
    state |= {name: row[name] and str(row[name]) for name in ("valid_from", "valid_to")}
    state |= {"in_rollup": bool(row["in_rollup"]), "etag": f"{row['id']}-{row['revision']}"}
    return _told("agency.create", row["code"], None, state, row["id"])


def _of_report(row: sa.RowMapping) -> dict[str, object]:
    state = {name: row[name] for name in ("form", "status", "version", "published_version")}
    state["etag"] = f"{row['id']}-{row['revision']}"
    return _told("report.create", row["code"], row["year"], state, row["agency_id"])


def _told(act: str, agency: str, year: int | None, state: dict[str, object], reach: int) -> dict[str, object]:
    text = json.dumps(state, ensure_ascii=False)
    return {"act": act, "agency": agency, "year": year, "state": text, "reach_id": reach}
