"""Run the migrations on the connection that `migrate` gives; constraints are named as in the tables of the code."""

from alembic import context

from scraper.hosting.database.service_tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
