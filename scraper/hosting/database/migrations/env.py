"""Run the migrations on the connection that `migrate` gives."""

from alembic import context

from scraper.hosting.database.ledger_tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, include_schemas=True,
    transactional_ddl=True,
)  # fmt: skip
context.run_migrations()
