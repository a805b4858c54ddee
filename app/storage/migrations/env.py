"""Runs migrations on the connection that `app.storage.schema` hands over."""

from alembic import context

from app.storage import bands, numbers, rule_models
from app.storage.models import METADATA

assert numbers.TABLES, "the wide tables belong to the metadata"  # noqa: S101 - keeps the import alive
assert bands.PROSE_BAND.c, "this one too"  # noqa: S101 - likewise
assert rule_models.RULE_SETTING.c, "these too"  # noqa: S101 - likewise

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
