"""Render a calendar: the events that it shows, changed by its rules, each with its revision, as checked bytes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from io import BytesIO
from uuid import NAMESPACE_OID, UUID, uuid5
from zoneinfo import ZoneInfo

from scraper.domain.changes import counts
from scraper.domain.course_colors import course_colors
from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import Planning
from scraper.domain.rules import apply
from scraper.errors import AurionError
from scraper.ical.entry import EventToRender, RenderedEvent, Status
from scraper.ical.lint.lint import lint_calendar
from scraper.ical.render import render, render_events
from scraper.publishing.comparison import PlanningDiff
from scraper.publishing.ledger.ledger import LedgerTransaction
from scraper.publishing.ledger.revisions import Revision, assign_revisions, revisions_by_uid
from scraper.publishing.target import CalendarTarget

CANCELLED_DAYS = timedelta(days=30)
"""How long a cancelled lesson stays in the calendar after its end."""
SCHOOL_YEAR = 8
"""The month in which the school year begins (August); past lessons stay in the calendar from then on."""


def render_and_record(
    transaction: LedgerTransaction,
    targets: Sequence[CalendarTarget],
    further: Sequence[Mapping[str, Revision]],
    found: PlanningDiff,
    *,
    namespace: UUID,
    now: datetime,
) -> list[bytes]:
    """Render the calendar of each target, record it in the ledger and return the bytes.

    `further` has, for each target, the revisions in the published calendar that the ledger lacks. Raise AurionError
    where a calendar would break a standard.
    """
    bodies, colors = [], course_colors(found.known)
    for target, later in zip(targets, further, strict=True):
        before = {**transaction.revisions(target.output), **later}
        shown = assign_revisions(_render_shown(target, found, colors, now), before, now)
        body = render(shown, target.options, target.title, None if target.options.only_times else namespace)
        for finding in lint_calendar(BytesIO(body)):
            if finding.level == "error":  # a bug: the old calendar stays
                raise AurionError("check", rule=finding.rule, line=finding.line, source=finding.source)
        transaction.record_revisions(target.output, before | revisions_by_uid(shown))
        transaction.record_rules(target.output, target.rules)
        transaction.record_calendar(target.output, body, len(shown), counts(found.changes), now)
        bodies.append(body)
    return bodies


def _render_shown(
    target: CalendarTarget, found: PlanningDiff, colors: Mapping[str, str], now: datetime
) -> tuple[RenderedEvent, ...]:
    shown = sorted(
        (one for one in found.known if _is_shown(one, found.planning, target, now)),
        key=lambda one: (one.event.start.timestamp(), one.event.end.timestamp(), one.uid),
    )
    events = _apply_rules(target, shown, colors)
    return render_events(_mark_first_lessons(events, target.options.zone), target.options)


def _mark_first_lessons(events: Iterable[EventToRender], zone: ZoneInfo) -> Iterator[EventToRender]:
    """Yield the events, which are sorted by start, with a mark on the first lesson of each day in `zone`.

    It is not cancelled and has an hour; lessons that a rule drops are not among the events.
    """
    days = set()
    for one in events:
        day = one.event.day(zone)
        is_first = one.status == "CONFIRMED" and not one.event.all_day and day not in days
        if is_first:
            days.add(day)
        yield replace(one, is_first=is_first)


def _apply_rules(
    target: CalendarTarget, shown: Sequence[TrackedEvent], colors: Mapping[str, str]
) -> Iterator[EventToRender]:
    kinds, removed = target.options.all_kinds, target.sharing.removed_words(one.event for one in shown)
    for one in shown:
        status: Status = "CONFIRMED" if one.cancelled_since is None else "CANCELLED"
        outcome = apply(target.rules, one.event, kinds, colors)
        if outcome and target.sharing.includes(one.event, is_cancelled=status == "CANCELLED"):
            event, categories = target.sharing.reduce(outcome.event, outcome.categories, removed)
            uid = str(uuid5(NAMESPACE_OID, one.uid)) if target.options.only_times else one.uid
            yield EventToRender(event, uid, status, categories, outcome.color, outcome.alarms)


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
    return one.event.end.astimezone(target.options.zone).date() >= first_shown_day(today, target.past)


def first_shown_day(today: date, past: int | None) -> date:
    """Return the first day that calendars show: `past` days ago, or when the school year began for None."""
    return first_of_school_year(today) if past is None else today - timedelta(days=past)


def first_of_school_year(today: date) -> date:
    """Return the first day of the school year."""
    return date(today.year - (today.month < SCHOOL_YEAR), SCHOOL_YEAR, 1)
