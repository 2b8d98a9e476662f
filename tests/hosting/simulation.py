"""A simulated day: the real scheduler and limits on PostgreSQL, with a simulated clock, portal and workers.

A reading costs what the program was seen to need at the demo portal (`make bench`): eight requests with a login, three
with a session that the portal still knows.
"""

import heapq
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine, insert
from sqlalchemy.dialects.postgresql import insert as pg_insert

from scraper.errors import PortalUnavailable
from scraper.hosting.classes import CANARY_PERIOD, lesson_sample
from scraper.hosting.database.service_tables import exchange_count, turn
from scraper.hosting.priority import Priority
from scraper.hosting.turns import CANARIES_APART, ReadingResult
from tests.hosting.hosted import Service, SimulatedClock, add_students, hosting_settings
from tests.hosting.scenario import Measured, Scenario

LOGIN, KEPT = 8, 3
LATENCY = 0.6
"""Seconds that a portal needs for one answer."""
EVENING = datetime(2026, 11, 29, 21, tzinfo=UTC)
"""A Sunday, 22:00 in Paris: a day is counted from evening to evening."""
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MORNING = timedelta(hours=9)
"""From the evening to the morning."""
NIGHT = timedelta(hours=6.4)
"""The length of the readings in the night before: those of all but the afternoon's canaries."""


@dataclass(slots=True)
class Reading:
    """A reading that runs."""

    student: UUID
    portal: str
    holder: UUID
    began: datetime
    fails: bool = False


@dataclass(slots=True)
class Change:
    """A change of a class, and who has not seen it yet."""

    at: datetime
    key: str
    unseen: set[UUID]


