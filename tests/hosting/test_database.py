"""The service's database."""

from sqlalchemy import Engine, inspect

from scraper.hosting.database.ledger_tables import SCHEMA, metadata


def test_the_database_has_every_table(engine: Engine) -> None:
    """The test's database has the tables of the service."""
    found = {(schema, name) for schema in (None, SCHEMA) for name in inspect(engine).get_table_names(schema=schema)}
    assert found >= {(table.schema, table.name) for table in metadata.tables.values()}
