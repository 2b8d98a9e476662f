"""The ledger's tables, and statements on any of them. They are the same in SQLite and in PostgreSQL."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Date,
    DateTime,
    Dialect,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    and_,
    bindparam,
    insert,
    select,
    update,
)  # fmt: skip
from sqlalchemy.types import TypeDecorator

from scraper.errors import LedgerDamaged, LedgerTooNew

VERSION = 1
"""The schema version. No other version was ever released, so there is no migration yet."""
PATIENCE = 30
"""Seconds that a run waits for another one to finish."""


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC because SQLite has no time zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the naive UTC value to store."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the stored value as aware datetime."""
        return None if value is None else value.replace(tzinfo=UTC)


tables = MetaData()
versions = Table("ledger", tables, Column("version", Integer, nullable=False))
events = Table(
    "events", tables,
    Column("uid", String(36), primary_key=True),
    Column("event", Text, nullable=False),
    Column("first_seen", Instant, nullable=False),
    Column("last_seen", Instant, nullable=False),
    Column("cancelled_since", Instant),
)  # fmt: skip
days = Table("days", tables, Column("day", Date, primary_key=True), Column("at", Instant, nullable=False))
published = Table(
    "published", tables,
    Column("output", Text, primary_key=True),
    Column("uid", String(36), primary_key=True),
    Column("fingerprint", String(32), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("revised", Instant, nullable=False),
)  # fmt: skip
changed = Table(
    "changes", tables,
    Column("number", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("uid", String(36), nullable=False),
    Column("before", Text),
    Column("after", Text),
)  # fmt: skip
calendars = Table(
    "calendars", tables,
    Column("number", Integer, primary_key=True),
    Column("output", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("events", Integer, nullable=False),
    Column("changes", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)  # fmt: skip
ruled = Table("ruled", tables, Column("output", Text, primary_key=True), Column("rules", Text, nullable=False))
held = Table(
    "held", tables,
    Column("at", Instant, nullable=False),
    Column("namespace", String(36), nullable=False),
    Column("planning", LargeBinary, nullable=False),
)  # fmt: skip


@contextmanager
def raises_if_corrupt() -> Iterator[None]:
    """Raise LedgerDamaged where the block cannot decode stored data."""
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, zlib.error) as error:
        raise LedgerDamaged(path="", detail=type(error).__name__) from None


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows."""
    if rows:
        connection.execute(insert(table), list(rows))


def update_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]], *keys: str) -> None:
    """Update existing rows, found by the columns `keys`."""
    if rows:
        found = and_(*(table.c[key] == bindparam(f"_{key}") for key in keys))
        values: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name not in keys}
        bound = [{**{n: v for n, v in row.items() if n not in keys}, **{f"_{k}": row[k] for k in keys}} for row in rows]
        connection.execute(update(table).where(found).values(values), bound)


def check_version(connection: Connection, path: str, *, create: bool) -> bool:
    """Return whether the ledger exists; with `create`, create it. Raise LedgerDamaged or LedgerTooNew."""
    version = connection.scalar(select(versions.c.version))
    if version is None and create:
        connection.execute(insert(versions).values(version=VERSION))
        connection.commit()
    elif version is None:
        return False
    elif not isinstance(version, int):
        raise LedgerDamaged(path=path, detail="version")
    elif version > VERSION:
        raise LedgerTooNew(path=path, version=version)
    return True
