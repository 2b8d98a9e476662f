"""Publish a planning: compare it with the ledger, hold it for review, or render and deliver calendars. No browser."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from io import BytesIO
from uuid import UUID
from zoneinfo import ZoneInfo

from scraper.domain.changes import Change, counts, covered_days
from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import Event, Period, Planning
from scraper.domain.progress import Progress
from scraper.domain.rules import apply
from scraper.domain.school import School
from scraper.errors import AurionError, DeliveryError
from scraper.ical.entry import EventToRender, RenderedEvent, Status
from scraper.ical.lint.lint import lint_calendar
from scraper.ical.render import render, render_events
from scraper.publishing.comparison import PlanningDiff, compare_planning, load_or_rebuild, newer_revisions
from scraper.publishing.ledger.ledger import Ledger, LedgerTransaction
from scraper.publishing.ledger.revisions import Revision, assign_revisions, revisions_by_uid
from scraper.publishing.target import CalendarTarget

CANCELLED_DAYS = timedelta(days=30)
"""How long a cancelled lesson stays in the calendar after its end."""
SCHOOL_YEAR = 8
"""The month in which the school year begins (August); past lessons stay in the calendar from then on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportResult:
    """The result of a run. `requests` counts requests to the portal, `seconds` is the duration of the whole run.

    `changes` is None where nothing was compared (a replay). `is_first`: the ledger was empty, so every event was new.
    `held`: nothing was published, the changes wait for review. `locally_modified` has, for each destination, the
    events that were edited there by hand and keep those edits.
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

    @property
    def events(self) -> tuple[Event, ...]:
        """The events of the period."""
        return self.planning.events

    @property
    def uncovered_days(self) -> tuple[date, ...]:
        """The days of the period that no response covered: lessons may be missing there."""
        covered = covered_days(self.planning)
        return tuple(day for day in self.planning.period if day not in covered)


def publish(
    planning: Planning,
    school: School,
    targets: Sequence[CalendarTarget],
    ledger: Ledger,
    progress: Progress,
    *,
    now: datetime,
    accept_empty: bool = False,
    hold: bool = False,
    before_commit: Callable[[], None] = lambda: None,
) -> ExportResult:
    """Compare the planning with the ledger, then render and deliver the calendar of each target.

    With `hold`, a planning with changes is stored in the ledger for review instead; so is a suspiciously empty one,
    whether or not `hold` is set. `before_commit` is called when everything is rendered, just before the ledger is
    committed: an exception there leaves everything as it was. Raise LedgerError, SuspiciouslyEmpty, AurionError where
    a calendar would break a standard, or DeliveryError: that calendar stays as it was, the others are delivered.
    """
    with ledger.writing() as transaction:
        return publish_in_transaction(
            transaction, planning, school, targets, progress, now=now, accept_empty=accept_empty, hold=hold,
            before_commit=before_commit,
        )  # fmt: skip


def republish(
    school: School, targets: Sequence[CalendarTarget], ledger: Ledger, *, period: Period, now: datetime
) -> bool:
    """Render the targets' calendars from the ledger and deliver them, without the portal; return False if it is empty.

    For rules and settings that changed since the last run, or a new calendar; pending changes stay pending. `period`
    is the period that a run would have now. Raise what `publish` raises, except SuspiciouslyEmpty.
    """
    if not ledger.path.exists():
        return False
    for target in targets:
        target.sink.check()
    with ledger.writing() as transaction:
        known, days = transaction.tracked_events(), transaction.covered_days()
        if not known:
            return False
        uncovered = Planning(school=school.id, period=period, events=())  # covers no day, so it changes nothing
        found = compare_planning(known, days, uncovered, zone=transaction.zone, namespace=school.namespace, now=now)
        bodies = [
            _render_and_record(
                transaction,
                target,
                found,
                uncovered,
                now,
                namespace=school.namespace,
                further=newer_revisions(transaction, target),
            )
            for target in targets
        ]
        transaction.commit()
        _deliver(targets, bodies)
    return True


def copy_published(of: CalendarTarget, target: CalendarTarget, ledger: Ledger, now: datetime) -> bool:
    """Deliver the last published calendar of `of` to another target; return False where it was never published.

    Raise LedgerError or DeliveryError.
    """
    if not ledger.path.exists():
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


def publish_in_transaction(
    transaction: LedgerTransaction,
    planning: Planning,
    school: School,
    targets: Sequence[CalendarTarget],
    progress: Progress,
    *,
    now: datetime,
    accept_empty: bool,
    hold: bool,
    before_commit: Callable[[], None],
) -> ExportResult:
    """Publish as `publish` does, inside an open transaction; discard pending changes."""
    names = tuple(target.sink.name for target in targets)
    with progress.step("comparing"):
        further = [newer_revisions(transaction, target) for target in targets]
        before, days = load_or_rebuild(transaction, school, targets, further)
        found = compare_planning(before, days, planning, zone=transaction.zone, namespace=school.namespace, now=now)
        result = ExportResult(
            outputs=names, planning=planning, zone=transaction.zone, changes=found.changes, is_first=found.is_first
        )
        suspicion = None if accept_empty else found.suspicion
        if suspicion or (hold and found.changes and not found.is_first):
            _hold(transaction, found, planning, school, now)
            if suspicion:
                raise suspicion
            return replace(result, held=True)
        transaction.discard_pending()
        transaction.record_events(found.known, covered_days(planning), () if found.is_first else found.changes, now)
        bodies = [
            _render_and_record(transaction, target, found, planning, now, namespace=school.namespace, further=later)
            for target, later in zip(targets, further, strict=True)
        ]
        transaction.delete_old_outputs([target.output for target in targets], now)
        before_commit()
        transaction.commit()
    with progress.step("writing"):
        _deliver(targets, bodies)
    return replace(result, locally_modified=_edited_at_destination(targets, found.known))


def _hold(
    transaction: LedgerTransaction, found: PlanningDiff, planning: Planning, school: School, now: datetime
) -> None:
    """Store the planning as pending, without publishing it."""
    transaction.record_events(
        found.before, found.days, (), now
    )  # a lost ledger may have been rebuilt from the calendars
    transaction.store_pending(planning, school.namespace, now)
    transaction.commit()


def _render_and_record(
    transaction: LedgerTransaction,
    target: CalendarTarget,
    found: PlanningDiff,
    planning: Planning,
    now: datetime,
    *,
    namespace: UUID,
    further: Mapping[str, Revision],
) -> bytes:
    """Render the target's calendar, record it in the ledger and return its bytes."""
    before = {**transaction.revisions(target.output), **further}
    shown = assign_revisions(_drafts(target, found.known, planning, now), before, now)
    body = render(shown, target.options, target.title, namespace)
    _check_own(body)
    transaction.record_revisions(target.output, before | revisions_by_uid(shown))
    transaction.record_rules(target.output, target.rules)
    transaction.record_calendar(target.output, body, len(shown), counts(found.changes), now)
    return body


