"""Changes between tracked events and an answer: only covered days count."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid5

from scraper.domain.changes import (
    KINDS,
    Added,
    Cancelled,
    Change,
    Diff,
    Edited,
    Moved,
    Restored,
    compare,
    counts,
    upcoming,
)
from scraper.domain.matching import TrackedEvent, is_unchanged
from scraper.domain.planning import DAY, Event, Period, Planning
from tests.cases import for_each
from tests.factories import NAMESPACE, PARIS, PLAIN, event

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=6)
MARCH = Period(first=date(2026, 3, 1), last=date(2026, 3, 31))
WEEK = timedelta(days=7)


def at(day: int, hour: int = 8, **changes: object) -> Event:
    """Return the plain lesson, of two hours, on that day of March."""
    start = datetime(2026, 3, 1, hour, tzinfo=PARIS) + DAY * (day - 1)
    return event(**{"start": start, "end": start + timedelta(hours=2), **changes})


def diff_of(
    before: Collection[TrackedEvent],
    *events: Event,
    proved: Iterable[Period] = (MARCH,),
    seen: Collection[date] | None = tuple(MARCH),
    now: datetime = LATER,
) -> Diff:
    """Return the difference to these events; all of March is covered by default."""
    fresh = Planning(school="essai", period=MARCH, events=events, proved=tuple(proved))
    return compare(before, fresh, zone=PARIS, namespace=NAMESPACE, seen_days=seen, now=now)


def known(*events: Event) -> tuple[TrackedEvent, ...]:
    """Return the tracked events after a first run with these events."""
    return diff_of((), *events, seen=None, now=NOW).known


def uid(number: str) -> str:
    """Return the UID of an event id."""
    return str(uuid5(NAMESPACE, number))


def by_id(compared: Diff) -> dict[str, TrackedEvent]:
    """Return the tracked events by event id."""
    return {one.event.id: one for one in compared.known}


def kinds(compared: Diff) -> list[str]:
    """Return the sorted kinds of change."""
    return sorted(KINDS[type(change)] for change in compared.changes)


def test_first_run_adds_every_event() -> None:
    """The UID follows from namespace and id; first and last seen is now."""
    compared = diff_of((), at(3), at(4, id="2"), seen=None, now=NOW)
    assert compared.changes == (Added(uid=uid(PLAIN.id), after=at(3)), Added(uid=uid("2"), after=at(4, id="2")))
    assert by_id(compared)["2"] == TrackedEvent(uid=uid("2"), event=at(4, id="2"), first_seen=NOW, last_seen=NOW)


def test_unchanged_planning_has_no_changes() -> None:
    """Only the time of the last sight is new."""
    before = known(at(3))
    compared = diff_of(before, at(3))
    assert compared.changes == ()
    assert compared.known == (replace(before[0], last_seen=LATER),)


def test_lesson_is_added_only_on_a_covered_day() -> None:
    """On a day that was never covered it only comes into view."""
    compared = diff_of(
        known(at(3)), at(3), at(10, id="2"), at(20, id="3"), seen=set(Period(first=MARCH.first, last=date(2026, 3, 10)))
    )
    assert compared.changes == (Added(uid=uid("2"), after=at(10, id="2")),)
    assert set(by_id(compared)) == {PLAIN.id, "2", "3"}


def test_lesson_missing_on_a_covered_day_is_cancelled() -> None:
    """Keep the event as cancelled since now, and report it once."""
    before = known(at(3))
    compared = diff_of(before)
    assert compared.changes == (Cancelled(uid=uid(PLAIN.id), before=at(3)),)
    assert compared.known == (replace(before[0], cancelled_since=LATER),)
    again = diff_of(compared.known, now=LATER + DAY)
    assert again.changes == ()
    assert again.known == compared.known


@for_each(
    "proved",
    [
        [],
        [Period(first=date(2026, 3, 1), last=date(2026, 3, 9))],
        [Period(first=date(2026, 3, 11), last=date(2026, 3, 31))],
        [Period(first=date(2026, 2, 1), last=date(2026, 2, 28))],
        [
            Period(first=date(2026, 3, 1), last=date(2026, 3, 9)),
            Period(first=date(2026, 3, 11), last=date(2026, 3, 31)),
        ],
    ],
)
def test_lesson_missing_on_another_day_stays(proved: list[Period]) -> None:
    """The period is shorter, later, earlier, or has a gap."""
    before = known(at(10))
    assert diff_of(before, proved=proved) == Diff(known=before, changes=())


def test_covered_day_is_in_the_zone_of_the_school() -> None:
    """Half past midnight in Paris is the day before in UTC."""
    start = datetime(2026, 3, 10, 0, 30, tzinfo=PARIS)
    before = known(event(start=start.astimezone(UTC), end=(start + timedelta(hours=1)).astimezone(UTC)))
    assert kinds(diff_of(before, proved=[Period(first=date(2026, 3, 10), last=date(2026, 3, 10))])) == ["cancelled"]
    assert kinds(diff_of(before, proved=[Period(first=date(2026, 3, 9), last=date(2026, 3, 9))])) == []


def test_event_of_the_answer_counts_on_any_day() -> None:
    """Find moves and edits on days that are not covered, too."""
    assert kinds(diff_of(known(at(3)), at(5), proved=())) == ["moved"]


@for_each("after", [at(5), at(3, hour=10), at(3, end=at(3).end + timedelta(minutes=30)), at(3, all_day=True)])
def test_event_with_other_hours_is_moved(after: Event) -> None:
    """Another day, hour or length, or the whole day; the UID stays."""
    compared = diff_of(known(at(3)), after)
    assert compared.changes == (Moved(uid=uid(PLAIN.id), before=at(3), after=after),)
    assert by_id(compared)[PLAIN.id].event == after


def test_hours_are_compared_as_instants() -> None:
    """The same instant in another zone is no move; the repeated hour of October is another instant."""
    assert diff_of(known(at(3)), at(3, start=at(3).start.astimezone(UTC))).changes == ()
    first = event(start=datetime(2026, 10, 25, 2, tzinfo=PARIS), end=datetime(2026, 10, 25, 6, tzinfo=PARIS))
    second = replace(first, start=first.start.replace(fold=1))
    assert kinds(diff_of(known(first), second)) == ["moved"]


@for_each(
    "changes",
    [
        {"rooms": ("IC1_333",)}, {"teachers": ("Madame GIRARD", "M. RENÉ")}, {"subject": "Algèbre"}, {"kind": "TP"},
        {"note": "apporter un ordinateur"}, {"is_exam": True},
    ],
)  # fmt: skip
def test_event_with_another_field_is_edited(changes: dict[str, object]) -> None:
    """The change has the event before and after."""
    after = at(3, raw_title=f"{PLAIN.raw_title} {next(iter(changes.values()))}", **changes)
    compared = diff_of(known(at(3)), after)
    assert compared.changes == (Edited(uid=uid(PLAIN.id), before=at(3), after=after),)
    assert by_id(compared)[PLAIN.id].event == after


def test_lesson_that_becomes_an_exam_is_edited() -> None:
    """The class of the event alone may show it."""
    before, after = at(3, raw_kind="COURS_TD"), at(3, raw_kind="est-epreuve", is_exam=True)
    assert diff_of(known(before), after).changes == (Edited(uid=uid(PLAIN.id), before=before, after=after),)


def test_changed_description_is_an_edit() -> None:
    """Compare the description, which is not part of the title."""
    assert kinds(diff_of(known(at(3)), at(3, description="en ligne"))) == ["edited"]


def test_returning_lesson_is_restored() -> None:
    """Keep the UID and the time of the first sight, also at other hours."""
    gone = diff_of(known(at(3))).known
    for after in (at(3), at(5, rooms=("X",))):
        compared = diff_of(gone, after, now=LATER + DAY)
        assert compared.changes == (Restored(uid=uid(PLAIN.id), before=at(3), after=after),)
        assert compared.known == (TrackedEvent(uid=uid(PLAIN.id), event=after, first_seen=NOW, last_seen=LATER + DAY),)


@for_each(
    "changes",
    [
        {"subject": "Anglais  avancé ", "raw_title": "IC1_222\n\nAnglais  avancé \nCOURS_TD\nMadame GIRARD"},
        {"teachers": ("M. B", "M. A & C"), "raw_title": "IC1_222\n\nAnglais avancé\nCOURS_TD\nM. B / M. A & C"},
        {"teachers": ("M. A &amp; C", "M. B"), "raw_title": "IC1_222\n\nAnglais avancé\nCOURS_TD\nM. A &amp; C / M. B"},
        {"rooms": ("IC1_333", "IC1_222"), "raw_title": "IC1_333 / IC1_222"},
    ],
)  # fmt: skip
def test_spaces_orders_and_escapes_are_no_changes(changes: dict[str, object]) -> None:
    """The raw title of the last real change is kept, so that no byte changes."""
    before = at(3, subject="Anglais avancé", teachers=("M. A & C", "M. B"), rooms=("IC1_222", "IC1_333"))
    compared = diff_of(known(before), replace(before, **changes))  # type: ignore[arg-type]
    assert compared.changes == ()
    assert by_id(compared)[PLAIN.id].event == before


def test_real_change_replaces_the_raw_title() -> None:
    """The portal's new spaces and orders come with it."""
    before = at(3, teachers=("M. A", "M. B"))
    after = at(3, teachers=("M. B", "M. A"), rooms=("X",), raw_title="X\n\nAnglais  \nCOURS_TD\nM. B / M. A")
    assert by_id(diff_of(known(before), after))[PLAIN.id].event == after


