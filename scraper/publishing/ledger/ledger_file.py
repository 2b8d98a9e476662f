"""A ledger in an SQLite file: its lock, which dies with its process, and its connections."""

import hashlib
import os
import sqlite3
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateTable

from scraper.errors import AnotherRun, LedgerDamaged, LedgerError, LedgerMissing
from scraper.publishing.ledger import tables
from scraper.publishing.ledger.ledger import LedgerTransaction
from scraper.system.files import check_writable, create_private, delete_stale_temporaries, private_folder
from scraper.system.locks import hold_lock
from scraper.system.os_errors import translate_state_errors

PRIMARY = 0xFF
"""The bits of an SQLite result code that hold the primary code (sqlite.org/rescode.html)."""


def ledger_file(state: Path, namespace: UUID, login: str) -> Path:
    """Return the path of an account's ledger, named after the school's namespace: a portal's address may change."""
    name = hashlib.sha256(f"{namespace}\n{login}".encode()).hexdigest()[:16]
    return state / "ledgers" / f"{name}.sqlite"


@dataclass(frozen=True, slots=True)
class LedgerFile:
    """The ledger at a path; created by the first write. `zone` is the school's time zone."""

    path: Path
    zone: ZoneInfo

    @property
    def key(self) -> Hashable:
        """The path."""
        return self.path

    def exists(self) -> bool:
        """Return whether the file exists."""
        return self.path.exists()

    @contextmanager
    def writing(self) -> Iterator[LedgerTransaction]:
        """Open a transaction under the lock; roll back what the block does not commit.

        Raise AnotherRun where the lock is not free within 30 seconds, LedgerDamaged or LedgerTooNew.
        """
        with lock_ledger(self.path), connect(self.path, create=True) as connection:
            yield LedgerTransaction(connection, self.zone)

    def check(self) -> None:
        """Raise the error that a run would meet: StateError, LedgerDamaged or LedgerTooNew. Create no ledger."""
        with translate_state_errors(str(self.path)):
            private_folder(self.path.parent)
            check_writable(self.path)
            if not self.path.exists():
                return
            os.close(os.open(self.path, os.O_WRONLY))
        with self.reading() as transaction:
            transaction.tracked_events()

    @contextmanager
    def reading(self) -> Iterator[LedgerTransaction]:
        """Open a transaction for reading, without the lock. Raise LedgerDamaged, LedgerTooNew or LedgerMissing."""
        with connect(self.path, create=False) as connection:
            yield LedgerTransaction(connection, self.zone)


@contextmanager
def lock_ledger(path: Path) -> Iterator[None]:
    """Wait for the ledger's lock and hold it; it dies with its process. Raise AnotherRun or StateError."""
    with translate_state_errors(str(path)):
        private_folder(path.parent)
    with hold_lock(path.with_suffix(".lock"), tables.PATIENCE, path):
        yield


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
            for table in tables.tables.sorted_tables:  # another process may create the same tables at this moment
                connection.execute(CreateTable(table, if_not_exists=True))
            tables.check_version(connection, str(path), create=True)
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


def _engine(path: Path) -> Engine:
    engine = create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(path, timeout=tables.PATIENCE), poolclass=NullPool
    )

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
