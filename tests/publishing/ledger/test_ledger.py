"""When a published event is a new revision, what is still shown, what is held back: through whole runs."""

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
from scraper.publishing.comparison import newer_revisions
from scraper.publishing.publish import copy_published, republish
from tests.publishing.ledger.runs import (
    FRENCH,
    MARCH,
    NOW,
    PARIS,
    SCHOOL,
    Lesson,
    Memory,
    Runs,
    dropping,
    lesson,
    recorded,
    target,
    unstamped,
    week,
)

HOUR = timedelta(hours=1)
ONE = lesson(900)
FULL = (*week(6), ONE)


def stamps(reported: dict[str, str]) -> tuple[str, str, str]:
    """SEQUENCE, LAST-MODIFIED and DTSTAMP."""
    return reported["SEQUENCE"], reported["LAST-MODIFIED"], reported["DTSTAMP"]


def stamp(now: datetime) -> str:
    """A time as it is written."""
    return f"{now:%Y%m%dT%H%M%SZ}"


def test_a_first_run_publishes_all_with_sequence_nought(run: Runs, sink: Memory) -> None:
    """Each stamp is the run's time; nothing was there before, and that is reported."""
    outcome = run(recorded(FULL), target(sink))
    assert outcome.is_first
    assert [type(change) for change in outcome.changes or ()] == [Added] * 7
    assert {stamps(reported) for reported in sink.events.values()} == {("0", stamp(run.now), stamp(run.now))}


def test_the_same_planning_gives_the_same_bytes(run: Runs, sink: Memory) -> None:
    """However often and whenever: nothing is written again, nothing is noted again."""
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


@pytest.mark.parametrize("change", CAUSES.values(), ids=CAUSES)
def test_each_change_at_the_portal_is_one_revision(run: Runs, sink: Memory, change: Callable[[Lesson], Lesson]) -> None:
    """SEQUENCE rises by one and the stamps move, once; those of all other events stay."""
    run(recorded(FULL), target(sink))
    first, before = run.now, sink.events
    for _ in range(3):
        run(recorded((*week(6), change(ONE))), target(sink))
    after = sink.events
    moment = stamp(first + HOUR)
    assert stamps(after[ONE.uid]) == ("1", moment, moment)
    assert sink.written == 2
    assert before.keys() == after.keys()
    assert all(after[uid] == before[uid] for uid in before if uid != ONE.uid)


def test_a_cancelled_and_a_restored_lesson_are_each_one_revision(run: Runs, sink: Memory) -> None:
    """CONFIRMED, CANCELLED, CONFIRMED: SEQUENCE 0, 1, 2 under one UID."""
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


@pytest.mark.parametrize(
    "cosmetic", [{"blanks": 2}, {"teachers": ("Monsieur RENÉ", "Madame GIRARD")}, {"subject": "R&amp;D"}]
)
def test_cosmetics_of_the_portal_write_no_byte(run: Runs, sink: Memory, cosmetic: dict[str, object]) -> None:
    """A doubled blank, another order of teachers, an escape: the raw title stays that of the last real change."""
    one = replace(ONE, teachers=("Madame GIRARD", "Monsieur RENÉ"), subject="R&D")
    run(recorded([one]), target(sink))
    outcome = run(recorded([replace(one, **cosmetic)]), target(sink))  # type: ignore[arg-type]
    assert (outcome.changes, sink.written) == ((), 1)


def test_a_better_title_reader_is_a_revision_that_no_one_is_reported_of(run: Runs, sink: Memory) -> None:
    """What is published moves with its stamps; at the portal nothing changed."""
    run(recorded([ONE], school=replace(SCHOOL, layouts=("room / note / teachers / kind / subject",))), target(sink))
    read_badly = sink.event(ONE)
    outcome = run(recorded([ONE]), target(sink))
    assert outcome.changes == ()
    assert read_badly["SUMMARY"] != sink.event(ONE)["SUMMARY"] == ONE.subject
    assert sink.event(ONE)["SEQUENCE"] == "1"


