"""Connections to the service's database."""

from sqlalchemy import Engine, create_engine


def create_database_engine(address: str) -> Engine:
    """Return the engine for the database at that address, `postgresql://…`; connections that died are replaced."""
    driver = address.replace("postgresql://", "postgresql+psycopg://", 1)
    return create_engine(driver, pool_pre_ping=True, pool_size=5, max_overflow=5)
