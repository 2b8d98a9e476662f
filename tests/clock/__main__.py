"""Tests on other dates: `python -m tests.clock [--few | --at MOMENT --zone ZONE] [what pytest understands]`."""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.clock.another_date import WHY_NOT, build_clock, compiler, environment_at

DATES = (
    ("2026-12-01T08:00", "UTC"),
    ("2026-12-19T10:00", "Europe/Paris"),
    ("2026-12-31T23:58", "Europe/Paris"),
    ("2027-01-01T00:02", "Asia/Kolkata"),
    ("2027-02-28T23:58", "Pacific/Auckland"),
    ("2027-03-28T01:58", "Europe/Paris"),
    ("2027-04-04T02:30", "Pacific/Auckland"),
    ("2027-04-30T23:58", "Europe/Paris"),
    ("2027-05-16T15:00", "Asia/Kolkata"),
    ("2027-06-26T13:00", "America/Los_Angeles"),
    ("2027-07-14T09:00", "Europe/Paris"),
    ("2027-08-15T18:00", "Pacific/Auckland"),
    ("2027-08-31T23:30", "UTC"),
    ("2027-10-30T23:30", "Europe/Paris"),
    ("2027-10-31T02:58", "Europe/Paris"),
    ("2028-02-29T12:00", "UTC"),
    ("2028-02-29T23:00", "America/Los_Angeles"),
    ("2029-11-29T04:00", "Asia/Kolkata"),
)
FEW = (("2027-07-14T23:58", "Europe/Paris"), ("2028-02-29T04:00", "Pacific/Auckland"))
FIRST_DRAWN, LAST_DRAWN = datetime(2026, 9, 1), datetime(2036, 8, 31)  # noqa: DTZ001 - the zone is drawn beside it
MARKS = "exports or not (browser or slow)"
A_FEW_TESTS = (
    "tests/cli/test_history_commands.py",
    "tests/cli/test_several.py",
    "tests/demo",
    "tests/test_export.py",
    "tests/runs",
    "tests/web/test_command.py",
)


def draw_date() -> tuple[str, str]:
    """Return a minute of ten years, in one of the zones."""
    minutes = (LAST_DRAWN - FIRST_DRAWN) // timedelta(minutes=1)
    moment = FIRST_DRAWN + timedelta(minutes=random.SystemRandom().randrange(minutes))
    return moment.isoformat(timespec="minutes"), random.SystemRandom().choice(sorted({zone for _, zone in DATES}))


def run_at(moment: str, zone: str, library: Path, options: Sequence[str]) -> int:
    """Run pytest at that time of the zone, which is the machine's, too; return its exit code."""
    sys.stdout.write(f"\n{moment} {zone}   (again: make test-dates ARGS='--at {moment} --zone {zone}')\n")
    sys.stdout.flush()
    aware = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone))
    environment = environment_at(aware, library, {**os.environ, "TZ": zone})
    command = [sys.executable, "-m", "pytest", "-m", MARKS, "-p", "no:cacheprovider", *options]
    return subprocess.run(command, env=environment, check=False).returncode


def main() -> int:
    """Return 0 if all tests passed on all dates, or if no other date is possible."""
    parser = argparse.ArgumentParser(prog="python -m tests.clock", description=__doc__)
    parser.add_argument("--few", action="store_true", help="a few tests on three dates, one of them drawn")
    parser.add_argument("--at", metavar="MOMENT", help="this moment only: 2028-02-29T23:00")
    parser.add_argument("--zone", default="Europe/Paris")
    given, options = parser.parse_known_args()
    if compiler() is None:
        sys.stdout.write(f"{WHY_NOT} Nothing was run.\n")
        return 0
    dates = ((given.at, given.zone),) if given.at else (*FEW, draw_date()) if given.few else DATES
    chosen = [*options, *(A_FEW_TESTS if given.few else ())]
    with tempfile.TemporaryDirectory(prefix="clock-") as folder:
        Path(folder).chmod(0o755)  # root's tests start PostgreSQL as another user
        library = build_clock(Path(folder))
        failed = [f"{moment} {zone}" for moment, zone in dates if run_at(moment, zone, library, chosen)]
    sys.stdout.write(f"\nFailed on: {', '.join(failed)}\n" if failed else f"\nPassed on {len(dates)} dates.\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