@pytest.mark.parametrize(
    "other",
    [
        {"options": RenderOptions(zone=PARIS, words=Catalogue("en"))},
        {"options": RenderOptions(zone=PARIS, words=FRENCH, alarms=(timedelta(minutes=15),))},
        {"options": RenderOptions(zone=PARIS, words=FRENCH, kinds={"COURS_TD": "Cours-TD"})},
    ],
    ids=["language", "alarm", "kind's word"],
)
def test_other_settings_are_one_revision(run: Runs, sink: Memory, other: dict[str, object]) -> None:
    """Every event that looks otherwise is a new revision, once."""
    run(recorded(FULL), target(sink))
    for _ in range(2):
        run(recorded(FULL), target(sink, **other))
    assert {reported["SEQUENCE"] for reported in sink.events.values()} == {"1"}
    assert sink.written == 2


@pytest.mark.parametrize("client", ["apple", "google", "outlook", "thunderbird"])
def test_another_client_is_a_revision_of_what_it_shows_otherwise(run: Runs, sink: Memory, client: Client) -> None:
    """Confirmed lessons are reported to every client alike and stay; a cancelled one moves where it looks otherwise."""
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


def test_two_calendars_count_their_revisions_apart(run: Runs, sink: Memory) -> None:
    """A change that one of them does not show is no revision there."""
    other = Memory("google")
    run(recorded(FULL), target(sink), target(other, "google"))
    run(recorded(FULL), target(sink, options=RenderOptions(zone=PARIS, words=Catalogue("en"))), target(other, "google"))
    run(
        recorded(FULL[:-1]),
        target(sink, options=RenderOptions(zone=PARIS, words=Catalogue("en"))),
        target(other, "google"),
    )
    assert [reported.event(ONE)["SEQUENCE"] for reported in (sink, other)] == ["2", "1"]


def test_a_rule_drops_and_brings_back(run: Runs, sink: Memory) -> None:
    """What a rule drops is left out; back again as it was, it is no revision."""
    run(recorded(FULL), target(sink))
    before = sink.body
    run(recorded(FULL), target(sink, rules=dropping(ONE.subject)))
    assert ONE.uid not in sink.events
    run(recorded(FULL), target(sink))
    assert sink.body == before


def test_a_clock_set_back_moves_no_stamp_back(run: Runs, sink: Memory) -> None:
    """A revision of yesterday's clock is still later than the one before: clients would not look."""
    run(recorded([ONE]), target(sink))
    first = run.now
    for turn in range(1, 4):
        run(recorded([replace(ONE, room=f"R{turn}")]), target(sink), now=first - turn * DAY)
        later = stamp(first + timedelta(seconds=turn))
        assert stamps(sink.event(ONE)) == (str(turn), later, later)


def test_two_changes_within_a_second_have_two_stamps(run: Runs, sink: Memory) -> None:
    """LAST-MODIFIED has whole seconds, and must grow."""
    run(recorded([ONE]), target(sink), now=NOW)
    run(recorded([replace(ONE, room="X")]), target(sink), now=NOW + timedelta(milliseconds=300))
    assert sink.event(ONE)["LAST-MODIFIED"] == stamp(NOW + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("client", "status", "summary", "transparent"),
    [
        ("any", "CANCELLED", "Anglais avancé", True),
        ("apple", "CANCELLED", "Anglais avancé", True),
        ("thunderbird", "CANCELLED", "Anglais avancé", True),
        ("outlook", "CANCELLED", "Annulé : Anglais avancé", True),
        ("google", "CONFIRMED", "Annulé : Anglais avancé", True),
    ],
)
def test_a_cancelled_lesson_as_each_client_needs_it(
    run: Runs, sink: Memory, *, client: Client, status: str, summary: str, transparent: bool
) -> None:
    """Google would take a cancelled event away: it is reported in the title; the hour is free for every client."""
    run(recorded(FULL), target(sink, client))
    run(recorded(FULL[:-1]), target(sink, client))
    reported = sink.event(ONE)
    assert (reported["STATUS"], reported["SUMMARY"], reported.get("TRANSP") == "TRANSPARENT") == (
        status,
        summary,
        transparent,
    )