def test_better_reading_of_a_title_is_no_change() -> None:
    """The words of the portal are the same."""
    read_badly = at(3, subject="IC1_222", rooms=(), teachers=(), note="Anglais\nMadame GIRARD")
    compared = diff_of(known(read_badly), at(3))
    assert compared.changes == ()
    assert by_id(compared)[PLAIN.id].event == at(3)


@for_each("days", [0, 1, 14, -14])
def test_lesson_with_a_new_id_keeps_its_uid(days: int) -> None:
    """One is gone and a similar one is new within fourteen days: it is moved."""
    before, after = at(16), at(16 + days, id="new", rooms=("X",), note="?", raw_title="new words")
    compared = diff_of(known(before), after)
    kind = Moved if days else Edited
    assert compared.changes == (kind(uid=uid(PLAIN.id), before=before, after=after),)
    assert compared.known == (TrackedEvent(uid=uid(PLAIN.id), event=after, first_seen=NOW, last_seen=LATER),)


def test_new_id_alone_is_no_change() -> None:
    """The lesson is tracked by its new id from then on."""
    compared = diff_of(known(at(3)), at(3, id="new"))
    assert compared.changes == ()
    assert by_id(compared)["new"].uid == uid(PLAIN.id)


@for_each(
    "after",
    [
        at(16, id="new", subject="Algèbre"),
        at(16, id="new", kind="TP"),
        at(16, id="new", teachers=("M. AUTRE",)),
        at(16, id="new", end=at(16).end + timedelta(minutes=1)),
        at(31, id="new"),
        at(1, hour=7, id="new"),
    ],
)
def test_different_lesson_is_added(after: Event) -> None:
    """Another subject, kind, teacher or length, or more than fourteen days: the old one is cancelled."""
    compared = diff_of(known(at(16)), after)
    assert kinds(compared) == ["added", "cancelled"]
    assert by_id(compared)["new"].uid == uid("new")


