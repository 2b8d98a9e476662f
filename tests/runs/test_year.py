"""A school year of runs on their own, with a clock that is set."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from scraper.runs.worker import WorkerResult
from scraper.system import json_store
from tests.runs.world import NAME, World, failed

pytestmark = pytest.mark.slow

PARIS = ZoneInfo("Europe/Paris")
FIRST, LAST = date(2026, 8, 24), date(2027, 8, 23)


def at(month: int, day: int, hour: float = 0) -> datetime:
    """A time of that school year, as clocks at the school show it."""
    year = 2026 if month >= FIRST.month else 2027
    return datetime.combine(date(year, month, day), time(), PARIS) + timedelta(hours=hour)


NEW_VERSION = at(9, 7, 6), at(9, 10, 12)
NIGHT = at(10, 3, 18), at(10, 4, 8)
NEW_PASSWORD, REPORTED_US = at(10, 12, 9), at(10, 15, 20)
OUTAGE = at(11, 10, 2), at(11, 13, 11)
LID_CLOSED = at(12, 19, 12), at(1, 4, 10)
MAINTENANCE = at(7, 5), at(7, 30)
TROUBLES = NEW_VERSION, NIGHT, (NEW_PASSWORD, REPORTED_US), OUTAGE, LID_CLOSED, MAINTENANCE
CHANGES = tuple(at(month, day, 10.5) for month in (9, 10, 11, 12, 1, 2, 3, 4, 5, 6) for day in (2, 9, 11, 13, 24, 26))
"""When the portal's planning changes: also while it cannot be read, and in the nights before the clocks are turned."""


@dataclass(slots=True)
class School:
    """A portal with a year before it. `password` is the one that we have; `seen` the state of its planning we know."""

    password: str = "old"
    seen: int = -1
    published: list[datetime] = field(default_factory=list)

    def __call__(self, now: datetime) -> WorkerResult:
        """What an export now comes to."""
        if NEW_VERSION[0] <= now < NEW_VERSION[1]:
            return failed(6, "no-schedule")
        if any(first <= now < last for first, last in (NIGHT, OUTAGE, MAINTENANCE)):
            return failed(5, "maintenance")
        if now >= NEW_PASSWORD and self.password == "old":
            return failed(3)
        state = sum(change <= now for change in CHANGES)
        changed, self.seen = state != self.seen, state
        if changed:
            self.published.append(now)
        return WorkerResult(exit_code=0, kinds={"edited": int(changed)})


def turns(hours: tuple[int, ...]) -> Iterator[datetime]:
    """When the timer fires: at these hours of the local clock, late where the lid was closed; none is run twice."""
    missed = False
    for number in range((LAST - FIRST).days + 1):
        for hour in hours:
            due = datetime.combine(FIRST + timedelta(days=number), time(hour, 7), PARIS)
            if LID_CLOSED[0] <= due < LID_CLOSED[1]:
                missed = True
                continue
            if missed:
                missed = False
                yield LID_CLOSED[1]
            yield due


def live(world: World, school: School, hours: tuple[int, ...]) -> list[datetime]:
    """The whole year; the person sets the new password after notifications for three days."""
    world.portal, fired = school, []
    for moment in turns(hours):
        if moment >= REPORTED_US and school.password == "old":
            world.runs.unblock()
            school.password = "new"
        fired.append(moment)
        world.now = moment.astimezone(UTC)
        world.turn()
    return fired


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """What a year came to."""

    world: World
    school: School
    fired: list[datetime]

    def asked(self, span: tuple[datetime, datetime]) -> int:
        """How often the portal was asked in that span."""
        return sum(span[0] <= moment < span[1] for moment in self.world.asked)


@pytest.fixture(scope="session")
def year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    """The year with a run every six hours."""
    world, school = World(state=tmp_path_factory.mktemp("year") / "state"), School()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            json_store, "write_private", lambda path, body: path.write_bytes(body)
        )  # thousands, written through
        return Year(world=world, school=school, fired=live(world, school, (1, 7, 13, 19)))


