"""A database for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import Engine

from scraper.hosting.database.engine import create_database_engine
from tests.hosting.postgres import PostgresServer


@pytest.fixture
def database_address(postgres: PostgresServer, template_database: str) -> Iterator[str]:
    """The address of a database with the tables of the service."""
    name = postgres.create_database(template_database)
    yield postgres.address(name)
    postgres.drop_database(name)


@pytest.fixture
def open_engine() -> Iterator[Callable[[str], Engine]]:
    """Open connections to the database at an address; they are closed after the test."""
    with ExitStack() as stack:

        def opened(address: str) -> Engine:
            made = create_database_engine(address)
            stack.callback(made.dispose)
            return made

        yield opened


@pytest.fixture
def engine(database_address: str, open_engine: Callable[[str], Engine]) -> Engine:
    """Connections to the test's database."""
    return open_engine(database_address)
