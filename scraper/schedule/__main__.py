"""`python -m scraper.schedule FILE [--now]`: the command that cron, launchd and the Task Scheduler start."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from dateutil.tz import tzlocal

from scraper.errors import ScheduleError
from scraper.runs.schedule.ticking import CatchUpState


def main(arguments: list[str]) -> int:
    """Run the export if it is due; return its exit code, 0 if none is due, 2 if the plan's file cannot be read."""
    try:
        return CatchUpState(path=Path(arguments[0])).tick(datetime.now(UTC), tzlocal(), always="--now" in arguments)
    except ScheduleError as error:
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