def test_the_portal_is_asked_when_the_timer_fires_and_seldom_while_it_fails(year: Year) -> None:
    """Requests of the whole year, and of each trouble: a wrong password is sent once, whatever the timer does."""
    assert len(year.fired) == 4 * 365 - 64 + 1
    assert year.asked(NEW_VERSION) == 5
    assert year.asked(NIGHT) == 3
    assert year.asked((NEW_PASSWORD, REPORTED_US)) == 1
    assert year.asked(OUTAGE) == 8
    assert year.asked(MAINTENANCE) == 52
    assert year.asked(LID_CLOSED) == 0
    assert len(year.world.asked) == 1320
    spared = len(year.fired) - len(year.world.asked)
    assert spared == sum("waiting" in line or "blocked" in line for line in year.world.lines)


def test_a_person_hears_of_each_trouble_once_and_once_when_it_is_over(year: Year) -> None:
    """Four troubles in a year are eight notifications; a night without a portal and a closed lid are none."""
    reported = year.world.someone.reported
    assert year.world.someone.titles == ["problem", "resolved"] * 4
    assert [text.split(".")[0] for _, text in reported[::2]] == ["Message 6", "Message 3", "Message 5", "Message 5"]
    assert all("Faire ceci." in text and "Le calendrier date du " in text for _, text in reported[::2])


def test_every_change_is_published_once_and_soon(year: Year) -> None:
    """Of sixty changes and the first planning three came while the one before could not be read yet: 58 calendars."""
    assert len(year.school.published) == 58
    for change in CHANGES:
        out = next(moment for moment in year.school.published if moment >= change)
        trouble = next((end for begin, end in TROUBLES if begin <= change < end), change)
        assert out - max(change, trouble) <= (timedelta(hours=7) if trouble == change else timedelta(hours=25)), change


def test_what_failed_is_repaired_soon_after_it_can_be(year: Year) -> None:
    """The first good run after each trouble comes within the longest wait and a turn of the timer."""
    for repaired, hours in (
        (NEW_VERSION[1], 30),
        (NIGHT[1], 12),
        (OUTAGE[1], 18),
        (REPORTED_US, 6),
        (LID_CLOSED[1], 1),
    ):
        assert next(moment for moment in year.world.asked if moment >= repaired) - repaired <= timedelta(hours=hours)


def test_turning_the_clocks_loses_and_doubles_no_run(year: Year) -> None:
    """On each of the two days that are not 24 hours long the portal is asked at the timer's hours."""
    for month, day in ((10, 25), (3, 28)):
        asked = [
            moment.astimezone(PARIS)
            for moment in year.world.asked
            if moment.astimezone(PARIS).date() == at(month, day).date()
        ]
        assert [moment.hour for moment in asked] == [1, 7, 13, 19]


def test_the_log_has_a_line_for_each_step_and_no_login(year: Year) -> None:
    """What began ended, with its code; a login is nowhere."""
    kinds = Counter(line.split()[1] for line in year.world.lines)
    assert kinds["begins"] == kinds["ended"] == kinds["step"] == len(year.world.asked)
    assert not [line for line in year.world.lines if "camille" in line]


def test_what_is_remembered_stays_small(year: Year) -> None:
    """After a year there are two small files for the account."""
    files = list(year.world.state.rglob("*.json"))
    assert len(files) == 2
    assert sum(path.stat().st_size for path in files) < 30_000


def test_an_hourly_timer_asks_a_portal_that_is_down_a_handful_of_times(tmp_path: Path) -> None:
    """The timer fires fourteen times in the night, the portal is asked five times, no one is woken."""
    world = World(state=tmp_path / "state")
    world.portal = lambda now: failed(5, "connection") if NIGHT[0] <= now < NIGHT[1] else WorkerResult(exit_code=0)
    for hour in range(-3, 24):
        world.now = (NIGHT[0] + timedelta(hours=hour, minutes=hour * 7 % 19)).astimezone(UTC)
        world.turn()
    assert sum(NIGHT[0] <= moment < NIGHT[1] for moment in world.asked) == 4
    assert world.someone.reported == []
    assert world.runs.account == NAME
