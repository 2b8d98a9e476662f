"""Connections to the service's database, and its errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import InterfaceError, OperationalError

from scraper.errors import DatabaseUnavailable
from scraper.hosting.connection_times import CONNECTION, KEEPALIVE, SILENCE


def create_database_engine(address: str) -> Engine:
    """Return the engine for the database at that address, `postgresql://…`; connections that died are replaced."""
    url = make_url(address).set(drivername="postgresql+psycopg")
    server_side = [f"-c tcp_{name}={value}" for name, value in KEEPALIVE.items()]
    server_side.append(f"-c tcp_user_timeout={SILENCE}")
    options = " ".join([*server_side, *url.normalized_query.get("options", ())])
    return create_engine(
        url, pool_pre_ping=True, pool_size=5, max_overflow=5,
        connect_args={**CONNECTION, "options": options}, hide_parameters=True,
    )  # fmt: skip


@contextmanager
def open_database(address: str) -> Iterator[Engine]:
    """Open connections to the database for a command, and close them at its end."""
    engine = create_database_engine(address)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def translate_database_errors() -> Iterator[None]:
    """Raise DatabaseUnavailable for an error of the connection or of the server."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise DatabaseUnavailable(detail=str(error.orig).splitlines()[0]) from None