def test_lesson_without_a_subject_matches_no_other() -> None:
    """An equal length proves nothing."""
    bare = {"subject": "", "kind": "", "teachers": ()}
    assert kinds(diff_of(known(at(3, **bare)), at(4, id="new", **bare))) == ["added", "cancelled"]


@for_each(
    ("gone", "come"),
    [
        ([16], [17, 18]),
        ([16, 17], [18]),
        ([16, 17], [18, 19]),
        ([3, 16], [10, 24]),
        ([10, 24], [3, 16]),
    ],
)
def test_ambiguous_lessons_are_not_matched(gone: list[int], come: list[int]) -> None:
    """Old ones are cancelled, new ones added with the UIDs of their ids."""
    before = known(*(at(day, id=f"old{day}") for day in gone))
    compared = diff_of(before, *(at(day, id=f"new{day}") for day in come))
    assert kinds(compared) == ["added"] * len(come) + ["cancelled"] * len(gone)
    assert all(one.uid == uid(one.event.id) for one in compared.known)


def test_distant_pairs_are_matched_separately() -> None:
    """A lesson more than fourteen days away is no candidate."""
    compared = diff_of(known(at(1, id="a"), at(30, id="b")), at(2, id="c"), at(29, id="d"))
    assert {one.event.id: one.uid for one in compared.known} == {"c": uid("a"), "d": uid("b")}


