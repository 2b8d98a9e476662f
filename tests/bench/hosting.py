"""Simulate days of a service of 3,000 students, and of other sizes: `python -m tests.bench.hosting [--log] [DAY…]`.

The scheduler and the limits are the real ones, on a PostgreSQL of its own; clock, portal and workers are simulated.
The tables are in Markdown; `--log` adds one for each day, by hour.
"""

import argparse
import sys
from collections.abc import Iterator
from statistics import median

from sqlalchemy import create_engine

from scraper.config.schools.school_files import shipped_tables
from scraper.hosting.database.service_tables import metadata
from scraper.hosting.priority import Priority
from tests.hosting.demo_students import PARIS
from tests.hosting.postgres import PostgresServer, running_postgres
from tests.hosting.scenario import Measured, Scenario
from tests.hosting.simulation import EVENING, HOUR, Simulation

MORNING = 9
"""Hours from the evening to the morning, where a day with an ordinary night begins."""
QUIET = (0,) * 7
SCENARIOS = (
    Scenario(name="ordinary day"),
    Scenario(name="60 class changes", class_changes=(60,), begins=MORNING),
    Scenario(name="holidays, 600 students", students=600, class_changes=(24, *QUIET, 24), clicks=30),
    Scenario(name="portal down from 1:00 to 4:00", outage=(3, 6)),
    Scenario(name="portal down from 10:00 to 13:00", outage=(12, 15), begins=MORNING),
    Scenario(name="first day", sign_ups=True, class_changes=(0,), clicks=0),
    Scenario(
        name="ten schools, 30,000",
        students=30_000,
        portals=tuple(sorted(shipped_tables())[:10]),
        class_changes=(150,),
        clicks=1500,
        begins=MORNING,
    ),
    Scenario(name="one school, 30,000", students=30_000, class_changes=(150,), clicks=1500),
)
COLUMNS = (
    "day", "readings", "exchanges", "at once", "change seen first (h)", "by the whole class (h)", "oldest (h)",
    "first reading after (h)",
)  # fmt: skip
LOGGED = ("exchanges", *(priority.name for priority in Priority), "failed", "changes", "seen by all")


def row(scenario: Scenario, day: Measured) -> str:
    """Return a line of the table; delays are median and longest."""
    cells = [
        scenario.name, f"{day.readings:,}", f"{day.exchanges:,}", str(day.at_once), spread(day.first_seen),
        spread(day.seen_by_all), f"{max(day.ages):.1f}" if day.ages else "-", spread(day.waits),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |\n"


def log(day: Measured) -> Iterator[str]:
    """Yield a table of the day, a line for each local hour."""
    yield f"\n| hour | {' | '.join(LOGGED)} |\n|{'---|' * (len(LOGGED) + 1)}\n"
    for hour, counts in sorted(day.by_hour.items()):
        local = (EVENING + hour * HOUR).astimezone(PARIS)
        yield f"| {local:%H}:00 | {' | '.join(str(counts[what]) for what in LOGGED)} |\n"
    yield "\n"


def spread(hours: list[float]) -> str:
    """Return median and maximum."""
    return f"{median(hours):.2f}, {max(hours):.2f}" if hours else "-"


def simulate(server: PostgresServer, scenario: Scenario) -> Measured:
    """Simulate a day in a new database."""
    address = server.address(server.create_database()).replace("postgresql:", "postgresql+psycopg:", 1)
    engine = create_engine(address)
    metadata.create_all(engine)
    try:
        return Simulation(engine, scenario).run()
    finally:
        engine.dispose()


def main() -> None:
    """Simulate the days with the names that were given, else all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", action="store_true")
    parser.add_argument("days", nargs="*", metavar="DAY")
    arguments = parser.parse_args()
    chosen = [scenario for scenario in SCENARIOS if not arguments.days or scenario.name in arguments.days]
    sys.stdout.write(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}\n")
    with running_postgres() as server:
        for scenario in chosen:
            day = simulate(server, scenario)
            sys.stdout.write(row(scenario, day))
            sys.stdout.writelines(log(day) if arguments.log else ())
            sys.stdout.flush()


if __name__ == "__main__":
    main()
