"""Publish a planning: compare it with the ledger, hold it for review, or render and deliver calendars. No browser."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from scraper.domain.changes import Change, covered_days
from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import Event, Period, Planning
from scraper.domain.progress import Progress, Silent
from scraper.domain.school import School
from scraper.errors import AurionError, DeliveryError
from scraper.publishing.comparison import compare_planning
from scraper.publishing.ledger.ledger import Ledger, LedgerTransaction
from scraper.publishing.lost_ledger import load_or_rebuild, newer_revisions
from scraper.publishing.render import render_and_record
from scraper.publishing.target import CalendarTarget
from scraper.sinks.sink import do_nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportResult:
    """The result of a run. `requests` counts requests to the portal, `seconds` is the duration of the whole run.

    `changes` is None where nothing was compared (a replay). `is_first`: the ledger was empty, so every event was new.
    `held`: nothing was published, the changes wait for review. `locally_modified` has, for each destination, the
    events that were edited there by hand and keep those edits; `shortened` those that were sent with texts cut at its
    limits.
    """

    outputs: tuple[str, ...]
    planning: Planning
    zone: ZoneInfo
    changes: tuple[Change, ...] | None = None
    is_first: bool = False
    held: bool = False
    requests: int = 0
    seconds: float = 0
    locally_modified: Mapping[str, tuple[Event, ...]] = field(default_factory=dict)
    shortened: Mapping[str, tuple[Event, ...]] = field(default_factory=dict)

    @property
    def events(self) -> tuple[Event, ...]:
        """The events of the period."""
        return self.planning.events

    @property
    def uncovered_days(self) -> tuple[date, ...]:
        """The days of the period that no response covered: lessons may be missing there."""
        covered = covered_days(self.planning)
        return tuple(day for day in self.planning.period if day not in covered)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishOptions:
    """The options of a publication at the time `now`.

    With `review`, a planning with changes is stored in the ledger for review instead; so is one without most upcoming
    lessons, unless `allow_mass_removal`. `before_commit` is called when everything is rendered, just before the ledger
    is committed: an exception there leaves everything as it was.
    """

    now: datetime
    review: bool = False
    allow_mass_removal: bool = False
    before_commit: Callable[[], None] = do_nothing
    progress: Progress = field(default_factory=Silent)


def publish(
    planning: Planning, school: School, targets: Sequence[CalendarTarget], ledger: Ledger, options: PublishOptions
) -> ExportResult:
    """Compare the planning with the ledger, then render and deliver the calendar of each target.

    Raise LedgerError, SuspiciouslyEmpty, AurionError where a calendar would break a standard, or DeliveryError: that
    calendar stays as it was, the others are delivered.
    """
    with ledger.writing() as transaction:
        return publish_in_transaction(transaction, planning, school, targets, options)


def publish_in_transaction(
    transaction: LedgerTransaction,
    planning: Planning,
    school: School,
    targets: Sequence[CalendarTarget],
    options: PublishOptions,
) -> ExportResult:
    """Publish as `publish` does, inside an open transaction; discard pending changes."""
    now = options.now
    with options.progress.step("comparing"):
        further = [newer_revisions(transaction, target) for target in targets]
        before, days = load_or_rebuild(transaction, school, targets, further)
        found = compare_planning(before, days, planning, zone=transaction.zone, namespace=school.namespace, now=now)
        result = ExportResult(
            outputs=tuple(target.sink.name for target in targets), planning=planning, zone=transaction.zone,
            changes=found.changes, is_first=found.is_first,
        )  # fmt: skip
        suspicion = None if options.allow_mass_removal else found.suspicion
        if suspicion or (options.review and found.changes and not found.is_first):
            transaction.record_events(before, days, (), now)  # a lost ledger may have been rebuilt from the calendars
            transaction.store_pending(planning, school.namespace, now)
            transaction.commit()
            if suspicion:
                raise suspicion
            return replace(result, held=True)
        transaction.discard_pending()
        transaction.record_events(found.known, covered_days(planning), () if found.is_first else found.changes, now)
        bodies = render_and_record(transaction, targets, further, found, namespace=school.namespace, now=now)
        transaction.delete_old_outputs([target.output for target in targets], now)
        options.before_commit()
        transaction.commit()
    with options.progress.step("writing"):
        _deliver(targets, bodies)
    sinks = [target.sink for target in targets]
    return replace(
        result, locally_modified=_events_of({sink.name: sink.locally_modified for sink in sinks}, found.known),
        shortened=_events_of({sink.name: sink.shortened for sink in sinks}, found.known),
    )  # fmt: skip


def republish(
    school: School, targets: Sequence[CalendarTarget], ledger: Ledger, *, period: Period, now: datetime
) -> bool:
    """Render the targets' calendars from the ledger and deliver them, without the portal; return False if it is empty.

    For rules and settings that changed since the last run, or a new calendar; pending changes stay pending. `period`
    is the period that a run would have now. Raise what `publish` raises, except SuspiciouslyEmpty.
    """
    if not ledger.exists():
        return False
    for target in targets:
        target.sink.check()
    with ledger.writing() as transaction:
        return publish_tracked(transaction, school, targets, period=period, now=now)


def publish_tracked(
    transaction: LedgerTransaction, school: School, targets: Sequence[CalendarTarget], *, period: Period, now: datetime
) -> bool:
    """Render the tracked events, commit the transaction and deliver; return False where there are none."""
    known, days = transaction.tracked_events(), transaction.covered_days()
    if not known:
        return False
    uncovered = Planning(school=school.id, period=period, events=())  # covers no day, so it changes nothing
    found = compare_planning(known, days, uncovered, zone=transaction.zone, namespace=school.namespace, now=now)
    further = [newer_revisions(transaction, target) for target in targets]
    bodies = render_and_record(transaction, targets, further, found, namespace=school.namespace, now=now)
    transaction.commit()
    _deliver(targets, bodies)
    return True


def copy_published(of: CalendarTarget, target: CalendarTarget, ledger: Ledger, now: datetime) -> bool:
    """Deliver the last published calendar of `of` to another target; return False where it was never published.

    Raise LedgerError or DeliveryError.
    """
    if not ledger.exists():
        return False
    with ledger.writing() as transaction:
        last = next((one for one in reversed(transaction.published_calendars()) if one.output == of.output), None)
        body = transaction.last_body(of.output)
        if last is None or body is None:
            return False
        transaction.record_revisions(target.output, transaction.revisions(of.output))
        if (rules := transaction.rules().get(of.output)) is not None:
            transaction.record_rules(target.output, rules)
        transaction.record_calendar(target.output, body, last.events, last.changes, now)
        transaction.commit()
    target.sink.deliver(body)
    return True


def _events_of(uids: Mapping[str, Iterable[str]], known: Iterable[TrackedEvent]) -> dict[str, tuple[Event, ...]]:
    """Return the events with these UIDs, by the destination's name; no destination without one."""
    events = {one.uid: one.event for one in known}
    found = {name: [events[uid] for uid in some if uid in events] for name, some in uids.items()}
    return {name: tuple(sorted(some, key=lambda one: one.start.timestamp())) for name, some in found.items() if some}


def _deliver(targets: Sequence[CalendarTarget], bodies: Sequence[bytes]) -> None:
    """Deliver each calendar; raise the first failure after all were tried."""
    failed: list[AurionError] = []
    for target, body in zip(targets, bodies, strict=True):
        try:
            target.sink.deliver(body)
        except DeliveryError as error:
            failed.append(error)
    if failed:
        raise failed[0]
