"""Publishing with a ledger: when an event is a new revision, what is shown, and what is held."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from scraper.domain.changes import Added, Cancelled, Moved
from scraper.domain.planning import DAY, Period
from scraper.domain.rules import Rule
from scraper.errors import AurionError, SinkUnavailable, SuspiciouslyEmpty
from scraper.i18n import Catalogue
from scraper.ical.entry import Client, RenderOptions
from scraper.publishing.lost_ledger import newer_revisions
from scraper.publishing.publish import copy_published, republish
from tests.cases import for_each
from tests.publishing.ledger.runs import (
    FRENCH,
    FULL,
    MARCH,
    NOW,
    ONE,
    PARIS,
    SCHOOL,
    Lesson,
    Memory,
    Runs,
    dropping,
    ledger_in_file,
    lesson,
    recorded,
    target,
    unstamped,
    week,
)

HOUR = timedelta(hours=1)


def stamps(reported: dict[str, str]) -> tuple[str, str, str]:
    """Return SEQUENCE, LAST-MODIFIED and DTSTAMP."""
    return reported["SEQUENCE"], reported["LAST-MODIFIED"], reported["DTSTAMP"]


def stamp(now: datetime) -> str:
    """Return a time in the form of iCalendar."""
    return f"{now:%Y%m%dT%H%M%SZ}"


def test_first_run_publishes_all_events_with_sequence_0(run: Runs, sink: Memory) -> None:
    """The stamps are the time of the run, and all events are reported as added."""
    outcome = run(recorded(FULL), target(sink))
    assert outcome.is_first
    assert [type(change) for change in outcome.changes or ()] == [Added] * 7
    assert {stamps(reported) for reported in sink.events.values()} == {("0", stamp(run.now), stamp(run.now))}


def test_unchanged_planning_is_not_published_again(run: Runs, sink: Memory) -> None:
    """Later runs deliver nothing and store no calendar."""
    run(recorded(FULL), target(sink))
    before = sink.body
    for hours in (1, 24, 24 * 7):
        outcome = run(recorded(FULL), target(sink), now=run.now + hours * HOUR)
        assert (outcome.is_first, outcome.changes) == (False, ())
    assert (sink.body, sink.written) == (before, 1)
    with run.ledger.reading() as books:
        assert len(books.published_calendars()) == 1


CAUSES = {
    "moved": lambda one: replace(one, start=one.start + HOUR),
    "length": lambda one: replace(one, minutes=90),
    "room": lambda one: replace(one, room="IC1_333"),
    "subject": lambda one: replace(one, subject="Algèbre"),
    "kind": lambda one: replace(one, kind="TP"),
    "teacher": lambda one: replace(one, teachers=("Madame GIRARD", "Monsieur RENÉ")),
    "note": lambda one: replace(one, note="apporter un ordinateur"),
    "new id": lambda one: replace(one, id="77"),
}


@ledger_in_file
@for_each(
    "change",
    CAUSES.values(),
)
def test_each_change_at_the_portal_is_one_revision(run: Runs, change: Callable[[Lesson], Lesson]) -> None:
    """SEQUENCE rises by one and the stamps change, once; those of other events stay."""
    run, sink = run.other(), Memory()
    run(recorded(FULL), target(sink))
    first, before = run.now, sink.events
    for _ in range(2):
        run(recorded((*week(6), change(ONE))), target(sink))
    after = sink.events
    moment = stamp(first + HOUR)
    assert stamps(after[ONE.uid]) == ("1", moment, moment)
    assert sink.written == 2
    assert before.keys() == after.keys()
    assert all(after[uid] == before[uid] for uid in before if uid != ONE.uid)


def test_cancellation_and_restoration_are_one_revision_each(run: Runs, sink: Memory) -> None:
    """The status is CONFIRMED, CANCELLED, CONFIRMED; SEQUENCE is 0, 1, 2 under one UID."""
    seen = []
    for lessons in (FULL, FULL, FULL[:-1], FULL[:-1], FULL, FULL):
        run(recorded(lessons), target(sink))
        reported = sink.event(ONE)
        seen.append((reported["STATUS"], reported["SEQUENCE"]))
    assert seen == [
        *[("CONFIRMED", "0")] * 2,
        *[("CANCELLED", "1")] * 2,
        *[("CONFIRMED", "2")] * 2,
    ]


@ledger_in_file
@for_each("cosmetic", [{"blanks": 2}, {"teachers": ("Monsieur RENÉ", "Madame GIRARD")}, {"subject": "R&amp;D"}])
def test_cosmetic_change_at_the_portal_is_not_published(run: Runs, cosmetic: dict[str, object]) -> None:
    """Double spaces, another order of teachers and an escape are no changes."""
    run, sink = run.other(), Memory()
    one = replace(ONE, teachers=("Madame GIRARD", "Monsieur RENÉ"), subject="R&D")
    run(recorded([one]), target(sink))
    outcome = run(recorded([replace(one, **cosmetic)]), target(sink))  # type: ignore[arg-type]
    assert (outcome.changes, sink.written) == ((), 1)


@ledger_in_file
def test_better_title_layout_is_a_revision_without_a_change(run: Runs, sink: Memory) -> None:
    """The published event changes with its stamps, while nothing changed at the portal."""
    run(recorded([ONE], school=replace(SCHOOL, layouts=("room / note / teachers / kind / subject",))), target(sink))
    read_badly = sink.event(ONE)
    outcome = run(recorded([ONE]), target(sink))
    assert outcome.changes == ()
    assert read_badly["SUMMARY"] != sink.event(ONE)["SUMMARY"] == ONE.subject
    assert sink.event(ONE)["SEQUENCE"] == "1"


@ledger_in_file
@for_each(
    "other",
    [
        {"options": RenderOptions(zone=PARIS, words=Catalogue("en"))},
        {"options": RenderOptions(zone=PARIS, words=FRENCH, alarms=(timedelta(minutes=15),))},
        {"options": RenderOptions(zone=PARIS, words=FRENCH, kinds={"COURS_TD": "Cours-TD"})},
    ],
)
def test_changed_setting_is_one_revision(run: Runs, other: dict[str, object]) -> None:
    """Every event that looks different is a new revision, once."""
    run, sink = run.other(), Memory()
    run(recorded(FULL), target(sink))
    for _ in range(2):
        run(recorded(FULL), target(sink, **other))
    assert {reported["SEQUENCE"] for reported in sink.events.values()} == {"1"}
    assert sink.written == 2


@ledger_in_file
@for_each("client", ["apple", "google", "outlook", "thunderbird"])
def test_other_client_is_a_revision_of_events_that_look_different(run: Runs, client: Client) -> None:
    """Confirmed lessons are the same for every client; a cancelled one is a revision where it looks different."""
    run, sink = run.other(), Memory()
    run(recorded(FULL), target(sink))
    run(recorded(FULL[:-1]), target(sink))
    before = sink.events
    run(recorded(FULL[:-1]), target(sink, client))
    after = sink.events
    for uid, reported in after.items():
        is_other = unstamped(reported) != unstamped(before[uid])
        assert int(reported["SEQUENCE"]) == int(before[uid]["SEQUENCE"]) + is_other
        assert (reported["LAST-MODIFIED"] != before[uid]["LAST-MODIFIED"]) == is_other
    assert (unstamped(after[ONE.uid]) != unstamped(before[ONE.uid])) == (client in {"google", "outlook"})


def test_revisions_are_counted_for_each_calendar(run: Runs, sink: Memory) -> None:
    """A change that a calendar does not show is no revision there."""
    other = Memory("google")
    run(recorded(FULL), target(sink), target(other, "google"))
    run(recorded(FULL), target(sink, options=RenderOptions(zone=PARIS, words=Catalogue("en"))), target(other, "google"))
    run(
        recorded(FULL[:-1]),
        target(sink, options=RenderOptions(zone=PARIS, words=Catalogue("en"))),
        target(other, "google"),
    )
    assert [reported.event(ONE)["SEQUENCE"] for reported in (sink, other)] == ["2", "1"]


@ledger_in_file
def test_event_hidden_by_a_rule_returns_without_a_revision(run: Runs, sink: Memory) -> None:
    """A rule that is deleted leaves the calendar as it was."""
    run(recorded(FULL), target(sink))
    before = sink.body
    run(recorded(FULL), target(sink, rules=dropping(ONE.subject)))
    assert ONE.uid not in sink.events
    run(recorded(FULL), target(sink))
    assert sink.body == before


@ledger_in_file
def test_stamps_grow_although_the_clock_was_set_back(run: Runs, sink: Memory) -> None:
    """Clients would ignore a revision with an older time."""
    run(recorded([ONE]), target(sink))
    first = run.now
    for turn in range(1, 4):
        run(recorded([replace(ONE, room=f"R{turn}")]), target(sink), now=first - turn * DAY)
        later = stamp(first + timedelta(seconds=turn))
        assert stamps(sink.event(ONE)) == (str(turn), later, later)


@ledger_in_file
def test_two_changes_within_a_second_have_different_stamps(run: Runs, sink: Memory) -> None:
    """LAST-MODIFIED has whole seconds, and must grow."""
    run(recorded([ONE]), target(sink), now=NOW)
    run(recorded([replace(ONE, room="X")]), target(sink), now=NOW + timedelta(milliseconds=300))
    assert sink.event(ONE)["LAST-MODIFIED"] == stamp(NOW + timedelta(seconds=1))


@ledger_in_file
@for_each(
    ("client", "status", "summary", "transparent"),
    [
        ("any", "CANCELLED", "Anglais avancé", True),
        ("apple", "CANCELLED", "Anglais avancé", True),
        ("thunderbird", "CANCELLED", "Anglais avancé", True),
        ("outlook", "CANCELLED", "Annulé : Anglais avancé", True),
        ("google", "CONFIRMED", "Annulé : Anglais avancé", True),
    ],
)
def test_cancelled_lesson_has_the_form_that_each_client_needs(
    run: Runs, *, client: Client, status: str, summary: str, transparent: bool
) -> None:
    """Google would delete a cancelled event, so its title shows the state; the time is free for every client."""
    run, sink = run.other(), Memory()
    run(recorded(FULL), target(sink, client))
    run(recorded(FULL[:-1]), target(sink, client))
    reported = sink.event(ONE)
    assert (reported["STATUS"], reported["SUMMARY"], reported.get("TRANSP") == "TRANSPARENT") == (
        status,
        summary,
        transparent,
    )


def test_cancelled_lesson_is_shown_for_thirty_days_after_its_end(run: Runs, sink: Memory) -> None:
    """The limit is exact to the second; a lesson restored after it is the next revision."""
    run(recorded(FULL), target(sink))
    run(recorded(FULL[:-1]), target(sink))
    last = ONE.end.astimezone(UTC) + 30 * DAY
    run(recorded(FULL[:-1]), target(sink), now=last)
    assert sink.event(ONE)["STATUS"] == "CANCELLED"
    run(recorded(FULL[:-1]), target(sink), now=last + timedelta(seconds=1))
    assert ONE.uid not in sink.events
    run(recorded(FULL), target(sink))
    assert (sink.event(ONE)["STATUS"], sink.event(ONE)["SEQUENCE"]) == ("CONFIRMED", "2")


@ledger_in_file
@for_each(("past", "shown"), [(None, ["a", "b"]), (10, ["b"]), (0, []), (4000, ["z", "a", "b"])])
def test_past_lessons_are_shown_for_the_school_year_or_the_given_days(
    run: Runs, past: int | None, shown: list[str]
) -> None:
    """The school year begins in August; future lessons are always shown."""
    run, sink = run.other(), Memory()
    starts = {
        "z": datetime(2025, 7, 31, 8, tzinfo=PARIS),
        "a": datetime(2025, 8, 1, 8, tzinfo=PARIS),
        "b": datetime(2026, 2, 20, 8, tzinfo=PARIS),
        "c": datetime(2026, 3, 20, 8, tzinfo=PARIS),
    }
    lessons = {name: Lesson(id=name, start=start, subject=name) for name, start in starts.items()}
    run(recorded(lessons.values(), Period(first=date(2025, 7, 1), last=date(2026, 3, 31))), target(sink))
    assert len(sink.events) == 4
    run(recorded(lessons.values()), target(sink, past=past))
    assert sink.events.keys() == {lessons[name].uid for name in [*shown, "c"]}


@ledger_in_file
@for_each(("month", "shown"), [(7, True), (8, False)])
def test_school_year_ends_with_july(run: Runs, *, month: int, shown: bool) -> None:
    """In July the lessons of last autumn are shown, in August they are not."""
    run, sink = run.other(), Memory()
    autumn = Lesson(id="a", start=datetime(2025, 10, 1, 8, tzinfo=PARIS))
    run(recorded([autumn], Period(first=autumn.day, last=autumn.day)), target(sink), now=autumn.end)
    summer = Period(first=date(2026, month, 15), last=date(2026, month, 31))
    run(recorded([autumn], summer), target(sink), now=datetime(2026, month, 15, 12, tzinfo=UTC))
    assert (autumn.uid in sink.events) == shown


@ledger_in_file
def test_run_over_another_period_changes_nothing_outside_it(run: Runs, sink: Memory) -> None:
    """The bytes stay after a shorter, a later and an earlier period."""
    run(recorded(FULL), target(sink))
    before = sink.body
    for first, last in ((date(2026, 3, 1), date(2026, 3, 4)), (date(2026, 3, 5), date(2026, 4, 1))):
        run(recorded(FULL, Period(first=first, last=last)), target(sink))
    run(recorded(FULL, Period(first=date(2026, 2, 1), last=date(2026, 2, 28))), target(sink))
    assert (sink.body, sink.written) == (before, 1)


# ---- suspiciously empty


@ledger_in_file
@for_each(
    ("there", "left", "held"),
    [(4, 0, False), (5, 0, True), (5, 1, False), (10, 1, True), (10, 2, False), (11, 2, True), (35, 7, False)],
)
def test_removal_of_more_than_four_fifths_of_five_lessons_is_held(
    run: Runs, *, there: int, left: int, held: bool
) -> None:
    """Nothing is published then; fewer removed lessons are published as cancelled."""
    run, sink = run.other(), Memory()
    lessons = [lesson(n, 2 + n % 25, 8 + 3 * (n // 25), subject=f"s{n}") for n in range(there)]
    run(recorded(lessons), target(sink))
    before = sink.body
    if held:
        with pytest.raises(SuspiciouslyEmpty) as caught:
            run(recorded(lessons[:left]), target(sink))
        assert caught.value.exit_code == 7
        assert (caught.value.facts["gone"], caught.value.facts["known"]) == (there - left, there)
        assert (sink.body, sink.written) == (before, 1)
    else:
        run(recorded(lessons[:left]), target(sink))
        assert sum(reported["STATUS"] == "CANCELLED" for reported in sink.events.values()) == there - left


def test_held_removal_is_dropped_when_the_lessons_return(run: Runs, sink: Memory) -> None:
    """No byte changes."""
    run(recorded(FULL), target(sink))
    for _ in range(2):
        with pytest.raises(SuspiciouslyEmpty):
            run(recorded([]), target(sink))
    assert run(recorded(FULL), target(sink)).changes == ()
    assert sink.written == 1


@ledger_in_file
def test_accepted_empty_planning_cancels_all_lessons(run: Runs, sink: Memory) -> None:
    """The next run has nothing to hold."""
    run(recorded(FULL), target(sink))
    run(recorded([]), target(sink), accept_empty=True)
    assert {reported["STATUS"] for reported in sink.events.values()} == {"CANCELLED"}
    assert run(recorded([]), target(sink)).changes == ()


@ledger_in_file
def test_invalid_calendar_is_not_published(run: Runs, sink: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check runs before the delivery: exit code 70, and the old calendar and ledger stay."""
    run(recorded(FULL), target(sink))
    before = sink.body
    monkeypatch.setattr("scraper.publishing.render.render", lambda *_: b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    with pytest.raises(AurionError) as caught:
        run(recorded((*FULL, lesson(901, 12))), target(sink))
    assert (caught.value.reason, caught.value.exit_code) == ("check", 70)
    assert sink.body == before
    monkeypatch.undo()
    assert [type(change) for change in run(recorded((*FULL, lesson(901, 12))), target(sink)).changes or ()] == [Added]


@ledger_in_file
def test_first_run_without_lessons_succeeds(run: Runs, sink: Memory) -> None:
    """Lessons of later runs are added."""
    outcome = run(recorded([]), target(sink))
    assert (outcome.is_first, outcome.events, sink.events) == (True, (), {})
    assert [type(change) for change in run(recorded([ONE]), target(sink)).changes or ()] == [Added]


@ledger_in_file
def test_empty_period_without_known_days_is_not_held(run: Runs, sink: Memory) -> None:
    """No day of an empty July is in a full March."""
    run(recorded(FULL), target(sink))
    july = Period(first=date(2026, 7, 1), last=date(2026, 7, 31))
    assert run(recorded([], july), target(sink)).changes == ()


def test_days_that_are_not_covered_are_not_held(run: Runs, sink: Memory) -> None:
    """Days that were not covered before or now cancel nothing."""
    run(recorded(FULL), target(sink))
    assert run(recorded([], proved=[]), target(sink)).changes == ()
    other = run.other()
    other(recorded(FULL, proved=[]), target(sink))
    assert len(other(recorded([]), target(sink)).changes or ()) == 7


@ledger_in_file
def test_removal_of_past_lessons_is_not_held(run: Runs, sink: Memory) -> None:
    """Only future lessons are counted."""
    run(recorded(FULL), target(sink))
    assert len(run(recorded([]), target(sink), now=ONE.end + DAY).changes or ()) == 7


def test_lessons_that_all_moved_are_published(run: Runs, sink: Memory) -> None:
    """A whole week moves by a day, also under new ids."""
    lessons = week(6)
    run(recorded(lessons), target(sink))
    later = [replace(one, start=one.start + DAY) for one in lessons]
    run(recorded(later), target(sink))
    outcome = run(recorded([replace(one, id=f"n{one.id}", start=one.start + DAY) for one in later]), target(sink))
    assert [type(change) for change in outcome.changes or ()] == [Moved] * 6
    assert sink.events.keys() == {one.uid for one in lessons}


# ---- deliveries


@ledger_in_file
def test_failed_delivery_does_not_stop_other_calendars(run: Runs, sink: Memory) -> None:
    """The failed calendar stays; the next run publishes the same there."""
    full = Memory("full")
    run(recorded(FULL), target(full), target(sink))
    before, full.broken = full.body, True
    with pytest.raises(SinkUnavailable) as caught:
        run(recorded(FULL[:-1]), target(full), target(sink))
    assert caught.value.exit_code == 8
    assert full.body == before
    assert sink.event(ONE)["STATUS"] == "CANCELLED"
    full.broken = False
    run(recorded(FULL[:-1]), target(full), target(sink))
    assert full.body == sink.body


def test_changes_are_returned_since_a_time(run: Runs, sink: Memory) -> None:
    """Each has the time of its run, oldest first, with the event before and after."""
    run(recorded(FULL), target(sink))
    run(recorded([*FULL[:-1], replace(ONE, start=ONE.start + DAY)]), target(sink))
    moved = run.now
    run(recorded(FULL[:-1]), target(sink))
    with run.ledger.reading() as books:
        reported = books.changes()
        assert [type(one.change) for one in reported] == [Moved, Cancelled]
        assert [one.at for one in reported] == [moved, run.now]
        first = reported[0].change
        assert isinstance(first, Moved)
        assert (first.before.start, first.after.start) == (ONE.start, ONE.start + DAY)
        assert books.changes(moved) == reported
        assert books.changes(moved + timedelta(microseconds=1)) == reported[1:]
        assert books.changes(run.now + HOUR) == []


def test_first_run_stores_no_changes(run: Runs, sink: Memory) -> None:
    """New events of a first run are no changes at the portal."""
    run(recorded(FULL), target(sink))
    with run.ledger.reading() as books:
        assert books.changes() == []


def test_copy_at_another_place_does_not_change_the_ledger(run: Runs, sink: Memory) -> None:
    """The copy equals the last published calendar, and the next run finds nothing later in it."""
    run(recorded(FULL), target(sink))
    run.now += HOUR
    feed = Memory(name="feed.ics")
    own, copy = target(sink, options=RenderOptions(zone=PARIS, words=Catalogue("en"))), target(feed)
    assert republish(SCHOOL, [own], run.ledger, period=MARCH, now=run.now)
    assert copy_published(own, copy, run.ledger, run.now)
    assert feed.body == sink.body
    with run.ledger.reading() as books:
        assert newer_revisions(books, copy) == {}
        assert {one.last_seen for one in books.tracked_events()} == {run.now - HOUR}
    assert not copy_published(target(Memory(name="no.ics")), copy, run.ledger, run.now)


@ledger_in_file
def test_changed_colour_is_not_a_revision(run: Runs, sink: Memory) -> None:
    """The calendar has the colour, and SEQUENCE and the time stamps stay; a reminder is a revision."""
    run(recorded([ONE]), target(sink))
    before = sink.event(ONE)
    run(recorded([ONE]), target(sink, rules=(Rule(do="color", to="olive"),)))
    assert sink.event(ONE) == {**before, "COLOR": "olive"} != before
    run(recorded([ONE]), target(sink, rules=(Rule(do="alarm", to="10m"),)))
    assert sink.event(ONE)["SEQUENCE"] == "1"
