"""The ledger: what was seen of each event, and what was published of it in each calendar; one file an account.

A run works under one lock, that dies with its process, and in one transaction. That is committed just before the
calendars are put in their places: a run that is killed in between is made up for by the next one, which finds in the
ledger what ought to stand there.
"""

import hashlib
import json
import os
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
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
    change_of,
    event_from,
    planning_from,
    planning_text,
    rules_from,
    rules_text,
    text_of,
)
from scraper.publishing.ledger.tables import add as add_rows
from scraper.publishing.ledger.tables import (
    calendars,
    changed,
    days,
    events,
    held,
    locked,
    opened,
    published,
    raises_if_corrupt,
    ruled,
)
from scraper.publishing.ledger.tables import change as change_rows
from scraper.system.files import check_writable, private_folder
from scraper.system.os_errors import translate_state_errors

MOST_CALENDARS = 50
OLDEST = timedelta(days=366)
MOST_BYTES = 50_000_000
MOST_NUMBERS = 2**31


def ledger_file(state: Path, namespace: UUID, login: str) -> Path:
    """Where an account's ledger lies; by its school's namespace, which outlives an address."""
    name = hashlib.sha256(f"{namespace}\n{login}".encode()).hexdigest()[:16]
    return state / "ledgers" / f"{name}.sqlite"


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger at a path; made by the first use. `zone` is that of its school's days."""

    path: Path
    zone: ZoneInfo

    @contextmanager
    def writing(self) -> Iterator["LedgerTransaction"]:
        """The books, for one run at a time; what is not committed in the block is forgotten.

        Raises AnotherRun when the lock is not free within some seconds, LedgerDamaged, LedgerTooNew.
        """
        with locked(self.path), opened(self.path, make=True) as connection:
            yield LedgerTransaction(connection, self.zone)

    def check(self) -> None:
        """Raise now what would keep a run from writing: StateError, LedgerDamaged, LedgerTooNew; create no ledger."""
        with translate_state_errors(str(self.path)):
            private_folder(self.path.parent)
            check_writable(self.path)
            if not self.path.exists():
                return
            os.close(os.open(self.path, os.O_WRONLY))
        with self.reading() as books:
            books.known()

    @contextmanager
    def reading(self) -> Iterator["LedgerTransaction"]:
        """The books, to look at. Raises LedgerDamaged, LedgerTooNew, LedgerMissing."""
        with opened(self.path, make=False) as connection:
            yield LedgerTransaction(connection, self.zone)


