"""Complete a lost ledger, or an outdated copy of it, from the published calendars."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date

from scraper.domain.matching import TrackedEvent
from scraper.domain.school import School
from scraper.errors import DeliveryError
from scraper.publishing.ledger.ledger import LedgerTransaction
from scraper.publishing.ledger.rebuild import revisions_in, spanned_days, tracked_events_in
from scraper.publishing.ledger.revisions import Revision
from scraper.publishing.target import CalendarTarget
from scraper.sinks.sink import Sink


def load_or_rebuild(
    transaction: LedgerTransaction,
    school: School,
    targets: Sequence[CalendarTarget],
    further: Sequence[Mapping[str, Revision]],
) -> tuple[tuple[TrackedEvent, ...], set[date]]:
    """Return the tracked events and the covered days.

    Where the ledger is lost or an outdated copy, events of the published calendars complete it; `further` has the
    newer revisions of each target, as `newer_revisions` returns them.
    """
    known, days = {one.uid: one for one in transaction.tracked_events()}, transaction.covered_days()
    is_lost = not known and not days
    ids: set[str] = set()
    for target, later in zip(targets, further, strict=True):
        if target.sharing.is_partial:
            continue
        if not is_lost and not any(uid in known and one.revised > known[uid].last_seen for uid, one in later.items()):
            continue
        for one in tracked_events_in(_read_current(target.sink), school, target.options):
            old = known.get(one.uid)
            if old is not None and one.last_seen > old.last_seen:
                known[one.uid] = replace(one, first_seen=old.first_seen)
            elif is_lost and old is None and one.event.id not in ids:
                known[one.uid] = one
                ids.add(one.event.id)
    return tuple(known.values()), spanned_days(tuple(known.values())) if is_lost else days


def _read_current(sink: Sink) -> bytes | None:
    with suppress(DeliveryError):
        return sink.current()
    return None


def newer_revisions(transaction: LedgerTransaction, target: CalendarTarget) -> dict[str, Revision]:
    """Return the revisions in the published calendar that the ledger lacks, because it is lost or an outdated copy."""
    body = _read_current(target.sink)
    if body is None or body == transaction.last_body(target.output):
        return {}
    recorded = transaction.revisions(target.output)
    found = revisions_in(body)
    return {uid: one for uid, one in found.items() if uid not in recorded or one.is_later_than(recorded[uid])}
