"""A portal that changes at random, exported at random: the rules that hold for the calendar after each run."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from scraper.domain.changes import Change
from scraper.domain.palette import COLORS
from scraper.domain.planning import DAY, Period
from scraper.errors import SuspiciouslyEmpty
from scraper.publishing.ledger.ledger_file import LedgerFile
from tests.effort import examples
from tests.parsers import Parsed, assert_same_events
from tests.publishing.ledger.runs import PARIS, Lesson, Memory, Runs, answered, recorded, target, unstamped

SPRING, AUTUMN = date(2026, 3, 22), date(2026, 10, 18)
DAYS = [first + DAY * n for first in (SPRING, AUTUMN) for n in range(15)]
"""Two weeks around each change of clocks."""
SHOWN = timedelta(days=30)
days = st.integers(0, len(DAYS) - 1)
hours = st.sampled_from([0, 1, 2, 7, 8, 13, 22, 23])
shifts = st.sampled_from([-15, -14, -2, 0, 1, 7, 14, 15])
people = st.sampled_from([(), ("M. A",), ("M. B", "Mme C")])
fields = st.one_of(
    st.builds(lambda room: {"room": room}, st.sampled_from(["IC1_222", "IC1_333", "Amphi Nord"])),
    st.builds(lambda teachers: {"teachers": teachers}, people),
    st.builds(lambda subject: {"subject": subject}, st.sampled_from(["Anglais", "R&D, suite"])),
    st.builds(lambda note: {"note": note}, st.sampled_from(["", "en ligne"])),
)


def instant(day: int, hour: int) -> datetime:
    """Return that hour of UTC on that day, in Paris: also one that clocks skip or show twice."""
    return datetime(*DAYS[day].timetuple()[:3], hour, tzinfo=UTC).astimezone(PARIS)


class Portal(RuleBasedStateMachine):
    """The portal's lessons by id, those that are gone, and the runs over them."""

    def __init__(self, run: Runs) -> None:
        super().__init__()
        self.run = run
        self.run.now = datetime(2026, 3, 20, 6, tzinfo=UTC)
        self.sink = Memory()
        self.there: dict[str, Lesson] = {}
        self.gone: dict[str, Lesson] = {}
        self.sequences: dict[str, int] = {}
        self.uids: dict[str, str] = {}
        self.made = 0

    def teardown(self) -> None:
        """Leaves nothing."""
        self.run.lose()

    def pick(self, data: st.DataObject, lessons: dict[str, Lesson]) -> Lesson:
        """Draw one of them."""
        return lessons[data.draw(st.sampled_from(sorted(lessons)))]

    def put(self, lesson: Lesson, **changes: object) -> None:
        """The lesson is there, with these changes."""
        one = replace(lesson, **changes)  # type: ignore[arg-type]
        self.there[one.id] = one

    def new_id(self) -> str:
        """An id never used before."""
        self.made += 1
        return f"{self.made}"

    @rule(
        day=days,
        hour=hours,
        minutes=st.sampled_from([30, 120]),
        what=fields,
        steps=st.sampled_from([(0,), (0, 1), (0, 1, 2), (0, 7), (0, 7, 14)]),
    )
    def add(self, day: int, hour: int, minutes: int, what: dict[str, object], steps: tuple[int, ...]) -> None:
        """A lesson comes, once, day after day or week after week."""
        for step in steps:
            start = instant((day + step) % len(DAYS), hour)
            self.put(Lesson(id=self.new_id(), start=start, minutes=minutes, subject="Anglais"), **what)

    @precondition(lambda self: self.there)
    @rule(data=st.data(), shift=shifts, by=st.sampled_from([0, 1, 5]))
    def move(self, data: st.DataObject, shift: int, by: int) -> None:
        """A lesson has another hour."""
        one = self.pick(data, self.there)
        self.put(one, start=(one.start.astimezone(UTC) + shift * DAY + timedelta(hours=by)).astimezone(PARIS))

    @precondition(lambda self: self.there)
    @rule(data=st.data(), what=fields)
    def edit(self, data: st.DataObject, what: dict[str, object]) -> None:
        """Another room, subject or note, other teachers."""
        self.put(self.pick(data, self.there), **what)

    @precondition(lambda self: self.there)
    @rule(data=st.data(), blanks=st.integers(1, 3))
    def write_otherwise(self, data: st.DataObject, blanks: int) -> None:
        """Other blanks, another order of teachers: nothing that matters."""
        one = self.pick(data, self.there)
        self.put(one, blanks=blanks, teachers=one.teachers[::-1])

    @precondition(lambda self: self.there)
    @rule(data=st.data(), most=st.booleans())
    def delete(self, data: st.DataObject, *, most: bool) -> None:
        """A lesson goes, now and then most of them."""
        kept = self.pick(data, self.there)
        for one in list(self.there.values()):
            if (one is kept) != most:
                self.gone[one.id] = self.there.pop(one.id)

    @precondition(lambda self: self.gone)
    @rule(data=st.data(), shift=st.sampled_from([0, 0, 1]))
    def bring_back(self, data: st.DataObject, shift: int) -> None:
        """A lesson that went is there again under its id, perhaps on another day."""
        one = self.gone.pop(self.pick(data, self.gone).id)
        self.put(one, start=one.start + shift * DAY)

    @precondition(lambda self: self.there)
    @rule(data=st.data(), shift=shifts)
    def create_again(self, data: st.DataObject, shift: int) -> None:
        """A lesson goes and comes under another id."""
        one = self.there.pop(self.pick(data, self.there).id)
        self.gone[one.id] = one
        self.put(one, id=self.new_id(), start=(one.start.astimezone(UTC) + shift * DAY).astimezone(PARIS))

    @precondition(lambda self: self.there)
    @rule(part=st.sampled_from([1, 2, 3]))
    def renumber(self, part: int) -> None:
        """All lessons, every second or every third one, are there under new ids."""
        for one in list(self.there.values())[::part]:
            del self.there[one.id]
            self.put(one, id=self.new_id())

    @precondition(lambda self: self.there)
    @rule(part=st.sampled_from([1, 2, 3]))
    def renumber_between_two_runs(self, part: int) -> None:
        """New ids alone: each lesson keeps its UID, nothing is there twice, and no change is reported."""
        self._export_all(1)
        before = self._shown()
        self.renumber(part)
        assert self._export_all(1) == ()
        assert self._shown() == before

    def _shown(self) -> dict[str, list[object]]:
        """Return the visible content of each event that is not cancelled, by UID."""
        return {uid: _visible(one) for uid, one in self.sink.events.items() if one["STATUS"] == "CONFIRMED"}

    @precondition(lambda self: self.sink.body)
    @rule()
    def lose_the_ledger(self) -> None:
        """Only the calendar is left: what is no longer shown in it is forgotten."""
        self.run.lose()
        shown = self.sink.events
        self.sequences = {uid: n for uid, n in self.sequences.items() if uid in shown}
        self.uids = {name: uid for name, uid in self.uids.items() if uid in shown}

    @rule(data=st.data(), one=days, other=days, later=st.sampled_from([-30, 0, 1, 6, 24, 24 * 20, 24 * 60]))
    def export(self, data: st.DataObject, one: int, other: int, later: int) -> None:
        """A run over some days, all or some of them proved."""
        period = Period(first=DAYS[min(one, other)], last=DAYS[max(one, other)])
        whole = st.just([period])
        some = st.lists(st.tuples(days, days).map(lambda p: Period(first=DAYS[min(p)], last=DAYS[max(p)])), max_size=2)
        self._export(period, data.draw(whole | whole | some), self.run.now + timedelta(hours=later))

    @rule(later=st.integers(0, 48))
    def export_all(self, later: int) -> None:
        """A run over everything."""
        self._export_all(later)

    def _export_all(self, later: int) -> tuple[Change, ...]:
        period = Period(first=DAYS[0] - 40 * DAY, last=DAYS[-1] + 40 * DAY)
        return self._export(period, [period], self.run.now + timedelta(hours=later))

    def _export(self, period: Period, proved: list[Period], now: datetime) -> tuple[Change, ...]:
        recording, shown = recorded(self.there.values(), period, proved), target(self.sink, past=100_000)
        before, body, written = self.sink.events, self.sink.body, self.sink.written
        try:
            outcome = self.run(recording, shown, now=now)
        except SuspiciouslyEmpty:
            assert (self.sink.body, self.sink.written) == (body, written)
            outcome = self.run(recording, shown, now=now, accept_empty=True)
        body, written = self.sink.body or b"", self.sink.written
        assert self.run(recording, shown, now=now).changes == ()
        assert (self.sink.body, self.sink.written) == (body, written)
        sure = {day for one in proved for day in one if period.first <= day <= period.last}
        answer = {one.id: one for one in answered(self.there.values(), period)}
        read = {one.uid: one for one in assert_same_events(body)}
        self._check_revisions(before)
        self._check_identities(before)
        self._check_truth(answer, sure, read)
        self._check_untouched(before, answer, sure, now)
        return outcome.changes or ()

    def _check_revisions(self, before: dict[str, dict[str, str]]) -> None:
        """The stamps move when, and only when, something else does; SEQUENCE by one, and never back."""
        before = {uid: _without_color(reported) for uid, reported in before.items()}
        for uid, with_color in self.sink.events.items():
            reported = _without_color(with_color)
            sequence = int(reported["SEQUENCE"])
            assert reported["LAST-MODIFIED"] == reported["DTSTAMP"]
            if old := before.get(uid):
                is_new = unstamped(reported) != unstamped(old)
                assert sequence == int(old["SEQUENCE"]) + is_new
                assert (reported["LAST-MODIFIED"] > old["LAST-MODIFIED"]) == is_new
                assert is_new or reported == old
            assert sequence >= self.sequences.get(uid, 0)
            self.sequences[uid] = sequence

    def _check_identities(self, before: dict[str, dict[str, str]]) -> None:
        """An id keeps its UID until a lesson like it takes its place under another id."""
        for uid, properties in self.sink.events.items():
            name = properties["X-AURION-EVENT-ID"]
            old = before.get(uid, properties)
            if old["X-AURION-EVENT-ID"] != name:
                assert self.uids.pop(old["X-AURION-EVENT-ID"]) == uid
                assert old["STATUS"] == "CONFIRMED" or _visible(old) == _visible(properties)
                assert " ".join(old["SUMMARY"].split()) == " ".join(properties["SUMMARY"].split())
                assert name not in self.uids
            assert self.uids.setdefault(name, uid) == uid
        assert len({one["X-AURION-EVENT-ID"] for one in self.sink.events.values()}) == len(self.sink.events)

    def _check_truth(self, answer: dict[str, Lesson], sure: set[date], read: dict[str, Parsed]) -> None:
        """Check that events of the answer are there, and others on covered days are cancelled."""
        events = {reported["X-AURION-EVENT-ID"]: reported for reported in self.sink.events.values()}
        for one in answer.values():
            reported, seen = events[one.id], read[events[one.id]["UID"]]
            assert reported["STATUS"] == "CONFIRMED"
            assert (seen.start, seen.end) == (one.start.astimezone(UTC), one.end.astimezone(UTC))
            assert (seen.location, seen.summary) == (one.room, one.subject)
            assert all(teacher.split() in _lines(seen.description, teacher) for teacher in one.teachers)
        for name, reported in events.items():
            start = read[reported["UID"]].start
            assert isinstance(start, datetime)
            if start.astimezone(PARIS).date() in sure and name not in answer:
                assert reported["STATUS"] == "CANCELLED"

    def _check_untouched(
        self, before: dict[str, dict[str, str]], answer: dict[str, Lesson], sure: set[date], now: datetime
    ) -> None:
        """Check that other events changed only on covered days, or are too old to be shown."""
        after = self.sink.events
        known = {reported["X-AURION-EVENT-ID"] for reported in after.values()}
        for uid, reported in before.items():
            start = _start(reported)
            if reported["X-AURION-EVENT-ID"] in answer or start.astimezone(PARIS).date() in sure:
                continue
            if uid in after:
                assert after[uid] == reported or _visible(after[uid]) == _visible(reported)
            else:
                assert reported["STATUS"] == "CANCELLED"
                assert start < now - SHOWN
                assert reported["X-AURION-EVENT-ID"] not in known


