"""Let the database hold what is true of the tree every day: an agency stands once, never below itself."""

from alembic import op

revision = "2026_11_26_guard_tree"
down_revision = "2026_11_26_reorganisations"
branch_labels = None
depends_on = None

TWO_PLACES = "an agency stands in one place at a time"
CIRCLE = "an agency can not stand below itself"
END = "9999-12-31"

ELSEWHERE = f"""
    SELECT 1 FROM agency_placement AS other
    WHERE other.agency_id = NEW.agency_id AND other.id <> NEW.id
    AND other.valid_from < COALESCE(NEW.valid_to, '{END}')
    AND COALESCE(other.valid_to, '{END}') > NEW.valid_from
"""  # noqa: S608 - nothing but our own words

HAS_SOMEBODY_BELOW = "SELECT 1 FROM agency_placement AS below WHERE below.parent_id = NEW.agency_id"


def _walk_up(later: str, earlier: str) -> str:
    """Return the query of an agency among all above the new place, each with the days that they share."""
    return f"""
    WITH RECURSIVE up (agency_id, since, until) AS (
        SELECT NEW.parent_id, NEW.valid_from, COALESCE(NEW.valid_to, '{END}')
        UNION
        SELECT place.parent_id, {later}(place.valid_from, up.since),
            {earlier}(COALESCE(place.valid_to, '{END}'), up.until)
        FROM agency_placement AS place JOIN up ON place.agency_id = up.agency_id
        WHERE place.parent_id IS NOT NULL AND up.agency_id <> NEW.agency_id
        AND place.valid_from < up.until AND COALESCE(place.valid_to, '{END}') > up.since
    )
    SELECT 1 FROM up WHERE agency_id = NEW.agency_id
    """  # noqa: S608 - likewise


def upgrade() -> None:
    """Guard the places of agencies; most have nobody below them, and cost a look at an index."""
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        for change in ("INSERT", "UPDATE"):
            _guard_on_sqlite(change)


def _guard_on_sqlite(change: str) -> None:
    op.execute(
        f"CREATE TRIGGER guard_place_{change.lower()} AFTER {change} ON agency_placement"
        f" WHEN EXISTS ({ELSEWHERE}) BEGIN SELECT RAISE(ABORT, '{TWO_PLACES}'); END"
    )
    op.execute(
        f"CREATE TRIGGER guard_circle_{change.lower()} AFTER {change} ON agency_placement"
        f" WHEN NEW.parent_id IS NOT NULL AND EXISTS ({HAS_SOMEBODY_BELOW})"
        f" BEGIN SELECT RAISE(ABORT, '{CIRCLE}') WHERE EXISTS ({_walk_up('MAX', 'MIN')}); END"
    )


def _guard_on_postgresql() -> None:
    # Two writers at once would not see each other's rows: one waits until the other has ended.
    # The queries are planned once, maybe for a table that is still empty: read whole for each of many rows.
    op.execute(
        f"""
        CREATE FUNCTION guard_agency_placement() RETURNS trigger LANGUAGE plpgsql
        SET enable_seqscan = off AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock(hashtext('nianbao tree'));
            IF EXISTS ({ELSEWHERE}) THEN
                RAISE EXCEPTION '{TWO_PLACES}' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            IF NEW.parent_id IS NOT NULL AND EXISTS ({HAS_SOMEBODY_BELOW}) THEN
                IF EXISTS ({_walk_up("GREATEST", "LEAST")}) THEN
                    RAISE EXCEPTION '{CIRCLE}' USING ERRCODE = 'integrity_constraint_violation';
                END IF;
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER guard_agency_placement AFTER INSERT OR UPDATE ON agency_placement"
        " FOR EACH ROW EXECUTE FUNCTION guard_agency_placement()"
    )
