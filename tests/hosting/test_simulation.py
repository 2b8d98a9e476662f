"""A small simulated day: the limits and delays hold. `tests/bench/hosting.py` has the days of 3,000 students."""

import pytest
from sqlalchemy import Engine

from tests.hosting.scenario import Scenario
from tests.hosting.simulation import LOGIN, Simulation


@pytest.mark.slow
def test_a_day_of_a_small_service(engine: Engine) -> None:
    """Sixty students, two changes, an hour without the portal: no student is forgotten, nothing takes too long."""
    scenario = Scenario(name="small", students=60, class_changes=(2,), clicks=4, time_outs=0, outage=(5, 6), tick=300)
    day = Simulation(engine, scenario).run()
    assert day.at_once <= 2
    assert 60 * LOGIN <= day.exchanges <= 60 * LOGIN + 5 * 9 * LOGIN + 2 * 40 * LOGIN + 4 * LOGIN + 20
    assert len(day.seen_by_all) == len(day.first_seen) == 2
    assert max(day.seen_by_all) <= 2.25
    assert max(day.ages) <= 26


@pytest.mark.slow
def test_holidays_and_a_mass_of_changes_before_and_after_them(engine: Engine) -> None:
    """A class of 13: days without changes cost no more than the readings of each night and the canaries."""
    scenario = Scenario(name="holidays", students=13, class_changes=(3, 0, 3), clicks=0, time_outs=0, tick=600)
    days = Simulation(engine, scenario).run()
    assert days.by_day[1] <= 13 * LOGIN + 13 * LOGIN
    assert len(days.seen_by_all) == 6
    assert max(days.seen_by_all) <= 2.25
    assert max(days.ages) <= 26
