"""Small simulated days of the service; `tests/bench/hosting.py` has the days of 3,000 students."""

import pytest
from sqlalchemy import Engine

from tests.hosting.scenario import Scenario
from tests.hosting.simulation import LOGIN, Simulation


@pytest.mark.slow
def test_small_service_keeps_its_limits_for_a_day(engine: Engine) -> None:
    """Sixty students, two changes and an hour without the portal."""
    scenario = Scenario(name="small", students=60, class_changes=(2,), clicks=4, time_outs=0, outage=(5, 6), tick=600)
    day = Simulation(engine, scenario).run()
    assert day.at_once <= 2
    assert 60 * LOGIN <= day.exchanges <= 60 * LOGIN + 5 * 9 * LOGIN + 2 * 40 * LOGIN + 4 * LOGIN + 20
    assert len(day.seen_by_all) == len(day.first_seen) == 2
    assert max(day.seen_by_all) <= 2.25
    assert max(day.ages) <= 26


@pytest.mark.slow
def test_days_without_changes_cost_nightly_readings_and_canaries_only(engine: Engine) -> None:
    """A class of 13 has three changes before a holiday and three after it."""
    scenario = Scenario(name="holidays", students=13, class_changes=(3, 0, 3), clicks=0, time_outs=0, tick=600)
    days = Simulation(engine, scenario).run()
    assert days.by_day[1] <= 13 * LOGIN + 13 * LOGIN
    assert len(days.seen_by_all) == 6
    assert max(days.seen_by_all) <= 2.25
    assert max(days.ages) <= 26
