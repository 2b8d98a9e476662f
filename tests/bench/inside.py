"""Measure an export inside its process: seconds of each step, peak memory. `inside.py EXPORT-ARGUMENT…`."""

import json
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

BEGAN = time.perf_counter()
"""The time as near to the start of the process as Python allows."""


def main(arguments: list[str]) -> int:
    """Run `aurion` with these arguments; print one JSON object."""
    from collections.abc import Iterator  # noqa: PLC0415 - the clock runs: only what the program itself needs

    import scraper.cli.run  # noqa: PLC0415 - the same
    from scraper.cli.app import run_command_line  # noqa: PLC0415 - the same

    spans: list[tuple[str, float, float]] = []

    class Timed:
        """A Progress that stores begin and end of each step, in seconds from the start."""

        @contextmanager
        def step(self, name: str) -> Iterator[None]:
            began = time.perf_counter() - BEGAN
            yield
            spans.append((name, began, time.perf_counter() - BEGAN))

    scraper.cli.run.progress_on = lambda *_: Timed()
    stdout, sys.stdout = sys.stdout, sys.stderr
    code = run_command_line(arguments)
    stdout.write(json.dumps({"spans": spans, "end": time.perf_counter() - BEGAN, "megabytes": _peak()}) + "\n")
    return code


def _peak() -> float:
    """Return the megabytes of the peak; `resource` comes second: on Linux its minimum is the parent's memory."""
    with suppress(OSError, StopIteration), Path("/proc/self/status").open(encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) / 1024
    import resource  # noqa: PLC0415 - not on every system

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