def test_a_cancelled_lesson_is_shown_for_thirty_days_after_its_hour(run: Runs, sink: Memory) -> None:
    """To the second; then it is left out, and when it comes back after all it is the next revision."""
    run(recorded(FULL), target(sink))
    run(recorded(FULL[:-1]), target(sink))
    last = ONE.end.astimezone(UTC) + 30 * DAY
    run(recorded(FULL[:-1]), target(sink), now=last)
    assert sink.event(ONE)["STATUS"] == "CANCELLED"
    run(recorded(FULL[:-1]), target(sink), now=last + timedelta(seconds=1))
    assert ONE.uid not in sink.events
    run(recorded(FULL), target(sink))
    assert (sink.event(ONE)["STATUS"], sink.event(ONE)["SEQUENCE"]) == ("CONFIRMED", "2")


@pytest.mark.parametrize(("past", "shown"), [(None, ["a", "b"]), (10, ["b"]), (0, []), (4000, ["z", "a", "b"])])
def test_past_lessons_stay_since_the_school_year_began(
    run: Runs, sink: Memory, past: int | None, shown: list[str]
) -> None:
    """Since August where nothing is given, else for so many days; what is to come is there in any case."""
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


@pytest.mark.parametrize(("month", "shown"), [(7, True), (8, False)])
def test_a_school_year_ends_with_july(run: Runs, sink: Memory, *, month: int, shown: bool) -> None:
    """In July last autumn's lessons are still there, in August they are left out."""
    autumn = Lesson(id="a", start=datetime(2025, 10, 1, 8, tzinfo=PARIS))
    run(recorded([autumn], Period(first=autumn.day, last=autumn.day)), target(sink), now=autumn.end)
    summer = Period(first=date(2026, month, 15), last=date(2026, month, 31))
    run(recorded([autumn], summer), target(sink), now=datetime(2026, month, 15, 12, tzinfo=UTC))
    assert (autumn.uid in sink.events) == shown


def test_a_run_over_another_period_changes_nothing_outside_it(run: Runs, sink: Memory) -> None:
    """Shorter, moved on by a day, last month only: the very same bytes."""
    run(recorded(FULL), target(sink))
    before = sink.body
    for first, last in ((date(2026, 3, 1), date(2026, 3, 4)), (date(2026, 3, 5), date(2026, 4, 1))):
        run(recorded(FULL, Period(first=first, last=last)), target(sink))
    run(recorded(FULL, Period(first=date(2026, 2, 1), last=date(2026, 2, 28))), target(sink))
    assert (sink.body, sink.written) == (before, 1)


# ---- suspiciously empty


@pytest.mark.parametrize(
    ("there", "left", "held"),
    [(4, 0, False), (5, 0, True), (5, 1, False), (10, 1, True), (10, 2, False), (11, 2, True), (35, 7, False)],
)
def test_five_lessons_and_more_than_four_fifths(run: Runs, sink: Memory, *, there: int, left: int, held: bool) -> None:
    """Of at least five lessons to come more than four fifths are gone: nothing is published; else it is."""
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


def test_what_was_held_back_is_forgotten(run: Runs, sink: Memory) -> None:
    """When the lessons are there again nothing has changed, and no byte moves."""
    run(recorded(FULL), target(sink))
    for _ in range(2):
        with pytest.raises(SuspiciouslyEmpty):
            run(recorded([]), target(sink))
    assert run(recorded(FULL), target(sink)).changes == ()
    assert sink.written == 1


def test_an_empty_planning_can_be_accepted(run: Runs, sink: Memory) -> None:
    """Then all are cancelled, and the next run has nothing to hold back."""
    run(recorded(FULL), target(sink))
    run(recorded([]), target(sink), accept_empty=True)
    assert {reported["STATUS"] for reported in sink.events.values()} == {"CANCELLED"}
    assert run(recorded([]), target(sink)).changes == ()


