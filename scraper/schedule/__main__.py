"""`python -m scraper.schedule FILE [--now]`: the command of timers that an older version installed."""

import os
import sys
from io import StringIO
from pathlib import Path
from typing import TextIO

from scraper.errors import AurionError
from scraper.runs.schedule.planned import run_if_due


def main(arguments: list[str]) -> int:
    """Run the export if it is due; return its exit code, 0 if none is due, 2 if the plan's file cannot be read."""
    stream: TextIO = sys.stderr or StringIO()  # a task on Windows has no console
    try:
        return run_if_due(Path(arguments[0]), os.environ, stream.write, always="--now" in arguments)
    except AurionError as error:
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
