"""Timed processes with a home of their own, without the user's sessions and settings."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scraper.demo import LOGIN, PASSWORD
from scraper.system.find_browser import find_browsers
from scraper.system.platforms import runs_as_root

PAIRS = 7
FLOOR = Path(__file__).with_name("floor.py")
INSIDE = Path(__file__).with_name("inside.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A folder that commands use as the user's home."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of commands: this home, and the invented student's password."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("AURION_", "XDG_"))}
        browsers = own.get("PLAYWRIGHT_BROWSERS_PATH") or str(Path.home() / ".cache" / "ms-playwright")
        home = str(self.folder)
        return own | {"HOME": home, "AURION_PASSWORD": PASSWORD, "PLAYWRIGHT_BROWSERS_PATH": browsers}

    def forget(self) -> None:
        """Delete every stored session."""
        for kept in self.folder.rglob("sessions/*.json"):
            kept.unlink()

    def run(self, *command: str) -> str:
        """Run a command and return its output; exit if it fails."""
        done = subprocess.run(
            command, check=False, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def export(self, address: str, *options: str) -> dict[str, Any]:
        """Export and return the JSON."""
        command = (sys.executable, "-m", "scraper", *export_of(address, self), "--json", *options)
        return dict(json.loads(self.run(*command)))


def export_of(address: str, home: Home) -> tuple[str, ...]:
    """Return the command of an export from this address."""
    output = str(home.folder / "planning.ics")
    return ("export", "--url", address, "--login", LOGIN, "--output", output)


def floor_of(address: str) -> tuple[str, ...]:
    """Return the command that only opens the portal's login page, in Chromium with Playwright's own switches."""
    switches = ["--no-sandbox"] if runs_as_root() else []
    return (sys.executable, str(FLOOR), f"{address}/faces/Login.xhtml", str(find_browsers()[0]), *switches)


def seconds(action: Callable[[], object]) -> float:
    """Return the seconds that an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Seconds of two actions, measured in turn, so that both are disturbed alike."""

    first: tuple[float, ...]
    second: tuple[float, ...]

    @property
    def of_medians(self) -> float:
        """Return the ratio of the two medians."""
        return statistics.median(self.first) / statistics.median(self.second)

    @property
    def median_ratio(self) -> float:
        """Return the median of the pairs' ratios."""
        return statistics.median(a / b for a, b in zip(self.first, self.second, strict=True))


def in_turn(first: Callable[[], object], second: Callable[[], object], *, before: Callable[[], object]) -> Pairs:
    """Measure both actions `PAIRS` times, after an uncounted pair; call `before` untimed before each first one."""
    taken: list[Sequence[float]] = []
    for _ in range(PAIRS + 1):
        before()
        taken.append((seconds(first), seconds(second)))
    firsts, seconds_ = zip(*taken[1:], strict=True)
    return Pairs(first=firsts, second=seconds_)
