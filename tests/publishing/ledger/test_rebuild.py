"""A lost ledger is rebuilt from the published calendar, so that clients see no new events."""

import re
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from scraper.domain.changes import Added, Cancelled, Moved, Restored
from scraper.domain.planning import DAY, Period
from scraper.i18n import Catalogue
from scraper.ical.entry import Client, RenderOptions
from tests.cases import for_each
from tests.publishing.ledger.runs import (
    FRENCH,
    FULL,
    ONE,
    PARIS,
    SCHOOL,
    Lesson,
    Memory,
    Runs,
    ledger_in_file,
    lesson,
    recorded,
    target,
    unstamped,
    week,
)

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


def test_lost_ledger_changes_no_byte(run: Runs, sink: Memory) -> None:
    """The same planning gives the same bytes, and no event is new."""
    run(recorded(FULL), target(sink))
    run.lose()
    outcome = run(recorded(FULL), target(sink))
    assert (outcome.is_first, outcome.changes, sink.written) == (False, (), 1)


@ledger_in_file
@for_each("client", ["any", "google", "outlook"])
@for_each(
    "period",
    [None, NEXT],
)
def test_unusual_lessons_are_rebuilt_without_a_change(run: Runs, client: Client, period: Period | None) -> None:
    """Exams, unknown kinds, no length, no subject, special characters and clock changes are read back.

    Only the colours of courses may be given out in another order.
    """
    run, sink = run.other(), Memory()
    run(recorded(ODD), target(sink, client))
    run(recorded(ODD[1:]), target(sink, client))
    run.lose()
    again = recorded(ODD[1:]) if period is None else recorded([], period)
    before = sink.events
    outcome = run(again, target(sink, client))
    assert outcome.changes == ()
    assert [{**one, "COLOR": ""} for one in sink.events.values()] == [{**one, "COLOR": ""} for one in before.values()]


def test_sequence_continues_after_the_loss(run: Runs, sink: Memory) -> None:
    """A change is the next revision, not the first."""
    for room in ("a", "b", "c"):
        run(recorded([*week(6), replace(ONE, room=room)]), target(sink))
    run.lose()
    outcome = run(recorded([*week(6), replace(ONE, start=ONE.start + DAY)]), target(sink))
    assert [type(change) for change in outcome.changes or ()] == [Moved]
    assert sink.event(ONE)["SEQUENCE"] == "3"


@ledger_in_file
@for_each("client", ["any", "google", "apple", "outlook", "thunderbird"])
def test_cancelled_lesson_stays_cancelled_after_the_loss(run: Runs, client: Client) -> None:
    """The returning lesson is restored, whatever the client."""
    run, sink = run.other(), Memory()
    run(recorded(FULL), target(sink, client))
    run(recorded(FULL[:-1]), target(sink, client))
    run.lose()
    assert run(recorded(FULL[:-1]), target(sink, client)).changes == ()
    assert sink.written == 2
    run.lose()
    outcome = run(recorded(FULL), target(sink, client))
    assert [type(change) for change in outcome.changes or ()] == [Restored]
    assert (sink.event(ONE)["STATUS"], sink.event(ONE)["SEQUENCE"]) == ("CONFIRMED", "2")


def test_recreated_lesson_keeps_its_uid_after_the_loss(run: Runs, sink: Memory) -> None:
    """Find the UID, which does not follow from the id, although another lesson has the old id."""
    renewed = replace(ONE, id="new", start=ONE.start + DAY)
    run(recorded(FULL), target(sink))
    run(recorded([*week(6), renewed]), target(sink))
    run(recorded([*week(6), renewed, ONE]), target(sink))
    before = sink.body
    run.lose()
    assert run(recorded([*week(6), renewed, ONE]), target(sink)).changes == ()
    assert sink.body == before
    assert sink.event(ONE)["X-AURION-EVENT-ID"] == "new"


def test_calendar_with_new_ids_is_rebuilt(run: Runs, sink: Memory) -> None:
    """The portal has renumbered all lessons: no UID follows from an id, and the calendar names its school."""
    run(recorded(FULL), target(sink))
    renumbered = [replace(one, id=f"new{one.id}") for one in FULL]
    assert run(recorded(renumbered), target(sink)).changes == ()
    run.lose()
    moved = [replace(renumbered[0], start=renumbered[0].start + DAY), *renumbered[1:]]
    assert [type(change) for change in run(recorded(moved), target(sink)).changes or ()] == [Moved]
    assert sink.events.keys() == {one.uid for one in FULL}


def test_days_of_the_calendar_count_as_covered(run: Runs, sink: Memory) -> None:
    """A missing lesson is cancelled, a new one between first and last is added, a later one comes into view."""
    lessons = [lesson(1, 2, subject="a"), lesson(2, 10, subject="b"), lesson(3, 20, subject="c")]
    run(recorded(lessons), target(sink))
    run.lose()
    further = [lesson(4, 12, subject="d"), lesson(5, 25, subject="e")]
    outcome = run(recorded([*lessons[::2], *further]), target(sink))
    assert [type(change) for change in outcome.changes or ()] == [Cancelled, Added]  # by day
    assert len(sink.events) == 5


@ledger_in_file
def test_calendar_of_another_school_is_replaced(run: Runs, sink: Memory) -> None:
    """Neither keep nor cancel its lessons; count the run as the first one."""
    other = replace(SCHOOL, id="autre", namespace=UUID(int=5))
    run(recorded(week(3, first=20), school=other), target(sink))
    run.lose()
    outcome = run(recorded(FULL), target(sink))
    assert outcome.is_first
    assert sink.events.keys() == {one.uid for one in FULL}


