"""Fixtures: a database for each test, a server of ntfy, a service with notifications."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Engine

from scraper.hosting.database.engine import create_database_engine
from tests.hosting.notified import NotifiedService
from tests.hosting.ntfy_server import NtfyServer, running_ntfy
from tests.hosting.postgres import PostgresServer
from tests.hosting.service import HostedService, PortalInMemory


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


@pytest.fixture
def portal() -> PortalInMemory:
    """A portal."""
    return PortalInMemory()


@pytest.fixture
def service(engine: Engine, database_address: str, tmp_path: Path, portal: PortalInMemory) -> HostedService:
    """A service without students, with a worker that reads plannings at that portal."""
    return HostedService(engine=engine, address=database_address, folder=tmp_path, portal=portal)


@pytest.fixture
def ntfy() -> Iterator[NtfyServer]:
    """A server of ntfy."""
    with running_ntfy() as server:
        yield server


@pytest.fixture
def notified(engine: Engine, database_address: str, tmp_path: Path, ntfy: NtfyServer) -> NotifiedService:
    """A service without students; its only server of ntfy is that of the test."""
    return NotifiedService(engine=engine, address=database_address, folder=tmp_path, ntfy_servers=[ntfy.url])
