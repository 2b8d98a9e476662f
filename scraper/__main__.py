"""The console script, and `python -m scraper`: an interruption is answered from the first import on."""

import gc
import signal
import sys

from scraper.system.signals import SIGNALS, is_from_interruption

INTERRUPTED = 130


def main() -> None:
    """Run the command that the arguments name, and exit with its code."""
    try:
        from scraper.cli.preload import preload_driver  # noqa: PLC0415 - importing takes long enough to be interrupted
        from scraper.cli.signals import answer_interruptions  # noqa: PLC0415 - likewise

        answer_interruptions()
        with preload_driver(sys.argv[1:]) as driver:
            from scraper.cli.app import run  # noqa: PLC0415 - the driver starts meanwhile

            code = run(sys.argv[1:], driver)
    except BaseException as error:
        if not is_from_interruption(error):
            raise
        code = INTERRUPTED
    for name in SIGNALS:
        signal.signal(name, signal.SIG_IGN)  # the interpreter's end answers to none
    gc.freeze()  # what is still there goes with the process: looking through it takes a twentieth of a run
    sys.exit(code)


if __name__ == "__main__":
    main()
