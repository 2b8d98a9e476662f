"""The ledger's tables, file and lock. All SQLite-specific code is here and in `snapshot`: PostgreSQL stays possible."""

import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import Timeout
from sqlalchemy import (
    Column,
    Connection,
    Date,
    DateTime,
    Dialect,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    and_,
    bindparam,
    create_engine,
    event,
    insert,
    select,
    update,
)  # fmt: skip
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import TypeDecorator

from scraper.errors import AnotherRun, LedgerDamaged, LedgerError, LedgerMissing, LedgerTooNew
from scraper.system.files import create_private, delete_stale_temporaries, private_folder
from scraper.system.locks import private_lock
from scraper.system.os_errors import to_state_error, translate_state_errors

VERSION = 1
"""The schema version. No other version was ever released, so there is no migration yet."""
PATIENCE = 30
"""Seconds that a run waits for another one to finish."""
PRIMARY = 0xFF
"""The bits of an SQLite result code that hold the primary code (sqlite.org/rescode.html)."""


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
def hold_lock(path: Path) -> Iterator[None]:
    """Wait for the ledger's lock and hold it; it dies with its process. Raise AnotherRun or StateError."""
    try:
        private_folder(path.parent)
        lock = private_lock(path.with_suffix(".lock"), PATIENCE)
        lock.acquire()
    except Timeout:
        raise AnotherRun(path=str(path)) from None
    except OSError as error:
        raise to_state_error(error, str(path)) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def connect(path: Path, *, create: bool) -> Iterator[Connection]:
    """Connect to the ledger and check its version; with `create`, create a missing one.

    Raise LedgerMissing, LedgerDamaged, LedgerTooNew, AnotherRun or LedgerError.
    """
    if not path.exists():
        if not create:
            raise LedgerMissing(path=str(path))
        with translate_state_errors(str(path)):
            create_private(path)
    if create:
        delete_stale_temporaries(path)
    engine = _engine(path)
    try:
        with engine.connect() as connection:
            _check(connection, path)
            yield connection
    except LedgerDamaged as error:
        error.facts["path"] = str(path)
        raise
    except DatabaseError as error:
        raise _to_ledger_error(error, path) from None
    except UnicodeDecodeError as error:  # raised by sqlite3 where even the names in the file are damaged
        raise LedgerDamaged(path=str(path), detail=error.reason) from None
    finally:
        engine.dispose()


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


def _engine(path: Path) -> Engine:
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(path, timeout=PATIENCE), poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")

    return engine


def _to_ledger_error(error: DatabaseError, path: Path) -> LedgerError:
    """Return the error for SQLite's result code: another run, an error of the system, or a damaged file."""
    code = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & PRIMARY
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return AnotherRun(path=str(path))
    if isinstance(error, OperationalError) and code != sqlite3.SQLITE_ERROR:
        return LedgerError("os", path=str(path), detail=str(error.orig))
    return LedgerDamaged(path=str(path), detail=str(error.orig))


def _check(connection: Connection, path: Path) -> None:
    """Create missing tables; raise LedgerTooNew where a later version wrote the ledger.

    Another process may create the same tables at this moment.
    """
    for table in tables.sorted_tables:
        connection.execute(CreateTable(table, if_not_exists=True))
    version = connection.scalar(select(versions.c.version))
    if version is None:
        connection.execute(insert(versions).values(version=VERSION))
        connection.commit()
    elif not isinstance(version, int):
        raise LedgerDamaged(path=str(path), detail="version")
    elif version > VERSION:
        raise LedgerTooNew(path=str(path), version=version)
