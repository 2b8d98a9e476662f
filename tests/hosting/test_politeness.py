"""The limits towards a portal: tokens, places for sessions, pauses."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from scraper.errors import AurionError, PortalChanged, PortalUnavailable, WrongCredentials
from scraper.hosting.database.service_tables import exchange_count
from scraper.hosting.politeness.breaker import fault_kind
from scraper.hosting.politeness.bucket import BURST, Bucket
from scraper.hosting.politeness.limits import LEASE, PortalLimits
from scraper.hosting.politeness.portal_hours import exchange_rate, is_daytime, last_night, next_night, portal_zone
from scraper.hosting.service_settings import Politeness
from tests.cases import for_each
from tests.hosting.hosted import MONDAY, SCHOOL, Service, hosting_settings


@pytest.fixture
def service(engine: Engine) -> Service:
    """A service without students."""
    return Service(engine)


# ---- hours


@for_each(("hour", "day"), [(6, False), (7, True), (21, True), (22, False), (23, False), (0, False)])
def test_day_and_night_follow_the_time_zone_of_the_school(hour: int, *, day: bool) -> None:
    """The settings name the hours."""
    zone = portal_zone(SCHOOL)
    assert is_daytime(datetime(2026, 7, 1, hour, tzinfo=zone), Politeness(), zone) is day


def test_day_may_end_after_midnight() -> None:
    """The night then begins on the same date as the day."""
    zone, limits = portal_zone(SCHOOL), Politeness.model_validate({"night_begins": "01:00"})
    hours = {hour for hour in range(24) if is_daytime(datetime(2026, 7, 1, hour, tzinfo=zone), limits, zone)}
    assert hours == {0, *range(7, 24)}


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001 - a zone follows
def test_evenings_are_23_to_25_hours_apart(now: datetime) -> None:
    """Clocks change in two nights of the year."""
    service = hosting_settings()
    before, after = last_night(now, SCHOOL, service), next_night(now, SCHOOL, service)
    assert before <= now < after
    assert timedelta(hours=23) <= after - before <= timedelta(hours=25)


# ---- tokens


@given(st.lists(st.tuples(st.floats(-4000, 4000), st.integers(1, 8)), min_size=1, max_size=60))
@settings(max_examples=50)
def test_clock_changes_let_no_more_exchanges_through(steps: list[tuple[float, int]]) -> None:
    """In no window are there more exchanges than the rate and the burst allow, however the clock jumps back.

    A clock that jumps ahead is real time for the bucket: it gives the burst once.
    """
    bucket, real, sent, rate = Bucket(tokens=BURST, at=MONDAY), 0.0, 0, 0.5
    for seconds, count in steps:
        now = bucket.at + timedelta(seconds=seconds)
        real += max(0.0, seconds)
        bucket = bucket.refill(now, rate).take(count)
        sent += count
        ready = real + bucket.wait(rate)
        assert sent <= BURST + rate * ready + 1e-6


def test_sessions_share_the_rate_of_day_or_night(service: Service) -> None:
    """Exchanges are counted by hour."""
    for now, rate in ((MONDAY, 0.4), (datetime(2026, 12, 1, 1, tzinfo=UTC), 0.75)):
        service.clock.now = now
        assert exchange_rate(now, SCHOOL, service.settings) == rate
        moments = []
        with service.limits.session_place(SCHOOL) as one, service.limits.session_place(SCHOOL) as other:
            for _ in range(20):
                service.exchange(one)
                moments.append(service.clock.now)
                service.exchange(other)
                moments.append(service.clock.now)
        apart = [(after - before).total_seconds() for before, after in pairwise(moments[2:])]
        assert all(abs(seconds - 1 / rate) < 0.01 for seconds in apart)
    with service.engine.begin() as connection:
        counts = connection.execute(select(exchange_count.c.hour, exchange_count.c.count)).all()
    assert {row.hour: row.count for row in counts} == {MONDAY: 40, datetime(2026, 12, 1, 1, tzinfo=UTC): 40}


def test_tokens_of_a_redirect_chain_are_paid_back(service: Service) -> None:
    """Redirects cannot wait: the next exchange waits for their tokens."""
    with service.limits.session_place(SCHOOL) as place:
        service.exchange(place, 6)
        service.exchange(place)
    assert service.clock.now >= MONDAY + timedelta(seconds=(7 - BURST) / 0.4)


def test_clock_jump_of_an_hour_gives_one_burst_at_most(service: Service) -> None:
    """A jump back does not block exchanges for an hour."""
    for jump in (1, -1):
        with service.limits.session_place(SCHOOL) as place:
            service.exchange(place, 5)
            service.clock.pass_(hours=jump)
            with service.limits.session_place(SCHOOL) as after:
                began = service.clock.now
                for _ in range(10):
                    service.exchange(after)
                took = (service.clock.now - began).total_seconds()
        assert (10 - BURST) / 0.4 <= took <= 20 / 0.4


# ---- places


def test_all_workers_share_two_places(service: Service) -> None:
    """A third session waits until a place is given back."""
    limits, third = service.limits, uuid4()
    with limits.session_place(SCHOOL):
        with limits.session_place(SCHOOL):
            assert not limits.take_place(SCHOOL, third)
            with limits.session_place("icam"):
                pass
        assert limits.take_place(SCHOOL, third)


def test_session_without_a_place_gives_up(service: Service) -> None:
    """Two sessions that hang do not block it for ever."""
    limits = service.limits
    holders = [uuid4(), uuid4()]
    assert all(limits.take_place(SCHOOL, one) for one in holders)

    def keep(seconds: float) -> None:
        service.clock.pass_(60 * seconds)
        for one in holders:
            limits.reserve(SCHOOL, one)

    waiting = PortalLimits(service.engine, service.settings, service.clock, keep, service.clock.monotonic)
    with pytest.raises(PortalUnavailable, match="no-place"), waiting.session_place(SCHOOL):
        pytest.fail("there was no place")


@pytest.mark.parametrize("jump", [0, 1, -1])
def test_place_of_a_dead_worker_becomes_free(service: Service, jump: int) -> None:
    """The clock may be set back or ahead; a worker that lost its place cannot go on."""
    limits = service.limits
    dead, living, new = uuid4(), uuid4(), uuid4()
    assert limits.take_place(SCHOOL, dead)
    assert limits.take_place(SCHOOL, living)
    service.clock.pass_(hours=jump)
    limits.reserve(SCHOOL, living)
    for _ in range(int(LEASE.total_seconds()) + 1):
        if limits.take_place(SCHOOL, new):
            break
        limits.reserve(SCHOOL, living)
        service.clock.pass_(1)
    limits.reserve(SCHOOL, new)
    limits.reserve(SCHOOL, living)
    with pytest.raises(PortalUnavailable, match="no-place"):
        limits.reserve(SCHOOL, dead)


# ---- pauses


@for_each(
    ("error", "kind"),
    [
        (PortalUnavailable("maintenance"), "overload"),
        (PortalUnavailable("status", status=503), "unavailable"),
        (PortalUnavailable("gateway", status=502), "unavailable"),
        (PortalUnavailable("connection"), "unavailable"),
        (PortalUnavailable("dropped"), "unavailable"),
        (PortalUnavailable("timeout"), "timeout"),
        (PortalUnavailable("crashed"), None),
        (PortalUnavailable("paused"), None),
        (PortalChanged("no-planning"), None),
        (WrongCredentials(), None),
    ],
)
def test_errors_are_classified_as_faults_of_the_portal(error: AurionError, kind: str | None) -> None:
    """Overload and refused connections count, the service's own trouble does not."""
    assert fault_kind(error) == kind