@dataclass(slots=True)
class Simulation:
    """A scenario at work."""

    engine: Engine
    scenario: Scenario
    random: Random = field(default_factory=lambda: Random(2026))  # noqa: S311 - a simulation
    service: Service = field(init=False)
    measured: Measured = field(default_factory=Measured)
    members: dict[int, list[UUID]] = field(default_factory=dict)
    class_of: dict[UUID, int] = field(default_factory=dict)
    portal_of: dict[UUID, str] = field(default_factory=dict)
    last_read: dict[UUID, datetime] = field(default_factory=dict)
    asked_at: dict[UUID, datetime] = field(default_factory=dict)
    changes: dict[int, list[Change]] = field(default_factory=dict)
    running: Counter[str] = field(default_factory=Counter)
    waiting: dict[str, deque[UUID]] = field(default_factory=dict)
    events: list[tuple[datetime, int, str, Any]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)
    busy: set[UUID] = field(default_factory=set)
    ticked: datetime = EVENING

    def __post_init__(self) -> None:
        settings = hosting_settings(politeness=dict.fromkeys(self.scenario.portals, self.scenario.settings))
        self.ticked = EVENING + timedelta(hours=self.scenario.begins)
        self.service = Service(self.engine, settings, SimulatedClock(self.ticked))

    @property
    def now(self) -> datetime:
        """The simulated time."""
        return self.service.clock.now

    def run(self) -> Measured:
        """Run the day and return what was seen."""
        self._prepare()
        scheduler, ends = self.service.scheduler, EVENING + len(self.scenario.class_changes) * DAY
        self._later(0, "tick", None)
        while self.events[0][0] < ends:
            self.service.clock.now, _, kind, what = heapq.heappop(self.events)
            match kind:
                case "tick":
                    self._later(self.scenario.tick, "tick", None)
                case "change":
                    self._change(what)
                case "click":
                    self.service.turns.request_update(what)
                case "sign-up":
                    self._sign_up(what)
                case "begin":
                    self._begin(what)
                case "finish":
                    self._finish(what)
            self._dispatch(scheduler.tick, forced=kind == "tick")
        self._measure_end(ends)
        return self.measured

    # ---- what happens

    def _prepare(self) -> None:
        """Add students in classes of 10 to 40, each read in the night before, and plan the events."""
        for portal in self.scenario.portals:
            left = self.scenario.students // len(self.scenario.portals)
            while left:
                size = min(left, self.random.randint(10, 40))
                self._add_class(portal, len(self.members) + 1, size)
                left -= size
        for day, changes in enumerate(self.scenario.class_changes):
            for number in range(changes):
                key = f"{day}-{number}"
                self._plan("change", (self.random.choice(list(self.members)), key), first=7, last=19, day=day)
            for _ in range(self.scenario.clicks):
                self._plan("click", self.random.choice(list(self.class_of)), first=7, last=21, day=day)

    def _add_class(self, portal: str, number: int, size: int) -> None:
        ids = add_students(self.engine, size, portal, EVENING)
        self.members[number] = ids
        self.class_of |= dict.fromkeys(ids, number)
        self.portal_of |= dict.fromkeys(ids, portal)
        if self.scenario.sign_ups:
            for one in ids:
                self.service.set_state(one, "action")  # not there yet
                self._plan("sign-up", one, first=9, last=10)
            return
        lessons = lesson_sample(f"{number}-{lesson}" for lesson in range(80))
        night = EVENING if self.scenario.begins else EVENING - DAY
        for place, one in enumerate(ids):
            by_day = EVENING - DAY + MORNING + (place + self.random.random()) * CANARY_PERIOD
            again = by_day + CANARIES_APART < EVENING + timedelta(hours=self.scenario.begins)
            self.last_read[one] = night + NIGHT * self.random.random() if by_day > EVENING or again else by_day
        rows = [
            {
                "student": one, "portal": portal, "lessons": lessons, "priority": 0,
                "succeeded_at": self.last_read[one], **self._next(self.last_read[one], night),
            }
            for one in ids
        ]  # fmt: skip
        with self.engine.begin() as connection:
            connection.execute(insert(turn), rows)
            if self.scenario.begins:
                cost = LOGIN * sum(row["reason"] == "night" for row in rows)
                self.measured.by_day[0] += cost
                total = pg_insert(exchange_count).values(portal=portal, hour=EVENING, count=cost)
                more = {"count": exchange_count.c.count + cost}
                connection.execute(total.on_conflict_do_update(index_elements=["portal", "hour"], set_=more))

    @staticmethod
    def _next(read: datetime, night: datetime) -> dict[str, object]:
        """Return when a student is due who was read then: a canary after some hours, others in the evening."""
        if EVENING - DAY + MORNING <= read < EVENING:
            return {"due_at": read + CANARIES_APART, "reason": "canary"}
        return {"due_at": night + DAY, "reason": "night"}

    def _plan(self, kind: str, what: object, *, first: int, last: int, day: int = 0) -> None:
        """Plan an event at a random local time of the day, which begins at 22:00."""
        hours = 24 * day + 2 + first + (last - first) * self.random.random()
        self._later((hours - self.scenario.begins) * 3600, kind, what)

    def _later(self, seconds: float, kind: str, what: object) -> None:
        heapq.heappush(self.events, (self.now + timedelta(seconds=seconds), next(self.numbers), kind, what))

    def _change(self, what: tuple[int, str]) -> None:
        number, key = what
        found = Change(at=self.now, key=f"{number}-{key}", unseen=set(self.members[number]))
        self.changes.setdefault(number, []).append(found)
        self._count("changes")

    def _sign_up(self, one: UUID) -> None:
        self.service.set_state(one, "active")
        self.service.turns.add(one, self.portal_of[one])
        self.asked_at[one] = self.now

    # ---- workers

    def _dispatch(self, tick: Any, *, forced: bool) -> None:  # noqa: ANN401 - a method
        """Give waiting jobs to free workers, and ask the scheduler for more."""
        if forced or (len(self.service.queue.jobs) <= sum(self.running.values()) and self.now != self.ticked):
            self.ticked = self.now
            tick()
        for one in sorted(self.service.queue.jobs, key=lambda one: -self.service.queue.jobs[one]):
            portal = self.portal_of[one]
            if self.running[portal] < self.service.settings.politeness_for(portal).sessions and one not in self.busy:
                self.running[portal] += 1
                self.busy.add(one)
                self._begin(one)

    def _begin(self, one: UUID) -> None:
        """Begin a reading, or try again to get a place."""
        portal, limits, holder = self.portal_of[one], self.service.limits, uuid4()
        try:
            if not limits.take_place(portal, holder):
                self._later(5, "begin", one)
                return
            if not self.service.turns.start(one):
                limits.give_back(portal, holder)
                self._end(one, portal)
                return
            reading = Reading(one, portal, holder, self.now)
            last = self.last_read.get(one)
            cost = KEPT if last and self.now - last < self.scenario.session_lives else LOGIN
            reading.fails = self._is_out() or self.random.random() < self.scenario.time_outs
            cost = 1 if self._is_out() else cost
            wait = limits.reserve(portal, holder, cost)
        except PortalUnavailable as error:
            if self.service.turns.start(one):
                self.service.turns.finish(one, ReadingResult.from_error(error))
            self._end(one, portal)
            return
        self.measured.by_day[(self.now - EVENING) // DAY] += cost
        self._count("exchanges", cost)
        self.measured.at_once = max(self.measured.at_once, self.running[portal])
        self._later(max(wait, (cost - 1) * LATENCY) + LATENCY, "finish", reading)

    def _finish(self, reading: Reading) -> None:
        """End a reading with what it found."""
        one, limits = reading.student, self.service.limits
        limits.give_back(reading.portal, reading.holder)
        if reading.fails or self._is_out():
            kind = "unavailable" if self._is_out() else "timeout"
            limits.record_fault(reading.portal, kind)
            self._count("failed")
            self.service.turns.finish(one, ReadingResult.from_error(PortalUnavailable(kind)))
        else:
            limits.record_success(reading.portal)
            number = self.class_of[one]
            found = [change for change in self.changes.get(number, ()) if change.at <= reading.began]
            fresh = [change for change in found if one in change.unseen]
            for change in fresh:
                self._see(change, one)
            result = ReadingResult(
                outcome="read", lessons=[f"{number}-{n}" for n in range(80)], changes=[change.key for change in fresh]
            )
            self.measured.readings += 1
            self._count(Priority(self.service.queue.jobs[one]).name)
            if one in self.last_read:
                self.measured.ages.append(hours_between(self.last_read[one], self.now))
            elif one in self.asked_at:
                self.measured.waits.append(hours_between(self.asked_at[one], self.now))
            self.last_read[one] = reading.began
            self.service.turns.finish(one, result)
        self._end(one, reading.portal)

    def _end(self, one: UUID, portal: str) -> None:
        self.service.queue.jobs.pop(one)
        self.running[portal] -= 1
        self.busy.discard(one)

    # ---- measuring

    def _count(self, what: str, number: int = 1) -> None:
        self.measured.by_hour[(self.now - EVENING) // HOUR][what] += number

    def _see(self, change: Change, one: UUID) -> None:
        if len(change.unseen) == len(self.members[self.class_of[one]]):
            self.measured.first_seen.append(hours_between(change.at, self.now))
        change.unseen.discard(one)
        if not change.unseen:
            self._count("seen by all")
            self.measured.seen_by_all.append(hours_between(change.at, self.now))

    def _measure_end(self, ends: datetime) -> None:
        """Count what is still old or unseen at the end."""
        self.measured.ages += [hours_between(at, ends) for at in self.last_read.values()]
        unread = self.asked_at.keys() - self.last_read.keys()
        self.measured.waits += [hours_between(self.asked_at[one], ends) for one in unread]
        unseen = [change for changes in self.changes.values() for change in changes if change.unseen]
        self.measured.seen_by_all += [hours_between(change.at, ends) for change in unseen]

    def _is_out(self) -> bool:
        """Whether the portal is out of service."""
        first, last = self.scenario.outage
        return first <= hours_between(EVENING, self.now) < last


def hours_between(before: datetime, after: datetime) -> float:
    """Return the hours between two moments."""
    return (after - before) / HOUR
