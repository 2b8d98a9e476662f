"""What changed between what was known and what the portal says now; only proved days speak."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid5

import pytest

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
    """The plain lesson, of two hours, on that day of March."""
    start = datetime(2026, 3, 1, hour, tzinfo=PARIS) + DAY * (day - 1)
    return event(**{"start": start, "end": start + timedelta(hours=2), **changes})


def reported(
    before: Collection[TrackedEvent],
    *events: Event,
    proved: Iterable[Period] = (MARCH,),
    seen: Collection[date] | None = tuple(MARCH),
    now: datetime = LATER,
) -> Diff:
    """What the comparison says of these events, all March being proved unless stated otherwise."""
    fresh = Planning(school="essai", period=MARCH, events=events, proved=tuple(proved))
    return compare(before, fresh, zone=PARIS, namespace=NAMESPACE, seen_days=seen, now=now)


def known(*events: Event) -> tuple[TrackedEvent, ...]:
    """What is known after a first run that saw these."""
    return reported((), *events, seen=None, now=NOW).known


def uid(number: str) -> str:
    """The UID that an event id gives."""
    return str(uuid5(NAMESPACE, number))


def of(compared: Diff) -> dict[str, TrackedEvent]:
    """What is known, by event id."""
    return {one.event.id: one for one in compared.known}


def kinds(compared: Diff) -> list[str]:
    """The kinds of change, sorted."""
    return sorted(KINDS[type(change)] for change in compared.changes)


def test_on_a_first_run_all_is_new() -> None:
    """Every event is added, its UID made of the namespace and its id, first and last seen now."""
    compared = reported((), at(3), at(4, id="2"), seen=None, now=NOW)
    assert compared.changes == (Added(uid=uid(PLAIN.id), after=at(3)), Added(uid=uid("2"), after=at(4, id="2")))
    assert of(compared)["2"] == TrackedEvent(uid=uid("2"), event=at(4, id="2"), first_seen=NOW, last_seen=NOW)


def test_the_same_planning_changes_nothing() -> None:
    """Only the time when it was last seen moves."""
    before = known(at(3))
    compared = reported(before, at(3))
    assert compared.changes == ()
    assert compared.known == (replace(before[0], last_seen=LATER),)


def test_a_lesson_is_added_only_on_a_day_that_was_known() -> None:
    """On a day that no answer ever proved it has only come into view."""
    compared = reported(
        known(at(3)), at(3), at(10, id="2"), at(20, id="3"), seen=set(Period(first=MARCH.first, last=date(2026, 3, 10)))
    )
    assert compared.changes == (Added(uid=uid("2"), after=at(10, id="2")),)
    assert set(of(compared)) == {PLAIN.id, "2", "3"}


def test_a_lesson_missing_on_a_proved_day_is_cancelled() -> None:
    """It stays known as it was, cancelled since now; reported once."""
    before = known(at(3))
    compared = reported(before)
    assert compared.changes == (Cancelled(uid=uid(PLAIN.id), before=at(3)),)
    assert compared.known == (replace(before[0], cancelled_since=LATER),)
    again = reported(compared.known, now=LATER + DAY)
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
def test_elsewhere_its_absence_means_nothing(proved: list[Period]) -> None:
    """A shorter period, one moved on by a day, one of last month only, a hole: what is outside stays as it is."""
    before = known(at(10))
    assert reported(before, proved=proved) == Diff(known=before, changes=())


def test_the_proved_day_is_the_school_s() -> None:
    """A lesson at half past midnight in Paris is of that day, though it is the day before in UTC."""
    start = datetime(2026, 3, 10, 0, 30, tzinfo=PARIS)
    before = known(event(start=start.astimezone(UTC), end=(start + timedelta(hours=1)).astimezone(UTC)))
    assert kinds(reported(before, proved=[Period(first=date(2026, 3, 10), last=date(2026, 3, 10))])) == ["cancelled"]
    assert kinds(reported(before, proved=[Period(first=date(2026, 3, 9), last=date(2026, 3, 9))])) == []


def test_what_an_answer_holds_counts_on_any_day() -> None:
    """Presence needs no proof: a lesson on a day that is not proved is moved and edited all the same."""
    assert kinds(reported(known(at(3)), at(5), proved=())) == ["moved"]


@pytest.mark.parametrize(
    "after", [at(5), at(3, hour=10), at(3, end=at(3).end + timedelta(minutes=30)), at(3, all_day=True)]
)
def test_the_same_id_at_another_hour_is_moved(after: Event) -> None:
    """Another day, another hour, another length, or the whole day; the UID stays."""
    compared = reported(known(at(3)), after)
    assert compared.changes == (Moved(uid=uid(PLAIN.id), before=at(3), after=after),)
    assert of(compared)[PLAIN.id].event == after


def test_hours_are_compared_as_instants() -> None:
    """The same instant in another zone is no move; the second two o'clock of October is another than the first."""
    assert reported(known(at(3)), at(3, start=at(3).start.astimezone(UTC))).changes == ()
    first = event(start=datetime(2026, 10, 25, 2, tzinfo=PARIS), end=datetime(2026, 10, 25, 6, tzinfo=PARIS))
    second = replace(first, start=first.start.replace(fold=1))
    assert kinds(reported(known(first), second)) == ["moved"]


