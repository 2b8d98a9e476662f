"""The ledger: every event ever seen and the revisions published of it in each calendar; one for each account.

It is a file, or rows of a database. A run holds one lock, which dies with its process, and works in one transaction.
The transaction is committed just before the calendars are delivered: if a run is killed in between, the next run
delivers what the ledger records.
"""

import json
import zlib
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, desc, func, insert, select

from scraper.domain.changes import KINDS, Change, day_order
from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import Planning
from scraper.domain.rules import Rule
from scraper.publishing.ledger.records import PendingPlanning, PublishedCalendar, RecordedChange
from scraper.publishing.ledger.revisions import Revision
from scraper.publishing.ledger.serialization import (
    change_from_row,
    event_from_json,
    event_to_json,
    planning_from_json,
    planning_to_json,
    rules_from_json,
    rules_to_json,
)
from scraper.publishing.ledger.tables import (
    calendars,
    changed,
    days,
    events,
    held,
    insert_rows,
    published,
    raises_if_corrupt,
    ruled,
    update_rows,
)

MOST_CALENDARS = 50
"""The maximum number of old versions kept of one calendar."""
OLDEST = timedelta(days=366)
"""The time for which changes and old calendars are kept."""
MOST_BYTES = 50_000_000
"""The maximum size in bytes of all versions kept of one calendar, compressed."""
MOST_NUMBERS = 2**31


class Ledger(Protocol):
    """The ledger of an account; created by the first write."""

    @property
    def zone(self) -> ZoneInfo:
        """The school's time zone."""

    @property
    def key(self) -> Hashable:
        """A value that no other ledger has."""

    def exists(self) -> bool:
        """Return whether anything was ever written."""

    def check(self) -> None:
        """Raise the error that a run would meet. Create no ledger."""

    def reading(self) -> AbstractContextManager["LedgerTransaction"]:
        """Open a transaction for reading, without the lock. Raise LedgerDamaged, LedgerTooNew or LedgerMissing."""

    def writing(self) -> AbstractContextManager["LedgerTransaction"]:
        """Open a transaction under the lock; roll back what the block does not commit.

        Raise AnotherRun where the lock is not free within 30 seconds, LedgerDamaged or LedgerTooNew.
        """


