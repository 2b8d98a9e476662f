"""A PostgreSQL server for the tests of a process, and a database with the tables of the service."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from scraper.hosting.database.engine import create_database_engine
from scraper.hosting.database.migrate import upgrade_database
from tests.hosting.postgres import PostgresServer, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for all tests of a process."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def template_database(postgres: PostgresServer) -> str:
    """A database with the tables of the service, to be copied."""
    name = postgres.create_database()
    engine = create_database_engine(postgres.address(name))
    upgrade_database(engine)
    engine.dispose()
    return name


@pytest.fixture(scope="session")
def students(postgres: PostgresServer, template_database: str) -> Iterator[Engine]:
    """A database in which each test has students of its own."""
    engine = create_database_engine(postgres.address(postgres.create_database(template_database)))
    yield engine
    engine.dispose()