@for_each(
    "changes",
    [
        {"rooms": ("IC1_333",)}, {"teachers": ("Madame GIRARD", "M. RENÉ")}, {"subject": "Algèbre"}, {"kind": "TP"},
        {"note": "apporter un ordinateur"}, {"is_exam": True},
    ],
)  # fmt: skip
def test_another_field_at_the_same_hour_is_edited(changes: dict[str, object]) -> None:
    """Room, teachers, subject, kind, note, exam: with before and after."""
    after = at(3, raw_title=f"{PLAIN.raw_title} {next(iter(changes.values()))}", **changes)
    compared = reported(known(at(3)), after)
    assert compared.changes == (Edited(uid=uid(PLAIN.id), before=at(3), after=after),)
    assert of(compared)[PLAIN.id].event == after


def test_a_lesson_that_becomes_an_exam_is_reported() -> None:
    """Also where the portal says it by the event's class alone, its title being the same."""
    before, after = at(3, raw_kind="COURS_TD"), at(3, raw_kind="est-epreuve", is_exam=True)
    assert reported(known(before), after).changes == (Edited(uid=uid(PLAIN.id), before=before, after=after),)


def test_a_description_is_the_portal_s_own_word() -> None:
    """It is beside the title, and what changes in it is reported."""
    assert kinds(reported(known(at(3)), at(3, description="en ligne"))) == ["edited"]


def test_a_lesson_that_comes_back_is_restored() -> None:
    """Same UID, no longer cancelled, first seen when it first was; moved meanwhile, it is restored all the same."""
    gone = reported(known(at(3))).known
    for after in (at(3), at(5, rooms=("X",))):
        compared = reported(gone, after, now=LATER + DAY)
        assert compared.changes == (Restored(uid=uid(PLAIN.id), before=at(3), after=after),)
        assert compared.known == (TrackedEvent(uid=uid(PLAIN.id), event=after, first_seen=NOW, last_seen=LATER + DAY),)


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "Anglais  avancé ", "raw_title": "IC1_222\n\nAnglais  avancé \nCOURS_TD\nMadame GIRARD"},
        {"teachers": ("M. B", "M. A & C"), "raw_title": "IC1_222\n\nAnglais avancé\nCOURS_TD\nM. B / M. A & C"},
        {"teachers": ("M. A &amp; C", "M. B"), "raw_title": "IC1_222\n\nAnglais avancé\nCOURS_TD\nM. A &amp; C / M. B"},
        {"rooms": ("IC1_333", "IC1_222"), "raw_title": "IC1_333 / IC1_222"},
    ],
    ids=["blank", "order of teachers", "escape", "order of rooms"],
)  # fmt: skip
def test_blanks_orders_and_escapes_change_nothing(changes: dict[str, object]) -> None:
    """Nothing is reported, and what is kept is the raw title of the last real change, so that no byte moves."""
    before = at(3, subject="Anglais avancé", teachers=("M. A & C", "M. B"), rooms=("IC1_222", "IC1_333"))
    compared = reported(known(before), replace(before, **changes))  # type: ignore[arg-type]
    assert compared.changes == ()
    assert of(compared)[PLAIN.id].event == before


def test_a_real_change_brings_the_new_title() -> None:
    """With a new room the portal's new blanks and orders come too."""
    before = at(3, teachers=("M. A", "M. B"))
    after = at(3, teachers=("M. B", "M. A"), rooms=("X",), raw_title="X\n\nAnglais  \nCOURS_TD\nM. B / M. A")
    assert of(reported(known(before), after))[PLAIN.id].event == after


def test_a_better_reading_of_a_title_is_kept_but_reported_to_no_one() -> None:
    """The portal wrote the same words: nothing changed there."""
    read_badly = at(3, subject="IC1_222", rooms=(), teachers=(), note="Anglais\nMadame GIRARD")
    compared = reported(known(read_badly), at(3))
    assert compared.changes == ()
    assert of(compared)[PLAIN.id].event == at(3)


@pytest.mark.parametrize("days", [0, 1, 14, -14])
def test_a_lesson_under_a_new_id_is_the_same_one(days: int) -> None:
    """One gone and one come, alike and within fourteen days: it keeps its UID and is shown as moved."""
    before, after = at(16), at(16 + days, id="new", rooms=("X",), note="?", raw_title="new words")
    compared = reported(known(before), after)
    kind = Moved if days else Edited
    assert compared.changes == (kind(uid=uid(PLAIN.id), before=before, after=after),)
    assert compared.known == (TrackedEvent(uid=uid(PLAIN.id), event=after, first_seen=NOW, last_seen=LATER),)


