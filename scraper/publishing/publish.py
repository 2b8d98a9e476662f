"""From a planning to delivered calendars: compare, render, put in place, or keep back. No browser."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

from scraper.domain.changes import Change, counts, covered_days
from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import Event, Period, Planning
from scraper.domain.progress import Progress
from scraper.domain.rules import apply
from scraper.domain.school import School
from scraper.errors import AurionError, DeliveryError
from scraper.ical.entry import EventToRender, RenderedEvent, Status
from scraper.ical.lint.lint import check
from scraper.ical.render import drafts, render
from scraper.publishing.comparison import PlanningDiff, compared, load_or_rebuild, newer_revisions
from scraper.publishing.ledger.ledger import Ledger, LedgerTransaction
from scraper.publishing.ledger.revisions import Revision, entries, remembered
from scraper.publishing.target import CalendarTarget

CANCELLED_DAYS = timedelta(days=30)
"""How long a cancelled lesson is shown after its hour."""
SCHOOL_YEAR = 8
"""The month in which a school year begins, summer's: what is past stays in the calendar since then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportResult:
    """What came of a run. `requests` counts exchanges with the portal, `seconds` the whole run.

    `changes` is None where nothing was compared (a replay); `first` tells a first run, when everything was new; `held`,
    that nothing was published: the changes wait for a person's word. `left` are the events
    that somebody changed by hand where they were delivered, and that stay so, by the place.
    """

    outputs: tuple[str, ...]
    planning: Planning
    zone: ZoneInfo
    changes: tuple[Change, ...] | None = None
    first: bool = False
    held: bool = False
    requests: int = 0
    seconds: float = 0
    left: Mapping[str, tuple[Event, ...]] = field(default_factory=dict)

    @property
    def events(self) -> tuple[Event, ...]:
        """The events of the period."""
        return self.planning.events

    @property
    def unproved(self) -> tuple[date, ...]:
        """The days of the period whose lessons may not all be known."""
        proved = covered_days(self.planning)
        return tuple(day for day in self.planning.period if day not in proved)


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
    """Every target's calendar, as the ledger and the planning say it is now, delivered.

    Where lessons changed and `hold` is set, nothing is: the planning waits in the ledger, as one that is suspiciously
    empty does. `before_commit` is called when all is made, just before it is remembered: what raises there leaves all
    as it was. Raises LedgerError, SuspiciouslyEmpty, AurionError where a calendar would break a standard, or
    DeliveryError: a calendar that could not be delivered stays as it was, and the others are delivered.
    """
    with ledger.writing() as books:
        return publish_in_transaction(
            books, planning, school, targets, progress, now=now, accept_empty=accept_empty, hold=hold,
            before_commit=before_commit,
        )  # fmt: skip


def republish(
    school: School, targets: Sequence[CalendarTarget], ledger: Ledger, *, period: Period, now: datetime
) -> bool:
    """The targets' calendars made of what is known already and delivered, without the portal; False where nothing is.

    For rules and settings that changed since the last run, or a calendar that nobody had before; what waits for a
    person's word waits on. `period` is that of a run now. Raises what `publish` does but SuspiciouslyEmpty.
    """
    if not ledger.path.exists():
        return False
    for target in targets:
        target.sink.check()
    with ledger.writing() as books:
        known, days = books.known(), books.days()
        if not known:
            return False
        silent = Planning(school=school.id, period=period, events=())
        found = compared(known, days, silent, zone=books.zone, namespace=school.namespace, now=now)
        bodies = [
            _render_and_record(books, target, found, silent, now, further=newer_revisions(books, target))
            for target in targets
        ]
        books.commit()
        _deliver(targets, bodies)
    return True


def copy_published(of: CalendarTarget, target: CalendarTarget, ledger: Ledger, now: datetime) -> bool:
    """One calendar as it was published last, delivered to another place too; False where it never was.

    Raises LedgerError, DeliveryError.
    """
    if not ledger.path.exists():
        return False
    with ledger.writing() as books:
        issue = next((one for one in reversed(books.issues()) if one.output == of.output), None)
        body = books.last_body(of.output)
        if issue is None or body is None:
            return False
        books.keep_published(target.output, books.published(of.output))
        if (rules := books.rules().get(of.output)) is not None:
            books.keep_rules(target.output, rules)
        books.keep_body(target.output, body, issue.events, issue.changes, now)
        books.commit()
    target.sink.deliver(body)
    return True


