"""Alarms before the first lesson of a day: which event has them, and why they are no revision."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from scraper.domain.choices import Client
from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import Event, Planning
from scraper.ical.entry import FIRST_LESSON, RenderOptions
from scraper.publishing.explain import explain_event
from scraper.publishing.render import _render_shown
from tests.cases import for_each
from tests.publishing.ledger.runs import (
    FRENCH,
    MARCH,
    NOW,
    PARIS,
    Lesson,
    Memory,
    Runs,
    dropping,
    ledger_in_file,
    lesson,
    recorded,
    target,
    week,
)

BEFORE, USUAL = timedelta(minutes=45), timedelta(minutes=10)
EARLY, LATE = lesson(901, 10, 8, subject="Algèbre"), lesson(902, 10, 10, subject="Anglais")
OTHERS = week(6, first=12)


def options(client: Client = "any", **alarms: tuple[timedelta, ...]) -> dict[str, Any]:
    """Return the options of a calendar with alarms before first lessons."""
    given = {"first_lesson_alarms": (BEFORE,), **alarms}
    return {"options": RenderOptions(zone=PARIS, words=FRENCH, client=client, **given)}


def alarms(sink: Memory) -> dict[str, list[timedelta]]:
    """Return the alarms of each event by UID."""
    events = Calendar.from_ical(sink.body or b"").walk("VEVENT")
    return {str(one["UID"]): [-alarm["TRIGGER"].dt for alarm in one.walk("VALARM")] for one in events}


def alarms_of(sink: Memory, *lessons: Lesson) -> list[list[timedelta]]:
    """Return the alarms of these lessons."""
    found = alarms(sink)
    return [found[one.uid] for one in lessons]


@ledger_in_file
@for_each("client", ["any", "apple", "google", "outlook", "thunderbird"])
def test_alarm_moves_to_the_next_lesson_without_a_revision(run: Runs, client: Client) -> None:
    """The alarm returns with the cancelled lesson; only other changes are revisions."""
    run, sink = run.other(), Memory()
    goal = target(sink, **options(client))
    run(recorded([EARLY, LATE, *OTHERS]), goal)
    assert alarms_of(sink, EARLY, LATE, *OTHERS) == [[BEFORE], [], *([BEFORE] for _ in OTHERS)]
    before = sink.event(LATE)
    run(recorded([LATE, *OTHERS]), goal)
    assert alarms_of(sink, EARLY, LATE) == [[], [BEFORE]]
    assert sink.event(EARLY)["SEQUENCE"] == "1"
    run(recorded([EARLY, LATE, *OTHERS]), goal)
    assert alarms_of(sink, EARLY, LATE) == [[BEFORE], []]
    names = ("SEQUENCE", "LAST-MODIFIED", "DTSTAMP")
    assert [sink.event(LATE)[name] for name in names] == [before[name] for name in names]
    assert sink.event(EARLY)["SEQUENCE"] == "2"
    assert sink.written == 3


@ledger_in_file
def test_alarm_ignores_hidden_lessons_and_is_not_a_revision(run: Runs, sink: Memory) -> None:
    """Other alarms stay, and none is repeated."""
    everything = recorded([EARLY, LATE, *OTHERS])
    run(everything, target(sink))
    run(everything, target(sink, **options()))
    assert alarms_of(sink, EARLY, LATE) == [[BEFORE], []]
    assert {event["SEQUENCE"] for event in sink.events.values()} == {"0"}
    run(everything, target(sink, **options(), rules=dropping("Algèbre")))
    assert alarms_of(sink, LATE) == [[BEFORE]]
    assert {event["SEQUENCE"] for event in sink.events.values()} == {"0"}
    run(everything, target(sink, **options(alarms=(USUAL, BEFORE))))
    assert alarms_of(sink, EARLY, LATE) == [[USUAL, BEFORE], [USUAL, BEFORE]]
    assert FIRST_LESSON.encode() not in (sink.body or b"")


def test_lost_ledger_keeps_revisions_with_alarms(run: Runs, sink: Memory) -> None:
    """The rebuilt ledger tells this alarm from the others."""
    goal = target(sink, **options(alarms=(USUAL,)))
    run(recorded([EARLY, LATE, *OTHERS]), goal)
    assert alarms_of(sink, EARLY, LATE) == [[USUAL, BEFORE], [USUAL]]
    run.lose()
    run(recorded([EARLY, LATE, *OTHERS]), goal)
    assert {event["SEQUENCE"] for event in sink.events.values()} == {"0"}
    run.lose()
    run(recorded([LATE, *OTHERS]), goal)
    assert (sink.event(LATE)["SEQUENCE"], sink.event(EARLY)["SEQUENCE"]) == ("0", "1")


def test_explanation_has_the_alarm_of_a_first_lesson() -> None:
    """Show the alarm of the calendar."""
    event = Event(id="1", start=EARLY.start, end=EARLY.end, subject="Algèbre")
    known = TrackedEvent(uid="u", event=event, first_seen=NOW, last_seen=NOW)
    for is_first, triggers in ((True, ["-PT45M"]), (False, [])):
        lines, _ = explain_event(known, options()["options"], (), {}, None, is_first=is_first)
        assert [line.value for line in lines if line.name == "TRIGGER"] == triggers


MOMENTS = st.datetimes(datetime(2026, 3, 20), datetime(2026, 4, 5))  # noqa: DTZ001 - local times around a clock change


@st.composite
def known_events(draw: st.DrawFn) -> tuple[TrackedEvent, ...]:
    """Generate lessons of two weeks: cancelled ones, whole days, some with a hidden subject."""
    found = []
    for number, at in enumerate(draw(st.lists(MOMENTS, max_size=25))):
        all_day = draw(st.booleans()) and draw(st.booleans())
        local = datetime.combine(at.date(), time(), PARIS) if all_day else at.replace(tzinfo=PARIS)
        start = local.astimezone(UTC).astimezone(PARIS)
        event = Event(
            id=str(number), start=start, end=start + timedelta(hours=1), all_day=all_day,
            subject=draw(st.sampled_from(["Algèbre", "Anglais"])), is_exam=draw(st.booleans()),
        )  # fmt: skip
        cancelled = NOW if draw(st.booleans()) else None
        found.append(
            TrackedEvent(uid=f"u{number}", event=event, first_seen=NOW, last_seen=NOW, cancelled_since=cancelled)
        )
    return tuple(draw(st.permutations(found)))


@given(known=known_events(), is_dropping=st.booleans())
def test_one_lesson_of_each_day_has_the_alarm(known: Sequence[TrackedEvent], *, is_dropping: bool) -> None:
    """Choose the earliest that has an hour and is neither cancelled nor hidden."""
    goal = target(Memory(), **options(), rules=dropping("Algèbre") if is_dropping else ())
    found = SimpleNamespace(known=known, planning=Planning(school="x", period=MARCH, events=()))
    marked = {
        one.uid for one in _render_shown(goal, found, {}, NOW) if f"{FIRST_LESSON}:TRUE" in one.lines  # type: ignore[arg-type]
    }  # fmt: skip
    candidates: dict[date, list[TrackedEvent]] = {}
    for one in known:
        is_hidden = is_dropping and one.event.subject == "Algèbre"
        if not (one.cancelled_since or one.event.all_day or is_hidden):
            candidates.setdefault(one.event.start.astimezone(PARIS).date(), []).append(one)
    days = Counter(one.event.start.astimezone(PARIS).date() for one in known if one.uid in marked)
    assert days == dict.fromkeys(candidates, 1)
    for some in candidates.values():
        earliest = min(one.event.start.astimezone(UTC) for one in some)
        assert [one.event.start.astimezone(UTC) for one in some if one.uid in marked] == [earliest]
