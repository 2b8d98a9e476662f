"""Runs of a student of the hosting service: the ledger is in PostgreSQL."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, delete, func, insert, select

from scraper.hosting.database.hosted_ledger import HostedLedger
from scraper.hosting.database.ledger_tables import ACCOUNT, ledger_tables
from scraper.hosting.database.service_tables import student
from scraper.publishing.ledger.ledger import Ledger
from tests.publishing.ledger.runs import NOW, PARIS, Runs


def add_student(engine: Engine, name: str = "", school: str = "essai") -> UUID:
    """Add a student with invented data."""
    new = uuid4()
    row = {"id": new, "school": school, "login_digest": name.encode() or new.bytes, "language": "fr"}
    sealed = {"sealed": b"sealed", "key_version": 1, "state": "active"}
    with engine.begin() as connection:
        connection.execute(insert(student).values(**row, **sealed, created_at=NOW, used_at=NOW))
    return new


@dataclass(kw_only=True)
class HostedRuns(Runs):
    """Runs of a new student in that database."""

    path: None = None  # type: ignore[assignment]
    engine: Engine
    account: UUID = field(default_factory=uuid4)
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.account = add_student(self.engine)

    @property
    def ledger(self) -> Ledger:
        """Its ledger."""
        return HostedLedger(self.engine, self.account, PARIS)

    def other(self) -> Runs:
        """Runs of another student."""
        return HostedRuns(engine=self.engine)

    def lose(self) -> None:
        """Delete the ledger."""
        with self.engine.begin() as connection:
            self._lose(connection)

    def back_up(self) -> Callable[[], None]:
        """Return a function that puts the ledger back as it is now."""
        with self.engine.begin() as connection:
            self._choose(connection)
            rows = {table: [dict(row._mapping) for row in connection.execute(select(table))] for table in ledger_tables}

        def restore() -> None:
            with self.engine.begin() as connection:
                self._lose(connection)
                for table, saved in rows.items():
                    if saved:
                        connection.execute(insert(table), saved)

        return restore

    def _lose(self, connection: Connection) -> None:
        self._choose(connection)
        for table in ledger_tables:
            connection.execute(delete(table))

    def _choose(self, connection: Connection) -> None:
        connection.execute(select(func.set_config(ACCOUNT, str(self.account), True)))  # noqa: FBT003