def publish_in_transaction(
    books: LedgerTransaction,
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
    """The same with books that are open for writing; what had waited in them is no more."""
    names = tuple(target.sink.name for target in targets)
    with progress.step("comparing"):
        further = [newer_revisions(books, target) for target in targets]
        before, days = load_or_rebuild(books, school, targets, further)
        found = compared(before, days, planning, zone=books.zone, namespace=school.namespace, now=now)
        outcome = ExportResult(
            outputs=names, planning=planning, zone=books.zone, changes=found.changes, first=found.is_first
        )
        doubt = None if accept_empty else found.doubt
        if doubt or (hold and found.changes and not found.is_first):
            _hold(books, found, planning, school, now)
            if doubt:
                raise doubt
            return replace(outcome, held=True)
        books.release()
        books.keep(found.known, covered_days(planning), () if found.is_first else found.changes, now)
        bodies = [
            _render_and_record(books, target, found, planning, now, further=later)
            for target, later in zip(targets, further, strict=True)
        ]
        books.forget([target.output for target in targets], now)
        before_commit()
        books.commit()
    with progress.step("writing"):
        _deliver(targets, bodies)
    return replace(outcome, left=_edited_at_destination(targets, found.known))


def _hold(books: LedgerTransaction, found: PlanningDiff, planning: Planning, school: School, now: datetime) -> None:
    """Keeps the planning back; and what was known, which calendars may have told where the ledger was lost."""
    books.keep(found.before, found.days, (), now)
    books.hold(planning, school.namespace, now)
    books.commit()


def _render_and_record(
    books: LedgerTransaction,
    target: CalendarTarget,
    found: PlanningDiff,
    planning: Planning,
    now: datetime,
    *,
    further: Mapping[str, Revision],
) -> bytes:
    """The target's calendar, noted in the books."""
    before = {**books.published(target.output), **further}
    told = entries(_drafts(target, found.known, planning, now), before, now)
    body = render(told, target.look, target.title)
    _check_own(body)
    books.keep_published(target.output, before | remembered(told))
    books.keep_rules(target.output, target.rules)
    books.keep_body(target.output, body, len(told), counts(found.changes), now)
    return body


def _check_own(body: bytes) -> None:
    """Raises AurionError where what we would publish breaks a standard: a bug of ours, and the old calendar stays."""
    for finding in check(BytesIO(body)):
        if finding.level == "error":
            raise AurionError("check", rule=finding.rule, line=finding.line, source=finding.source)


def _drafts(
    target: CalendarTarget, known: Sequence[TrackedEvent], planning: Planning, now: datetime
) -> tuple[RenderedEvent, ...]:
    shown = sorted(
        (one for one in known if _is_shown(one, planning, target, now)),
        key=lambda one: (one.event.start.timestamp(), one.event.end.timestamp(), one.uid),
    )
    return drafts(_tellings(target, shown), target.look)


def _tellings(target: CalendarTarget, shown: Iterable[TrackedEvent]) -> Iterator[EventToRender]:
    kinds = target.look.all_kinds
    for one in shown:
        status: Status = "CONFIRMED" if one.cancelled_since is None else "CANCELLED"
        if not target.rules:
            yield EventToRender(one.event, one.uid, status)
        elif ruled := apply(target.rules, one.event, kinds):
            yield EventToRender(ruled.event, one.uid, status, ruled.categories)


def _is_shown(one: TrackedEvent, planning: Planning, target: CalendarTarget, now: datetime) -> bool:
    """Whether a calendar still has it: a cancelled one for a while, a past one since its school year began."""
    if one.cancelled_since is not None and one.event.end < now - CANCELLED_DAYS:
        return False
    if one.event.belongs_to(planning.period, target.look.zone):
        return True
    today = now.astimezone(target.look.zone).date()
    since = date(today.year - (today.month < SCHOOL_YEAR), SCHOOL_YEAR, 1)
    if target.past is not None:
        since = today - timedelta(days=target.past)
    return one.event.end.astimezone(target.look.zone).date() >= since


def _edited_at_destination(
    targets: Iterable[CalendarTarget], known: Iterable[TrackedEvent]
) -> dict[str, tuple[Event, ...]]:
    """The events that stand otherwise where they were delivered, by the place."""
    events = {one.uid: one.event for one in known}
    found = {t.sink.name: [events[uid] for uid in t.sink.left if uid in events] for t in targets}
    return {name: tuple(sorted(left, key=lambda one: one.start.timestamp())) for name, left in found.items() if left}


def _deliver(targets: Sequence[CalendarTarget], bodies: Sequence[bytes]) -> None:
    """Each to its place; the first failure is raised when all were tried."""
    failed: list[AurionError] = []
    for target, body in zip(targets, bodies, strict=True):
        try:
            target.sink.deliver(body)
        except DeliveryError as error:
            failed.append(error)
    if failed:
        raise failed[0]
