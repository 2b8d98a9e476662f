"""The service's database."""

from sqlalchemy import Engine, inspect

from scraper.hosting.database.tables import metadata


def test_the_database_has_every_table(engine: Engine) -> None:
    """The test's database has the tables of the service."""
    assert set(inspect(engine).get_table_names()) >= {table.name for table in metadata.tables.values()}
