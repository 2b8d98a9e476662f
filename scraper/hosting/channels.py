"""Where students are notified: one channel each, with an address that the web tier can only seal."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from scraper.hosting.database.clock import DATABASE_CLOCK, Clock
from scraper.hosting.database.engine import translate_database_errors
from scraper.hosting.database.service_tables import notification_channel as channel
from scraper.hosting.sealing import Sealer
from scraper.runs.backoff import WAITS

WAITING = "waiting"
RETRIES = WAITS[True]
"""Hours to wait after the first, second, … failure in a row; after as many failures and one more, it pauses."""
IS_PAUSED = channel.c.failures > len(RETRIES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What the page shows of a channel: its kind, and how the last test ended ("waiting" until it is sent)."""

    kind: str
    test: str | None
    is_paused: bool


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels in the database. Every method raises DatabaseUnavailable."""

    engine: Engine
    sealer: Sealer
    clock: Clock = DATABASE_CLOCK

    def find(self, owner: UUID) -> Channel | None:
        """Return the student's channel; None where there is none."""
        with translate_database_errors(), self.engine.connect() as connection:
            found = select(channel.c.kind, channel.c.test, IS_PAUSED.label("is_paused"))
            row = connection.execute(found.where(channel.c.student == owner)).first()
        return Channel(kind=row.kind, test=row.test, is_paused=row.is_paused) if row else None

    def save(self, owner: UUID, kind: str, address: Mapping[str, str]) -> None:
        """Replace the student's channel by one with this address, and have a worker send a test to it."""
        sealed = self.sealer.seal(owner, json.dumps({"kind": kind, **address}).encode())
        now = self.clock()
        values: dict[str, Any] = {
            "kind": kind, "sealed": sealed.body, "key_version": sealed.key_version, "sent_until": now, "due_at": now,
            "claimed_until": None, "failures": 0, "test": WAITING,
        }  # fmt: skip
        new = insert(channel).values(student=owner, **values)
        with translate_database_errors(), self.engine.begin() as connection:
            connection.execute(new.on_conflict_do_update(index_elements=["student"], set_=values))

    def request_test(self, owner: UUID) -> bool:
        """Have a worker send a test; return False where there is no channel."""
        asked = update(channel).where(channel.c.student == owner).values(test=WAITING, due_at=self.clock())
        with translate_database_errors(), self.engine.begin() as connection:
            return bool(connection.execute(asked).rowcount)

    def delete(self, owner: UUID) -> None:
        """Delete the student's channel."""
        with translate_database_errors(), self.engine.begin() as connection:
            connection.execute(delete(channel).where(channel.c.student == owner))


def wake_channel(connection: Connection, owner: UUID, clock: Clock = DATABASE_CLOCK) -> None:
    """Have a worker send what is new, once this transaction is committed; a paused channel stays paused."""
    own = channel.c.student == owner, ~IS_PAUSED
    woken = update(channel).where(*own).values(due_at=func.least(channel.c.due_at, clock()))
    # the transaction of a ledger would look for the table in the ledgers' schema
    connection.execute(woken, execution_options={"schema_translate_map": {}})