@ledger_in_file
@for_each(
    "body",
    [
        None,
        b"",
        b"OLD",
        b"\xff\x00",
        b"BEGIN:VCALENDAR\r\nPRODID:-//aurion-planning//x\r\nBEGIN:VEVENT\r\nUID:1\r\n",
        BARE,
    ],
)
def test_other_file_is_replaced_by_a_first_run(run: Runs, body: bytes | None) -> None:
    """An empty, cut or foreign file rebuilds no ledger."""
    run, sink = run.other(), Memory()
    sink.body = body
    assert run(recorded(FULL), target(sink)).is_first
    assert {reported["SEQUENCE"] for reported in sink.events.values()} == {"0"}


@ledger_in_file
def test_cut_calendar_is_completed(run: Runs, sink: Memory) -> None:
    """Wherever the file is cut, every lesson is published under its UID again."""
    run(recorded(FULL), target(sink))
    whole = sink.body or b""
    for cut in range(0, len(whole), 797):
        run.lose()
        sink.body = whole[:cut]
        run(recorded(FULL), target(sink))
        assert sink.events.keys() == {one.uid for one in FULL}


@ledger_in_file
def test_edited_calendar_is_corrected(run: Runs, sink: Memory) -> None:
    """An edit in the file is replaced, as a revision where the ledger is lost."""
    run(recorded(FULL), target(sink))
    before = sink.body or b""
    sink.body = before.replace(b"SUMMARY:Anglais avanc", b"SUMMARY:Allemand avanc")
    run(recorded(FULL), target(sink))
    assert sink.body == before
    sink.body = before.replace(b"SUMMARY:Anglais avanc", b"SUMMARY:Allemand avanc")
    run.lose()
    run(recorded(FULL), target(sink))
    assert (sink.event(ONE)["SEQUENCE"], sink.event(ONE)["SUMMARY"]) == ("1", "Anglais avancé")


def test_new_output_continues_the_calendar_at_its_place(run: Runs, sink: Memory) -> None:
    """SEQUENCE continues in an output that the ledger has not published."""
    run.other()(recorded(FULL), target(sink))
    run(recorded(FULL), target(Memory("elsewhere")))
    run(recorded([*week(6), replace(ONE, room="X")]), target(Memory("elsewhere")), target(sink))
    assert sink.event(ONE)["SEQUENCE"] == "1"


@ledger_in_file
def test_lost_ledger_and_another_language_are_one_revision(run: Runs, sink: Memory) -> None:
    """The old calendar is read in its own language: only texts change."""
    run(recorded(FULL), target(sink))
    run.lose()
    english = target(sink, options=RenderOptions(zone=PARIS, words=Catalogue("en")))
    assert run(recorded(FULL), english).changes == ()
    assert {reported["SEQUENCE"] for reported in sink.events.values()} == {"1"}


def test_lessons_of_several_calendars_are_rebuilt_together(run: Runs, sink: Memory) -> None:
    """Each calendar has a part of them."""
    other = Memory("other")
    rules = {"options": RenderOptions(zone=PARIS, words=FRENCH)}
    run(recorded(FULL[:4]), target(sink, **rules))
    run.lose()
    run(recorded(FULL[4:]), target(other, **rules))
    run.lose()
    outcome = run(recorded(FULL), target(sink), target(other))
    assert outcome.changes == ()
    assert sink.events.keys() == other.events.keys() == {one.uid for one in FULL}


@ledger_in_file
def test_times_in_utc_are_rebuilt(run: Runs, sink: Memory) -> None:
    """An event in the night of a clock change is in UTC in the file."""
    night = Lesson(id="n", start=datetime(2026, 10, 25, 0, 30, tzinfo=PARIS), minutes=150)
    october = Period(first=date(2026, 10, 1), last=date(2026, 10, 31))
    run(recorded([night], october), target(sink))
    before = unstamped(sink.event(night))
    run.lose()
    run(recorded([], NEXT), target(sink))
    assert unstamped(sink.event(night)) == before


def test_restored_backup_of_the_ledger_is_brought_up_to_date(run: Runs, sink: Memory) -> None:
    """No byte changes, SEQUENCE never falls, and no change is reported twice."""
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


def test_old_copy_of_the_calendar_does_not_change_the_ledger(run: Runs, sink: Memory) -> None:
    """The copy is updated with later stamps; the events are those of the ledger."""
    run(recorded(FULL), target(sink))
    copy = Memory("copy", sink.body)
    run(recorded([*week(6), replace(ONE, room="X")]), target(sink))
    outcome = run(recorded([*week(6), replace(ONE, room="X")]), target(copy))
    assert (outcome.changes, copy.event(ONE)["LOCATION"], copy.event(ONE)["SEQUENCE"]) == ((), "X", "1")


@ledger_in_file
@for_each("stamp", ["SEQUENCE:-5", f"SEQUENCE:{2**31}", "SEQUENCE:x", "LAST-MODIFIED:99991231T235959Z"])
def test_event_with_invalid_stamps_begins_with_sequence_0(run: Runs, stamp: str) -> None:
    """Other events continue with the next revision."""
    run, sink = run.other(), Memory()
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


@ledger_in_file
def test_foreign_event_is_ignored(run: Runs, sink: Memory) -> None:
    """A lost ledger is rebuilt from the other events, and the foreign one is removed."""
    run(recorded(FULL), target(sink))
    before = sink.body or b""
    own = b"BEGIN:VEVENT\r\nUID:x\r\nLAST-MODIFIED:20260101T000000Z\r\nSEQUENCE:3\r\nEND:VEVENT\r\n"
    sink.body = before.replace(b"END:VCALENDAR", own + b"END:VCALENDAR")
    run.lose()
    assert run(recorded(FULL), target(sink)).changes == ()
    assert sink.body == before
