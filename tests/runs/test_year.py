"""A school year of unattended runs, with a simulated clock."""

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
    """Return a time of the school year, in the zone of the school."""
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
    """A portal with a year of troubles. `password` is the stored one, `seen` the last timetable that was read."""

    password: str = "old"
    seen: int = -1
    published: list[datetime] = field(default_factory=list)

    def __call__(self, now: datetime) -> WorkerResult:
        """Return the result of an export at that time."""
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
    """Yield the times of the timer: these local hours, later where the lid was closed, each once."""
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
    """Run the whole year; the user sets the new password after three days."""
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
    """The result of a year."""

    world: World
    school: School
    fired: list[datetime]

    def asked(self, span: tuple[datetime, datetime]) -> int:
        """Return how often the portal was asked in that span."""
        return sum(span[0] <= moment < span[1] for moment in self.world.asked)


@pytest.fixture(scope="session")
def year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    """Return the year with a run every six hours."""
    world, school = World(state=tmp_path_factory.mktemp("year") / "state"), School()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            json_store, "write_private", lambda path, body: path.write_bytes(body)
        )  # thousands, written through
        return Year(world=world, school=school, fired=live(world, school, (1, 7, 13, 19)))


def test_failing_portal_is_asked_less_often(year: Year) -> None:
    """The number of requests of the year and of each trouble; a wrong password is sent once."""
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


def test_each_trouble_has_one_notification_and_one_at_its_end(year: Year) -> None:
    """Four troubles are eight notifications; a night without a portal and a closed lid have none."""
    reported = year.world.reader.reported
    assert year.world.reader.titles == ["problem", "resolved"] * 4
    assert [text.split(".")[0] for _, text in reported[::2]] == ["Message 6", "Message 3", "Message 5", "Message 5"]
    assert all("Faire ceci." in text and "Le calendrier date du " in text for _, text in reported[::2])


def test_each_change_is_published_once(year: Year) -> None:
    """Three of sixty changes came while the one before could not be read: 58 calendars with the first."""
    assert len(year.school.published) == 58
    for change in CHANGES:
        out = next(moment for moment in year.school.published if moment >= change)
        trouble = next((end for begin, end in TROUBLES if begin <= change < end), change)
        assert out - max(change, trouble) <= (timedelta(hours=7) if trouble == change else timedelta(hours=25)), change


def test_first_successful_run_follows_each_trouble(year: Year) -> None:
    """It comes within the longest wait and one turn of the timer."""
    for repaired, hours in (
        (NEW_VERSION[1], 30),
        (NIGHT[1], 12),
        (OUTAGE[1], 18),
        (REPORTED_US, 6),
        (LID_CLOSED[1], 1),
    ):
        assert next(moment for moment in year.world.asked if moment >= repaired) - repaired <= timedelta(hours=hours)


def test_change_of_daylight_saving_time_keeps_the_hours(year: Year) -> None:
    """On both days the portal is asked at the hours of the timer."""
    for month, day in ((10, 25), (3, 28)):
        asked = [
            moment.astimezone(PARIS)
            for moment in year.world.asked
            if moment.astimezone(PARIS).date() == at(month, day).date()
        ]
        assert [moment.hour for moment in asked] == [1, 7, 13, 19]


def test_log_has_a_line_for_each_step_without_the_login(year: Year) -> None:
    """Each begin has an end."""
    kinds = Counter(line.split()[1] for line in year.world.lines)
    assert kinds["begins"] == kinds["ended"] == kinds["step"] == len(year.world.asked)
    assert not [line for line in year.world.lines if "camille" in line]


def test_stored_state_stays_small(year: Year) -> None:
    """After a year the account has two small files."""
    files = list(year.world.state.rglob("*.json"))
    assert len(files) == 2
    assert sum(path.stat().st_size for path in files) < 30_000


def test_hourly_timer_asks_a_failing_portal_a_few_times(tmp_path: Path) -> None:
    """The timer starts fourteen runs in the night, four of which ask the portal, without a notification."""
    world = World(state=tmp_path / "state")
    world.portal = lambda now: failed(5, "connection") if NIGHT[0] <= now < NIGHT[1] else WorkerResult(exit_code=0)
    for hour in range(-3, 24):
        world.now = (NIGHT[0] + timedelta(hours=hour, minutes=hour * 7 % 19)).astimezone(UTC)
        world.turn()
    assert sum(NIGHT[0] <= moment < NIGHT[1] for moment in world.asked) == 4
    assert world.reader.reported == []
    assert world.runs.account == NAME
