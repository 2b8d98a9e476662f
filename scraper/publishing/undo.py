"""Return to an earlier calendar: undo the changes published since, and propose them again for review."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from scraper.domain.changes import Added, Cancelled, Restored
from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import DAY, Period, Planning, merge_days
from scraper.domain.school import School
from scraper.errors import SettingsError
from scraper.publishing.ledger.ledger import Ledger
from scraper.publishing.ledger.records import RecordedChange
from scraper.publishing.publish import publish_tracked
from scraper.publishing.target import CalendarTarget


def undo_changes(
    ledger: Ledger, school: School, targets: Sequence[CalendarTarget], since: datetime, *, period: Period, now: datetime
) -> int:
    """Undo all changes found after `since`, publish the calendars without them, and return how many there were.

    The timetable as it was until now becomes pending, so the same changes wait for review. Nothing is written where
    there are none. Raise what `republish` raises.
    """
    for target in targets:
        target.sink.check()
    with ledger.writing() as transaction:
        recorded = [one for one in transaction.changes() if one.at > since]
        if not recorded:
            return 0
        known, days = transaction.tracked_events(), transaction.covered_days()
        current = tuple(one.event for one in known if one.cancelled_since is None)
        before = _events_before(known, recorded)
        transaction.delete_events({one.uid for one in known} - {one.uid for one in before})
        transaction.delete_changes(since)
        transaction.record_events(before, days, (), now)
        proved = merge_days(days)
        pending = Planning(
            school=school.id, period=Period(first=min(days), last=max(days)), events=current, proved=proved
        )
        transaction.store_pending(pending, school.namespace, now)
        publish_tracked(transaction, school, targets, period=period, now=now)
    return len(recorded)


def time_of_calendar(ledger: Ledger, number: int) -> datetime:
    """Return when the calendar with that number was published. Raise SettingsError("show") where there is none."""
    with ledger.reading() as transaction:
        found = next((one for one in transaction.published_calendars() if one.number == number), None)
    if found is None:
        raise SettingsError("show", given=number)
    return found.at


def time_before_last_change(ledger: Ledger) -> datetime | None:
    """Return a time just before the last changes were found; None where there are none."""
    with ledger.reading() as transaction:
        times = sorted({one.at for one in transaction.changes()})
    return times[-1] - (times[-1] - times[-2]) / 2 if len(times) > 1 else times[-1] - DAY if times else None


def _events_before(known: Iterable[TrackedEvent], recorded: Iterable[RecordedChange]) -> tuple[TrackedEvent, ...]:
    """Return the tracked events as they were before these changes, which are in the order in which they were found."""
    events = {one.uid: one for one in known}
    for one in sorted(recorded, key=lambda one: one.at, reverse=True):
        change = one.change
        if isinstance(change, Added):
            events.pop(change.uid, None)
        elif change.uid in events:
            cancelled = one.at if isinstance(change, Restored) else None
            old = events[change.uid]
            kept = old.cancelled_since if not isinstance(change, Cancelled | Restored) else cancelled
            events[change.uid] = replace(old, event=change.before, cancelled_since=kept)
    return tuple(events.values())