@dataclass(slots=True)
class LedgerTransaction:
    """An open ledger."""

    connection: Connection = field(repr=False)
    zone: ZoneInfo

    # ---- what is remembered

    @raises_if_corrupt()
    def state(self) -> tuple[object, ...]:
        """The same as long as no run has changed what is remembered of events, changes and days, or what waits."""
        counted = (func.count(events.c.uid), func.max(events.c.last_seen), func.max(events.c.cancelled_since))
        others = func.max(changed.c.number), func.count(days.c.day), func.max(held.c.at)
        further = (select(one).scalar_subquery() for one in others)
        return tuple(self.connection.execute(select(*counted, *further)).one())

    @raises_if_corrupt()
    def known(self) -> tuple[TrackedEvent, ...]:
        """Every event ever seen."""
        return tuple(
            TrackedEvent(
                uid=row.uid,
                event=event_from(row.event, self.zone),
                first_seen=row.first_seen,
                last_seen=row.last_seen,
                cancelled_since=row.cancelled_since,
            )
            for row in self.connection.execute(select(events).order_by(events.c.uid))
        )

    @raises_if_corrupt()
    def days(self) -> set[date]:
        """The days that an answer proved once."""
        return set(self.connection.scalars(select(days.c.day)))

    @raises_if_corrupt()
    def published(self, output: str) -> dict[str, Revision]:
        """What was published in that calendar, by UID."""
        rows = self.connection.execute(select(published).where(published.c.output == output))
        return {
            row.uid: Revision(fingerprint=row.fingerprint, sequence=int(row.sequence), revised=row.revised)
            for row in rows
        }

    @raises_if_corrupt()
    def told(self, since: datetime | None = None) -> list[RecordedChange]:
        """The changes found since then, oldest run first, those of a run by the day of their lesson."""
        wanted = select(changed).order_by(changed.c.number)
        rows = self.connection.execute(wanted if since is None else wanted.where(changed.c.at >= since))
        found = [
            RecordedChange(at=row.at, change=change_of(row.kind, row.uid, row.before, row.after, self.zone))
            for row in rows
        ]
        return sorted(found, key=lambda one: (one.at, day_order(one.change)))

    @raises_if_corrupt()
    def issues(self) -> list[PublishedCalendar]:
        """The calendars published, oldest first."""
        columns = calendars.c.number, calendars.c.at, calendars.c.output, calendars.c.events, calendars.c.changes
        return [
            PublishedCalendar(number=r.number, at=r.at, output=r.output, events=r.events, changes=json.loads(r.changes))
            for r in self.connection.execute(select(*columns).order_by(calendars.c.number))
        ]

    @raises_if_corrupt()
    def body(self, number: int) -> bytes | None:
        """That calendar's bytes; None where there is none of that number (any more)."""
        if not 0 < number < MOST_NUMBERS:
            return None
        packed = self.connection.scalar(select(calendars.c.body).where(calendars.c.number == number))
        return None if packed is None else zlib.decompress(packed)

    @raises_if_corrupt()
    def last_body(self, output: str) -> bytes | None:
        """The bytes of that calendar as it was published last; None where it never was."""
        last = select(calendars.c.body).where(calendars.c.output == output).order_by(desc(calendars.c.number)).limit(1)
        packed = self.connection.scalar(last)
        return None if packed is None else zlib.decompress(packed)

    @raises_if_corrupt()
    def held(self) -> PendingPlanning | None:
        """The planning that waits for a person's word; None where none does."""
        row = self.connection.execute(select(held)).first()
        if row is None:
            return None
        planning = planning_from(zlib.decompress(row.planning).decode(), self.zone)
        return PendingPlanning(at=row.at, namespace=UUID(row.namespace), planning=planning)

    @raises_if_corrupt()
    def rules(self) -> dict[str, tuple[Rule, ...]]:
        """The rules by which each calendar was made last, by its output; of one that is older none are known."""
        return {row.output: rules_from(row.rules) for row in self.connection.execute(select(ruled))}

    # ---- what is written

    def keep(
        self, known: Iterable[TrackedEvent], proved: Iterable[date], changes: Sequence[Change], now: datetime
    ) -> None:
        """What is known from now on, and what changed."""
        old = set(self.connection.scalars(select(events.c.uid)))
        rows = [
            {
                "uid": one.uid,
                "event": text_of(one.event),
                "first_seen": one.first_seen,
                "last_seen": one.last_seen,
                "cancelled_since": one.cancelled_since,
            }
            for one in known
        ]
        change_rows(self.connection, events, [row for row in rows if row["uid"] in old], "uid")
        add_rows(self.connection, events, [row for row in rows if row["uid"] not in old])
        new = set(proved) - self.days()
        add_rows(self.connection, days, [{"day": day, "at": now} for day in sorted(new)])
        told = [
            {
                "at": now,
                "kind": KINDS[type(change)],
                "uid": change.uid,
                "before": text_of(getattr(change, "before", None)),
                "after": text_of(getattr(change, "after", None)),
            }
            for change in changes
        ]
        add_rows(self.connection, changed, told)
        self.connection.execute(delete(changed).where(changed.c.at < now - OLDEST))

    def keep_published(self, output: str, entries: Mapping[str, Revision]) -> None:
        """What stands in that calendar from now on."""
        before = self.published(output)
        rows = [
            {"output": output, "uid": uid, "fingerprint": p.fingerprint, "sequence": p.sequence, "revised": p.revised}
            for uid, p in entries.items()
            if before.get(uid) != p
        ]
        change_rows(self.connection, published, [row for row in rows if row["uid"] in before], "output", "uid")
        add_rows(self.connection, published, [row for row in rows if row["uid"] not in before])

    def keep_body(self, output: str, body: bytes, count: int, counts: Mapping[str, int], now: datetime) -> None:
        """A calendar as it is published now, where it is not the last one again; old ones go."""
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

    def keep_rules(self, output: str, rules: Iterable[Rule]) -> None:
        """The rules by which that calendar is made from now on."""
        self.connection.execute(delete(ruled).where(ruled.c.output == output))
        self.connection.execute(insert(ruled).values(output=output, rules=rules_text(rules)))

    def forget(self, outputs: Collection[str], now: datetime) -> None:
        """What was published in other calendars than these, more than a year ago."""
        old = calendars.c.output.not_in(outputs) & (calendars.c.at < now - OLDEST)
        self.connection.execute(delete(calendars).where(old))
        kept = {*outputs, *self.connection.scalars(select(calendars.c.output).distinct())}
        for table in (published, ruled):
            self.connection.execute(delete(table).where(table.c.output.not_in(kept)))

    def hold(self, planning: Planning, namespace: UUID, now: datetime) -> None:
        """Lets this planning wait from now on, and no other."""
        self.release()
        body = zlib.compress(planning_text(planning).encode())
        self.connection.execute(insert(held).values(at=now, namespace=str(namespace), planning=body))

    def release(self) -> bool:
        """Nothing waits any more; False where nothing did."""
        return self.connection.execute(delete(held)).rowcount > 0

    def commit(self) -> None:
        """From here on it is remembered, whatever happens."""
        self.connection.commit()
