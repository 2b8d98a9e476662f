"""The console script and `python -m scraper`, with interruptions handled from the first slow import on."""

import gc
import sys

from scraper.errors import ExitCode
from scraper.system.interruptions import ignore_interruptions
from scraper.system.signals import is_from_interruption


def main() -> None:
    """Run the command of the arguments and exit with its code."""
    try:
        from scraper.cli.preload import run_with_driver  # noqa: PLC0415 - the import is slow and may be interrupted

        code = run_with_driver(sys.argv[1:])
    except BaseException as error:
        if not is_from_interruption(error):
            raise
        code = ExitCode.INTERRUPTED
    ignore_interruptions()  # no traceback while the interpreter shuts down
    gc.freeze()  # saves the final garbage collection, a twentieth of a run
    sys.exit(code)


if __name__ == "__main__":
    main()