def _lines(text: str, name: str) -> list[list[str]]:
    return [name.split()] if name in " ".join(text.split()) else []


def _visible(properties: dict[str, str]) -> list[object]:
    """Return the hours and texts of an event, without its id and state."""
    texts = [properties.get(name, "").split() for name in ("SUMMARY", "LOCATION", "CATEGORIES")]
    return [texts, {name: text for name, text in properties.items() if name.startswith(("DTSTART", "DTEND"))}]


def _without_color(reported: dict[str, str]) -> dict[str, str]:
    """Return the properties without the colour of the course, which may differ after a lost ledger."""
    return {name: value for name, value in reported.items() if name != "COLOR" or value not in COLORS}


def _start(reported: dict[str, str]) -> datetime:
    """Return the start, written in UTC or in Paris; the tzid is a parameter of the name."""
    name = next(name for name in reported if name.startswith("DTSTART"))
    read = datetime.strptime(reported[name].rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - the zone follows
    return read.replace(tzinfo=UTC if reported[name].endswith("Z") else PARIS)


@pytest.mark.slow
def test_calendar_follows_a_portal_that_changes_at_random(run: Runs) -> None:
    """The checks run after each export, with four parsers."""
    most = examples(6 if isinstance(run.ledger, LedgerFile) else 2)
    tried = settings(max_examples=most, stateful_step_count=25, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(lambda: Portal(run), settings=tried)
