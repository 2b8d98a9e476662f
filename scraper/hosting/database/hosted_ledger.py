"""The ledger of a student in PostgreSQL: no statement on it can read or write the rows of another student."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, Engine, event, func, select
from sqlalchemy.exc import DBAPIError, OperationalError

from scraper.errors import AnotherRun, LedgerDamaged, LedgerMissing, SettingsError
from scraper.hosting.database.engine import translate_database_errors
from scraper.hosting.database.ledger_tables import ACCOUNT, SCHEMA
from scraper.publishing.ledger import tables
from scraper.publishing.ledger.ledger import LedgerTransaction


@dataclass(frozen=True, slots=True)
class HostedLedger:
    """The ledger of a student; created by the first write, deleted with the student."""

    engine: Engine = field(repr=False)
    account: UUID
    zone: ZoneInfo

    @property
    def key(self) -> UUID:
        """The student's id."""
        return self.account

    def exists(self) -> bool:
        """Return whether anything was ever written. Raise DatabaseUnavailable or LedgerTooNew."""
        with self._connect(READ) as connection:
            return tables.check_version(connection, str(self.account), create=False)

    def check(self) -> None:
        """Raise the error that a run would meet. Create no ledger."""
        with suppress(LedgerMissing), self.reading() as transaction:
            transaction.tracked_events()

    @contextmanager
    def reading(self) -> Iterator[LedgerTransaction]:
        """Open a transaction for reading, without the lock: it sees the ledger as it was at its first statement.

        Raise DatabaseUnavailable, LedgerDamaged, LedgerTooNew or LedgerMissing.
        """
        with self._connect(READ) as connection:
            if not tables.check_version(connection, str(self.account), create=False):
                raise LedgerMissing(path=str(self.account))
            yield LedgerTransaction(connection, self.zone)

    @contextmanager
    def writing(self) -> Iterator[LedgerTransaction]:
        """Open a transaction under the lock; roll back what the block does not commit.

        Raise AnotherRun where the lock is not free within 30 seconds, DatabaseUnavailable, LedgerDamaged or
        LedgerTooNew.
        """
        with self._connect(WRITE) as connection, self._hold_lock(connection):
            tables.check_version(connection, str(self.account), create=True)
            yield LedgerTransaction(connection, self.zone)

    @contextmanager
    def _connect(self, options: dict[str, object]) -> Iterator[Connection]:
        try:
            with translate_database_errors(), self.engine.connect() as connection:
                event.listen(connection, "begin", self._choose_account)
                yield connection.execution_options(schema_translate_map={None: SCHEMA}, **options)
        except LedgerDamaged as error:
            error.facts["path"] = str(self.account)
            raise

    def _choose_account(self, connection: Connection) -> None:
        """Begin a transaction: it sees only this account. Raise SettingsError where the role would see all rows."""
        chosen = func.set_config(ACCOUNT, str(self.account), True)  # noqa: FBT003 - for this transaction
        protected = func.row_security_active(f"{SCHEMA}.{tables.events.name}")
        if not connection.execute(select(chosen, protected)).one()[1]:
            raise SettingsError("hosting-role")

    @contextmanager
    def _hold_lock(self, connection: Connection) -> Iterator[None]:
        """Hold the account's lock, which outlives commits and dies with the connection."""
        key = int.from_bytes(self.account.bytes[8:], signed=True)
        try:
            connection.execute(select(func.set_config("lock_timeout", f"{tables.PATIENCE * 1000:.0f}", True)))  # noqa: FBT003
            connection.execute(select(func.pg_advisory_lock(key)))
            connection.commit()
        except OperationalError as error:
            if isinstance(error.orig, LockNotAvailable):
                raise AnotherRun(path=str(self.account)) from None
            raise
        try:
            yield
        finally:
            try:
                connection.rollback()
                connection.execute(select(func.pg_advisory_unlock(key)))
                connection.commit()
            except DBAPIError:
                connection.invalidate()


READ: dict[str, object] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
WRITE: dict[str, object] = {"isolation_level": "READ COMMITTED", "postgresql_readonly": False}
