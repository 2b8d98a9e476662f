"""A lost ledger is made again from the calendar that is there, so that no client sees everything begin again."""

import re
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

import pytest

from scraper.domain.changes import Added, Cancelled, Moved, Restored
from scraper.domain.planning import DAY, Period
from scraper.i18n import Catalogue
from scraper.ical.entry import Client, RenderOptions
from tests.publishing.ledger.runs import (
    FRENCH,
    PARIS,
    SCHOOL,
    Lesson,
    Memory,
    Runs,
    lesson,
    recorded,
    target,
    unstamped,
    week,
)

ONE = lesson(900)
FULL = (*week(6), ONE)
EXAM = lesson(901, 12, kind="COURS", exam=True, subject="Thermodynamique", note="sans documents")
ODD = (
    EXAM,
    lesson(902, 13, kind="DS", subject="Devoir"),
    lesson(903, 13, kind="NEW_KIND", hour=14),
    lesson(904, 14, minutes=0, subject="", note="Rentrée", teachers=()),
    lesson(905, 15, subject="a, b; c\\d : e", note="Description : rien", teachers=("M. A", "M. B")),
    lesson(906, 29, hour=1, minutes=180),
    lesson(907, 16, kind="", subject="Annulé : Sport"),
)
NEXT = Period(first=date(2026, 4, 1), last=date(2026, 4, 30))
BARE = (
    b"BEGIN:VCALENDAR\r\nPRODID:-//aurion-planning//x\r\nBEGIN:VEVENT\r\nLAST-MODIFIED:20260101T000000Z\r\n"
    b"SEQUENCE:1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def test_a_lost_ledger_moves_no_byte(run: Runs, sink: Memory) -> None:
    """Same planning: the same bytes, and nothing is new."""
    run(recorded(FULL), target(sink))
    run.lose()
    outcome = run(recorded(FULL), target(sink))
    assert (outcome.is_first, outcome.changes, sink.written) == (False, (), 1)


@pytest.mark.parametrize("client", ["any", "google", "outlook"])
@pytest.mark.parametrize("period", [None, NEXT], ids=["seen again", "out of view"])
def test_odd_lessons_too(run: Runs, sink: Memory, client: Client, period: Period | None) -> None:
    """Exams, unknown kinds, no length, no subject, any character, changing clocks: each is read back as it was.

    Only the colours of courses may be given out in another order.
    """
    run(recorded(ODD), target(sink, client))
    run(recorded(ODD[1:]), target(sink, client))
    run.lose()
    again = recorded(ODD[1:]) if period is None else recorded([], period)
    before = sink.events
    outcome = run(again, target(sink, client))
    assert outcome.changes == ()
    assert [{**one, "COLOR": ""} for one in sink.events.values()] == [{**one, "COLOR": ""} for one in before.values()]


def test_sequence_goes_on(run: Runs, sink: Memory) -> None:
    """A change after the loss is the next revision, not the first."""
    for room in ("a", "b", "c"):
        run(recorded([*week(6), replace(ONE, room=room)]), target(sink))
    run.lose()
    outcome = run(recorded([*week(6), replace(ONE, start=ONE.start + DAY)]), target(sink))
    assert [type(change) for change in outcome.changes or ()] == [Moved]
    assert sink.event(ONE)["SEQUENCE"] == "3"


@pytest.mark.parametrize("client", ["any", "google", "apple", "outlook", "thunderbird"])
def test_a_cancelled_lesson_stays_cancelled(run: Runs, sink: Memory, client: Client) -> None:
    """Whatever client it is for; and when it comes back it is restored."""
    run(recorded(FULL), target(sink, client))
    run(recorded(FULL[:-1]), target(sink, client))
    run.lose()
    assert run(recorded(FULL[:-1]), target(sink, client)).changes == ()
    assert sink.written == 2
    run.lose()
    outcome = run(recorded(FULL), target(sink, client))
    assert [type(change) for change in outcome.changes or ()] == [Restored]
    assert (sink.event(ONE)["STATUS"], sink.event(ONE)["SEQUENCE"]) == ("CONFIRMED", "2")


def test_a_lesson_created_again_keeps_its_uid(run: Runs, sink: Memory) -> None:
    """Also one with a UID that is no longer that of its id, and the other one that came under the old id."""
    renewed = replace(ONE, id="new", start=ONE.start + DAY)
    run(recorded(FULL), target(sink))
    run(recorded([*week(6), renewed]), target(sink))
    run(recorded([*week(6), renewed, ONE]), target(sink))
    before = sink.body
    run.lose()
    assert run(recorded([*week(6), renewed, ONE]), target(sink)).changes == ()
    assert sink.body == before
    assert sink.event(ONE)["X-AURION-EVENT-ID"] == "new"


def test_a_calendar_of_new_ids_is_taken_over(run: Runs, sink: Memory) -> None:
    """The portal has numbered all lessons again: no UID is made of an id, and the calendar names its school."""
    run(recorded(FULL), target(sink))
    renumbered = [replace(one, id=f"new{one.id}") for one in FULL]
    assert run(recorded(renumbered), target(sink)).changes == ()
    run.lose()
    moved = [replace(renumbered[0], start=renumbered[0].start + DAY), *renumbered[1:]]
    assert [type(change) for change in run(recorded(moved), target(sink)).changes or ()] == [Moved]
    assert sink.events.keys() == {one.uid for one in FULL}


def test_days_of_the_calendar_speak(run: Runs, sink: Memory) -> None:
    """A lesson gone since is cancelled, one between the first and the last is added, one after them comes into view."""
    lessons = [lesson(1, 2, subject="a"), lesson(2, 10, subject="b"), lesson(3, 20, subject="c")]
    run(recorded(lessons), target(sink))
    run.lose()
    further = [lesson(4, 12, subject="d"), lesson(5, 25, subject="e")]
    outcome = run(recorded([*lessons[::2], *further]), target(sink))
    assert [type(change) for change in outcome.changes or ()] == [Cancelled, Added]  # by day
    assert len(sink.events) == 5


def test_a_calendar_of_another_school_is_not_taken_over(run: Runs, sink: Memory) -> None:
    """Its lessons are none of ours: they are not kept, not called cancelled, and ours are new."""
    other = replace(SCHOOL, id="autre", namespace=UUID(int=5))
    run(recorded(week(3, first=20), school=other), target(sink))
    run.lose()
    outcome = run(recorded(FULL), target(sink))
    assert outcome.is_first
    assert sink.events.keys() == {one.uid for one in FULL}


@pytest.mark.parametrize(
    "body",
    [
        None,
        b"",
        b"OLD",
        b"\xff\x00",
        b"BEGIN:VCALENDAR\r\nPRODID:-//aurion-planning//x\r\nBEGIN:VEVENT\r\nUID:1\r\n",
        BARE,
    ],
    ids=["none", "empty", "text", "bytes", "cut", "bare"],
)
def test_what_is_no_calendar_of_ours_is_a_first_run(run: Runs, sink: Memory, body: bytes | None) -> None:
    """It is replaced, as the user asked."""
    sink.body = body
    assert run(recorded(FULL), target(sink)).is_first
    assert {reported["SEQUENCE"] for reported in sink.events.values()} == {"0"}


def test_a_calendar_cut_anywhere_breaks_nothing(run: Runs, sink: Memory) -> None:
    """Whatever is left of it, every lesson is there again under its UID."""
    run(recorded(FULL), target(sink))
    whole = sink.body or b""
    for cut in range(0, len(whole), 397):
        run.lose()
        sink.body = whole[:cut]
        run(recorded(FULL), target(sink))
        assert sink.events.keys() == {one.uid for one in FULL}


def test_a_calendar_changed_by_hand_is_put_right(run: Runs, sink: Memory) -> None:
    """What someone wrote into the file is replaced, as a revision where the ledger is lost."""
    run(recorded(FULL), target(sink))
    before = sink.body or b""
    sink.body = before.replace(b"SUMMARY:Anglais avanc", b"SUMMARY:Allemand avanc")
    run(recorded(FULL), target(sink))
    assert sink.body == before
    sink.body = before.replace(b"SUMMARY:Anglais avanc", b"SUMMARY:Allemand avanc")
    run.lose()
    run(recorded(FULL), target(sink))
    assert (sink.event(ONE)["SEQUENCE"], sink.event(ONE)["SUMMARY"]) == ("1", "Anglais avancé")


def test_a_new_place_takes_up_the_calendar_that_is_there(run: Runs, sink: Memory) -> None:
    """An output never written by this ledger goes on from what is at its place."""
    run.other()(recorded(FULL), target(sink))
    run(recorded(FULL), target(Memory("elsewhere")))
    run(recorded([*week(6), replace(ONE, room="X")]), target(Memory("elsewhere")), target(sink))
    assert sink.event(ONE)["SEQUENCE"] == "1"


def test_a_lost_ledger_and_another_language(run: Runs, sink: Memory) -> None:
    """The old calendar is read in its own language: nothing changed but the words, once."""
    run(recorded(FULL), target(sink))
    run.lose()
    english = target(sink, options=RenderOptions(zone=PARIS, words=Catalogue("en")))
    assert run(recorded(FULL), english).changes == ()
    assert {reported["SEQUENCE"] for reported in sink.events.values()} == {"1"}


def test_lessons_of_several_calendars_are_taken_together(run: Runs, sink: Memory) -> None:
    """Where each has a part of them, all are known again."""
    other = Memory("other")
    rules = {"options": RenderOptions(zone=PARIS, words=FRENCH)}
    run(recorded(FULL[:4]), target(sink, **rules))
    run.lose()
    run(recorded(FULL[4:]), target(other, **rules))
    run.lose()
    outcome = run(recorded(FULL), target(sink), target(other))
    assert outcome.changes == ()
    assert sink.events.keys() == other.events.keys() == {one.uid for one in FULL}


def test_times_written_in_utc_are_read_back(run: Runs, sink: Memory) -> None:
    """An event over the night of the clocks, in UTC in the file, has its hours again."""
    night = Lesson(id="n", start=datetime(2026, 10, 25, 0, 30, tzinfo=PARIS), minutes=150)
    october = Period(first=date(2026, 10, 1), last=date(2026, 10, 31))
    run(recorded([night], october), target(sink))
    before = unstamped(sink.event(night))
    run.lose()
    run(recorded([], NEXT), target(sink))
    assert unstamped(sink.event(night)) == before


def test_an_old_copy_of_the_ledger_is_brought_up_to_date(run: Runs, sink: Memory) -> None:
    """Restored from a backup it is behind the calendar: no byte moves, SEQUENCE never falls, nothing is repeated."""
    run(recorded(FULL), target(sink))
    restore = run.back_up()
    renewed = replace(ONE, id="new", start=ONE.start + DAY)
    for lessons in ([*week(6), renewed], [*week(5), renewed, ONE], [*week(5), replace(renewed, room="X"), ONE]):
        run(recorded(lessons), target(sink))
    before = sink.body
    restore()
    outcome = run(recorded(lessons), target(sink))
    assert [type(change) for change in outcome.changes or ()] == [Added]
    assert sink.body == before
    assert sink.event(ONE)["SEQUENCE"] == "2"


def test_a_stale_calendar_does_not_turn_the_ledger_back(run: Runs, sink: Memory) -> None:
    """One that was copied elsewhere long ago is published into: its stamps go on, what is known is the ledger's."""
    run(recorded(FULL), target(sink))
    copy = Memory("copy", sink.body)
    run(recorded([*week(6), replace(ONE, room="X")]), target(sink))
    outcome = run(recorded([*week(6), replace(ONE, room="X")]), target(copy))
    assert (outcome.changes, copy.event(ONE)["LOCATION"], copy.event(ONE)["SEQUENCE"]) == ((), "X", "1")


@pytest.mark.parametrize("stamp", ["SEQUENCE:-5", f"SEQUENCE:{2**31}", "SEQUENCE:x", "LAST-MODIFIED:99991231T235959Z"])
def test_stamps_that_are_no_stamps_are_not_gone_on_from(run: Runs, sink: Memory, stamp: str) -> None:
    """Someone edited one event: it begins again, the others go on."""
    run(recorded(FULL), target(sink))
    run(recorded([*FULL[:-1], replace(ONE, room="X")]), target(sink))
    name = stamp.partition(":")[0]
    head, event, tail = (sink.body or b"").rpartition(b"BEGIN:VEVENT")
    sink.body = head + event + re.sub(name.encode() + rb":\w+", stamp.encode(), tail)
    broken = re.search(rb"UID:(\S+)", tail)
    assert broken
    run.lose()
    run(recorded([replace(one, room="Y") for one in FULL]), target(sink))
    assert {reported["SEQUENCE"] for uid, reported in sink.events.items() if uid != broken[1].decode()} == {"1"}
    assert sink.events[broken[1].decode()]["SEQUENCE"] == "0"


def test_an_event_that_is_not_ours_spoils_nothing(run: Runs, sink: Memory) -> None:
    """Someone put an event of his own into the calendar: a lost ledger is made again from the others."""
    run(recorded(FULL), target(sink))
    before = sink.body or b""
    own = b"BEGIN:VEVENT\r\nUID:x\r\nLAST-MODIFIED:20260101T000000Z\r\nSEQUENCE:3\r\nEND:VEVENT\r\n"
    sink.body = before.replace(b"END:VCALENDAR", own + b"END:VCALENDAR")
    run.lose()
    assert run(recorded(FULL), target(sink)).changes == ()
    assert sink.body == before