@dataclass(slots=True)
class LedgerTransaction:
    """A transaction on an open ledger. Reading methods raise LedgerDamaged where the stored data are not valid."""

    connection: Connection = field(repr=False)
    zone: ZoneInfo

    # ---- read

    @raises_if_corrupt()
    def state(self) -> tuple[object, ...]:
        """Return a value that stays equal until a run changes events, changes, days or the pending planning."""
        of_events = (func.count(events.c.uid), func.max(events.c.last_seen), func.max(events.c.cancelled_since))
        others = func.max(changed.c.number), func.count(days.c.day), func.max(held.c.at)
        further = (select(one).scalar_subquery() for one in others)
        return tuple(self.connection.execute(select(*of_events, *further)).one())

    @raises_if_corrupt()
    def tracked_events(self) -> tuple[TrackedEvent, ...]:
        """Return every event ever seen."""
        return tuple(
            TrackedEvent(**{**row._asdict(), "event": event_from_json(row.event, self.zone)})
            for row in self.connection.execute(select(events).order_by(events.c.uid))
        )

    @raises_if_corrupt()
    def covered_days(self) -> set[date]:
        """Return the days that a response ever covered."""
        return set(self.connection.scalars(select(days.c.day)))

    @raises_if_corrupt()
    def revisions(self, output: str) -> dict[str, Revision]:
        """Return the last published revision of each event in that calendar, by UID."""
        columns = published.c.uid, published.c.fingerprint, published.c.sequence, published.c.revised
        rows = self.connection.execute(select(*columns).where(published.c.output == output))
        return {uid: Revision(fingerprint=of, sequence=int(number), revised=at) for uid, of, number, at in rows}

    @raises_if_corrupt()
    def changes(self, since: datetime | None = None) -> list[RecordedChange]:
        """Return the changes found since then: by run, oldest first; within a run by the day of the lesson."""
        wanted = select(changed).order_by(changed.c.number)
        rows = self.connection.execute(wanted if since is None else wanted.where(changed.c.at >= since))
        found = [
            RecordedChange(at=row.at, change=change_from_row(row.kind, row.uid, row.before, row.after, self.zone))
            for row in rows
        ]
        return sorted(found, key=lambda one: (one.at, day_order(one.change)))

    @raises_if_corrupt()
    def published_calendars(self) -> list[PublishedCalendar]:
        """Return the published calendars, oldest first, without their bytes."""
        columns = calendars.c.number, calendars.c.at, calendars.c.output, calendars.c.events, calendars.c.changes
        return [
            PublishedCalendar(number=r.number, at=r.at, output=r.output, events=r.events, changes=json.loads(r.changes))
            for r in self.connection.execute(select(*columns).order_by(calendars.c.number))
        ]

    @raises_if_corrupt()
    def calendar_body(self, number: int) -> bytes | None:
        """Return the bytes of the published calendar with that number, or None."""
        if not 0 < number < MOST_NUMBERS:
            return None
        packed = self.connection.scalar(select(calendars.c.body).where(calendars.c.number == number))
        return None if packed is None else zlib.decompress(packed)

    @raises_if_corrupt()
    def last_body(self, output: str) -> bytes | None:
        """Return the bytes of that calendar's last version; None where it was never published."""
        last = select(calendars.c.body).where(calendars.c.output == output).order_by(desc(calendars.c.number)).limit(1)
        packed = self.connection.scalar(last)
        return None if packed is None else zlib.decompress(packed)

    @raises_if_corrupt()
    def pending_planning(self) -> PendingPlanning | None:
        """Return the planning that waits for review, or None."""
        row = self.connection.execute(select(held)).first()
        if row is None:
            return None
        planning = planning_from_json(zlib.decompress(row.planning).decode(), self.zone)
        return PendingPlanning(at=row.at, namespace=UUID(row.namespace), planning=planning)

    @raises_if_corrupt()
    def rules(self) -> dict[str, tuple[Rule, ...]]:
        """Return the rules of each calendar's last version, by output; calendars of older versions are missing."""
        return {row.output: rules_from_json(row.rules) for row in self.connection.execute(select(ruled))}

    # ---- write

    def record_events(
        self, known: Iterable[TrackedEvent], covered: Iterable[date], changes: Sequence[Change], now: datetime
    ) -> None:
        """Write the tracked events, add the covered days and the changes, and delete changes older than a year."""
        old = set(self.connection.scalars(select(events.c.uid)))
        names = events.c.keys()
        rows = [{n: getattr(one, n) for n in names} | {"event": event_to_json(one.event)} for one in known]
        update_rows(self.connection, events, [row for row in rows if row["uid"] in old], "uid")
        insert_rows(self.connection, events, [row for row in rows if row["uid"] not in old])
        new = set(covered) - self.covered_days()
        insert_rows(self.connection, days, [{"day": day, "at": now} for day in sorted(new)])
        found = [
            {"at": now, "kind": KINDS[type(change)], "uid": change.uid}
            | {name: event_to_json(getattr(change, name, None)) for name in ("before", "after")}
            for change in changes
        ]
        insert_rows(self.connection, changed, found)
        self.connection.execute(delete(changed).where(changed.c.at < now - OLDEST))

    def delete_events(self, uids: Iterable[str]) -> None:
        """Delete the tracked events with these UIDs."""
        for uid in uids:
            self.connection.execute(delete(events).where(events.c.uid == uid))

    def delete_changes(self, since: datetime) -> None:
        """Delete the changes found after that time."""
        self.connection.execute(delete(changed).where(changed.c.at > since))

    def record_revisions(self, output: str, entries: Mapping[str, Revision]) -> None:
        """Write the revisions of the events in that calendar, by UID."""
        before = self.revisions(output)
        rows = [
            {"output": output, "uid": uid, "fingerprint": p.fingerprint, "sequence": p.sequence, "revised": p.revised}
            for uid, p in entries.items()
            if before.get(uid) != p
        ]
        update_rows(self.connection, published, [row for row in rows if row["uid"] in before], "output", "uid")
        insert_rows(self.connection, published, [row for row in rows if row["uid"] not in before])

    def record_calendar(self, output: str, body: bytes, count: int, counts: Mapping[str, int], now: datetime) -> None:
        """Add a published calendar, unless it equals the last one; delete versions beyond the limits."""
        of_output = calendars.c.output == output
        if self.last_body(output) == body:
            return
        row = {"output": output, "at": now, "events": count, "changes": json.dumps(counts), "body": zlib.compress(body)}
        self.connection.execute(insert(calendars).values(row))
        kept, size = 0, 0
        sizes = select(calendars.c.number, calendars.c.at, func.length(calendars.c.body).label("size")).where(of_output)
        for old in self.connection.execute(sizes.order_by(desc(calendars.c.number))).all():
            kept, size = kept + 1, size + old.size
            if kept > 1 and (kept > MOST_CALENDARS or old.at < now - OLDEST or size > MOST_BYTES):
                self.connection.execute(delete(calendars).where(calendars.c.number == old.number))

    def record_rules(self, output: str, rules: Iterable[Rule]) -> None:
        """Write the rules that the calendar is rendered with."""
        self.connection.execute(delete(ruled).where(ruled.c.output == output))
        self.connection.execute(insert(ruled).values(output=output, rules=rules_to_json(rules)))

    def delete_old_outputs(self, outputs: Collection[str], now: datetime) -> None:
        """Delete what was published in other calendars than these more than a year ago."""
        old = calendars.c.output.not_in(outputs) & (calendars.c.at < now - OLDEST)
        self.connection.execute(delete(calendars).where(old))
        kept = {*outputs, *self.connection.scalars(select(calendars.c.output).distinct())}
        for table in (published, ruled):
            self.connection.execute(delete(table).where(table.c.output.not_in(kept)))

    def store_pending(self, planning: Planning, namespace: UUID, now: datetime) -> None:
        """Store the planning as pending, in place of an earlier one."""
        self.discard_pending()
        body = zlib.compress(planning_to_json(planning).encode())
        self.connection.execute(insert(held).values(at=now, namespace=str(namespace), planning=body))

    def discard_pending(self) -> bool:
        """Delete the pending planning; return False where there was none."""
        return self.connection.execute(delete(held)).rowcount > 0

    def commit(self) -> None:
        """Commit the transaction."""
        self.connection.commit()