def test_lesson_missing_on_an_uncovered_day_is_not_matched() -> None:
    """Add a similar new lesson: the old one may still exist."""
    proved = [Period(first=date(2026, 3, 10), last=date(2026, 3, 31))]
    compared = diff_of(known(at(9)), at(10, id="new"), proved=proved)
    assert kinds(compared) == ["added"]
    assert by_id(compared)[PLAIN.id].cancelled_since is None


def test_lesson_that_comes_into_view_is_not_matched() -> None:
    """Take the cancelled lesson for another one: the day was never covered before."""
    seen = set(Period(first=MARCH.first, last=date(2026, 3, 16)))
    compared = diff_of(known(at(16)), at(23, id="next"), seen=seen)
    assert kinds(compared) == ["cancelled"]
    assert {one.event.id: one.uid for one in compared.known} == {PLAIN.id: uid(PLAIN.id), "next": uid("next")}


def test_lesson_cancelled_earlier_is_not_matched() -> None:
    """Only a lesson that this answer lacks can have been recreated."""
    gone = diff_of(known(at(3))).known
    assert kinds(diff_of(gone, at(4, id="new"), now=LATER + DAY)) == ["added"]


def test_returning_id_of_a_recreated_lesson_is_another_lesson() -> None:
    """The recreated lesson keeps the UID, the other one gets its own."""
    renewed = diff_of(known(at(3)), at(5, id="new"))
    both = diff_of(renewed.known, at(5, id="new"), at(3), now=LATER + DAY)
    assert kinds(both) == ["added"]
    uids = {one.event.id: one.uid for one in both.known}
    assert uids["new"] == uid(PLAIN.id) != uids[PLAIN.id]
    assert {
        one.event.id: one.uid for one in diff_of(both.known, at(5, id="new"), at(3), now=LATER + 2 * DAY).known
    } == uids


def test_each_return_of_an_id_has_its_own_uid() -> None:
    """No two lessons ever share a UID."""
    books = known(at(3))
    for turn in range(4):
        renewed = [at(4 + n, id=f"new{n}") for n in range(turn + 1)]
        books = diff_of(books, *renewed).known
        books = diff_of(books, *renewed, at(3)).known
        assert [one.cancelled_since for one in books] == [None] * (turn + 2)
        assert len({one.uid for one in books}) == len({one.event.id for one in books}) == turn + 2


def test_counts_have_every_kind() -> None:
    """Missing kinds count as zero."""
    some: list[Change] = [
        Cancelled(uid="1", before=at(3)),
        Cancelled(uid="2", before=at(3)),
        Added(uid="3", after=at(3)),
    ]
    assert counts(some) == {"added": 1, "moved": 0, "edited": 0, "cancelled": 2, "restored": 0}


def test_unchanged_event_has_the_same_id() -> None:
    """Equal lessons with two ids are two lessons."""
    assert is_unchanged(at(3), at(3, raw_title="anything"))
    assert not is_unchanged(at(3), at(3, id="2"))


def test_upcoming_events_begin_after_now_on_these_days() -> None:
    """Cancelled ones and those that have begun are left out."""
    some = known(at(3), at(4, id="4"), at(5, id="5"))
    cancelled = replace(some[1], cancelled_since=NOW)
    days = {date(2026, 3, 3), date(2026, 3, 4)}
    assert upcoming((some[0], cancelled, some[2]), NOW, days, PARIS) == [some[0]]
    assert upcoming(some, at(3).start, days, PARIS) == [some[1]]
