"""The console script, and `python -m scraper`: an interruption is answered from the first import on."""

import gc
import sys

INTERRUPTED = 130


def main() -> None:
    """Runs the command that the arguments name, and exits with its code."""
    try:
        from scraper.cli.app import run  # noqa: PLC0415 - importing it takes long enough to be interrupted
        from scraper.cli.interruption import ignore_interruptions  # noqa: PLC0415 - likewise

        code = run(sys.argv[1:])
        ignore_interruptions()
    except KeyboardInterrupt:
        code = INTERRUPTED
    gc.freeze()  # what is still there goes with the process: looking through it takes a twentieth of a run
    sys.exit(code)


if __name__ == "__main__":
    main()
