"""Conversion of a Recording to a Planning: pure functions of data.

A missing answer is not an empty planning: an answer without the schedule's update is an error. No text of the portal is
lost: each event keeps its complete title.
"""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from scraper.domain.planning import DAY, Event, ParseWarning, Planning, merge_days
from scraper.domain.recording import Failure, Recording
from scraper.domain.school import School
from scraper.errors import AurionError, BadRecording, PortalChanged, error_class, rename_facts
from scraper.parsing.events import RawEvent, parse_capture
from scraper.parsing.title import is_unread, read_titles
from scraper.parsing.title_fields import Title

_OURS = frozenset({"doctype", "not-partial", "server-error", "no-schedule", "event"})
"""Reasons of PortalChanged that parsing the captures raises; a later version may be able to parse them."""


def read(recording: Recording) -> Planning:
    """Return the planning of a recording: the events of its period, with times in the school's zone.

    An event in several answers is taken from the last one. Raise what `parse_capture` raises, PortalChanged
    (`no-answer`) if nothing was recorded, and the error with which the recorded run failed. If parsing failed in the
    recorded run, the captures are parsed again, so that a recording shows whether this version can parse them.
    """
    failure = recording.failure
    if failure and not (recording.captures and failure.error == "PortalChanged" and failure.reason in _OURS):
        raise _recorded_error(failure)
    if not recording.captures:
        raise PortalChanged("no-answer")
    raw, oddities = _collect_events(recording)
    school, zone = recording.school, recording.school.zone
    titles = read_titles({r.id: (r.title, r.kind) for r in raw}, school.layouts, school.kinds)
    # A title that fits no layout: its subject, room or teachers may be wrong.
    oddities += (ParseWarning(reason="unread-title", event_id=r.id) for r in raw if is_unread(r.title, titles[r.id]))
    belonging = [
        e for e in (_build_event(r, titles[r.id], school) for r in raw) if e.belongs_to(recording.period, zone)
    ]
    # Sort by timestamps: times in one zone compare by their wall clocks, which repeat one hour in October.
    events = sorted(belonging, key=lambda e: (e.start.timestamp(), e.end.timestamp(), e.id))
    ids = {event.id for event in events}
    return Planning(
        school=school.id,
        period=recording.period,
        events=tuple(events),
        # Events outside of the period were removed: only days inside of it are proved.
        proved=merge_days({day for proof in recording.proved for day in proof.period} & set(recording.period)),
        oddities=tuple(oddity for oddity in oddities if oddity.event_id in ids),
    )


def _collect_events(recording: Recording) -> tuple[list[RawEvent], list[ParseWarning]]:
    """Return each event once, as in the last answer that has it, and warnings about inconsistent data."""
    kept: dict[str, RawEvent] = {}
    odd: dict[ParseWarning, None] = {}
    for capture in recording.captures:
        here: dict[str, RawEvent] = {}
        for raw in parse_capture(capture, recording.school.zone):
            if here.setdefault(raw.id, raw) != raw:
                odd[ParseWarning(reason="same-id", event_id=raw.id)] = None
            here[raw.id] = raw
        kept |= here
    for raw in kept.values():
        if not raw.has_end:
            odd[ParseWarning(reason="no-end", event_id=raw.id)] = None
        if _is_before(raw.end, raw.start):
            odd[ParseWarning(reason="end-before-start", event_id=raw.id)] = None
    return list(kept.values()), list(odd)


def _build_event(raw: RawEvent, title: Title, school: School) -> Event:
    start, end = _span(raw, school.zone)
    return title.fill(
        Event(
            id=raw.id, start=start, end=end, all_day=raw.all_day, description=raw.description, raw_title=raw.title,
            raw_kind=raw.kind,
        )
    )  # fmt: skip


def _span(raw: RawEvent, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return start and end. Raise PortalChanged for instants outside of the range of datetime."""
    try:
        start, end = raw.start, raw.start if _is_before(raw.end, raw.start) else raw.end
        if raw.all_day:
            start, end = _days(raw, zone)
        return start.astimezone(UTC).astimezone(zone), end.astimezone(UTC).astimezone(zone)
    except OverflowError as error:
        raise PortalChanged("event", id=raw.id, field="start") from error


def _days(raw: RawEvent, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the midnights before the first day and after the last; an end at midnight is exclusive (FullCalendar)."""
    first = raw.start.date()
    after = raw.end.date() if raw.end.time() == time() else raw.end.date() + DAY
    return datetime.combine(first, time(), zone), datetime.combine(max(after, first + DAY), time(), zone)


def _is_before(one: datetime, other: datetime) -> bool:
    return one.astimezone(UTC) < other.astimezone(UTC)


def _recorded_error(failure: Failure) -> AurionError:
    """Return the error of the recorded run, or BadRecording if this version has no error of that name."""
    kind = error_class(failure.error)
    return kind(failure.reason, **rename_facts(failure.facts)) if kind else BadRecording("failure", error=failure.error)
