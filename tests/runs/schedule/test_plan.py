"""The times of a plan: when a run is due, and how missed runs are made up."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from scraper.errors import ScheduleError
from scraper.runs.schedule.plan import Plan, parse_plan
from tests.cases import for_each

PARIS = ZoneInfo("Europe/Paris")


def at(text: str) -> datetime:
    """Return a time of Paris."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def runs(plan: Plan, ticks: list[datetime]) -> list[datetime]:
    """Return the ticks at which a run begins."""
    begun: list[datetime] = []
    for now in ticks:
        if plan.due(begun[-1] if begun else None, now, PARIS):
            begun.append(now)
    return begun


def every_five_minutes(first: datetime, last: datetime) -> list[datetime]:
    """Return the ticks of a machine that is on."""
    first, last = first.astimezone(UTC), last.astimezone(UTC)
    return [first + number * timedelta(minutes=5) for number in range(int((last - first) / timedelta(minutes=5)) + 1)]


def test_options_become_times_of_the_day() -> None:
    """The default is six hours; times are sorted; the delay is halved where runs are close."""
    assert [f"{one:%H:%M}" for one in parse_plan(None, None, None).times] == ["00:00", "06:00", "12:00", "18:00"]
    assert parse_plan(None, "18:30, 7h,07:00", None).times == (time(7), time(18, 30))
    assert len(parse_plan("1h", None, None).times) == 24
    assert parse_plan("1d", None, "2h").jitter == timedelta(hours=2)
    assert parse_plan(None, "07:00,07:10", None).jitter == timedelta(minutes=5)


@for_each(
    ("every", "times", "jitter", "reason"),
    [
        ("5h", None, None, "every"), ("30m", None, None, "every"), ("0", None, None, "every"),
        ("x", None, None, "every"),
        ("2d", None, None, "every"), (None, "25:00", None, "at"), (None, "", None, "at"), (None, "7", None, "at"),
        (None, ",".join(f"07:{minute:02}" for minute in range(25)), None, "at"),
        ("6h", None, "4h", "jitter"), ("6h", None, "-1m", "jitter"), ("6h", "07:00", None, "every-and-at"),
    ],
)  # fmt: skip
def test_invalid_option_has_its_own_reason(
    every: str | None, times: str | None, jitter: str | None, reason: str
) -> None:
    """Each option has a reason of its own."""
    with pytest.raises(ScheduleError) as caught:
        parse_plan(every, times, jitter)
    assert caught.value.reason == reason


def test_each_run_has_a_delay_of_its_own() -> None:
    """Over a week each time has one run, later by at most the jitter, and the same again."""
    plan = parse_plan("6h", None, "20m", seed="a")
    begun = runs(plan, every_five_minutes(at("2026-11-23T12:30"), at("2026-11-30T12:29")))[1:]
    paris = [now.astimezone(PARIS) for now in begun]
    late = [now - now.replace(hour=now.hour // 6 * 6, minute=0) for now in paris]
    assert len(begun) == 28
    assert max(late) < timedelta(minutes=25)
    assert len(set(late)) > 2
    now = at("2026-11-24T10:00")
    assert plan.following(now, PARIS) == parse_plan("6h", None, "20m", seed="a").following(now, PARIS)
    assert plan.following(now, PARIS) != parse_plan("6h", None, "20m", seed="b").following(now, PARIS)


def test_missed_runs_are_made_up_by_one() -> None:
    """After two weeks with a closed lid there is one run, then the usual ones."""
    plan = Plan(times=(time(7), time(18)))
    ticks = every_five_minutes(at("2026-12-19T06:00"), at("2026-12-19T08:00"))
    ticks += every_five_minutes(at("2027-01-04T09:00"), at("2027-01-04T19:00"))
    begun = [now.astimezone(PARIS) for now in runs(plan, ticks)]
    assert begun == [
        at("2026-12-19T06:00"), at("2026-12-19T07:00"), at("2027-01-04T09:00"), at("2027-01-04T18:00"),
    ]  # fmt: skip


def test_days_of_clock_changes_have_their_runs() -> None:
    """A time that a day lacks, or has twice, has one run."""
    plan = Plan(times=(time(2, 30),))
    for day in ("2027-03-28", "2026-10-25"):
        begun = runs(plan, every_five_minutes(at(f"{day}T00:00"), at(f"{day}T23:00")))
        assert len(begun) == 2, day
        assert begun[1].astimezone(PARIS).date().isoformat() == day


def test_run_in_the_future_is_followed_by_one_at_once() -> None:
    """After a clock is set back there is one run at once, then the usual ones."""
    plan = Plan(times=(time(7), time(18)))
    now = at("2026-11-24T12:00")
    assert plan.due(now + timedelta(days=400), now, PARIS)
    assert not plan.due(now, now + timedelta(hours=1), PARIS)
    assert plan.due(now, at("2026-11-24T18:00"), PARIS)
