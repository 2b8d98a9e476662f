"""The events of a simulated day, and its measurements."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.hosting.hosted import SCHOOL

SESSION_LIVES = timedelta(minutes=25)
"""How long after its last request a session at a portal can be used again: portals end it after half an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The events of one day or several, from evening to evening; hours are from the beginning.

    `class_changes` has a number for each day. Clicks are those of one day.

    A scenario that differs from others only by day may begin in the morning, after a night in which all were read.
    `tick` is in seconds, between two looks of the scheduler; it also looks when a worker has nothing left.
    """

    name: str
    students: int = 3_000
    portals: tuple[str, ...] = (SCHOOL,)
    class_changes: tuple[int, ...] = (15,)
    clicks: int = 150
    time_outs: float = 0.003
    outage: tuple[float, float] = (0, 0)
    begins: float = 0
    sign_ups: bool = False
    session_lives: timedelta = SESSION_LIVES
    tick: float = 60
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Measured:
    """The measurements; times in hours. `seen_by_all` are the delays until the last member of a class saw a change.

    `by_hour` counts from the evening on: exchanges, readings by priority, failed ones, changes, those seen by all.
    """

    by_day: Counter[int] = field(default_factory=Counter)
    by_hour: defaultdict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    readings: int = 0
    at_once: int = 0
    first_seen: list[float] = field(default_factory=list)
    seen_by_all: list[float] = field(default_factory=list)
    ages: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    @property
    def exchanges(self) -> int:
        """The exchanges of the day with the most."""
        return max(self.by_day.values(), default=0)
