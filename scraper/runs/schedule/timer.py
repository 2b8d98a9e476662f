"""What every kind of timer can do, and putting one on: written, proved by a run, only then started."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import which
from typing import Protocol

from scraper.errors import ScheduleError
from scraper.runs.schedule.job import BOUND, ScheduledCommand
from scraper.runs.schedule.plan import Plan
from scraper.system.files import create_folders, write_private
from scraper.system.processes import clean_environment, terminate

COMMAND_SECONDS = 60
GOOD_ENOUGH = (0, 5, 7)
"""A portal that is away, or lessons that are gone, do not speak against the timer."""
REASONS = {3: "proof-login", 4: "proof-person"}
SAID_LINES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """When a run ended, with which exit code."""

    at: datetime
    exit_code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came of the run that proves a timer: its exit code, the last that it said, whether it ran in a sandbox."""

    exit_code: int
    said: str
    sandboxed: bool = False


class Timer(Protocol):
    """One kind of timer on this machine, for this user. Its methods raise ScheduleError."""

    @property
    def kind(self) -> str:
        """Its name, as `--kind` has it."""

    def is_here(self) -> bool:
        """Whether this machine has it."""

    def is_on(self) -> bool:
        """Whether our timer runs there."""

    def drawn(self, plan: Plan, job: ScheduledCommand) -> Mapping[str, str]:
        """What would be written: places and texts."""

    def write(self, plan: Plan, job: ScheduledCommand) -> None:
        """Writes what a run needs; the timer does not run yet."""

    def prove(self, plan: Plan, job: ScheduledCommand) -> Proof:
        """One run as the timer will have it, now."""

    def start(self, plan: Plan, job: ScheduledCommand) -> None:
        """The timer runs from now on, also after the next start of the machine."""

    def reread(self) -> None:
        """The system has what the files say, after they were put back."""

    def off(self) -> None:
        """Nothing of it is left; no error where nothing was."""

    def files(self) -> tuple[Path, ...]:
        """The files it may have written."""

    def next(self, now: datetime) -> datetime | None:
        """The next run, where it is known."""

    def last(self) -> Run | None:
        """The last run, where it is known."""


def install(timer: Timer, plan: Plan, job: ScheduledCommand, *, aside: Sequence[Path] = ()) -> Proof:
    """Puts a timer on, in place of what was there; what the run that proves it told.

    The files `aside`, sessions kept, are out of its way: a run that could do without a password proves nothing of it.
    They come back unless it succeeds, and makes them anew. Raises ScheduleError where the run did not succeed, and
    leaves what was there before.
    """
    before, sessions = _kept(timer.files()), _kept(aside)
    try:
        for path in aside:
            path.unlink(missing_ok=True)
        timer.write(plan, job)
        _judge(proof := timer.prove(plan, job))
        timer.start(plan, job)
    except BaseException:
        _put_back(before)
        with suppress(ScheduleError):  # the first error is told
            timer.reread() if any(before.values()) else timer.off()
        _put_back(sessions)
        raise
    if proof.exit_code:
        _put_back(sessions)
    return proof


def _kept(paths: Sequence[Path]) -> dict[Path, bytes | None]:
    found: dict[Path, bytes | None] = dict.fromkeys(paths)
    for path in paths:
        with suppress(FileNotFoundError):
            found[path] = path.read_bytes()
    return found


def _put_back(kept: Mapping[Path, bytes | None]) -> None:
    for path, body in kept.items():
        if body is None:
            path.unlink(missing_ok=True)
        else:
            write_file(path, body)


def _judge(proof: Proof) -> None:
    if proof.exit_code not in GOOD_ENOUGH:
        raise ScheduleError(REASONS.get(proof.exit_code, "proof"), code=proof.exit_code, said=proof.said)


def write_file(path: Path, body: bytes) -> None:
    """A file of the user's alone, whole or as it was, its folder made. Raises ScheduleError."""
    try:
        create_folders(path.parent)
        write_private(path, body)
    except OSError as error:
        raise ScheduleError("file", path=str(path), said=error.strerror or "") from error


def run(
    *command: str, given: bytes | None = None, seconds: float = COMMAND_SECONDS
) -> subprocess.CompletedProcess[bytes]:
    """What a command of the system answers, in English. Raises ScheduleError where there is no such command."""
    if (found := which(command[0])) is None:
        raise ScheduleError("no-command", command=command[0])
    environment = {**clean_environment(os.environ), "LC_ALL": "C"}
    try:
        return subprocess.run(
            [found, *command[1:]], input=given, stdin=None if given is not None else subprocess.DEVNULL,
            env=environment, capture_output=True, check=False, timeout=seconds,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ScheduleError("command", command=" ".join(command), said=type(error).__name__) from error


def run_checked(*command: str, given: bytes | None = None) -> bytes:
    """What a command of the system wrote. Raises ScheduleError where it failed."""
    done = run(*command, given=given)
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace")
        raise ScheduleError("command", command=" ".join(command), said=" ".join(said.split()))
    return done.stdout


def run_alone(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Proof:
    """A run as a timer has it: these variables alone, no terminal. Raises ScheduleError where it takes too long."""
    process = subprocess.Popen(
        command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        _, said = process.communicate(timeout=BOUND.total_seconds())
    except BaseException as error:
        terminate(process)
        if isinstance(error, subprocess.TimeoutExpired):
            raise ScheduleError("slow", minutes=int(BOUND.total_seconds()) // 60) from error
        raise
    return Proof(exit_code=process.returncode, said=last_lines(said.decode(errors="replace")))


def last_lines(said: str) -> str:
    """The last that a run said: a sentence and its hint."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return " ".join(lines[-SAID_LINES:])