def test_a_lesson_under_a_new_id_at_its_hour_is_reported_to_no_one() -> None:
    """Only the id changed, which no person sees; from then on it is known by it."""
    compared = reported(known(at(3)), at(3, id="new"))
    assert compared.changes == ()
    assert of(compared)["new"].uid == uid(PLAIN.id)


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
def test_what_is_not_alike_is_another_lesson(after: Event) -> None:
    """Another subject, kind, teacher or length, or more than fourteen days: one cancelled, one added."""
    compared = reported(known(at(16)), after)
    assert kinds(compared) == ["added", "cancelled"]
    assert of(compared)["new"].uid == uid("new")


def test_a_lesson_without_a_subject_is_like_no_other() -> None:
    """Where nothing but the length is alike, nothing is guessed."""
    bare = {"subject": "", "kind": "", "teachers": ()}
    assert kinds(reported(known(at(3, **bare)), at(4, id="new", **bare))) == ["added", "cancelled"]


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
def test_where_two_could_be_intended_nothing_is_guessed(gone: list[int], come: list[int]) -> None:
    """All that went are cancelled, all that came are added, each with the UID of its own id."""
    before = known(*(at(day, id=f"old{day}") for day in gone))
    compared = reported(before, *(at(day, id=f"new{day}") for day in come))
    assert kinds(compared) == ["added"] * len(come) + ["cancelled"] * len(gone)
    assert all(one.uid == uid(one.event.id) for one in compared.known)


def test_pairs_far_from_each_other_are_each_unique() -> None:
    """What is more than fourteen days away from both is not a candidate."""
    compared = reported(known(at(1, id="a"), at(30, id="b")), at(2, id="c"), at(29, id="d"))
    assert {one.event.id: one.uid for one in compared.known} == {"c": uid("a"), "d": uid("b")}


def test_a_lesson_gone_from_an_unproved_day_is_not_gone() -> None:
    """A new one like it is added: the old one may still be there."""
    proved = [Period(first=date(2026, 3, 10), last=date(2026, 3, 31))]
    compared = reported(known(at(9)), at(10, id="new"), proved=proved)
    assert kinds(compared) == ["added"]
    assert of(compared)[PLAIN.id].cancelled_since is None


def test_a_lesson_that_only_came_into_view_is_no_other_one_again() -> None:
    """The next week's lesson, on a day never seen before, was always there: the cancelled one does not become it."""
    seen = set(Period(first=MARCH.first, last=date(2026, 3, 16)))
    compared = reported(known(at(16)), at(23, id="next"), seen=seen)
    assert kinds(compared) == ["cancelled"]
    assert {one.event.id: one.uid for one in compared.known} == {PLAIN.id: uid(PLAIN.id), "next": uid("next")}


def test_a_lesson_cancelled_before_is_not_taken_for_a_new_one() -> None:
    """Only what left in this very answer can have been created again."""
    gone = reported(known(at(3))).known
    assert kinds(reported(gone, at(4, id="new"), now=LATER + DAY)) == ["added"]


def test_an_old_id_that_returns_is_another_lesson() -> None:
    """The lesson created again has kept the UID: the one that comes under the old id gets another, for ever."""
    renewed = reported(known(at(3)), at(5, id="new"))
    both = reported(renewed.known, at(5, id="new"), at(3), now=LATER + DAY)
    assert kinds(both) == ["added"]
    uids = {one.event.id: one.uid for one in both.known}
    assert uids["new"] == uid(PLAIN.id) != uids[PLAIN.id]
    assert {
        one.event.id: one.uid for one in reported(both.known, at(5, id="new"), at(3), now=LATER + 2 * DAY).known
    } == uids


def test_each_return_of_an_old_id_has_a_uid_of_its_own() -> None:
    """However often the portal takes an id up again, no two lessons share a UID."""
    books = known(at(3))
    for turn in range(4):
        renewed = [at(4 + n, id=f"new{n}") for n in range(turn + 1)]
        books = reported(books, *renewed).known
        books = reported(books, *renewed, at(3)).known
        assert [one.cancelled_since for one in books] == [None] * (turn + 2)
        assert len({one.uid for one in books}) == len({one.event.id for one in books}) == turn + 2


def test_counts_name_every_kind() -> None:
    """Kinds that did not happen are reported as zero."""
    some: list[Change] = [
        Cancelled(uid="1", before=at(3)),
        Cancelled(uid="2", before=at(3)),
        Added(uid="3", after=at(3)),
    ]
    assert counts(some) == {"added": 1, "moved": 0, "edited": 0, "cancelled": 2, "restored": 0}


def test_is_same_is_about_one_id() -> None:
    """Two lessons alike under two ids are two."""
    assert is_unchanged(at(3), at(3, raw_title="anything"))
    assert not is_unchanged(at(3), at(3, id="2"))


def test_to_come_are_those_that_begin_after_now_on_these_days() -> None:
    """Neither what is cancelled, nor what has begun, nor what is on another day."""
    some = known(at(3), at(4, id="4"), at(5, id="5"))
    cancelled = replace(some[1], cancelled_since=NOW)
    days = {date(2026, 3, 3), date(2026, 3, 4)}
    assert upcoming((some[0], cancelled, some[2]), NOW, days, PARIS) == [some[0]]
    assert upcoming(some, at(3).start, days, PARIS) == [some[1]]
