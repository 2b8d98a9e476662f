"""Calendars that are published, and newer than the ledger, because the database was restored from a backup.

The feed writer keeps such a calendar's file, and puts a copy of it beside the ledger. The next turn completes the
ledger from the copy, as an export does from a calendar file that is newer than a lost ledger: an event keeps its UID,
and no SEQUENCE falls.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from scraper.hosting.database.ledger_tables import published_copy
from scraper.publishing.ledger.ledger import Ledger, LedgerTransaction
from scraper.publishing.ledger.rebuild import revisions_in
from scraper.publishing.target import CalendarTarget


@dataclass(frozen=True, slots=True)
class LedgerSink:
    """A sink that writes nothing: the ledger keeps the calendar's bytes, from which the feed files are written.

    `published` is what the feed files contain, where it is newer than the ledger.
    """

    name: str
    published: bytes | None = field(default=None, repr=False)

    @property
    def locally_modified(self) -> tuple[str, ...]:
        """Nothing is edited there."""
        return ()

    @property
    def shortened(self) -> tuple[str, ...]:
        """Nothing is cut."""
        return ()

    def check(self) -> None:
        """Do nothing: the ledger's own errors come first."""

    def current(self) -> bytes | None:
        """Return what is published; None where the ledger has it."""
        return self.published

    def deliver(self, body: bytes) -> bool:
        """Do nothing: the ledger was committed with these bytes."""
        del body
        return True


def is_newer(published: bytes, transaction: LedgerTransaction, output: str) -> bool:
    """Return whether a published calendar has events, or revisions of them, that the ledger lacks."""
    recorded = transaction.revisions(output)
    found = revisions_in(published).items()
    return any(uid not in recorded or one.is_later_than(recorded[uid]) for uid, one in found)


def store_copy(ledger: Ledger, output: str, published: bytes) -> None:
    """Store a copy of a published calendar beside the ledger. Raise LedgerError."""
    new = insert(published_copy).values(output=output, body=published)
    replaced = new.on_conflict_do_update(index_elements=["account", "output"], set_={"body": new.excluded.body})
    with ledger.writing() as transaction:
        transaction.connection.execute(replaced)
        transaction.commit()


def targets_with_copies(
    transaction: LedgerTransaction, targets: Iterable[CalendarTarget], *, discard: bool
) -> tuple[CalendarTarget, ...]:
    """Return the targets with a copy of what is published, where there is one.

    With `discard` the transaction deletes the copies: it completes the ledger.
    """
    rows = transaction.connection.execute(select(published_copy.c.output, published_copy.c.body))
    copies = {row.output: row.body for row in rows}
    if discard and copies:
        transaction.connection.execute(delete(published_copy))
    return tuple(
        replace(one, sink=LedgerSink(one.sink.name, copies.get(one.output))) if one.output in copies else one
        for one in targets
    )
