"""The interface of the timers, and the installation of one: write its files, test it with a run, then start it."""

import os
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import which
from typing import ClassVar

from scraper.errors import ExitCode, ScheduleError
from scraper.runs.schedule.plan import Plan
from scraper.runs.schedule.scheduled_command import BOUND, ScheduledCommand
from scraper.system.environment import clean_environment
from scraper.system.files import create_folders, write_private
from scraper.system.processes import run_process

COMMAND_SECONDS = 60
GOOD_ENOUGH = frozenset({ExitCode.OK, ExitCode.UNAVAILABLE, ExitCode.SUSPICIOUSLY_EMPTY})
"""Exit codes of a successful test run: a portal that is down, or a suspicious planning, is not the timer's fault."""
REASONS: Mapping[int, str] = {ExitCode.LOGIN_REFUSED: "proof-login", ExitCode.ACTION_NEEDED: "proof-person"}
OUTPUT_LINES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerRun:
    """The end of a timer's run, and its exit code."""

    at: datetime
    exit_code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRun:
    """The result of a timer's test run: exit code, last lines of output, and whether it ran in a sandbox."""

    exit_code: int
    output: str
    sandboxed: bool = False


class Timer(ABC):
    """A kind of timer on this machine, for this user. Its methods raise ScheduleError.

    `present` and `loaded` are commands that succeed if this machine has this kind of timer, and if this program's timer
    is active.
    """

    kind: ClassVar[str]
    """The name of the kind, as in `--kind`."""
    present: tuple[str, ...]
    loaded: tuple[str, ...]

    def is_available(self) -> bool:
        """Return whether this machine has this kind of timer."""
        try:
            return run_system_command(*self.present).returncode == 0
        except ScheduleError:
            return False

    def is_on(self) -> bool:
        """Return whether this program's timer is active."""
        return self.is_available() and run_system_command(*self.loaded).returncode == 0

    @abstractmethod
    def preview(self, plan: Plan, job: ScheduledCommand) -> Mapping[str, str]:
        """Return the files that would be written: paths and texts."""

    @abstractmethod
    def write(self, plan: Plan, job: ScheduledCommand) -> None:
        """Write the files that a run needs, without starting the timer."""

    @abstractmethod
    def test_run(self, plan: Plan, job: ScheduledCommand) -> TrialRun:
        """Run the command now, in the same way as the timer will."""

    @abstractmethod
    def start(self, job: ScheduledCommand) -> None:
        """Start the timer, permanently; replace an earlier one."""

    def reload(self) -> None:  # noqa: B027 - not every system keeps what it read
        """Make the system read the files again after they were restored."""

    @abstractmethod
    def off(self) -> None:
        """Remove the timer completely; do nothing if there is none."""

    @abstractmethod
    def files(self) -> tuple[Path, ...]:
        """Return the paths of all files that the timer may have written."""

    @abstractmethod
    def next(self, now: datetime) -> datetime | None:
        """Return the next run if it is known."""

    @abstractmethod
    def last(self) -> TimerRun | None:
        """Return the last run if it is known."""


def install(timer: Timer, plan: Plan, job: ScheduledCommand, *, aside: Sequence[Path] = ()) -> TrialRun:
    """Install a timer, replacing an earlier one; return the result of its test run.

    The saved sessions (`aside`) are removed during the test run, because with them it would not test the passwords.
    They are restored unless the run succeeds, which writes new ones. Raise ScheduleError if the run fails; then all
    files are restored.
    """
    before, sessions = _contents(timer.files()), _contents(aside)
    try:
        for path in aside:
            path.unlink(missing_ok=True)
        timer.write(plan, job)
        _require_success(trial := timer.test_run(plan, job))
        timer.start(job)
    except BaseException:
        _restore(before)
        with suppress(ScheduleError):  # the first error is the one to report
            timer.reload() if any(before.values()) else timer.off()
        _restore(sessions)
        raise
    if trial.exit_code:
        _restore(sessions)
    return trial


def _contents(paths: Sequence[Path]) -> dict[Path, bytes | None]:
    found: dict[Path, bytes | None] = dict.fromkeys(paths)
    for path in paths:
        with suppress(FileNotFoundError):
            found[path] = path.read_bytes()
    return found


def _restore(contents: Mapping[Path, bytes | None]) -> None:
    for path, body in contents.items():
        if body is None:
            path.unlink(missing_ok=True)
        else:
            write_file(path, body)


def _require_success(trial: TrialRun) -> None:
    if trial.exit_code not in GOOD_ENOUGH:
        raise ScheduleError(REASONS.get(trial.exit_code, "proof"), code=trial.exit_code, detail=trial.output)


def write_file(path: Path, body: bytes) -> None:
    """Write a private file atomically and create its folder. Raise ScheduleError."""
    try:
        create_folders(path.parent)
        write_private(path, body)
    except OSError as error:
        raise ScheduleError("file", path=str(path), detail=error.strerror or "") from error


def run_system_command(
    *command: str, given: bytes | None = None, seconds: float = COMMAND_SECONDS
) -> subprocess.CompletedProcess[bytes]:
    """Run a system command with messages in English. Raise ScheduleError if it is missing or does not end in time."""
    if (found := which(command[0])) is None:
        raise ScheduleError("no-command", command=command[0])
    environment = {**clean_environment(os.environ), "LC_ALL": "C"}
    try:
        return subprocess.run(
            [found, *command[1:]], input=given, stdin=None if given is not None else subprocess.DEVNULL,
            env=environment, capture_output=True, check=False, timeout=seconds,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ScheduleError("command", command=" ".join(command), detail=type(error).__name__) from error


def run_checked(*command: str, given: bytes | None = None) -> None:
    """Run a command of the system. Raise ScheduleError if it fails."""
    done = run_system_command(*command, given=given)
    if done.returncode:
        message = (done.stderr or done.stdout).decode(errors="replace")
        raise ScheduleError("command", command=" ".join(command), detail=" ".join(message.split()))


def run_detached(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> TrialRun:
    """Run a command as a timer does: only these variables, no terminal. Raise ScheduleError if it takes too long."""
    lines: list[str] = []
    code, _ = run_process(
        command, environment, typed="", seconds=BOUND.total_seconds(), on_line=lines.append, folder=folder
    )
    if code is None:
        raise ScheduleError("slow", minutes=int(BOUND.total_seconds()) // 60)
    return TrialRun(exit_code=code, output=last_lines("".join(lines)))


def last_lines(output: str) -> str:
    """Return the last two lines of a run's output: a message and its hint."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return " ".join(lines[-OUTPUT_LINES:])
