"""`python -m scraper.schedule TABLE [--now]`: what cron, launchd and the Task Scheduler start."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from dateutil.tz import tzlocal

from scraper.errors import ScheduleError
from scraper.runs.schedule.ticking import CatchUpState


def main(arguments: list[str]) -> int:
    """The exit code of the run, 0 where none is due, 2 where the table cannot be read."""
    try:
        return CatchUpState(path=Path(arguments[0])).tick(datetime.now(UTC), tzlocal(), always="--now" in arguments)
    except ScheduleError as error:
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
