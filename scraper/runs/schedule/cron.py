"""A timer by cron: a marked block at the top of the user's crontab, so that none of its variables apply.

Source: crontab(5): an unescaped percent sign ends the command. Cron skips missed runs, so it only starts a
check every few minutes whether a run is due.
"""

import os
import re
import shlex
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from dateutil.tz import tzlocal

from scraper.errors import ScheduleError
from scraper.runs.schedule.plan import Plan
from scraper.runs.schedule.scheduled_command import TICK, ScheduledCommand
from scraper.runs.schedule.template import fill_template
from scraper.runs.schedule.ticking import MINUTES, CatchUpState
from scraper.runs.schedule.timer import (
    TimerRun,
    TrialRun,
    last_lines,
    run_checked,
    run_detached,
    run_system_command,
    write_file,
)

BLOCK = re.compile(rb"^# aurion schedule on \{\n.*?^# \} aurion schedule off\n", re.MULTILINE | re.DOTALL)
PLACE = "crontab"
DAEMONS = {"cron", "crond", "fcron", "dcron", "systemd-cron"}


class Cron:
    """The user's crontab."""

    kind = "cron"

    def __init__(self, state: Path) -> None:
        self.catch_up = CatchUpState(path=state / "schedule-cron.json")

    def is_available(self) -> bool:
        """Return whether this user may have a crontab."""
        try:
            _crontab()
        except ScheduleError:
            return False
        return True

    def is_on(self) -> bool:
        """Return whether the crontab has this program's block."""
        return self.is_available() and BLOCK.search(_crontab()) is not None

    def files(self) -> tuple[Path, ...]:
        """Return the paths of the plan's file and the last run's file."""
        return (self.catch_up.path, self.catch_up.past)

    def preview(self, plan: Plan, job: ScheduledCommand) -> Mapping[str, str]:
        """Return the plan's file and the block in the crontab."""
        return {str(self.catch_up.path): self.catch_up.text(plan, job), PLACE: _block(self._line(job))}

    def write(self, plan: Plan, job: ScheduledCommand) -> None:
        """Write the plan's file and delete the last run's file."""
        write_file(self.catch_up.path, self.catch_up.text(plan, job).encode())
        self.catch_up.past.unlink(missing_ok=True)

    def test_run(self, plan: Plan, job: ScheduledCommand) -> TrialRun:
        """Run the crontab's line as cron does: by sh, with cron's few variables."""
        del plan
        line = self._line(job).replace("\\%", "%")
        return run_detached(("/bin/sh", "-c", line), cron_environment(), job.home)

    def start(self, plan: Plan, job: ScheduledCommand) -> None:
        """Put the block at the top of the crontab, in place of an earlier one."""
        del plan
        run_checked("crontab", "-", given=_block(self._line(job)).encode() + BLOCK.sub(b"", _crontab()))

    def reload(self) -> None:
        """Do nothing: cron reads the crontab on each change."""

    def off(self) -> None:
        """Remove the block; the rest of the crontab is unchanged, an empty crontab is deleted."""
        if self.is_on():
            rest = BLOCK.sub(b"", _crontab())
            run_checked("crontab", "-", given=rest) if rest else run_checked("crontab", "-r")
        for path in self.files():
            path.unlink(missing_ok=True)

    def next(self, now: datetime) -> datetime | None:
        """Return the next run by the plan's file."""
        return self.catch_up.plan().following(now, tzlocal())

    def last(self) -> TimerRun | None:
        """Return the last run by its file."""
        return last_run_of(self.catch_up)

    def _line(self, job: ScheduledCommand) -> str:
        search_path = job.environment.get("PYTHONPATH")
        variables = [] if search_path is None else [f"PYTHONPATH={shlex.quote(search_path)}"]
        parts = [*variables, *map(shlex.quote, (job.python, *TICK, str(self.catch_up.path)))]
        return " ".join(parts).replace("\\%", "\\''%").replace("%", "\\%")


def last_run_of(catch_up: CatchUpState) -> TimerRun | None:
    """Return the last run that was stored."""
    ended = catch_up.ended()
    return TimerRun(at=ended[0], exit_code=ended[1]) if ended else None


def cron_environment() -> dict[str, str]:
    """Return the variables that cron gives to a job."""
    import pwd  # noqa: PLC0415 - does not exist on Windows

    user = pwd.getpwuid(os.getuid())
    return {"HOME": user.pw_dir, "LOGNAME": user.pw_name, "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}


def daemon_runs() -> bool:
    """Return whether a cron daemon seems to run; true if that cannot be determined."""
    if not sys.platform.startswith("linux"):
        return True
    names = set()
    for path in Path("/proc").glob("[0-9]*/comm"):
        try:
            names.add(path.read_text(errors="replace").strip())
        except OSError:
            continue
    return bool(names & DAEMONS)


def _crontab() -> bytes:
    """Return the user's crontab, empty if there is none. Raise ScheduleError if it cannot be read."""
    done = run_system_command("crontab", "-l")
    if done.returncode and b"no crontab" not in done.stderr.lower():
        raise ScheduleError("command", command="crontab -l", said=last_lines(done.stderr.decode(errors="replace")))
    return done.stdout if done.returncode == 0 else b""


def _block(line: str) -> str:
    return fill_template("cron", minutes=MINUTES, command=line) + "\n"
