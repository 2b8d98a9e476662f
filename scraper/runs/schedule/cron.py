"""A marked block at the head of the user's crontab: above it nothing, so that no variable of the user's counts for it.

Source: crontab(5): an unescaped percent sign ends the command. Cron forgets what it missed, so that it only asks, every
few minutes, whether a run is due.
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
from scraper.runs.schedule.job import TICK, ScheduledCommand
from scraper.runs.schedule.plan import Plan
from scraper.runs.schedule.template import filled
from scraper.runs.schedule.ticking import MINUTES, CatchUpState
from scraper.runs.schedule.timer import Proof, Run, last_lines, run, run_alone, run_checked, write_file

BLOCK = re.compile(rb"^# aurion schedule on \{\n.*?^# \} aurion schedule off\n", re.MULTILINE | re.DOTALL)
PLACE = "crontab"
DAEMONS = {"cron", "crond", "fcron", "dcron", "systemd-cron"}


class Cron:
    """The user's crontab."""

    kind = "cron"

    def __init__(self, state: Path) -> None:
        self.table = CatchUpState(path=state / "schedule-cron.json")

    def is_here(self) -> bool:
        """Whether this user may have a crontab."""
        try:
            _crontab()
        except ScheduleError:
            return False
        return True

    def is_on(self) -> bool:
        """Whether our block is there."""
        return self.is_here() and BLOCK.search(_crontab()) is not None

    def files(self) -> tuple[Path, ...]:
        """The table that the runs are decided by, and what was run last."""
        return (self.table.path, self.table.past)

    def drawn(self, plan: Plan, job: ScheduledCommand) -> Mapping[str, str]:
        """The table, and the block in the crontab."""
        return {str(self.table.path): self.table.text(plan, job), PLACE: _block(self._line(job))}

    def write(self, plan: Plan, job: ScheduledCommand) -> None:
        """Writes the table; nothing was run by it yet."""
        write_file(self.table.path, self.table.text(plan, job).encode())
        self.table.past.unlink(missing_ok=True)

    def prove(self, plan: Plan, job: ScheduledCommand) -> Proof:
        """The very line, as cron would run it: by sh, with cron's few variables."""
        del plan
        line = self._line(job).replace("\\%", "%")
        return run_alone(("/bin/sh", "-c", line), cron_environment(), job.home)

    def start(self, plan: Plan, job: ScheduledCommand) -> None:
        """Puts the block at the head of the crontab, instead of the one that was there."""
        del plan
        run_checked("crontab", "-", given=_block(self._line(job)).encode() + BLOCK.sub(b"", _crontab()))

    def reread(self) -> None:
        """Nothing: the crontab is as it was."""

    def off(self) -> None:
        """Gives the crontab back as it was, byte for byte; none where there was none."""
        if self.is_on():
            rest = BLOCK.sub(b"", _crontab())
            run_checked("crontab", "-", given=rest) if rest else run_checked("crontab", "-r")
        for path in self.files():
            path.unlink(missing_ok=True)

    def next(self, now: datetime) -> datetime | None:
        """By the table."""
        return self.table.plan().following(now, tzlocal())

    def last(self) -> Run | None:
        """By the table."""
        return last_of(self.table)

    def _line(self, job: ScheduledCommand) -> str:
        way = {"PYTHONPATH": job.environment["PYTHONPATH"]} if "PYTHONPATH" in job.environment else {}
        given = [f"{name}={shlex.quote(value)}" for name, value in way.items()]
        parts = [*given, *map(shlex.quote, (job.python, *TICK, str(self.table.path)))]
        return " ".join(parts).replace("\\%", "\\''%").replace("%", "\\%")


def last_of(table: CatchUpState) -> Run | None:
    """The last run that a table tells of."""
    ended = table.ended()
    return Run(at=ended[0], exit_code=ended[1]) if ended else None


def cron_environment() -> dict[str, str]:
    """The variables that cron gives to a job."""
    import pwd  # noqa: PLC0415 - there is none on Windows

    user = pwd.getpwuid(os.getuid())
    return {"HOME": user.pw_dir, "LOGNAME": user.pw_name, "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}


def daemon_runs() -> bool:
    """Whether a cron seems to run; true where that cannot be told."""
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
    """The user's crontab, empty where there is none. Raises ScheduleError where it cannot be read."""
    done = run("crontab", "-l")
    if done.returncode and b"no crontab" not in done.stderr.lower():
        raise ScheduleError("command", command="crontab -l", said=last_lines(done.stderr.decode(errors="replace")))
    return done.stdout if done.returncode == 0 else b""


def _block(line: str) -> str:
    return filled("cron", minutes=MINUTES, command=line) + "\n"