def test_repeated_faults_cause_pauses_of_up_to_an_hour(service: Service) -> None:
    """After each pause one session alone tries again; a success resets the length."""
    limits, lengths = service.limits, []
    for _ in range(5):
        with limits.session_place(SCHOOL) as place:
            assert not lengths or not limits.take_place(SCHOOL, uuid4())
            service.exchange(place)
            limits.record_fault(SCHOOL, "unavailable")
            with pytest.raises(PortalUnavailable, match="paused"):
                service.exchange(place)
        with pytest.raises(PortalUnavailable, match="paused"), limits.session_place(SCHOOL):
            pytest.fail("it was asked in a pause")
        until = service.paused_until()
        assert until
        lengths.append((until - service.clock.now).total_seconds() // 60)
        service.clock.now = until
    assert lengths == [15, 30, 60, 60, 60]
    limits.record_success(SCHOOL)
    with limits.session_place(SCHOOL), limits.session_place(SCHOOL):
        limits.record_fault(SCHOOL, "overload")
    assert service.paused_until() == service.clock.now + timedelta(minutes=15)


def test_faults_during_a_pause_do_not_extend_it(service: Service) -> None:
    """Two sessions fail together."""
    for _ in range(2):
        service.limits.record_fault(SCHOOL, "unavailable")
    assert service.paused_until() == service.clock.now + timedelta(minutes=15)


@pytest.mark.parametrize(("apart", "paused"), [(2, True), (3, False)])
def test_three_time_outs_within_five_minutes_cause_a_pause(service: Service, apart: int, *, paused: bool) -> None:
    """Three over a longer time cause none."""
    for number in range(3):
        assert service.paused_until() is None
        service.limits.record_fault(SCHOOL, "timeout")
        if number < 2:
            service.clock.pass_(minutes=apart)
    assert (service.paused_until() is not None) is paused


@pytest.mark.parametrize("jump", [1, -1])
def test_clock_change_of_an_hour_ends_a_pause(service: Service, jump: int) -> None:
    """A clock that is set back must not make a pause longer than an hour."""
    service.limits.record_fault(SCHOOL, "overload")
    service.clock.pass_(hours=jump)
    assert service.paused_until() is None
