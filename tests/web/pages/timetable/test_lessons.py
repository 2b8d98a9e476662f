"""Lessons for the pages: rules, changes, search, dates."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from scraper.domain.changes import Added, Change, Edited, Moved, Restored
from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import DAY, Event, Period
from scraper.domain.rules import RuleOutcome
from scraper.publishing.ledger.records import RecordedChange
from scraper.web.pages.timetable.days import uncertain_days
from scraper.web.pages.timetable.lesson_search import search_lessons
from scraper.web.pages.timetable.lessons import RECENT, Lesson, lessons
from scraper.web.pages.timetable.views import current_and_next, initial_day
from tests.cases import for_each
from tests.factories import event, tracked
from tests.publishing.ledger.runs import PARIS

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
AT_TEN = event(
    id="1", start=datetime(2026, 11, 24, 10, 15, tzinfo=PARIS), end=datetime(2026, 11, 24, 12, 15, tzinfo=PARIS)
)  # fmt: skip
TOMORROW = replace(AT_TEN, start=AT_TEN.start + DAY, end=AT_TEN.end + DAY)


def track(one: Event, **other: datetime | None) -> TrackedEvent:
    """Return the event as tracked in every run."""
    return tracked(one, NOW, **{"first_seen": NOW - 9 * DAY, **other})


def show(one: TrackedEvent, *changes: Change, at: datetime = NOW - DAY) -> list[tuple[str, Event]]:
    """Return mark and event, as shown without rules."""
    reported = [RecordedChange(at=at, change=change) for change in changes]
    return [
        (shown_lesson.mark, shown_lesson.event)
        for shown_lesson in lessons([one], reported, lambda event: RuleOutcome(event=event), NOW)
    ]


def to_lesson(one: Event, **other: object) -> Lesson:
    """Return the event as a lesson of the page."""
    return Lesson(**{"uid": one.id, "event": one, "last_seen": NOW, **other})  # type: ignore[arg-type]


@for_each(
    ("change", "marks"),
    [
        (Added(uid="1", after=TOMORROW), ["added"]),
        (Edited(uid="1", before=replace(TOMORROW, rooms=("A",)), after=TOMORROW), ["edited"]),
        (Moved(uid="1", before=AT_TEN, after=TOMORROW), ["left", "moved"]),
        (Moved(uid="1", before=replace(TOMORROW, end=AT_TEN.end + 2 * DAY), after=TOMORROW), ["moved"]),
        (Restored(uid="1", before=TOMORROW, after=TOMORROW), ["restored"]),
        (Restored(uid="1", before=AT_TEN, after=TOMORROW), ["left", "restored"]),
    ],
)
def test_changed_lesson_is_marked_for_a_month(change: Change, marks: list[str]) -> None:
    """So is the former time of a lesson that was moved."""
    assert [mark for mark, _ in show(track(TOMORROW), change)] == marks
    assert show(track(TOMORROW), change, at=NOW - RECENT) == [("", TOMORROW)]
    if "left" in marks:
        assert show(track(TOMORROW), change)[0][1] == AT_TEN


def test_cancelled_lesson_is_shown_for_thirty_days() -> None:
    """A calendar keeps it as long."""
    gone = track(TOMORROW, cancelled_since=NOW - DAY)
    assert show(gone, Moved(uid="1", before=AT_TEN, after=TOMORROW)) == [("cancelled", TOMORROW)]
    old = replace(TOMORROW, start=TOMORROW.start - 33 * DAY, end=TOMORROW.end - 33 * DAY)
    assert show(track(old, cancelled_since=NOW - 40 * DAY)) == []
    assert show(track(old)) == [("", old)]


def test_rules_apply_to_shown_lessons() -> None:
    """A dropped lesson does not even leave its former place; a renamed one has its new title."""
    changes = [RecordedChange(at=NOW, change=Moved(uid="1", before=AT_TEN, after=TOMORROW))]

    def ruled(one: Event) -> RuleOutcome | None:
        return RuleOutcome(event=replace(one, subject="Maths"), color="olive") if one.start == TOMORROW.start else None

    (only,) = lessons([track(TOMORROW)], changes, ruled, NOW)
    assert (only.mark, only.event.subject, only.color) == ("moved", "Maths", "olive")
    assert lessons([track(AT_TEN)], changes, ruled, NOW) == ()
    (hidden,) = lessons([track(AT_TEN)], changes, ruled, NOW, with_hidden=True)
    assert (hidden.mark, hidden.event, hidden.is_held) == ("dropped", AT_TEN, False)


@for_each(
    ("wanted", "is_found"),
    [
        ("ELECTRONIQUE", True),
        ("électro b207", True),
        ("  osmont   élec ", True),
        ("travaux pratiques", True),
        ("TP", True),
        ("electronique c999", False),
        ("l'électro", True),
    ],
)
def test_search_ignores_accents_and_order(wanted: str, *, is_found: bool) -> None:
    """In subject, room, teacher, kind and note."""
    one = replace(
        AT_TEN,
        subject="Électronique",
        kind="ED_TP",
        rooms=("ISEN B207",),
        teachers=("M. OSMONT",),
        note="L\u2019électro",
    )
    assert bool(search_lessons([to_lesson(one)], wanted, {"ED_TP": "Travaux pratiques"})) is is_found


def test_weekend_shows_the_next_week() -> None:
    """Unless it has a lesson itself."""
    saturday = datetime(2026, 11, 28, 9, tzinfo=UTC)
    there = replace(AT_TEN, start=saturday + timedelta(hours=5), end=saturday + timedelta(hours=6))
    assert initial_day([], saturday, PARIS) == date(2026, 11, 30)
    assert initial_day([to_lesson(there)], saturday, PARIS) == date(2026, 11, 28)
    assert initial_day([to_lesson(there, mark="cancelled")], saturday, PARIS) == date(2026, 11, 30)
    assert initial_day([], NOW, PARIS) == date(2026, 11, 24)


def test_next_lesson_is_neither_cancelled_nor_a_whole_day() -> None:
    """The current lesson is beside it."""
    going = to_lesson(replace(AT_TEN, start=NOW - timedelta(hours=1), end=NOW + timedelta(hours=1)))
    coming = to_lesson(TOMORROW)
    none = [
        to_lesson(replace(AT_TEN, start=NOW + timedelta(minutes=n), end=NOW + DAY, all_day=n == 1), mark=mark)
        for n, mark in ((1, ""), (2, "cancelled"), (3, "left"))
    ]
    assert current_and_next([going, *none, coming], NOW) == (going, coming)
    assert current_and_next(none, NOW) == (None, None)


def test_unconfirmed_days_are_marked() -> None:
    """Days that no run covered, and days with lessons that the last run did not see; past days are not marked."""
    period = Period(first=date(2026, 11, 23), last=date(2026, 11, 27))
    proved = [day for day in period if day.day != 27]
    missed = track(TOMORROW, last_seen=NOW - DAY)
    past = track(replace(AT_TEN, id="2", start=AT_TEN.start - DAY, end=AT_TEN.end - DAY), last_seen=NOW - DAY)
    seen = track(replace(AT_TEN, id="3", start=AT_TEN.start + 2 * DAY, end=AT_TEN.end + 2 * DAY))
    assert uncertain_days([missed, past, seen], proved, period, PARIS) == {date(2026, 11, 25), date(2026, 11, 27)}
    assert uncertain_days([replace(missed, cancelled_since=NOW), seen], proved, period, PARIS) == {date(2026, 11, 27)}
