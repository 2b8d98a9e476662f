"""Timers that only start a check whether a run is due: the file with their plan, and the check."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from threading import Event

from dateutil.tz import tzlocal

from scraper.errors import ExitCode, ScheduleError
from scraper.runs.schedule.plan import Plan
from scraper.runs.schedule.scheduled_command import BOUND, EXPORT, ScheduledCommand
from scraper.runs.schedule.timer import Timer, TimerRun, run_checked, write_file
from scraper.runs.worker import command_line, run_command
from scraper.system.run_history import Runs, combined_exit_code, known_accounts, last_attempt, parse_instant

MINUTES = 5
"""Minutes between two checks whether a run is due."""
TIMED_OUT = ExitCode.UNAVAILABLE
"""The exit code of a run that was killed at its time limit."""


class PlannedTimer(Timer):
    """The common part of these timers; `state` is the state folder. `removal` is the command that removes the timer."""

    removal: tuple[str, ...]

    def __init__(self, state: Path) -> None:
        self.plan_file = state / f"schedule-{self.kind}.json"

    def write(self, plan: Plan, job: ScheduledCommand) -> None:
        """Write the files."""
        texts = self.preview(plan, job)
        for path in self.files():
            if (text := texts.get(str(path))) is not None:
                write_file(path, text.encode("utf-16" if path.suffix == ".xml" else "utf-8"))

    def off(self) -> None:
        """Remove the timer and its files."""
        if self.is_on():
            self.remove()
        for path in self.files():
            path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the timer, but not its files."""
        run_checked(*self.removal)

    def files(self) -> tuple[Path, ...]:
        """Return the paths of the plan's file, and of the last run's file that older versions wrote."""
        return (self.plan_file, self.plan_file.with_suffix(".last.json"))

    def next(self, now: datetime) -> datetime | None:
        """Return the next run by the plan's file."""
        return read_plan_file(self.plan_file)[0].next_run(now.astimezone(UTC), tzlocal())

    def last(self) -> TimerRun | None:
        """Return the end of the last unattended run, and the exit code of all accounts."""
        state = self.plan_file.parent
        found = [[run for run in Runs(state, name).all() if run.unattended][-1:] for name in known_accounts(state)]
        runs = [run for last in found for run in last]
        if not runs:
            return None
        at = max(run.at + timedelta(seconds=run.seconds) for run in runs).replace(microsecond=0)
        return TimerRun(at=at, exit_code=combined_exit_code(run.exit_code for run in runs))

    def check_command(self, job: ScheduledCommand) -> tuple[str, ...]:
        """Return the command that runs the export if it is due."""
        return command_line(*EXPORT, "--if-due", "--plan", str(self.plan_file), python=job.python)


def plan_file_text(plan: Plan, job: ScheduledCommand) -> str:
    """Return the content of a plan's file."""
    data = {
        "python": job.python,
        "times": [f"{at:%H:%M}" for at in plan.times],
        "jitter": int(plan.jitter.total_seconds()),
        "seed": plan.seed,
        "since": plan.since and plan.since.astimezone(UTC).isoformat(timespec="seconds"),
        "environment": dict(job.environment),
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def read_plan_file(path: Path) -> tuple[Plan, ScheduledCommand]:
    """Return the plan and the command in a plan's file. Raise ScheduleError if the file is not valid."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        plan = Plan(
            times=tuple(map(time.fromisoformat, data["times"])), jitter=timedelta(seconds=data["jitter"]),
            seed=data["seed"], since=parse_instant(data.get("since")),
        )  # fmt: skip
        job = ScheduledCommand(python=data["python"], state=path.parent, environment={**data["environment"]})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ScheduleError("table", path=str(path)) from error
    return plan, job


def run_if_due(
    path: Path, environment: Mapping[str, str], on_line: Callable[[str], object], *, always: bool = False
) -> int:
    """Run the export if it is due by the plan's file, or `always`; return its exit code, 0 without a run.

    `environment` has the variables of this process; `on_line` gets the run's error output. Raise ScheduleError or
    DeliveryError.
    """
    (plan, job), now = read_plan_file(path), datetime.now(UTC)
    if not always and not plan.due(last_attempt(job.state), now, tzlocal()):
        return 0
    return run_export(job, environment, now, on_line=on_line)


def run_export(
    job: ScheduledCommand,
    environment: Mapping[str, str],
    now: datetime,
    *,
    on_line: Callable[[str], object] = lambda _: None,
    stop: Event | None = None,
) -> int:
    """Store the attempt, run the export of all accounts and return its exit code; any thread may set `stop`.

    Raise ScheduleError if the interpreter does not start; DeliveryError if the attempt cannot be stored.
    """
    for name in known_accounts(job.state):
        Runs(job.state, name).mark_attempt(now)
    try:
        code, _ = run_command(
            EXPORT, {**environment, **job.environment}, seconds=BOUND.total_seconds(), on_line=on_line, stop=stop,
            python=job.python, folder=job.home,
        )  # fmt: skip
    except OSError as error:
        raise ScheduleError("command", command=job.python, detail=error.strerror or "") from error
    return TIMED_OUT if code is None else code