def _check_own(body: bytes) -> None:
    """Raise AurionError where the calendar breaks a standard: that is a bug, and the old calendar stays."""
    for finding in lint_calendar(BytesIO(body)):
        if finding.level == "error":
            raise AurionError("check", rule=finding.rule, line=finding.line, source=finding.source)


def _drafts(
    target: CalendarTarget, known: Sequence[TrackedEvent], planning: Planning, now: datetime
) -> tuple[RenderedEvent, ...]:
    shown = sorted(
        (one for one in known if _is_shown(one, planning, target, now)),
        key=lambda one: (one.event.start.timestamp(), one.event.end.timestamp(), one.uid),
    )
    return render_events(_apply_rules(target, shown), target.options)


def _apply_rules(target: CalendarTarget, shown: Iterable[TrackedEvent]) -> Iterator[EventToRender]:
    kinds = target.options.all_kinds
    for one in shown:
        status: Status = "CONFIRMED" if one.cancelled_since is None else "CANCELLED"
        if not target.rules:
            yield EventToRender(one.event, one.uid, status)
        elif outcome := apply(target.rules, one.event, kinds):
            yield EventToRender(outcome.event, one.uid, status, outcome.categories)


def _is_shown(one: TrackedEvent, planning: Planning, target: CalendarTarget, now: datetime) -> bool:
    """Return whether the calendar shows the event.

    A cancelled event is shown until 30 days after its end; a past event until its school year is over, or for
    `target.past` days.
    """
    if one.cancelled_since is not None and one.event.end < now - CANCELLED_DAYS:
        return False
    if one.event.belongs_to(planning.period, target.options.zone):
        return True
    today = now.astimezone(target.options.zone).date()
    since = date(today.year - (today.month < SCHOOL_YEAR), SCHOOL_YEAR, 1)
    if target.past is not None:
        since = today - timedelta(days=target.past)
    return one.event.end.astimezone(target.options.zone).date() >= since


def _edited_at_destination(
    targets: Iterable[CalendarTarget], known: Iterable[TrackedEvent]
) -> dict[str, tuple[Event, ...]]:
    """Return the events that were edited at their destination, by the destination's name."""
    events = {one.uid: one.event for one in known}
    found = {t.sink.name: [events[uid] for uid in t.sink.left if uid in events] for t in targets}
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
