"""Matching of events: they keep their UIDs with new ids, also together with real changes."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from scraper.domain.changes import Diff, compare, counts
from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import DAY, Event, Period, Planning
from tests.cases import for_each
from tests.factories import bare_event, tracked

PARIS = ZoneInfo("Europe/Paris")
NAMESPACE = UUID(int=7)
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
LATER = NOW + DAY
TERM = Period(first=date(2026, 9, 7), last=date(2027, 1, 31))
WEEKS = 12
COURSES = ("Réseaux", "Analyse", "Anglais", "Projet")
UNCHANGED = {"added": 0, "moved": 0, "edited": 0, "cancelled": 0, "restored": 0}


def lesson(name: str, day: int, hour: int = 8, **fields: object) -> Event:
    """Return a lesson of two hours, so many days after the first of the term."""
    start = datetime(2026, 9, 7, hour, tzinfo=PARIS) + DAY * day
    texts: dict[str, object] = {"subject": "Réseaux", "kind": "CM", "rooms": ("B3",), "teachers": ("M. DUVAL",)}
    return bare_event(start, number=name, **{**texts, **fields})


def weekly() -> list[Event]:
    """Return a timetable that is the same every week: each course on two days."""
    slots = [(w, d, c) for w in range(WEEKS) for c in range(len(COURSES)) for d in (c, (c + 2) % 5)]
    return [
        lesson(f"{number}", 7 * week + day, 8 + 3 * (course % 3), subject=COURSES[course])
        for number, (week, day, course) in enumerate(slots)
    ]


def tracked_events(events: Iterable[Event]) -> list[TrackedEvent]:
    """Return the events as an earlier run tracked them."""
    uids = {event.id: str(uuid5(NAMESPACE, event.id)) for event in events}
    return [tracked(e, NOW, uid=uids[e.id]) for e in events]


def compared(before: Iterable[TrackedEvent], fresh: Iterable[Event]) -> Diff:
    """Return the difference of a later run that covers the whole term."""
    events = tuple(sorted(fresh, key=lambda e: (e.start, e.end, e.id)))
    planning = Planning(school="x", period=TERM, events=events, proved=(TERM,))
    return compare(tuple(before), planning, zone=PARIS, namespace=NAMESPACE, seen_days=set(TERM), now=LATER)


def uids(known: Iterable[TrackedEvent]) -> dict[tuple[datetime, str, tuple[str, ...]], str]:
    """Return the UID of each event that is not cancelled, by its hour and words."""
    return {(k.event.start, k.event.subject, k.event.rooms): k.uid for k in known if k.cancelled_since is None}


@for_each("part", [1, 2, 3, WEEKS])
def test_weekly_timetable_with_new_ids_is_unchanged(part: int) -> None:
    """All lessons, or every n-th, have new ids: no UID is lost, and no change is reported."""
    before = tracked_events(weekly())
    fresh = [replace(e, id=f"new{e.id}") if n % part == 0 else e for n, e in enumerate(weekly())]
    after = compared(before, fresh)
    assert counts(after.changes) == UNCHANGED
    assert uids(after.known) == uids(before)
    assert {known.event.id for known in after.known} == {event.id for event in fresh}


@for_each("shift", [1, 7, len(weekly()) // 2, len(weekly()) - 1])
@for_each("wrap", [True, False])
def test_ids_given_to_other_lessons_keep_the_uids(shift: int, *, wrap: bool) -> None:
    """The school numbers its lessons from another number."""
    before, total = tracked_events(weekly()), len(weekly())
    fresh = [replace(e, id=str((n + shift) % total if wrap else n + shift)) for n, e in enumerate(weekly())]
    after = compared(before, fresh)
    assert counts(after.changes) == UNCHANGED
    assert uids(after.known) == uids(before)


def test_two_lessons_far_apart_keep_their_uids() -> None:
    """The course is held twice in a term, 70 days apart."""
    before = tracked_events([lesson("1", 0), lesson("2", 70)])
    after = compared(before, [lesson("8", 0), lesson("9", 70)])
    assert after.changes == ()
    assert uids(after.known) == uids(before)


def test_equal_lessons_keep_two_uids() -> None:
    """Two groups are in one room at one hour."""
    before = tracked_events([lesson("1", 0), lesson("2", 0)])
    after = compared(before, [lesson("8", 0), lesson("9", 0)])
    assert after.changes == ()
    assert {known.uid for known in after.known} == {known.uid for known in before}
    assert {known.event.id for known in after.known} == {"8", "9"}


def test_lesson_moved_to_the_place_of_another_keeps_its_uid() -> None:
    """Cancel the other lesson: the id counts."""
    before = tracked_events([lesson("1", 0), lesson("2", 7)])
    after = compared(before, [lesson("1", 7)])
    assert counts(after.changes) == {**UNCHANGED, "moved": 1, "cancelled": 1}
    assert uids(after.known) == {(lesson("1", 7).start, "Réseaux", ("B3",)): before[0].uid}


def test_course_moved_by_a_week_keeps_its_uids() -> None:
    """Each lesson takes the place of the next one, and all are moved."""
    before = tracked_events([lesson(str(n), 7 * n) for n in range(5)])
    after = compared(before, [lesson(str(n), 7 * n + 7) for n in range(5)])
    assert counts(after.changes) == {**UNCHANGED, "moved": 5}
    assert [known.event.id for known in sorted(after.known, key=lambda k: k.event.start)] == list("01234")
    assert {k.event.id: k.uid for k in after.known} == {k.event.id: k.uid for k in before}


def test_cancelled_lesson_with_a_new_id_is_restored() -> None:
    """An import may delete lessons and create them a day later."""
    before = tracked_events(weekly())
    cancelled = compared(before, [e for e in weekly() if e.subject != "Réseaux"])
    back = compared(cancelled.known, [replace(e, id=f"new{e.id}") for e in weekly()])
    lessons = sum(e.subject == "Réseaux" for e in weekly())
    assert counts(cancelled.changes) == {**UNCHANGED, "cancelled": lessons}
    assert counts(back.changes) == {**UNCHANGED, "restored": lessons}
    assert uids(back.known) == uids(before)


def test_equal_pair_is_matched_without_a_covered_day() -> None:
    """An incomplete answer has the same lesson with a new id."""
    planning = Planning(school="x", period=TERM, events=(lesson("9", 0),), proved=())
    before = tracked_events([lesson("1", 0)])
    after = compare(before, planning, zone=PARIS, namespace=NAMESPACE, seen_days=set(TERM), now=LATER)
    assert after.changes == ()
    assert [known.uid for known in after.known] == [before[0].uid]


def test_lessons_moved_within_their_days_are_matched() -> None:
    """Each moves from the morning to the afternoon, with a new id."""
    before = tracked_events([lesson("1", 0), lesson("2", 7)])
    after = compared(before, [lesson("8", 0, 14), lesson("9", 7, 14)])
    assert counts(after.changes) == {**UNCHANGED, "moved": 2}
    assert [k.uid for k in sorted(after.known, key=lambda k: k.event.start)] == [k.uid for k in before]


def test_reused_id_belongs_to_the_existing_lesson() -> None:
    """A cancelled event with the same id is ignored."""
    gone = replace(tracked_events([lesson("1", 0, subject="Analyse")])[0], uid="gone", cancelled_since=NOW)
    live = tracked_events([lesson("1", 7)])[0]
    for before in ([gone, live], [live, gone]):
        after = compared(before, [lesson("1", 8)])
        assert counts(after.changes) == {**UNCHANGED, "moved": 1}
        assert {known.uid for known in after.known if known.cancelled_since is None} == {live.uid}


@dataclass(frozen=True, slots=True)
class Fate:
    """The change of a lesson between two runs."""

    renumbered: bool
    change: str


fates = st.builds(
    Fate,
    renumbered=st.booleans(),
    change=st.sampled_from(["none"] * 12 + ["removed", "room", "hour", "day"]),
)


@given(
    picks=st.lists(fates, min_size=1, max_size=40),
    whole=st.sampled_from([None, True, False]),
    extra=st.integers(0, 3),
)
def test_new_ids_and_real_changes_in_one_run(picks: list[Fate], whole: bool | None, extra: int) -> None:  # noqa: FBT001
    """Unchanged lessons keep their UIDs without a change, and no lesson occurs twice."""
    lessons, before = weekly(), tracked_events(weekly())
    uid_of = {known.event.id: known.uid for known in before}
    fresh: list[Event] = []
    unchanged: list[tuple[Event, str]] = []
    for number, one in enumerate(lessons):
        fate = picks[number % len(picks)]
        if fate.change == "removed":
            continue
        renumbered = fate.renumbered if whole is None else whole
        after = replace(one, id=f"new{one.id}") if renumbered else one
        if fate.change == "room":
            after = replace(after, rooms=("C9",))
        elif fate.change in {"hour", "day"}:
            by = timedelta(minutes=15) if fate.change == "hour" else DAY
            after = replace(after, start=after.start + by, end=after.end + by)
        else:
            unchanged.append((after, uid_of[one.id]))
        fresh.append(after)
    fresh += [lesson(f"extra{n}", 3 + 7 * n, 18, subject="Conférence") for n in range(extra)]
    result = compared(before, fresh)
    live = {known.event.id: known.uid for known in result.known if known.cancelled_since is None}
    assert live.keys() == {event.id for event in fresh}
    assert len(set(live.values())) == len(fresh)
    # Two lessons of a course may have changed places: what a person sees is then the same.
    assert {uid for _, uid in unchanged} <= set(live.values())
    reported = {change.uid for change in result.changes}
    still = [uid for event, uid in unchanged if live[event.id] == uid]
    assert len(still) == len(unchanged) or any(fate.change == "day" for fate in picks)
    assert not reported & set(still)
    found = counts(result.changes)
    assert found["restored"] == 0
    assert found["added"] - found["cancelled"] == len(fresh) - len(lessons)


def after_fates(lessons: Iterable[Event], fates: list[Fate], whole: bool | None, run: int) -> list[Event]:  # noqa: FBT001
    """Return the lessons that the portal has after a run's fates."""
    fresh: list[Event] = []
    for number, one in enumerate(lessons):
        fate = fates[number % len(fates)]
        if fate.change == "removed":
            continue
        renumbered = fate.renumbered if whole is None else whole
        after = replace(one, id=f"{run}-{one.id}") if renumbered else one
        by = {"hour": timedelta(minutes=15), "day": DAY}.get(fate.change, timedelta())
        rooms = (f"C{run}",) if fate.change == "room" else after.rooms
        fresh.append(replace(after, rooms=rooms, start=after.start + by, end=after.end + by))
    return fresh


@given(
    runs=st.lists(
        st.tuples(st.lists(fates, min_size=1, max_size=12), st.sampled_from([None, True, False]), st.booleans()),
        min_size=2,
        max_size=4,
    )
)
def test_new_ids_and_real_changes_in_many_runs(runs: list[tuple[list[Fate], bool | None, bool]]) -> None:
    """Each run has one event for each lesson; new ids alone change nothing."""
    lessons, known = weekly()[::4], tuple(tracked_events(weekly()[::4]))
    for run, (drawn, whole, pure) in enumerate(runs):
        picks = [replace(fate, change="none") for fate in drawn] if pure else drawn
        fresh = after_fates(lessons, picks, whole, run)
        result = compared(known, fresh)
        live = {one.event.id: one.uid for one in result.known if one.cancelled_since is None}
        before = {one.uid for one in known if one.cancelled_since is None}
        assert live.keys() == {event.id for event in fresh}
        assert len(set(live.values())) == len(fresh)
        if pure:
            assert result.changes == ()
            assert set(live.values()) == before
        found = counts(result.changes)
        assert found["added"] + found["restored"] - found["cancelled"] == len(fresh) - len(before)
        lessons, known = fresh, result.known