def test_a_calendar_that_breaks_a_standard_is_not_published(
    run: Runs, sink: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our own check comes before the swap: exit 70, the old calendar stays, and the ledger knows nothing of the new."""
    run(recorded(FULL), target(sink))
    before = sink.body
    monkeypatch.setattr("scraper.publishing.render.render", lambda *_: b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    with pytest.raises(AurionError) as caught:
        run(recorded((*FULL, lesson(901, 12))), target(sink))
    assert (caught.value.reason, caught.value.exit_code) == ("check", 70)
    assert sink.body == before
    monkeypatch.undo()
    assert [type(change) for change in run(recorded((*FULL, lesson(901, 12))), target(sink)).changes or ()] == [Added]


def test_a_first_run_that_finds_nothing_is_done(run: Runs, sink: Memory) -> None:
    """No lesson was ever there; those that come later are new."""
    outcome = run(recorded([]), target(sink))
    assert (outcome.is_first, outcome.events, sink.events) == (True, (), {})
    assert [type(change) for change in run(recorded([ONE]), target(sink)).changes or ()] == [Added]


def test_a_period_that_moves_into_the_holidays_is_no_alarm(run: Runs, sink: Memory) -> None:
    """An empty July after a full March: no day is in both."""
    run(recorded(FULL), target(sink))
    july = Period(first=date(2026, 7, 1), last=date(2026, 7, 31))
    assert run(recorded([], july), target(sink)).changes == ()


def test_days_that_are_not_proved_are_no_alarm(run: Runs, sink: Memory) -> None:
    """Neither now nor before: an answer that proves nothing empties nothing."""
    run(recorded(FULL), target(sink))
    assert run(recorded([], proved=[]), target(sink)).changes == ()
    other = run.other()
    other(recorded(FULL, proved=[]), target(sink))
    assert len(other(recorded([]), target(sink)).changes or ()) == 7


def test_past_lessons_that_go_are_no_alarm(run: Runs, sink: Memory) -> None:
    """Only lessons to come are counted."""
    run(recorded(FULL), target(sink))
    assert len(run(recorded([]), target(sink), now=ONE.end + DAY).changes or ()) == 7


def test_lessons_that_all_moved_are_not_gone(run: Runs, sink: Memory) -> None:
    """A whole week put off by a day, and one under new ids, are published."""
    lessons = week(6)
    run(recorded(lessons), target(sink))
    later = [replace(one, start=one.start + DAY) for one in lessons]
    run(recorded(later), target(sink))
    outcome = run(recorded([replace(one, id=f"n{one.id}", start=one.start + DAY) for one in later]), target(sink))
    assert [type(change) for change in outcome.changes or ()] == [Moved] * 6
    assert sink.events.keys() == {one.uid for one in lessons}


# ---- deliveries


def test_one_calendar_that_cannot_be_delivered_stops_no_other(run: Runs, sink: Memory) -> None:
    """It stays as it was and is reported; the next run publishes there what it would have."""
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


def test_changes_are_reported_since_a_time(run: Runs, sink: Memory) -> None:
    """With the run's time, oldest first, before and after as they were."""
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


def test_a_first_run_is_reported_as_no_change(run: Runs, sink: Memory) -> None:
    """That all is new is nothing that changed at the portal."""
    run(recorded(FULL), target(sink))
    with run.ledger.reading() as books:
        assert books.changes() == []


def test_a_copy_at_another_place_does_not_change_the_ledger(run: Runs, sink: Memory) -> None:
    """It is the calendar as it was published last, byte for byte; the next run finds nothing in it that is later."""
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


def test_a_colour_alone_is_no_revision(run: Runs, sink: Memory) -> None:
    """The calendar has it, and SEQUENCE and the time stamps stay; a reminder is a change."""
    run(recorded([ONE]), target(sink))
    before = sink.event(ONE)
    run(recorded([ONE]), target(sink, rules=(Rule(do="color", to="olive"),)))
    assert sink.event(ONE) == {**before, "COLOR": "olive"} != before
    run(recorded([ONE]), target(sink, rules=(Rule(do="alarm", to="10m"),)))
    assert sink.event(ONE)["SEQUENCE"] == "1"
